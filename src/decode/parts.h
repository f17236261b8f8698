// From the reduced copy of an upright picture to the views that are parts of
// it: which rectangles (or tilted quads) they are, and their hashes.
// docs/views.md describes each.
#ifndef KENAL_SRC_DECODE_PARTS_H_
#define KENAL_SRC_DECODE_PARTS_H_

#include <vector>

#include "kenal/signal.h"
#include "src/decode/decoder_pool.h"
#include "src/signal/reduce.h"

namespace kenal::decode {

// Boxes that the reduced copy of a picture has at most.
inline constexpr int kCopyPixelsMax = 262'144;

// What views, flags and second opinions need beside the copy.
inline constexpr uint64_t kPartsBytes = 24 * uint64_t{kCopyPixelsMax};

// Views with a shorter side are left out: too little for a hash to hold on to.
inline constexpr int kPartSideMin = 40;  // pixels of the copy

// The copy turned and mirrored as an EXIF orientation, 1..8, says.
signal::ReducedLuma TurnUpright(signal::ReducedLuma copy, int orientation);

// Those of `work.views` that the picture has, ordered by view, of profile
// kReduced, each with region, quality, variants, template_like, and marr when
// asked for. kTurned only when the copy is the picture, pixel for pixel.
// width, height: of the upright picture.
std::vector<PdqView> HashParts(const signal::ReducedLuma& upright, int width,
                               int height, const DecodeWork& work);

// Few flat tones: PdqView::template_like.
bool IsTemplateLike(const signal::ReducedLuma& luma);

// The second opinion on a picture.
MarrHash MarrOf(const signal::ReducedLuma& luma);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_PARTS_H_
