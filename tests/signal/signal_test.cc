// Hashes as text and bytes, names, list names, postings.
#include "kenal/signal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/explain.h"
#include "kenal/list.h"
#include "kenal/verdict.h"
#include "src/signal/posting.h"
#include "tests/support/support.h"

namespace kenal {
namespace {

using ::kenal::testing::AtDistance;
using ::kenal::testing::RandomHash;
using ::kenal::testing::TestSeed;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

template <typename HashType>
class HashText : public ::testing::Test {
 protected:
  std::mt19937_64 random_{TestSeed()};
};
using HashTypes = ::testing::Types<PdqHash, Md5, Sha1, Sha256, MarrHash>;
TYPED_TEST_SUITE(HashText, HashTypes);

std::string Upper(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

TYPED_TEST(HashText, SurvivesTextAndBytes) {
  for (int i = 0; i < 100; ++i) {
    const auto hash = RandomHash<TypeParam>(this->random_);
    const std::string hex = hash.ToHex();
    EXPECT_EQ(hex.size(), 2 * TypeParam::kSizeBytes);
    EXPECT_EQ(TypeParam::FromHex(hex).value(), hash);
    EXPECT_EQ(TypeParam::FromBytes(hash.bytes).value(), hash);
  }
}

TYPED_TEST(HashText, IsReadInEitherCaseAndWrittenInLowerCase) {
  const auto hash = RandomHash<TypeParam>(this->random_);
  const std::string hex = hash.ToHex();
  EXPECT_EQ(TypeParam::FromHex(Upper(hex)).value(), hash);
  EXPECT_TRUE(std::none_of(hex.begin(), hex.end(),
                           [](unsigned char c) { return std::isupper(c); }));
}

TYPED_TEST(HashText, StartsWithTheFirstByteAndItsHighHalf) {
  TypeParam hash;
  hash.bytes[0] = 0x12;
  EXPECT_EQ(hash.ToHex().substr(0, 4), "1200");
}

TYPED_TEST(HashText, OfAnotherLengthIsRefused) {
  for (size_t size = 0; size < 160; ++size) {
    if (size == 2 * TypeParam::kSizeBytes) continue;
    EXPECT_EQ(TypeParam::FromHex(std::string(size, 'a')).status().code(),
              StatusCode::kInvalidArgument)
        << size;
  }
  for (const size_t size :
       {size_t{0}, TypeParam::kSizeBytes - 1, TypeParam::kSizeBytes + 1}) {
    EXPECT_EQ(TypeParam::FromBytes(std::vector<uint8_t>(size)).status().code(),
              StatusCode::kInvalidArgument);
  }
}

// One wrong character anywhere, each byte that is no hex digit.
TYPED_TEST(HashText, WithAnyOtherCharacterIsRefused) {
  const std::string hex = RandomHash<TypeParam>(this->random_).ToHex();
  for (int c = 0; c < 256; ++c) {
    if (std::isxdigit(c)) continue;
    std::string wrong = hex;
    const size_t at = this->random_() % hex.size();
    wrong[at] = static_cast<char>(c);
    EXPECT_EQ(TypeParam::FromHex(wrong).status().code(),
              StatusCode::kInvalidArgument)
        << c << " at " << at;
  }
}

// Hashes are secrets: an error says where the text is wrong, not what it was.
TYPED_TEST(HashText, IsNotRepeatedInErrors) {
  std::string wrong = RandomHash<TypeParam>(this->random_).ToHex();
  wrong[5] = 'x';
  const std::string message(TypeParam::FromHex(wrong).status().message());
  EXPECT_THAT(message, HasSubstr("character 6"));
  for (size_t at = 0; at + 8 <= wrong.size(); ++at) {
    EXPECT_THAT(message, Not(HasSubstr(wrong.substr(at, 8))));
  }
}

TEST(HammingDistance, CountsTheBitsThatDiffer) {
  std::mt19937_64 random(TestSeed());
  for (int distance = 0; distance <= 256; ++distance) {
    const auto hash = RandomHash<PdqHash>(random);
    const PdqHash other = AtDistance(hash, distance, random);
    EXPECT_EQ(HammingDistance(hash, other), distance);
    EXPECT_EQ(HammingDistance(other, hash), distance);
  }
}

// As many bits as MarrHash has, counted one by one.
TEST(HammingDistance, OfMarrHashesCountsTheBitsThatDiffer) {
  constexpr size_t kBits = 8 * MarrHash::kSizeBytes;
  std::mt19937_64 random(TestSeed());
  for (size_t distance = 0; distance <= kBits; ++distance) {
    const auto hash = RandomHash<MarrHash>(random);
    MarrHash other = hash;
    std::vector<size_t> bits(kBits);
    std::iota(bits.begin(), bits.end(), 0);
    std::ranges::shuffle(bits, random);
    for (const size_t bit : std::span(bits).first(distance)) {
      other.bytes[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    }
    ASSERT_EQ(HammingDistance(hash, other), static_cast<int>(distance));
    ASSERT_EQ(HammingDistance(other, hash), static_cast<int>(distance));
    ASSERT_EQ(hash == other, distance == 0);
  }
}

// The values from `first` to `last`, which is all there are.
template <typename Enum>
std::vector<Enum> AllOf(Enum first, Enum last) {
  std::vector<Enum> values;
  for (int v = static_cast<int>(first); v <= static_cast<int>(last); ++v) {
    values.push_back(static_cast<Enum>(v));
  }
  return values;
}
const std::vector<View> kEveryView = AllOf(View::kStored, View::kTurned);

template <typename Enum, typename Name, typename Parse>
void ExpectRoundTrip(std::vector<Enum> values, Name name, Parse parse) {
  for (const Enum value : values) {
    EXPECT_EQ(parse(name(value)).value(), value) << name(value);
    const std::string upper = Upper(std::string(name(value)));
    EXPECT_EQ(parse(upper).ok(), upper == name(value)) << upper;
  }
  const Status refused = parse("nonsense").status();
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  for (const Enum value : values) {
    EXPECT_THAT(std::string(refused.message()),
                HasSubstr(std::string(name(value))));
  }
  EXPECT_FALSE(parse("").ok());
}

// And an unknown name is answered with the known ones.
TEST(Names, ParseToWhatTheyName) {
  ExpectRoundTrip<SignalType>({SignalType::kPdq, SignalType::kMd5,
                               SignalType::kSha1, SignalType::kSha256},
                              SignalTypeName, ParseSignalType);
  std::vector<Variant> variants;
  for (int v = 0; v < kVariantCount; ++v) {
    variants.push_back(static_cast<Variant>(v));
  }
  ExpectRoundTrip<Variant>(variants, VariantName, ParseVariant);
  ASSERT_EQ(kEveryView.size(), size_t{kViewCount});
  ExpectRoundTrip<View>(kEveryView, ViewName, ParseView);
  ExpectRoundTrip<Effort>(AllOf(Effort::kFast, Effort::kThorough), EffortName,
                          ParseEffort);
  ExpectRoundTrip<Purpose>({Purpose::kChildAbuse, Purpose::kOwnDecisions,
                            Purpose::kKnownBenign, Purpose::kTest},
                           PurposeName, ParsePurpose);
}

// Words that are only written: each value has one of its own.
template <typename Enum, typename Name>
void ExpectNames(Enum first, Enum last, Name name,
                 const std::vector<std::string_view>& expected) {
  std::vector<std::string_view> names;
  for (const Enum value : AllOf(first, last)) names.push_back(name(value));
  EXPECT_EQ(names, expected);
}

TEST(Names, ThatAreOnlyWrittenAreThoseOfTheContract) {
  ExpectNames(PdqProfile::kNative, PdqProfile::kReduced, PdqProfileName,
              {"native", "reduced"});
  ExpectNames(Tier::kMatch, Tier::kReview, TierName, {"match", "review"});
  ExpectNames(
      Finding::kMatch, Finding::kNotCompared, FindingName,
      {"match", "review", "too_far", "flat", "template_like", "not_compared"});
  ExpectNames(CheckState::kDone, CheckState::kFailed, CheckStateName,
              {"done", "not_applicable", "failed"});
  ExpectNames(EntryState::kActive, EntryState::kWithdrawn, EntryStateName,
              {"active", "disputed", "withdrawn"});
  ExpectNames(Outcome::kAdded, Outcome::kUnknown, OutcomeName,
              {"added", "replaced", "unchanged", "kept_withdrawn",
               "state_changed", "refused", "unknown"});
  ExpectNames(View::kStored, View::kTurned, ViewName,
              {"stored", "upright", "trimmed", "frame", "frame-2", "frame-3",
               "frame-4", "straightened", "central-95", "central-90",
               "central-80", "1:1", "4:5", "9:16", "16:9", "turned"});
}

// A set of views beside a std::set of them, through random additions.
TEST(ViewSets, HoldWhatWasAdded) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 100; ++round) {
    ViewSet views;
    std::set<View> model;
    for (uint64_t i = random() % 20; i > 0; --i) {
      const View view = kEveryView[random() % kEveryView.size()];
      views.Add(view);
      model.insert(view);
    }
    uint32_t bits = 0;
    for (const View view : kEveryView) {
      EXPECT_EQ(views.Contains(view), model.contains(view));
      if (model.contains(view)) bits |= 1u << static_cast<int>(view);
    }
    EXPECT_EQ(views.bits(), bits);
    EXPECT_EQ(ViewSet::FromBits(bits), views);
    const ViewSet other =
        *ViewSet::FromBits(static_cast<uint32_t>(random() % (1 << kViewCount)));
    EXPECT_EQ((views | other).bits(), bits | other.bits());
    EXPECT_EQ(views == other, bits == other.bits());
  }
}

TEST(ViewSets, AreOfKnownViewsOnly) {
  constexpr uint32_t kAll = (1u << kViewCount) - 1;
  EXPECT_EQ(ViewSet::FromBits(kAll)->bits(), kAll);
  for (int bit = kViewCount; bit < 32; ++bit) {
    EXPECT_FALSE(ViewSet::FromBits(1u << bit)) << bit;
    EXPECT_FALSE(ViewSet::FromBits(kAll | 1u << bit)) << bit;
  }
}

// Every set there is, as text and back.
TEST(ViewSets, SurviveText) {
  for (uint32_t bits = 0; bits < 1u << kViewCount; ++bits) {
    const ViewSet views = *ViewSet::FromBits(bits);
    ASSERT_EQ(ParseViewSet(ViewSetName(views)).value(), views);
  }
  EXPECT_EQ(ViewSetName({}), "");
  EXPECT_EQ(ViewSetName({View::kAspect16x9, View::kStored, View::kFrame2}),
            "stored,frame-2,16:9");
}

TEST(ViewSets, AreReadInAnyOrderAndTwice) {
  EXPECT_EQ(ParseViewSet("1:1,stored,1:1").value(),
            (ViewSet{View::kStored, View::kAspect1x1}));
}

TEST(ViewSets, OfOtherTextsAreRefused) {
  for (const char* text :
       {",", "stored,,frame", ",stored", "stored, frame", "Stored",
        "stored;frame", "nonsense", "stored,nonsense", " "}) {
    EXPECT_EQ(ParseViewSet(text).status().code(), StatusCode::kInvalidArgument)
        << '"' << text << '"';
  }
}

bool IsWithin(ViewSet inner, ViewSet outer) { return (inner | outer) == outer; }

// More effort compares all that less does, and the whole picture always with
// all its variants.
TEST(Efforts, CompareEverMore) {
  ViewSet before = kWholeViews;
  for (const Effort effort : AllOf(Effort::kFast, Effort::kThorough)) {
    const ViewSet views = QueryViews(effort);
    EXPECT_TRUE(IsWithin(before, views)) << EffortName(effort);
    EXPECT_TRUE(ComparesVariants(effort, View::kStored));
    EXPECT_TRUE(ComparesVariants(effort, View::kUpright));
    before = views;
  }
  EXPECT_EQ(QueryViews(Effort::kFast),
            kWholeViews | ViewSet{View::kTurned});
  EXPECT_NE(QueryViews(Effort::kNormal), QueryViews(Effort::kThorough));
  for (const View view : kEveryView) {
    EXPECT_TRUE(ComparesVariants(Effort::kThorough, view));
    EXPECT_EQ(ComparesVariants(Effort::kNormal, view),
              QueryViews(Effort::kFast).Contains(view));
  }
}

// Scripts read these words; nothing may read as "safe".
TEST(Names, OfVerdictsAreThoseOfTheContract) {
  EXPECT_EQ(VerdictName(Verdict::kExact), "EXACT");
  EXPECT_EQ(VerdictName(Verdict::kNear), "NEAR");
  EXPECT_EQ(VerdictName(Verdict::kNoKnownMatch), "NO_KNOWN_MATCH");
  EXPECT_EQ(VerdictName(Verdict::kTest), "TEST");
  EXPECT_EQ(VerdictName(Verdict::kUnavailable), "UNAVAILABLE");
}

TEST(Names, OfSignalTypesComeWithTheirSizes) {
  EXPECT_EQ(SignalSizeBytes(SignalType::kPdq), PdqHash::kSizeBytes);
  EXPECT_EQ(SignalSizeBytes(SignalType::kMd5), Md5::kSizeBytes);
  EXPECT_EQ(SignalSizeBytes(SignalType::kSha1), Sha1::kSizeBytes);
  EXPECT_EQ(SignalSizeBytes(SignalType::kSha256), Sha256::kSizeBytes);
}

TEST(ListName, TakesLettersDigitsAndThreeMarks) {
  for (const std::string name :
       {"a", "Z", "7", "a.b_c-d", "0x", "n-2026.11", "A--"}) {
    EXPECT_TRUE(CheckListName(name).ok()) << name;
  }
  EXPECT_TRUE(CheckListName(std::string(64, 'a')).ok());
}

TEST(ListName, RefusesAllElse) {
  for (const std::string name :
       {"", ".a", "-a", "_a", "a b", "a/b", "..", "a\n", "\xc3\xa4", "a,b"}) {
    EXPECT_EQ(CheckListName(name).code(), StatusCode::kInvalidArgument) << name;
  }
  EXPECT_FALSE(CheckListName(std::string(65, 'a')).ok());
  EXPECT_FALSE(CheckListName(std::string("a\0b", 3)).ok());
}

TEST(EntryIdParts, AreGivenBack) {
  const EntryId id = EntryId::Of(ListNumber{65'535}, EntryId::kSerialMax);
  EXPECT_EQ(id.list(), ListNumber{65'535});
  EXPECT_EQ(id.serial(), EntryId::kSerialMax);
  EXPECT_LT(EntryId::Of(ListNumber{1}, 9), EntryId::Of(ListNumber{2}, 1));
}

class Postings : public ::testing::Test {
 protected:
  PdqView ViewOf(View view, std::optional<int> quality) {
    PdqView pdq;
    pdq.view = view;
    pdq.hash = RandomHash<PdqHash>(random_);
    pdq.quality = quality;
    return pdq;
  }

  std::mt19937_64 random_{TestSeed()};
  const EntryId entry_ = EntryId::Of(ListNumber{3}, 14);
};

TEST_F(Postings, OfNothingAreNone) {
  EXPECT_THAT(PostingsOf(entry_, SignalSet{}), IsEmpty());
}

// A flat picture makes no near match; its digests still do.
TEST_F(Postings, LeaveOutThePdqOfFlatPicturesOnly) {
  for (int quality = 0; quality <= 100; ++quality) {
    SignalSet signals;
    signals.pdq = {ViewOf(View::kStored, quality)};
    signals.md5 = RandomHash<Md5>(random_);
    EXPECT_EQ(PostingsOf(entry_, signals).size(),
              quality <= kFlatQualityMax ? 1u : 2u)
        << quality;
  }
}

TEST_F(Postings, KeepAPdqOfUnknownQuality) {
  SignalSet signals;
  signals.pdq = {ViewOf(View::kUpright, std::nullopt)};
  const std::vector<Posting> postings = PostingsOf(entry_, signals);
  ASSERT_EQ(postings.size(), 1u);
  EXPECT_EQ(postings[0].type, SignalType::kPdq);
  EXPECT_EQ(postings[0].view, View::kUpright);
  EXPECT_EQ(postings[0].entry, entry_);
  EXPECT_EQ(postings[0].bits, signals.pdq[0].hash.bytes);
}

// Of every view, and an unknown flag counts as false. A part that is
// template-like has no posting. Digests have no flag.
TEST_F(Postings, SayWhichViewsAreTemplateLike) {
  SignalSet signals;
  signals.md5 = RandomHash<Md5>(random_);
  for (const View view : kEveryView) {
    signals.pdq.push_back(ViewOf(view, 100));
    switch (static_cast<int>(view) % 3) {
      case 0:
        signals.pdq.back().template_like = true;
        break;
      case 1:
        signals.pdq.back().template_like = false;
        break;
      default:
        signals.pdq.back().template_like.reset();
    }
  }
  const std::vector<Posting> postings = PostingsOf(entry_, signals);
  size_t at = 0;
  for (const PdqView& pdq : signals.pdq) {
    const bool is_flagged = static_cast<int>(pdq.view) % 3 == 0;
    const bool is_part = pdq.view != View::kStored &&
                         pdq.view != View::kUpright &&
                         pdq.view != View::kTurned;
    if (is_flagged && is_part) continue;
    ASSERT_LT(at, postings.size());
    EXPECT_EQ(postings[at].view, pdq.view);
    EXPECT_EQ(postings[at++].template_like, is_flagged);
  }
  EXPECT_EQ(postings.size(), at + 1);
  EXPECT_FALSE(postings.back().template_like);
}

TEST_F(Postings, ThatDifferOnlyInTheTemplateFlagAreOthers) {
  SignalSet signals;
  signals.pdq = {ViewOf(View::kStored, 100)};
  const Posting plain = PostingsOf(entry_, signals)[0];
  signals.pdq[0].template_like = true;
  EXPECT_NE(PostingsOf(entry_, signals)[0], plain);
}

TEST_F(Postings, AreOneAViewAndOneADigestWithZerosBehindShortOnes) {
  SignalSet signals;
  signals.pdq = {ViewOf(View::kStored, 100), ViewOf(View::kUpright, 100)};
  signals.md5 = RandomHash<Md5>(random_);
  signals.sha1 = RandomHash<Sha1>(random_);
  signals.sha256 = RandomHash<Sha256>(random_);
  const std::vector<Posting> postings = PostingsOf(entry_, signals);

  std::vector<SignalType> types;
  for (const Posting& posting : postings) {
    types.push_back(posting.type);
    EXPECT_EQ(posting.entry, entry_);
    const size_t size = SignalSizeBytes(posting.type);
    EXPECT_THAT(
        std::vector<uint8_t>(posting.bits.begin() + size, posting.bits.end()),
        Each(0));
  }
  ASSERT_THAT(types,
              ElementsAre(SignalType::kPdq, SignalType::kPdq, SignalType::kMd5,
                          SignalType::kSha1, SignalType::kSha256));
  const auto holds = [&](const Posting& posting, const auto& hash) {
    return std::equal(hash.bytes.begin(), hash.bytes.end(),
                      posting.bits.begin());
  };
  EXPECT_TRUE(holds(postings[2], *signals.md5));
  EXPECT_TRUE(holds(postings[3], *signals.sha1));
  EXPECT_TRUE(holds(postings[4], *signals.sha256));
  EXPECT_EQ(postings[2].view, View::kStored);
}

// What an entry shows of its signals: which, never their bits.
TEST(Summaries, NameTheSignalsHeldWithoutTheirBits) {
  std::mt19937_64 random(TestSeed());
  Entry entry;
  entry.signals.sha1 = RandomHash<Sha1>(random);
  entry.signals.pdq = {
      PdqView{.view = View::kStored, .quality = 90, .template_like = false},
      PdqView{.view = View::kFrame, .marr = RandomHash<MarrHash>(random)}};
  EXPECT_THAT(
      Summarize(entry).signals,
      ElementsAre(
          SignalHeld{
              .view = View::kStored, .quality = 90, .template_like = false},
          SignalHeld{.view = View::kFrame, .second_opinion = true},
          SignalHeld{.type = SignalType::kSha1}));
}

}  // namespace
}  // namespace kenal
