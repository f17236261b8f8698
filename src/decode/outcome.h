// What became of one file, in numbers only: a worker sends no text, so that
// nothing of a picture can travel in a message.
#ifndef KENAL_SRC_DECODE_OUTCOME_H_
#define KENAL_SRC_DECODE_OUTCOME_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "src/decode/decoder_pool.h"
#include "src/decode/sniff.h"

namespace kenal::decode {

// Why there are no views. Sent between processes of one build; never stored.
enum class Reason : uint8_t {
  kNone = 0,
  kEmpty,
  kNotAPicture,         // `kind` says what it looked like
  kFormatNotDecoded,    // a picture of a format without a codec
  kFeatureNotDecoded,   // a decoded format, in a form that is not
  kFileTooLarge,        // a bytes, b allowed
  kSideTooLong,         // width, height; b allowed
  kTooManyPixels,       // width, height; b allowed
  kNeedsTooMuchMemory,  // a bytes needed, b allowed
  kOutOfMemory,         // the codec asked for more than its header said
  kTooManyScans,        // b allowed
  kDamagedHeader,
  kDamaged,
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kDamaged) + 1;

struct Outcome {
  Kind kind = Kind::kUnknown;
  int32_t width = 0;  // 0 while the header has not been read
  int32_t height = 0;
  bool damaged = false;
  Reason reason = Reason::kNone;  // kNone exactly when there are views
  uint64_t a = 0;
  uint64_t b = 0;
  std::vector<PdqView> views;  // stored, then upright
};

// The outcome in the house's words.
Decoded ToDecoded(const Outcome& outcome);

// Code and sentence of a failure.
SignalFailure Describe(const Outcome& outcome);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_OUTCOME_H_
