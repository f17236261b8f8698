#include "tools/kenal/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "src/base/file.h"
#include "src/base/write_all.h"
#include "src/exchange/text.h"

namespace kenal::cli {
namespace {

constexpr size_t kPendingBytesMax = 64 * 1024;
constexpr size_t kColumnsUnknown = 80;
// Narrower terminals wrap: tables need this much.
constexpr size_t kColumnsMin = 40;
constexpr std::string_view kEraseLine = "\r\x1B[K";

size_t TerminalColumns() {
  winsize size{};
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      return std::max<size_t>(size.ws_col, kColumnsMin);
    }
  }
  return kColumnsUnknown;
}

bool WantsColour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

// There is nowhere left to report that stderr is gone.
void WriteError(std::string_view bytes) {
  static_cast<void>(base::WriteAll(STDERR_FILENO, bytes));
}

Status OutputFailure(int error_number) {
  if (error_number == EPIPE) {
    return absl::CancelledError("the reader of standard output is gone");
  }
  return ResourceExhausted(
      base::WithErrno("standard output cannot be written", error_number) +
      "; make room or send it elsewhere, and run this again");
}

}  // namespace

Console::Console()
    : output_is_terminal_(isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(isatty(STDERR_FILENO) == 1),
      output_has_colour_(output_is_terminal_ && WantsColour()),
      columns_(TerminalColumns()) {}

Status Console::Put(std::string_view line) {
  const base::MutexLock lock(mutex_);
  pending_ += line;
  pending_ += '\n';
  return pending_.size() < kPendingBytesMax ? failure_ : FlushLocked();
}

Status Console::Flush() {
  const base::MutexLock lock(mutex_);
  return FlushLocked();
}

Status Console::PutNow(std::string_view line) {
  KENAL_TRY(Put(line));
  return Flush();
}

Status Console::FlushLocked() {
  if (!failure_.ok() || pending_.empty()) return failure_;
  HideLive();
  if (!base::WriteAll(STDOUT_FILENO, pending_)) failure_ = OutputFailure(errno);
  pending_.clear();
  return failure_;
}

void Console::Say(std::string_view message) {
  const base::MutexLock lock(mutex_);
  // What was put earlier comes first where both end up in one place.
  static_cast<void>(FlushLocked());
  HideLive();
  WriteError("kenal: " + exchange::ForDisplay(message) + "\n");
}

void Console::Note(std::string_view message) {
  if (!quiet_) Say(message);
}

void Console::ShowLive(std::string_view text) {
  const base::MutexLock lock(mutex_);
  if (text.empty()) return HideLive();
  live_ = exchange::DisplayPrefix(text, columns_ - 1);
  WriteError(std::string(kEraseLine) + live_);
}

void Console::HideLive() {
  if (live_.empty()) return;
  live_.clear();
  WriteError(kEraseLine);
}

bool Console::reader_gone() const {
  const base::MutexLock lock(mutex_);
  return absl::IsCancelled(failure_);
}

}  // namespace kenal::cli
