#include "src/index/live_index.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "src/base/check.h"
#include "src/base/mutex.h"
#include "src/index/fresh.h"
#include "src/index/part.h"
#include "src/index/segment.h"

namespace kenal::index {
namespace {

struct Counts {
  uint64_t pdq_rows = 0;
  uint64_t digest_rows = 0;
  uint64_t& Of(SignalType type) {
    return type == SignalType::kPdq ? pdq_rows : digest_rows;
  }
};

class Set final : public IndexSet {
 public:
  Set(Sequence at, std::vector<PartView> parts, Counts counts)
      : sequence_(at), parts_(std::move(parts)), counts_(counts) {}

  Sequence sequence() const override { return sequence_; }

  void FindNear(std::span<const PdqHash> queries, Radius radius,
                std::vector<NearHit>& hits) const override {
    KENAL_CHECK(radius.bits >= 0 && radius.bits <= kRadiusBitsMax);
    for (const PartView& view : parts_) {
      view.part->FindNear(view, queries, radius, hits);
    }
  }

  void FindDigests(std::span<const DigestQuery> queries,
                   std::vector<DigestHit>& hits) const override {
    for (uint32_t query = 0; query < queries.size(); ++query) {
      KENAL_CHECK(queries[query].type != SignalType::kPdq);
      for (const PartView& view : parts_) {
        view.part->VisitHolders(view, queries[query].type, queries[query].bits,
                                [&](const Holder& holder) {
                                  if (view.IsDead(holder.slot)) return;
                                  hits.push_back({query, holder.entry});
                                });
      }
    }
  }

  uint64_t pdq_rows() const override { return counts_.pdq_rows; }
  uint64_t digest_rows() const override { return counts_.digest_rows; }
  uint64_t size_bytes() const override {
    uint64_t bytes = 0;
    for (const PartView& view : parts_) bytes += view.part->size_bytes();
    return bytes;
  }

  const std::vector<PartView>& parts() const { return parts_; }
  const Counts& counts() const { return counts_; }

 private:
  const Sequence sequence_;
  const std::vector<PartView> parts_;  // the fresh one last
  const Counts counts_;
};

// Where a posting is, if it is.
struct Place {
  size_t part = 0;
  uint64_t slot = 0;
};

// Folds one delta into the parts of a set.
class Folding {
 public:
  Folding(const Set& base, std::shared_ptr<Fresh> fresh)
      : parts_(base.parts()), counts_(base.counts()), fresh_(std::move(fresh)) {
    editors_.resize(parts_.size());
  }

  void Add(const Posting& posting) {
    const Found found = Look(posting);
    if (found.place && !found.dead) return;
    if (!found.any_live) ++counts_.Of(posting.type);
    if (found.place) {
      EditorOf(found.place->part).Set(found.place->slot, false);
      return;
    }
    if (fresh_->full()) Freeze();
    fresh_->Append(posting);
    parts_.back().slots = fresh_->slots();
    parts_.back().pdq_rows = fresh_->pdq_rows();
  }

  void Remove(const Posting& posting) {
    const Found found = Look(posting);
    if (!found.place || found.dead) return;
    EditorOf(found.place->part).Set(found.place->slot, true);
    if (found.live_count == 1) --counts_.Of(posting.type);
  }

  // Replaces the fresh part by a segment and merges the tail of small ones.
  void Freeze();

  std::shared_ptr<const Set> Finish(Sequence at) {
    CloseEditors();
    return std::make_shared<Set>(at, std::move(parts_), counts_);
  }
  const std::shared_ptr<Fresh>& fresh() const { return fresh_; }

 private:
  struct Found {
    std::optional<Place> place;
    bool dead = false;
    bool any_live = false;
    uint64_t live_count = 0;
  };

  bool IsDead(size_t part, uint64_t slot) const {
    return editors_[part] ? editors_[part]->Has(slot)
                          : parts_[part].IsDead(slot);
  }

  Found Look(const Posting& posting) const {
    Found found;
    for (size_t i = 0; i < parts_.size(); ++i) {
      parts_[i].part->VisitHolders(
          parts_[i], posting.type, posting.bits, [&](const Holder& holder) {
            const bool dead = IsDead(i, holder.slot);
            if (!dead) ++found.live_count;
            if (holder.entry == posting.entry && holder.view == posting.view) {
              found.place = Place{i, holder.slot};
              found.dead = dead;
            }
          });
    }
    found.any_live = found.live_count > 0;
    return found;
  }

  DeadBitsEditor& EditorOf(size_t part) {
    if (!editors_[part]) editors_[part].emplace(parts_[part].dead.get());
    return *editors_[part];
  }

  void CloseEditors() {
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (editors_[i]) parts_[i].dead = editors_[i]->Finish();
      editors_[i].reset();
    }
  }

  std::vector<PartView> parts_;
  Counts counts_;
  std::shared_ptr<Fresh> fresh_;
  std::vector<std::optional<DeadBitsEditor>> editors_;
};

PartView ViewOf(std::shared_ptr<const Part> part) {
  return PartView{.part = std::move(part)};
}

// A segment is merged with its elder when it has grown to this share of it,
// so that each posting is copied a logarithmic number of times.
constexpr uint64_t kMergeShare = 4;

void Folding::Freeze() {
  CloseEditors();
  size_t first = parts_.size() - 1;
  uint64_t size = parts_[first].slots;
  while (first > 0 &&
         parts_[first - 1].part->slot_count() <= size * kMergeShare) {
    --first;
    size += parts_[first].part->slot_count();
  }
  std::vector<Posting> live;
  for (size_t i = first; i < parts_.size(); ++i) {
    parts_[i].part->AppendLive(parts_[i], live);
  }
  parts_.resize(first);
  parts_.push_back(ViewOf(std::make_shared<Segment>(std::move(live))));
  fresh_ = std::make_shared<Fresh>();
  parts_.push_back(ViewOf(fresh_));
  editors_.assign(parts_.size(), std::nullopt);
}

class Live final : public LiveIndex {
 public:
  Live(std::shared_ptr<const Set> set, std::shared_ptr<Fresh> fresh)
      : fresh_(std::move(fresh)), current_(std::move(set)) {}

  void Fold(const Delta& delta) override {
    std::shared_ptr<const Set> from = Pointer();
    KENAL_CHECK(delta.sequence > from->sequence());
    Folding folding(*from, fresh_);
    for (const Posting& posting : delta.removed) folding.Remove(posting);
    for (const Posting& posting : delta.added) folding.Add(posting);
    std::shared_ptr<const Set> next = folding.Finish(delta.sequence);
    fresh_ = folding.fresh();
    base::MutexLock lock(mutex_);
    current_.swap(next);
  }

  std::shared_ptr<const IndexSet> Current() const override { return Pointer(); }

 private:
  std::shared_ptr<const Set> Pointer() const {
    base::MutexLock lock(mutex_);
    return current_;
  }

  std::shared_ptr<Fresh> fresh_;  // the writer's
  // Held for the copy of one pointer.
  mutable base::Mutex mutex_;
  std::shared_ptr<const Set> current_ GUARDED_BY(mutex_);
};

}  // namespace

StatusOr<std::unique_ptr<LiveIndex>> LiveIndex::Build(Sequence sequence,
                                                      const PostingWalk& walk) {
  std::vector<Posting> postings;
  KENAL_TRY(walk([&](const Posting& posting) { postings.push_back(posting); }));
  Counts counts;
  std::vector<PartView> parts;
  if (!postings.empty()) {
    auto segment = std::make_shared<Segment>(std::move(postings));
    for (const SignalType type : {SignalType::kPdq, SignalType::kMd5,
                                  SignalType::kSha1, SignalType::kSha256}) {
      counts.Of(type) += segment->row_count(type);
    }
    parts.push_back(ViewOf(std::move(segment)));
  }
  auto fresh = std::make_shared<Fresh>();
  parts.push_back(ViewOf(fresh));
  auto set = std::make_shared<Set>(sequence, std::move(parts), counts);
  return std::make_unique<Live>(std::move(set), std::move(fresh));
}

}  // namespace kenal::index
