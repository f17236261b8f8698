// The words of the public enums, each in one table for both directions.
#include <array>
#include <span>
#include <string>
#include <utility>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/explain.h"
#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"
#include "src/base/check.h"

namespace kenal {
namespace {

template <typename Enum>
using Word = std::pair<Enum, std::string_view>;

constexpr Word<SignalType> kSignalTypes[] = {{SignalType::kPdq, "pdq"},
                                             {SignalType::kMd5, "md5"},
                                             {SignalType::kSha1, "sha1"},
                                             {SignalType::kSha256, "sha256"}};
constexpr Word<Variant> kVariants[] = {
    {Variant::kOrig, "orig"},           {Variant::kRot90, "rot90"},
    {Variant::kRot180, "rot180"},       {Variant::kRot270, "rot270"},
    {Variant::kFlipX, "flipx"},         {Variant::kFlipY, "flipy"},
    {Variant::kFlipPlus1, "flipplus1"}, {Variant::kFlipMinus1, "flipminus1"}};
constexpr Word<View> kViews[] = {
    {View::kStored, "stored"},        {View::kUpright, "upright"},
    {View::kTrimmed, "trimmed"},      {View::kFrame, "frame"},
    {View::kFrame2, "frame-2"},       {View::kFrame3, "frame-3"},
    {View::kFrame4, "frame-4"},       {View::kStraightened, "straightened"},
    {View::kCentral95, "central-95"}, {View::kCentral90, "central-90"},
    {View::kCentral80, "central-80"}, {View::kAspect1x1, "1:1"},
    {View::kAspect4x5, "4:5"},        {View::kAspect9x16, "9:16"},
    {View::kAspect16x9, "16:9"},      {View::kTurned, "turned"}};
constexpr Word<PdqProfile> kProfiles[] = {{PdqProfile::kNative, "native"},
                                          {PdqProfile::kReduced, "reduced"}};
constexpr Word<Effort> kEfforts[] = {{Effort::kFast, "fast"},
                                     {Effort::kNormal, "normal"},
                                     {Effort::kThorough, "thorough"}};
constexpr Word<Tier> kTiers[] = {{Tier::kMatch, "match"},
                                 {Tier::kReview, "review"}};
constexpr Word<Finding> kFindings[] = {
    {Finding::kMatch, "match"},
    {Finding::kReview, "review"},
    {Finding::kTooFar, "too_far"},
    {Finding::kFlat, "flat"},
    {Finding::kTemplateLike, "template_like"},
    {Finding::kNotCompared, "not_compared"}};
constexpr Word<Purpose> kPurposes[] = {
    {Purpose::kChildAbuse, "child-abuse"},
    {Purpose::kKnownBenign, "known-benign"},
    {Purpose::kOwnDecisions, "own-decisions"},
    {Purpose::kTest, "test"}};
constexpr Word<Verdict> kVerdicts[] = {
    {Verdict::kNoKnownMatch, "NO_KNOWN_MATCH"},
    {Verdict::kTest, "TEST"},
    {Verdict::kUnavailable, "UNAVAILABLE"},
    {Verdict::kNear, "NEAR"},
    {Verdict::kExact, "EXACT"}};
constexpr Word<CheckState> kCheckStates[] = {
    {CheckState::kDone, "done"},
    {CheckState::kNotApplicable, "not_applicable"},
    {CheckState::kFailed, "failed"}};
constexpr Word<EntryState> kEntryStates[] = {
    {EntryState::kActive, "active"},
    {EntryState::kDisputed, "disputed"},
    {EntryState::kWithdrawn, "withdrawn"},
    {EntryState::kQuarantined, "quarantined"},
    {EntryState::kRetracted, "retracted"}};
constexpr Word<Outcome> kOutcomes[] = {
    {Outcome::kAdded, "added"},
    {Outcome::kReplaced, "replaced"},
    {Outcome::kUnchanged, "unchanged"},
    {Outcome::kKeptWithdrawn, "kept_withdrawn"},
    {Outcome::kStateChanged, "state_changed"},
    {Outcome::kRefused, "refused"},
    {Outcome::kUnknown, "unknown"}};

constexpr Word<ChangeKind> kChangeKinds[] = {
    {ChangeKind::kListCreated, "list_created"},
    {ChangeKind::kPolicySet, "policy_set"},
    {ChangeKind::kEntriesPut, "entries_put"},
    {ChangeKind::kEntriesSet, "entries_set"},
    {ChangeKind::kKnownGoodSet, "known_good_set"}};

template <typename Enum, size_t kCount>
std::string_view NameIn(const Word<Enum> (&words)[kCount], Enum value) {
  for (const auto& [candidate, word] : words) {
    if (candidate == value) return word;
  }
  KENAL_CHECK(false && "value outside its enum");
  return {};
}

template <typename Enum, size_t kCount>
StatusOr<Enum> ParseIn(const Word<Enum> (&words)[kCount], std::string_view kind,
                       std::string_view name) {
  std::string accepted;
  for (const auto& [value, word] : words) {
    if (word == name) return value;
    accepted += (accepted.empty() ? "" : ", ");
    accepted += word;
  }
  return InvalidArgument("unknown " + std::string(kind) +
                         "; use one of: " + accepted);
}

}  // namespace

std::string_view SignalTypeName(SignalType type) {
  return NameIn(kSignalTypes, type);
}
StatusOr<SignalType> ParseSignalType(std::string_view name) {
  return ParseIn(kSignalTypes, "signal type", name);
}
size_t SignalSizeBytes(SignalType type) {
  switch (type) {
    case SignalType::kPdq:
      return PdqHash::kSizeBytes;
    case SignalType::kMd5:
      return Md5::kSizeBytes;
    case SignalType::kSha1:
      return Sha1::kSizeBytes;
    case SignalType::kSha256:
      return Sha256::kSizeBytes;
  }
  KENAL_CHECK(false && "value outside SignalType");
  return 0;
}
std::string_view VariantName(Variant variant) {
  return NameIn(kVariants, variant);
}
StatusOr<Variant> ParseVariant(std::string_view name) {
  return ParseIn(kVariants, "variant", name);
}
std::string_view ViewName(View view) { return NameIn(kViews, view); }
StatusOr<View> ParseView(std::string_view name) {
  return ParseIn(kViews, "view", name);
}
std::string_view PdqProfileName(PdqProfile profile) {
  return NameIn(kProfiles, profile);
}
std::string_view EffortName(Effort effort) { return NameIn(kEfforts, effort); }
StatusOr<Effort> ParseEffort(std::string_view name) {
  return ParseIn(kEfforts, "effort", name);
}
std::string_view TierName(Tier tier) { return NameIn(kTiers, tier); }
std::string_view FindingName(Finding finding) {
  return NameIn(kFindings, finding);
}
std::string_view PurposeName(Purpose purpose) {
  return NameIn(kPurposes, purpose);
}
StatusOr<Purpose> ParsePurpose(std::string_view name) {
  return ParseIn(kPurposes, "purpose", name);
}
std::string_view VerdictName(Verdict verdict) {
  return NameIn(kVerdicts, verdict);
}
std::string_view CheckStateName(CheckState state) {
  return NameIn(kCheckStates, state);
}
std::string_view EntryStateName(EntryState state) {
  return NameIn(kEntryStates, state);
}
std::string_view OutcomeName(Outcome outcome) {
  return NameIn(kOutcomes, outcome);
}
std::string_view ChangeKindName(ChangeKind kind) {
  return NameIn(kChangeKinds, kind);
}

Status CheckListName(std::string_view name) {
  constexpr size_t kNameSizeMax = 64;
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
  };
  bool good = !name.empty() && name.size() <= kNameSizeMax && is_alnum(name[0]);
  for (const char c : name) {
    good = good && (is_alnum(c) || c == '.' || c == '_' || c == '-');
  }
  if (good) return OkStatus();
  return InvalidArgument(
      "a list name has 1 to 64 of a-z A-Z 0-9 . _ - and starts with a letter "
      "or digit");
}

Status CheckActionLabel(std::string_view label) {
  constexpr size_t kLabelSizeMax = 64;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  bool good =
      label.size() <= kLabelSizeMax && (label.empty() || is_letter(label[0]));
  for (const char c : label) {
    good = good &&
           (is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-');
  }
  if (good) return OkStatus();
  return InvalidArgument(
      "an action label has 1 to 64 of a-z 0-9 _ - and starts with a letter, "
      "or is empty");
}

Status CheckRegion(std::string_view region) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (region.size() == 2 && is_capital(region[0]) && is_capital(region[1])) {
    return OkStatus();
  }
  return InvalidArgument("a region is two letters A-Z, as ISO 3166-1: US, ID");
}

}  // namespace kenal
