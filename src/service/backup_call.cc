// CreateBackup: a backup by the keeper's thread, with progress.
#include <atomic>
#include <utility>

#include "src/service/backup_keeper.h"
#include "src/service/reporting.h"
#include "src/wire/backup.h"

namespace kenal::service {
namespace {

class BackupCall final
    : public Reporting<BackupReactor, v1::CreateBackupResponse> {
 public:
  BackupCall(const Door& door, grpc::CallbackServerContext* context)
      : Reporting(door, identity::Method::kCreateBackup, context) {
    if (!LetIn()) return;
    const Status begun = desk().backups().Begin(
        {.watcher = [this](uint64_t done,
                           uint64_t total) { return Watch(done, total); },
         .done = [this](const StatusOr<BackupInfo>& made) { End(made); }});
    if (!begun.ok()) Conclude({}, begun);
  }

  void OnCancel() override { cancelled_ = true; }

 private:
  ~BackupCall() override = default;

  bool Watch(uint64_t done, uint64_t total) {
    Begin();
    v1::CreateBackupResponse told;
    told.mutable_progress()->set_bytes_done(done);
    told.mutable_progress()->set_bytes_total(total);
    Tell(std::move(told));
    return !cancelled_;
  }

  // The wait for the keeper's thread is over.
  void Begin() {
    if (!std::exchange(begun_, true)) ticket().Begin();
  }

  void End(const StatusOr<BackupInfo>& made) {
    Begin();
    v1::CreateBackupResponse response;
    if (made.ok()) {
      ticket().set_sequence(made->sequence.value);
      wire::ToWire(*made, response.mutable_report());
    }
    Conclude(std::move(response),
             desk().calls().draining() && !made.ok()
                 ? Unavailable("the server is shutting down; the next backup "
                               "goes on from what this one copied")
                 : made.status());
  }

  std::atomic<bool> cancelled_ = false;
  bool begun_ = false;  // of the keeper's thread
};

}  // namespace

BackupReactor* StartBackup(const Door& door,
                           grpc::CallbackServerContext* context) {
  return new BackupCall(door, context);
}

}  // namespace kenal::service
