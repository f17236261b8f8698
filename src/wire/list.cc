// Lists and their policies.
#include <algorithm>
#include <string>

#include "src/wire/convert.h"
#include "src/wire/enums.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"
#include "src/wire/text.h"

namespace kenal::wire {
namespace {

Status ReviewFromWire(const v1::ListPolicy& from, ListPolicy& to) {
  if (!from.has_review_radius_bits()) return OkStatus();
  KENAL_TRY(CheckRange("policy.review_radius_bits", from.review_radius_bits(),
                       kReviewRadiusBitsMin, kRadiusBitsMax));
  if (from.review_radius_bits() <= to.pdq_radius.bits) {
    return InvalidArgument(
        "policy.review_radius_bits: is not more than pdq_radius_bits (" +
        std::to_string(to.pdq_radius.bits) + "), up to " +
        std::to_string(kRadiusBitsMax));
  }
  to.review_radius = Radius{from.review_radius_bits()};
  return OkStatus();
}

Status StoredViewsFromWire(const v1::ListPolicy& from, ListPolicy& to) {
  if (from.stored_views().empty()) return OkStatus();
  to.stored_views = {};
  for (const int value : from.stored_views()) {
    KENAL_TRY_ASSIGN(const View view,
                     EnumFromWire(kViews, "policy.stored_views", value));
    if (to.stored_views.Contains(view)) {
      return InvalidArgument("policy.stored_views: has the view " +
                             std::string(ViewName(view)) +
                             " twice; name each once");
    }
    to.stored_views.Add(view);
  }
  to.stored_views = to.stored_views | kWholeViews;
  return OkStatus();
}

Status RegionsFromWire(const v1::ListPolicy& from, ListPolicy& to) {
  if (from.regions_size() > static_cast<int>(ListPolicy::kRegionsMax)) {
    return InvalidArgument("policy.regions: are more than " +
                           std::to_string(ListPolicy::kRegionsMax) +
                           "; leave them out to mean everywhere");
  }
  for (const std::string& region : from.regions()) {
    KENAL_TRY(CheckRegionField("policy.regions", region));
    to.regions.push_back(region);
  }
  std::ranges::sort(to.regions);
  if (std::ranges::adjacent_find(to.regions) != to.regions.end()) {
    return InvalidArgument(
        "policy.regions: has one of them twice; name each once");
  }
  return OkStatus();
}

// Which requests the list is for: share, regions, expiry.
Status ScopeFromWire(const v1::ListPolicy& from, ListPolicy& to) {
  if (from.has_share_permille()) {
    KENAL_TRY(CheckRange("policy.share_permille", from.share_permille(), 0,
                         ListPolicy::kShareWhole));
    to.share_permille = from.share_permille();
  }
  to.share_seed = from.share_seed();
  KENAL_TRY(RegionsFromWire(from, to));
  if (from.has_expires_at()) {
    KENAL_TRY_ASSIGN(to.expires_unix_ms, TimeFromWire(from.expires_at()));
  }
  return OkStatus();
}

StatusOr<bool> ShadowFromWire(int mode) {
  switch (mode) {
    case v1::SHADOW_MODE_UNSPECIFIED:
    case v1::SHADOW_MODE_OFF:
      return false;
    case v1::SHADOW_MODE_ON:
      return true;
    default:
      return InvalidArgument(
          "policy.shadow: is not a value known here; use SHADOW_MODE_OFF or "
          "SHADOW_MODE_ON");
  }
}

}  // namespace

Status CheckLabel(std::string_view field, std::string_view label) {
  const Status status = CheckActionLabel(label);
  if (status.ok()) return status;
  return InvalidArgument(std::string(field) + ": " +
                         std::string(status.message()));
}

Status CheckRegionField(std::string_view field, std::string_view region) {
  const Status status = CheckRegion(region);
  if (status.ok()) return status;
  return InvalidArgument(std::string(field) + ": " +
                         std::string(status.message()));
}

void ToWire(const ListPolicy& from, v1::ListPolicy* to) {
  to->set_mode(from.enabled ? v1::LIST_MODE_ENABLED : v1::LIST_MODE_DISABLED);
  to->set_pdq_radius_bits(from.pdq_radius.bits);
  if (from.review_radius) {
    to->set_review_radius_bits(from.review_radius->bits);
  }
  to->set_effort(EnumToWire(kEfforts, from.effort));
  const ViewSet stored = from.stored_views | kWholeViews;
  for (const auto& [ours, theirs] : kViews) {
    if (stored.Contains(ours)) to->add_stored_views(theirs);
  }
  to->set_second_opinion(from.second_opinion);
  to->set_action_label(CleanText(from.action_label));
  to->set_share_permille(from.share_permille);
  to->set_share_seed(from.share_seed);
  ToWire(from.regions, to->mutable_regions());
  if (from.expires_unix_ms) {
    TimeToWire(*from.expires_unix_ms, to->mutable_expires_at());
  }
  to->set_shadow(from.shadow ? v1::SHADOW_MODE_ON : v1::SHADOW_MODE_OFF);
}

StatusOr<ListPolicy> FromWire(const v1::ListPolicy& from) {
  if (from.mode() != v1::LIST_MODE_ENABLED &&
      from.mode() != v1::LIST_MODE_DISABLED) {
    return InvalidArgument(
        "policy.mode: is not set; use LIST_MODE_ENABLED or "
        "LIST_MODE_DISABLED");
  }
  KENAL_TRY(CheckRange("policy.pdq_radius_bits",
                       from.has_pdq_radius_bits() ? from.pdq_radius_bits() : -1,
                       0, kRadiusBitsMax));
  ListPolicy to;
  to.enabled = from.mode() == v1::LIST_MODE_ENABLED;
  to.pdq_radius = Radius{from.pdq_radius_bits()};
  KENAL_TRY(ReviewFromWire(from, to));
  if (from.effort() != v1::EFFORT_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.effort,
                     EnumFromWire(kEfforts, "policy.effort", from.effort()));
  }
  KENAL_TRY(StoredViewsFromWire(from, to));
  to.second_opinion = from.second_opinion();
  KENAL_TRY(CheckLabel("policy.action_label", from.action_label()));
  to.action_label = from.action_label();
  KENAL_TRY(ScopeFromWire(from, to));
  KENAL_TRY_ASSIGN(to.shadow, ShadowFromWire(from.shadow()));
  return to;
}

void ToWire(const KnownGoodFile& from, v1::KnownGoodFile* to) {
  to->set_signal(EnumToWire(kSignalTypes, from.signal));
  to->set_count(from.count);
  to->set_size_bytes(from.size_bytes);
  to->set_file_sha256(Sha256{from.sha256}.ToHex());
  to->set_source(CleanText(from.source));
  to->set_import_id(CleanText(from.import_id));
  TimeToWire(from.set_unix_ms, to->mutable_set_at());
  to->set_sequence(from.set_at.value);
}

StatusOr<KnownGoodFile> FromWire(const v1::KnownGoodFile& from) {
  KnownGoodFile to;
  KENAL_TRY_ASSIGN(to.signal, EnumFromWire(kSignalTypes, "known_good.signal",
                                           from.signal()));
  to.count = from.count();
  to.size_bytes = from.size_bytes();
  const StatusOr<Sha256> digest = Sha256::FromHex(from.file_sha256());
  if (!digest.ok()) {
    return InvalidArgument("known_good.file_sha256: is not 64 hex digits");
  }
  to.sha256 = digest->bytes;
  to.source = from.source();
  to.import_id = from.import_id();
  KENAL_TRY_ASSIGN(to.set_unix_ms, TimeFromWire(from.set_at()));
  to.set_at.value = from.sequence();
  return to;
}

void ToWire(const ListInfo& from, v1::ListInfo* to) {
  to->set_number(from.number.value);
  to->set_name(CleanText(from.name));
  to->set_purpose(EnumToWire(kPurposes, from.purpose));
  ToWire(from.policy, to->mutable_policy());
  to->mutable_counts()->set_active(from.counts.active);
  to->mutable_counts()->set_disputed(from.counts.disputed);
  to->mutable_counts()->set_withdrawn(from.counts.withdrawn);
  to->mutable_counts()->set_quarantined(from.counts.quarantined);
  TimeToWire(from.created_unix_ms, to->mutable_created_at());
  to->set_version(from.version.value);
  TimeToWire(from.changed_unix_ms, to->mutable_changed_at());
  for (const KnownGoodFile& file : from.known_good) {
    ToWire(file, to->add_known_good());
  }
}

StatusOr<ListInfo> FromWire(const v1::ListInfo& from) {
  ListInfo to;
  if (from.number() > UINT16_MAX) {
    return InvalidArgument("list.number: is not 1 to 65535");
  }
  to.number.value = static_cast<uint16_t>(from.number());
  to.name = from.name();
  KENAL_TRY_ASSIGN(to.purpose, PurposeFromWire(from.purpose()));
  KENAL_TRY_ASSIGN(to.policy, FromWire(from.policy()));
  to.counts = {.active = from.counts().active(),
               .disputed = from.counts().disputed(),
               .withdrawn = from.counts().withdrawn(),
               .quarantined = from.counts().quarantined()};
  KENAL_TRY_ASSIGN(to.created_unix_ms, TimeFromWire(from.created_at()));
  to.version.value = from.version();
  KENAL_TRY_ASSIGN(to.changed_unix_ms, TimeFromWire(from.changed_at()));
  for (const v1::KnownGoodFile& file : from.known_good()) {
    KENAL_TRY_ASSIGN(KnownGoodFile added, FromWire(file));
    to.known_good.push_back(std::move(added));
  }
  return to;
}

}  // namespace kenal::wire
