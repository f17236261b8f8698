#include "src/catalogue/policy.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "src/catalogue/limits.h"

namespace kenal::catalogue {
namespace {

// Bits of the first byte of a policy.
constexpr uint8_t kEnabled = 1;
constexpr uint8_t kSecondOpinion = 2;
constexpr uint8_t kHasReviewRadius = 4;
constexpr uint8_t kShadow = 8;
constexpr uint8_t kExpires = 16;
constexpr uint8_t kPolicyBits2 = 7;  // those of version 2
constexpr uint8_t kPolicyBits = 31;

constexpr size_t kRegionSize = 2;

Status CheckRadii(const ListPolicy& policy) {
  const int bits = policy.pdq_radius.bits;
  if (bits < 0 || bits > kRadiusBitsMax) {
    return InvalidArgument("a PDQ radius is 0 to " +
                           std::to_string(kRadiusBitsMax) + " bits");
  }
  const int review_bits_min = std::max(kReviewRadiusBitsMin, bits + 1);
  if (policy.review_radius && (policy.review_radius->bits < review_bits_min ||
                               policy.review_radius->bits > kRadiusBitsMax)) {
    return InvalidArgument(
        "a review radius is " + std::to_string(kReviewRadiusBitsMin) + " to " +
        std::to_string(kRadiusBitsMax) +
        " bits and above the PDQ radius, which is " + std::to_string(bits));
  }
  return OkStatus();
}

Status CheckRegions(const std::vector<std::string>& regions) {
  if (regions.size() > ListPolicy::kRegionsMax) {
    return InvalidArgument("a policy names at most " +
                           std::to_string(ListPolicy::kRegionsMax) +
                           " regions");
  }
  for (const std::string& region : regions) KENAL_TRY(CheckRegion(region));
  if (std::ranges::adjacent_find(regions, std::greater_equal<>()) !=
      regions.end()) {
    return InvalidArgument("regions are given in order, each once");
  }
  return OkStatus();
}

std::vector<std::string> DecodeRegions(base::Decoder& in) {
  std::vector<std::string> regions;
  const uint64_t count = in.Number(ListPolicy::kRegionsMax);
  for (uint64_t i = 0; i < count && !in.failed(); ++i) {
    std::array<uint8_t, kRegionSize> letters{};
    in.Raw(letters);
    regions.emplace_back(letters.begin(), letters.end());
  }
  if (!CheckRegions(regions).ok()) in.Fail();
  return regions;
}

uint8_t OneByte(base::Decoder& in, uint8_t most) {
  const uint8_t value = in.Byte();
  if (value > most) in.Fail();
  return in.failed() ? uint8_t{0} : value;
}

// All that a policy of version 1 says is whether and how far; the rest is as
// it was for every list then, but that trimmed pictures are kept from now on.
ListPolicy DecodePolicy1(base::Decoder& in) {
  ListPolicy policy;
  policy.enabled = OneByte(in, 1) == 1;
  policy.pdq_radius.bits = OneByte(in, kRadiusBitsMax);
  policy.review_radius.reset();
  policy.effort = Effort::kThorough;
  policy.stored_views = {View::kStored, View::kUpright, View::kTrimmed};
  policy.second_opinion = false;
  return policy;
}

Radius DecodeReviewRadius(Radius pdq_radius, base::Decoder& in) {
  const Radius radius{OneByte(in, kRadiusBitsMax)};
  if (radius.bits < kReviewRadiusBitsMin || radius <= pdq_radius) in.Fail();
  return radius;
}

// What version 3 added.
void DecodeTerms(uint8_t has, base::Decoder& in, ListPolicy& policy) {
  policy.shadow = (has & kShadow) != 0;
  policy.action_label = in.Bytes(kLabelSizeMax);
  if (!CheckActionLabel(policy.action_label).ok()) in.Fail();
  policy.share_permille = static_cast<int>(in.Number(ListPolicy::kShareWhole));
  policy.share_seed = in.Number();
  policy.regions = DecodeRegions(in);
  if (has & kExpires) policy.expires_unix_ms = in.Signed();
}

}  // namespace

StatusOr<ListPolicy> CheckedPolicy(ListPolicy policy) {
  KENAL_TRY(CheckRadii(policy));
  if (policy.effort < Effort::kFast || policy.effort > Effort::kThorough) {
    return InvalidArgument("an effort is fast, normal or thorough");
  }
  if (!ViewSet::FromBits(policy.stored_views.bits())) {
    return InvalidArgument("a policy names a view that is not known");
  }
  if (policy.stored_views.Contains(View::kTurned)) {
    return InvalidArgument(
        "the view turned is of queries alone and cannot be stored; the whole "
        "picture always is");
  }
  KENAL_TRY(CheckActionLabel(policy.action_label));
  if (policy.share_permille < 0 ||
      policy.share_permille > ListPolicy::kShareWhole) {
    return InvalidArgument("a share is 0 to " +
                           std::to_string(ListPolicy::kShareWhole) +
                           " of a thousand");
  }
  KENAL_TRY(CheckRegions(policy.regions));
  policy.stored_views = policy.stored_views | kWholeViews;
  return policy;
}

void EncodePolicy(const ListPolicy& policy, base::Encoder& out) {
  out.Byte(static_cast<uint8_t>((policy.enabled ? kEnabled : 0) |
                                (policy.second_opinion ? kSecondOpinion : 0) |
                                (policy.review_radius ? kHasReviewRadius : 0) |
                                (policy.shadow ? kShadow : 0) |
                                (policy.expires_unix_ms ? kExpires : 0)));
  out.Byte(static_cast<uint8_t>(policy.pdq_radius.bits));
  if (policy.review_radius) {
    out.Byte(static_cast<uint8_t>(policy.review_radius->bits));
  }
  out.Byte(static_cast<uint8_t>(policy.effort));
  out.Number(policy.stored_views.bits());
  out.Bytes(policy.action_label);
  out.Number(static_cast<uint64_t>(policy.share_permille));
  out.Number(policy.share_seed);
  out.Number(policy.regions.size());
  for (const std::string& region : policy.regions) {
    for (const char letter : region) out.Byte(static_cast<uint8_t>(letter));
  }
  if (policy.expires_unix_ms) out.Signed(*policy.expires_unix_ms);
}

ListPolicy DecodePolicy(uint8_t version, base::Decoder& in) {
  if (version == 1) return DecodePolicy1(in);
  ListPolicy policy;
  const uint8_t has = OneByte(in, version == 2 ? kPolicyBits2 : kPolicyBits);
  policy.enabled = (has & kEnabled) != 0;
  policy.second_opinion = (has & kSecondOpinion) != 0;
  policy.pdq_radius.bits = OneByte(in, kRadiusBitsMax);
  if (has & kHasReviewRadius) {
    policy.review_radius = DecodeReviewRadius(policy.pdq_radius, in);
  }
  const uint8_t effort = OneByte(in, static_cast<uint8_t>(Effort::kThorough));
  if (effort == 0) in.Fail();
  if (effort != 0) policy.effort = Effort{effort};
  const std::optional<ViewSet> views =
      ViewSet::FromBits(static_cast<uint32_t>(in.Number(UINT32_MAX)));
  if (!views || (*views | kWholeViews) != *views) in.Fail();
  policy.stored_views = views.value_or(kWholeViews);
  if (version > 2) DecodeTerms(has, in, policy);
  return policy;
}

uint8_t DecodePolicyVersion(base::Decoder& in) {
  const uint8_t version = OneByte(in, kPolicyVersion);
  if (version == 0) in.Fail();
  return version;
}

}  // namespace kenal::catalogue
