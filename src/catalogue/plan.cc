#include "src/catalogue/plan.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/sorted_positions.h"

namespace kenal::catalogue {
namespace {

// Keys asked of RocksDB at once: enough to share its work, few enough to keep
// the values in the cache.
constexpr size_t kLookupBatch = 1024;

}  // namespace

StatusOr<Plan> Plan::Make(const Store& store, const ListRow& list,
                          Sequence sequence, const DraftBatch& batch) {
  KENAL_CHECK(batch.size() < kNone);
  if (list.last_serial + batch.size() > EntryId::kSerialMax) {
    return ResourceExhausted("list " + list.info.name +
                             " is full; start a new list");
  }
  Plan plan(store, list, sequence, batch);
  plan.MakeGroups();
  if (list.last_serial > 0) KENAL_TRY(plan.FindStored());
  KENAL_TRY(plan.Decide());
  return plan;
}

void Plan::MakeGroups() {
  const auto source_id = [&](size_t i) { return batch_.source_id(i); };
  group_of_.resize(batch_.size());
  std::string_view previous;
  for (const uint32_t draft : SortedPositions(batch_.size(), source_id)) {
    const std::string_view id = source_id(draft);
    if (groups_.empty() || id != previous) {
      groups_.push_back({.first_draft = draft});
    }
    previous = id;
    group_of_[draft] = static_cast<uint32_t>(groups_.size() - 1);
  }
}

Status Plan::FindStored() {
  std::vector<uint32_t> known;
  for (size_t from = 0; from < groups_.size(); from += kLookupBatch) {
    const size_t count = std::min(kLookupBatch, groups_.size() - from);
    std::vector<std::string> keys(count);
    for (size_t i = 0; i < count; ++i) {
      AppendSourceKey(list_.info.number,
                      batch_.source_id(groups_[from + i].first_draft), keys[i]);
    }
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    KENAL_TRY_ASSIGN(const auto values,
                     store_.MultiGet(Family::kSources, views));
    for (size_t i = 0; i < count; ++i) {
      if (values[i].empty()) continue;
      KENAL_TRY_ASSIGN(groups_[from + i].id,
                       ParseSourceValue(AsView(values[i])));
      known.push_back(static_cast<uint32_t>(from + i));
    }
  }
  return ReadStored(known);
}

Status Plan::ReadStored(std::vector<uint32_t>& known) {
  std::ranges::sort(known, {}, [&](uint32_t g) { return groups_[g].id; });
  stored_.resize(known.size());
  for (size_t from = 0; from < known.size(); from += kLookupBatch) {
    const size_t count = std::min(kLookupBatch, known.size() - from);
    std::vector<std::string> keys(count);
    for (size_t i = 0; i < count; ++i) {
      keys[i] = EntryKey(groups_[known[from + i]].id);
    }
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    KENAL_TRY_ASSIGN(const auto values,
                     store_.MultiGet(Family::kEntries, views));
    for (size_t i = 0; i < count; ++i) {
      Stored& stored = stored_[from + i];
      stored.row = values[i].ToString();
      KENAL_TRY_ASSIGN(stored.frame, DecodeEntryFrame(stored.row));
      groups_[known[from + i]].stored = static_cast<uint32_t>(from + i);
    }
  }
  return OkStatus();
}

Status Plan::Decide() {
  fates_.resize(batch_.size());
  for (uint32_t draft = 0; draft < batch_.size(); ++draft) {
    Group& group = groups_[group_of_[draft]];
    fates_[draft].outcome = DecideOne(group, draft);
    fates_[draft].id = group.id;
  }
  for (const Group& group : groups_) {
    if (group.last_draft == kNone || group.stored == kNone) continue;
    ++replaced_;
    if (stored_[group.stored].frame.state != EntryState::kRetracted) continue;
    ++reinstated_;
    KENAL_TRY(MoveCount(list_.info.counts, EntryState::kRetracted,
                        EntryState::kActive));
  }
  list_.info.counts.active += added_;
  return OkStatus();
}

Outcome Plan::DecideOne(Group& group, uint32_t draft) {
  if (group.last_draft == kNone && group.stored == kNone) {
    group.id = EntryId::Of(list_.info.number, ++list_.last_serial);
    group.last_draft = draft;
    ++added_;
    return Outcome::kAdded;
  }
  std::string_view content;
  if (group.last_draft != kNone) {
    content = batch_.content(group.last_draft);
  } else {
    const EntryFrame& frame = stored_[group.stored].frame;
    if (frame.state == EntryState::kWithdrawn) return Outcome::kKeptWithdrawn;
    content = frame.content;
    if (frame.state == EntryState::kRetracted && batch_.revives(draft)) {
      group.last_draft = draft;
      return Outcome::kReplaced;
    }
  }
  if (content == batch_.content(draft)) return Outcome::kUnchanged;
  group.last_draft = draft;
  return Outcome::kReplaced;
}

void Plan::VisitEntries(
    const std::function<void(EntryId, std::string_view)>& visit) const {
  std::vector<std::pair<EntryId, uint32_t>> order;
  for (uint32_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].last_draft != kNone) order.emplace_back(groups_[g].id, g);
  }
  std::ranges::sort(order);
  std::string row;
  for (const auto& [id, g] : order) {
    const Group& group = groups_[g];
    EntryFrame frame{.state = EntryState::kActive, .added_at = sequence_};
    if (group.stored != kNone) frame = stored_[group.stored].frame;
    if (frame.state == EntryState::kRetracted) {
      frame.state = EntryState::kActive;
      frame.state_reason = {};
      frame.state_reference = {};
    }
    frame.changed_at = sequence_;
    frame.source_id = batch_.source_id(group.first_draft);
    frame.content = batch_.content(group.last_draft);
    frame.circumstances = batch_.circumstances(group.last_draft);
    row.clear();
    EncodeTo(frame, row);
    visit(id, row);
  }
}

void Plan::VisitSources(
    const std::function<void(std::string_view, EntryId)>& visit) const {
  std::string key;
  for (const Group& group : groups_) {
    if (group.last_draft == kNone || group.stored != kNone) continue;
    key.clear();
    AppendSourceKey(list_.info.number, batch_.source_id(group.first_draft),
                    key);
    visit(key, group.id);
  }
}

StatusOr<Delta> Plan::MakeDelta() const {
  Delta delta{.sequence = sequence_};
  const bool decisions = list_.info.purpose == Purpose::kOwnDecisions;
  for (const Group& group : groups_) {
    if (group.last_draft == kNone) continue;
    const EntryId overruled = batch_.overruled(group.last_draft);
    const bool replaces = group.stored != kNone;
    if (decisions && (replaces || overruled != EntryId{})) {
      delta.overrulings.push_back({group.id, overruled});
    }
    const auto expires = batch_.expires_unix_ms(group.last_draft);
    if (expires ||
        (replaces && MayExpire(stored_[group.stored].frame.content))) {
      delta.expiries.push_back({group.id, expires});
    }
    const EntryState state =
        replaces ? stored_[group.stored].frame.state : EntryState::kActive;
    if (!IsMatched(state) && state != EntryState::kRetracted) continue;
    for (Posting posting : batch_.postings(group.last_draft)) {
      posting.entry = group.id;
      delta.added.push_back(posting);
    }
    if (!replaces || !IsMatched(state)) continue;
    KENAL_TRY_ASSIGN(const SignalSet before,
                     DecodeSignals(stored_[group.stored].frame.content));
    for (const Posting& posting : PostingsOf(group.id, before)) {
      delta.removed.push_back(posting);
    }
  }
  if (delta.removed.empty()) return delta;

  std::ranges::sort(delta.added);
  std::ranges::sort(delta.removed);
  Delta changed{.sequence = sequence_};
  changed.overrulings = std::move(delta.overrulings);
  changed.expiries = std::move(delta.expiries);
  std::ranges::set_difference(delta.added, delta.removed,
                              std::back_inserter(changed.added));
  std::ranges::set_difference(delta.removed, delta.added,
                              std::back_inserter(changed.removed));
  return changed;
}

}  // namespace kenal::catalogue
