// Rectangles within a picture, with evidence: uniform borders to trim, and
// the frames that screenshots, meme strips and collages put around pictures.
//
// Everything is computed in whole numbers from the reduced copy, so that the
// same picture gives the same rectangles on every CPU. What is looked for and
// why: docs/views.md.
#ifndef KENAL_SRC_DECODE_RECTANGLES_H_
#define KENAL_SRC_DECODE_RECTANGLES_H_

#include <vector>

#include "kenal/signal.h"
#include "src/signal/reduce.h"

namespace kenal::decode {

// `within` without its uniform borders of any colour, also several inside
// each other; `within` itself when it has none. Regions are in pixels of the
// copy.
Region TrimBorders(const signal::ReducedLuma& copy, const Region& within);

// The inner rectangles with straight edges and something inside, best first,
// at most `count_max`, each trimmed and unlike the others, `within` and the
// whole copy.
std::vector<Region> FindFrames(const signal::ReducedLuma& copy,
                               const Region& within, size_t count_max);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_RECTANGLES_H_
