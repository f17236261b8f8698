// Whom the items of a HEIF or AVIF file are made from, looked at before
// libheif follows it: libheif goes round a ring of items until its stack is
// used up, and its interface tells nothing of these references.
#ifndef KENAL_SRC_DECODE_HEIF_REFERENCES_H_
#define KENAL_SRC_DECODE_HEIF_REFERENCES_H_

#include <cstdint>
#include <span>

#include "src/decode/outcome.h"

namespace kenal::decode {

struct HeifSources {
  // kNone               libheif comes to an end
  // kDamagedHeader      a ring, a source that does not exist, or one of these
  //                     boxes is there twice or not as the standard has it, so
  //                     that two readers could take it for different things
  // kFeatureNotDecoded  over kHeifDepthMax, kHeifDecodesMax, kHeifItemsMax or
  //                     kHeifReferencesMax, or a source that libheif cannot
  //                     decode
  Reason reason = Reason::kNone;

  // Pixels of the canvases of grids and overlays that libheif holds at once,
  // whatever size the picture says it has.
  uint64_t canvas_pixels = 0;
};

// Walks from the primary item along what libheif decodes for it: the sources
// of a grid, an overlay or an identity, and the auxiliary items of every item
// on the way, since one of them may be its alpha.
//
// Reads `pitm`, `iinf`, `iref`, `iloc` and `idat` of every `meta` box at the
// top of the file, the first bytes of grids and overlays, and nothing else.
// Where libheif would stop reading the file, or finds no picture in it, there
// is nothing to walk and libheif has the word.
//
// Pure and thread-safe. Cost: one pass over the boxes; at most 4 MiB.
// Source: ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6.4 and 6.6.
HeifSources CheckHeifReferences(std::span<const uint8_t> file);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_HEIF_REFERENCES_H_
