// HEIF files put together box by box, from items that may refer to one another
// in any way.
#ifndef KENAL_TESTS_DECODE_HEIF_FILES_H_
#define KENAL_TESTS_DECODE_HEIF_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/decode/pictures.h"

namespace kenal::decode {

FileBytes BigEndian(uint64_t value, size_t size_bytes);

enum class BoxSize { k32Bits, k64Bits, kToTheEnd };
FileBytes HeifBox(const std::string& type, const FileBytes& body,
                  BoxSize size = BoxSize::k32Bits);

struct HeifItem {
  uint32_t id = 0;
  std::string type = "hvc1";
  FileBytes data;
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<uint32_t> sources;  // what it is made from
  uint32_t alpha_of = 0;          // 0: no alpha of anything
};

// One HEVC picture, to be the data of items.
struct HeifTile {
  explicit HeifTile(const Picture& picture);
  HeifItem Item(uint32_t id) const;

  uint32_t width = 0;
  uint32_t height = 0;
  FileBytes settings;  // the body of its hvcC box
  FileBytes data;
};

// Items of one size, side by side.
HeifItem GridItem(uint32_t id, const std::vector<HeifItem>& sources);
// The same picture again.
HeifItem IdentityItem(uint32_t id, const HeifItem& source);
// `source` on a canvas of its size.
HeifItem OverlayItem(uint32_t id, const HeifItem& source);

struct HeifForm {
  uint8_t reference_version = 0;         // 0: ids of 16 bits, 1: of 32
  BoxSize meta_size = BoxSize::k32Bits;  // of `meta` and of `iref`
};

FileBytes ReferencesBox(const std::vector<HeifItem>& items, HeifForm form);

// A whole file. The first item is the primary one.
FileBytes HeifFile(const HeifTile& tile, const std::vector<HeifItem>& items,
                   HeifForm form = {});

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_HEIF_FILES_H_
