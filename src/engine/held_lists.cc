#include "src/engine/held_lists.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/base/digest.h"
#include "src/engine/comparing.h"

namespace kenal::engine {
namespace {

void AppendBigEndian(uint64_t value, int bytes, std::vector<uint8_t>& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

template <typename HashType>
void AppendHash(const HashType& hash, std::vector<uint8_t>& out) {
  out.push_back(static_cast<uint8_t>(hash.kType));
  out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
}

// False when there is no signal.
bool AppendContent(const SignalSet& content, std::vector<uint8_t>& out) {
  if (const PdqView* stored = FindView(content, View::kStored)) {
    AppendHash(stored->hash, out);
  } else if (content.sha256) {
    AppendHash(*content.sha256, out);
  } else if (content.sha1) {
    AppendHash(*content.sha1, out);
  } else if (content.md5) {
    AppendHash(*content.md5, out);
  } else if (!content.pdq.empty()) {
    AppendHash(content.pdq[0].hash, out);
  } else {
    return false;
  }
  return true;
}

// Why a list is skipped whatever is asked about.
std::string_view ReasonAt(const ListPolicy& policy, std::string_view region,
                          int64_t now_unix_ms) {
  if (!policy.enabled) return "disabled";
  if (policy.expires_unix_ms && now_unix_ms >= *policy.expires_unix_ms) {
    return "expired";
  }
  const bool elsewhere = !policy.regions.empty() && !region.empty() &&
                         !std::ranges::binary_search(policy.regions, region);
  return elsewhere ? "region" : "";
}

}  // namespace

HeldLists::HeldLists(const IndexSets& indexes, std::span<const ListInfo> lists,
                     const Reason& reason) {
  for (const ListInfo& list : lists) {
    if (const std::string_view why = reason(list); !why.empty()) {
      skipped_.push_back(
          {list.name, std::string(why), list.version, list.policy.shadow});
      continue;
    }
    versions_.push_back({list.name, list.version, list.policy.shadow});
    const size_t number = list.number.value;
    if (by_number_.size() <= number) by_number_.resize(number + 1);
    by_number_[number] = &list;
    Reach& reach = reaches_[static_cast<size_t>(indexes.HomeOf(list.number))];
    reach.any = true;
    reach.widest = std::max(reach.widest, WidestRadius(list.policy));
    reach.effort = std::max(reach.effort, list.policy.effort);
  }
}

Effort HeldLists::EffortTried(Effort asked) const {
  std::optional<Effort> allowed;
  for (const Reach& reach : reaches_) {
    if (!reach.any) continue;
    allowed = std::max(allowed.value_or(reach.effort), reach.effort);
  }
  return LesserOf(asked, allowed.value_or(asked));
}

bool FallsIntoShare(const ListInfo& list, const SignalSet& content) {
  const int share = list.policy.share_permille;
  if (share >= ListPolicy::kShareWhole) return true;
  std::vector<uint8_t> bytes;
  AppendBigEndian(list.policy.share_seed, 8, bytes);
  AppendBigEndian(list.number.value, 2, bytes);
  if (!AppendContent(content, bytes)) return true;
  const base::Sha256Bytes digest = base::Sha256Of(bytes);
  uint64_t drawn = 0;
  for (size_t i = 0; i < sizeof drawn; ++i) drawn = drawn << 8 | digest[i];
  return drawn % ListPolicy::kShareWhole < static_cast<uint64_t>(share);
}

ListTerms::ListTerms(std::span<const ListInfo> lists) {
  for (const ListInfo& list : lists) {
    const ListPolicy& policy = list.policy;
    if (!policy.enabled) continue;
    vary |= !policy.regions.empty() || policy.expires_unix_ms.has_value();
    if (policy.share_permille < ListPolicy::kShareWhole) {
      shared.push_back(&list);
    }
  }
}

BatchLists::BatchLists(const IndexSets& indexes,
                       std::span<const ListInfo> lists, const ListTerms& terms,
                       const HeldLists& always, std::string_view region,
                       int64_t now_unix_ms, std::span<const SignalSet> queries)
    : always_(always) {
  const auto reason = [&](const ListInfo& list) {
    return ReasonAt(list.policy, region, now_unix_ms);
  };
  if (terms.vary) of_batch_.emplace(indexes, lists, reason);
  if (terms.shared.empty()) return;
  of_queries_.resize(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    std::vector<const ListInfo*> left_out;
    for (const ListInfo* list : terms.shared) {
      if (!FallsIntoShare(*list, queries[i])) left_out.push_back(list);
    }
    if (left_out.empty()) continue;
    of_queries_[i] = std::make_unique<HeldLists>(
        indexes, lists, [&](const ListInfo& list) -> std::string_view {
          if (const std::string_view why = reason(list); !why.empty()) {
            return why;
          }
          return std::ranges::count(left_out, &list) > 0 ? "share" : "";
        });
  }
}

}  // namespace kenal::engine
