#include "src/custody/log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "src/base/check.h"
#include "src/base/clock.h"
#include "src/base/file.h"
#include "src/custody/format.h"
#include "src/custody/line_scan.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"

namespace kenal::custody {
namespace {

constexpr size_t kPendingBytesMax = 256 * 1024;
constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP;

std::string TimeText(int64_t unix_ms) {
  constexpr int64_t kLatestMs = 253'402'300'799'999;  // of the year 9999
  unix_ms = std::clamp<int64_t>(unix_ms, 0, kLatestMs);
  std::string text = base::FormatUtc(unix_ms);
  const std::string fraction = std::to_string(1000 + unix_ms % 1000);
  text.replace(text.size() - 1, 1, "." + fraction.substr(1) + "Z");
  return text;
}

bool IsEvent(std::string_view word) {
  return !word.empty() && word.size() <= kEventBytesMax &&
         std::ranges::all_of(word, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// Of two objects, one with the fields of both.
std::string Joined(std::string first, const std::string& second) {
  if (second == "{}") return first;
  if (first == "{}") return second;
  first.back() = ',';
  return first + second.substr(1);
}

void AddTorn(const std::optional<LineScan::Torn>& torn, Fields& fields) {
  if (!torn) return;
  fields.Number("cut_bytes", torn->size_bytes);
  fields.Text("cut_sha256", Hex(torn->sha256));
}

// With the error in errno when it is not.
bool WriteAt(int fd, std::string_view bytes, uint64_t at, uint64_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t wrote =
        pwrite(fd, bytes.data() + written, bytes.size() - written,
               static_cast<off_t>(at + written));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote == 0) errno = ENOSPC;
    if (wrote <= 0) return false;
    written += static_cast<uint64_t>(wrote);
  }
  return true;
}

StatusOr<base::Descriptor> OpenLocked(const std::string& path, int flags) {
  base::Descriptor file(open(
      path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags, kMode));
  if (!file.is_open() && errno == ENOENT && (flags & O_CREAT) == 0) {
    return NotFound(path + ": there is no custody log");
  }
  if (!file.is_open()) {
    const int error_number = errno;
    const std::string message = base::WithErrno(
        path + ": the custody log cannot be opened", error_number);
    return error_number == ENOSPC || error_number == EDQUOT
               ? ResourceExhausted(message)
               : Unavailable(message);
  }
  struct stat info {};
  if (fstat(file.number(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Unavailable(path + ": is not a regular file");
  }
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    return Unavailable(path + ": another process writes this custody log");
  }
  return file;
}

Status SyncFolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent;
  const base::Descriptor opened(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder and say EINVAL.
  if (opened.is_open() && (fsync(opened.number()) == 0 || errno == EINVAL)) {
    return OkStatus();
  }
  return Unavailable(base::WithErrno(folder + ": cannot be synced", errno));
}

Status Named(const std::string& path, const Status& status) {
  return Status(status.code(), path + ": " + std::string(status.message()));
}

}  // namespace

Log::Log(std::string path, base::Descriptor file, Key key)
    : path_(std::move(path)), file_(std::move(file)), key_(std::move(key)) {}

StatusOr<std::unique_ptr<Log>> Log::Create(const std::string& path,
                                           Fields fields, Key key) {
  KENAL_TRY_ASSIGN(base::Descriptor file, OpenLocked(path, O_CREAT));
  LineScan scan(file.number());
  const auto step = scan.Next();
  if (!step.ok()) return Named(path, step.status());
  if (*step != LineScan::Step::kEnd) {
    return AlreadyExists(path +
                         ": there is a custody log; continue it, or choose "
                         "another folder");
  }
  Fields own;
  own.Text("format", kFormat);
  own.Text("public_key", key.public_key().ToBase64());
  AddTorn(scan.torn(), own);
  std::unique_ptr<Log> log(new Log(path, std::move(file), std::move(key)));
  KENAL_TRY(log->Start(
      kOpenEvent, Joined(std::move(own).Finish(), std::move(fields).Finish())));
  KENAL_TRY(SyncFolderOf(path));
  return log;
}

StatusOr<std::unique_ptr<Log>> Log::Continue(const std::string& path,
                                             Fields fields, Key key) {
  KENAL_TRY_ASSIGN(base::Descriptor file, OpenLocked(path, 0));
  LineScan scan(file.number());
  const std::string opening =
      "\"public_key\":\"" + key.public_key().ToBase64() + "\"";
  for (bool first = true;; first = false) {
    const auto step = scan.Next();
    if (!step.ok()) return Named(path, step.status());
    if (*step == LineScan::Step::kEnd && first) {
      return NotFound(path + ": holds not one whole record");
    }
    if (*step == LineScan::Step::kEnd) break;
    if (*step == LineScan::Step::kDamaged) {
      return DataLoss(path + ": record " + std::to_string(scan.records() + 1) +
                      ", at byte " + std::to_string(scan.end_byte()) + ", " +
                      scan.problem() + "; nothing was changed");
    }
    if (first && scan.event() != kOpenEvent) {
      return DataLoss(path +
                      ": its first record is not \"open\"; nothing was "
                      "changed");
    }
    if (first && scan.line().find(opening) == std::string_view::npos) {
      return FailedPrecondition(
          path + ": was begun with another key; continue it with that one");
    }
    if (scan.event() == kCloseEvent) {
      return FailedPrecondition(path + ": is closed; choose another folder");
    }
  }
  Fields own;
  AddTorn(scan.torn(), own);
  std::unique_ptr<Log> log(new Log(path, std::move(file), std::move(key)));
  {
    base::MutexLock lock(log->mutex_);
    log->records_ = scan.records();
    log->head_ = scan.head();
    log->written_bytes_ = scan.end_byte();
  }
  KENAL_TRY(log->Start(kContinueEvent, Joined(std::move(own).Finish(),
                                              std::move(fields).Finish())));
  return log;
}

Status Log::Start(std::string_view event, std::string fields) {
  base::MutexLock lock(mutex_);
  KENAL_TRY(AppendLocked(event, std::move(fields)));
  KENAL_TRY(FlushLocked());
  if (ftruncate(file_.number(), static_cast<off_t>(written_bytes_)) != 0) {
    return Failed(errno);
  }
  return SyncLocked();
}

Status Log::Append(std::string_view event, Fields fields) {
  KENAL_CHECK(event != kOpenEvent && event != kContinueEvent &&
              event != kCloseEvent);
  std::string object = std::move(fields).Finish();
  base::MutexLock lock(mutex_);
  return AppendLocked(event, std::move(object));
}

std::string Log::Begin(std::string_view event) const {
  KENAL_CHECK(IsEvent(event));
  std::string line = "{\"seq\":" + std::to_string(records_ + 1);
  line += ",\"at\":\"";
  line += TimeText(base::NowUnixMs());
  line += "\",\"event\":\"";
  line += event;
  line += "\",\"prev\":\"";
  line += head_;
  line += '"';
  return line;
}

void Log::AddLine(std::string_view line) {
  head_ = Hex(base::Sha256Of(base::AsBytes(line)));
  ++records_;
  pending_ += line;
  pending_ += '\n';
}

Status Log::AppendLocked(std::string_view event, std::string fields) {
  KENAL_TRY(failure_);
  if (closed_) return FailedPrecondition(path_ + ": the log is closed");
  std::string line = Begin(event);
  if (fields == "{}") {
    line += '}';
  } else {
    fields.front() = ',';
    line += fields;
  }
  if (line.size() > kLineBytesMax) {
    return InvalidArgument(path_ + ": a record may have at most " +
                           std::to_string(kLineBytesMax) + " bytes");
  }
  AddLine(line);
  return pending_.size() >= kPendingBytesMax ? FlushLocked() : OkStatus();
}

Status Log::Failed(int error_number) {
  const std::string message = base::WithErrno(
      path_ + ": the custody log cannot be written", error_number);
  failure_ =
      error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG
          ? ResourceExhausted(message)
          : Unavailable(message);
  return failure_;
}

Status Log::FlushLocked() {
  KENAL_TRY(failure_);
  uint64_t written = 0;
  if (WriteAt(file_.number(), pending_, written_bytes_, written)) {
    written_bytes_ += pending_.size();
    pending_.clear();
    return OkStatus();
  }
  const int error_number = errno;
  const size_t end = std::string_view(pending_).substr(0, written).rfind('\n');
  written_bytes_ += end == std::string_view::npos ? 0 : end + 1;
  // A torn line at the end would do no harm; without it there is less to
  // explain.
  const bool cut =
      written > 0 &&
      ftruncate(file_.number(), static_cast<off_t>(written_bytes_)) == 0;
  pending_.clear();
  static_cast<void>(cut);
  return Failed(error_number);
}

Status Log::SyncLocked() {
  return fdatasync(file_.number()) == 0 ? OkStatus() : Failed(errno);
}

Status Log::Sync() {
  {
    base::MutexLock lock(mutex_);
    KENAL_TRY(FlushLocked());
  }
  if (fdatasync(file_.number()) == 0) return OkStatus();
  const int error_number = errno;
  base::MutexLock lock(mutex_);
  return Failed(error_number);
}

Status Log::Close(std::span<const ReportFile> reports) {
  base::MutexLock lock(mutex_);
  KENAL_TRY(failure_);
  if (closed_) return FailedPrecondition(path_ + ": the log is closed");
  exchange::JsonWriter json;
  json.BeginObject().Field("records", records_).Field("head", head_);
  json.Key("reports").BeginArray();
  for (const ReportFile& report : reports) {
    json.BeginObject()
        .BytesField("name", report.name)
        .Field("size_bytes", report.size_bytes)
        .Field("sha256", Hex(report.sha256))
        .EndObject();
  }
  json.EndArray().Field("public_key", key_.public_key().ToBase64());
  std::string fields = json.EndObject().Finish();
  fields.front() = ',';
  fields.pop_back();
  std::string line = Begin(kCloseEvent) + fields;
  const Signature signature = key_.Sign(line);
  line += kSignatureField;
  line += exchange::ToBase64(
      {reinterpret_cast<const char*>(signature.data()), signature.size()});
  line += "\"}";
  if (line.size() > kLineBytesMax) {
    return InvalidArgument(path_ + ": too many report files");
  }
  AddLine(line);
  KENAL_TRY(FlushLocked());
  KENAL_TRY(SyncLocked());
  closed_ = true;
  return OkStatus();
}

uint64_t Log::records() const {
  base::MutexLock lock(mutex_);
  return records_;
}

std::string Log::head() const {
  base::MutexLock lock(mutex_);
  return head_;
}

}  // namespace kenal::custody
