// From rows of pixels to the views of a picture: the pixels as stored, upright
// when the orientation turns them, and the parts that are asked for.
#ifndef KENAL_SRC_DECODE_VIEWS_H_
#define KENAL_SRC_DECODE_VIEWS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "kenal/signal.h"
#include "src/decode/decoder_pool.h"
#include "src/signal/pdq.h"
#include "src/signal/reduce.h"

namespace kenal::decode {

struct Shape {
  int width = 0;  // as stored; 1..kSideMax
  int height = 0;
  int channel_count = 3;  // 1: grey; 3: R G B R G B ...
  int orientation = 1;    // EXIF: 1..8
};

// Bytes that the hash of one view and the parts work in, beside the turned
// copy.
uint64_t HashBytes(uint64_t width, uint64_t height);

// Bytes of the whole turned copy; 0 when the orientation needs none.
uint64_t TurnedBytes(const Shape& shape);

// Takes the rows of one picture, from the top, pass_count() times over. Not
// thread-safe.
//
// The upright view is the hash of turned pixels, not a variant of the stored
// hash, and so exact. Turning needs the pixels at hand: a band of columns (or
// of rows, for a picture that stands on its head) of at most
// `turned_bytes_max` is kept a pass. A codec that can start over thus serves
// pictures of any size; one that cannot makes sure beforehand that
// TurnedBytes fits.
class ViewHasher {
 public:
  // turned_bytes_max: at least one row and one column of the picture.
  ViewHasher(const Shape& shape, const DecodeWork& work,
             uint64_t turned_bytes_max);

  // 1, or the passes that the upright view takes.
  int pass_count() const { return pass_count_; }

  // width * channel_count samples; read during the call only.
  void AddRow(const uint8_t* row);

  // After pass_count() * height rows; once.
  std::vector<PdqView> Finish();

 private:
  bool SwapsSides() const { return shape_.orientation >= 5; }
  void AddMirrored(const uint8_t* row);
  void Keep(const uint8_t* row, int y);
  void EmitBand();
  void EmitTransposed();
  void AddUpright(const uint8_t* row);
  static void Add(signal::PdqStream& stream, int channel_count,
                  const uint8_t* row);

  void Reduce(const uint8_t* row);

  Shape shape_;
  DecodeWork work_;
  int pass_count_ = 1;
  int pass_ = 0;
  int next_row_ = 0;
  int band_first_ = 0;  // columns, or rows, that this pass keeps
  int band_count_ = 0;
  int band_count_max_ = 0;
  std::vector<uint8_t> band_;
  std::vector<uint8_t> turned_;
  signal::PdqStream stored_;
  std::optional<signal::PdqStream> upright_;
  signal::LumaReducer reducer_;
};

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_VIEWS_H_
