// Contents: each decoded and asked once, by however many threads it is met.
#include "src/scan/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using findings::Content;
using findings::Coverage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace reason = findings::reason;

struct Bench {
  explicit Bench(const JudgeOptions& options = {})
      : judge(matcher, hasher, options, stop.get_token()) {
    judge.Begin(journal);
  }
  MemoryJournal journal;
  FakeMatcher matcher;
  FakeHasher hasher;
  std::stop_source stop;
  Judge judge;
};

std::vector<Candidate> CandidatesOf(const std::vector<std::string>& contents) {
  std::vector<Candidate> candidates;
  for (const std::string& bytes : contents) {
    candidates.push_back({.intake = IntakeOf(bytes)});
  }
  return candidates;
}

TEST(Judge, DecodesAndAsksForEachContentOnceWhoeverMeetsIt) {
  const uint64_t seed = testing::TestSeed();
  constexpr int kThreads = 6;
  constexpr int kContents = 150;
  std::vector<std::string> contents;
  for (int i = 0; i < kContents; ++i) {
    const std::string name = std::to_string(i);
    contents.push_back(i % 3 == 0 ? "text " + name : FakePicture(name));
  }
  Bench bench;
  for (int i = 0; i < kContents; i += 10) {
    bench.matcher.listed.insert(Sha256Of(contents[static_cast<size_t>(i)]));
  }
  std::vector<std::thread> threads;
  std::vector<std::map<Sha256, findings::ContentNumber>> numbers(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(seed + static_cast<uint64_t>(thread));
      std::vector<std::string> mine = contents;
      mine.insert(mine.end(), contents.begin(), contents.end());
      std::shuffle(mine.begin(), mine.end(), random);
      while (!mine.empty()) {
        const size_t count = std::min<size_t>(1 + random() % 20, mine.size());
        auto candidates = CandidatesOf(
            {mine.end() - static_cast<std::ptrdiff_t>(count), mine.end()});
        mine.resize(mine.size() - count);
        ASSERT_TRUE(bench.judge.Consider(candidates).ok());
        for (const Candidate& one : candidates) {
          const Sha256 digest{one.intake.digests.sha256};
          ASSERT_TRUE(one.place.content.has_value());
          const auto [at, is_new] =
              numbers[static_cast<size_t>(thread)].emplace(digest,
                                                           *one.place.content);
          EXPECT_EQ(at->second, *one.place.content);
          EXPECT_EQ(one.hit != nullptr, bench.matcher.listed.contains(digest));
          EXPECT_EQ(one.place.coverage, one.intake.is_picture
                                            ? Coverage::kExamined
                                            : Coverage::kDigestOnly);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& of_thread : numbers) EXPECT_EQ(of_thread, numbers[0]);
  for (const auto& [digest, count] : bench.hasher.decoded()) {
    EXPECT_EQ(count, 1);
  }
  EXPECT_EQ(bench.matcher.asked().size(), contents.size());
  // Numbers are positions in the journal.
  const auto journal = bench.journal.All<Content>();
  ASSERT_EQ(journal.size(), contents.size());
  for (size_t i = 0; i < journal.size(); ++i) {
    EXPECT_EQ(numbers[0].at(journal[i].sha256), i);
  }
  EXPECT_EQ(bench.judge.counts().contents, contents.size());
  EXPECT_EQ(bench.judge.counts().decoded, bench.hasher.decoded().size());
  EXPECT_EQ(bench.judge.counts().hit_contents, bench.matcher.listed.size());
  EXPECT_EQ(bench.judge.sequence().value, contents.size());
}

TEST(Judge, AFailureReachesEveryoneWhoWaits) {
  Bench bench;
  std::atomic<int> waiting{0};
  bench.matcher.before = [&]() -> Status {
    // All have claimed or begun to wait before the first fails.
    ++waiting;
    return Internal("the lists are gone");
  };
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      auto candidates = CandidatesOf({FakePicture("a"), FakePicture("b"), "c"});
      const Status status = bench.judge.Consider(candidates);
      EXPECT_EQ(status.message(), "the lists are gone");
      failed += status.ok() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 6);
  EXPECT_GE(waiting, 1);
  EXPECT_THAT(bench.journal.All<Content>(), IsEmpty());
}

TEST(Judge, AFullDiskReachesEveryoneToo) {
  Bench bench;
  bench.journal.puts_left = 1;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto candidates = CandidatesOf({"a", "b", "c"});
      failed += bench.judge.Consider(candidates).ok() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 4);
}

TEST(Judge, KnownGoodPicturesAreNotDecodedUnlessTheyAreHits) {
  Bench bench({.asks_known_good = true});
  const std::string good = FakePicture("good");
  const std::string both = FakePicture("good and listed");
  const std::string other = FakePicture("neither");
  bench.matcher.known_good = {Sha256Of(good), Sha256Of(both)};
  bench.matcher.listed = {Sha256Of(both)};
  auto candidates = CandidatesOf({good, both, other, "plain"});
  ASSERT_TRUE(bench.judge.Consider(candidates).ok());
  EXPECT_FALSE(bench.hasher.decoded().contains(Sha256Of(good)));
  EXPECT_TRUE(bench.hasher.decoded().contains(Sha256Of(both)));
  EXPECT_TRUE(bench.hasher.decoded().contains(Sha256Of(other)));
  EXPECT_EQ(candidates[0].place.reason, reason::kKnownGood);
  EXPECT_EQ(candidates[0].hit, nullptr);
  EXPECT_EQ(candidates[1].place.coverage, Coverage::kExamined);
  ASSERT_NE(candidates[1].hit, nullptr);
  EXPECT_EQ(candidates[1].hit->verdict, Verdict::kExact);
}

TEST(Judge, RememberedContentsAreNeitherDecodedNorAskedAgain) {
  Bench bench;
  const std::string picture = FakePicture("seen");
  bench.matcher.listed = {Sha256Of(picture)};
  auto first = CandidatesOf({"before", picture});
  ASSERT_TRUE(bench.judge.Consider(first).ok());

  Bench later;
  for (const Content& content : bench.journal.All<Content>()) {
    later.judge.Remember(content);
  }
  auto again = CandidatesOf({picture, "new", "before"});
  ASSERT_TRUE(later.judge.Consider(again).ok());
  EXPECT_THAT(later.hasher.decoded(), IsEmpty());
  EXPECT_THAT(later.matcher.asked(),
              ElementsAre(std::pair(Sha256Of("new"), false)));
  EXPECT_EQ(again[0].place.content, first[1].place.content);
  EXPECT_EQ(again[1].place.content, 2U);
  EXPECT_EQ(again[2].place.content, first[0].place.content);
  ASSERT_NE(again[0].hit, nullptr);
  EXPECT_EQ(*again[0].hit, *first[1].hit);
  EXPECT_EQ(later.judge.counts().hit_contents, 1U);
}

TEST(Judge, AServiceThatIsAwayForAMomentIsAskedAgain) {
  Bench bench;
  std::atomic<int> calls{0};
  bench.matcher.before = [&]() -> Status {
    return ++calls < 3 ? Unavailable("away") : OkStatus();
  };
  auto candidates = CandidatesOf({"a"});
  ASSERT_TRUE(bench.judge.Consider(candidates).ok());
  EXPECT_EQ(calls, 3);
}

TEST(Judge, StoppingEndsTheWaitForAService) {
  Bench bench;
  std::atomic<int> calls{0};
  bench.matcher.before = [&]() -> Status {
    ++calls;
    bench.stop.request_stop();
    return Unavailable("away");
  };
  auto candidates = CandidatesOf({"a"});
  EXPECT_EQ(bench.judge.Consider(candidates).code(), StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
}

TEST(Judge, WhatIsNoServicesMoodIsNotAskedAgain) {
  Bench bench;
  std::atomic<int> calls{0};
  bench.matcher.before = [&]() -> Status {
    ++calls;
    return DataLoss("an entry cannot be read");
  };
  auto candidates = CandidatesOf({"a"});
  EXPECT_EQ(bench.judge.Consider(candidates).code(), StatusCode::kDataLoss);
  EXPECT_EQ(calls, 1);
}

TEST(Judge, PicturesWhoseBytesWereNotKeptAreNotTakenForExamined) {
  Bench bench;
  auto candidates = CandidatesOf({FakePicture("huge")});
  candidates[0].intake.is_kept = false;
  candidates[0].intake.bytes.clear();
  ASSERT_TRUE(bench.judge.Consider(candidates).ok());
  EXPECT_THAT(bench.hasher.decoded(), IsEmpty());
  EXPECT_EQ(candidates[0].place.coverage, Coverage::kDigestOnly);
  EXPECT_EQ(candidates[0].place.reason, reason::kPictureTooLarge);
}

}  // namespace
}  // namespace kenal::scan
