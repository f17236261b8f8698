// Reads a known-good file in order and checks each byte on the way.
#ifndef KENAL_SRC_KNOWN_WALK_H_
#define KENAL_SRC_KNOWN_WALK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/known/content.h"
#include "src/known/layout.h"

namespace kenal::known {

// For one thread and one run. `content` and `block` must outlive it.
class Walk {
 public:
  // `block` gets digests, ascending; false ends the walk without an error.
  using Block = std::function<bool(std::span<const uint8_t> digests)>;
  Walk(const Content& content, const Layout& layout, const Block& block);

  // Errors: kDataLoss with what is wrong; kUnavailable from the disk
  Status Run();

 private:
  Status TakeLine(uint64_t line_index);
  Status TakeBucket(uint64_t bucket, uint64_t size);
  Status TakeDigest(uint64_t bucket, bool first);
  StatusOr<uint64_t> CrowdedSize(uint64_t bucket);
  Status CheckPad(uint64_t begin, uint64_t end) const;
  Status Wrong(std::string_view what) const;
  void GiveBlock();

  const Content& content_;
  const Layout layout_;
  const Block& block_;
  Window kept_;
  Window lines_;
  Window crowded_;
  uint64_t total_ = 0;
  uint64_t crowded_used_ = 0;
  std::vector<uint8_t> out_;
  size_t out_used_ = 0;
  std::array<uint8_t, kDigestBytesMax> last_{};
  bool stopped_ = false;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_WALK_H_
