// A worker taken over by its container, in the way that KENAL_FAKE_WAY says:
// what the parent must survive.
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "src/container/protocol.h"
#include "src/sandbox/hello.h"
#include "src/sandbox/lock.h"
#include "src/sandbox/process.h"

namespace kenal::container {
namespace {

enum Way {
  kNotLocked,     // says that its self-test found a hole
  kChatter,       // answers an order to open with content
  kNonsense,      // answers with bytes that are no message
  kTooLong,       // answers with more than a packet holds
  kSilentDeath,   // ends without a word
  kSpinning,      // burns CPU
  kSleeping,      // waits for ever
  kAliveForEver,  // burns CPU and says that it is alive
};

constexpr int kSocket = sandbox::kWorkerSocket;

void Send(std::span<const uint8_t> message) {
  (void)!send(kSocket, message.data(), message.size(), MSG_NOSIGNAL);
}

void AnswerOrder() {
  AnswerWriter writer;
  switch (KENAL_FAKE_WAY) {
    case kChatter:
      Send(writer.Data(std::vector<uint8_t>(100)));
      break;
    case kNonsense:
      Send(std::vector<uint8_t>(100, 1));
      break;
    case kTooLong: {
      std::vector<uint8_t> message(kPacketBytesMax + 1);
      const std::span<const uint8_t> head = writer.End(Reason::kNone);
      std::copy(head.begin(), head.end(), message.begin());
      Send(message);
      break;
    }
    case kSilentDeath:
      _exit(0);
    case kSpinning:
      for (volatile bool is_on = true; is_on;) {
      }
      break;
    case kAliveForEver:
      for (;;) Send(writer.Alive());
    default:
      break;
  }
  for (;;) pause();
}

}  // namespace
}  // namespace kenal::container

int main() {
  using namespace kenal::container;
  kenal::sandbox::Hello hello;
  if (KENAL_FAKE_WAY == kNotLocked) {
    hello.failed_step =
        static_cast<uint32_t>(kenal::sandbox::LockStep::kTestSocket);
  }
  Send(kenal::sandbox::Encode(hello, kMark));
  std::vector<uint8_t> message(kPacketBytesMax);
  if (recv(kSocket, message.data(), message.size(), 0) > 0) AnswerOrder();
  return 0;
}
