// A worker taken over by its input, in the way that KENAL_FAKE_WAY says:
// what the parent must survive.
#include <sys/socket.h>
#include <unistd.h>

#include "src/decode/limits.h"
#include "src/decode/protocol.h"
#include "src/decode/sandbox.h"

namespace kenal::decode {
namespace {

enum Way {
  kNotLocked,      // says that its self-test found a hole
  kOtherVersion,   // greets with another mark
  kSilent,         // takes the file and sleeps
  kSpinning,       // takes the file and burns CPU, its timer off
  kWrongId,        // answers the request before
  kTooLong,        // answers with more than an answer
  kContradiction,  // success without views
  kChatty,         // sends an answer that nobody asked for
};

void Send(std::span<const uint8_t> message) {
  (void)!send(kWorkerSocket, message.data(), message.size(), MSG_NOSIGNAL);
}

Outcome Success() {
  Outcome outcome;
  outcome.kind = Kind::kPng;
  outcome.width = 8;
  outcome.height = 8;
  PdqView view;
  view.quality = 100;
  view.dihedral.emplace();
  outcome.views.push_back(view);
  return outcome;
}

void Answer(uint64_t id) {
  Outcome outcome = Success();
  switch (KENAL_FAKE_WAY) {
    case kSilent:
      for (;;) pause();
    case kSpinning:
      for (volatile bool is_on = true; is_on;) {
      }
      return;
    case kWrongId:
      Send(Encode(id + 1, outcome));
      return;
    case kTooLong: {
      std::array<uint8_t, kResponseBytes + 1> message{};
      Send(message);
      return;
    }
    case kContradiction:
      outcome.views.clear();
      Send(Encode(id, outcome));
      return;
    default:
      Send(Encode(id, outcome));
      Send(Encode(id + 1, outcome));
  }
}

}  // namespace
}  // namespace kenal::decode

int main() {
  using namespace kenal::decode;
  Hello hello;
  if (KENAL_FAKE_WAY == kNotLocked) {
    hello.failed_step = static_cast<uint32_t>(LockStep::kTestSocket);
  }
  HelloMessage greeting = Encode(hello);
  if (KENAL_FAKE_WAY == kOtherVersion) ++greeting[0];
  Send(greeting);
  RequestMessage message;
  while (recv(kWorkerSocket, message.data(), message.size(), 0) ==
         static_cast<ssize_t>(message.size())) {
    Answer(ParseRequest(message)->id);
  }
  return 0;
}
