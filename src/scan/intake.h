// Intake: what one pass over the bytes of a file gives.
#ifndef KENAL_SRC_SCAN_INTAKE_H_
#define KENAL_SRC_SCAN_INTAKE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/digest.h"
#include "src/container/recognise.h"
#include "src/scan/large_contents.h"

namespace kenal::scan {

struct Intake {
  base::Digests digests;
  uint64_t size_bytes = 0;
  bool is_picture = false;  // of any format, by its first bytes
  // For people: "jpeg", "a PDF document"; a word of findings::reason for what
  // is compared by digest alone.
  std::string kind;
  std::string reason;
  container::Recognised container;
  // All of them where they are needed further: of pictures, and of containers
  // when IntakeStream was told to keep those. Else empty.
  std::vector<uint8_t> bytes;
  bool is_kept = false;
  LargeContents::Turn turn;  // while `bytes` are many
  std::string camera;  // serial number, where it was asked for and is told

  void DropBytes() {
    bytes = {};
    turn = nullptr;
  }
};

struct IntakeLimits {
  uint64_t container_bytes_max = 0;  // larger containers are not kept
  // Waited for before more than `small_bytes_max` are kept; null: nobody else
  // keeps contents.
  LargeContents* large = nullptr;
  uint64_t small_bytes_max = kSmallBytesMax;
};

// Takes the bytes of one file in order. Not thread-safe.
class IntakeStream {
 public:
  // `size_bytes`: as it was said to be; 0 when nothing was.
  IntakeStream(uint64_t size_bytes, const IntakeLimits& limits);

  void Add(std::span<const uint8_t> block);
  Intake Finish();  // once

 private:
  void Decide();
  void AwaitTurn(uint64_t bytes);

  const uint64_t expected_bytes_;
  const IntakeLimits limits_;
  Intake intake_;
  base::DigestStream digests_;
  std::vector<uint8_t> head_;
  bool is_decided_ = false;
};

// Pictures beyond this are not decoded, so their bytes are not kept either.
inline constexpr uint64_t kPictureBytesMax = uint64_t{256} << 20;

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_INTAKE_H_
