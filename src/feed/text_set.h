// TextSet: whether a text was met before, in little memory.
#ifndef KENAL_SRC_FEED_TEXT_SET_H_
#define KENAL_SRC_FEED_TEXT_SET_H_

#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kenal::feed {

// Keeps 128 bits of SHA-256 of each text. Not thread-safe.
class TextSet {
 public:
  explicit TextSet(size_t count_max) : count_max_(count_max) {}

  void Clear() { set_.clear(); }
  // False: it is full, and the text is not in it.
  bool Add(std::string_view text);
  bool Has(std::string_view text) const { return set_.contains(KeyOf(text)); }

 private:
  using Key = std::array<uint64_t, 2>;
  static Key KeyOf(std::string_view text);

  const size_t count_max_;
  absl::flat_hash_set<Key> set_;
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_TEXT_SET_H_
