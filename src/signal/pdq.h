// PDQ: 256-bit perceptual hashes from rows of pixels.
//
// Profile `native`, bit for bit as docs/pdq-spec.md says: same float
// operations in the same order, no fused multiply-add, on every CPU.
//
//   PdqStream stream(width, height);
//   for (int y = 0; y < height; ++y) stream.AddRgbRow(row(y));
//   PdqResult result = stream.Finish();
//
// Rows come in from the top, one at a time, so a decoder need not hold the
// picture; working memory is a small multiple of one row times the filter's
// window, never the picture.
#ifndef KENAL_SRC_SIGNAL_PDQ_H_
#define KENAL_SRC_SIGNAL_PDQ_H_

#include <array>
#include <cstdint>
#include <memory>

#include "kenal/signal.h"

namespace kenal::signal {

// Longest side of a picture.
inline constexpr int kSidePixelsMax = 32'768;

struct PdqResult {
  PdqHash hash;                                 // the plain path
  int quality = 0;                              // 0..100
  std::array<PdqHash, kVariantCount> dihedral;  // the eight-hash path
};

// One picture. Not thread-safe; objects are independent of each other.
class PdqStream {
 public:
  // width, height: 1..kSidePixelsMax. Under 5 either way every hash is zero
  // and the quality 0 (specification, section 0).
  PdqStream(int width, int height);
  ~PdqStream();
  PdqStream(PdqStream&&) noexcept;
  PdqStream& operator=(PdqStream&&) noexcept;

  // Exactly `height` rows, of any mixture of kinds. The row is read during the
  // call only.
  void AddGreyRow(const uint8_t* samples);  // width samples
  void AddRgbRow(const uint8_t* samples);   // 3 * width: R G B R G B ...
  void AddLumaRow(const float* luma);       // width; 0 to about 255

  // After the last row; once.
  PdqResult Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Luma of `count` RGB pixels as the specification rounds it (section 2).
void LumaFromRgb(const uint8_t* rgb, int count, float* luma);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_PDQ_H_
