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
  std::string camera;  // serial number, where it was asked for and is told
};

// Takes the bytes of one file in order. Not thread-safe.
class IntakeStream {
 public:
  // containers_bytes_max: containers up to that size are kept; 0: none.
  explicit IntakeStream(uint64_t size_bytes, uint64_t container_bytes_max);

  void Add(std::span<const uint8_t> block);
  Intake Finish();  // once

 private:
  void Decide();

  const uint64_t expected_bytes_;
  const uint64_t container_bytes_max_;
  Intake intake_;
  base::DigestStream digests_;
  std::vector<uint8_t> head_;
  bool is_decided_ = false;
};

// Pictures beyond this are not decoded, so their bytes are not kept either.
inline constexpr uint64_t kPictureBytesMax = uint64_t{256} << 20;

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_INTAKE_H_
