#include "src/engine/expiries.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kenal::engine {
namespace {

// Changes beyond this share of the settled ones, and this many, are merged.
constexpr size_t kRecentShare = 8;
constexpr size_t kRecentMin = 4096;

}  // namespace

StatusOr<std::unique_ptr<Expiries>> Expiries::Open(
    const catalogue::Catalogue& catalogue) {
  auto expiries = std::make_unique<Expiries>();
  base::MutexLock lock(expiries->mutex_);
  std::vector<Expiry>& settled = expiries->settled_;
  KENAL_TRY(catalogue.VisitExpiries(
      [&](const Expiry& one) { settled.push_back(one); }));
  std::ranges::sort(settled, {}, &Expiry::entry);
  expiries->any_ = !settled.empty();
  return expiries;
}

void Expiries::Fold(std::span<const Expiry> changes) {
  if (changes.empty()) return;
  base::MutexLock lock(mutex_);
  for (const Expiry& change : changes) {
    recent_.insert_or_assign(change.entry.value, change.unix_ms);
  }
  any_ = true;
  if (recent_.size() > kRecentMin + settled_.size() / kRecentShare) Merge();
}

void Expiries::Merge() {
  std::erase_if(settled_, [&](const Expiry& one) KENAL_REQUIRES(mutex_) {
    return recent_.contains(one.entry.value);
  });
  for (const auto& [entry, unix_ms] : recent_) {
    if (unix_ms) settled_.push_back({EntryId{entry}, unix_ms});
  }
  std::ranges::sort(settled_, {}, &Expiry::entry);
  recent_.clear();
}

std::optional<int64_t> Expiries::Of(EntryId entry) const {
  const auto changed = recent_.find(entry.value);
  if (changed != recent_.end()) return changed->second;
  const auto found =
      std::ranges::lower_bound(settled_, entry, {}, &Expiry::entry);
  if (found == settled_.end() || found->entry != entry) return std::nullopt;
  return found->unix_ms;
}

void Expiries::RemoveExpired(int64_t now_unix_ms,
                             std::vector<Hit>& hits) const {
  if (!any_ || hits.empty()) return;
  base::MutexLock lock(mutex_);
  std::erase_if(hits, [&](const Hit& hit) KENAL_REQUIRES(mutex_) {
    const std::optional<int64_t> expires = Of(hit.entry);
    return expires && *expires <= now_unix_ms;
  });
}

}  // namespace kenal::engine
