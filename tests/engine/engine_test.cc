#include "kenal/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "tests/support/support.h"

namespace kenal {
namespace {

using ::kenal::testing::AtDistance;
using ::kenal::testing::RandomHash;
using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::HasSubstr;

const Authorship kBy{.actor = "test", .reason = "testing"};

EntryDraft Draft(const SignalSet& signals) {
  EntryDraft draft;
  draft.signals = signals;
  draft.provenance.source = "a source";
  return draft;
}

SignalSet WithPdq(const PdqHash& hash, std::optional<int> quality = 100) {
  SignalSet signals;
  signals.pdq.push_back({.hash = hash, .quality = quality});
  return signals;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(folder_ / "store").ok());
    Open();
  }
  void Open() {
    engine_.reset();
    auto engine = Engine::Open(folder_ / "store");
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
  }
  void CreateList(const std::string& name, Purpose purpose,
                  int radius_bits = 31) {
    const auto list =
        engine_->CreateList(name, purpose, {.pdq_radius = {radius_bits}}, kBy);
    ASSERT_TRUE(list.ok()) << list.status();
  }
  EntryId Add(const std::string& list, const SignalSet& signals) {
    const EntryDraft draft = Draft(signals);
    const auto report = engine_->AddEntries(list, {&draft, 1}, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->results.at(0).outcome, Outcome::kAdded)
        << report->results.at(0).why;
    return report->results.at(0).id;
  }
  Answer Ask(const SignalSet& signals, int limit = 100) {
    const auto answer = engine_->Match(signals, {.limit = limit});
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(Answer{});
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  TempDir folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, WhatHasExpiredOrIsQuarantinedIsNotMet) {
  CreateList("abuse", Purpose::kChildAbuse);
  const SignalSet query = WithPdq(RandomHash<PdqHash>(random_));
  EntryDraft draft = Draft(query);
  draft.source_id = "one";
  draft.signals.md5 = RandomHash<Md5>(random_);
  SignalSet by_digest;
  by_digest.md5 = draft.signals.md5;
  const auto put = [&](std::optional<int64_t> expires_unix_ms) {
    draft.expires_unix_ms = expires_unix_ms;
    ASSERT_TRUE(engine_->AddEntries("abuse", {&draft, 1}, kBy).ok());
  };
  const auto expect = [&](bool met) {
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(Ask(query).verdict,
                met ? Verdict::kNear : Verdict::kNoKnownMatch);
      EXPECT_EQ(Ask(by_digest).verdict,
                met ? Verdict::kExact : Verdict::kNoKnownMatch);
      EXPECT_EQ(Ask(query).match_count, met ? 1u : 0u);
      Open();
    }
  };
  constexpr int64_t kFarAway = 253'370'764'800'000;  // the year 9999
  put(1'000);
  expect(false);
  const auto why = engine_->Explain(query, "abuse", "source:one", {});
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_TRUE(why->entry_expired);
  put(kFarAway);
  expect(true);
  put(2'000);
  expect(false);
  put(std::nullopt);
  expect(true);
  const std::string one = "source:one";
  for (const auto state : {EntryState::kQuarantined, EntryState::kActive}) {
    ASSERT_TRUE(engine_->SetEntryState("abuse", {&one, 1}, state, kBy).ok());
    expect(state == EntryState::kActive);
  }
}

TEST_F(EngineTest, AnEmptyStoreKnowsNothing) {
  const Answer answer = Ask(WithPdq(RandomHash<PdqHash>(random_)));
  EXPECT_EQ(answer.verdict, Verdict::kNoKnownMatch);
  EXPECT_EQ(answer.match_count, 0U);
}

TEST_F(EngineTest, AListOfExactlyOneEntryMatchesWithinItsRadiusInclusive) {
  CreateList("one", Purpose::kChildAbuse);
  const PdqHash known = RandomHash<PdqHash>(random_);
  Add("one", WithPdq(known));
  for (const int distance : {0, 1, 30, 31}) {
    const Answer answer = Ask(WithPdq(AtDistance(known, distance, random_)));
    EXPECT_EQ(answer.verdict, Verdict::kNear) << distance;
    ASSERT_EQ(answer.matches.size(), 1U) << distance;
    EXPECT_EQ(answer.matches[0].distance, distance);
    EXPECT_EQ(answer.matches[0].list, "one");
    EXPECT_EQ(answer.matches[0].provenance.source, "a source");
  }
  const Answer beyond = Ask(WithPdq(AtDistance(known, 32, random_)));
  EXPECT_EQ(beyond.verdict, Verdict::kNoKnownMatch);
  EXPECT_TRUE(beyond.matches.empty());
}

TEST_F(EngineTest, ADigestOnAnAbuseListIsExactEvenWhenDecodingFailed) {
  CreateList("known", Purpose::kChildAbuse);
  SignalSet signals;
  signals.sha256 = RandomHash<Sha256>(random_);
  Add("known", signals);
  signals.pdq_failure = {"decoder_died", "it died"};
  const Answer answer = Ask(signals);
  EXPECT_EQ(answer.verdict, Verdict::kExact);
  EXPECT_EQ(answer.checks[0].state, CheckState::kFailed);
}

TEST_F(EngineTest, AFailedCheckNeverReadsAsAPass) {
  CreateList("known", Purpose::kChildAbuse);
  SignalSet signals;
  signals.sha256 = RandomHash<Sha256>(random_);
  signals.pdq_failure = {"damaged", "cut off"};
  EXPECT_EQ(Ask(signals).verdict, Verdict::kUnavailable);
  EXPECT_EQ(Ask(SignalSet{}).verdict, Verdict::kUnavailable);
}

TEST_F(EngineTest, FlatQueriesAndFlatEntriesMakeNoNearMatch) {
  CreateList("known", Purpose::kChildAbuse);
  const PdqHash known = RandomHash<PdqHash>(random_);
  Add("known", WithPdq(known, 100));
  EXPECT_EQ(Ask(WithPdq(known, 49)).verdict, Verdict::kNoKnownMatch);
  EXPECT_EQ(Ask(WithPdq(known, 49)).checks[0].reason, "flat");
  EXPECT_EQ(Ask(WithPdq(known, 50)).verdict, Verdict::kNear);
  EXPECT_EQ(Ask(WithPdq(known, std::nullopt)).verdict, Verdict::kNear);

  const PdqHash flat = RandomHash<PdqHash>(random_);
  SignalSet flat_entry = WithPdq(flat, 30);
  flat_entry.md5 = RandomHash<Md5>(random_);
  Add("known", flat_entry);
  EXPECT_EQ(Ask(WithPdq(flat)).verdict, Verdict::kNoKnownMatch);
}

TEST_F(EngineTest, TestListsAreKeptApartAndBenignOnesChangeNoVerdict) {
  CreateList("trial", Purpose::kTest);
  CreateList("benign", Purpose::kKnownBenign);
  CreateList("abuse", Purpose::kChildAbuse);
  SignalSet signals = WithPdq(RandomHash<PdqHash>(random_));
  signals.md5 = RandomHash<Md5>(random_);
  Add("benign", signals);
  Answer answer = Ask(signals);
  EXPECT_EQ(answer.verdict, Verdict::kNoKnownMatch);
  EXPECT_EQ(answer.match_count, 2U);
  Add("trial", signals);
  EXPECT_EQ(Ask(signals).verdict, Verdict::kTest);
  Add("abuse", signals);
  answer = Ask(signals);
  EXPECT_EQ(answer.verdict, Verdict::kExact);
  ASSERT_EQ(answer.matches.size(), 6U);
  EXPECT_EQ(answer.matches[0].purpose, Purpose::kChildAbuse);
  EXPECT_EQ(answer.matches[5].purpose, Purpose::kTest);
}

TEST_F(EngineTest, DisabledListsAreSkippedAndSaidSo) {
  CreateList("off", Purpose::kChildAbuse);
  const PdqHash known = RandomHash<PdqHash>(random_);
  Add("off", WithPdq(known));
  ASSERT_TRUE(engine_->SetListPolicy("off", {.enabled = false}, kBy).ok());
  const Answer answer = Ask(WithPdq(known));
  EXPECT_EQ(answer.verdict, Verdict::kNoKnownMatch);
  ASSERT_EQ(answer.lists_skipped.size(), 1U);
  EXPECT_EQ(answer.lists_skipped[0].list, "off");
  EXPECT_EQ(answer.lists_skipped[0].reason, "disabled");
  ASSERT_TRUE(engine_->SetListPolicy("off", {.enabled = true}, kBy).ok());
  EXPECT_EQ(Ask(WithPdq(known)).verdict, Verdict::kNear);
}

TEST_F(EngineTest, WithdrawnIsGoneAndDisputedIsMarkedAlsoAfterReopening) {
  CreateList("known", Purpose::kChildAbuse);
  const PdqHash gone = RandomHash<PdqHash>(random_);
  const PdqHash doubted = RandomHash<PdqHash>(random_);
  const std::string gone_id =
      std::to_string(Add("known", WithPdq(gone)).serial());
  const std::string doubted_id =
      std::to_string(Add("known", WithPdq(doubted)).serial());
  ASSERT_TRUE(
      engine_
          ->SetEntryState("known", {&gone_id, 1}, EntryState::kWithdrawn, kBy)
          .ok());
  ASSERT_TRUE(
      engine_
          ->SetEntryState("known", {&doubted_id, 1}, EntryState::kDisputed, kBy)
          .ok());
  for (int opening = 0; opening < 2; ++opening) {
    EXPECT_EQ(Ask(WithPdq(gone)).verdict, Verdict::kNoKnownMatch);
    const Answer answer = Ask(WithPdq(doubted));
    ASSERT_EQ(answer.matches.size(), 1U);
    EXPECT_EQ(answer.matches[0].state, EntryState::kDisputed);
    Open();
  }
}

TEST_F(EngineTest, AnswersCarryTheSequenceOfTheLastAcknowledgedChange) {
  CreateList("known", Purpose::kTest);
  const Sequence before = Ask(SignalSet{}).sequence;
  const EntryDraft draft = Draft(WithPdq(RandomHash<PdqHash>(random_)));
  const auto report = engine_->AddEntries("known", {&draft, 1}, kBy);
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->sequence, before);
  EXPECT_EQ(Ask(SignalSet{}).sequence, report->sequence);
  Open();
  EXPECT_EQ(Ask(SignalSet{}).sequence, report->sequence);
}

TEST_F(EngineTest, LimitCutsWhatIsReturnedNeverTheVerdict) {
  CreateList("a-benign", Purpose::kKnownBenign);
  CreateList("z-abuse", Purpose::kChildAbuse);
  const PdqHash known = RandomHash<PdqHash>(random_);
  // From 3 bits on two of them are hardly ever the same.
  for (int i = 0; i < 20; ++i) {
    Add("a-benign", WithPdq(AtDistance(known, 3 + i % 8, random_)));
  }
  Add("z-abuse", WithPdq(AtDistance(known, 31, random_)));
  const Answer all = Ask(WithPdq(known));
  const Answer cut = Ask(WithPdq(known), 1);
  EXPECT_EQ(cut.verdict, Verdict::kNear);
  EXPECT_TRUE(cut.truncated);
  EXPECT_FALSE(all.truncated);
  EXPECT_EQ(cut.match_count, all.match_count);
  ASSERT_EQ(cut.matches.size(), 1U);
  EXPECT_EQ(cut.matches[0], all.matches[0]);
}

TEST_F(EngineTest, TheNearestOfAllViewsAndVariantsIsReported) {
  CreateList("known", Purpose::kTest);
  const PdqHash known = RandomHash<PdqHash>(random_);
  Add("known", WithPdq(known));
  SignalSet query;
  for (const View view : {View::kStored, View::kUpright}) {
    PdqView pdq{.view = view, .hash = RandomHash<PdqHash>(random_)};
    pdq.dihedral.emplace();
    for (PdqHash& variant : *pdq.dihedral) {
      variant = RandomHash<PdqHash>(random_);
    }
    query.pdq.push_back(pdq);
  }
  (*query.pdq[0].dihedral)[5] = AtDistance(known, 20, random_);
  (*query.pdq[1].dihedral)[3] = AtDistance(known, 4, random_);
  const Answer answer = Ask(query);
  ASSERT_EQ(answer.matches.size(), 1U);
  EXPECT_EQ(answer.matches[0].distance, 4);
  EXPECT_EQ(answer.matches[0].transform,
            (Transform{.query_view = View::kUpright,
                       .query_variant = Variant::kRot270}));
}

// Everything about hits against a plain loop over all entries: several lists
// with radii of their own, clusters around common centres, batches.
TEST_F(EngineTest, FindsExactlyWhatBruteForceFinds) {
  constexpr int kEntries = 600;
  const std::map<std::string, int> radii = {
      {"r0", 0}, {"r15", 15}, {"r31", 31}, {"r63", 63}};
  for (const auto& [name, radius_bits] : radii) {
    CreateList(name, Purpose::kTest, radius_bits);
  }
  std::vector<PdqHash> centres;
  for (int i = 0; i < 20; ++i) centres.push_back(RandomHash<PdqHash>(random_));
  struct Known {
    std::string list;
    EntryId id;
    PdqHash hash;
  };
  std::vector<Known> known;
  for (int i = 0; i < kEntries; ++i) {
    const auto list = std::next(radii.begin(), i % 4)->first;
    const PdqHash hash = AtDistance(centres[random_() % centres.size()],
                                    static_cast<int>(random_() % 40), random_);
    const EntryDraft draft = Draft(WithPdq(hash));
    const auto report = engine_->AddEntries(list, {&draft, 1}, kBy);
    ASSERT_TRUE(report.ok()) << report.status();
    if (report->results[0].outcome != Outcome::kAdded) continue;
    known.push_back({list, report->results[0].id, hash});
  }
  std::vector<SignalSet> queries;
  for (int i = 0; i < 100; ++i) {
    queries.push_back(
        WithPdq(AtDistance(centres[random_() % centres.size()],
                           static_cast<int>(random_() % 40), random_)));
  }
  const auto answers = engine_->MatchBatch(queries, {.limit = 10'000});
  ASSERT_TRUE(answers.ok()) << answers.status();
  size_t hit_count = 0;
  for (size_t q = 0; q < queries.size(); ++q) {
    std::map<EntryId, int> expected;
    for (const Known& entry : known) {
      const int distance = HammingDistance(entry.hash, queries[q].pdq[0].hash);
      if (distance <= radii.at(entry.list)) expected[entry.id] = distance;
    }
    std::map<EntryId, int> found;
    for (const Match& match : (*answers)[q].matches) {
      EXPECT_TRUE(found.emplace(match.entry, *match.distance).second);
    }
    EXPECT_EQ(found, expected);
    hit_count += expected.size();
  }
  EXPECT_GT(hit_count, 300U);
}

TEST_F(EngineTest, WhatWasAcknowledgedIsFoundWhileOthersWrite) {
  CreateList("known", Purpose::kChildAbuse);
  std::vector<PdqHash> hashes;
  for (int i = 0; i < 60; ++i) hashes.push_back(RandomHash<PdqHash>(random_));
  std::atomic<size_t> acknowledged = 0;
  std::atomic<bool> done = false;
  std::atomic<int> missed = 0;
  std::jthread reader([&] {
    while (!done) {
      const size_t count = acknowledged;
      for (size_t i = 0; i < count; ++i) {
        const auto answer = engine_->Match(WithPdq(hashes[i]));
        if (!answer.ok() || answer->verdict != Verdict::kNear) ++missed;
      }
    }
  });
  for (const PdqHash& hash : hashes) {
    Add("known", WithPdq(hash));
    ++acknowledged;
  }
  done = true;
  reader.join();
  EXPECT_EQ(missed, 0);
}

TEST_F(EngineTest, WrongArgumentsAreRefusedByName) {
  const SignalSet set = WithPdq(RandomHash<PdqHash>(random_));
  EXPECT_EQ(engine_->Match(set, {.limit = 0}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->Match(set, {.limit = 1'000'001}).status().code(),
            StatusCode::kInvalidArgument);
  const std::vector<SignalSet> two = {set, set};
  EXPECT_EQ(engine_->MatchBatch(two, {.limit = 500'001}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(engine_->MatchBatch(two, {.limit = 500'000}).ok());
  EXPECT_EQ(engine_->MatchBatch({}, {}).status().code(),
            StatusCode::kInvalidArgument);
  SignalSet twice = set;
  twice.pdq.push_back(set.pdq[0]);
  const Status status = engine_->Match(twice).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("one PDQ a view"));
}

// A large store keeps a snapshot of its index; a damaged one is said, dropped
// and replaced, and answers never depend on it.
TEST_F(EngineTest, ASnapshotThatIsDamagedOrStaleIsSaidAndBuiltAgain) {
  constexpr int kRows = 210'000;
  CreateList("known", Purpose::kChildAbuse);
  const PdqHash known = RandomHash<PdqHash>(random_);
  int given = 0;
  const auto source = [&]() -> StatusOr<std::optional<ImportItem>> {
    if (given == kRows) return std::nullopt;
    ImportItem item{.draft = Draft(WithPdq(RandomHash<PdqHash>(random_)))};
    if (++given == kRows / 2) item.draft = Draft(WithPdq(known));
    return item;
  };
  ASSERT_TRUE(engine_->Import("known", source, {}, kBy).ok());
  const std::string snapshot = folder_ / "store/index.snapshot";
  std::vector<std::string> notices;
  const auto reopen = [&] {
    engine_.reset();
    notices.clear();
    auto engine = Engine::Open(
        folder_ / "store",
        [&](const std::string& message) { notices.push_back(message); });
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
    EXPECT_EQ(Ask(WithPdq(AtDistance(known, 31, random_))).verdict,
              Verdict::kNear);
    EXPECT_EQ(engine_->Stats()->pdq_rows, uint64_t{kRows});
  };
  reopen();
  EXPECT_TRUE(notices.empty());
  EXPECT_TRUE(std::filesystem::exists(snapshot));

  // Flipped and cut while nobody has the store open.
  const std::string good = folder_ / "good";
  engine_.reset();
  std::filesystem::copy_file(snapshot, good);
  const auto size = std::filesystem::file_size(good);
  {
    std::fstream file(snapshot, std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file.put('!').put('!').put('!').put('!');
  }
  reopen();
  EXPECT_EQ(notices.size(), 1U);
  engine_.reset();
  std::filesystem::copy_file(good, snapshot,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(snapshot, size / 3);
  reopen();
  EXPECT_EQ(notices.size(), 1U);

  // Stale: of this store, before its last change.
  CreateList("another", Purpose::kTest);
  engine_.reset();
  std::filesystem::copy_file(good, snapshot,
                             std::filesystem::copy_options::overwrite_existing);
  reopen();
  EXPECT_EQ(notices.size(), 1U);
  reopen();
  EXPECT_TRUE(notices.empty());

  // Moved to the index of wide lists, which has a snapshot of its own.
  ASSERT_TRUE(
      engine_->SetListPolicy("known", {.review_radius = Radius{50}}, kBy).ok());
  EXPECT_EQ(Ask(WithPdq(AtDistance(known, 50, random_))).tier, Tier::kReview);
  reopen();
  EXPECT_TRUE(notices.empty());
  EXPECT_FALSE(std::filesystem::exists(snapshot));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "store/index-wide.snapshot"));
  EXPECT_EQ(Ask(WithPdq(AtDistance(known, 50, random_))).tier, Tier::kReview);
  EXPECT_EQ(Ask(WithPdq(AtDistance(known, 51, random_))).tier, std::nullopt);
}

TEST_F(EngineTest, ASecondOpenerIsRefusedAndToldWhomToAsk) {
  ASSERT_TRUE(engine_->AnnounceServer("unix:/tmp/here.sock").ok());
  const auto second = Engine::Open(folder_ / "store");
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("unix:/tmp/here.sock"));
}

}  // namespace
}  // namespace kenal
