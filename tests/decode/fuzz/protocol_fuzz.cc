// What a worker that was taken over can send: no crash, and whatever is
// accepted is byte for byte what an honest worker would have sent.
#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/decode/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::decode;
  std::span<const uint8_t> message(data, size);
  auto equals = [&message](const auto& encoded) {
    return std::equal(encoded.begin(), encoded.end(), message.begin(),
                      message.end());
  };
  if (auto hello = ParseHello(message); hello.ok()) {
    KENAL_CHECK(equals(Encode(*hello)));
  }
  if (auto request = ParseRequest(message); request.ok()) {
    KENAL_CHECK(equals(Encode(*request)));
  }
  uint64_t id = 0;
  if (size >= 16) std::memcpy(&id, data + 8, sizeof id);
  const DecodeWork work = {
      kenal::ViewSet::FromBits((1u << kenal::kViewCount) - 1).value(),
      size > 8 && (data[8] & 1) != 0};
  if (auto outcome = ParseResponse(message, id, work); outcome.ok()) {
    KENAL_CHECK(equals(Encode(id, *outcome)));
    Decoded decoded = ToDecoded(*outcome);
    KENAL_CHECK(decoded.views.empty() == decoded.failure.has_value());
  }
  return 0;
}
