// Which files are containers, by content only.
//
// A few look-ups of magic numbers; no third-party code, safe to call on any
// bytes in any process. What it names is a guess worth an Open(), nothing
// more.
#ifndef KENAL_SRC_CONTAINER_RECOGNISE_H_
#define KENAL_SRC_CONTAINER_RECOGNISE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "src/container/container.h"

namespace kenal::container {

// What decides for nearly every file.
inline constexpr size_t kHeadBytes = 4'096;
// What decides for all: the descriptor of an ISO 9660 image is at 32 KiB.
inline constexpr size_t kLongHeadBytes = 36 * 1024;

struct Recognised {
  Kind kind = Kind::kNone;
  // "zip", "7z", "ewf", "disk", "thumbs.db", "exif", "luks", ...; empty when
  // it is no container. Of kEncrypted the reason word.
  std::string_view format;
  // Not 0: the head is too short to tell; call again with so many bytes.
  size_t wants_bytes = 0;
  friend bool operator==(const Recognised&, const Recognised&) = default;
};

// `head`: the first bytes of the file, kHeadBytes of them or all there are.
// `size_bytes`: of the whole file.
//
// Documents that are zip files (docx, odt, epub, apk) are archives. A JPEG or
// TIFF is a container when it seems to carry a thumbnail.
Recognised Recognise(std::span<const uint8_t> head, uint64_t size_bytes);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_RECOGNISE_H_
