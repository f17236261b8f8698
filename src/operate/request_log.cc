#include "src/operate/request_log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/digest.h"
#include "src/base/mutex.h"
#include "src/exchange/json_writer.h"
#include "src/operate/log_file.h"

namespace kenal::operate {
namespace {

using exchange::JsonWriter;
using identity::Method;

constexpr size_t kTextBytesMax = 512;
// No digest is written as shortly, in hex or base64.
constexpr size_t kWordBytesMax = 21;
constexpr std::chrono::seconds kLastWordsMax{3};

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info",
                                                         "warning", "error"};

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' ||
         c == '_' || c == '-';
}

std::string_view Cut(std::string_view text) {
  return text.substr(0, kTextBytesMax);
}

// `text` without words long enough to be a hash: a caller may have sent one
// where a name belongs.
std::string WithoutHashes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto stop = std::find_if_not(text.begin(), text.end(), IsWordByte);
    const auto size = static_cast<size_t>(stop - text.begin());
    if (size > kWordBytesMax) {
      out += "(a word of " + std::to_string(size) + " bytes)";
    } else {
      out += text.substr(0, size);
    }
    if (size < text.size()) out += text[size];
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return out;
}

bool IsOurFault(StatusCode code) {
  return code == StatusCode::kInternal || code == StatusCode::kDataLoss ||
         code == StatusCode::kUnknown;
}

bool Changes(std::optional<Method> method) {
  if (!method.has_value()) return false;
  switch (*method) {
    case Method::kCreateList:
    case Method::kSetListPolicy:
    case Method::kAddEntries:
    case Method::kImportEntries:
    case Method::kSetEntryState:
    case Method::kSetNearActionLabel:
      return true;
    default:
      return false;
  }
}

// "2026-11-21T21:30:00.123Z"
std::string TimeText(int64_t unix_ms) {
  std::string text = base::FormatUtc(unix_ms);
  const auto ms = std::to_string(1000 + (unix_ms % 1000 + 1000) % 1000);
  text.insert(text.size() - 1, "." + ms.substr(1));
  return text;
}

JsonWriter Begin(LogLevel level) {
  JsonWriter json;
  json.BeginObject()
      .Field("time", TimeText(base::NowUnixMs()))
      .Field("level", LogLevelName(level));
  return json;
}

int64_t Microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string LineOf(const RequestLine& line, LogLevel level) {
  const StatusCode code = line.status.code();
  JsonWriter json = Begin(level);
  json.Field("event", "request")
      .Field("request_id", Cut(line.request_id))
      .Field("caller", Cut(line.caller))
      .Field("transport", Cut(line.transport))
      .Field("method", line.method ? RowOf(*line.method).name : "")
      .Field("class", WorkClassName(line.work))
      .Field("code", absl::StatusCodeToString(code))
      .Field("items", line.items)
      .Field("hits", line.hits)
      .Field("shadow_hits", line.shadow_hits);
  if (line.verdict.has_value()) {
    json.Field("verdict", VerdictName(*line.verdict));
  }
  json.Field("sequence", line.sequence)
      .Field("queued_us", Microseconds(line.queued))
      .Field("took_us", Microseconds(line.took));
  if (!line.status.ok()) {
    const std::string_view message(line.status.message().data(),
                                   line.status.message().size());
    json.Field("message", WithoutHashes(Cut(message)));
  }
  json.EndObject();
  return json.Finish() + "\n";
}

std::string LineOf(LogLevel level, std::string_view name,
                   std::span<const RequestLog::Field> fields) {
  JsonWriter json = Begin(level);
  json.Field("event", Cut(name));
  for (const auto& [key, value] : fields) json.Field(key, Cut(value));
  json.EndObject();
  return json.Finish() + "\n";
}

// At most so many a second; the others are counted. Thread-safe.
class Allowance {
 public:
  Allowance(std::string_view what, uint64_t per_second)
      : what_(what), per_second_(per_second) {}

  // `left_out`: how many were in the seconds before, when this is the first
  // that is allowed after them.
  bool Take(int64_t now_ms, uint64_t& left_out) {
    const base::MutexLock lock(mutex_);
    const int64_t second = now_ms / 1000;
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ == per_second_) {
      ++left_out_;
      return false;
    }
    ++taken_;
    left_out = std::exchange(left_out_, 0);
    return true;
  }
  uint64_t TakeLeftOut() {
    const base::MutexLock lock(mutex_);
    return std::exchange(left_out_, 0);
  }
  std::string_view what() const { return what_; }

 private:
  const std::string_view what_;
  const uint64_t per_second_;
  base::Mutex mutex_;
  int64_t second_ KENAL_GUARDED_BY(mutex_) = -1;
  uint64_t taken_ KENAL_GUARDED_BY(mutex_) = 0;
  uint64_t left_out_ KENAL_GUARDED_BY(mutex_) = 0;
};

class RequestLogImpl : public RequestLog {
 public:
  RequestLogImpl(RequestLogOptions options, LogFile file)
      : options_(std::move(options)),
        file_(std::move(file)),
        writer_([this] { WriteLines(); }) {}

  ~RequestLogImpl() override {
    SayLeftOut(hits_, hits_.TakeLeftOut());
    SayLeftOut(failures_, failures_.TakeLeftOut());
    {
      const base::MutexLock lock(mutex_);
      closing_ = true;
    }
    give_up_at_ns_ = (std::chrono::steady_clock::now() + kLastWordsMax)
                         .time_since_epoch()
                         .count();
    changed_.NotifyAll();
    writer_.join();
  }

  void Request(const RequestLine& line) override {
    LogLevel level = LogLevel::kDebug;
    if (IsOurFault(line.status.code())) {
      level = LogLevel::kError;
    } else if (!line.status.ok() || line.hits > 0 || Changes(line.method)) {
      level = LogLevel::kInfo;
    }
    if (level < options_.level || !IsAllowed(line)) return;
    Append(LineOf(line, level));
  }

  void Event(LogLevel level, std::string_view name,
             std::span<const Field> fields) override {
    if (level < options_.level) return;
    Append(LineOf(level, name, fields));
  }

  Status Reopen() override {
    if (options_.path.empty()) return OkStatus();
    KENAL_TRY_ASSIGN(LogFile file, LogFile::Open(options_.path));
    const base::MutexLock lock(mutex_);
    next_file_ = std::move(file);
    return OkStatus();
  }

  uint64_t dropped() const override { return dropped_; }

 private:
  // At debug nothing is left out, nor are changes ever.
  bool IsAllowed(const RequestLine& line) {
    if (options_.level == LogLevel::kDebug) return true;
    if (line.status.ok() && Changes(line.method)) return true;
    Allowance& allowance = line.status.ok() ? hits_ : failures_;
    uint64_t left_out = 0;
    const bool allowed = allowance.Take(base::NowUnixMs(), left_out);
    SayLeftOut(allowance, left_out);
    return allowed;
  }

  void SayLeftOut(const Allowance& allowance, uint64_t count) {
    if (count == 0) return;
    const std::string text = std::to_string(count);
    const Field fields[] = {{"of", allowance.what()}, {"count", text}};
    Append(LineOf(LogLevel::kInfo, "lines_left_out", fields));
  }

  void Append(std::string line) KENAL_EXCLUDES(mutex_) {
    {
      const base::MutexLock lock(mutex_);
      if (lines_.size() == kLinesMax) {
        lines_.pop_front();
        ++dropped_;
      }
      lines_.push_back(std::move(line));
      if (lines_.size() > 1) return;  // the writer knows
    }
    changed_.NotifyOne();
  }

  void WriteLines();
  bool GiveUp() const {
    const int64_t at_ns = give_up_at_ns_;
    return at_ns != 0 &&
           std::chrono::steady_clock::now().time_since_epoch().count() > at_ns;
  }

  const RequestLogOptions options_;
  Allowance hits_{"hits", kHitLinesPerSecond};
  Allowance failures_{"failures", kFailureLinesPerSecond};
  std::atomic<uint64_t> dropped_{0};
  std::atomic<int64_t> give_up_at_ns_{0};
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::string> lines_ KENAL_GUARDED_BY(mutex_);
  std::optional<LogFile> next_file_ KENAL_GUARDED_BY(mutex_);
  bool closing_ KENAL_GUARDED_BY(mutex_) = false;
  LogFile file_;  // the writer's
  std::thread writer_;
};

void RequestLogImpl::WriteLines() {
  // Few enough that what waits can be dropped while these are written.
  constexpr size_t kAtOnce = 256;
  std::vector<std::string> taken;
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      changed_.Wait(mutex_, [this] { return closing_ || !lines_.empty(); });
      if (lines_.empty()) return;
      const size_t count = std::min(lines_.size(), kAtOnce);
      taken.clear();
      for (size_t i = 0; i < count; ++i) {
        taken.push_back(std::move(lines_.front()));
        lines_.pop_front();
      }
      if (next_file_.has_value()) {
        file_ = *std::move(next_file_);
        next_file_.reset();
      }
    }
    const size_t written = file_.Write(taken, [this] { return GiveUp(); });
    dropped_ += taken.size() - written;
    if (written == taken.size() || !GiveUp()) continue;
    const base::MutexLock lock(mutex_);
    dropped_ += lines_.size();
    return;
  }
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return InvalidArgument("the log level must be debug, info, warning or error");
}

StatusOr<std::unique_ptr<RequestLog>> RequestLog::Open(
    const RequestLogOptions& options) {
  KENAL_TRY_ASSIGN(LogFile file, LogFile::Open(options.path));
  return std::make_unique<RequestLogImpl>(options, std::move(file));
}

std::string MakeRequestId() {
  static const uint64_t kStart = [] {
    std::array<uint8_t, sizeof(uint64_t)> bytes;
    base::RandomBytes(bytes);
    uint64_t value = 0;
    for (const uint8_t byte : bytes) value = value << 8 | byte;
    return value;
  }();
  static std::atomic<uint64_t> count{0};
  // splitmix64: one to one, so that no id comes twice from one process.
  uint64_t bits = kStart + 0x9E3779B97F4A7C15 * ++count;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
  bits ^= bits >> 31;
  std::string id(16, '0');
  for (size_t i = id.size(); i-- > 0; bits >>= 4) {
    id[i] = "0123456789abcdef"[bits & 15];
  }
  return id;
}

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace kenal::operate
