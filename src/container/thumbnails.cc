#include "src/container/thumbnails.h"

#include <algorithm>
#include <utility>

#include "src/container/book.h"
#include "src/container/limits.h"

namespace kenal::container {
namespace {

using namespace std::string_view_literals;

constexpr size_t kBlockBytes = 128 * 1024;

class ThumbnailBook final : public Book {
 public:
  ThumbnailBook(std::unique_ptr<Source> source, std::string_view format,
                Thumbnails thumbnails, uint64_t entries_max)
      : source_(std::move(source)),
        thumbnails_(std::move(thumbnails)),
        entries_max_(entries_max) {
    opened_.format = format;
    opened_.media_bytes = source_->size_bytes();
  }

  const Opened& opened() const override { return opened_; }

  bool Next(Entry& entry, Reason& why) override {
    if (next_ >= thumbnails_.found.size()) {
      why = thumbnails_.why;
      return false;
    }
    if (next_ >= entries_max_) {
      why = Reason::kTooManyMembers;
      return false;
    }
    const Thumbnail& thumbnail = thumbnails_.found[next_];
    entry = {.path = ToPath(thumbnail.name),
             .is_virtual = thumbnail.is_text,
             .is_thumbnail = !thumbnail.is_text};
    entry.place.address = next_++;
    uint64_t size_bytes = 0;
    for (const Extent& extent : thumbnail.extents) {
      size_bytes += extent.size_bytes;
    }
    entry.size_bytes = size_bytes;
    return true;
  }

  Reason Read(const Place& place, const Emit& emit) override {
    if (place.address >= thumbnails_.found.size()) return Reason::kNotSupported;
    std::vector<uint8_t> block(kBlockBytes);
    for (const Extent& extent : thumbnails_.found[place.address].extents) {
      for (uint64_t done = 0; done < extent.size_bytes;) {
        const std::span<uint8_t> part = std::span(block).first(
            std::min<uint64_t>(block.size(), extent.size_bytes - done));
        const int64_t got = source_->ReadAt(extent.offset + done, part);
        if (got < 0) return Reason::kUnreadable;
        if (got == 0) return Reason::kDamaged;
        if (!emit(part.first(static_cast<size_t>(got)))) {
          return Reason::kStopped;
        }
        done += static_cast<uint64_t>(got);
      }
    }
    return Reason::kNone;
  }

 private:
  std::unique_ptr<Source> source_;
  const Thumbnails thumbnails_;
  const uint64_t entries_max_;
  Opened opened_;
  size_t next_ = 0;
};

void AppendUtf8(uint32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (c >> 18)));
    out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

}  // namespace

bool ByteWindow::Fill(uint64_t offset) {
  // A little before it, for those who look back.
  constexpr uint64_t kBehind = 64;
  begin_ = offset > kBehind ? offset - kBehind : 0;
  const int64_t got = source_.ReadAt(begin_, bytes_);
  count_ = got > 0 ? static_cast<size_t>(got) : 0;
  return offset - begin_ < count_;
}

bool ByteWindow::Number(uint64_t offset, size_t size_bytes, bool is_big,
                        uint64_t& out) {
  out = 0;
  for (size_t i = 0; i < size_bytes; ++i) {
    const int byte = At(offset + i);
    if (byte < 0) return false;
    const size_t shift = is_big ? size_bytes - 1 - i : i;
    out |= static_cast<uint64_t>(byte) << (8 * shift);
  }
  return true;
}

bool ByteWindow::Has(uint64_t offset, std::string_view magic) {
  for (size_t i = 0; i < magic.size(); ++i) {
    if (At(offset + i) != static_cast<uint8_t>(magic[i])) return false;
  }
  return true;
}

bool IsPictureAt(ByteWindow& window, uint64_t offset) {
  if (window.Has(offset, "\xFF\xD8\xFF"sv)) return true;
  if (window.Has(offset, "\x89PNG\r\n\x1A\n"sv)) return true;
  if (window.Has(offset, "GIF8"sv)) return true;
  return window.Has(offset, "BM"sv) && window.Has(offset + 15, "\0\0\0"sv);
}

std::string FromUtf16(std::string_view bytes) {
  constexpr uint32_t kReplacement = 0xFFFD;
  std::string out;
  const auto unit = [&bytes](size_t at) {
    return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at])) |
           static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + 1])) << 8;
  };
  for (size_t at = 0; at + 1 < bytes.size(); at += 2) {
    uint32_t c = unit(at);
    if (c == 0) break;
    if (c >= 0xD800 && c < 0xDC00 && at + 3 < bytes.size()) {
      const uint32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    if (c >= 0xD800 && c < 0xE000) c = kReplacement;
    AppendUtf8(c == '/' ? '^' : c, out);
  }
  return out;
}

BookOr OpenThumbnails(std::unique_ptr<Source> source, const Limits& limits) {
  std::string_view format;
  Thumbnails thumbnails;
  {
    ByteWindow window(*source);
    if (window.Has(0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv)) {
      format = "thumbs.db";
      thumbnails = FindInCompoundFile(*source);
    } else if (window.Has(0, "CMMM"sv)) {
      format = "thumbcache";
      thumbnails = FindInThumbcache(*source);
    } else if (window.Has(0, "\xFF\xD8\xFF"sv) || window.Has(0, "II*\0"sv) ||
               window.Has(0, "MM\0*"sv)) {
      format = "exif";
      thumbnails = FindInExif(*source);
    } else {
      format = "thumbdata";
      thumbnails = FindJpegs(*source);
      if (thumbnails.found.empty()) return {nullptr, Reason::kNotAContainer};
    }
  }
  return {
      std::make_unique<ThumbnailBook>(
          std::move(source), format, std::move(thumbnails), limits.entries_max),
      Reason::kNone};
}

}  // namespace kenal::container
