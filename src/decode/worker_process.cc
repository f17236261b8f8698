#include "src/decode/worker_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "src/base/file.h"
#include "src/decode/protocol.h"

namespace kenal::decode {
namespace {

// How often the CPU time of a busy worker is looked at.
constexpr int kLookMs = 100;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

StatusOr<sandbox::Descriptor> NewInput() {
  sandbox::Descriptor input(memfd_create("kenal-picture", MFD_CLOEXEC));
  if (input.is_open()) return input;
  return Unavailable(base::WithErrno("decoder: no memory file", errno));
}

std::string Seconds(int64_t milliseconds) {
  return absl::StrCat((milliseconds + 500) / 1000, " s");
}

SignalFailure CpuTimedOut() {
  return {"timed_out", absl::StrCat("decoding took more than ",
                                    Seconds(kFileCpuMs), " of CPU time")};
}

}  // namespace

StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Launch(
    const std::string& decoder_path) {
  KENAL_TRY_ASSIGN(sandbox::Descriptor input, NewInput());
  // OpenCV brings OpenBLAS, which would start a thread a core, each with
  // tens of megabytes of address space, for algebra that nobody asks for.
  const sandbox::Program program{.name = "kenal-decoder",
                                 .path = decoder_path,
                                 .mark = kMark,
                                 .environment = {"OPENBLAS_NUM_THREADS=1"}};
  const int inherited[] = {input.number()};
  KENAL_TRY_ASSIGN(std::unique_ptr<sandbox::Process> process,
                   sandbox::Process::Launch(program, inherited));
  return std::unique_ptr<WorkerProcess>(
      new WorkerProcess(std::move(process), std::move(input)));
}

bool WorkerProcess::WriteInput(std::span<const uint8_t> bytes) {
  if (ftruncate(input_.number(), 0) != 0) return false;
  while (!bytes.empty()) {
    ssize_t put = write(input_.number(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

WorkerProcess::Result WorkerProcess::Decode(std::span<const uint8_t> bytes,
                                            const DecodeWork& work,
                                            const FileLimits& limits) {
  Result result;
  if (!IsAlive()) {
    result.was_dead_before = true;
    return result;
  }
  uint64_t id = next_id_++;
  ++file_count_;
  if (lseek(input_.number(), 0, SEEK_SET) != 0 || !WriteInput(bytes)) {
    result.failure = SignalFailure{
        "decoder_died", base::WithErrno("no memory to pass the file", errno)};
    process_->End();
    return result;
  }
  RequestMessage request =
      Encode(Request{.id = id, .size_bytes = bytes.size(), .work = work});
  if (send(process_->socket(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    result.was_dead_before = true;
    process_->End();
    return result;
  }
  result = AwaitResponse(id, work, limits);
  if (ftruncate(input_.number(), 0) != 0)
    process_->End();  // The file is let go.
  return result;
}

WorkerProcess::Result WorkerProcess::AwaitResponse(uint64_t id,
                                                   const DecodeWork& work,
                                                   const FileLimits& limits) {
  Result result;
  int64_t cpu_end_ms = process_->CpuMs() + limits.cpu_ms;
  int64_t wall_end_ms = NowMs() + limits.wall_ms;
  for (;;) {
    pollfd ready{process_->socket(), POLLIN, 0};
    int count = poll(&ready, 1, kLookMs);
    if (count > 0) break;
    if (process_->CpuMs() > cpu_end_ms) {
      process_->End();
      result.failure = CpuTimedOut();
      return result;
    }
    if (NowMs() > wall_end_ms) {
      process_->End();
      result.failure = SignalFailure{
          "timed_out",
          absl::StrCat("decoding took longer than ", Seconds(limits.wall_ms))};
      return result;
    }
  }
  ResponseMessage message;
  ssize_t got = recv(process_->socket(), message.data(), message.size(),
                     MSG_TRUNC | MSG_DONTWAIT);
  if (got <= 0) {
    result.failure = EndAndExplain();
    return result;
  }
  size_t size = std::min(static_cast<size_t>(got), message.size());
  StatusOr<Outcome> outcome =
      got > static_cast<ssize_t>(message.size())
          ? InvalidArgument("decoder's answer is too long")
          : ParseResponse({message.data(), size}, id, work);
  if (outcome.ok()) {
    result.outcome = *std::move(outcome);
  } else {
    process_->End();
    result.failure =
        SignalFailure{"decoder_died", std::string(outcome.status().message())};
  }
  return result;
}

SignalFailure WorkerProcess::EndAndExplain() {
  int status = process_->End();
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    if (number == SIGPROF || number == SIGXCPU) return CpuTimedOut();
  }
  return {"decoder_died", "the decoder " + sandbox::EndInWords(status)};
}

}  // namespace kenal::decode
