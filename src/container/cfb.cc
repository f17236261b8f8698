// Compound files (OLE2, MS-CFB), as Thumbs.db is one.
#include <algorithm>
#include <optional>
#include <string>

#include "src/container/bytes.h"
#include "src/container/limits.h"
#include "src/container/thumbnails.h"

namespace kenal::container {
namespace {

constexpr size_t kHeaderBytes = 512;
constexpr uint64_t kEndOfChain = 0xFFFFFFFE;
constexpr uint64_t kFree = 0xFFFFFFFF;
constexpr size_t kDirectoryEntryBytes = 128;
constexpr uint64_t kMiniBytesMax =
    4'096;  // streams below are in the ministream

// The table of chains has 4 bytes a sector: 16 MiB of it here.
constexpr uint64_t kSectorsMax = uint64_t{4} << 20;

// Thumbs.db has 12 to 32 bytes before the picture.
constexpr uint64_t kPictureHeaderBytesMax = 64;

struct Stream {
  std::string name;
  uint64_t start = 0;
  uint64_t size_bytes = 0;
};

class CompoundFile {
 public:
  explicit CompoundFile(Source& source) : source_(source), window_(source) {}

  Thumbnails Find() {
    if (!ReadHeader() || !ReadTable() || !ReadDirectory()) {
      thumbnails_.why = Reason::kDamaged;
    }
    for (const Stream& stream : streams_) {
      if (thumbnails_.found.size() >= kThumbnailsMax) {
        thumbnails_.why = Reason::kTooManyMembers;
        break;
      }
      AddStream(stream);
    }
    return std::move(thumbnails_);
  }

 private:
  uint64_t Field(size_t offset, size_t size_bytes) const {
    return LittleAt(header_, offset, size_bytes);
  }

  bool ReadHeader() {
    header_.resize(kHeaderBytes);
    if (!source_.ReadAll(0, header_)) return false;
    const uint64_t shift = Field(30, 2);
    const uint64_t mini_shift = Field(32, 2);
    if ((shift != 9 && shift != 12) || mini_shift != 6) return false;
    sector_bytes_ = uint64_t{1} << shift;
    mini_bytes_ = uint64_t{1} << mini_shift;
    sector_count_ =
        std::max(source_.size_bytes(), sector_bytes_) / sector_bytes_ - 1;
    // The last sector may be cut short.
    if (source_.size_bytes() % sector_bytes_ != 0) ++sector_count_;
    return sector_count_ > 0 && sector_count_ <= kSectorsMax;
  }

  uint64_t OffsetOf(uint64_t sector) const {
    return (sector + 1) * sector_bytes_;
  }

  bool AppendTable(uint64_t sector, std::vector<uint32_t>& table) {
    if (sector >= sector_count_) return false;
    std::vector<uint8_t> bytes(sector_bytes_);
    if (!source_.ReadAll(OffsetOf(sector), bytes)) return false;
    for (size_t at = 0; at < bytes.size(); at += 4) {
      table.push_back(static_cast<uint32_t>(LittleAt(bytes, at, 4)));
    }
    return true;
  }

  // The sectors of the table of chains are named in the header, then in
  // sectors that are a list of their own.
  bool ReadTable() {
    constexpr size_t kInHeader = 109;
    const uint64_t count = Field(44, 4);
    if (count > sector_count_) return false;
    std::vector<uint32_t> sectors;
    for (size_t i = 0; i < kInHeader; ++i) {
      sectors.push_back(static_cast<uint32_t>(Field(76 + 4 * i, 4)));
    }
    uint64_t more = Field(68, 4);
    while (sectors.size() < count && more < sector_count_) {
      if (!AppendTable(more, sectors)) return false;
      more = sectors.back();
      sectors.pop_back();
    }
    for (size_t i = 0; i < count; ++i) {
      if (i >= sectors.size() || !AppendTable(sectors[i], table_)) return false;
    }
    return true;
  }

  // Sectors of a chain as extents of at least `size_bytes` (0: all), or
  // nothing when it is broken.
  std::optional<std::vector<Extent>> Chain(uint64_t start,
                                           uint64_t size_bytes) const {
    std::vector<Extent> extents;
    uint64_t have = 0;
    uint64_t sector = start;
    for (uint64_t i = 0; i <= sector_count_; ++i) {
      if (sector == kEndOfChain || (size_bytes > 0 && have >= size_bytes)) {
        return extents;
      }
      if (sector >= sector_count_ || sector >= table_.size()) break;
      Append({OffsetOf(sector), sector_bytes_}, extents);
      have += sector_bytes_;
      sector = table_[sector];
    }
    return std::nullopt;
  }

  static void Append(const Extent& extent, std::vector<Extent>& extents) {
    if (!extents.empty() &&
        extents.back().offset + extents.back().size_bytes == extent.offset) {
      extents.back().size_bytes += extent.size_bytes;
    } else {
      extents.push_back(extent);
    }
  }

  bool ReadDirectory() {
    const auto directory = Chain(Field(48, 4), 0);
    if (!directory) return false;
    std::vector<uint8_t> entry(kDirectoryEntryBytes);
    for (const Extent& extent : *directory) {
      for (uint64_t at = 0; at + entry.size() <= extent.size_bytes;
           at += entry.size()) {
        if (streams_.size() >= kThumbnailsMax) return true;
        if (!source_.ReadAll(extent.offset + at, entry)) return false;
        if (!AddDirectoryEntry(entry)) return false;
      }
    }
    return true;
  }

  bool AddDirectoryEntry(std::span<const uint8_t> entry) {
    constexpr uint8_t kStream = 2;
    constexpr uint8_t kRoot = 5;
    const uint8_t type = entry[66];
    if (type != kStream && type != kRoot) return true;
    const uint64_t start = LittleAt(entry, 116, 4);
    const uint64_t size_bytes =
        LittleAt(entry, 120, sector_bytes_ == 512 ? 4 : 8);
    if (type == kRoot) return ReadMiniStream(start);
    const size_t name_bytes =
        static_cast<size_t>(std::min<uint64_t>(LittleAt(entry, 64, 2), 64));
    const std::string_view name(reinterpret_cast<const char*>(entry.data()),
                                name_bytes);
    streams_.push_back({FromUtf16(name), start, size_bytes});
    return true;
  }

  bool ReadMiniStream(uint64_t start) {
    if (start == kEndOfChain || start == kFree) return true;  // There is none.
    const auto stream = Chain(start, 0);
    const auto table = Chain(Field(60, 4), 0);
    if (!stream || !table || !mini_stream_.empty()) return false;
    for (const Extent& extent : *stream) {
      for (uint64_t at = 0; at < extent.size_bytes; at += mini_bytes_) {
        mini_stream_.push_back(extent.offset + at);
      }
    }
    for (const Extent& extent : *table) {
      for (uint64_t at = 0; at < extent.size_bytes; at += sector_bytes_) {
        const uint64_t sector = (extent.offset + at) / sector_bytes_ - 1;
        if (!AppendTable(sector, mini_table_)) return false;
      }
    }
    return true;
  }

  std::optional<std::vector<Extent>> MiniChain(uint64_t start,
                                               uint64_t size_bytes) const {
    std::vector<Extent> extents;
    uint64_t sector = start;
    for (uint64_t have = 0; have < size_bytes; have += mini_bytes_) {
      if (sector >= mini_stream_.size() || sector >= mini_table_.size()) {
        return std::nullopt;
      }
      Append({mini_stream_[sector], mini_bytes_}, extents);
      sector = mini_table_[sector];
    }
    return extents;
  }

  // Leaves out the first `skipped` bytes and what goes beyond `size_bytes`.
  static std::vector<Extent> Cut(const std::vector<Extent>& extents,
                                 uint64_t skipped, uint64_t size_bytes) {
    std::vector<Extent> cut;
    uint64_t at = 0;
    for (Extent extent : extents) {
      const uint64_t end = std::min(at + extent.size_bytes, size_bytes);
      const uint64_t begin = std::max(at, skipped);
      if (begin < end) {
        cut.push_back({extent.offset + (begin - at), end - begin});
      }
      at += extent.size_bytes;
    }
    return cut;
  }

  void AddStream(const Stream& stream) {
    if (stream.size_bytes == 0 || stream.size_bytes > kThumbnailBytesMax) {
      return;
    }
    const auto extents = stream.size_bytes < kMiniBytesMax
                             ? MiniChain(stream.start, stream.size_bytes)
                             : Chain(stream.start, stream.size_bytes);
    if (!extents) {
      thumbnails_.why = Reason::kDamaged;
      return;
    }
    // The picture begins within the first run: headers are shorter than the
    // smallest sector.
    for (uint64_t skipped = 0;
         skipped <= std::min(kPictureHeaderBytesMax - 1, stream.size_bytes - 1);
         skipped += 4) {
      if (extents->empty() || skipped >= extents->front().size_bytes) return;
      if (!IsPictureAt(window_, extents->front().offset + skipped)) continue;
      thumbnails_.found.push_back(
          {stream.name, Cut(*extents, skipped, stream.size_bytes)});
      return;
    }
  }

  Source& source_;
  ByteWindow window_;
  std::vector<uint8_t> header_;
  uint64_t sector_bytes_ = 0;
  uint64_t mini_bytes_ = 0;
  uint64_t sector_count_ = 0;
  std::vector<uint32_t> table_;
  std::vector<uint32_t> mini_table_;
  std::vector<uint64_t> mini_stream_;  // offset of each of its sectors
  std::vector<Stream> streams_;
  Thumbnails thumbnails_;
};

}  // namespace

Thumbnails FindInCompoundFile(Source& source) {
  return CompoundFile(source).Find();
}

}  // namespace kenal::container
