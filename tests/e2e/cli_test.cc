// The parts of the command line that need no store.
#include <gtest/gtest.h>

#include <cstdint>

#include "tools/kenal/answers.h"
#include "tools/kenal/context.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

TEST(ExitCode, IsTheContractForEveryKindOfError) {
  EXPECT_EQ(ExitCodeOf(OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(InvalidArgument("x")), 2);
  EXPECT_EQ(ExitCodeOf(NotFound("x")), 2);
  EXPECT_EQ(ExitCodeOf(AlreadyExists("x")), 3);
  EXPECT_EQ(ExitCodeOf(DataLoss("x")), 3);
  EXPECT_EQ(ExitCodeOf(FailedPrecondition("x")), 3);
  EXPECT_EQ(ExitCodeOf(Unavailable("x")), 4);
  EXPECT_EQ(ExitCodeOf(ResourceExhausted("x")), 5);
}

// Whatever code a newer library makes, a failure is never done, a match or a
// partial success.
TEST(ExitCode, OfAnErrorIsNeverOneOfSuccess) {
  for (int code = 1; code <= 20; ++code) {
    const int exit_code =
        ExitCodeOf(Status(static_cast<StatusCode>(code), "x"));
    EXPECT_GE(exit_code, 2) << code;
    EXPECT_LE(exit_code, 5) << code;
  }
}

TEST(ExitCode, OfManyInputsTellsFailuresAndMatchesApart) {
  EXPECT_EQ(ExitCodeOf(false, false), 0);
  EXPECT_EQ(ExitCodeOf(true, false), 1);
  EXPECT_EQ(ExitCodeOf(false, true), 10);
  EXPECT_EQ(ExitCodeOf(true, true), 11);
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1,000");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Count(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(Bytes(0), "0 bytes");
  EXPECT_EQ(Bytes(1023), "1023 bytes");
  EXPECT_EQ(Bytes(1536), "1.5 KiB");
  EXPECT_EQ(Bytes(uint64_t{3} << 40), "3.0 TiB");
}

TEST(Words, ThatCouldBeHashesAreNotRepeated) {
  EXPECT_EQ(WordForMessage("source:case-2"), "source:case-2");
  for (const size_t size : {25u, 32u, 64u}) {
    EXPECT_EQ(WordForMessage(std::string(size, 'a')).find("aaa"),
              std::string::npos);
  }
}

TEST(Words, AreHiddenOneByOneInATextOfMany) {
  const std::string hash(32, 'a');
  EXPECT_EQ(WordsForMessage("--limit: " + hash + " is  no number"),
            "--limit: (a word of 32 bytes) is  no number");
  EXPECT_EQ(WordsForMessage(hash + "\t" + hash),
            "(a word of 32 bytes)\t(a word of 32 bytes)");
  EXPECT_EQ(WordsForMessage("short words "), "short words ");
  EXPECT_EQ(WordsForMessage(""), "");
}

TEST(Words, ThatAreLongAreTakenOutOfATextWhereverTheyAre) {
  const std::string hash(32, 'a');
  EXPECT_EQ(WithoutLongWord("no list is named " + hash + "; or " + hash, hash),
            "no list is named (a word of 32 bytes); or (a word of 32 bytes)");
  EXPECT_EQ(WithoutLongWord("no list is named demo", "demo"),
            "no list is named demo");
  EXPECT_EQ(WithoutLongWord("no list", ""), "no list");
}

TEST(Elapsed, IsToldFromTwoSecondsOn) {
  EXPECT_EQ(ElapsedText(1000, 0.0), "");
  EXPECT_EQ(ElapsedText(1000, 1.9), "");
  EXPECT_EQ(ElapsedText(1000, 2.0), "took 2 s, 500/s");
}

// A failed check hides no hit, and benign hits hide no others.
TEST(FailOnMatch, CountsEveryPurposeButKnownBenign) {
  const auto answer = [](Verdict verdict, std::vector<Purpose> purposes) {
    Answer made{.verdict = verdict};
    for (const Purpose purpose : purposes) {
      made.matches.push_back({.purpose = purpose});
    }
    return made;
  };
  using enum Purpose;
  for (const Verdict verdict :
       {Verdict::kUnavailable, Verdict::kNoKnownMatch}) {
    EXPECT_FALSE(IsMatched(answer(verdict, {})));
    EXPECT_FALSE(IsMatched(answer(verdict, {kKnownBenign, kKnownBenign})));
    EXPECT_TRUE(IsMatched(answer(verdict, {kKnownBenign, kTest})));
    EXPECT_TRUE(IsMatched(answer(verdict, {kOwnDecisions, kKnownBenign})));
    EXPECT_TRUE(IsMatched(answer(verdict, {kChildAbuse})));
  }
  // The match itself may be beyond the limit.
  for (const Verdict verdict :
       {Verdict::kExact, Verdict::kNear, Verdict::kTest}) {
    EXPECT_TRUE(IsMatched(answer(verdict, {kKnownBenign})));
  }
}

TEST(Batches, KeepToTheMatchersLimitsAndAreAsLargeAsTheyMay) {
  for (const int limit :
       {1, 2, 100, 976, 977, 1000, 333'334, 500'001, MatchOptions::kLimitMax}) {
    const size_t size = BatchSizeMax(limit);
    const auto asked = [&](size_t queries) {
      return queries * static_cast<size_t>(limit);
    };
    ASSERT_GE(size, 1u);
    ASSERT_LE(size, Matcher::kBatchSizeMax);
    ASSERT_LE(asked(size), static_cast<size_t>(MatchOptions::kLimitMax));
    ASSERT_TRUE(size == Matcher::kBatchSizeMax ||
                asked(size + 1) > static_cast<size_t>(MatchOptions::kLimitMax));
  }
}

TEST(Failures, AreCountedByReasonWithWhatIsNoPictureFirst) {
  FailureCounts counts;
  EXPECT_EQ(counts.Text(), "");
  counts.Add("unreadable");
  EXPECT_EQ(counts.Text(), "1 unreadable");
  for (int i = 0; i < 3; ++i) counts.Add("not_a_picture");
  counts.Add("said_by_someone_else");
  counts.Add("");
  EXPECT_EQ(counts.Text(), "3 not pictures, 1 unreadable, 2 failed otherwise");
}

}  // namespace
}  // namespace kenal::cli
