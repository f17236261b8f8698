#include <algorithm>
#include <string>

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

using Opinions = google::protobuf::RepeatedPtrField<v1::Opinion>;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as Timestamp has them.
constexpr int64_t kSecondsMin = -62'135'596'800;
constexpr int64_t kSecondsMax = 253'402'300'799;
constexpr int64_t kNanosPerMs = 1'000'000;

Status CheckUtf8(std::string_view field, std::string_view text) {
  if (IsUtf8(text)) return OkStatus();
  return InvalidArgument(std::string(field) +
                         ": is not UTF-8; convert it before sending");
}

Status CheckNamed(const v1::Overruled& overruled) {
  if (overruled.list().empty() || overruled.reference().empty()) {
    return InvalidArgument(
        "overrules: names no entry; set its list and reference");
  }
  KENAL_TRY(
      CheckSize("overrules.list", overruled.list().size(), kReferenceBytesMax));
  return CheckSize("overrules.reference", overruled.reference().size(),
                   kReferenceBytesMax);
}

void ToWire(const Overruled& from, v1::Overruled* to) {
  to->set_list(CleanText(from.list));
  to->set_reference(CleanText(from.reference));
}

Overruled FromWire(const v1::Overruled& from) {
  return {.list = from.list(), .reference = from.reference()};
}

void ToWire(const std::vector<Opinion>& from, Opinions* to) {
  for (const Opinion& one : from) {
    v1::Opinion* added = to->Add();
    added->set_affirms(one.affirms);
    added->set_member_id(CleanText(one.member_id));
    added->set_member(CleanText(one.member));
    added->set_signal(CleanText(one.signal));
    added->set_reason_id(CleanText(one.reason_id));
    added->set_reason(CleanText(one.reason));
    if (one.at_unix_ms) TimeToWire(*one.at_unix_ms, added->mutable_at());
  }
}

StatusOr<std::vector<Opinion>> FromWire(const Opinions& from) {
  std::vector<Opinion> to;
  for (const v1::Opinion& one : from) {
    Opinion& added = to.emplace_back();
    added = {.affirms = one.affirms(),
             .member_id = one.member_id(),
             .member = one.member(),
             .signal = one.signal(),
             .reason_id = one.reason_id(),
             .reason = one.reason()};
    if (one.has_at()) {
      KENAL_TRY_ASSIGN(added.at_unix_ms, TimeFromWire(one.at()));
    }
  }
  return to;
}

Status CheckSizes(const v1::EntryDraft& draft) {
  KENAL_TRY(
      CheckSize("source_id", draft.source_id().size(), kSourceIdBytesMax));
  KENAL_TRY(CheckSize("series", draft.series().size(), kTextBytesMax));
  if (draft.classifications_size() > kTagsMax ||
      draft.flags_size() > kTagsMax) {
    return InvalidArgument(
        "an entry has at most 256 classifications and 256 flags");
  }
  for (const v1::Classification& one : draft.classifications()) {
    KENAL_TRY(CheckSize("scheme", one.scheme().size(), kTextBytesMax));
    KENAL_TRY(CheckSize("raw_value", one.raw_value().size(), kTextBytesMax));
  }
  for (const std::string& flag : draft.flags()) {
    KENAL_TRY(CheckSize("flag", flag.size(), kTextBytesMax));
  }
  if (draft.opinions_size() > kOpinionsMax) {
    return InvalidArgument("an entry has at most 1024 opinions");
  }
  KENAL_TRY(CheckSize("details", draft.details().size(), kDetailsBytesMax));
  if (draft.has_overrules()) KENAL_TRY(CheckNamed(draft.overrules()));
  const v1::Provenance& from = draft.provenance();
  KENAL_TRY(CheckSize("source", from.source().size(), kTextBytesMax));
  KENAL_TRY(CheckSize("member", from.member().size(), kTextBytesMax));
  KENAL_TRY(CheckSize("import_id", from.import_id().size(), kTextBytesMax));
  return CheckSize("reference", from.reference().size(), kTextBytesMax);
}

}  // namespace

int ToWire(Purpose purpose) { return EnumToWire(kPurposes, purpose); }
StatusOr<Purpose> PurposeFromWire(int value) {
  return EnumFromWire(kPurposes, "purpose", value);
}
int ToWire(EntryState state) { return EnumToWire(kEntryStates, state); }
StatusOr<EntryState> EntryStateFromWire(int value) {
  return EnumFromWire(kEntryStates, "state", value);
}

void TimeToWire(int64_t unix_ms, google::protobuf::Timestamp* to) {
  const int64_t clamped =
      std::clamp(unix_ms, kSecondsMin * 1000, kSecondsMax * 1000 + 999);
  int64_t seconds = clamped / 1000;
  int64_t rest_ms = clamped % 1000;
  if (rest_ms < 0) {  // A Timestamp counts nanoseconds forwards only.
    rest_ms += 1000;
    --seconds;
  }
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>(rest_ms * kNanosPerMs));
}

StatusOr<int64_t> TimeFromWire(const google::protobuf::Timestamp& from) {
  if (from.seconds() < kSecondsMin || from.seconds() > kSecondsMax ||
      from.nanos() < 0 || from.nanos() >= 1000 * kNanosPerMs) {
    return InvalidArgument("a time is outside years 1 to 9999");
  }
  return from.seconds() * 1000 + from.nanos() / kNanosPerMs;
}

void ToWire(const EntryId& from, v1::EntryId* to) {
  to->set_list_number(from.list().value);
  to->set_serial(from.serial());
}

StatusOr<EntryId> FromWire(const v1::EntryId& from) {
  if (from.list_number() > UINT16_MAX || from.serial() > EntryId::kSerialMax) {
    return InvalidArgument("entry: list number or serial is out of range");
  }
  return EntryId::Of(ListNumber{static_cast<uint16_t>(from.list_number())},
                     from.serial());
}

void ToWire(const Provenance& from, v1::Provenance* to) {
  to->set_source(CleanText(from.source));
  to->set_member(CleanText(from.member));
  to->set_import_id(CleanText(from.import_id));
  to->set_reference(CleanText(from.reference));
  if (from.added_unix_ms != 0) {
    TimeToWire(from.added_unix_ms, to->mutable_added_at());
  }
}

StatusOr<Provenance> FromWire(const v1::Provenance& from) {
  Provenance to{.source = from.source(),
                .member = from.member(),
                .import_id = from.import_id(),
                .reference = from.reference()};
  if (from.has_added_at()) {
    KENAL_TRY_ASSIGN(to.added_unix_ms, TimeFromWire(from.added_at()));
  }
  return to;
}

void ToWire(const std::vector<Classification>& from, Classifications* to) {
  for (const Classification& one : from) {
    v1::Classification* added = to->Add();
    added->set_scheme(CleanText(one.scheme));
    added->set_raw_value(CleanText(one.raw_value));
  }
}

std::vector<Classification> FromWire(const Classifications& from) {
  std::vector<Classification> to;
  for (const v1::Classification& one : from) {
    to.push_back({.scheme = one.scheme(), .raw_value = one.raw_value()});
  }
  return to;
}

void ToWire(const std::vector<std::string>& from, Strings* to) {
  for (const std::string& text : from) to->Add(CleanText(text));
}

std::vector<std::string> FromWire(const Strings& from) {
  return {from.begin(), from.end()};
}

void ToWire(const Authorship& from, v1::Authorship* to) {
  to->set_actor(CleanText(from.actor));
  to->set_reason(CleanText(from.reason));
  to->set_reference(CleanText(from.reference));
}

StatusOr<Authorship> FromWire(const v1::Authorship& from) {
  if (from.actor().empty()) {
    return InvalidArgument("by.actor: is empty; say who makes the change");
  }
  KENAL_TRY(CheckSize("by.actor", from.actor().size(), kTextBytesMax));
  KENAL_TRY(CheckSize("by.reason", from.reason().size(), kTextBytesMax));
  KENAL_TRY(CheckSize("by.reference", from.reference().size(), kTextBytesMax));
  return Authorship{.actor = from.actor(),
                    .reason = from.reason(),
                    .reference = from.reference()};
}

Status CheckText(const EntryDraft& draft) {
  KENAL_TRY(CheckUtf8("source_id", draft.source_id));
  KENAL_TRY(CheckUtf8("series", draft.series));
  for (const Classification& one : draft.classifications) {
    KENAL_TRY(CheckUtf8("scheme", one.scheme));
    KENAL_TRY(CheckUtf8("raw_value", one.raw_value));
  }
  for (const std::string& flag : draft.flags) {
    KENAL_TRY(CheckUtf8("flag", flag));
  }
  if (draft.overrules) {
    KENAL_TRY(CheckUtf8("overrules.list", draft.overrules->list));
    KENAL_TRY(CheckUtf8("overrules.reference", draft.overrules->reference));
  }
  for (const Opinion& one : draft.opinions) {
    for (const std::string* text : {&one.member_id, &one.member, &one.signal,
                                    &one.reason_id, &one.reason}) {
      KENAL_TRY(CheckUtf8("opinion", *text));
    }
  }
  KENAL_TRY(CheckUtf8("details", draft.details));
  KENAL_TRY(CheckUtf8("source", draft.provenance.source));
  KENAL_TRY(CheckUtf8("member", draft.provenance.member));
  return CheckUtf8("import_id", draft.provenance.import_id);
}

void ToWire(const EntryDraft& from, v1::EntryDraft* to) {
  to->set_source_id(CleanText(from.source_id));
  ToWire(from.signals, to->mutable_signals());
  ToWire(from.classifications, to->mutable_classifications());
  to->set_series(CleanText(from.series));
  ToWire(from.flags, to->mutable_flags());
  ToWire(from.provenance, to->mutable_provenance());
  if (from.overrules) ToWire(*from.overrules, to->mutable_overrules());
  ToWire(from.opinions, to->mutable_opinions());
  if (from.expires_unix_ms) {
    TimeToWire(*from.expires_unix_ms, to->mutable_expires_at());
  }
  to->set_details(CleanText(from.details));
}

StatusOr<EntryDraft> FromWire(const v1::EntryDraft& from) {
  KENAL_TRY(CheckSizes(from));
  EntryDraft to;
  to.source_id = from.source_id();
  KENAL_TRY_ASSIGN(to.signals, FromWire(from.signals()));
  to.classifications = FromWire(from.classifications());
  to.series = from.series();
  to.flags = FromWire(from.flags());
  KENAL_TRY_ASSIGN(to.provenance, FromWire(from.provenance()));
  if (from.has_overrules()) to.overrules = FromWire(from.overrules());
  KENAL_TRY_ASSIGN(to.opinions, FromWire(from.opinions()));
  if (from.has_expires_at()) {
    KENAL_TRY_ASSIGN(to.expires_unix_ms, TimeFromWire(from.expires_at()));
  }
  to.details = from.details();
  return to;
}

void ToWire(const EntrySummary& from, v1::Entry* to) {
  ToWire(from.id, to->mutable_id());
  to->set_source_id(CleanText(from.source_id));
  for (const SignalHeld& held : from.signals) {
    v1::SignalHeld* added = to->add_signals();
    added->set_type(EnumToWire(kSignalTypes, held.type));
    if (held.type == SignalType::kPdq) {
      added->set_view(EnumToWire(kViews, held.view));
    }
    if (held.quality) added->set_quality(*held.quality);
    if (held.template_like) added->set_template_like(*held.template_like);
    added->set_second_opinion(held.second_opinion);
  }
  if (from.picture) ToWire(*from.picture, to->mutable_picture());
  ToWire(from.classifications, to->mutable_classifications());
  to->set_series(CleanText(from.series));
  ToWire(from.flags, to->mutable_flags());
  ToWire(from.provenance, to->mutable_provenance());
  to->set_state(EnumToWire(kEntryStates, from.state));
  to->set_state_reason(CleanText(from.state_reason));
  to->set_added_at_sequence(from.added_at.value);
  to->set_changed_at_sequence(from.changed_at.value);
  if (from.overrules) ToWire(*from.overrules, to->mutable_overrules());
  to->set_near_action_label(CleanText(from.near_action_label));
  ToWire(from.opinions, to->mutable_opinions());
  if (from.expires_unix_ms) {
    TimeToWire(*from.expires_unix_ms, to->mutable_expires_at());
  }
  to->set_details_size_bytes(from.details_bytes);
  to->set_state_reference(CleanText(from.state_reference));
}

StatusOr<EntrySummary> FromWire(const v1::Entry& from) {
  EntrySummary to;
  KENAL_TRY_ASSIGN(to.id, FromWire(from.id()));
  to.source_id = from.source_id();
  for (const v1::SignalHeld& held : from.signals()) {
    SignalHeld& added = to.signals.emplace_back();
    KENAL_TRY_ASSIGN(added.type,
                     EnumFromWire(kSignalTypes, "signal.type", held.type()));
    if (added.type == SignalType::kPdq) {
      KENAL_TRY_ASSIGN(added.view,
                       EnumFromWire(kViews, "signal.view", held.view()));
    }
    if (held.has_quality()) added.quality = held.quality();
    if (held.has_template_like()) added.template_like = held.template_like();
    added.second_opinion = held.second_opinion();
  }
  if (from.has_picture()) {
    KENAL_TRY_ASSIGN(to.picture, FromWire(from.picture()));
  }
  to.classifications = FromWire(from.classifications());
  to.series = from.series();
  to.flags = FromWire(from.flags());
  KENAL_TRY_ASSIGN(to.provenance, FromWire(from.provenance()));
  KENAL_TRY_ASSIGN(to.state, EntryStateFromWire(from.state()));
  to.state_reason = from.state_reason();
  to.added_at.value = from.added_at_sequence();
  to.changed_at.value = from.changed_at_sequence();
  if (from.has_overrules()) to.overrules = FromWire(from.overrules());
  KENAL_TRY(CheckLabel("entry.near_action_label", from.near_action_label()));
  to.near_action_label = from.near_action_label();
  KENAL_TRY_ASSIGN(to.opinions, FromWire(from.opinions()));
  if (from.has_expires_at()) {
    KENAL_TRY_ASSIGN(to.expires_unix_ms, TimeFromWire(from.expires_at()));
  }
  to.details_bytes = from.details_size_bytes();
  to.state_reference = from.state_reference();
  return to;
}

}  // namespace kenal::wire
