// The parts of the command line that need no store.
#include <gtest/gtest.h>

#include <cstdint>

#include "tools/kenal/answers.h"
#include "tools/kenal/context.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/explain_text.h"
#include "tools/kenal/plot.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"
#include "tools/kenal/words.h"

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

TEST(How, NamesPartsAndTurnsInPlainWords) {
  EXPECT_EQ(HowText({}), "as is");
  EXPECT_EQ(HowText({.query_variant = Variant::kRot90}), "rot90");
  EXPECT_EQ(HowText({.query_view = View::kTrimmed,
                     .query_variant = Variant::kFlipY,
                     .entry_view = View::kAspect1x1}),
            "borders cut off, flipy; entry cropped to 1:1");
  EXPECT_EQ(HowText({.entry_view = View::kUpright}), "entry upright");
  for (int view = 1; view < kViewCount; ++view) {
    if (static_cast<View>(view) == View::kTurned) continue;  // its variant is
    EXPECT_NE(ViewText(static_cast<View>(view)), "") << view;
  }
}

Comparison Pair(Finding finding, int distance, View view = View::kStored,
                Variant variant = Variant::kOrig) {
  return {.how = {.query_view = view, .query_variant = variant},
          .distance = distance,
          .finding = finding};
}

std::string Concluded(std::vector<Comparison> views,
                      const ListPolicy& policy = {},
                      Effort effort = Effort::kFast) {
  Explained explained{.effort = effort, .list = "demo"};
  explained.explanation.views = std::move(views);
  explained.explanation.policy = policy;
  std::string text;
  for (const std::string& line : Conclusions(explained)) text += line + "\n";
  return text;
}

TEST(Conclusions, AdviseTheLeastEffortThatHelps) {
  const auto left_out = [](View view, Variant variant) {
    return Concluded({Pair(Finding::kTooFar, 120),
                      Pair(Finding::kNotCompared, 12, view, variant)});
  };
  EXPECT_NE(left_out(View::kTrimmed, Variant::kOrig).find("--effort normal."),
            std::string::npos);
  EXPECT_NE(
      left_out(View::kTrimmed, Variant::kRot90).find("--effort thorough."),
      std::string::npos);
  EXPECT_NE(
      left_out(View::kCentral80, Variant::kOrig).find("--effort thorough."),
      std::string::npos);
  const std::string of_list =
      Concluded({Pair(Finding::kNotCompared, 12, View::kCentral80)},
                {.effort = Effort::kNormal}, Effort::kThorough);
  EXPECT_NE(of_list.find("list set demo --effort thorough"), std::string::npos);
  EXPECT_EQ(of_list.find("try --effort"), std::string::npos);
}

TEST(Conclusions, SayWhichReasonItWas) {
  EXPECT_TRUE(Concluded({Pair(Finding::kMatch, 3)}).starts_with("They match:"));
  EXPECT_TRUE(
      Concluded({Pair(Finding::kReview, 40)}, {.review_radius = Radius{50}})
          .starts_with("They meet for review:"));
  EXPECT_NE(Concluded({Pair(Finding::kTemplateLike, 40)}).find("flat tones"),
            std::string::npos);
  EXPECT_NE(Concluded({Pair(Finding::kFlat, 40)}).find("quality 49"),
            std::string::npos);
  EXPECT_NE(Concluded({Pair(Finding::kTooFar, 40)}).find("radius of 40 or"),
            std::string::npos);
  EXPECT_NE(Concluded({Pair(Finding::kNotCompared, 90)}).find("90 bits"),
            std::string::npos);
  EXPECT_NE(Concluded({}).find("no kind of hash in common"), std::string::npos);
}

// Of an entry that is not met about how far it is, and nothing that is only
// true of an exact distance.
TEST(Conclusions, OfAnEntryAreAsRoughAsWhatIsToldOfIt) {
  const auto concluded = [](Finding finding, int distance, int review_bits) {
    Explained explained{.effort = Effort::kFast, .list = "demo"};
    explained.explanation.entry_state = EntryState::kActive;
    explained.explanation.views = {Pair(finding, distance, View::kTrimmed)};
    if (review_bits > 0) {
      explained.explanation.policy.review_radius = Radius{review_bits};
    }
    std::string text;
    for (const std::string& line : Conclusions(explained)) text += line;
    return text;
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::string far = concluded(Finding::kTooFar, 48, 0);
  EXPECT_TRUE(holds(far, "differ in about 48 bits")) << far;
  EXPECT_TRUE(holds(far, "review radius of 55 or more")) << far;
  EXPECT_FALSE(holds(concluded(Finding::kTooFar, 64, 0), "or more"));
  // 32 stands for 24 to 39, and 40 for none.
  EXPECT_TRUE(holds(concluded(Finding::kNotCompared, 32, 0), "but may"));
  EXPECT_FALSE(holds(concluded(Finding::kNotCompared, 48, 0), "but may"));
  EXPECT_TRUE(holds(concluded(Finding::kNotCompared, 48, 40), "but may"));
  EXPECT_TRUE(holds(concluded(Finding::kMatch, 7, 0), " in 7 bits of 256"));
}

TEST(Conclusions, SayThatAPartOfFewFlatTonesNeverMatches) {
  EXPECT_NE(Concluded({Pair(Finding::kTemplateLike, 3)}).find("a part of one"),
            std::string::npos);
  EXPECT_NE(Concluded({Pair(Finding::kTemplateLike, 90)}).find("cannot match"),
            std::string::npos);
}

SignalSet WithSize(int width, int height) {
  SignalSet signals;
  signals.picture = {.format = "jpeg", .width = width, .height = height};
  signals.pdq.push_back({.view = View::kStored});
  return signals;
}

TEST(Plot, TakesThePictureInItsUprightSize) {
  SignalSet signals = WithSize(800, 600);
  const Region lying{20, 15, 760, 570};
  const Region standing{15, 20, 570, 760};
  EXPECT_EQ(UprightSizeOf(signals, lying), (PictureSize{800, 600}));
  signals.pdq.push_back({.view = View::kUpright});
  EXPECT_EQ(UprightSizeOf(signals, lying), (PictureSize{800, 600}));
  EXPECT_EQ(UprightSizeOf(signals, standing), (PictureSize{600, 800}));
  // Without the middle, by the variant that the upright hash is nearest to.
  for (int variant = 0; variant < kVariantCount; ++variant) {
    signals.pdq[0].dihedral.emplace();
    for (size_t i = 0; i < kVariantCount; ++i) {
      (*signals.pdq[0].dihedral)[i].bytes.fill(static_cast<uint8_t>(1 << i));
    }
    signals.pdq[1].hash =
        (*signals.pdq[0].dihedral)[static_cast<size_t>(variant)];
    const auto name = VariantName(static_cast<Variant>(variant));
    const bool swapped = name == "rot90" || name == "rot270" ||
                         name == "flipplus1" || name == "flipminus1";
    EXPECT_EQ(UprightSizeOf(signals, std::nullopt),
              (swapped ? PictureSize{600, 800} : PictureSize{800, 600}));
  }
  EXPECT_EQ(UprightSizeOf(SignalSet{}, std::nullopt), PictureSize{});
}

TEST(Plot, RefersToFilesFromWhereItLies) {
  EXPECT_EQ(ReferenceTo("/a/b/kite.jpg", "/a/b"), "kite.jpg");
  EXPECT_EQ(ReferenceTo("/a/b/kite.jpg", "/a/c"), "../b/kite.jpg");
  EXPECT_EQ(ReferenceTo("/a/\" onload=\"x&<>#?%.jpg", "/a"),
            "%22%20onload%3D%22x%26%3C%3E%23%3F%25.jpg");
}

TEST(Plot, HasAColourForEachView) {
  PlotPicture picture{
      .title = "A", .path = "/x/a", .signals = WithSize(8, 6), .size = {8, 6}};
  picture.signals.pdq.clear();
  for (int view = 0; view < kViewCount; ++view) {
    picture.signals.pdq.push_back({.view = static_cast<View>(view)});
  }
  EXPECT_NE(PlotSvg({&picture, 1}, "/x").find("turned"), std::string::npos);
}

TEST(Plot, DrawsEveryViewAndNothingUnescaped) {
  PlotPicture picture{.title = "A",
                      .path = "/x/<script>&\".jpg",
                      .signals = WithSize(800, 600),
                      .size = {800, 600},
                      .notes = {{View::kTrimmed, {Finding::kMatch, 8}}}};
  picture.signals.pdq.push_back(
      {.view = View::kTrimmed, .region = Region{80, 60, 640, 480}});
  const std::string svg = PlotSvg({&picture, 1}, "/x");
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("x=\"88\" y=\"72\" width=\"512\" height=\"384\""),
            std::string::npos)
      << svg;
  EXPECT_NE(svg.find("match at 8 bits"), std::string::npos);
  EXPECT_EQ(svg.find("data:"), std::string::npos);
}

}  // namespace
}  // namespace kenal::cli
