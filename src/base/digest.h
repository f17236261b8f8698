// Digests through libcrypto.
#ifndef KENAL_SRC_BASE_DIGEST_H_
#define KENAL_SRC_BASE_DIGEST_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kenal::base {

using Md5Bytes = std::array<uint8_t, 16>;
using Sha1Bytes = std::array<uint8_t, 20>;
using Sha256Bytes = std::array<uint8_t, 32>;

struct Digests {
  Md5Bytes md5{};
  Sha1Bytes sha1{};
  Sha256Bytes sha256{};
};

// All three digests in one pass: each block is read once from memory and fed
// to all of them while it is in the cache.
Digests DigestAll(std::span<const uint8_t> bytes);

// The same, for bytes that come in pieces. Not thread-safe.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  void Add(std::span<const uint8_t> bytes);
  Digests Finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Bytes Sha256Of(std::span<const uint8_t> bytes);
Sha256Bytes HmacSha256(std::span<const uint8_t> key,
                       std::span<const uint8_t> bytes);

// HMAC-SHA-256 under one key, for many short messages: the key's own blocks
// are hashed once. Not thread-safe.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(std::span<const uint8_t> key);
  ~HmacSha256Key();
  Sha256Bytes Of(std::span<const uint8_t> bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Incremental SHA-256. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void Add(std::span<const uint8_t> bytes);
  Sha256Bytes Finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Fills `out` from the system's cryptographic generator.
void RandomBytes(std::span<uint8_t> out);

// The bytes of a string, for the functions above.
inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_DIGEST_H_
