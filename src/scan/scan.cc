#include "src/scan/scan.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "src/base/clock.h"
#include "src/custody/format.h"
#include "src/scan/custody_records.h"
#include "src/scan/driver.h"

namespace kenal::scan {
namespace {

using findings::Ending;
using findings::Exhibit;
using findings::Place;
using Clock = std::chrono::steady_clock;

// What one thread takes at a time: enough to ask in batches, little enough for
// a first hit to come soon.
constexpr size_t kGroupFiles = 64;
constexpr uint64_t kGroupBytes = 8 << 20;

// At most this much work is done again after the power went.
constexpr std::chrono::milliseconds kSyncEvery{500};
constexpr std::chrono::milliseconds kTellEvery{200};
constexpr std::chrono::milliseconds kLookEvery{20};

double Seconds(Clock::duration passed) {
  return std::chrono::duration<double>(passed).count();
}

}  // namespace

bool Driver::IsOver() {
  if (ending_.load() != Ending::kRunning) return true;
  if (stop_.stop_requested()) {
    NoteEnding(Ending::kInterrupted);
  } else if (options_.time_budget &&
             Clock::now() - start_ >= *options_.time_budget) {
    NoteEnding(Ending::kTimeBudget);
  }
  return ending_.load() != Ending::kRunning;
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
  // A wrong path is told before anything is made or read.
  const bool is_begun = findings::Journal::IsIn(options_.folder);
  if (!is_begun) KENAL_TRY(CheckExhibits());
  KENAL_TRY_ASSIGN(
      journal_, OpenRunFolder(options_.folder, run_, options_.exhibits, *judge_,
                              earlier_));
  judge_->Begin(*journal_);
  exhibits_ = earlier_.exhibits;
  const bool is_new = !earlier_.run;
  run_.started_unix_ms = base::NowUnixMs();
  if (!is_new) {
    GoOnFrom(*earlier_.run);
    if (findings::IsFinal(run_.ending)) return OpenLog(is_new);
    run_.ending = Ending::kRunning;
  }
  if (is_begun) KENAL_TRY(CheckExhibits());
  PlanSample();
  ++run_.part_count;
  KENAL_TRY(OpenLog(is_new));
  // What the journal holds as done is in the log by then.
  journal_->WriteAfter([this] { return log_->Sync(); });
  KENAL_TRY(journal_->Put(run_));
  KENAL_TRY(journal_->Sync());
  examiner_ = std::make_unique<Examiner>(
      *judge_, *journal_, parts_.opener, earlier_.done,
      ExamineOptions{.scope = run_.scope, .large = &large_}, events_, tally_);
  return OkStatus();
}

// Everything else is as this part has it: who, with what, which lists.
void Driver::GoOnFrom(const findings::Run& before) {
  run_.sequence = before.sequence;
  run_.sample = before.sample;
  run_.started_unix_ms = before.started_unix_ms;
  run_.ended_unix_ms = before.ended_unix_ms;
  run_.working_ms = before.working_ms;
  run_.part_count = before.part_count;
  run_.ending = before.ending;
  if (options_.stop_at_hits > 0 &&
      earlier_.hit_places >= options_.stop_at_hits) {
    NoteEnding(Ending::kEnoughHits);
  }
}

// What is drawn when the run goes on is what was drawn before.
void Driver::PlanSample() {
  if (!options_.sample) return run_.sample.reset();
  const uint64_t seed = run_.sample ? run_.sample->seed : options_.sample->seed;
  run_.sample = {.confidence = options_.sample->confidence,
                 .material_bytes = options_.sample->material_bytes,
                 .seed = seed};
}

// All can be opened, and those that were begun are the same as before.
Status Driver::CheckExhibits() const {
  for (size_t i = 0; i < options_.exhibits.size(); ++i) {
    const Exhibit& exhibit = options_.exhibits[i];
    KENAL_TRY_ASSIGN(const std::string identity,
                     IdentityOf(exhibit, options_.times));
    if (i < earlier_.exhibits.size() &&
        identity != earlier_.exhibits[i].identity) {
      return FailedPrecondition(
          exhibit.path + ": is not what the scan in " + options_.folder +
          " was begun with; attach exhibit " + exhibit.id +
          " there, or give --out a new folder");
    }
  }
  return OkStatus();
}

Status Driver::AskForLists() {
  KENAL_TRY_ASSIGN(const StoreStats stats, parts_.curator.Stats());
  run_.store_id = stats.store_id;
  run_.log_head = stats.log_head;
  run_.log_chain = stats.log_chain;
  for (const ListInfo& list : stats.lists) {
    run_.lists.push_back(
        {.list = list.name,
         .purpose = list.purpose,
         .version = list.version,
         .entry_count = list.counts.active + list.counts.disputed,
         .shadow = list.policy.shadow,
         .skipped = list.policy.enabled ? "" : "disabled"});
  }
  const bool has_list =
      std::ranges::any_of(run_.lists, [](const findings::ListAsked& list) {
        return list.purpose == Purpose::kChildAbuse && list.skipped.empty() &&
               !list.shadow && list.entry_count > 0;
      });
  if (!has_list) {
    watcher_.Note(
        "no list of purpose child-abuse takes part: none is there, or they are "
        "empty or disabled");
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
  if (!IsOver() && failure().ok()) {
    if (Status status = HashImages(); !status.ok()) Fail(status);
  }
  work_done_ = true;
  syncer.join();
  return failure();
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
      ++sources_[number].reader_count;
    }
    KENAL_TRY_ASSIGN(std::vector<FoundFile> rest,
                     examiner_->Examine(*source, std::move(of_one)));
    LetGo(number, count - rest.size());
    bool is_read = false;
    {
      const base::MutexLock lock(mutex_);
      is_read = --sources_[number].reader_count > 0;
      std::ranges::move(rest, std::back_inserter(unreached_));
    }
    if (options_.sample && !is_read) source->Rest();
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
    if (IsOver()) {
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
    if (Status status = journal_->Sync(); !status.ok()) Fail(status);
    next_sync = Clock::now() + kSyncEvery;
  }
}

Status Driver::Finish() {
  if (stop_.stop_requested()) NoteEnding(Ending::kInterrupted);
  NoteEnding(Ending::kComplete);
  run_.ending = ending_.load();
  const bool is_short =
      run_.ending == Ending::kTimeBudget || run_.ending == Ending::kEnoughHits;
  if (is_short) KENAL_TRY(TellUnreached());
  run_.sequence = std::max(run_.sequence, judge_->sequence());
  run_.ended_unix_ms = base::NowUnixMs();
  run_.working_ms +=
      static_cast<int64_t>(Seconds(Clock::now() - start_) * 1000);
  KENAL_TRY(log_->Append("ended", EndOf(run_, tally_, judge_->counts())));
  KENAL_TRY(journal_->Put(run_));
  return journal_->Sync();
}

// What is left of each kind of file takes as long as what was done of it;
// a kind of which nothing was done yet, as long as all did.
std::optional<double> Driver::SecondsLeft(const Amounts& found) const {
  double seconds = 0;
  double cost = 0;
  for (size_t hint = 0; hint < kHintCount; ++hint) {
    seconds += tally_.seconds[hint];
    cost += tally_.cost[hint];
  }
  double left = 0;
  for (size_t hint = 0; hint < kHintCount; ++hint) {
    const double done = tally_.cost[hint];
    const double to_do = std::max(found.cost[hint] - done, 0.0);
    if (to_do == 0) continue;
    if (cost == 0) return std::nullopt;
    left += to_do * (done > 0 ? tally_.seconds[hint] / done : seconds / cost);
  }
  return left / options_.thread_count;
}

// At the pace so far, or before there is one, at that of a common machine.
double Driver::SecondsOfHashing() const {
  constexpr double kUsualBytesPerSecond = 300e6;
  const auto hashed = static_cast<double>(image_bytes_hashed_);
  const double left = std::max(static_cast<double>(image_bytes_) - hashed, 0.0);
  const double passed = Seconds(Clock::now() - start_) - hashing_began_;
  return hashed > 0 && passed > 0 ? left * passed / hashed
                                  : left / kUsualBytesPerSecond;
}

ScanProgress Driver::Measure() const {
  const Amounts found = queue_.found();
  ScanProgress progress{.files_done = tally_.files + done_before_files_,
                        .files_found = found.files + done_before_files_,
                        .bytes_done = tally_.bytes + done_before_bytes_,
                        .bytes_found = found.bytes + done_before_bytes_,
                        .all_found = all_found_,
                        .image_bytes_hashed = image_bytes_hashed_,
                        .image_bytes = image_bytes_,
                        .decoded = judge_->counts().decoded,
                        .hit_places = earlier_.hit_places + tally_.hit_places,
                        .not_examined = tally_.not_examined,
                        .seconds = Seconds(Clock::now() - start_)};
  if (progress.seconds > 0) {
    progress.bytes_per_second =
        static_cast<double>(tally_.bytes + image_bytes_hashed_) /
        progress.seconds;
  }
  if (progress.all_found) {
    progress.seconds_left = SecondsLeft(found);
    if (progress.seconds_left) *progress.seconds_left += SecondsOfHashing();
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
  if (options_.stop_at_hits > 0 &&
      earlier_.hit_places + tally_.hit_places >= options_.stop_at_hits) {
    NoteEnding(Ending::kEnoughHits);
  }
}

StatusOr<ScanResult> RunScan(const ScanOptions& options, const ScanParts& parts,
                             ScanWatcher& watcher, std::stop_token stop) {
  return Driver(options, parts, watcher, std::move(stop)).Run();
}

}  // namespace kenal::scan
