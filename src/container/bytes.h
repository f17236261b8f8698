// Reads numbers and bytes out of a message, never beyond its end.
#ifndef KENAL_SRC_CONTAINER_BYTES_H_
#define KENAL_SRC_CONTAINER_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kenal::container {

// Little-endian. What lies beyond the end is 0 and empty, and makes is_ok()
// false for good.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> in) : in_(in) {}

  uint64_t Number(size_t size_bytes) {
    uint64_t value = 0;
    const std::span<const uint8_t> bytes = Bytes(size_bytes);
    for (size_t i = 0; i < bytes.size(); ++i) {
      value |= uint64_t{bytes[i]} << (8 * i);
    }
    return value;
  }
  std::span<const uint8_t> Bytes(size_t size_bytes) {
    if (size_bytes > in_.size()) {
      is_ok_ = false;
      in_ = {};
      return {};
    }
    const std::span<const uint8_t> bytes = in_.first(size_bytes);
    in_ = in_.subspan(size_bytes);
    return bytes;
  }
  // A length of `length_bytes`, then as many bytes.
  std::string Text(size_t length_bytes, size_t size_bytes_max) {
    const uint64_t size_bytes = Number(length_bytes);
    if (size_bytes > size_bytes_max) is_ok_ = false;
    if (!is_ok_) return {};
    const std::span<const uint8_t> bytes = Bytes(size_bytes);
    return {bytes.begin(), bytes.end()};
  }
  void Fail() { is_ok_ = false; }
  bool is_ok() const { return is_ok_; }
  bool is_at_end() const { return in_.empty(); }
  std::span<const uint8_t> rest() const { return in_; }

 private:
  std::span<const uint8_t> in_;
  bool is_ok_ = true;
};

// At `offset` of `bytes`; 0 when that lies beyond the end.
inline uint64_t LittleAt(std::span<const uint8_t> bytes, size_t offset,
                         size_t size_bytes) {
  if (offset > bytes.size()) return 0;
  return ByteReader(bytes.subspan(offset)).Number(size_bytes);
}

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_BYTES_H_
