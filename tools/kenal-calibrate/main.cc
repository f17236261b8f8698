// Started by `kenal calibrate`; decodes pictures, makes altered copies of them
// and hashes these, all behind the decoder's lock.
//
// To the one who starts it, it is a decoder's worker (src/decode/protocol.h)
// whose input is an order (tools/kenal/calibrate_order.h) rather than a file.
// Pixels are never written anywhere.
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cstdio>
#include <new>
#include <opencv2/core.hpp>

#include "src/decode/decoder_lock.h"
#include "src/decode/limits.h"
#include "src/decode/protocol.h"
#include "tools/kenal-calibrate/copies.h"
#include "tools/kenal-calibrate/pixels.h"

// A locked process cannot look for leaks; used by sanitizer builds only.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace kenal::calibrate {
namespace {

enum ExitCode { kDone = 0, kNotFromKenal = 2, kNotLocked = 3, kBadRequest = 4 };

using decode::Reason;

bool HasDescriptors() {
  int type = 0;
  socklen_t size = sizeof type;
  struct stat input;
  return getsockopt(decode::kWorkerSocket, SOL_SOCKET, SO_TYPE, &type, &size) ==
             0 &&
         type == SOCK_SEQPACKET && fstat(decode::kWorkerInput, &input) == 0 &&
         S_ISREG(input.st_mode);
}

bool Send(std::span<const uint8_t> message) {
  return send(decode::kWorkerSocket, message.data(), message.size(),
              MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

// Ends the process when it has used this much CPU; 0 takes the timer off.
void SetCpuTimer(int64_t cpu_ms) {
  itimerval timer{};
  timer.it_value.tv_sec = cpu_ms / 1000;
  timer.it_value.tv_usec = cpu_ms % 1000 * 1000;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

decode::Outcome Failed(Reason reason) {
  decode::Outcome outcome;
  outcome.reason = reason;
  return outcome;
}

// The input as the parent wrote it, for the time of one order.
class Input {
 public:
  explicit Input(size_t size_bytes)
      : size_bytes_(size_bytes),
        at_(mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE,
                 decode::kWorkerInput, 0)) {}
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

// Keeps the pixels of one picture from order to order.
class Copier {
 public:
  decode::Outcome Answer(const decode::Request& request) {
    const Input input(request.size_bytes);
    if (!input.is_mapped()) return Failed(Reason::kOutOfMemory);
    cli::CopyOrder order;
    if (!cli::ParseOrder(input.bytes(), order)) return Failed(Reason::kEmpty);
    try {
      return Copy(order, input.bytes().subspan(cli::kOrderBytes), request.work);
    } catch (const std::bad_alloc&) {
      return Failed(Reason::kOutOfMemory);
    } catch (const std::exception&) {  // OpenCV reports everything this way.
      return Failed(Reason::kDamaged);
    }
  }

 private:
  decode::Outcome Copy(const cli::CopyOrder& order,
                       std::span<const uint8_t> file,
                       const decode::DecodeWork& work) {
    if (!file.empty()) {
      picture_.release();
      const Reason reason = ReadPixels(file, cli::kCopySideMax, picture_);
      if (reason != Reason::kNone) return Failed(reason);
    }
    if (picture_.empty()) return Failed(Reason::kEmpty);
    return HashCopy(picture_, order, work);
  }

  cv::Mat picture_;
};

int AnswerOrders() {
  Copier copier;
  decode::RequestMessage message;
  for (;;) {
    const ssize_t got =
        recv(decode::kWorkerSocket, message.data(), message.size(), MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return kDone;
    if (got > static_cast<ssize_t>(message.size())) return kBadRequest;
    const StatusOr<decode::Request> request =
        decode::ParseRequest({message.data(), static_cast<size_t>(got)});
    if (!request.ok()) return kBadRequest;
    SetCpuTimer(decode::kWorkerCpuMs);
    const decode::Outcome outcome = copier.Answer(*request);
    SetCpuTimer(0);
    if (!Send(Encode(request->id, outcome))) return kDone;
  }
}

int Run() {
  if (!HasDescriptors()) {
    std::fputs(
        "kenal-calibrate is started by Kenal itself; run `kenal calibrate DIR` "
        "instead\n",
        stderr);
    return kNotFromKenal;
  }
  cv::setNumThreads(1);
  mallopt(M_ARENA_MAX, 1);  // An arena a thread is address space for nothing.
  const decode::Hello hello = sandbox::Lock(decode::kDecoderLock);
  if (!Send(decode::Encode(hello))) return kDone;
  if (hello.failed_step != 0) return kNotLocked;
  return AnswerOrders();
}

}  // namespace
}  // namespace kenal::calibrate

int main() { return kenal::calibrate::Run(); }
