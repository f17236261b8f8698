#include "src/service/housekeeper.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "src/base/clock.h"
#include "src/identity/authority.h"
#include "src/service/limits.h"

namespace kenal::service {
namespace {

using operate::LogLevel;
using operate::RequestLog;
using std::chrono::milliseconds;

// Until the server is ready, somebody waits for it.
constexpr milliseconds kStartingInterval{10};

void Say(RequestLog& log, LogLevel level, std::string_view event,
         std::string_view key, std::string_view value) {
  const std::array<RequestLog::Field, 1> fields = {{{key, value}}};
  log.Event(level, event, fields);
}

}  // namespace

Housekeeper::Housekeeper(Parts parts) : parts_(std::move(parts)) {
  WatchCertificate();
  thread_ = std::thread([this] { Run(); });
}

Housekeeper::~Housekeeper() {
  {
    base::MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Housekeeper::Reload() {
  RefreshTable();
  const Status reopened = parts_.log.Reopen();
  if (!reopened.ok()) {
    Say(parts_.log, LogLevel::kError, "log not reopened", "error",
        {reopened.message().data(), reopened.message().size()});
  }
}

void Housekeeper::RefreshTable() {
  const StatusOr<bool> refreshed = parts_.directory.Refresh();
  base::MutexLock lock(table_mutex_);
  const std::string why(refreshed.status().message());
  const bool said = std::exchange(table_trouble_, why) == why;
  if (!refreshed.ok()) {
    if (said) return;  // it is tried every second
    Say(parts_.log, LogLevel::kError, "client table refused; the old one stays",
        "error", why);
  } else if (*refreshed) {
    Say(parts_.log, LogLevel::kInfo, "client table", "clients",
        std::to_string(parts_.directory.client_count()));
  }
}

void Housekeeper::WatchCertificate() {
  if (parts_.certificate.empty()) return;
  const auto info = identity::ReadCertificate(parts_.certificate);
  const std::string now = info.ok() ? info->sha256 : "unreadable";
  if (now == seen_certificate_) return;
  seen_certificate_ = now;
  if (!info.ok()) {
    const std::string why(info.status().message());
    Say(parts_.log, LogLevel::kError, "certificate cannot be read", "error",
        why);
    return;
  }
  Say(parts_.log, LogLevel::kInfo, "certificate", "expires",
      base::FormatUtc(info->not_after_unix_s * 1000));
}

void Housekeeper::WatchAnswers() {
  const auto now = std::chrono::steady_clock::now();
  if (!goal_) {
    const StatusOr<Sequence> log = parts_.desk.curator().LogHead();
    if (!log.ok()) return;
    goal_ = *log;
    goal_time_ = now;
  }
  const StatusOr<Sequence> answers = parts_.desk.curator().Head();
  if (!answers.ok()) return;
  if (*answers >= *goal_) {
    if (!ready_) parts_.ready(true);
    ready_ = true;
    goal_.reset();
  } else if (ready_ && now - goal_time_ >= kLagMax) {
    ready_ = false;
    parts_.ready(false);
  }
}

void Housekeeper::Run() {
  auto refreshed = std::chrono::steady_clock::now();
  while (true) {
    WatchAnswers();
    const auto now = std::chrono::steady_clock::now();
    if (now - refreshed >= std::chrono::seconds(kRefreshSeconds)) {
      refreshed = now;
      RefreshTable();
      WatchCertificate();
    }
    base::MutexLock lock(mutex_);
    changed_.wait_for(
        mutex_,
        ready_ ? milliseconds(1000 * kRefreshSeconds) : kStartingInterval,
        [this] { return ending_; });
    if (ending_) return;
  }
}

}  // namespace kenal::service
