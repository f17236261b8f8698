#include "src/engine/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/support.h"

namespace kenal::engine {
namespace {

using ::testing::HasSubstr;

const Purpose kPurposes[] = {Purpose::kChildAbuse, Purpose::kOwnDecisions,
                             Purpose::kKnownBenign, Purpose::kTest};

SignalSet WithPdq(std::optional<int> quality) {
  SignalSet signals;
  signals.pdq.push_back({.quality = quality});
  signals.pdq[0].dihedral.emplace();
  return signals;
}

// The precedence written as a table, from kenal/verdict.h, independently of
// the code: the first row whose condition holds gives the verdict.
Verdict Expected(const std::vector<Hit>& hits, bool check_failed) {
  const auto has = [&](Purpose purpose, auto signal_matches) {
    return std::ranges::count_if(hits, [&](const Hit& hit) {
             return hit.list->purpose == purpose && signal_matches(hit.signal);
           }) > 0;
  };
  const auto digest = [](SignalType type) { return type != SignalType::kPdq; };
  const auto pdq = [](SignalType type) { return type == SignalType::kPdq; };
  const auto any = [](SignalType) { return true; };
  const std::pair<bool, Verdict> rows[] = {
      {has(Purpose::kChildAbuse, digest), Verdict::kExact},
      {has(Purpose::kChildAbuse, pdq), Verdict::kNear},
      {check_failed, Verdict::kUnavailable},
      {has(Purpose::kTest, any), Verdict::kTest},
      {true, Verdict::kNoKnownMatch}};
  return std::ranges::find(rows, true, &std::pair<bool, Verdict>::first)
      ->second;
}

TEST(Verdict, FollowsThePrecedenceForEverySmallSetOfHits) {
  std::vector<ListInfo> lists;
  for (const Purpose purpose : kPurposes) {
    lists.push_back({.name = "l", .purpose = purpose});
  }
  std::vector<Hit> kinds;
  for (const ListInfo& list : lists) {
    kinds.push_back({.list = &list, .signal = SignalType::kPdq});
    kinds.push_back({.list = &list, .signal = SignalType::kSha256});
  }
  for (unsigned mask = 0; mask < 1U << kinds.size(); ++mask) {
    std::vector<Hit> hits;
    for (size_t i = 0; i < kinds.size(); ++i) {
      if ((mask >> i & 1) != 0) hits.push_back(kinds[i]);
    }
    for (const bool failed : {false, true}) {
      const Check check{.state =
                            failed ? CheckState::kFailed : CheckState::kDone};
      EXPECT_EQ(VerdictOf(hits, {&check, 1}), Expected(hits, failed))
          << "mask " << mask << " failed " << failed;
    }
  }
}

// Every verdict with every set of hits: the tier is the firmest of the kind
// that the verdict is made of.
TEST(Verdict, ItsTierIsThatOfTheFirmestHitBehindIt) {
  std::vector<ListInfo> lists;
  for (const Purpose purpose : kPurposes) {
    lists.push_back({.name = "l", .purpose = purpose});
  }
  std::vector<Hit> kinds;
  for (const ListInfo& list : lists) {
    kinds.push_back({.list = &list, .tier = Tier::kReview});
    kinds.push_back({.list = &list, .tier = Tier::kMatch});
    kinds.push_back({.list = &list, .signal = SignalType::kMd5});
  }
  for (unsigned mask = 0; mask < 1U << kinds.size(); ++mask) {
    std::vector<Hit> hits;
    const auto has = [&](size_t kind) { return (mask >> kind & 1) != 0; };
    for (size_t i = 0; i < kinds.size(); ++i) {
      if (has(i)) hits.push_back(kinds[i]);
    }
    const Verdict verdict = VerdictOf(hits, {});
    std::optional<Tier> expected;
    if (verdict == Verdict::kExact) {
      expected = Tier::kMatch;
    } else if (verdict == Verdict::kNear) {
      expected = has(1) ? Tier::kMatch : Tier::kReview;
    } else if (verdict == Verdict::kTest) {
      expected = has(10) || has(11) ? Tier::kMatch : Tier::kReview;
    }
    ASSERT_EQ(TierOf(verdict, hits), expected) << "mask " << mask;
    ASSERT_EQ(TierOf(Verdict::kUnavailable, hits), std::nullopt);
  }
}

TEST(Verdict, PdqAtDistanceZeroIsNearNotExact) {
  const ListInfo list{.name = "l", .purpose = Purpose::kChildAbuse};
  const Hit hit{.list = &list, .signal = SignalType::kPdq, .distance = 0};
  EXPECT_EQ(VerdictOf({&hit, 1}, {}), Verdict::kNear);
}

TEST(Checks, OneForEachSignalTypeInOrder) {
  const auto checks = ChecksOf(WithPdq(100), Effort::kNormal);
  ASSERT_EQ(checks.size(), 4U);
  EXPECT_EQ(checks[0].signal, SignalType::kPdq);
  EXPECT_EQ(checks[0].state, CheckState::kDone);
  EXPECT_EQ(checks[0].reason, "");
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(checks[i].state, CheckState::kNotApplicable);
    EXPECT_EQ(checks[i].reason, "not_supplied");
  }
}

TEST(Checks, QualityFortyNineIsFlatAndFiftyIsNot) {
  EXPECT_EQ(ChecksOf(WithPdq(49), Effort::kNormal)[0].state,
            CheckState::kNotApplicable);
  EXPECT_EQ(ChecksOf(WithPdq(49), Effort::kNormal)[0].reason, "flat");
  EXPECT_THAT(ChecksOf(WithPdq(49), Effort::kNormal)[0].message,
              HasSubstr("49"));
  EXPECT_EQ(ChecksOf(WithPdq(50), Effort::kNormal)[0].state, CheckState::kDone);
}

TEST(Checks, APlainPictureWithADetailedPartIsSearched) {
  SignalSet signals = WithPdq(10);
  signals.pdq.push_back({.view = View::kCentral80, .quality = 100});
  EXPECT_EQ(ChecksOf(signals, Effort::kThorough)[0].state, CheckState::kDone);
  EXPECT_EQ(ChecksOf(signals, Effort::kThorough)[0].reason, "");
  EXPECT_EQ(ChecksOf(signals, Effort::kNormal)[0].reason, "flat");
  signals.pdq.erase(signals.pdq.begin());
  EXPECT_EQ(ChecksOf(signals, Effort::kThorough)[0].state, CheckState::kDone);
  EXPECT_EQ(ChecksOf(signals, Effort::kNormal)[0].state,
            CheckState::kNotApplicable);
  EXPECT_EQ(ChecksOf(signals, Effort::kNormal)[0].reason, "views_not_compared");
}

// Parts of few flat tones with every quality that lets the hash itself pass,
// beside views that are flat or not compared.
TEST(Checks, NothingButTemplateLikePartsIsSaidSo) {
  for (const std::optional<int> quality : {std::optional<int>{}, {50}, {100}}) {
    SignalSet signals;
    signals.pdq = {
        {.view = View::kTrimmed, .quality = quality, .template_like = true},
        {.view = View::kFrame, .quality = quality, .template_like = true},
        {.view = View::kCentral80, .quality = 10}};
    const Check check = ChecksOf(signals, Effort::kNormal)[0];
    EXPECT_EQ(check.state, CheckState::kNotApplicable);
    EXPECT_EQ(check.reason, "template_like");
    EXPECT_EQ(check.message,
              "only parts of few flat tones were given; they make no near "
              "match");
    const Check with_flat = ChecksOf(signals, Effort::kThorough)[0];
    EXPECT_EQ(with_flat.reason, "flat");
    EXPECT_THAT(with_flat.message, HasSubstr("quality 10 "));
    signals.pdq[1].template_like = false;
    EXPECT_EQ(ChecksOf(signals, Effort::kNormal)[0].state, CheckState::kDone);
  }
}

TEST(Checks, UnknownQualityIsComparedAndSaid) {
  const Check check = ChecksOf(WithPdq(std::nullopt), Effort::kNormal)[0];
  EXPECT_EQ(check.state, CheckState::kDone);
  EXPECT_EQ(check.reason, "quality_unknown");
}

TEST(Checks, APlainHashSaysThatTurnedCopiesWereNotCompared) {
  SignalSet signals = WithPdq(100);
  signals.pdq[0].dihedral.reset();
  const Check check = ChecksOf(signals, Effort::kNormal)[0];
  EXPECT_EQ(check.state, CheckState::kDone);
  EXPECT_EQ(check.reason, "variants_not_supplied");
}

TEST(Checks, APartlyDecodedPictureIsNoPassButItsHitsCount) {
  SignalSet signals = WithPdq(100);
  signals.picture = {.format = "jpeg", .damaged = true};
  const auto checks = ChecksOf(signals, Effort::kNormal);
  EXPECT_EQ(checks[0].state, CheckState::kFailed);
  EXPECT_EQ(checks[0].reason, "damaged");
  EXPECT_EQ(VerdictOf({}, checks), Verdict::kUnavailable);
  // A cut picture is mostly grey: its flatness excuses nothing.
  signals.pdq[0].quality = 10;
  EXPECT_EQ(ChecksOf(signals, Effort::kNormal)[0].state, CheckState::kFailed);
  const ListInfo list{.name = "l", .purpose = Purpose::kChildAbuse};
  const Hit hit{.list = &list};
  EXPECT_EQ(VerdictOf({&hit, 1}, checks), Verdict::kNear);
}

TEST(Checks, AFailureTravelsEvenBesideDigests) {
  SignalSet signals;
  signals.md5 = Md5{};
  signals.pdq_failure = {"decoder_died", "the decoder died"};
  const auto checks = ChecksOf(signals, Effort::kNormal);
  EXPECT_EQ(checks[0].state, CheckState::kFailed);
  EXPECT_EQ(checks[0].reason, "decoder_died");
  EXPECT_EQ(checks[1].state, CheckState::kDone);
}

TEST(Checks, NothingGivenIsAFailedCheckNotAPass) {
  const auto checks = ChecksOf(SignalSet{}, Effort::kNormal);
  EXPECT_EQ(checks[0].state, CheckState::kFailed);
  EXPECT_EQ(VerdictOf({}, checks), Verdict::kUnavailable);
}

TEST(Order, IsPurposeThenTierThenDistanceThenListThenEntryThenSignal) {
  const ListInfo abuse_a{.name = "a", .purpose = Purpose::kChildAbuse};
  const ListInfo abuse_b{.name = "b", .purpose = Purpose::kChildAbuse};
  const ListInfo test{.name = "a", .purpose = Purpose::kTest};
  constexpr Tier kMatch = Tier::kMatch;
  const std::vector<Hit> ordered = {
      {&abuse_a, EntryId{9}, SignalType::kMd5, kMatch, 0},
      {&abuse_b, EntryId{1}, SignalType::kPdq, kMatch, 0},
      {&abuse_b, EntryId{1}, SignalType::kMd5, kMatch, 0},
      {&abuse_b, EntryId{2}, SignalType::kPdq, kMatch, 0},
      {&abuse_a, EntryId{1}, SignalType::kPdq, kMatch, 31},
      {&abuse_a, EntryId{2}, SignalType::kPdq, Tier::kReview, 12},
      {&test, EntryId{1}, SignalType::kMd5, kMatch, 0},
  };
  std::vector<size_t> order = {0, 1, 2, 3, 4, 5, 6};
  do {
    std::vector<Hit> hits;
    for (const size_t i : order) hits.push_back(ordered[i]);
    std::ranges::sort(hits, ComesBefore);
    for (size_t i = 0; i < hits.size(); ++i) {
      ASSERT_EQ(hits[i].entry, ordered[i].entry);
      ASSERT_EQ(hits[i].list, ordered[i].list);
      ASSERT_EQ(hits[i].signal, ordered[i].signal);
    }
  } while (std::ranges::next_permutation(order).found);
}

}  // namespace
}  // namespace kenal::engine
