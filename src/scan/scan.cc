#include "src/scan/scan.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>
#include <utility>

#include "src/base/clock.h"
#include "src/base/mutex.h"
#include "src/custody/format.h"
#include "src/scan/custody_records.h"
#include "src/scan/examiner.h"
#include "src/scan/found.h"
#include "src/scan/run_folder.h"
#include "src/scan/source.h"

namespace kenal::scan {
namespace {

using findings::Ending;
using findings::Exhibit;
using findings::Place;
using findings::Run;
namespace reason = findings::reason;
using Clock = std::chrono::steady_clock;

// What one thread takes at a time: enough to ask in batches, little enough for
// a first hit to come soon.
constexpr size_t kGroupFiles = 64;
constexpr uint64_t kGroupBytes = 8 << 20;

// At most this much work is done again after the power went.
constexpr std::chrono::milliseconds kSyncEvery{500};
constexpr std::chrono::milliseconds kTellEvery{200};
constexpr std::chrono::milliseconds kLookEvery{20};

// Disk images that are open at once, each in a worker of its own.
constexpr int kOpenImagesMax = 4;

double Seconds(Clock::duration passed) {
  return std::chrono::duration<double>(passed).count();
}

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
  Status Open();
  Status OpenLog(bool is_new);
  Status AskForLists();
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
  Status HashImages();
  Status HashImage(uint32_t number);
  Status TellUnreached();

  bool IsOver() const;
  void NoteEnding(Ending ending);
  void Fail(const Status& status);
  Status failure() const;
  ScanProgress Measure() const;
  void Hit(const Place& place, const findings::Content& content);
  Exhibit ExhibitOf(uint32_t number) const;

  const ScanOptions& options_;
  const ScanParts& parts_;
  ScanWatcher& watcher_;
  const std::stop_token stop_;
  const Clock::time_point start_ = Clock::now();

  findings::Run run_;
  std::vector<Exhibit> exhibits_;
  Earlier earlier_;
  std::unique_ptr<findings::Journal> journal_;
  std::unique_ptr<custody::Log> log_;
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<Examiner> examiner_;
  ExamineEvents events_;
  Tally tally_;
  FoundQueue queue_;
  std::atomic<bool> all_found_{false};
  std::atomic<Ending> ending_{Ending::kRunning};
  std::atomic<bool> work_done_{false};
  std::atomic<uint64_t> done_before_files_{0};
  std::atomic<uint64_t> done_before_bytes_{0};

  // A source, and how many of its files nobody is done with.
  struct OpenSourceOf {
    std::shared_ptr<Source> source;
    uint64_t pending = 0;
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

bool Driver::IsOver() const {
  if (ending_.load() != Ending::kRunning || stop_.stop_requested()) return true;
  return options_.time_budget && Clock::now() - start_ >= *options_.time_budget;
}

void Driver::NoteEnding(Ending ending) {
  Ending running = Ending::kRunning;
  ending_.compare_exchange_strong(running, ending);
}

void Driver::Fail(const Status& status) {
  {
    const base::MutexLock lock(mutex_);
    if (failure_ == StatusCode::kOk) {
      failure_ = status.code();
      failure_message_ = std::string(status.message());
    }
    changed_.NotifyAll();
  }
  NoteEnding(Ending::kInterrupted);
  queue_.Stop();
}

Status Driver::failure() const {
  const base::MutexLock lock(mutex_);
  return Status(failure_, failure_message_);
}

StatusOr<ScanResult> Driver::Run() {
  KENAL_TRY(Open());
  if (findings::IsFinal(run_.ending)) {
    return ScanResult{.run = run_,
                      .progress = Measure(),
                      .log = std::move(log_),
                      .was_complete = true};
  }
  if (Status status = Work(); !status.ok()) {
    // What can be kept is kept; the first failure is what counts.
    (void)journal_->Sync();
    (void)log_->Append("failed", custody::Fields().Text(
                                     "reason", std::string(status.message())));
    (void)log_->Sync();
    return status;
  }
  KENAL_TRY(Finish());
  return ScanResult{.run = run_, .progress = Measure(), .log = std::move(log_)};
}

Status Driver::Open() {
  run_ = options_.about;
  events_.hit = [this](const Place& place, const findings::Content& content) {
    Hit(place, content);
  };
  events_.not_examined = [this](const Place& place) {
    return log_->Append("not_examined",
                        RecordOf(place, ExhibitOf(place.exhibit)));
  };
  events_.is_over = [this] { return IsOver(); };
  KENAL_TRY(AskForLists());
  const bool asks_known_good =
      std::ranges::any_of(run_.lists, [](const findings::ListAsked& list) {
        return list.purpose == Purpose::kKnownBenign;
      });
  judge_ = std::make_unique<Judge>(
      parts_.matcher, parts_.hasher,
      JudgeOptions{.effort = run_.effort, .asks_known_good = asks_known_good},
      stop_);
  KENAL_TRY_ASSIGN(
      journal_, OpenRunFolder(options_.folder, run_, options_.exhibits, *judge_,
                              earlier_));
  judge_->Begin(*journal_);
  exhibits_ = earlier_.exhibits;
  const bool is_new = !earlier_.run;
  if (earlier_.run) {
    const std::vector<findings::ListAsked> lists = run_.lists;
    run_ = *earlier_.run;
    if (findings::IsFinal(run_.ending)) return OpenLog(is_new);
    run_.lists = lists;
    run_.ending = Ending::kRunning;
  } else {
    run_.started_unix_ms = base::NowUnixMs();
  }
  ++run_.part_count;
  KENAL_TRY(OpenLog(is_new));
  KENAL_TRY(journal_->Put(run_));
  KENAL_TRY(journal_->Sync());
  examiner_ = std::make_unique<Examiner>(
      *judge_, *journal_, parts_.opener, earlier_.done,
      ExamineOptions{.opens_containers = options_.opens_containers,
                     .looks_for_thumbnails = options_.looks_for_thumbnails},
      events_, tally_);
  return OkStatus();
}

Status Driver::AskForLists() {
  KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists, parts_.curator.Lists());
  for (const ListInfo& list : lists) {
    run_.lists.push_back(
        {.list = list.name,
         .purpose = list.purpose,
         .version = list.version,
         .entry_count = list.counts.active + list.counts.disputed,
         .shadow = list.policy.shadow,
         .skipped = list.policy.enabled ? "" : "disabled"});
  }
  return OkStatus();
}

// The log of a run that is over is closed already, unless its reports were
// never made.
Status Driver::OpenLog(bool is_new) {
  const std::string path =
      options_.folder + "/" + std::string(custody::kLogName);
  const auto fields = [&] { return RecordOf(run_, earlier_, options_.times); };
  auto log = custody::Log::Continue(path, fields(), parts_.key);
  if (!log.ok() && log.status().code() == StatusCode::kNotFound) {
    if (!is_new) {
      return DataLoss(path + ": is missing, though the scan was begun");
    }
    log = custody::Log::Create(path, fields(), parts_.key);
  }
  if (findings::IsFinal(run_.ending) &&
      log.status().code() == StatusCode::kFailedPrecondition) {
    return OkStatus();
  }
  KENAL_TRY_ASSIGN(log_, std::move(log));
  return OkStatus();
}

Status Driver::Work() {
  {
    const base::MutexLock lock(mutex_);
    sources_.resize(options_.exhibits.size());
  }
  if (options_.sample) queue_.Hold();
  std::thread syncer([this] { SyncNowAndThen(); });
  std::thread finder([this] { FindFiles(); });
  std::vector<std::thread> workers;
  for (int i = 0; i < options_.thread_count; ++i) {
    workers.emplace_back([this] { ExamineFiles(); });
  }
  for (std::thread& worker : workers) worker.join();
  // Nobody takes files any more, so nobody is waited for.
  finder.join();
  if (options_.hashes_images && !IsOver() && failure().ok()) {
    if (Status status = HashImages(); !status.ok()) Fail(status);
  }
  work_done_ = true;
  syncer.join();
  return failure();
}

void Driver::FindFiles() {
  for (uint32_t number = 0; number < options_.exhibits.size(); ++number) {
    if (IsOver()) {
      const base::MutexLock lock(mutex_);
      unlisted_.push_back(number);
      continue;
    }
    if (Status status = ListExhibit(number); !status.ok()) {
      Fail(status);
      break;
    }
  }
  if (options_.sample && failure().ok()) DrawSample();
  all_found_ = true;
  queue_.Finish();
}

Status Driver::ListExhibit(uint32_t number) {
  Exhibit exhibit = options_.exhibits[number];
  {
    const base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return open_images_ < kOpenImagesMax || options_.sample ||
             failure_ != StatusCode::kOk || IsOver();
    });
    if (failure_ != StatusCode::kOk) return OkStatus();
  }
  KENAL_TRY_ASSIGN(
      std::shared_ptr<Source> source,
      OpenSource(number, {.times = options_.times}, parts_.opener, exhibit));
  const bool is_image = exhibit.kind == findings::ExhibitKind::kDiskImage;
  if (number < exhibits_.size()) {
    exhibit.computed = exhibits_[number].computed;
  } else {
    const base::MutexLock lock(mutex_);
    exhibits_.push_back(exhibit);
    KENAL_TRY(log_->Append("exhibit", RecordOf(exhibit)));
  }
  KENAL_TRY(journal_->Put(exhibit));
  {
    const base::MutexLock lock(mutex_);
    sources_[number].source = source;
    sources_[number].is_image = is_image;
    open_images_ += is_image ? 1 : 0;
  }
  const WalkEvents events{.files =
                              [&](std::vector<FoundFile>&& files) {
                                return TakeFound(number, std::move(files));
                              },
                          .problem =
                              [&](const std::string& path, Problem&& problem) {
                                Place place{.exhibit = number, .path = {path}};
                                if (earlier_.done.Contains(place))
                                  return OkStatus();
                                return examiner_->Tell(std::move(place),
                                                       std::move(problem));
                              },
                          .is_over = [this] { return IsOver(); }};
  KENAL_TRY(source->List(events));
  const base::MutexLock lock(mutex_);
  if (IsOver()) unlisted_.push_back(number);
  sources_[number].is_listed = true;
  if (sources_[number].pending == 0) {
    open_images_ -= is_image ? 1 : 0;
    sources_[number].source = nullptr;
  }
  return OkStatus();
}

// A sample is drawn from everything, what is done already included.
Status Driver::TakeFound(uint32_t number, std::vector<FoundFile>&& files) {
  if (!options_.sample) {
    std::erase_if(files, [&](const FoundFile& file) {
      const bool is_done = earlier_.done.Contains(
          {.exhibit = number, .path = {file.path()}, .address = file.address});
      if (is_done) {
        ++done_before_files_;
        done_before_bytes_ += file.size_bytes;
      }
      return is_done;
    });
  }
  {
    const base::MutexLock lock(mutex_);
    sources_[number].pending += files.size();
  }
  queue_.Push(std::move(files));
  return OkStatus();
}

void Driver::DrawSample() {
  struct File {
    std::string key;
    uint64_t size_bytes = 0;
  };
  std::vector<File> files;
  const auto key_of = [](const FoundFile& file) {
    return findings::KeyOf({.exhibit = file.folder->exhibit,
                            .path = {file.path()},
                            .address = file.address});
  };
  queue_.ForEach([&](const FoundFile& file) {
    files.push_back({key_of(file), file.size_bytes});
  });
  std::ranges::sort(files, {}, &File::key);
  std::vector<uint64_t> sizes;
  for (const File& file : files) sizes.push_back(file.size_bytes);
  SampleOrder order = *options_.sample;
  if (run_.sample) order.seed = run_.sample->seed;
  const std::vector<bool> drawn = DrawFiles(order, sizes);
  const uint64_t population =
      std::accumulate(sizes.begin(), sizes.end(), uint64_t{0});
  run_.sample = {.confidence = order.confidence,
                 .material_bytes = order.material_bytes,
                 .population_bytes = population,
                 .draws = DrawCount(order, population),
                 .seed = order.seed};
  const auto is_drawn = [&](const FoundFile& file) {
    const auto at =
        std::ranges::lower_bound(files, key_of(file), {}, &File::key);
    return drawn[static_cast<size_t>(at - files.begin())];
  };
  std::vector<FoundFile> others = queue_.Release([&](const FoundFile& file) {
    return is_drawn(file) &&
           !earlier_.done.Contains({.exhibit = file.folder->exhibit,
                                    .path = {file.path()},
                                    .address = file.address});
  });
  for (FoundFile& file : others) {
    const uint32_t number = file.folder->exhibit;
    Place place{.exhibit = number,
                .path = {file.path()},
                .address = file.address,
                .size_bytes = file.size_bytes};
    LetGo(number, 1);
    if (is_drawn(file)) {
      ++done_before_files_;
      done_before_bytes_ += file.size_bytes;
      continue;
    }
    Status status = examiner_->Tell(
        std::move(place),
        {std::string(reason::kNotSampled), "not part of the random sample"});
    if (!status.ok()) return Fail(status);
  }
}

void Driver::ExamineFiles() {
  for (;;) {
    std::vector<FoundFile> files = queue_.Take(kGroupFiles, kGroupBytes);
    if (files.empty()) return;
    if (Status status = ExamineGroup(std::move(files)); !status.ok()) {
      return Fail(status);
    }
    if (IsOver()) queue_.Stop();
  }
}

Status Driver::ExamineGroup(std::vector<FoundFile>&& files) {
  while (!files.empty()) {
    const uint32_t number = files.front().folder->exhibit;
    const auto end = std::ranges::find_if(files, [&](const FoundFile& file) {
      return file.folder->exhibit != number;
    });
    std::vector<FoundFile> of_one(std::make_move_iterator(files.begin()),
                                  std::make_move_iterator(end));
    files.erase(files.begin(), end);
    const uint64_t count = of_one.size();
    std::shared_ptr<Source> source;
    {
      const base::MutexLock lock(mutex_);
      source = sources_[number].source;
    }
    KENAL_TRY_ASSIGN(std::vector<FoundFile> rest,
                     examiner_->Examine(*source, std::move(of_one)));
    LetGo(number, count - rest.size());
    const base::MutexLock lock(mutex_);
    std::ranges::move(rest, std::back_inserter(unreached_));
  }
  return OkStatus();
}

void Driver::LetGo(uint32_t number, uint64_t count) {
  std::shared_ptr<Source> last;
  const base::MutexLock lock(mutex_);
  OpenSourceOf& of = sources_[number];
  of.pending -= count;
  if (of.pending > 0 || !of.is_listed) return;
  last = std::move(of.source);
  if (last != nullptr && of.is_image) --open_images_;
  changed_.NotifyAll();
}

// Also ends what outlasts the time budget, and tells how far it is.
void Driver::SyncNowAndThen() {
  Clock::time_point next_sync = Clock::now() + kSyncEvery;
  Clock::time_point next_tell = Clock::now();
  while (!work_done_) {
    std::this_thread::sleep_for(kLookEvery);
    if (stop_.stop_requested()) NoteEnding(Ending::kInterrupted);
    if (options_.time_budget &&
        Clock::now() - start_ >= *options_.time_budget) {
      NoteEnding(Ending::kTimeBudget);
    }
    if (ending_.load() != Ending::kRunning) {
      queue_.Stop();
      const base::MutexLock lock(mutex_);
      changed_.NotifyAll();
    }
    if (Clock::now() >= next_tell) {
      const base::MutexLock lock(watching_);
      watcher_.Progress(Measure());
      next_tell = Clock::now() + kTellEvery;
    }
    if (Clock::now() < next_sync) continue;
    Status status = journal_->Sync();
    if (status.ok()) status = log_->Sync();
    if (!status.ok()) Fail(status);
    next_sync = Clock::now() + kSyncEvery;
  }
}

Status Driver::HashImages() {
  for (uint32_t number = 0; number < exhibits_.size(); ++number) {
    const Exhibit& exhibit = exhibits_[number];
    if (exhibit.kind != findings::ExhibitKind::kDiskImage) continue;
    if (exhibit.computed.any() || !exhibit.problem.empty()) continue;
    if (IsOver()) return OkStatus();
    KENAL_TRY(HashImage(number));
  }
  return OkStatus();
}

Status Driver::HashImage(uint32_t number) {
  Exhibit exhibit = exhibits_[number];
  KENAL_TRY_ASSIGN(
      const std::unique_ptr<Source> source,
      OpenSource(number, {.times = options_.times}, parts_.opener, exhibit));
  base::DigestStream digests;
  std::optional<Problem> problem;
  bool is_over = false;
  source->ReadImage(
      [&](std::span<const uint8_t> block) {
        digests.Add(block);
        is_over = IsOver();
        return !is_over;
      },
      problem);
  if (is_over) return OkStatus();
  exhibit = exhibits_[number];
  if (problem) {
    exhibit.problem = problem->reason;
  } else {
    const base::Digests computed = digests.Finish();
    exhibit.computed = {.md5 = Md5{computed.md5},
                        .sha1 = Sha1{computed.sha1},
                        .sha256 = Sha256{computed.sha256}};
  }
  {
    const base::MutexLock lock(mutex_);
    exhibits_[number] = exhibit;
  }
  KENAL_TRY(log_->Append("image_hashed", RecordOf(exhibit)));
  return journal_->Put(exhibit);
}

Status Driver::TellUnreached() {
  std::vector<FoundFile> files = queue_.Rest();
  std::set<uint32_t> unlisted;
  {
    const base::MutexLock lock(mutex_);
    std::ranges::move(unreached_, std::back_inserter(files));
    unlisted.insert(unlisted_.begin(), unlisted_.end());
  }
  for (const FoundFile& file : files) {
    KENAL_TRY(examiner_->Tell(
        {.exhibit = file.folder->exhibit,
         .path = {file.path()},
         .address = file.address,
         .size_bytes = file.size_bytes},
        {std::string(reason::kNotReached), "the scan ended before it"}));
  }
  for (const uint32_t number : unlisted) {
    if (number >= exhibits_.size()) {
      exhibits_.push_back(options_.exhibits[number]);
      KENAL_TRY(journal_->Put(exhibits_.back()));
    }
    KENAL_TRY(
        examiner_->Tell({.exhibit = number, .path = {"."}},
                        {std::string(reason::kNotReached),
                         "the scan ended before all of its files were found"}));
  }
  return OkStatus();
}

Status Driver::Finish() {
  if (stop_.stop_requested()) NoteEnding(Ending::kInterrupted);
  NoteEnding(Ending::kComplete);
  run_.ending = ending_.load();
  const bool is_short =
      run_.ending == Ending::kTimeBudget || run_.ending == Ending::kEnoughHits;
  if (is_short) KENAL_TRY(TellUnreached());
  // A part of a sample stands for nothing.
  if (run_.ending != Ending::kComplete) run_.sample.reset();
  run_.sequence = std::max(run_.sequence, judge_->sequence());
  run_.ended_unix_ms = base::NowUnixMs();
  run_.working_ms +=
      static_cast<int64_t>(Seconds(Clock::now() - start_) * 1000);
  KENAL_TRY(journal_->Put(run_));
  KENAL_TRY(journal_->Sync());
  KENAL_TRY(log_->Append("ended", EndOf(run_, tally_, judge_->counts())));
  return log_->Sync();
}

ScanProgress Driver::Measure() const {
  const Amounts found = queue_.found();
  ScanProgress progress{.files_done = tally_.files + done_before_files_,
                        .files_found = found.files + done_before_files_,
                        .bytes_done = tally_.bytes + done_before_bytes_,
                        .bytes_found = found.bytes + done_before_bytes_,
                        .all_found = all_found_,
                        .decoded = judge_->counts().decoded,
                        .hit_places = tally_.hit_places,
                        .not_examined = tally_.not_examined,
                        .seconds = Seconds(Clock::now() - start_)};
  if (progress.seconds > 0) {
    progress.bytes_per_second =
        static_cast<double>(tally_.bytes) / progress.seconds;
  }
  const double done = tally_.cost;
  if (progress.all_found && done > 0) {
    progress.seconds_left =
        progress.seconds * std::max(found.cost - done, 0.0) / done;
  }
  return progress;
}

Exhibit Driver::ExhibitOf(uint32_t number) const {
  const base::MutexLock lock(mutex_);
  return exhibits_[number];
}

void Driver::Hit(const Place& place, const findings::Content& content) {
  {
    const Exhibit exhibit = ExhibitOf(place.exhibit);
    const base::MutexLock lock(watching_);
    watcher_.Hit(exhibit, place, content);
  }
  if (options_.stop_at_hits > 0 && tally_.hit_places >= options_.stop_at_hits) {
    NoteEnding(Ending::kEnoughHits);
  }
}

}  // namespace

StatusOr<ScanResult> RunScan(const ScanOptions& options, const ScanParts& parts,
                             ScanWatcher& watcher, std::stop_token stop) {
  return Driver(options, parts, watcher, std::move(stop)).Run();
}

}  // namespace kenal::scan
