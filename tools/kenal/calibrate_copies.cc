#include "tools/kenal/calibrate_copies.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "kenal/explain.h"
#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/base/mutex.h"
#include "src/decode/limits.h"
#include "src/decode/worker_process.h"
#include "src/exchange/text.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;
using decode::Outcome;
using decode::WorkerProcess;

constexpr uint64_t kFileBytesMax = decode::kInputBytesMax - kOrderBytes;

// The same for the same picture, wherever it lies.
uint64_t SeedOf(const Sha256& digest, uint32_t alteration) {
  uint64_t seed = 0;
  for (size_t i = 0; i < 8; ++i) seed = seed << 8 | digest.bytes[i];
  return seed ^ (uint64_t{alteration} + 1) * 0x9E3779B97F4A7C15;
}

SignalSet EntryOf(const CalibratedPicture& picture) {
  SignalSet entry;
  for (const CalibratedHash& row : picture.rows) {
    entry.pdq.push_back(PdqView{.view = row.view,
                                .hash = row.hash,
                                .template_like = row.template_like});
  }
  return entry;
}

// The nearest hit of a copy on its picture.
std::optional<int> NearestHit(const Outcome& copy, const SignalSet& entry,
                              Effort effort) {
  SignalSet query;
  query.pdq = copy.views;
  const Explanation told = Explain(query, entry, CalibratedPolicy(), effort);
  if (told.views.empty()) return std::nullopt;
  const Comparison& first = told.views.front();  // Hits come first.
  if (first.finding != Finding::kMatch && first.finding != Finding::kReview) {
    return std::nullopt;
  }
  return first.distance;
}

// One helper process. Used by the thread that made it, which it ends with.
class Helper {
 public:
  explicit Helper(std::string path) : path_(std::move(path)) {}

  // Of the file, or of the file of the call before when it is empty. Unset
  // when the helper died or overran, or could not be started.
  std::optional<Outcome> Ask(const CopyOrder& order,
                             std::span<const uint8_t> file,
                             const decode::DecodeWork& work) {
    if (!Start()) return std::nullopt;
    const auto head = EncodeOrder(order);
    std::vector<uint8_t> input(head.begin(), head.end());
    input.insert(input.end(), file.begin(), file.end());
    WorkerProcess::Result result = process_->Decode(input, work);
    if (!result.outcome) process_.reset();
    return std::move(result.outcome);
  }

  bool is_running() const { return process_ != nullptr; }

 private:
  bool Start() {
    if (process_ != nullptr) return true;
    auto process = WorkerProcess::Launch(path_);
    if (!process.ok() || !(*process)->AwaitHello().ok()) return false;
    process_ = *std::move(process);
    return true;
  }

  const std::string path_;
  std::unique_ptr<WorkerProcess> process_;
};

enum class Made : uint8_t { kAll, kUnread, kFailed, kStopped };

struct PictureCopies {
  Made made = Made::kAll;
  std::string why;  // of kFailed
  std::array<std::optional<int>, kAlterationCount> distances;
};

PictureCopies Failed(const CalibratedPicture& picture, const char* why) {
  return {.made = Made::kFailed, .why = picture.path + ": " + why};
}

PictureCopies MakeCopies(Helper& helper, const CalibratedPicture& picture,
                         Effort effort, const std::stop_token& stop) {
  const auto file = base::ReadFile(picture.path, kFileBytesMax);
  if (!file.ok()) {
    return {.made = Made::kFailed, .why = std::string(file.status().message())};
  }
  if (base::Sha256Of(*file) != picture.digest.bytes) {
    return Failed(picture, "changed while it was looked at");
  }
  const decode::DecodeWork work{.views = QueryViews(effort)};
  const SignalSet entry = EntryOf(picture);
  PictureCopies copies;
  for (uint32_t i = 0; i < kAlterationCount; ++i) {
    if (stop.stop_requested()) return {.made = Made::kStopped};
    const bool holds = i > 0 && helper.is_running();
    const auto outcome =
        helper.Ask({.alteration = i, .seed = SeedOf(picture.digest, i)},
                   holds ? std::span<const uint8_t>() : *file, work);
    if (!outcome) {
      return Failed(picture, "its copies took too much time or memory");
    }
    if (outcome->reason == decode::Reason::kFeatureNotDecoded) {
      return {.made = Made::kUnread};
    }
    if (outcome->reason != decode::Reason::kNone) {
      return Failed(picture, "no copies could be made of it");
    }
    copies.distances[i] = NearestHit(*outcome, entry, effort);
  }
  return copies;
}

void Count(const PictureCopies& copies, CopyFigures& figures) {
  if (copies.made == Made::kStopped) return;
  if (copies.made == Made::kUnread) ++figures.unread_count;
  if (copies.made == Made::kFailed) ++figures.failed_count;
  if (copies.made != Made::kAll) return;
  ++figures.picture_count;
  for (size_t i = 0; i < kAlterationCount; ++i) {
    AlterationFigures& alteration = figures.alterations[i];
    ++alteration.copy_count;
    if (!copies.distances[i]) continue;
    for (size_t r = static_cast<size_t>(*copies.distances[i]); r < kRadiusCount;
         ++r) {
      ++alteration.found[r];
    }
  }
}

}  // namespace

std::string CopyHelperPath() {
  std::error_code ignored;
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
  return self.parent_path() / "kenal-calibrate";
}

Status CheckCopyHelper(const std::string& helper) {
  if (access(helper.c_str(), X_OK) != 0) {
    return NotFound(exchange::ForDisplay(helper) +
                    ": not there or not to be run; it belongs beside kenal "
                    "(--copies 0 does without altered copies)");
  }
  KENAL_TRY_ASSIGN(const auto process, WorkerProcess::Launch(helper));
  return process->AwaitHello();
}

CopyFigures MeasureCopies(std::span<const CalibratedPicture> pictures,
                          const std::string& helper, const CopiesAsked& asked,
                          const std::stop_token& stop,
                          const std::function<void(size_t)>& progress,
                          const std::function<void(const std::string&)>& say) {
  CopyFigures figures;
  if (asked.picture_count == 0) return figures;
  const std::vector<size_t> chosen =
      ChosenOf(pictures.size(), asked.picture_count);
  std::atomic<size_t> next{0};
  base::Mutex mutex;
  size_t done = 0;
  const auto work = [&] {
    Helper process(helper);
    while (!stop.stop_requested()) {
      const size_t at = next++;
      if (at >= chosen.size()) return;
      const PictureCopies copies =
          MakeCopies(process, pictures[chosen[at]], asked.effort, stop);
      if (!copies.why.empty()) say(copies.why);
      const base::MutexLock lock(mutex);
      Count(copies, figures);
      progress(++done);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < asked.workers; ++i) threads.emplace_back(work);
  }
  figures.interrupted =
      stop.stop_requested() &&
      figures.picture_count + figures.unread_count + figures.failed_count <
          chosen.size();
  return figures;
}

}  // namespace kenal::cli
