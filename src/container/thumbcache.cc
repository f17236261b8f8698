// thumbcache_*.db of Windows. Source: libyal, "Windows Explorer Thumbnail
// Cache database format".
#include <algorithm>
#include <cstdio>

#include "src/container/limits.h"
#include "src/container/thumbnails.h"

namespace kenal::container {
namespace {

constexpr uint64_t kFileHeaderBytes = 24;
constexpr uint64_t kVista = 20;
constexpr uint64_t kWindows7 = 21;
constexpr uint64_t kNameBytesMax = 1024;

// Where an entry of a version keeps what: its hash is at 8 in all.
struct Layout {
  uint64_t name_length;  // then the length of the padding, then of the data
  uint64_t header_bytes;
};

Layout LayoutOf(uint64_t version) {
  if (version == kVista) return {24, 56};
  if (version == kWindows7) return {16, 48};
  return {16, 56};  // Windows 8 and later.
}

struct CacheEntry {
  uint64_t size_bytes = 0;  // 0: there is none
  Thumbnail thumbnail;      // without extents: it holds no picture
};

CacheEntry ReadEntry(ByteWindow& window, uint64_t at, const Layout& layout) {
  uint64_t size = 0;
  uint64_t hash = 0;
  uint64_t name_bytes = 0;
  uint64_t padding_bytes = 0;
  uint64_t data_bytes = 0;
  const bool is_read =
      window.Has(at, "CMMM") && window.Number(at + 4, 4, false, size) &&
      window.Number(at + 8, 8, false, hash) &&
      window.Number(at + layout.name_length, 4, false, name_bytes) &&
      window.Number(at + layout.name_length + 4, 4, false, padding_bytes) &&
      window.Number(at + layout.name_length + 8, 4, false, data_bytes);
  const uint64_t needed =
      layout.header_bytes + name_bytes + padding_bytes + data_bytes;
  if (!is_read || size < layout.header_bytes || needed > size ||
      at + needed > window.size_bytes()) {
    return {};
  }
  CacheEntry entry{.size_bytes = size};
  if (data_bytes == 0 || data_bytes > kThumbnailBytesMax) return entry;
  std::string name;
  for (uint64_t i = 0; i < std::min(name_bytes, kNameBytesMax); ++i) {
    name.push_back(static_cast<char>(window.At(at + layout.header_bytes + i)));
  }
  entry.thumbnail.name = FromUtf16(name);
  if (entry.thumbnail.name.empty()) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(hash));
    entry.thumbnail.name = text;
  }
  const uint64_t data_at = at + needed - data_bytes;
  if (IsPictureAt(window, data_at)) {
    entry.thumbnail.extents.push_back({data_at, data_bytes});
  }
  return entry;
}

}  // namespace

Thumbnails FindInThumbcache(Source& source) {
  Thumbnails thumbnails;
  ByteWindow window(source);
  uint64_t version = 0;
  if (!window.Number(4, 4, false, version)) {
    thumbnails.why = Reason::kDamaged;
    return thumbnails;
  }
  const Layout layout = LayoutOf(version);
  // Entries follow one another; where one is broken the next is looked for.
  for (uint64_t at = kFileHeaderBytes; at + 4 <= window.size_bytes();) {
    CacheEntry entry = ReadEntry(window, at, layout);
    if (entry.size_bytes == 0) {
      if (window.Has(at, "CMMM")) thumbnails.why = Reason::kDamaged;
      ++at;
      continue;
    }
    at += entry.size_bytes;
    if (entry.thumbnail.extents.empty()) continue;
    if (thumbnails.found.size() >= kThumbnailsMax) {
      thumbnails.why = Reason::kTooManyMembers;
      break;
    }
    thumbnails.found.push_back(std::move(entry.thumbnail));
  }
  return thumbnails;
}

}  // namespace kenal::container
