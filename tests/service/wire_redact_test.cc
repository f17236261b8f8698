// What a caller outside is told, and what it cannot tell apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/verdict.pb.h"
#include "src/wire/convert.h"
#include "src/wire/redact.h"
#include "tests/service/random_values.h"
#include "tests/support/support.h"

namespace kenal::wire {
namespace {

using testing::RandomValues;
using testing::TestSeed;

constexpr int kRounds = 2000;

std::string BytesOf(const Answer& answer) {
  v1::Answer sent;
  ToWire(answer, &sent);
  return sent.SerializeAsString();
}

// An answer as a matcher gives it: nothing cut, one match an entry and signal.
Answer WholeAnswer(RandomValues& random) {
  Answer answer = random.Answer();
  std::set<std::tuple<std::string, EntryId, SignalType>> seen;
  std::erase_if(answer.matches, [&](const Match& match) {
    return !seen.emplace(match.list, match.entry, match.signal).second;
  });
  answer.match_count = answer.matches.size();
  answer.truncated = false;
  return answer;
}

bool IsOnlyHere(const SkippedList& skipped) {
  return skipped.reason == "region" || skipped.reason == "share";
}

// Other lists in shadow; and what was passed over by region or share was not,
// or the other way round.
void ChangeLists(Answer& answer, RandomValues& random) {
  const auto in_shadow = [](const auto& list) { return list.shadow; };
  std::erase_if(answer.lists_skipped, in_shadow);
  std::erase_if(answer.list_versions, in_shadow);
  std::vector<ListVersion> versions;
  std::vector<SkippedList> skipped;
  for (SkippedList& list : answer.lists_skipped) {
    if (IsOnlyHere(list)) {
      versions.push_back({list.list, list.version});
    } else {
      skipped.push_back(std::move(list));
    }
  }
  for (ListVersion& version : answer.list_versions) {
    if (random.Maybe()) {
      versions.push_back(std::move(version));
    } else {
      const std::string reason = random.Maybe() ? "region" : "share";
      skipped.push_back({version.list, reason, version.version});
    }
  }
  for (ListVersion version : random.Answer().list_versions) {
    version.shadow = true;
    versions.push_back(std::move(version));
  }
  for (SkippedList list : random.Answer().lists_skipped) {
    list.shadow = true;
    skipped.push_back(std::move(list));
  }
  answer.list_versions = std::move(versions);
  answer.lists_skipped = std::move(skipped);
}

// Known by other digests of the same lists, and by other lists in shadow.
void ChangeKnownGood(std::vector<KnownGood>& known, RandomValues& random) {
  std::erase_if(known, [](const KnownGood& one) { return one.shadow; });
  for (size_t i = known.size(); i > 0; --i) {
    known[i - 1].signal = SignalType::kMd5;
    if (!random.Maybe()) continue;
    known.push_back(known[i - 1]);
    known.back().signal = SignalType::kSha256;
  }
  for (KnownGood one : random.Answer().known_good) {
    one.shadow = true;
    known.push_back(std::move(one));
  }
}

// The same to a caller outside: other withheld values, other matches in
// shadow, another order.
Answer Twin(const Answer& answer, RandomValues& random) {
  Answer twin = answer;
  std::erase_if(twin.matches, [](const Match& match) { return match.shadow; });
  for (Match& match : twin.matches) {
    Answer other = random.Answer();
    while (other.matches.empty()) other = random.Answer();
    const Match& from = other.matches[0];
    match.source_id = from.source_id;
    match.distance = from.distance;
    match.transform = from.transform;
    match.second_opinion = from.second_opinion;
    match.classifications = from.classifications;
    match.series = from.series;
    match.flags = from.flags;
    match.provenance = from.provenance;
  }
  for (Match shadow : random.Answer().matches) {
    shadow.shadow = true;
    twin.matches.push_back(std::move(shadow));
  }
  for (size_t i = twin.matches.size(); i > 1; --i) {
    std::swap(twin.matches[i - 1], twin.matches[random.Number(0, i - 1)]);
  }
  twin.match_count = twin.matches.size();
  ChangeLists(twin, random);
  ChangeKnownGood(twin.known_good, random);
  ChangeKnownGood(twin.known_good_failed, random);
  return twin;
}

TEST(RedactProperty, AnswersThatDifferInWhatIsWithheldAreAlikeOnTheWire) {
  RandomValues random(TestSeed());
  int differed = 0;
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    Answer answer = WholeAnswer(random);
    Answer twin = Twin(answer, random);
    differed += BytesOf(answer) != BytesOf(twin) ? 1 : 0;
    const int limit = static_cast<int>(random.Number(1, 6));
    Redact(answer, limit);
    Redact(twin, limit);
    EXPECT_EQ(BytesOf(answer), BytesOf(twin));
  }
  EXPECT_GT(differed, kRounds / 2);
}

void ExpectListsTold(const Answer& full, const Answer& told) {
  std::vector<SkippedList> skipped;
  std::vector<ListVersion> versions;
  for (const SkippedList& list : full.lists_skipped) {
    if (list.shadow) continue;
    if (IsOnlyHere(list)) {
      versions.push_back({list.list, list.version});
    } else {
      skipped.push_back(list);
    }
  }
  for (const ListVersion& version : full.list_versions) {
    if (!version.shadow) versions.push_back(version);
  }
  EXPECT_EQ(told.lists_skipped, skipped);
  EXPECT_THAT(told.list_versions,
              ::testing::UnorderedElementsAreArray(versions));
  EXPECT_TRUE(
      std::ranges::is_sorted(told.list_versions, {}, &ListVersion::list));
}

// Each list once, by name, and nothing else of it.
void ExpectKnownGoodTold(const std::vector<KnownGood>& full,
                         const std::vector<KnownGood>& told) {
  std::set<std::string> lists;
  for (const KnownGood& one : full) {
    if (!one.shadow) lists.insert(one.list);
  }
  std::vector<KnownGood> expected;
  for (const std::string& list : lists) expected.push_back({.list = list});
  EXPECT_EQ(told, expected);
}

// What stays, spelled out: each match that is not in shadow is there once.
TEST(RedactProperty, WhatIsNotWithheldStays) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const Answer full = WholeAnswer(random);
    Answer told = full;
    Redact(told);
    EXPECT_EQ(told.verdict, full.verdict);
    EXPECT_EQ(told.tier, full.tier);
    EXPECT_EQ(told.action_label, full.action_label);
    EXPECT_EQ(told.sequence, full.sequence);
    EXPECT_EQ(told.checks, full.checks);
    ExpectListsTold(full, told);
    ExpectKnownGoodTold(full.known_good, told.known_good);
    ExpectKnownGoodTold(full.known_good_failed, told.known_good_failed);
    EXPECT_EQ(told.damaged, full.damaged);
    EXPECT_EQ(told.match_count, told.matches.size());
    EXPECT_FALSE(told.truncated);
    const auto kept = [](const Match& m) {
      return std::tie(m.purpose, m.tier, m.list, m.entry, m.signal, m.state,
                      m.action_label);
    };
    size_t shown = 0;
    for (const Match& match : full.matches) {
      if (match.shadow) continue;
      ++shown;
      EXPECT_TRUE(std::ranges::any_of(told.matches, [&](const Match& each) {
        return kept(each) == kept(match) &&
               each.overruled_by == match.overruled_by;
      }));
    }
    EXPECT_EQ(told.matches.size(), shown);
  }
}

TEST(RedactProperty, MatchesAreOrderedWithoutDistances) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    Answer answer = WholeAnswer(random);
    Redact(answer);
    EXPECT_TRUE(std::ranges::is_sorted(answer.matches, {}, [](const Match& m) {
      return std::tuple(m.purpose, m.tier, m.list, m.entry, m.signal);
    }));
    for (const Match& match : answer.matches) {
      EXPECT_EQ(match.distance, std::nullopt);
    }
  }
}

TEST(Redact, AnAnswerThatWasCutSaysSoAndNeverCountsBelowNothing) {
  Answer answer;
  answer.matches.resize(3);
  answer.matches[1].shadow = true;
  answer.match_count = 10;
  answer.truncated = true;
  Answer cut = answer;
  Redact(cut, 1);
  EXPECT_EQ(cut.matches.size(), 1U);
  EXPECT_EQ(cut.match_count, 9U);
  EXPECT_TRUE(cut.truncated);
  answer.match_count = 0;  // from a matcher that counts wrong
  Redact(answer);
  EXPECT_EQ(answer.match_count, 0U);
}

// So that what is cut for a caller outside is cut here, where distances no
// longer say which.
TEST(Redact, MoreIsAskedForThanIsHandedOnWithinWhatAMatcherAllows) {
  for (const size_t queries : {size_t{1}, size_t{256}, size_t{1024}}) {
    for (const int limit : {1, 100, 900}) {
      const int asked = OutsideLimit(limit, queries);
      EXPECT_GE(asked, limit);
      EXPECT_GE(asked, 900);
      EXPECT_LE(static_cast<uint64_t>(asked) * queries,
                uint64_t{MatchOptions::kLimitMax});
    }
  }
  EXPECT_EQ(OutsideLimit(1'000'000, 1), 1'000'000);
}

TEST(RedactProperty, ChangesLoseSourceIdsLabelsPoliciesAndSignals) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const ChangePage full = random.Page();
    ChangePage page = full;
    Redact(page);
    ASSERT_EQ(page.changes.size(), full.changes.size());
    for (size_t j = 0; j < page.changes.size(); ++j) {
      ListChange expected = full.changes[j];
      expected.policy.reset();
      expected.known_good.reset();
      for (ChangedEntry& entry : expected.entries) {
        entry.source_id = "";
        entry.near_action_label = "";
        entry.signals.reset();
      }
      EXPECT_EQ(page.changes[j], expected);
    }
    EXPECT_EQ(page.next, full.next);
  }
}

}  // namespace
}  // namespace kenal::wire
