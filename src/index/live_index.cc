#include "src/index/live_index.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>

#include "src/base/check.h"
#include "src/base/mutex.h"
#include "src/index/part_set.h"
#include "src/index/segment.h"
#include "src/index/snapshot.h"

namespace kenal::index {
namespace {

// A part is merged with its elder unless the elder is this many times larger:
// few parts to search, and each posting copied a logarithmic number of times.
constexpr uint64_t kElderTimes = 8;

// A segment is written again when less than this share of it is alive.
constexpr double kLiveShareMin = 0.75;

// Sealed parts that wait for the merging thread. Beyond this the writer
// merges by itself, so that searches stay fast under any stream of changes.
constexpr size_t kPartsMax = 24;

// Readers are done with a part after some milliseconds.
constexpr std::chrono::milliseconds kRetiredLook{2};

// Building with a second thread pays from here on.
constexpr uint64_t kThreadedSlots = 1'000'000;

int ThreadsFor(uint64_t slots) { return slots < kThreadedSlots ? 1 : 2; }

// The parts [first, first + count) to merge next, if any.
struct MergePlan {
  size_t first = 0;
  size_t count = 0;
};

// begin  parts before it are left alone.
std::optional<MergePlan> PlanMerge(const std::vector<PartView>& parts,
                                   size_t begin) {
  const size_t sealed = parts.size() - 1;
  // From the youngest: the longest tail that no elder outweighs.
  for (size_t end = sealed; end > begin; --end) {
    size_t first = end - 1;
    uint64_t live = parts[first].live();
    while (first > begin && parts[first - 1].live() <= live * kElderTimes) {
      live += parts[--first].live();
    }
    if (end - first > 1) return MergePlan{first, end - first};
  }
  for (size_t i = begin; i < sealed; ++i) {
    const bool is_fresh =
        dynamic_cast<const Fresh*>(parts[i].part.get()) != nullptr;
    const double live_min = kLiveShareMin * static_cast<double>(parts[i].slots);
    if (is_fresh || static_cast<double>(parts[i].live()) < live_min) {
      return MergePlan{i, 1};
    }
  }
  return std::nullopt;
}

PartView Merge(std::span<const PartView> views) {
  uint64_t count = 0;
  for (const PartView& view : views) count += view.live();
  std::vector<Posting> live;
  live.reserve(count);
  std::vector<size_t> begins;
  for (const PartView& view : views) {
    begins.push_back(live.size());
    view.part->AppendLive(view, live);
  }
  MergeSorted(live, begins);
  const int threads = ThreadsFor(live.size());
  return SegmentOf(std::move(live), threads);
}

class Live final : public LiveIndex {
 public:
  Live(std::shared_ptr<const PartSet> set, std::shared_ptr<Fresh> fresh)
      : fresh_(std::move(fresh)), current_(std::move(set)) {
    merger_ = std::thread([this] { MergeLoop(); });
  }

  ~Live() override {
    {
      base::MutexLock lock(write_mutex_);
      stopping_ = true;
    }
    changed_.NotifyAll();
    merger_.join();
  }

  void Fold(const Delta& delta) override {
    base::MutexLock lock(write_mutex_);
    const std::shared_ptr<const PartSet> from = Pointer();
    KENAL_CHECK(delta.sequence > from->sequence());
    Folding folding(*from, fresh_);
    folding.Apply(delta);
    Publish(folding, delta.sequence);
    while (Pointer()->parts().size() - merging_end_ > kPartsMax) MergeOnce();
    if (MayMerge() || !retired_.empty()) changed_.NotifyAll();
  }

  std::shared_ptr<const IndexSet> Current() const override { return Pointer(); }

  Status Save(const std::string& path,
              const SnapshotOrigin& origin) const override {
    return SaveSnapshot(path, origin, *Pointer());
  }

  void WaitForMerges() override {
    base::MutexLock lock(write_mutex_);
    changed_.Wait(write_mutex_,
                  [this] { return merging_end_ == 0 && !MayMerge(); });
  }

 private:
  std::shared_ptr<const PartSet> Pointer() const {
    base::MutexLock lock(pointer_mutex_);
    return current_;
  }

  void Publish(Folding& folding, Sequence at) KENAL_REQUIRES(write_mutex_) {
    std::shared_ptr<const PartSet> next = folding.Finish(at);
    fresh_ = folding.fresh();
    base::MutexLock lock(pointer_mutex_);
    current_.swap(next);  // The old one dies after the lock is gone.
  }

  bool MayMerge() const { return PlanMerge(Pointer()->parts(), 0).has_value(); }

  // Merges without letting go of the lock, what is not being merged already.
  void MergeOnce() KENAL_REQUIRES(write_mutex_) {
    const std::shared_ptr<const PartSet> from = Pointer();
    const std::optional<MergePlan> plan =
        PlanMerge(from->parts(), merging_end_);
    KENAL_CHECK(plan.has_value());
    const auto views =
        std::span(from->parts()).subspan(plan->first, plan->count);
    Folding folding(*from, fresh_);
    folding.Replace(plan->first, views, Merge(views));
    Publish(folding, from->sequence());
    Retire(views);
  }

  // A reader that lets go of a part last would give its gigabytes back, which
  // takes tens of milliseconds; so the merging thread lets go of it last.
  void Retire(std::span<const PartView> views) KENAL_REQUIRES(write_mutex_) {
    for (const PartView& view : views) retired_.push_back(view.part);
  }

  // Without the lock: a fold may wait.
  void FreeRetired() KENAL_REQUIRES(write_mutex_) {
    std::vector<std::shared_ptr<const Part>> retired = std::move(retired_);
    retired_.clear();
    write_mutex_.Unlock();
    std::erase_if(retired,
                  [](const auto& part) { return part.use_count() == 1; });
    if (!retired.empty()) std::this_thread::sleep_for(kRetiredLook);
    write_mutex_.Lock();
    retired_.insert(retired_.end(), retired.begin(), retired.end());
  }

  void MergeLoop() {
    base::MutexLock lock(write_mutex_);
    while (!stopping_) {
      if (MayMerge()) {
        MergeAside();
        changed_.NotifyAll();
      }
      if (!retired_.empty()) {
        FreeRetired();
      } else if (!MayMerge()) {
        changed_.Wait(write_mutex_, [this] {
          return stopping_ || MayMerge() || !retired_.empty();
        });
      }
    }
  }

  // Merges while others fold; takes the lock back to swap the result in.
  void MergeAside() KENAL_REQUIRES(write_mutex_) {
    std::shared_ptr<const PartSet> from = Pointer();
    const MergePlan plan = *PlanMerge(from->parts(), 0);
    const auto views = std::span(from->parts()).subspan(plan.first, plan.count);
    merging_end_ = plan.first + plan.count;
    write_mutex_.Unlock();
    PartView merged = Merge(views);
    write_mutex_.Lock();
    std::shared_ptr<const PartSet> now = Pointer();
    Folding folding(*now, fresh_);
    folding.Replace(plan.first, views, std::move(merged));
    Publish(folding, now->sequence());
    merging_end_ = 0;
    Retire(views);
  }

  // Held by a fold, and by the merging thread while it swaps its result in.
  // A reader never takes it.
  base::Mutex write_mutex_;
  base::CondVar changed_;
  bool stopping_ KENAL_GUARDED_BY(write_mutex_) = false;
  // The merging thread is at work on parts before this one; 0: it is not.
  size_t merging_end_ KENAL_GUARDED_BY(write_mutex_) = 0;
  std::shared_ptr<Fresh> fresh_ KENAL_GUARDED_BY(write_mutex_);
  std::vector<std::shared_ptr<const Part>> retired_
      KENAL_GUARDED_BY(write_mutex_);
  std::thread merger_;

  // Held for the copy of one pointer.
  mutable base::Mutex pointer_mutex_;
  std::shared_ptr<const PartSet> current_ KENAL_GUARDED_BY(pointer_mutex_);
};

}  // namespace

StatusOr<std::unique_ptr<LiveIndex>> LiveIndex::Build(Sequence sequence,
                                                      const PostingWalk& walk) {
  std::vector<Posting> postings;
  KENAL_TRY(walk([&](const Posting& posting) { postings.push_back(posting); }));
  RowCounts counts;
  std::vector<PartView> parts;
  if (!postings.empty()) {
    const int threads = ThreadsFor(postings.size());
    auto segment = std::make_shared<Segment>(std::move(postings), threads);
    for (const SignalType type : {SignalType::kPdq, SignalType::kMd5,
                                  SignalType::kSha1, SignalType::kSha256}) {
      counts.Of(type) += segment->row_count(type);
    }
    const uint64_t slots = segment->slot_count();
    parts.push_back({.part = std::move(segment), .slots = slots});
  }
  auto fresh = std::make_shared<Fresh>();
  parts.push_back({.part = fresh});
  auto set = std::make_shared<PartSet>(sequence, std::move(parts), counts);
  return std::make_unique<Live>(std::move(set), std::move(fresh));
}

StatusOr<std::unique_ptr<LiveIndex>> LiveIndex::Load(
    const std::string& path, const SnapshotOrigin& expected) {
  auto fresh = std::make_shared<Fresh>();
  KENAL_TRY_ASSIGN(std::shared_ptr<const PartSet> set,
                   LoadSnapshot(path, expected, fresh));
  return std::make_unique<Live>(std::move(set), std::move(fresh));
}

}  // namespace kenal::index
