// One file on its way through a codec.
#ifndef KENAL_SRC_DECODE_JOB_H_
#define KENAL_SRC_DECODE_JOB_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/decode/outcome.h"
#include "src/decode/views.h"

namespace kenal::decode {

class Job {
 public:
  Job(std::span<const uint8_t> bytes, Kind kind, const DecodeWork& work)
      : bytes_(bytes), work_(work) {
    outcome_.kind = kind;
  }

  std::span<const uint8_t> bytes() const { return bytes_; }
  const DecodeWork& work() const { return work_; }
  Outcome& outcome() { return outcome_; }

  // Notes the size that the header gives and holds it against the limits:
  // sides, pixels, and `need_bytes` (what the codec will ask for; the hash is
  // added here) against what a worker has beside the input. False, with the
  // reason in the outcome, when it does not fit; the codec then stops before
  // it asks for memory.
  bool Admit(uint64_t width, uint64_t height, uint64_t need_bytes);

  // False, with the reason noted.
  bool Fail(Reason reason, uint64_t a = 0, uint64_t b = 0);

  void MarkDamaged() { outcome_.damaged = true; }

  // Rest of the memory for a turned copy, after Admit.
  uint64_t spare_bytes() const { return spare_bytes_; }

  void Succeed(std::vector<PdqView> views) {
    outcome_.reason = Reason::kNone;
    outcome_.views = std::move(views);
  }

 private:
  std::span<const uint8_t> bytes_;
  DecodeWork work_;
  uint64_t spare_bytes_ = 0;
  Outcome outcome_;
};

// What the house calls an unsigned count; codecs hand out many kinds of int.
template <typename T>
constexpr uint64_t U64(T value) {
  return static_cast<uint64_t>(value);
}

// Rounds 16 bits to 8: round(v / 257).
constexpr uint8_t To8Bits(unsigned v16) {
  return static_cast<uint8_t>((v16 + 128) / 257);
}

// Specification, section 1.2: one colour of a pixel printed with `ink` and
// `black`, 0..255 each.
constexpr uint8_t FromInk(unsigned ink, unsigned black) {
  return static_cast<uint8_t>(((255 - ink) * (255 - black) + 127) / 255);
}

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_JOB_H_
