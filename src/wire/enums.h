// The wire's enums beside ours, for the .cc files of this room.
#ifndef KENAL_SRC_WIRE_ENUMS_H_
#define KENAL_SRC_WIRE_ENUMS_H_

#include <google/protobuf/generated_enum_reflection.h>

#include <string>
#include <string_view>
#include <utility>

#include "kenal/curator.h"
#include "kenal/explain.h"
#include "kenal/status.h"
#include "kenal/v1/catalogue.pb.h"
#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/explain.pb.h"
#include "kenal/v1/signal.pb.h"
#include "kenal/v1/verdict.pb.h"
#include "kenal/verdict.h"
#include "src/base/check.h"

namespace kenal::wire {

template <typename Ours, typename Theirs>
using EnumPair = std::pair<Ours, Theirs>;

inline constexpr EnumPair<SignalType, v1::SignalType> kSignalTypes[] = {
    {SignalType::kPdq, v1::SIGNAL_TYPE_PDQ},
    {SignalType::kMd5, v1::SIGNAL_TYPE_MD5},
    {SignalType::kSha1, v1::SIGNAL_TYPE_SHA1},
    {SignalType::kSha256, v1::SIGNAL_TYPE_SHA256}};
inline constexpr EnumPair<View, v1::View> kViews[] = {
    {View::kStored, v1::VIEW_STORED},
    {View::kUpright, v1::VIEW_UPRIGHT},
    {View::kTrimmed, v1::VIEW_TRIMMED},
    {View::kFrame, v1::VIEW_FRAME},
    {View::kFrame2, v1::VIEW_FRAME_2},
    {View::kFrame3, v1::VIEW_FRAME_3},
    {View::kFrame4, v1::VIEW_FRAME_4},
    {View::kStraightened, v1::VIEW_STRAIGHTENED},
    {View::kCentral95, v1::VIEW_CENTRAL_95},
    {View::kCentral90, v1::VIEW_CENTRAL_90},
    {View::kCentral80, v1::VIEW_CENTRAL_80},
    {View::kAspect1x1, v1::VIEW_ASPECT_1X1},
    {View::kAspect4x5, v1::VIEW_ASPECT_4X5},
    {View::kAspect9x16, v1::VIEW_ASPECT_9X16},
    {View::kAspect16x9, v1::VIEW_ASPECT_16X9},
    {View::kTurned, v1::VIEW_TURNED}};
inline constexpr EnumPair<Effort, v1::Effort> kEfforts[] = {
    {Effort::kFast, v1::EFFORT_FAST},
    {Effort::kNormal, v1::EFFORT_NORMAL},
    {Effort::kThorough, v1::EFFORT_THOROUGH}};
inline constexpr EnumPair<Variant, v1::Variant> kVariants[] = {
    {Variant::kOrig, v1::VARIANT_ORIG},
    {Variant::kRot90, v1::VARIANT_ROT90},
    {Variant::kRot180, v1::VARIANT_ROT180},
    {Variant::kRot270, v1::VARIANT_ROT270},
    {Variant::kFlipX, v1::VARIANT_FLIPX},
    {Variant::kFlipY, v1::VARIANT_FLIPY},
    {Variant::kFlipPlus1, v1::VARIANT_FLIPPLUS1},
    {Variant::kFlipMinus1, v1::VARIANT_FLIPMINUS1}};
inline constexpr EnumPair<PdqProfile, v1::PdqProfile> kProfiles[] = {
    {PdqProfile::kNative, v1::PDQ_PROFILE_NATIVE},
    {PdqProfile::kReduced, v1::PDQ_PROFILE_REDUCED}};
inline constexpr EnumPair<Purpose, v1::Purpose> kPurposes[] = {
    {Purpose::kChildAbuse, v1::PURPOSE_CHILD_ABUSE},
    {Purpose::kOwnDecisions, v1::PURPOSE_OWN_DECISIONS},
    {Purpose::kKnownBenign, v1::PURPOSE_KNOWN_BENIGN},
    {Purpose::kTest, v1::PURPOSE_TEST}};
inline constexpr EnumPair<EntryState, v1::EntryState> kEntryStates[] = {
    {EntryState::kActive, v1::ENTRY_STATE_ACTIVE},
    {EntryState::kDisputed, v1::ENTRY_STATE_DISPUTED},
    {EntryState::kWithdrawn, v1::ENTRY_STATE_WITHDRAWN},
    {EntryState::kQuarantined, v1::ENTRY_STATE_QUARANTINED},
    {EntryState::kRetracted, v1::ENTRY_STATE_RETRACTED}};
inline constexpr EnumPair<Verdict, v1::Verdict> kVerdicts[] = {
    {Verdict::kNoKnownMatch, v1::VERDICT_NO_KNOWN_MATCH},
    {Verdict::kTest, v1::VERDICT_TEST},
    {Verdict::kUnavailable, v1::VERDICT_UNAVAILABLE},
    {Verdict::kNear, v1::VERDICT_NEAR},
    {Verdict::kExact, v1::VERDICT_EXACT}};
inline constexpr EnumPair<Tier, v1::Tier> kTiers[] = {
    {Tier::kMatch, v1::TIER_MATCH}, {Tier::kReview, v1::TIER_REVIEW}};
inline constexpr EnumPair<Finding, v1::Finding> kFindings[] = {
    {Finding::kMatch, v1::FINDING_MATCH},
    {Finding::kReview, v1::FINDING_REVIEW},
    {Finding::kTooFar, v1::FINDING_TOO_FAR},
    {Finding::kFlat, v1::FINDING_FLAT},
    {Finding::kTemplateLike, v1::FINDING_TEMPLATE_LIKE},
    {Finding::kNotCompared, v1::FINDING_NOT_COMPARED}};
inline constexpr EnumPair<CheckState, v1::CheckState> kCheckStates[] = {
    {CheckState::kDone, v1::CHECK_STATE_DONE},
    {CheckState::kNotApplicable, v1::CHECK_STATE_NOT_APPLICABLE},
    {CheckState::kFailed, v1::CHECK_STATE_FAILED}};
inline constexpr EnumPair<Outcome, v1::Outcome> kOutcomes[] = {
    {Outcome::kAdded, v1::OUTCOME_ADDED},
    {Outcome::kReplaced, v1::OUTCOME_REPLACED},
    {Outcome::kUnchanged, v1::OUTCOME_UNCHANGED},
    {Outcome::kKeptWithdrawn, v1::OUTCOME_KEPT_WITHDRAWN},
    {Outcome::kStateChanged, v1::OUTCOME_STATE_CHANGED},
    {Outcome::kRefused, v1::OUTCOME_REFUSED},
    {Outcome::kUnknown, v1::OUTCOME_UNKNOWN}};
inline constexpr EnumPair<ChangeKind, v1::ChangeKind> kChangeKinds[] = {
    {ChangeKind::kListCreated, v1::CHANGE_KIND_LIST_CREATED},
    {ChangeKind::kPolicySet, v1::CHANGE_KIND_POLICY_SET},
    {ChangeKind::kEntriesPut, v1::CHANGE_KIND_ENTRIES_PUT},
    {ChangeKind::kEntriesSet, v1::CHANGE_KIND_ENTRIES_SET},
    {ChangeKind::kKnownGoodSet, v1::CHANGE_KIND_KNOWN_GOOD_SET}};

template <typename Ours, typename Theirs, size_t kCount>
Theirs EnumToWire(const EnumPair<Ours, Theirs> (&pairs)[kCount], Ours value) {
  for (const auto& [ours, theirs] : pairs) {
    if (ours == value) return theirs;
  }
  KENAL_CHECK(false && "value outside its enum");
  return Theirs{};
}

template <typename Ours, typename Theirs, size_t kCount>
StatusOr<Ours> EnumFromWire(const EnumPair<Ours, Theirs> (&pairs)[kCount],
                            std::string_view field, int value) {
  for (const auto& [ours, theirs] : pairs) {
    if (static_cast<int>(theirs) == value) return ours;
  }
  std::string accepted;
  for (const auto& [ours, theirs] : pairs) {
    const auto* const named =
        google::protobuf::GetEnumDescriptor<Theirs>()->FindValueByNumber(
            static_cast<int>(theirs));
    accepted += (accepted.empty() ? "" : ", ") + named->name();
  }
  return InvalidArgument(
      std::string(field) + ": " + std::to_string(value) +
      (value == 0 ? " is unspecified" : " is not a value known here") +
      "; use one of: " + accepted);
}

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_ENUMS_H_
