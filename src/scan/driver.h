// Driver: one scan while it runs. What scan.cc and driver_find.cc share.
#ifndef KENAL_SRC_SCAN_DRIVER_H_
#define KENAL_SRC_SCAN_DRIVER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/custody/log.h"
#include "src/findings/findings.h"
#include "src/findings/journal.h"
#include "src/scan/examiner.h"
#include "src/scan/found.h"
#include "src/scan/judge.h"
#include "src/scan/run_folder.h"
#include "src/scan/scan.h"
#include "src/scan/source.h"

namespace kenal::scan {

// Threads that hold large contents at once. One holds 1 GiB at worst: two
// containers within one another, and in them a picture, which is handed over.
inline constexpr int kLargeHoldersMax = 1;

// One thread finds files, some examine them, one syncs and tells how far it
// is. The first failure ends all of them.
class Driver {
 public:
  Driver(const ScanOptions& options, const ScanParts& parts,
         ScanWatcher& watcher, std::stop_token stop)
      : options_(options),
        parts_(parts),
        watcher_(watcher),
        stop_(std::move(stop)) {}

  StatusOr<ScanResult> Run();

 private:
  using Clock = std::chrono::steady_clock;

  Status Open();
  void GoOnFrom(const findings::Run& before);
  Status OpenLog(bool is_new);
  void PlanSample();
  Status AskForLists();
  Status CheckExhibits() const;
  Status Work();
  Status Finish();

  void FindFiles();
  Status ListExhibit(uint32_t number);
  Status TakeFound(uint32_t number, std::vector<FoundFile>&& files);
  void DrawSample();
  void ExamineFiles();
  Status ExamineGroup(std::vector<FoundFile>&& files);
  void LetGo(uint32_t number, uint64_t count);
  void SyncNowAndThen();
  bool IsToBeHashed(const findings::Exhibit& exhibit) const;
  Status HashImages();
  Status HashImage(uint32_t number);
  Status TellUnreached();

  // Whoever is the first to be told so has noted why: nothing that was left
  // for that reason is taken for reached.
  bool IsOver();
  void NoteEnding(findings::Ending ending);
  void Fail(const Status& status);
  Status failure() const;
  ScanProgress Measure() const;
  std::optional<double> SecondsLeft(const Amounts& found) const;
  double SecondsOfHashing() const;
  void Hit(const findings::Place& place, const findings::Content& content);
  findings::Exhibit ExhibitOf(uint32_t number) const;

  const ScanOptions& options_;
  const ScanParts& parts_;
  ScanWatcher& watcher_;
  const std::stop_token stop_;
  const Clock::time_point start_ = Clock::now();

  findings::Run run_;
  std::vector<findings::Exhibit> exhibits_;
  Earlier earlier_;
  std::unique_ptr<custody::Log> log_;
  std::unique_ptr<findings::Journal> journal_;  // uses the log to its end
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<Examiner> examiner_;
  ExamineEvents events_;
  Tally tally_;
  FoundQueue queue_;
  LargeContents large_{kLargeHoldersMax};
  std::atomic<bool> all_found_{false};
  std::atomic<findings::Ending> ending_{findings::Ending::kRunning};
  std::atomic<bool> work_done_{false};
  std::atomic<uint64_t> done_before_files_{0};
  std::atomic<uint64_t> done_before_bytes_{0};
  std::atomic<uint64_t> image_bytes_{0};
  std::atomic<uint64_t> image_bytes_hashed_{0};
  std::atomic<double> hashing_began_{0};  // seconds after the start; 0: not yet

  // A source, and how many of its files nobody is done with.
  struct OpenSourceOf {
    std::shared_ptr<Source> source;
    uint64_t pending = 0;
    int reader_count = 0;
    bool is_listed = false;
    bool is_image = false;
  };
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<OpenSourceOf> sources_ KENAL_GUARDED_BY(mutex_);
  int open_images_ KENAL_GUARDED_BY(mutex_) = 0;
  std::vector<FoundFile> unreached_ KENAL_GUARDED_BY(mutex_);
  std::vector<uint32_t> unlisted_ KENAL_GUARDED_BY(mutex_);
  StatusCode failure_ KENAL_GUARDED_BY(mutex_) = StatusCode::kOk;
  std::string failure_message_ KENAL_GUARDED_BY(mutex_);
  base::Mutex watching_;
};

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_DRIVER_H_
