// Codec: the primitives of every record on disk.
//
//   number   unsigned LEB128, shortest form only, at most 10 bytes
//   signed   number of the zigzag form
//   bytes    number of bytes, then the bytes
//
// Decoding is strict: each value has one encoding, so equal records are equal
// byte strings. It never reads past its input and allocates nothing.
// The whole layout is in docs/format.md.
#ifndef KENAL_SRC_BASE_CODEC_H_
#define KENAL_SRC_BASE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::base {

// Appends to a string that the caller owns.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  void Byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Number(uint64_t value);
  void Signed(int64_t value);
  void Bytes(std::string_view bytes);
  void Raw(std::span<const uint8_t> bytes);  // no length: fixed size
  void Fixed64(uint64_t value);              // big endian: keys sort by it

 private:
  std::string& out_;
};

// After the first failure everything reads as zero or empty, and Finish()
// tells. Returned views point into the input.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  uint8_t Byte();
  uint64_t Number(uint64_t most = UINT64_MAX);
  int64_t Signed();
  std::string_view Bytes(size_t size_max);
  void Raw(std::span<uint8_t> out);
  uint64_t Fixed64();

  void Fail() { failed_ = true; }
  bool failed() const { return failed_; }
  size_t left() const { return in_.size(); }

  // kDataLoss naming `what` unless all was read and nothing is left.
  Status Finish(std::string_view what) const;

 private:
  std::string_view Take(size_t size);

  std::string_view in_;
  bool failed_ = false;
};

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_CODEC_H_
