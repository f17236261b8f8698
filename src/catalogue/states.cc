// Withdrawing, disputing and reinstating entries, and labelling them.
#include <unordered_map>
#include <utility>

#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/limits.h"

namespace kenal::catalogue {
namespace {

// The edits of one call, as they add up.
struct EntryEdits {
  const Store& store;
  Sequence sequence;
  std::optional<EntryState> to;  // unset: the label is edited
  std::string_view label;
  const Authorship& by;
  ListRow list;
  Totals totals;
  Change change;
  Delta delta;
  std::unordered_map<uint64_t, Outcome> done;  // by entry

  StatusOr<Outcome> Apply(EntryId id, Rows& rows);
  // What comes of an entry that is `before`.
  Outcome Decide(const EntryFrame& before) const;
  Status Rewrite(EntryId id, const EntryFrame& before, Rows& rows);
  Status MoveState(EntryId id, const EntryFrame& before, Rows& rows);
};

StatusOr<Outcome> EntryEdits::Apply(EntryId id, Rows& rows) {
  if (const auto found = done.find(id.value); found != done.end()) {
    const bool changed = found->second == Outcome::kStateChanged;
    return changed ? Outcome::kUnchanged : found->second;
  }
  KENAL_TRY_ASSIGN(const std::optional<std::string> row,
                   store.Get(Family::kEntries, EntryKey(id)));
  if (!row) return DataLoss("an entry is missing; run `kenal verify`");
  KENAL_TRY_ASSIGN(const EntryFrame before, DecodeEntryFrame(*row));
  const Outcome outcome = Decide(before);
  if (outcome == Outcome::kStateChanged) KENAL_TRY(Rewrite(id, before, rows));
  done.emplace(id.value, outcome);
  return outcome;
}

Outcome EntryEdits::Decide(const EntryFrame& before) const {
  const bool same =
      to ? before.state == *to : before.near_action_label == label;
  if (same) return Outcome::kUnchanged;
  return before.state == EntryState::kWithdrawn ? Outcome::kKeptWithdrawn
                                                : Outcome::kStateChanged;
}

Status EntryEdits::Rewrite(EntryId id, const EntryFrame& before, Rows& rows) {
  EntryFrame after = before;
  after.changed_at = sequence;
  if (to) {
    after.state = *to;
    const bool active = *to == EntryState::kActive;
    after.state_reason = active ? std::string_view() : by.reason;
    after.state_reference = active ? std::string_view() : by.reference;
    change.operations.push_back(SetState{id, *to});
  } else {
    after.near_action_label = label;
    change.operations.push_back(SetNearLabel{id, std::string(label)});
  }
  std::string row;
  EncodeTo(after, row);
  rows.Put(Family::kEntries, EntryKey(id), row);
  return to ? MoveState(id, before, rows) : OkStatus();
}

Status EntryEdits::MoveState(EntryId id, const EntryFrame& before, Rows& rows) {
  KENAL_TRY(MoveCount(list.info.counts, before.state, *to));
  KENAL_TRY(MoveCount(totals.entries, before.state, *to));
  if (IsMatched(*to) == IsMatched(before.state)) return OkStatus();

  KENAL_TRY_ASSIGN(const SignalSet signals, DecodeSignals(before.content));
  for (const Posting& posting : PostingsOf(id, signals)) {
    if (IsMatched(*to)) {
      rows.Put(Family::kPostings, PostingKey(posting), "");
      delta.added.push_back(posting);
    } else {
      rows.Delete(Family::kPostings, PostingKey(posting));
      delta.removed.push_back(posting);
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<EntriesReport> CatalogueImpl::SetEntryState(
    std::string_view list, std::span<const std::string> references,
    EntryState state, const Authorship& by) {
  return EditEntries(list, references, {.state = state, .label = {}}, by);
}

StatusOr<EntriesReport> CatalogueImpl::SetNearActionLabel(
    std::string_view list, std::span<const std::string> references,
    std::string_view label, const Authorship& by) {
  KENAL_TRY(CheckActionLabel(label));
  return EditEntries(list, references, {.state = {}, .label = label}, by);
}

StatusOr<EntriesReport> CatalogueImpl::EditEntries(
    std::string_view list, std::span<const std::string> references,
    const EntryEdit& edit, const Authorship& by) {
  if (by.reason.empty()) {
    return InvalidArgument(edit.state
                               ? "changing an entry's state needs a reason"
                               : "changing an entry's label needs a reason");
  }
  if (references.size() > kReferencesMax) {
    return InvalidArgument("one call takes at most " +
                           std::to_string(kReferencesMax) +
                           " references; split it");
  }
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(ListRow row, FindList(list));
  EntryEdits edits{.store = *store_,
                   .sequence = Sequence{log_->head().sequence.value + 1},
                   .to = edit.state,
                   .label = edit.label,
                   .by = by,
                   .list = std::move(row),
                   .totals = log_->row().totals,
                   .change = {.by = by, .operations = {}},
                   .delta = {},
                   .done = {}};
  EntriesReport report;
  report.results.resize(references.size());
  Rows rows(*store_);
  for (size_t i = 0; i < references.size(); ++i) {
    KENAL_TRY_ASSIGN(const std::optional<EntryId> id,
                     FindEntry(edits.list, references[i]));
    EntryResult& result = report.results[i];
    result.outcome = Outcome::kUnknown;
    if (!id) continue;
    result.id = *id;
    KENAL_TRY_ASSIGN(result.outcome, edits.Apply(*id, rows));
  }
  if (!edits.change.operations.empty()) {
    KENAL_TRY(CountPostings(edits.delta, edits.totals));
    KENAL_TRY(Commit(edits.change, edits.totals, edits.list, rows,
                     std::move(edits.delta)));
  }
  report.sequence = log_->head().sequence;
  return report;
}

}  // namespace kenal::catalogue
