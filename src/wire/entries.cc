// Pages of entries.
#include <string>
#include <utility>

#include "kenal/v1/catalogue_service.pb.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"
#include "src/wire/text.h"

namespace kenal::wire {

void ToWire(const EntriesAsked& from, v1::ReadEntriesRequest* to) {
  to->set_list(CleanText(from.list));
  to->set_after_serial(from.after_serial);
  to->set_entries_max(static_cast<int32_t>(from.entries_max));
  to->set_with_secrets(from.with_secrets);
}

StatusOr<EntriesAsked> FromWire(const v1::ReadEntriesRequest& from) {
  EntriesAsked to{.list = from.list(),
                  .after_serial = from.after_serial(),
                  .with_secrets = from.with_secrets()};
  if (from.has_entries_max()) {
    KENAL_TRY(CheckRange("entries_max", from.entries_max(), 1,
                         Curator::kListedEntriesMax));
    to.entries_max = static_cast<size_t>(from.entries_max());
  }
  return to;
}

void ToWire(const EntryPage& from, v1::ReadEntriesResponse* to) {
  to->mutable_entries()->Reserve(static_cast<int>(from.entries.size()));
  for (const ListedEntry& entry : from.entries) {
    v1::ListedEntry* const added = to->add_entries();
    ToWire(entry.summary, added->mutable_entry());
    if (!entry.secrets) continue;
    v1::EntrySecrets* const secrets = added->mutable_secrets();
    ToWire(entry.secrets->signals, secrets->mutable_signals());
    secrets->set_details(CleanText(entry.secrets->details));
  }
  to->set_last_serial(from.last_serial);
  to->set_at_end(from.at_end);
  to->set_sequence(from.sequence.value);
}

StatusOr<EntryPage> FromWire(const v1::ReadEntriesResponse& from) {
  EntryPage to{.last_serial = from.last_serial(),
               .at_end = from.at_end(),
               .sequence = Sequence{from.sequence()}};
  to.entries.reserve(static_cast<size_t>(from.entries_size()));
  for (const v1::ListedEntry& entry : from.entries()) {
    ListedEntry& added = to.entries.emplace_back();
    KENAL_TRY_ASSIGN(added.summary, FromWire(entry.entry()));
    if (!entry.has_secrets()) continue;
    EntrySecrets& secrets = added.secrets.emplace();
    KENAL_TRY_ASSIGN(secrets.signals, FromWire(entry.secrets().signals()));
    secrets.details = entry.secrets().details();
  }
  return to;
}

}  // namespace kenal::wire
