// What an opener that was taken over can send: no crash, and what is accepted
// is byte for byte what an honest one would have sent.
#include <algorithm>

#include "src/base/check.h"
#include "src/container/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::container;
  const std::span<const uint8_t> message(data, size);
  const auto equals = [&message](std::span<const uint8_t> encoded) {
    return std::ranges::equal(encoded, message);
  };
  const auto order = ParseOrder(message);
  if (order.ok()) {
    // What lies behind the fields is not looked at.
    const OrderMessage again = Encode(*order);
    KENAL_CHECK(ParseOrder(again).ok());
  }
  if (const auto sizes = ParseSegments(message); sizes.ok()) {
    KENAL_CHECK(equals(EncodeSegments(*sizes)));
  }
  const auto answer = ParseAnswer(message, 3);
  if (!answer.ok()) return 0;
  AnswerWriter writer;
  switch (answer->type) {
    case AnswerType::kAlive:
      KENAL_CHECK(equals(writer.Alive()));
      break;
    case AnswerType::kOpened:
      KENAL_CHECK(equals(writer.Describe(answer->opened)));
      break;
    case AnswerType::kEntries:
      writer.BeginEntries();
      for (const Entry& entry : answer->entries) {
        KENAL_CHECK(writer.Add(entry));
      }
      KENAL_CHECK(equals(writer.EndEntries()));
      break;
    case AnswerType::kData:
      KENAL_CHECK(equals(writer.Data(answer->data)));
      break;
    case AnswerType::kEnd:
      KENAL_CHECK(equals(writer.End(answer->reason)));
      break;
  }
  return 0;
}
