#include "src/engine/decisions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kenal::engine {

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
  for (const Hit& hit : hits) {
    const bool counts = hit.list->purpose == Purpose::kOwnDecisions &&
                        hit.tier == Tier::kMatch && !hit.list->policy.shadow;
    if (!counts) continue;
    const EntryId entry = decisions.OverruledBy(hit.entry);
    if (entry == EntryId{}) continue;
    const auto [found, is_first] = overruled.try_emplace(entry.value, hit);
    if (!is_first && ComesBefore(hit, found->second)) found->second = hit;
  }
  return overruled;
}

}  // namespace kenal::engine
