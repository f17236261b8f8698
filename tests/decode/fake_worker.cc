// A worker taken over by its input, in the way that KENAL_FAKE_WAY says:
// what the parent must survive.
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "src/decode/limits.h"
#include "src/decode/protocol.h"
#include "src/sandbox/lock.h"

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
  // Answers with a view
  kNotAsked,      // that was not asked for
  kOutOfOrder,    // after one that comes later
  kOutside,       // whose region is not in the picture
  kMarrNotAsked,  // with a second opinion, unasked
  kMarrMissing,   // without the second opinion that was asked for
};

void Send(std::span<const uint8_t> message) {
  (void)!send(kWorkerSocket, message.data(), message.size(), MSG_NOSIGNAL);
}

PdqView ViewOf(View name, const DecodeWork& work) {
  PdqView view{.view = name, .quality = 100};
  view.dihedral.emplace();
  if (work.second_opinion) view.marr.emplace();
  if (!kWholeViews.Contains(name)) view.region = Region{1, 1, 6, 6};
  return view;
}

// All that was asked for.
Outcome Success(const DecodeWork& work) {
  Outcome outcome;
  outcome.kind = Kind::kPng;
  outcome.width = 8;
  outcome.height = 8;
  outcome.views.push_back(ViewOf(View::kStored, work));
  for (int i = 2; i < kViewCount; ++i) {
    const View name{static_cast<uint8_t>(i)};
    if (work.views.Contains(name)) outcome.views.push_back(ViewOf(name, work));
  }
  return outcome;
}

void Answer(const Request& request) {
  const uint64_t id = request.id;
  Outcome outcome = Success(request.work);
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
    case kNotAsked:
      outcome.views.push_back(ViewOf(View::kAspect16x9, request.work));
      break;
    case kOutOfOrder:
      if (outcome.views.size() > 2) {
        std::swap(outcome.views[1], outcome.views[2]);
      }
      break;
    case kOutside:
      outcome.views.back().region = Region{1, 1, 8, 6};
      break;
    case kMarrNotAsked:
    case kMarrMissing:
      for (PdqView& view : outcome.views) {
        view.marr.reset();
        if (KENAL_FAKE_WAY == kMarrNotAsked) view.marr.emplace();
      }
      break;
    default:
      Send(Encode(id, outcome));
      Send(Encode(id + 1, outcome));
      return;
  }
  Send(Encode(id, outcome));
}

}  // namespace
}  // namespace kenal::decode

int main() {
  using namespace kenal::decode;
  Hello hello;
  if (KENAL_FAKE_WAY == kNotLocked) {
    hello.failed_step =
        static_cast<uint32_t>(kenal::sandbox::LockStep::kTestSocket);
  }
  HelloMessage greeting = Encode(hello);
  if (KENAL_FAKE_WAY == kOtherVersion) ++greeting[0];
  Send(greeting);
  RequestMessage message;
  while (recv(kWorkerSocket, message.data(), message.size(), 0) ==
         static_cast<ssize_t>(message.size())) {
    Answer(*ParseRequest(message));
  }
  return 0;
}
