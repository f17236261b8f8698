#include "src/decode/worker.h"

#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cstdio>
#include <opencv2/core/utility.hpp>

#include "src/decode/codecs.h"
#include "src/decode/decoder_lock.h"
#include "src/decode/limits.h"
#include "src/decode/protocol.h"

namespace kenal::decode {
namespace {

enum ExitCode { kDone = 0, kNotFromPool = 2, kNotLocked = 3, kBadRequest = 4 };

// Freed and new memory is overwritten with this, so that neither pixels of
// the last picture nor anything else can show through a codec that reads
// what it never wrote.
constexpr int kPerturbByte = 0x5A;

bool HasPoolsDescriptors() {
  int type = 0;
  socklen_t size = sizeof type;
  struct stat input;
  return getsockopt(kWorkerSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET && fstat(kWorkerInput, &input) == 0 &&
         S_ISREG(input.st_mode);
}

bool Send(std::span<const uint8_t> message) {
  return send(kWorkerSocket, message.data(), message.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

// Ends the process when it has used this much CPU; 0 takes the timer off.
// The process cannot catch the signal: it may set no handler.
void SetCpuTimer(int64_t cpu_ms) {
  itimerval timer{};
  timer.it_value.tv_sec = cpu_ms / 1000;
  timer.it_value.tv_usec = cpu_ms % 1000 * 1000;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

// The input as the parent wrote it, for the time of one picture.
class Input {
 public:
  explicit Input(size_t size_bytes)
      : size_bytes_(size_bytes),
        at_(mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE,
                 kWorkerInput, 0)) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    if (at_ != MAP_FAILED) munmap(at_, size_bytes_);
  }
  bool is_mapped() const { return at_ != MAP_FAILED; }
  std::span<const uint8_t> bytes() const {
    return {static_cast<const uint8_t*>(at_), size_bytes_};
  }

 private:
  size_t size_bytes_;
  void* at_;
};

Outcome DecodeInput(const Request& request) {
  Input input(request.size_bytes);
  if (!input.is_mapped()) {
    Outcome outcome;
    outcome.reason = Reason::kOutOfMemory;
    return outcome;
  }
  return DecodeBytes(input.bytes(), request.work);
}

int AnswerRequests() {
  RequestMessage message;
  for (;;) {
    // MSG_TRUNC gives the true length of a message that is too long.
    ssize_t got =
        recv(kWorkerSocket, message.data(), message.size(), MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return kDone;
    if (got > static_cast<ssize_t>(message.size())) return kBadRequest;
    StatusOr<Request> request =
        ParseRequest({message.data(), static_cast<size_t>(got)});
    if (!request.ok()) return kBadRequest;
    SetCpuTimer(kWorkerCpuMs);
    Outcome outcome = DecodeInput(*request);
    SetCpuTimer(0);
    if (!Send(Encode(request->id, outcome))) return kDone;
  }
}

}  // namespace

int RunWorker() {
  if (!HasPoolsDescriptors()) {
    std::fputs(
        "kenal-decoder is started by Kenal itself, with a socket and the "
        "picture; run `kenal hash FILE` instead\n",
        stderr);
    return kNotFromPool;
  }
  cv::setNumThreads(1);
  mallopt(M_PERTURB, kPerturbByte);
  mallopt(M_ARENA_MAX, 1);  // An arena a thread is address space for nothing.
  Hello hello = sandbox::Lock(kDecoderLock);
  if (!Send(Encode(hello))) return kDone;
  if (hello.failed_step != 0) return kNotLocked;
  return AnswerRequests();
}

}  // namespace kenal::decode
