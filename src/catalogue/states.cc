// Withdrawing, disputing and reinstating entries.
#include <unordered_map>
#include <utility>

#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"

namespace kenal::catalogue {
namespace {

// The state changes of one call, as they add up.
struct StateChanges {
  const Store& store;
  Sequence sequence;
  EntryState to;
  const Authorship& by;
  ListRow list;
  Totals totals;
  Change change;
  Delta delta;
  std::unordered_map<uint64_t, Outcome> done;  // by entry

  StatusOr<Outcome> Apply(EntryId id, Rows& rows);
  Status Rewrite(EntryId id, const EntryFrame& before, Rows& rows);
};

StatusOr<Outcome> StateChanges::Apply(EntryId id, Rows& rows) {
  if (const auto found = done.find(id.value); found != done.end()) {
    const bool changed = found->second == Outcome::kStateChanged;
    return changed ? Outcome::kUnchanged : found->second;
  }
  KENAL_TRY_ASSIGN(const std::optional<std::string> row,
                   store.Get(Family::kEntries, EntryKey(id)));
  if (!row) return DataLoss("an entry is missing; run `kenal verify`");
  KENAL_TRY_ASSIGN(const EntryFrame before, DecodeEntryFrame(*row));
  Outcome outcome = Outcome::kStateChanged;
  if (before.state == to) {
    outcome = Outcome::kUnchanged;
  } else if (before.state == EntryState::kWithdrawn) {
    outcome = Outcome::kKeptWithdrawn;
  } else {
    KENAL_TRY(Rewrite(id, before, rows));
  }
  done.emplace(id.value, outcome);
  return outcome;
}

Status StateChanges::Rewrite(EntryId id, const EntryFrame& before, Rows& rows) {
  EntryFrame after = before;
  after.state = to;
  after.changed_at = sequence;
  after.state_reason =
      to == EntryState::kActive ? std::string_view() : by.reason;
  std::string row;
  EncodeTo(after, row);
  rows.Put(Family::kEntries, EntryKey(id), row);
  change.operations.push_back(SetState{id, to});
  KENAL_TRY(MoveCount(list.info.counts, before.state, to));
  KENAL_TRY(MoveCount(totals.entries, before.state, to));
  if (to != EntryState::kWithdrawn) return OkStatus();

  KENAL_TRY_ASSIGN(const SignalSet signals, DecodeSignals(before.content));
  for (const Posting& posting : PostingsOf(id, signals)) {
    rows.Delete(Family::kPostings, PostingKey(posting));
    delta.removed.push_back(posting);
  }
  return OkStatus();
}

}  // namespace

StatusOr<EntriesReport> CatalogueImpl::ChangeStates(
    ListRow list, std::span<const std::string> references, EntryState state,
    const Authorship& by) {
  StateChanges changes{.store = *store_,
                       .sequence = Sequence{log_->head().sequence.value + 1},
                       .to = state,
                       .by = by,
                       .list = std::move(list),
                       .totals = log_->row().totals,
                       .change = {.by = by, .operations = {}},
                       .delta = {},
                       .done = {}};
  EntriesReport report;
  report.results.resize(references.size());
  Rows rows(*store_);
  for (size_t i = 0; i < references.size(); ++i) {
    KENAL_TRY_ASSIGN(const std::optional<EntryId> id,
                     FindEntry(changes.list, references[i]));
    EntryResult& result = report.results[i];
    result.outcome = Outcome::kUnknown;
    if (!id) continue;
    result.id = *id;
    KENAL_TRY_ASSIGN(result.outcome, changes.Apply(*id, rows));
  }
  if (!changes.change.operations.empty()) {
    KENAL_TRY(CountPostings(changes.delta, changes.totals));
    KENAL_TRY(Commit(changes.change, changes.totals, changes.list, rows,
                     std::move(changes.delta)));
  }
  report.sequence = log_->head().sequence;
  return report;
}

}  // namespace kenal::catalogue
