#include "src/engine/decisions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace kenal::engine {
namespace {

// The decisions that a query met about one entry.
class DecisionsMet {
 public:
  void Add(const Hit& decision) {
    const auto [kept, is_first] =
        by_part_.try_emplace(PartOf(decision), decision);
    if (!is_first && ComesBefore(decision, kept->second)) {
      kept->second = decision;
    }
  }

  // The one that speaks for `hit`; null: none does.
  const Hit* On(const Hit& hit) const {
    for (const View part : {kWhole, PartOf(hit)}) {
      const auto found = by_part_.find(part);
      if (found != by_part_.end()) return &found->second;
    }
    return nullptr;
  }

 private:
  static constexpr View kWhole = View::kStored;

  // The whole, turned or not, stands for every view of it.
  static View PartOf(const Hit& hit) {
    const View view = hit.transform.query_view;
    const bool whole = hit.signal != SignalType::kPdq ||
                       kWholeViews.Contains(view) || view == View::kTurned;
    return whole ? kWhole : view;
  }

  std::map<View, Hit> by_part_;
};

}  // namespace

StatusOr<std::shared_ptr<const Decisions>> Decisions::Open(
    const catalogue::Catalogue& catalogue) {
  std::vector<Overruling> all;
  KENAL_TRY(catalogue.VisitOverrulings(
      [&](const Overruling& one) { all.push_back(one); }));
  std::ranges::sort(all, {}, &Overruling::decision);
  return std::shared_ptr<const Decisions>(new Decisions(std::move(all)));
}

std::shared_ptr<const Decisions> Decisions::Fold(
    std::shared_ptr<const Decisions> before,
    std::span<const Overruling> changes) {
  if (changes.empty()) return before;
  std::vector<Overruling> changed(changes.begin(), changes.end());
  std::ranges::stable_sort(changed, {}, &Overruling::decision);
  std::vector<Overruling> kept;
  std::ranges::set_difference(before->by_decision_, changed,
                              std::back_inserter(kept), {},
                              &Overruling::decision, &Overruling::decision);
  for (size_t i = 0; i < changed.size(); ++i) {
    const bool superseded = i + 1 < changed.size() &&
                            changed[i + 1].decision == changed[i].decision;
    if (superseded || changed[i].overruled == EntryId{}) continue;
    kept.push_back(changed[i]);
  }
  std::ranges::sort(kept, {}, &Overruling::decision);
  return std::shared_ptr<const Decisions>(new Decisions(std::move(kept)));
}

EntryId Decisions::OverruledBy(EntryId decision) const {
  const auto found = std::ranges::lower_bound(by_decision_, decision, {},
                                              &Overruling::decision);
  const bool is_there =
      found != by_decision_.end() && found->decision == decision;
  return is_there ? found->overruled : EntryId{};
}

OverruledEntries OverruledIn(std::span<const Hit> hits,
                             const Decisions& decisions) {
  OverruledEntries overruled;
  if (decisions.empty()) return overruled;
  std::unordered_map<uint64_t, DecisionsMet> met;
  for (const Hit& hit : hits) {
    const bool counts = hit.list->purpose == Purpose::kOwnDecisions &&
                        hit.tier == Tier::kMatch && !hit.list->policy.shadow;
    if (!counts) continue;
    const EntryId entry = decisions.OverruledBy(hit.entry);
    if (entry != EntryId{}) met[entry.value].Add(hit);
  }
  if (met.empty()) return overruled;
  for (const Hit& hit : hits) {
    const auto found = met.find(hit.entry.value);
    if (found == met.end() || hit.signal != SignalType::kPdq) continue;
    const Hit* decision = found->second.On(hit);
    if (decision == nullptr) {
      overruled.erase(hit.entry.value);
      met.erase(found);
      continue;
    }
    const auto [kept, is_first] =
        overruled.try_emplace(hit.entry.value, *decision);
    if (!is_first && ComesBefore(*decision, kept->second)) {
      kept->second = *decision;
    }
  }
  return overruled;
}

}  // namespace kenal::engine
