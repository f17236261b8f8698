#include "src/service/backup_keeper.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/scheduling.h"

namespace kenal::service {
namespace {

using operate::LogLevel;
using operate::RequestLog;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::minutes kRetry{5};
// The wall clock may be set meanwhile.
constexpr std::chrono::minutes kLookAgain{1};

int64_t LastOf(const BackupPlan& plan) {
  if (!plan.list) return 0;
  int64_t last_unix_ms = 0;
  const StatusOr<std::vector<BackupInfo>> backups = plan.list(plan.folder);
  if (!backups.ok()) return 0;
  for (const BackupInfo& info : *backups) {
    last_unix_ms = std::max(last_unix_ms, info.unix_ms);
  }
  return last_unix_ms;
}

void SayFailed(RequestLog& log, const Status& status) {
  const std::string why(status.message());
  const std::array<RequestLog::Field, 1> fields = {{{"error", why}}};
  log.Event(LogLevel::kError, "backup failed", fields);
}

void SayMade(RequestLog& log, const BackupInfo& made) {
  const std::string number = std::to_string(made.number);
  const std::string sequence = std::to_string(made.sequence.value);
  const std::string added = std::to_string(made.new_bytes);
  const std::array<RequestLog::Field, 3> fields = {
      {{"number", number}, {"sequence", sequence}, {"new_bytes", added}}};
  log.Event(LogLevel::kInfo, "backup", fields);
}

}  // namespace

BackupKeeper::BackupKeeper(BackupPlan plan, operate::RequestLog& log)
    : plan_(std::move(plan)), log_(log) {
  if (plan_.folder.empty()) return;
  figures_ = {.kept = true, .last_unix_ms = LastOf(plan_)};
  thread_ = std::thread([this] { Run(); });
}

BackupKeeper::~BackupKeeper() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

Status BackupKeeper::Begin(Asked asked) {
  if (plan_.folder.empty()) {
    return FailedPrecondition(
        "this server was given no folder for backups; start kenal serve with "
        "--backups DIR");
  }
  {
    base::MutexLock lock(mutex_);
    if (stopping_) return Unavailable("the server is shutting down");
    if (busy_ || soon_ || asked_) {
      return Unavailable("a backup is being made; ask again when it is done");
    }
    asked_ = std::move(asked);
  }
  changed_.notify_all();
  return OkStatus();
}

void BackupKeeper::MakeOneSoon() {
  {
    base::MutexLock lock(mutex_);
    soon_ = true;
  }
  changed_.notify_all();
}

void BackupKeeper::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

BackupKeeper::Figures BackupKeeper::figures() const {
  base::MutexLock lock(mutex_);
  return figures_;
}

bool BackupKeeper::stopping() const {
  base::MutexLock lock(mutex_);
  return stopping_;
}

// Until one is due, or until it may be.
milliseconds BackupKeeper::Pause() const {
  if (plan_.every.count() == 0) return kLookAgain;
  const milliseconds due =
      milliseconds(figures_.last_unix_ms - base::NowUnixMs()) + plan_.every;
  const auto allowed =
      std::chrono::ceil<milliseconds>(not_before_ - steady_clock::now());
  return std::clamp<milliseconds>(std::max(due, allowed), milliseconds(0),
                                  kLookAgain);
}

void BackupKeeper::Run() {
  base::LowerPriority(plan_.niceness);
  while (true) {
    std::optional<Asked> asked;
    {
      base::MutexLock lock(mutex_);
      changed_.wait_for(mutex_, Pause(),
                        [this] { return stopping_ || soon_ || asked_; });
      asked = std::exchange(asked_, std::nullopt);
      if (stopping_ && !asked) return;
      const bool due = plan_.every.count() > 0 && Pause() == milliseconds(0);
      if (!asked && !soon_ && !due) continue;
      if (!asked) soon_ = false;
      busy_ = true;
    }
    MakeOne(asked);
  }
}

void BackupKeeper::MakeOne(const std::optional<Asked>& asked) {
  const StatusOr<BackupInfo> made = Make(asked);
  Status failed = made.status();
  if (made.ok() && plan_.keep > 0 && plan_.prune) {
    failed = plan_.prune(plan_.folder, plan_.keep);
  }
  if (absl::IsCancelled(failed)) failed = OkStatus();
  {
    base::MutexLock lock(mutex_);
    if (made.ok()) {
      figures_.last_unix_ms = std::max(figures_.last_unix_ms, made->unix_ms);
    }
    if (!failed.ok()) {
      ++figures_.failures;
      not_before_ = steady_clock::now() + kRetry;
    }
    busy_ = false;  // before anybody hears of it and asks for the next
  }
  if (made.ok()) SayMade(log_, *made);
  if (!failed.ok()) SayFailed(log_, failed);
  if (asked) asked->done(made);
}

StatusOr<BackupInfo> BackupKeeper::Make(const std::optional<Asked>& asked) {
  const auto go_on = [&](uint64_t done, uint64_t total) {
    return !stopping() && (!asked || asked->watcher(done, total));
  };
  if (stopping()) return absl::CancelledError("the server is shutting down");
  return plan_.make(plan_.folder, go_on);
}

}  // namespace kenal::service
