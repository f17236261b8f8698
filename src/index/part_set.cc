#include "src/index/part_set.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/index/key_table.h"
#include "src/index/segment.h"

namespace kenal::index {

void PartSet::FindNear(std::span<const PdqHash> queries, Radius radius,
                       std::vector<NearHit>& hits) const {
  KENAL_CHECK(radius.bits >= 0 && radius.bits <= kRadiusBitsMax);
  for (const PartView& view : parts_) {
    view.part->FindNear(view, queries, radius, hits);
  }
}

void PartSet::FindDigests(std::span<const DigestQuery> queries,
                          std::vector<DigestHit>& hits) const {
  for (uint32_t query = 0; query < queries.size(); ++query) {
    KENAL_CHECK(queries[query].type != SignalType::kPdq);
    for (const PartView& view : parts_) {
      view.part->VisitHolders(view, queries[query].type, queries[query].bits,
                              [&](uint64_t slot, EntryId entry) {
                                if (!view.IsDead(slot)) {
                                  hits.push_back({query, entry});
                                }
                                return true;
                              });
    }
  }
}

uint64_t PartSet::size_bytes() const {
  uint64_t bytes = 0;
  for (const PartView& view : parts_) bytes += view.part->size_bytes();
  return bytes;
}

PartView SegmentOf(std::vector<Posting> postings, int threads) {
  auto segment = std::make_shared<Segment>(std::move(postings), threads);
  const uint64_t slots = segment->slot_count();
  return {.part = std::move(segment), .slots = slots};
}

Folding::Folding(const PartSet& from, std::shared_ptr<Fresh> fresh)
    : parts_(from.parts()),
      editors_(parts_.size()),
      counts_(from.counts()),
      fresh_(std::move(fresh)) {
  KENAL_CHECK(parts_.back().part == fresh_);
}

std::vector<Folding::Step> Folding::StepsOf(const Delta& delta) {
  std::vector<Step> steps;
  steps.reserve(delta.removed.size() + delta.added.size());
  const auto push = [&](const Posting& posting, bool adds) {
    Step& step = steps.emplace_back(Step{.posting = &posting, .adds = adds});
    std::memcpy(&step.lead, posting.bits.data(), sizeof step.lead);
  };
  for (const Posting& posting : delta.removed) push(posting, false);
  for (const Posting& posting : delta.added) push(posting, true);
  std::ranges::sort(steps, [](const Step& a, const Step& b) {
    if (a.lead != b.lead) return a.lead < b.lead;
    const int order = OrderOfSignals(*a.posting, *b.posting);
    return order != 0 ? order < 0 : a.adds < b.adds;
  });
  return steps;
}

void Folding::Apply(const Delta& delta) {
  const std::vector<Step> steps = StepsOf(delta);
  std::vector<Posting> added;
  for (size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
    while (end < steps.size() &&
           OrderOfSignals(*steps[begin].posting, *steps[end].posting) == 0) {
      ++end;
    }
    ApplyToSignal(std::span(steps).subspan(begin, end - begin), added);
  }
  if (added.size() > kFreshDeltaMax) return AppendSegment(std::move(added));
  SortPostings(added);  // A delta may repeat itself.
  for (const Posting& posting : added) Append(posting);
}

void Folding::ApplyToSignal(std::span<const Step> steps,
                            std::vector<Posting>& added) {
  const Posting& signal = *steps.front().posting;
  bool was_live = false;
  size_t at = 0;
  for (; at < steps.size() && !steps[at].adds; ++at) {
    if (Remove(*steps[at].posting)) was_live = true;
  }
  const bool adds = at < steps.size();
  if (adds && !was_live) was_live = AnyLive(signal);
  for (; at < steps.size(); ++at) {
    if (!Revive(*steps[at].posting)) added.push_back(*steps[at].posting);
  }
  const bool is_live = adds || (was_live && AnyLive(signal));
  if (was_live && !is_live) --counts_.Of(signal.type);
  if (is_live && !was_live) ++counts_.Of(signal.type);
}

bool Folding::Remove(const Posting& posting) {
  const std::optional<Place> place = Find(posting);
  if (!place || IsDead(place->part, place->slot)) return false;
  EditorOf(place->part).Set(place->slot, true);
  return true;
}

bool Folding::Revive(const Posting& posting) {
  const std::optional<Place> place = Find(posting);
  if (!place) return false;
  if (IsDead(place->part, place->slot)) {
    EditorOf(place->part).Set(place->slot, false);
  }
  return true;
}

void Folding::Append(const Posting& posting) {
  if (fresh_->full()) Seal();
  fresh_->Append(posting);
  parts_.back().slots = fresh_->slots();
  parts_.back().pdq_rows = fresh_->pdq_rows();
}

void Folding::Seal() {
  fresh_ = std::make_shared<Fresh>();
  parts_.push_back({.part = fresh_});
  editors_.emplace_back();
}

void Folding::AppendSegment(std::vector<Posting> postings) {
  const auto before_fresh = static_cast<ptrdiff_t>(parts_.size()) - 1;
  parts_.insert(parts_.begin() + before_fresh,
                SegmentOf(std::move(postings), 1));
  editors_.emplace(editors_.begin() + before_fresh);
}

void Folding::Replace(size_t first, std::span<const PartView> before,
                      PartView merged) {
  DeadBitsEditor dead(nullptr);
  std::vector<Posting> revived;
  for (size_t i = 0; i < before.size(); ++i) {
    const PartView& now = parts_[first + i];
    KENAL_CHECK(now.part == before[i].part && !editors_[first + i]);
    DeadBits::ForEachDifference(before[i].dead.get(), now.dead.get(),
                                [&](uint64_t slot) {
                                  const Posting posting = now.part->At(slot);
                                  if (!now.IsDead(slot)) {
                                    revived.push_back(posting);
                                    return;
                                  }
                                  const std::optional<uint64_t> place =
                                      merged.part->Find(merged, posting);
                                  KENAL_CHECK(place.has_value());
                                  dead.Set(*place, true);
                                });
  }
  if (!dead.empty()) merged.dead = dead.Finish();
  const auto begin = static_cast<ptrdiff_t>(first);
  const auto end = begin + static_cast<ptrdiff_t>(before.size());
  parts_.erase(parts_.begin() + begin, parts_.begin() + end);
  editors_.erase(editors_.begin() + begin, editors_.begin() + end);
  if (merged.slots > 0) {
    parts_.insert(parts_.begin() + begin, std::move(merged));
    editors_.emplace(editors_.begin() + begin);
  }
  for (const Posting& posting : revived) Append(posting);
}

std::shared_ptr<const PartSet> Folding::Finish(Sequence at) {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (editors_[i]) parts_[i].dead = editors_[i]->Finish();
  }
  return std::make_shared<PartSet>(at, std::move(parts_), counts_);
}

std::optional<Folding::Place> Folding::Find(const Posting& posting) const {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (const auto slot = parts_[i].part->Find(parts_[i], posting)) {
      return Place{i, *slot};
    }
  }
  return std::nullopt;
}

bool Folding::AnyLive(const Posting& posting) const {
  bool any = false;
  for (size_t i = 0; i < parts_.size() && !any; ++i) {
    parts_[i].part->VisitHolders(parts_[i], posting.type, posting.bits,
                                 [&](uint64_t slot, EntryId) {
                                   any = !IsDead(i, slot);
                                   return !any;
                                 });
  }
  return any;
}

bool Folding::IsDead(size_t part, uint64_t slot) const {
  return editors_[part] ? editors_[part]->Has(slot) : parts_[part].IsDead(slot);
}

DeadBitsEditor& Folding::EditorOf(size_t part) {
  if (!editors_[part]) editors_[part].emplace(parts_[part].dead.get());
  return *editors_[part];
}

}  // namespace kenal::index
