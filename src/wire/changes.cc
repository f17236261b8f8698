// Changes and who is told of them.
#include <string>
#include <utility>

#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "src/wire/convert.h"
#include "src/wire/enums.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"
#include "src/wire/text.h"

namespace kenal::wire {
namespace {

// This file's own overloads would hide them.
using wire::FromWire;
using wire::ToWire;

constexpr EnumPair<AskedWork, v1::WorkClass> kWorkClasses[] = {
    {AskedWork::kLive, v1::WORK_CLASS_LIVE},
    {AskedWork::kBulk, v1::WORK_CLASS_BULK}};

void CursorToWire(const std::string& store_id, const ChangeCursor& from,
                  v1::ChangeCursor* to) {
  to->set_store_id(CleanText(store_id));
  to->set_sequence(from.sequence.value);
  to->set_entry_count(from.entries);
}

Status CursorFromWire(std::string_view field, const v1::ChangeCursor& from,
                      std::string& store_id, ChangeCursor& to) {
  KENAL_TRY(CheckSize(std::string(field) + ".store_id", from.store_id().size(),
                      kWordBytesMax));
  store_id = from.store_id();
  to = {.sequence = Sequence{from.sequence()}, .entries = from.entry_count()};
  return OkStatus();
}

// ReadChangesRequest and WatchChangesRequest have the same fields, and so have
// their responses.
template <typename Message>
void AskedToWire(const ChangesAsked& from, Message* to) {
  CursorToWire(from.store_id, from.after, to->mutable_after());
  to->set_entries_max(static_cast<int32_t>(from.entries_max));
  to->set_with_signals(from.with_signals);
}

template <typename Message>
StatusOr<ChangesAsked> AskedFromWire(const Message& from) {
  ChangesAsked to;
  KENAL_TRY(CursorFromWire("after", from.after(), to.store_id, to.after));
  if (from.has_entries_max()) {
    KENAL_TRY(CheckRange("entries_max", from.entries_max(), 1,
                         Curator::kChangedEntriesMax));
    to.entries_max = static_cast<size_t>(from.entries_max());
  }
  to.with_signals = from.with_signals();
  return to;
}

void ToWire(const ChangedEntry& from, v1::ChangedEntry* to) {
  ToWire(from.id, to->mutable_id());
  to->set_source_id(CleanText(from.source_id));
  to->set_state(EnumToWire(kEntryStates, from.state));
  to->set_near_action_label(CleanText(from.near_action_label));
  if (from.signals) ToWire(*from.signals, to->mutable_signals());
}

StatusOr<ChangedEntry> FromWire(const v1::ChangedEntry& from) {
  ChangedEntry to;
  KENAL_TRY_ASSIGN(to.id, FromWire(from.id()));
  to.source_id = from.source_id();
  KENAL_TRY_ASSIGN(to.state, EntryStateFromWire(from.state()));
  KENAL_TRY(CheckLabel("changes.near_action_label", from.near_action_label()));
  to.near_action_label = from.near_action_label();
  if (from.has_signals()) {
    KENAL_TRY_ASSIGN(to.signals, FromWire(from.signals()));
  }
  return to;
}

void ToWire(const ListChange& from, v1::ListChange* to) {
  to->set_sequence(from.sequence.value);
  to->set_kind(EnumToWire(kChangeKinds, from.kind));
  to->set_list(CleanText(from.list));
  if (from.policy) ToWire(*from.policy, to->mutable_policy());
  if (from.known_good) ToWire(*from.known_good, to->mutable_known_good());
  to->mutable_entries()->Reserve(static_cast<int>(from.entries.size()));
  for (const ChangedEntry& entry : from.entries) {
    ToWire(entry, to->add_entries());
  }
  to->set_last(from.last);
}

StatusOr<ListChange> FromWire(const v1::ListChange& from) {
  ListChange to;
  to.sequence.value = from.sequence();
  KENAL_TRY_ASSIGN(to.kind,
                   EnumFromWire(kChangeKinds, "changes.kind", from.kind()));
  to.list = from.list();
  if (from.has_policy()) {
    KENAL_TRY_ASSIGN(to.policy, FromWire(from.policy()));
  }
  if (from.has_known_good()) {
    KENAL_TRY_ASSIGN(to.known_good, FromWire(from.known_good()));
  }
  to.entries.reserve(static_cast<size_t>(from.entries_size()));
  for (const v1::ChangedEntry& entry : from.entries()) {
    KENAL_TRY_ASSIGN(ChangedEntry added, FromWire(entry));
    to.entries.push_back(std::move(added));
  }
  to.last = from.last();
  return to;
}

template <typename Message>
void ToldToWire(const ChangesTold& from, Message* to) {
  for (const ListChange& change : from.page.changes) {
    ToWire(change, to->add_changes());
  }
  CursorToWire(from.store_id, from.page.next, to->mutable_next());
  to->set_caught_up(from.page.caught_up);
  to->set_head(from.page.head.value);
}

template <typename Message>
Status CheckCounts(const Message& from) {
  size_t entries = 0;
  for (const v1::ListChange& change : from.changes()) {
    entries += static_cast<size_t>(change.entries_size());
  }
  const size_t changes = static_cast<size_t>(from.changes_size());
  if (changes <= Curator::kChangedEntriesMax &&
      entries <= Curator::kChangedEntriesMax) {
    return OkStatus();
  }
  return InvalidArgument("changes: are more than " +
                         std::to_string(Curator::kChangedEntriesMax));
}

template <typename Message>
StatusOr<ChangesTold> ToldFromWire(const Message& from) {
  KENAL_TRY(CheckCounts(from));
  ChangesTold to;
  for (const v1::ListChange& change : from.changes()) {
    KENAL_TRY_ASSIGN(ListChange added, FromWire(change));
    to.page.changes.push_back(std::move(added));
  }
  KENAL_TRY(CursorFromWire("next", from.next(), to.store_id, to.page.next));
  to.page.caught_up = from.caught_up();
  to.page.head.value = from.head();
  return to;
}

}  // namespace

void ToWire(const ChangesAsked& from, v1::ReadChangesRequest* to) {
  AskedToWire(from, to);
}
StatusOr<ChangesAsked> FromWire(const v1::ReadChangesRequest& from) {
  return AskedFromWire(from);
}
void ToWire(const ChangesAsked& from, v1::WatchChangesRequest* to) {
  AskedToWire(from, to);
}
StatusOr<ChangesAsked> FromWire(const v1::WatchChangesRequest& from) {
  return AskedFromWire(from);
}

void ToWire(const ChangesTold& from, v1::ReadChangesResponse* to) {
  ToldToWire(from, to);
}
StatusOr<ChangesTold> FromWire(const v1::ReadChangesResponse& from) {
  return ToldFromWire(from);
}
void ToWire(const ChangesTold& from, v1::WatchChangesResponse* to) {
  ToldToWire(from, to);
}
StatusOr<ChangesTold> FromWire(const v1::WatchChangesResponse& from) {
  return ToldFromWire(from);
}

void ToWire(const CallerInfo& from, v1::WhoAmIResponse* to) {
  to->set_name(CleanText(from.name));
  ToWire(from.roles, to->mutable_roles());
  ToWire(from.methods_allowed, to->mutable_methods_allowed());
}

CallerInfo FromWire(const v1::WhoAmIResponse& from) {
  return {.name = from.name(),
          .roles = FromWire(from.roles()),
          .methods_allowed = FromWire(from.methods_allowed())};
}

StatusOr<std::optional<AskedWork>> WorkClassFromWire(int value) {
  if (value == v1::WORK_CLASS_UNSPECIFIED) return std::nullopt;
  KENAL_TRY_ASSIGN(const AskedWork work,
                   EnumFromWire(kWorkClasses, "work_class", value));
  return work;
}

int ToWire(AskedWork work) { return EnumToWire(kWorkClasses, work); }

}  // namespace kenal::wire
