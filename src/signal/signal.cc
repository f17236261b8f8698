#include "kenal/signal.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace kenal {
namespace {

// 0..15, or -1 when `digit` is no hex digit.
int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string Shape(SignalType type, size_t size_bytes) {
  return std::string(SignalTypeName(type)) + " takes exactly " +
         std::to_string(2 * size_bytes) + " hex digits";
}

}  // namespace

template <SignalType kTypeOf, size_t kSizeOf>
StatusOr<Hash<kTypeOf, kSizeOf>> Hash<kTypeOf, kSizeOf>::FromHex(
    std::string_view hex) {
  if (hex.size() != 2 * kSizeOf) {
    return InvalidArgument(Shape(kTypeOf, kSizeOf) + ", not " +
                           std::to_string(hex.size()) + " characters");
  }
  Hash out;
  for (size_t i = 0; i < kSizeOf; ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      const size_t position = 2 * i + (high < 0 ? 1 : 2);
      return InvalidArgument(Shape(kTypeOf, kSizeOf) + "; character " +
                             std::to_string(position) + " is not one");
    }
    out.bytes[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

template <SignalType kTypeOf, size_t kSizeOf>
StatusOr<Hash<kTypeOf, kSizeOf>> Hash<kTypeOf, kSizeOf>::FromBytes(
    std::span<const uint8_t> raw) {
  if (raw.size() != kSizeOf) {
    return InvalidArgument(std::string(SignalTypeName(kTypeOf)) + " takes " +
                           std::to_string(kSizeOf) + " bytes, not " +
                           std::to_string(raw.size()));
  }
  Hash out;
  std::copy(raw.begin(), raw.end(), out.bytes.begin());
  return out;
}

template <SignalType kTypeOf, size_t kSizeOf>
std::string Hash<kTypeOf, kSizeOf>::ToHex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * kSizeOf);
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

template struct Hash<SignalType::kPdq, 32>;
template struct Hash<SignalType::kMd5, 16>;
template struct Hash<SignalType::kSha1, 20>;
template struct Hash<SignalType::kSha256, 32>;

int HammingDistance(const PdqHash& a, const PdqHash& b) {
  int distance = 0;
  for (size_t at = 0; at < PdqHash::kSizeBytes; at += sizeof(uint64_t)) {
    uint64_t left = 0;
    uint64_t right = 0;
    std::memcpy(&left, a.bytes.data() + at, sizeof left);
    std::memcpy(&right, b.bytes.data() + at, sizeof right);
    distance += std::popcount(left ^ right);
  }
  return distance;
}

}  // namespace kenal
