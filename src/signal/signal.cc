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

// `type` is the hash's name, for messages, which never repeat `hex`.
Status ReadHex(std::string_view type, std::string_view hex,
               std::span<uint8_t> bytes) {
  const auto shape = [&] {
    return std::string(type) + " takes exactly " +
           std::to_string(2 * bytes.size()) + " hex digits";
  };
  if (hex.size() != 2 * bytes.size()) {
    return InvalidArgument(shape() + ", not " + std::to_string(hex.size()) +
                           " characters");
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      const size_t position = 2 * i + (high < 0 ? 1 : 2);
      return InvalidArgument(shape() + "; character " +
                             std::to_string(position) + " is not one");
    }
    bytes[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return OkStatus();
}

Status ReadBytes(std::string_view type, std::span<const uint8_t> raw,
                 std::span<uint8_t> bytes) {
  if (raw.size() != bytes.size()) {
    return InvalidArgument(std::string(type) + " takes " +
                           std::to_string(bytes.size()) + " bytes, not " +
                           std::to_string(raw.size()));
  }
  std::ranges::copy(raw, bytes.begin());
  return OkStatus();
}

std::string HexOf(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

// Bits that differ; sizes are equal and a multiple of eight.
int DifferingBits(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  int distance = 0;
  for (size_t at = 0; at < a.size(); at += sizeof(uint64_t)) {
    uint64_t left = 0;
    uint64_t right = 0;
    std::memcpy(&left, a.data() + at, sizeof left);
    std::memcpy(&right, b.data() + at, sizeof right);
    distance += std::popcount(left ^ right);
  }
  return distance;
}

constexpr std::string_view kMarrName = "marr-hildreth";

}  // namespace

template <SignalType kTypeOf, size_t kSizeOf>
StatusOr<Hash<kTypeOf, kSizeOf>> Hash<kTypeOf, kSizeOf>::FromHex(
    std::string_view hex) {
  Hash out;
  KENAL_TRY(ReadHex(SignalTypeName(kTypeOf), hex, out.bytes));
  return out;
}

template <SignalType kTypeOf, size_t kSizeOf>
StatusOr<Hash<kTypeOf, kSizeOf>> Hash<kTypeOf, kSizeOf>::FromBytes(
    std::span<const uint8_t> raw) {
  Hash out;
  KENAL_TRY(ReadBytes(SignalTypeName(kTypeOf), raw, out.bytes));
  return out;
}

template <SignalType kTypeOf, size_t kSizeOf>
std::string Hash<kTypeOf, kSizeOf>::ToHex() const {
  return HexOf(bytes);
}

template struct Hash<SignalType::kPdq, 32>;
template struct Hash<SignalType::kMd5, 16>;
template struct Hash<SignalType::kSha1, 20>;
template struct Hash<SignalType::kSha256, 32>;

int HammingDistance(const PdqHash& a, const PdqHash& b) {
  return DifferingBits(a.bytes, b.bytes);
}

StatusOr<MarrHash> MarrHash::FromHex(std::string_view hex) {
  MarrHash out;
  KENAL_TRY(ReadHex(kMarrName, hex, out.bytes));
  return out;
}

StatusOr<MarrHash> MarrHash::FromBytes(std::span<const uint8_t> raw) {
  MarrHash out;
  KENAL_TRY(ReadBytes(kMarrName, raw, out.bytes));
  return out;
}

std::string MarrHash::ToHex() const { return HexOf(bytes); }

int HammingDistance(const MarrHash& a, const MarrHash& b) {
  return DifferingBits(a.bytes, b.bytes);
}

}  // namespace kenal
