// Known-good files in answers, against plain sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "kenal/engine.h"
#include "tests/support/support.h"

namespace kenal {
namespace {

namespace fs = std::filesystem;

using ::kenal::testing::RandomHash;
using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Authorship kBy{.actor = "test", .reason = "testing"};
constexpr uint64_t kLeastMemory = KnownGoodOptions::kMemoryBytesMin;

struct Digests {
  std::set<Md5> md5;
  std::set<Sha1> sha1;
  std::set<Sha256> sha256;
};

class KnownGoodTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(store_).ok());
    Open();
  }
  void Open() {
    engine_.reset();
    notices_.clear();
    auto engine = Engine::Open(
        store_, [this](const std::string& told) { notices_.push_back(told); });
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Make(const std::string& list, Purpose purpose = Purpose::kKnownBenign,
            const ListPolicy& policy = {}) {
    const auto made = engine_->CreateList(list, purpose, policy, kBy);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  void SetPolicy(const std::string& list, const ListPolicy& policy) {
    const auto set = engine_->SetListPolicy(list, policy, kBy);
    ASSERT_TRUE(set.ok()) << set.status();
  }
  SignalSet Content() {
    SignalSet set;
    set.md5 = RandomHash<Md5>(random_);
    set.sha1 = RandomHash<Sha1>(random_);
    set.sha256 = RandomHash<Sha256>(random_);
    return set;
  }
  StatusOr<KnownGoodReport> Import(const std::string& list,
                                   const std::vector<SignalSet>& contents,
                                   KnownGoodOptions options = {}) {
    options.source = "us";
    options.memory_bytes = kLeastMemory;
    KENAL_TRY_ASSIGN(const auto import,
                     engine_->ImportKnownGood(list, options));
    for (const SignalSet& content : contents) KENAL_TRY(import->Add(content));
    return import->Finish(kBy);
  }
  void Add(const std::string& list, const std::vector<SignalSet>& contents,
           const KnownGoodOptions& options = {}) {
    const auto report = Import(list, contents, options);
    ASSERT_TRUE(report.ok()) << report.status();
  }
  Answer Ask(const SignalSet& query, const MatchOptions& options = {}) {
    const auto answer = engine_->Match(query, options);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : Answer{};
  }
  std::vector<std::string> Problems() {
    const auto report = engine_->Verify({});
    return report.ok() ? report->problems
                       : std::vector{report.status().ToString()};
  }
  std::vector<std::string> KnownFiles() const {
    std::vector<std::string> files;
    for (const auto& at : fs::directory_iterator(store_ + "/known")) {
      files.push_back(at.path().string());
    }
    return files;
  }

  std::mt19937_64 random_{TestSeed()};
  TempDir folder_;
  const std::string store_ = folder_ / "store";
  std::unique_ptr<Engine> engine_;
  std::vector<std::string> notices_;
};

KnownGood Known(const std::string& list, SignalType signal) {
  return {.list = list, .signal = signal};
}

void AddTo(Digests& digests, const SignalSet& content) {
  if (content.md5) digests.md5.insert(*content.md5);
  if (content.sha1) digests.sha1.insert(*content.sha1);
  if (content.sha256) digests.sha256.insert(*content.sha256);
}

std::vector<KnownGood> ExpectedIn(const std::map<std::string, Digests>& lists,
                                  const SignalSet& query) {
  std::vector<KnownGood> expected;
  for (const auto& [list, digests] : lists) {
    if (query.md5 && digests.md5.contains(*query.md5)) {
      expected.push_back(Known(list, SignalType::kMd5));
    }
    if (query.sha1 && digests.sha1.contains(*query.sha1)) {
      expected.push_back(Known(list, SignalType::kSha1));
    }
    if (query.sha256 && digests.sha256.contains(*query.sha256)) {
      expected.push_back(Known(list, SignalType::kSha256));
    }
  }
  return expected;
}

// Rounds of adding and replacing, in this process and after opening anew.
TEST_F(KnownGoodTest, AnswersNameTheListsThatHoldADigestAndNoOthers) {
  std::map<std::string, Digests> lists;
  std::vector<SignalSet> contents;
  for (const char* list : {"a", "b"}) Make(list);
  for (int round = 0; round < 6; ++round) {
    const std::string list = round % 2 == 0 ? "a" : "b";
    KnownGoodOptions options{.replace = round == 4};
    if (round == 3) options.signals = {SignalType::kSha1};
    std::vector<SignalSet> added;
    for (int i = 0; i < 500; ++i) {
      SignalSet content = Content();
      if (random_() % 3 == 0) content.md5.reset();
      if (random_() % 3 == 0) content.sha256.reset();
      added.push_back(content);
    }
    Add(list, added, options);
    if (options.replace) lists[list] = {};
    for (SignalSet content : added) {
      if (round == 3) {
        content.md5.reset();
        content.sha256.reset();
      }
      AddTo(lists[list], content);
    }
    contents.insert(contents.end(), added.begin(), added.end());
    if (round % 3 == 2) Open();
    size_t known = 0;
    for (size_t first = 0; first < contents.size(); first += 100) {
      std::vector<SignalSet> queries(contents.begin() + first,
                                     contents.begin() + first + 100);
      queries.push_back(Content());
      queries.push_back({});
      const auto answers = engine_->MatchBatch(queries, {});
      ASSERT_TRUE(answers.ok()) << answers.status();
      for (size_t i = 0; i < queries.size(); ++i) {
        const auto expected = ExpectedIn(lists, queries[i]);
        ASSERT_EQ((*answers)[i].known_good, expected);
        ASSERT_THAT((*answers)[i].known_good_failed, IsEmpty());
        known += expected.size();
      }
    }
    EXPECT_GT(known, 400U);
    EXPECT_THAT(Problems(), IsEmpty());
    EXPECT_THAT(notices_, IsEmpty());
  }
}

// Abuse, near or exact, of a file that a known-good list holds.
TEST_F(KnownGoodTest, AKnownGoodListHidesNoHitAndChangesNoVerdict) {
  Make("abuse", Purpose::kChildAbuse);
  Make("test", Purpose::kTest);
  Make("good");
  const SignalSet exact = Content();
  SignalSet near = Content();
  near.pdq = {{.hash = RandomHash<PdqHash>(random_), .quality = 90}};
  const SignalSet trial = Content();
  const SignalSet none = Content();
  const auto enter = [&](const char* list, SignalSet signals) {
    EntryDraft draft;
    draft.signals = std::move(signals);
    draft.provenance.source = "us";
    const auto added = engine_->AddEntries(list, {&draft, 1}, kBy);
    ASSERT_TRUE(added.ok()) << added.status();
  };
  enter("abuse", {.sha1 = exact.sha1});
  enter("abuse", {.pdq = near.pdq});
  enter("test", {.md5 = trial.md5});
  const std::vector<SignalSet> queries = {exact, near, trial, none};
  std::vector<Answer> before = *engine_->MatchBatch(queries, {});
  Add("good", queries);
  std::vector<Answer> after = *engine_->MatchBatch(queries, {});
  const Verdict verdicts[] = {Verdict::kExact, Verdict::kNear, Verdict::kTest,
                              Verdict::kNoKnownMatch};
  for (size_t i = 0; i < queries.size(); ++i) {
    EXPECT_EQ(before[i].verdict, verdicts[i]);
    EXPECT_THAT(before[i].known_good, IsEmpty());
    EXPECT_THAT(after[i].known_good,
                ElementsAre(Known("good", SignalType::kMd5),
                            Known("good", SignalType::kSha1),
                            Known("good", SignalType::kSha256)));
    // Nothing else differs but how far the lists were.
    after[i].known_good.clear();
    after[i].sequence = before[i].sequence;
    after[i].list_versions = before[i].list_versions;
    EXPECT_EQ(after[i], before[i]);
  }
}

TEST_F(KnownGoodTest, AListTellsNothingWhereItsPolicySkipsIt) {
  Make("good");
  Make("shadow", Purpose::kKnownBenign, {.shadow = true});
  const SignalSet content{.sha1 = RandomHash<Sha1>(random_)};
  Add("good", {content});
  Add("shadow", {content});
  const KnownGood good = Known("good", SignalType::kSha1);
  const KnownGood shadow{
      .list = "shadow", .signal = SignalType::kSha1, .shadow = true};
  EXPECT_THAT(Ask(content).known_good, ElementsAre(good, shadow));
  const auto expect_skipped = [&](const MatchOptions& options,
                                  const std::string& reason) {
    const Answer answer = Ask(content, options);
    EXPECT_THAT(answer.known_good, ElementsAre(shadow)) << reason;
    ASSERT_EQ(answer.lists_skipped.size(), 1U);
    EXPECT_EQ(answer.lists_skipped[0].list, "good");
    EXPECT_EQ(answer.lists_skipped[0].reason, reason);
  };
  SetPolicy("good", {.enabled = false});
  expect_skipped({}, "disabled");
  SetPolicy("good", {.regions = {"DE"}});
  expect_skipped({.region = "US"}, "region");
  EXPECT_THAT(Ask(content, {.region = "DE"}).known_good,
              ElementsAre(good, shadow));
  SetPolicy("good", {.share_permille = 0});
  expect_skipped({}, "share");
  SetPolicy("good", {.expires_unix_ms = 1});
  expect_skipped({}, "expired");
  SetPolicy("good", {});
  EXPECT_THAT(Ask(content).known_good, ElementsAre(good, shadow));
}

TEST_F(KnownGoodTest, TheSameAgainChangesNothingAndSaysSo) {
  Make("good");
  std::vector<SignalSet> contents;
  for (int i = 0; i < 100; ++i) contents.push_back(Content());
  const auto first = Import("good", contents);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->outcomes.size(), 3U);
  for (const KnownGoodOutcome& outcome : first->outcomes) {
    EXPECT_EQ(outcome, (KnownGoodOutcome{.signal = outcome.signal,
                                         .taken = 100,
                                         .before = 0,
                                         .after = 100,
                                         .changed = true}));
  }
  const ListInfo before = *engine_->GetList("good");
  std::ranges::shuffle(contents, random_);
  contents.push_back(contents[0]);
  for (const bool replace : {false, true}) {
    const auto again = Import("good", contents, {.replace = replace});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->sequence, first->sequence);
    for (const KnownGoodOutcome& outcome : again->outcomes) {
      EXPECT_EQ(outcome, (KnownGoodOutcome{.signal = outcome.signal,
                                           .taken = 101,
                                           .before = 100,
                                           .after = 100,
                                           .changed = false}));
    }
    EXPECT_EQ(*engine_->GetList("good"), before);
    EXPECT_EQ(KnownFiles().size(), 3U);
  }
}

TEST_F(KnownGoodTest, ReplacingDropsWhatIsNotThereAnyMore) {
  Make("good");
  const SignalSet old = Content();
  const SignalSet fresh{.sha1 = RandomHash<Sha1>(random_)};
  Add("good", {old});
  // Of one type alone: the others stay.
  Add("good", {fresh}, {.signals = {SignalType::kSha1}, .replace = true});
  EXPECT_THAT(Ask(old).known_good,
              ElementsAre(Known("good", SignalType::kMd5),
                          Known("good", SignalType::kSha256)));
  EXPECT_THAT(Ask(fresh).known_good,
              ElementsAre(Known("good", SignalType::kSha1)));
  Add("good", {fresh}, {.replace = true});
  EXPECT_THAT(Ask(old).known_good, IsEmpty());
  EXPECT_EQ(KnownFiles().size(), 1U);
  const auto removed = engine_->RemoveKnownGood("good", {}, kBy);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_THAT(Ask(fresh).known_good, IsEmpty());
  EXPECT_THAT(KnownFiles(), IsEmpty());
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(KnownGoodTest, WhatCannotBeIsRefusedAndLeavesNothing) {
  Make("good");
  Make("abuse", Purpose::kChildAbuse);
  const SignalSet content = Content();
  const Sequence head = *engine_->Head();
  const auto code = [&](const char* list, KnownGoodOptions options = {}) {
    return Import(list, {content}, std::move(options)).status().code();
  };
  EXPECT_EQ(code("abuse"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code("none"), StatusCode::kNotFound);
  EXPECT_EQ(code("good", {.signals = {SignalType::kPdq}}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Import("good", {}).status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(code("good", {.watcher = [](const auto&) { return false; }}),
            StatusCode::kCancelled);
  EXPECT_EQ(*engine_->Head(), head);
  EXPECT_THAT(KnownFiles(), IsEmpty());
  // One at a time; the turn comes back.
  {
    const auto import = engine_->ImportKnownGood("good", {.source = "us"});
    ASSERT_TRUE(import.ok()) << import.status();
    EXPECT_EQ(code("good"), StatusCode::kUnavailable);
    EXPECT_EQ(engine_->RemoveKnownGood("good", {}, kBy).status().code(),
              StatusCode::kUnavailable);
  }
  EXPECT_EQ(code("good"), StatusCode::kOk);
}

// Every byte of a small file flipped, the file cut, and the file gone.
TEST_F(KnownGoodTest, ADamagedFileIsNamedAndNeverReadsAsKnownGood) {
  Make("good");
  Make("other");
  const SignalSet content{.sha1 = RandomHash<Sha1>(random_)};
  Add("good", {content, {.sha1 = RandomHash<Sha1>(random_)}});
  Add("other", {content});
  const auto files = KnownFiles();
  const std::string path =
      *std::ranges::find_if(files, [](const std::string& file) {
        return fs::path(file).filename().string().starts_with("good.");
      });
  std::string bytes;
  {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto expect_damaged = [&](const std::string& what) {
    Open();
    const Answer answer = Ask(content);
    EXPECT_THAT(answer.known_good,
                ElementsAre(Known("other", SignalType::kSha1)))
        << what;
    EXPECT_THAT(answer.known_good_failed,
                ElementsAre(Known("good", SignalType::kSha1)))
        << what;
    // A query that the file has nothing to say of is not concerned.
    EXPECT_THAT(Ask({.md5 = Md5{}}).known_good_failed, IsEmpty());
    ASSERT_EQ(notices_.size(), 1U);
    EXPECT_THAT(notices_[0], HasSubstr(path));
    EXPECT_THAT(Problems(), ElementsAre(HasSubstr(path)));
  };
  const auto write = [&](const std::string& altered) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << altered;
  };
  for (size_t at = 0; at < bytes.size(); at += 1 + random_() % 16) {
    std::string altered = bytes;
    altered[at] = static_cast<char>(altered[at] ^ (1 << random_() % 8));
    engine_.reset();
    write(altered);
    expect_damaged("byte " + std::to_string(at));
    if (HasFailure()) return;
  }
  engine_.reset();
  write(bytes.substr(0, bytes.size() - 1));
  expect_damaged("cut");
  fs::remove(path);
  expect_damaged("gone");

  // Nothing is added to what is not whole; replacing it mends it.
  EXPECT_FALSE(Import("good", {content}).ok());
  Add("good", {content}, {.replace = true});
  EXPECT_THAT(Ask(content).known_good,
              ElementsAre(Known("good", SignalType::kSha1),
                          Known("other", SignalType::kSha1)));
  EXPECT_THAT(Problems(), IsEmpty());
  Open();
  EXPECT_THAT(notices_, IsEmpty());
}

// The very same digests: the row stays as it is but for its record.
TEST_F(KnownGoodTest, TheSameDigestsMendAFileThatIsGone) {
  Make("good");
  const SignalSet content{.sha1 = RandomHash<Sha1>(random_)};
  Add("good", {content});
  engine_.reset();
  fs::remove(KnownFiles()[0]);
  Open();
  ASSERT_EQ(notices_.size(), 1U);
  Add("good", {content}, {.replace = true});
  EXPECT_THAT(Ask(content).known_good,
              ElementsAre(Known("good", SignalType::kSha1)));
  EXPECT_THAT(Problems(), IsEmpty());
}

}  // namespace
}  // namespace kenal
