#include <string>

#include "kenal/v1/match_service.pb.h"
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

constexpr int kPdqBits = 8 * static_cast<int>(PdqHash::kSizeBytes);
constexpr int kMarrBits = 8 * static_cast<int>(MarrHash::kSizeBytes);

void ToWire(const Check& from, v1::Check* to) {
  to->set_signal(EnumToWire(kSignalTypes, from.signal));
  to->set_state(EnumToWire(kCheckStates, from.state));
  to->set_reason(CleanText(from.reason));
  to->set_message(CleanText(from.message));
}

StatusOr<Check> FromWire(const v1::Check& from) {
  Check to;
  KENAL_TRY_ASSIGN(to.signal,
                   EnumFromWire(kSignalTypes, "check.signal", from.signal()));
  KENAL_TRY_ASSIGN(to.state,
                   EnumFromWire(kCheckStates, "check.state", from.state()));
  to.reason = from.reason();
  to.message = from.message();
  return to;
}

}  // namespace

void ToWire(const Transform& from, v1::Transform* to) {
  to->set_query_view(EnumToWire(kViews, from.query_view));
  to->set_query_variant(EnumToWire(kVariants, from.query_variant));
  to->set_entry_view(EnumToWire(kViews, from.entry_view));
  to->set_entry_variant(EnumToWire(kVariants, from.entry_variant));
}

StatusOr<Transform> FromWire(const v1::Transform& from) {
  Transform to;
  KENAL_TRY_ASSIGN(to.query_view, EnumFromWire(kViews, "transform.query_view",
                                               from.query_view()));
  KENAL_TRY_ASSIGN(
      to.query_variant,
      EnumFromWire(kVariants, "transform.query_variant", from.query_variant()));
  KENAL_TRY_ASSIGN(to.entry_view, EnumFromWire(kViews, "transform.entry_view",
                                               from.entry_view()));
  KENAL_TRY_ASSIGN(
      to.entry_variant,
      EnumFromWire(kVariants, "transform.entry_variant", from.entry_variant()));
  return to;
}

void ToWire(const SecondOpinion& from, v1::SecondOpinion* to) {
  to->set_distance_bits(from.distance);
  to->set_corroborates(from.corroborates);
}

StatusOr<SecondOpinion> FromWire(const v1::SecondOpinion& from) {
  KENAL_TRY(CheckRange("second_opinion.distance_bits", from.distance_bits(), 0,
                       kMarrBits));
  return SecondOpinion{.distance = from.distance_bits(),
                       .corroborates = from.corroborates()};
}

namespace {

void ToWire(const Match& from, v1::Match* to) {
  to->set_list(CleanText(from.list));
  to->set_purpose(EnumToWire(kPurposes, from.purpose));
  ToWire(from.entry, to->mutable_entry());
  to->set_source_id(CleanText(from.source_id));
  to->set_signal(EnumToWire(kSignalTypes, from.signal));
  to->set_tier(EnumToWire(kTiers, from.tier));
  if (from.distance) to->set_distance_bits(*from.distance);
  if (from.transform) ToWire(*from.transform, to->mutable_transform());
  if (from.second_opinion) {
    ToWire(*from.second_opinion, to->mutable_second_opinion());
  }
  to->set_state(EnumToWire(kEntryStates, from.state));
  ToWire(from.classifications, to->mutable_classifications());
  to->set_series(CleanText(from.series));
  ToWire(from.flags, to->mutable_flags());
  if (from.provenance != Provenance()) {
    ToWire(from.provenance, to->mutable_provenance());
  }
  to->set_action_label(CleanText(from.action_label));
  if (from.overruled_by) {
    to->mutable_overruled_by()->set_list(CleanText(from.overruled_by->list));
    ToWire(from.overruled_by->entry,
           to->mutable_overruled_by()->mutable_entry());
  }
  to->set_shadow(from.shadow);
}

Status ActionFromWire(const v1::Match& from, Match& to) {
  KENAL_TRY(CheckLabel("match.action_label", from.action_label()));
  to.action_label = from.action_label();
  if (!from.has_overruled_by()) return OkStatus();
  to.overruled_by.emplace().list = from.overruled_by().list();
  KENAL_TRY_ASSIGN(to.overruled_by->entry,
                   FromWire(from.overruled_by().entry()));
  return OkStatus();
}

StatusOr<Match> FromWire(const v1::Match& from) {
  Match to;
  to.list = from.list();
  KENAL_TRY_ASSIGN(to.purpose,
                   EnumFromWire(kPurposes, "match.purpose", from.purpose()));
  KENAL_TRY_ASSIGN(to.entry, FromWire(from.entry()));
  to.source_id = from.source_id();
  KENAL_TRY_ASSIGN(to.signal,
                   EnumFromWire(kSignalTypes, "match.signal", from.signal()));
  KENAL_TRY_ASSIGN(to.tier, EnumFromWire(kTiers, "match.tier", from.tier()));
  to.distance.reset();
  if (from.has_distance_bits()) {
    KENAL_TRY(
        CheckRange("match.distance_bits", from.distance_bits(), 0, kPdqBits));
    to.distance = from.distance_bits();
  }
  if (from.has_transform()) {
    KENAL_TRY_ASSIGN(to.transform, FromWire(from.transform()));
  }
  if (from.has_second_opinion()) {
    KENAL_TRY_ASSIGN(to.second_opinion, FromWire(from.second_opinion()));
  }
  KENAL_TRY_ASSIGN(to.state,
                   EnumFromWire(kEntryStates, "match.state", from.state()));
  to.classifications = FromWire(from.classifications());
  to.series = from.series();
  to.flags = FromWire(from.flags());
  KENAL_TRY_ASSIGN(to.provenance, FromWire(from.provenance()));
  KENAL_TRY(ActionFromWire(from, to));
  to.shadow = from.shadow();
  return to;
}

void ToWire(const KnownGood& from, v1::KnownGood* to) {
  to->set_list(CleanText(from.list));
  if (from.signal) to->set_signal(EnumToWire(kSignalTypes, *from.signal));
  to->set_shadow(from.shadow);
}

StatusOr<std::vector<KnownGood>> FromWire(
    const google::protobuf::RepeatedPtrField<v1::KnownGood>& from) {
  std::vector<KnownGood> to;
  for (const v1::KnownGood& each : from) {
    KnownGood& added = to.emplace_back();
    added.list = each.list();
    if (each.signal() != v1::SIGNAL_TYPE_UNSPECIFIED) {
      KENAL_TRY_ASSIGN(
          added.signal,
          EnumFromWire(kSignalTypes, "known_good.signal", each.signal()));
    }
    added.shadow = each.shadow();
  }
  return to;
}

}  // namespace

void ToWire(const Answer& from, v1::Answer* to) {
  to->set_verdict(EnumToWire(kVerdicts, from.verdict));
  if (from.tier) to->set_tier(EnumToWire(kTiers, *from.tier));
  to->set_sequence(from.sequence.value);
  to->mutable_matches()->Reserve(static_cast<int>(from.matches.size()));
  for (const Match& match : from.matches) ToWire(match, to->add_matches());
  to->set_match_count(from.match_count);
  to->set_truncated(from.truncated);
  for (const Check& check : from.checks) ToWire(check, to->add_checks());
  for (const SkippedList& skipped : from.lists_skipped) {
    v1::SkippedList* added = to->add_lists_skipped();
    added->set_list(CleanText(skipped.list));
    added->set_reason(CleanText(skipped.reason));
    added->set_version(skipped.version.value);
    added->set_shadow(skipped.shadow);
  }
  to->set_damaged(from.damaged);
  to->set_action_label(CleanText(from.action_label));
  for (const ListVersion& version : from.list_versions) {
    v1::ListVersion* added = to->add_list_versions();
    added->set_list(CleanText(version.list));
    added->set_version(version.version.value);
    added->set_shadow(version.shadow);
  }
  for (const KnownGood& known : from.known_good) {
    ToWire(known, to->add_known_good());
  }
  for (const KnownGood& known : from.known_good_failed) {
    ToWire(known, to->add_known_good_failed());
  }
}

StatusOr<Answer> FromWire(const v1::Answer& from) {
  Answer to;
  KENAL_TRY_ASSIGN(to.verdict,
                   EnumFromWire(kVerdicts, "answer.verdict", from.verdict()));
  if (from.tier() != v1::TIER_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.tier, EnumFromWire(kTiers, "tier", from.tier()));
  }
  to.sequence.value = from.sequence();
  to.matches.reserve(static_cast<size_t>(from.matches_size()));
  for (const v1::Match& match : from.matches()) {
    KENAL_TRY_ASSIGN(Match added, FromWire(match));
    to.matches.push_back(std::move(added));
  }
  to.match_count = from.match_count();
  to.truncated = from.truncated();
  for (const v1::Check& check : from.checks()) {
    KENAL_TRY_ASSIGN(Check added, FromWire(check));
    to.checks.push_back(std::move(added));
  }
  for (const v1::SkippedList& skipped : from.lists_skipped()) {
    to.lists_skipped.push_back({.list = skipped.list(),
                                .reason = skipped.reason(),
                                .version = Sequence{skipped.version()},
                                .shadow = skipped.shadow()});
  }
  to.damaged = from.damaged();
  KENAL_TRY(CheckLabel("answer.action_label", from.action_label()));
  to.action_label = from.action_label();
  for (const v1::ListVersion& version : from.list_versions()) {
    to.list_versions.push_back({.list = version.list(),
                                .version = Sequence{version.version()},
                                .shadow = version.shadow()});
  }
  KENAL_TRY_ASSIGN(to.known_good, FromWire(from.known_good()));
  KENAL_TRY_ASSIGN(to.known_good_failed, FromWire(from.known_good_failed()));
  return to;
}

void ToWire(const Status& status, v1::ItemError* to) {
  to->set_code(static_cast<int32_t>(status.raw_code()));
  const absl::string_view message = status.message();
  to->set_message(CutText({message.data(), message.size()}, kErrorBytesMax));
}

Status FromWire(const v1::ItemError& from) {
  if (from.code() == 0) return Internal("an item failed with the code OK");
  return Status(static_cast<StatusCode>(from.code()), from.message());
}

int ToWire(Effort effort) { return EnumToWire(kEfforts, effort); }

StatusOr<MatchOptions> MatchOptionsFromWire(std::optional<int32_t> limit,
                                            int effort,
                                            std::optional<int32_t> radius_bits,
                                            std::string_view region) {
  MatchOptions options;
  if (limit) {
    KENAL_TRY(CheckRange("limit", *limit, 1, MatchOptions::kLimitMax));
    options.limit = *limit;
  }
  if (effort != v1::EFFORT_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(options.effort, EnumFromWire(kEfforts, "effort", effort));
  }
  if (radius_bits) {
    KENAL_TRY(CheckRange("radius_bits", *radius_bits, 0, kRadiusBitsMax));
    options.radius = Radius{*radius_bits};
  }
  if (!region.empty()) {
    KENAL_TRY(CheckRegionField("region", region));
    options.region = std::string(region);
  }
  return options;
}

}  // namespace kenal::wire
