#include "src/sandbox/hello.h"

#include <string>

namespace kenal::sandbox {
namespace {

constexpr uint64_t kFailedStepMax = 255;

void Put(uint64_t value, std::span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(value >> (8 * i));
  }
}

uint64_t Get(std::span<const uint8_t> in) {
  uint64_t value = 0;
  for (size_t i = 0; i < in.size(); ++i) value |= uint64_t{in[i]} << (8 * i);
  return value;
}

}  // namespace

HelloMessage Encode(const Hello& hello, uint64_t mark) {
  HelloMessage message{};
  const std::span<uint8_t> out(message);
  Put(mark, out.first(8));
  Put(hello.failed_step, out.subspan(8, 4));
  Put(hello.error_number, out.subspan(12, 4));
  return message;
}

StatusOr<Hello> ParseHello(std::span<const uint8_t> message, uint64_t mark,
                           std::string_view who) {
  const std::string name(who);
  if (message.size() != kHelloBytes) {
    return InvalidArgument(name + "'s greeting has the wrong length");
  }
  if (Get(message.first(8)) != mark) {
    return InvalidArgument(name + " is of another version; build it again");
  }
  const uint64_t failed_step = Get(message.subspan(8, 4));
  if (failed_step > kFailedStepMax) {
    return InvalidArgument(name + "'s greeting cannot be");
  }
  return Hello{static_cast<uint32_t>(failed_step),
               static_cast<uint32_t>(Get(message.subspan(12, 4)))};
}

}  // namespace kenal::sandbox
