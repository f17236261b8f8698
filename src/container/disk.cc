// Partitions and file systems of a disk image, by libtsk.
#include "src/container/disk.h"

#include <tsk/libtsk.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "src/container/bytes.h"
#include "src/container/disk_walk.h"
#include "src/container/limits.h"

namespace kenal::container {
namespace {

using namespace std::string_view_literals;

constexpr size_t kBlockBytes = 128 * 1024;
constexpr unsigned kSectorBytes = 512;

// Gaps between partitions below this size are alignment.
constexpr uint64_t kGapBytesMin = uint64_t{2} << 20;

// What a file may have beyond the bytes of its medium: it may be sparse or
// compressed, but a length alone costs whoever says it nothing.
constexpr uint64_t kFileBytesFloor = uint64_t{1} << 30;
constexpr uint64_t kFileExpansionMax = 16;

// What libtsk reads through; its first member is the library's.
struct Medium {
  TSK_IMG_INFO image;
  Source* source;
};

ssize_t ReadMedium(TSK_IMG_INFO* image, TSK_OFF_T offset, char* buffer,
                   size_t size) {
  if (offset < 0) return -1;
  const int64_t got = reinterpret_cast<Medium*>(image)->source->ReadAt(
      static_cast<uint64_t>(offset),
      {reinterpret_cast<uint8_t*>(buffer), size});
  return static_cast<ssize_t>(got);
}
void CloseMedium(TSK_IMG_INFO* /*image*/) {}
void DescribeMedium(TSK_IMG_INFO* /*image*/, FILE* /*out*/) {}

struct VolumesFreer {
  void operator()(TSK_VS_INFO* volumes) const { tsk_vs_close(volumes); }
};
struct PoolFreer {
  void operator()(const TSK_POOL_INFO* pool) const { tsk_pool_close(pool); }
};
struct ImageFreer {
  void operator()(TSK_IMG_INFO* image) const { tsk_img_close(image); }
};
using ImagePtr = std::unique_ptr<TSK_IMG_INFO, ImageFreer>;
using PoolPtr = std::unique_ptr<const TSK_POOL_INFO, PoolFreer>;

std::string Printable(const char* text) {
  std::string out;
  for (; text != nullptr && *text != 0 && out.size() < kDescriptionBytesMax;
       ++text) {
    out.push_back(*text >= 0x20 && *text < 0x7F ? *text : '?');
  }
  return out;
}

bool HasAt(std::span<const uint8_t> bytes, size_t offset,
           std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

// BitLocker To Go looks like FAT32 but for this GUID in its boot sector.
constexpr std::string_view kBitLockerGuid =
    "\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01"sv;

// Word of an encryption that begins with these bytes, or nothing.
std::string EncryptionOf(std::span<const uint8_t> head) {
  if (HasAt(head, 3, "-FVE-FS-") || HasAt(head, 424, kBitLockerGuid)) {
    return "bitlocker";
  }
  if (HasAt(head, 0, "LUKS\xBA\xBE"sv)) return "luks";
  // A physical volume of Core Storage, as FileVault 2 on HFS+ uses it.
  if (HasAt(head, 88, "CS") && LittleAt(head, 10, 2) == 0x10) {
    return "filevault";
  }
  return {};
}

// A boot sector that libtsk could take for a table of partitions.
bool IsBootSector(std::span<const uint8_t> head) {
  const uint64_t sector_bytes = LittleAt(head, 11, 2);
  const bool is_fat = (head[0] == 0xEB || head[0] == 0xE9) &&
                      (sector_bytes == 512 || sector_bytes == 1024 ||
                       sector_bytes == 2048 || sector_bytes == 4096) &&
                      head[13] != 0 && (head[16] == 1 || head[16] == 2);
  return HasAt(head, 3, "NTFS    ") || HasAt(head, 3, "EXFAT   ") ||
         HasAt(head, 3, "-FVE-FS-") || is_fat;
}

class DiskBook final : public Book {
 public:
  DiskBook(std::unique_ptr<Source> source, Opened opened, const Limits& limits,
           std::function<Reason()> check)
      : source_(std::move(source)),
        opened_(std::move(opened)),
        limits_(limits),
        check_(std::move(check)),
        medium_(std::make_unique<Medium>()) {
    opened_.media_bytes = source_->size_bytes();
    const uint64_t size_bytes = source_->size_bytes();
    const uint64_t grown = size_bytes > UINT64_MAX / kFileExpansionMax
                               ? UINT64_MAX
                               : size_bytes * kFileExpansionMax;
    file_bytes_max_ = std::max(kFileBytesFloor, grown);
  }
  ~DiskBook() override {
    walk_.reset();
    systems_.clear();
    pool_images_.clear();
    pools_.clear();
    if (image_ != nullptr) tsk_img_close(image_);
  }

  Reason Open() {
    if (source_->size_bytes() < kSectorBytes) return Reason::kNotAContainer;
    medium_->source = source_.get();
    image_ = tsk_img_open_external(
        medium_.get(), static_cast<TSK_OFF_T>(source_->size_bytes()),
        kSectorBytes, ReadMedium, CloseMedium, DescribeMedium);
    if (image_ == nullptr) return Reason::kNeedsTooMuchMemory;
    uint8_t head[kSectorBytes] = {};
    if (!source_->ReadAll(0, head)) return Reason::kUnreadable;
    if (IsBootSector(head) || !AddPartitions()) {
      AddVolume(0, source_->size_bytes(), "");
    }
    return Reason::kNone;
  }

  const Opened& opened() const override { return opened_; }

  bool Next(Entry& entry, Reason& why) override {
    for (;;) {
      if (walk_ != nullptr && walk_->Next(entry)) break;
      if (walk_ != nullptr && why_ == Reason::kNone) why_ = walk_->why();
      walk_.reset();
      while (next_volume_ < systems_.size() &&
             systems_[next_volume_] == nullptr) {
        ++next_volume_;
      }
      if (next_volume_ == systems_.size()) {
        why = why_;
        return false;
      }
      walk_ = std::make_unique<DiskWalk>(systems_[next_volume_].get(),
                                         static_cast<uint32_t>(next_volume_),
                                         limits_.with_orphans);
      ++next_volume_;
    }
    if (entry_count_++ < limits_.entries_max) return true;
    why = Reason::kTooManyMembers;
    return false;
  }

  Reason Read(const Place& place, const Emit& emit) override {
    if (place.volume >= systems_.size() || systems_[place.volume] == nullptr) {
      return Reason::kNotSupported;
    }
    return ReadDiskFile(systems_[place.volume].get(), place, file_bytes_max_,
                        emit);
  }

  Reason ReadImage(const Emit& emit) override {
    std::vector<uint8_t> block(kBlockBytes);
    const uint64_t size_bytes = source_->size_bytes();
    for (uint64_t at = 0; at < size_bytes;) {
      const size_t wanted = static_cast<size_t>(
          std::min<uint64_t>(block.size(), size_bytes - at));
      const int64_t got = source_->ReadAt(at, std::span(block).first(wanted));
      if (got <= 0) return Reason::kUnreadable;
      const auto count = static_cast<size_t>(got);
      if (!emit({block.data(), count})) return Reason::kStopped;
      at += count;
    }
    return check_ ? check_() : Reason::kNone;
  }

 private:
  // False when the medium has no table of partitions with any in it.
  bool AddPartitions() {
    tsk_error_reset();
    const std::unique_ptr<TSK_VS_INFO, VolumesFreer> table(
        tsk_vs_open(image_, 0, TSK_VS_TYPE_DETECT));
    if (table == nullptr) return false;
    bool has_any = false;
    for (const TSK_VS_PART_INFO* part = table->part_list;
         part != nullptr && systems_.size() < kVolumesMax; part = part->next) {
      const uint64_t offset = part->start * table->block_size;
      const uint64_t size_bytes = part->len * table->block_size;
      if ((part->flags & TSK_VS_PART_FLAG_ALLOC) != 0) {
        has_any = true;
        AddVolume(offset, size_bytes, Printable(part->desc));
      } else if ((part->flags & TSK_VS_PART_FLAG_UNALLOC) != 0 &&
                 size_bytes >= kGapBytesMin) {
        AddClosed(offset, size_bytes, "Unallocated", "unallocated");
      }
    }
    if (has_any) return true;
    systems_.clear();
    opened_.volumes.clear();
    return false;
  }

  void Add(uint64_t offset, uint64_t size_bytes, std::string description,
           std::string file_system, std::string problem, FileSystemPtr system) {
    if (systems_.size() >= kVolumesMax) return;
    opened_.volumes.push_back({.number = static_cast<uint32_t>(systems_.size()),
                               .offset_bytes = offset,
                               .size_bytes = size_bytes,
                               .description = std::move(description),
                               .file_system = std::move(file_system),
                               .problem = std::move(problem)});
    systems_.push_back(std::move(system));
  }

  void AddClosed(uint64_t offset, uint64_t size_bytes, std::string description,
                 std::string problem) {
    Add(offset, size_bytes, std::move(description), "", std::move(problem),
        nullptr);
  }

  void AddVolume(uint64_t offset, uint64_t size_bytes,
                 std::string description) {
    uint8_t head[kSectorBytes] = {};
    if (offset >= source_->size_bytes() || !source_->ReadAll(offset, head)) {
      AddClosed(offset, size_bytes, std::move(description), "damaged");
      return;
    }
    if (std::string word = EncryptionOf(head); !word.empty()) {
      AddClosed(offset, size_bytes, std::move(description), std::move(word));
      return;
    }
    if (HasAt(head, 32, "NXSB") && AddPool(offset)) return;
    tsk_error_reset();
    FileSystemPtr found(tsk_fs_open_img(image_, static_cast<TSK_OFF_T>(offset),
                                        TSK_FS_TYPE_DETECT));
    const std::string word = found ? FileSystemWord(*found) : "";
    if (!word.empty()) {
      Add(offset, size_bytes, std::move(description), word, "",
          std::move(found));
      return;
    }
    const uint32_t error = tsk_error_get_errno();
    const bool is_unknown = found != nullptr || error == TSK_ERR_FS_UNKTYPE ||
                            error == TSK_ERR_FS_UNSUPTYPE ||
                            error == TSK_ERR_FS_ENCRYPTED ||
                            error == TSK_ERR_FS_POSSIBLY_ENCRYPTED;
    AddClosed(offset, size_bytes, std::move(description),
              is_unknown ? "unknown" : "damaged");
  }

  // The volumes of an APFS container.
  bool AddPool(uint64_t offset) {
    tsk_error_reset();
    PoolPtr pool(tsk_pool_open_img_sing(image_, static_cast<TSK_OFF_T>(offset),
                                        TSK_POOL_TYPE_APFS));
    if (pool == nullptr) return false;
    for (const TSK_POOL_VOLUME_INFO* volume = pool->vol_list;
         volume != nullptr && systems_.size() < kVolumesMax;
         volume = volume->next) {
      const uint64_t at = offset + volume->block * pool->block_size;
      const uint64_t size_bytes = volume->num_blocks * pool->block_size;
      const std::string description = Printable(volume->desc);
      if ((volume->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED) != 0) {
        AddClosed(at, size_bytes, description, "filevault");
        continue;
      }
      FileSystemPtr found = OpenInPool(*pool, volume->block, offset);
      const bool is_open = found != nullptr;
      Add(at, size_bytes, description, is_open ? "apfs" : "",
          is_open ? "" : "damaged", std::move(found));
    }
    pools_.push_back(std::move(pool));
    return true;
  }

  FileSystemPtr OpenInPool(const TSK_POOL_INFO& pool, TSK_DADDR_T block,
                           uint64_t offset) {
    ImagePtr image(pool.get_img_info(&pool, block));
    if (image == nullptr) return nullptr;
    FileSystemPtr found(tsk_fs_open_img(
        image.get(), static_cast<TSK_OFF_T>(offset), TSK_FS_TYPE_APFS));
    if (found != nullptr) pool_images_.push_back(std::move(image));
    return found;
  }

  std::unique_ptr<Source> source_;
  Opened opened_;
  const Limits limits_;
  const std::function<Reason()> check_;
  std::unique_ptr<Medium> medium_;
  TSK_IMG_INFO* image_ = nullptr;
  uint64_t file_bytes_max_ = 0;
  std::vector<PoolPtr> pools_;
  std::vector<ImagePtr> pool_images_;   // one for each volume of a pool
  std::vector<FileSystemPtr> systems_;  // by number of volume; may be empty
  std::unique_ptr<DiskWalk> walk_;
  size_t next_volume_ = 0;
  uint64_t entry_count_ = 0;
  Reason why_ = Reason::kNone;
};

}  // namespace

BookOr OpenMedium(std::unique_ptr<Source> medium, Opened opened,
                  const Limits& limits, std::function<Reason()> check) {
  auto book = std::make_unique<DiskBook>(std::move(medium), std::move(opened),
                                         limits, std::move(check));
  if (Reason reason = book->Open(); reason != Reason::kNone) {
    return {nullptr, reason};
  }
  return {std::move(book), Reason::kNone};
}

BookOr OpenDisk(std::unique_ptr<SegmentSource> source, const Limits& limits) {
  return OpenMedium(std::move(source), {.format = "raw"}, limits, nullptr);
}

}  // namespace kenal::container
