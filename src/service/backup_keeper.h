// Backup keeper: backups of the store while it is served, one at a time, by the
// clock and when somebody asks.
#ifndef KENAL_SRC_SERVICE_BACKUP_KEEPER_H_
#define KENAL_SRC_SERVICE_BACKUP_KEEPER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kenal/backup.h"
#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/operate/request_log.h"

namespace kenal::service {

struct BackupPlan {
  // Engine::Backup of the store that is served.
  std::function<StatusOr<BackupInfo>(const std::string& folder,
                                     const ByteWatcher& watcher)>
      make;
  // ListBackups and PruneBackups; without them there are none before, and all
  // stay.
  std::function<StatusOr<std::vector<BackupInfo>>(const std::string& folder)>
      list;
  std::function<Status(const std::string& folder, uint64_t keep)> prune;
  std::string folder;  // the server's own choice; empty: none are made
  // As soon as the last one in the folder is so old. 0: only when asked.
  std::chrono::minutes every{0};
  uint64_t keep = 0;  // older ones are removed after each. 0: all stay
  int niceness = 19;  // of the thread that makes them
};

// Each backup, and each that failed, is an event of the log. One that was due
// and failed is tried again after some minutes. Thread-safe.
class BackupKeeper {
 public:
  // Of one that somebody waits for; called on the keeper's thread.
  struct Asked {
    ByteWatcher watcher;  // false: stop
    std::function<void(const StatusOr<BackupInfo>&)> done;
  };
  struct Figures {
    bool kept = false;         // there is a plan
    int64_t last_unix_ms = 0;  // 0: none that is known of
    uint64_t failures = 0;     // since the start
  };

  // `log` outlives it, and so does what `plan` makes.
  BackupKeeper(BackupPlan plan, operate::RequestLog& log);
  // Stops, and waits for it.
  ~BackupKeeper();
  BackupKeeper(const BackupKeeper&) = delete;
  BackupKeeper& operator=(const BackupKeeper&) = delete;

  // Makes one now; `asked.done` is called once, later.
  // Errors, without a call to it:
  //   kFailedPrecondition  the server was not given a folder
  //   kUnavailable         one is being made, or it is stopping
  Status Begin(Asked asked);
  // Makes one soon, after one that is being made.
  void MakeOneSoon();
  // Ends one that is being made, whose copies serve the next one, and makes no
  // other. Does not wait.
  void Stop();

  Figures figures() const;

 private:
  void Run();
  void MakeOne(const std::optional<Asked>& asked);
  StatusOr<BackupInfo> Make(const std::optional<Asked>& asked);
  bool stopping() const;
  std::chrono::milliseconds Pause() const KENAL_REQUIRES(mutex_);

  const BackupPlan plan_;
  operate::RequestLog& log_;
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  Figures figures_ KENAL_GUARDED_BY(mutex_);
  std::optional<Asked> asked_ KENAL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point not_before_ KENAL_GUARDED_BY(mutex_);
  bool soon_ KENAL_GUARDED_BY(mutex_) = false;
  bool busy_ KENAL_GUARDED_BY(mutex_) = false;
  bool stopping_ KENAL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // not joinable without a plan
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_BACKUP_KEEPER_H_
