// Pictures with something to find in them: borders, frames, tilted prints,
// flat drawings; and the reduced copy by its definition.
#ifndef KENAL_TESTS_DECODE_DRAWINGS_H_
#define KENAL_TESTS_DECODE_DRAWINGS_H_

#include <array>
#include <cstdint>

#include "kenal/signal.h"
#include "src/signal/reduce.h"
#include "tests/decode/pictures.h"

namespace kenal::decode {

using Colour = std::array<uint8_t, 3>;
inline constexpr Colour kWhite = {255, 255, 255};
inline constexpr Colour kBlack = {0, 0, 0};
inline constexpr Colour kGrey = {128, 128, 128};

Picture Plain(int width, int height, Colour colour);
void Fill(Picture& picture, const Region& region, Colour colour);
// `part` over `picture`, its top left corner at (x, y); it must fit.
void Paste(Picture& picture, const Picture& part, int x, int y);

struct Margins {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};
Picture Bordered(const Picture& picture, const Margins& margins, Colour colour);

// The picture turned by `degrees` on a ground that holds all of it.
Picture Tilted(const Picture& picture, double degrees, Colour ground);

// Dark words on lines of text, as rows of small blocks.
void WriteText(Picture& picture, const Region& region, uint32_t seed);

// A photograph with text above, below and beside it; `photo` says where.
Picture Screenshot(const Picture& photo, uint32_t seed, Region* where);

// Discs and boxes of three flat colours.
Picture Drawing(int width, int height, uint32_t seed);

// Every sample by itself.
Picture Noise(int width, int height, uint32_t seed);

// From black to white, left to right or top to bottom.
Picture Gradient(int width, int height, bool is_across);

// Of columns one pixel wide, and of squares of one pixel.
Picture Stripes(int width, int height);
Picture Checkerboard(int width, int height);

// The reduced copy that parts come from, by its definition (reduce.h).
signal::ReducedLuma CopyOf(const Picture& picture);

// P6.
FileBytes EncodePnm(const Picture& picture);

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_DRAWINGS_H_
