// Reports of the catalogue service.
#include <string>

#include "src/wire/convert.h"
#include "src/wire/enums.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"
#include "src/wire/text.h"

namespace kenal::wire {
namespace {

// The answers to AddEntries, SetEntryState and SetNearActionLabel have the
// same fields.
template <typename Message>
void EntriesToWire(const EntriesReport& from, Message* to) {
  to->set_sequence(from.sequence.value);
  to->mutable_results()->Reserve(static_cast<int>(from.results.size()));
  for (const EntryResult& result : from.results) {
    v1::EntryResult* added = to->add_results();
    added->set_outcome(EnumToWire(kOutcomes, result.outcome));
    if (result.id.value != 0) ToWire(result.id, added->mutable_id());
    added->set_why(CutText(result.why, kTextBytesMax));
  }
}

template <typename Message>
StatusOr<EntriesReport> EntriesFromWire(const Message& from) {
  EntriesReport to;
  to.sequence.value = from.sequence();
  to.results.reserve(static_cast<size_t>(from.results_size()));
  for (const v1::EntryResult& result : from.results()) {
    EntryResult& added = to.results.emplace_back();
    KENAL_TRY_ASSIGN(added.outcome, EnumFromWire(kOutcomes, "result.outcome",
                                                 result.outcome()));
    if (result.has_id()) {
      KENAL_TRY_ASSIGN(added.id, FromWire(result.id()));
    }
    added.why = result.why();
  }
  return to;
}

}  // namespace

void ToWire(const EntriesReport& from, v1::AddEntriesResponse* to) {
  EntriesToWire(from, to);
}
StatusOr<EntriesReport> FromWire(const v1::AddEntriesResponse& from) {
  return EntriesFromWire(from);
}
void ToWire(const EntriesReport& from, v1::SetEntryStateResponse* to) {
  EntriesToWire(from, to);
}
StatusOr<EntriesReport> FromWire(const v1::SetEntryStateResponse& from) {
  return EntriesFromWire(from);
}
void ToWire(const EntriesReport& from, v1::SetNearActionLabelResponse* to) {
  EntriesToWire(from, to);
}
StatusOr<EntriesReport> FromWire(const v1::SetNearActionLabelResponse& from) {
  return EntriesFromWire(from);
}

void ToWire(const ImportItem& from, v1::ImportRecord* to) {
  to->set_position(from.position);
  if (!from.refused.empty()) {
    to->set_refused(CutText(from.refused, kTextBytesMax));
    return;
  }
  if (from.tombstone) {
    v1::Tombstone* const tombstone = to->mutable_tombstone();
    tombstone->set_source_id(CleanText(from.draft.source_id));
    tombstone->set_import_id(CleanText(from.draft.provenance.import_id));
    return;
  }
  if (const Status text = CheckText(from.draft); !text.ok()) {
    to->set_refused(std::string(text.message()));
    return;
  }
  ToWire(from.draft, to->mutable_draft());
  if (from.state != EntryState::kActive) {
    to->set_state(EnumToWire(kEntryStates, from.state));
  }
}

StatusOr<ImportItem> FromWire(const v1::ImportRecord& from) {
  ImportItem to;
  to.position = from.position();
  if (from.state() != v1::ENTRY_STATE_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.state, EntryStateFromWire(from.state()));
  }
  switch (from.kind_case()) {
    case v1::ImportRecord::kDraft: {
      StatusOr<EntryDraft> draft = FromWire(from.draft());
      if (draft.ok()) {
        to.draft = *std::move(draft);
      } else {
        to.refused = std::string(draft.status().message());
      }
      return to;
    }
    case v1::ImportRecord::kTombstone:
      KENAL_TRY(CheckSize("tombstone.source_id",
                          from.tombstone().source_id().size(),
                          kSourceIdBytesMax));
      KENAL_TRY(CheckSize("tombstone.import_id",
                          from.tombstone().import_id().size(), kTextBytesMax));
      to.tombstone = true;
      to.draft.source_id = from.tombstone().source_id();
      to.draft.provenance.import_id = from.tombstone().import_id();
      return to;
    case v1::ImportRecord::kRefused:
      KENAL_TRY(CheckSize("refused", from.refused().size(), kTextBytesMax));
      to.refused =
          from.refused().empty() ? "refused by the client" : from.refused();
      return to;
    case v1::ImportRecord::KIND_NOT_SET:
      break;
  }
  return InvalidArgument("record " + std::to_string(from.position()) +
                         ": has neither a draft, a tombstone nor a refusal");
}

void ToWire(const ImportProgress& from, v1::ImportProgress* to) {
  to->set_read(from.read);
  to->set_durable(from.durable);
}

ImportProgress FromWire(const v1::ImportProgress& from) {
  return {.read = from.read(), .durable = from.durable()};
}

void ToWire(const ImportReport& from, v1::ImportReport* to) {
  to->set_sequence(from.sequence.value);
  to->set_read(from.read);
  to->set_added(from.added);
  to->set_replaced(from.replaced);
  to->set_unchanged(from.unchanged);
  to->set_kept_withdrawn(from.kept_withdrawn);
  to->set_refused(from.refused);
  to->set_withdrawn(from.withdrawn);
  to->set_not_there(from.not_there);
  for (const Refusal& refusal : from.refusals) {
    v1::ImportRefusal* added = to->add_refusals();
    added->set_position(refusal.position);
    added->set_why(CutText(refusal.why, kTextBytesMax));
  }
}

StatusOr<ImportReport> FromWire(const v1::ImportReport& from) {
  if (from.refusals_size() > static_cast<int>(ImportReport::kRefusalsKept)) {
    return InvalidArgument("report.refusals: are more than 1000");
  }
  ImportReport to{.sequence = Sequence{from.sequence()},
                  .read = from.read(),
                  .added = from.added(),
                  .replaced = from.replaced(),
                  .unchanged = from.unchanged(),
                  .kept_withdrawn = from.kept_withdrawn(),
                  .withdrawn = from.withdrawn(),
                  .not_there = from.not_there(),
                  .refused = from.refused(),
                  .refusals = {}};
  for (const v1::ImportRefusal& refusal : from.refusals()) {
    to.refusals.push_back(
        {.position = refusal.position(), .why = refusal.why()});
  }
  return to;
}

void ToWire(const StoreStats& from, v1::GetStatsResponse* to) {
  to->set_store_id(CleanText(from.store_id));
  to->set_head(from.head.value);
  for (const ListInfo& list : from.lists) ToWire(list, to->add_lists());
  to->set_pdq_row_count(from.pdq_rows);
  to->set_digest_row_count(from.digest_rows);
  to->set_index_size_bytes(from.index_bytes);
  to->set_store_size_bytes(from.store_bytes);
  to->set_log_head(from.log_head.value);
  to->set_log_chain(CleanText(from.log_chain));
}

StatusOr<StoreStats> FromWire(const v1::GetStatsResponse& from) {
  StoreStats to;
  to.store_id = from.store_id();
  to.head.value = from.head();
  for (const v1::ListInfo& list : from.lists()) {
    KENAL_TRY_ASSIGN(ListInfo added, FromWire(list));
    to.lists.push_back(std::move(added));
  }
  to.pdq_rows = from.pdq_row_count();
  to.digest_rows = from.digest_row_count();
  to.index_bytes = from.index_size_bytes();
  to.store_bytes = from.store_size_bytes();
  to.log_head.value = from.log_head();
  to.log_chain = from.log_chain();
  return to;
}

void ToWire(const VerifyReport& from, v1::VerifyReport* to) {
  to->set_head(from.head.value);
  to->set_log_record_count(from.log_records);
  to->set_entry_count(from.entries);
  to->set_posting_count(from.postings);
  ToWire(from.problems, to->mutable_problems());
}

VerifyReport FromWire(const v1::VerifyReport& from) {
  return {.head = Sequence{from.head()},
          .log_records = from.log_record_count(),
          .entries = from.entry_count(),
          .postings = from.posting_count(),
          .problems = FromWire(from.problems())};
}

}  // namespace kenal::wire
