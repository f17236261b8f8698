#include "src/base/codec.h"

#include <algorithm>
#include <cstring>

namespace kenal::base {
namespace {

constexpr int kNumberSizeMax = 10;  // 64 bits in groups of seven

}  // namespace

void Encoder::Number(uint64_t value) {
  char bytes[kNumberSizeMax];
  size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out_.append(bytes, size);
}

void Encoder::Signed(int64_t value) {
  const uint64_t bits = static_cast<uint64_t>(value);
  Number((bits << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void Encoder::Bytes(std::string_view bytes) {
  Number(bytes.size());
  out_.append(bytes);
}

void Encoder::Raw(std::span<const uint8_t> bytes) {
  out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Encoder::Fixed64(uint64_t value) {
  char bytes[sizeof value];
  for (size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<char>(value >> (8 * (sizeof value - 1 - i)));
  }
  out_.append(bytes, sizeof bytes);
}

std::string_view Decoder::Take(size_t size) {
  if (failed_ || size > in_.size()) {
    failed_ = true;
    return {};
  }
  const std::string_view taken = in_.substr(0, size);
  in_.remove_prefix(size);
  return taken;
}

uint8_t Decoder::Byte() {
  const std::string_view taken = Take(1);
  return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
}

uint64_t Decoder::Number(uint64_t most) {
  uint64_t value = 0;
  for (int i = 0; i < kNumberSizeMax; ++i) {
    const uint64_t byte = Byte();
    if (failed_) return 0;
    if (i == kNumberSizeMax - 1 && byte > 1) break;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if ((byte == 0 && i > 0) || value > most) break;
      return value;
    }
  }
  failed_ = true;
  return 0;
}

int64_t Decoder::Signed() {
  const uint64_t bits = Number();
  return static_cast<int64_t>((bits >> 1) ^ ((bits & 1) ? UINT64_MAX : 0));
}

std::string_view Decoder::Bytes(size_t size_max) {
  return Take(Number(size_max));
}

void Decoder::Raw(std::span<uint8_t> out) {
  const std::string_view taken = Take(out.size());
  if (taken.size() == out.size()) {
    std::copy(taken.begin(), taken.end(), out.begin());
  }
}

uint64_t Decoder::Fixed64() {
  uint64_t value = 0;
  for (const char byte : Take(sizeof value)) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

Status Decoder::Finish(std::string_view what) const {
  if (!failed_ && in_.empty()) return OkStatus();
  return DataLoss(std::string(what) + " does not decode; run `kenal verify`");
}

}  // namespace kenal::base
