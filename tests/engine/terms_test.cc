// What a list's terms do: its share of content, its regions and its end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "kenal/engine.h"
#include "tests/engine/moved_clock.h"
#include "tests/support/support.h"

namespace kenal {
namespace {

using ::kenal::testing::kClockStart;
using ::kenal::testing::MovedClock;
using ::kenal::testing::now_unix_ms;
using ::kenal::testing::RandomHash;
using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;

const Authorship kBy{.actor = "test", .reason = "testing"};

class TermsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(folder_ / "store").ok());
    auto engine = Engine::Open(folder_ / "store");
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
  }
  // Without versions.
  std::vector<std::pair<std::string, std::string>> Skipped(
      const SignalSet& query, const MatchOptions& options = {}) {
    auto answer = engine_->Match(query, options);
    EXPECT_TRUE(answer.ok()) << answer.status();
    for (SkippedList& list : answer->lists_skipped) list.version = {};
    std::vector<std::pair<std::string, std::string>> skipped;
    for (const SkippedList& one : answer->lists_skipped) {
      skipped.emplace_back(one.list, one.reason);
    }
    return skipped;
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  TempDir folder_;
  std::unique_ptr<Engine> engine_;
};

// Of n random pieces of content, each in with probability p, the count is
// within six standard deviations of n p but once in half a billion runs. Two
// lists of one share and seed draw apart from each other: both take n p p.
TEST_F(TermsTest, AShareIsHeldAgainstItsPartOfContentApartFromOtherLists) {
  constexpr int kShares[] = {1, 100, 500, 900, 999};
  constexpr int kBatches = 20;
  constexpr int kBatchSize = 1000;
  for (const int share : kShares) {
    for (const char* const twin : {"a", "b"}) {
      const auto made =
          engine_->CreateList(twin + std::to_string(share), Purpose::kTest,
                              {.share_permille = share}, kBy);
      ASSERT_TRUE(made.ok()) << made.status();
    }
  }
  std::map<int, int> in_first;
  std::map<int, int> in_both;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<SignalSet> queries(kBatchSize);
    for (SignalSet& query : queries) {
      const bool picture = random_() % 2 == 0;
      if (picture) query.pdq = {{.hash = RandomHash<PdqHash>(random_)}};
      if (!picture) query.md5 = RandomHash<Md5>(random_);
    }
    const auto answers = engine_->MatchBatch(queries, {.limit = 1});
    ASSERT_TRUE(answers.ok()) << answers.status();
    for (const Answer& answer : *answers) {
      const auto is_in = [&](const std::string& list) {
        return std::ranges::count(answer.lists_skipped, list,
                                  &SkippedList::list) == 0;
      };
      for (const int share : kShares) {
        const bool a = is_in("a" + std::to_string(share));
        if (a) ++in_first[share];
        if (a && is_in("b" + std::to_string(share))) ++in_both[share];
      }
    }
  }
  const auto expect_part = [](int counted, double p) {
    const double n = kBatches * kBatchSize;
    EXPECT_NEAR(counted, n * p, 6 * std::sqrt(n * p * (1 - p)) + 4);
  };
  for (const int share : kShares) {
    const double p = share / 1000.0;
    expect_part(in_first[share], p);
    expect_part(in_both[share], p * p);
  }
}

// Both kinds of seed: alike and not. Content is the same by its PDQ, whatever
// else is known of it.
TEST_F(TermsTest,
       TheSameContentFallsTheSameWayByEveryRouteUntilTheSeedChanges) {
  ListPolicy policy{.share_permille = 500};
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, policy, kBy).ok());
  std::vector<SignalSet> plain(500);
  for (SignalSet& query : plain) {
    query.pdq = {{.hash = RandomHash<PdqHash>(random_)}};
  }
  const auto sides = [&](const std::vector<SignalSet>& queries) {
    std::vector<bool> out;
    const auto answers = engine_->MatchBatch(queries, {});
    EXPECT_TRUE(answers.ok()) << answers.status();
    for (const Answer& answer : *answers) {
      out.push_back(!answer.lists_skipped.empty());
    }
    return out;
  };
  const std::vector<bool> first = sides(plain);
  std::vector<SignalSet> fuller = plain;
  for (SignalSet& query : fuller) {
    query.sha256 = RandomHash<Sha256>(random_);
    query.pdq[0].quality = 100;
    query.pdq.push_back(
        {.view = View::kTrimmed, .hash = RandomHash<PdqHash>(random_)});
  }
  EXPECT_EQ(sides(fuller), first);
  policy.share_seed = 1;
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  const std::vector<bool> second = sides(plain);
  int alike = 0;
  for (size_t i = 0; i < plain.size(); ++i) alike += first[i] == second[i];
  EXPECT_NEAR(alike, 250, 6 * std::sqrt(125.0));
}

TEST_F(TermsTest, AListExpiresAtItsMomentAndNotBeforeWithoutAnyChange) {
  const MovedClock clock;
  ListPolicy policy{.expires_unix_ms = kClockStart + 10};
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, policy, kBy).ok());
  EntryDraft draft;
  draft.signals.md5 = RandomHash<Md5>(random_);
  draft.provenance.source = "a source";
  ASSERT_TRUE(engine_->AddEntries("l", {&draft, 1}, kBy).ok());
  const Sequence head = *engine_->Head();
  const auto verdict = [&] { return engine_->Match(draft.signals)->verdict; };
  const std::vector<std::pair<std::string, std::string>> expired = {
      {"l", "expired"}};
  now_unix_ms = kClockStart + 9;
  EXPECT_EQ(verdict(), Verdict::kTest);
  EXPECT_TRUE(Skipped(draft.signals).empty());
  for (const int64_t later : {10, 11, 1'000'000'000}) {
    now_unix_ms = kClockStart + later;
    EXPECT_EQ(verdict(), Verdict::kNoKnownMatch) << later;
    EXPECT_EQ(Skipped(draft.signals), expired) << later;
  }
  EXPECT_EQ(*engine_->Head(), head);
  policy.expires_unix_ms = now_unix_ms + 1;
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  EXPECT_EQ(verdict(), Verdict::kTest);
  // A list that is both switched off and past its time is disabled.
  policy = {.enabled = false, .expires_unix_ms = 0};
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  EXPECT_EQ(
      Skipped(draft.signals),
      (std::vector<std::pair<std::string, std::string>>{{"l", "disabled"}}));
}

TEST_F(TermsTest, ARegionIsTwoCapitalLettersOrTheRequestIsRefused) {
  ASSERT_TRUE(
      engine_->CreateList("l", Purpose::kTest, {.regions = {"NL"}}, kBy).ok());
  const SignalSet query{.md5 = RandomHash<Md5>(random_)};
  for (const char* const wrong : {"N", "nl", "NLD", "N1", "N ", "\xc3\x84"}) {
    EXPECT_EQ(engine_->Match(query, {.region = wrong}).status().code(),
              StatusCode::kInvalidArgument)
        << wrong;
  }
  EXPECT_TRUE(Skipped(query).empty());
  EXPECT_TRUE(Skipped(query, {.region = "NL"}).empty());
  EXPECT_EQ(
      Skipped(query, {.region = "BE"}),
      (std::vector<std::pair<std::string, std::string>>{{"l", "region"}}));
}

}  // namespace
}  // namespace kenal
