// Luma of rows of pixels (specification, section 2).
#ifndef KENAL_SRC_SIGNAL_LUMA_H_
#define KENAL_SRC_SIGNAL_LUMA_H_

#include <cstddef>
#include <cstdint>

namespace kenal::signal {

// Pixel x of a row goes to luma[x / 64 * pitch + x % 64]: a row in segments of
// 64 pixels whose starts lie `pitch` floats apart. pitch = 64 is a plain array.
inline constexpr size_t kSegmentPixels = 64;

void LumaOfRgb(const uint8_t* rgb, size_t count, float* luma, size_t pitch);
void LumaOfGrey(const uint8_t* grey, size_t count, float* luma, size_t pitch);
void CopyLuma(const float* values, size_t count, float* luma, size_t pitch);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_LUMA_H_
