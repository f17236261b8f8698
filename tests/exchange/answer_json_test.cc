#include "src/exchange/answer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/exchange/explain_json.h"
#include "src/exchange/report_json.h"

namespace kenal::exchange {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Answer SampleAnswer() {
  Answer answer{
      .verdict = Verdict::kNear, .tier = Tier::kReview, .sequence = {12}};
  Match match{.list = "demo",
              .purpose = Purpose::kChildAbuse,
              .entry = EntryId::Of(ListNumber{3}, 45),
              .source_id = "s-1",
              .tier = Tier::kReview,
              .distance = 38};
  match.transform =
      Transform{.query_view = View::kFrame2, .query_variant = Variant::kRot90};
  match.second_opinion = SecondOpinion{.distance = 84, .corroborates = true};
  match.classifications.push_back({"scheme", "A1"});
  match.flags = {"one", "two"};
  match.provenance = {.source = "someone", .added_unix_ms = 1'000};
  answer.matches = {match};
  answer.match_count = 7;
  answer.truncated = true;
  answer.checks = {
      {SignalType::kPdq, CheckState::kDone, "", ""},
      {SignalType::kMd5, CheckState::kNotApplicable, "not_supplied", ""}};
  answer.lists_skipped = {{"old", "disabled"}};
  answer.list_versions = {{"demo", Sequence{9}}};
  return answer;
}

TEST(AnswerLine, UsesTheDocumentedNames) {
  EXPECT_EQ(
      WriteAnswerLine({.path = "kite.jpg"}, SampleAnswer()),
      R"({"path":"kite.jpg","verdict":"NEAR","tier":"review","sequence":12,)"
      R"("match_count":7,"truncated":true,"damaged":false,)"
      R"("matches":[{"list":"demo","purpose":"child-abuse","entry":"45",)"
      R"("source_id":"s-1",)"
      R"("signal":"pdq","tier":"review","distance":38,)"
      R"("transform":{"view":"frame-2","variant":"rot90",)"
      R"("entry_view":"stored","entry_variant":"orig"},)"
      R"("second_opinion":{"distance":84,"corroborates":true},)"
      R"("state":"active","classifications":[{"scheme":"scheme",)"
      R"("raw_value":"A1"}],"flags":["one","two"],"provenance":)"
      R"({"source":"someone","added":"1970-01-01T00:00:01Z"}}],)"
      R"("checks":{"pdq":{"state":"done"},"md5":{"state":"not_applicable",)"
      R"("reason":"not_supplied"}},)"
      R"("lists_skipped":[{"list":"old","reason":"disabled"}],)"
      R"("list_versions":[{"list":"demo","version":9}]})");
}

TEST(AnswerLine, LeavesOutATierAndASecondOpinionThatAreNot) {
  Answer answer = SampleAnswer();
  answer.tier.reset();
  answer.matches[0].second_opinion.reset();
  const std::string line = WriteAnswerLine({.path = "p"}, answer);
  EXPECT_THAT(line, HasSubstr(R"("verdict":"NEAR","sequence":12)"));
  EXPECT_THAT(line, Not(HasSubstr("second_opinion")));
}

TEST(AnswerLine, SaysWhatToDoAndWhoDecidedIt) {
  Answer answer = SampleAnswer();
  answer.action_label = "report";
  Match& match = answer.matches[0];
  match.action_label = "allow";
  match.overruled_by =
      OverruledBy{.list = "own", .entry = EntryId::Of(ListNumber{4}, 2)};
  match.shadow = true;
  const std::string line = WriteAnswerLine({.path = "p"}, answer);
  EXPECT_THAT(line, HasSubstr(R"("action_label":"report","sequence":12)"));
  EXPECT_THAT(line, HasSubstr(R"("state":"active","action_label":"allow",)"
                              R"("overruled_by":{"list":"own","entry":"2"},)"
                              R"("shadow":true,)"));
}

TEST(AnswerLine, NamesTheListsThatKnowAFileAsGood) {
  Answer answer = SampleAnswer();
  EXPECT_THAT(WriteAnswerLine({.path = "p"}, answer),
              Not(HasSubstr("known_good")));
  answer.known_good = {
      {.list = "nsrl", .signal = SignalType::kSha1},
      {.list = "told little"},
      {.list = "tried", .signal = SignalType::kMd5, .shadow = true}};
  answer.known_good_failed = {{.list = "bad", .signal = SignalType::kSha256}};
  EXPECT_THAT(WriteAnswerLine({.path = "p"}, answer),
              HasSubstr(R"("known_good":[{"list":"nsrl","signal":"sha1"},)"
                        R"({"list":"told little"},)"
                        R"({"list":"tried","signal":"md5","shadow":true}],)"
                        R"("known_good_failed":)"
                        R"([{"list":"bad","signal":"sha256"}]})"));
}

// Null, zero or an empty name would be taken for a value.
TEST(AnswerLine, HasNoFieldForWhatIsWithheld) {
  Answer answer = SampleAnswer();
  Match& match = answer.matches[0];
  match = {.list = match.list, .purpose = match.purpose, .entry = match.entry};
  match.distance.reset();
  EXPECT_THAT(WriteAnswerLine({.path = "p"}, answer),
              HasSubstr(R"("matches":[{"list":"demo","purpose":"child-abuse",)"
                        R"("entry":"45","signal":"pdq","tier":"match",)"
                        R"("state":"active"}])"));
}

TEST(AnswerLine, NamesTheLineOnlyWhereNoPathIsKnown) {
  EXPECT_THAT(WriteAnswerLine({.line = 9}, {}), StartsWith(R"({"line":9,)"));
  EXPECT_THAT(WriteAnswerLine({.path = "p", .line = 9}, {}),
              Not(HasSubstr("line\"")));
}

TEST(AnswerLine, TellsWhyAnInputHasNoPdq) {
  const std::string line = WriteAnswerLine(
      {.path = "p", .failure = SignalFailure{"empty", "p: is empty"}}, {});
  EXPECT_THAT(line, HasSubstr(R"("error":"p: is empty","error_code":"empty")"));
}

// A name in a list or in someone's id must not break a line in two.
TEST(AnswerLine, StaysOneLineOfUtf8WhateverTheNamesHold) {
  Answer answer = SampleAnswer();
  answer.matches[0].source_id = "a\nb\xFF";
  const std::string line = WriteAnswerLine({.path = "x\r\n\xC3"}, answer);
  EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
  EXPECT_THAT(line, HasSubstr(R"("source_id":"a\nb)"));
  EXPECT_THAT(line, HasSubstr(R"("source_id_base64":"YQpi/w==")"));
}

TEST(EntryLine, TellsSignalsByKindOnly) {
  EntrySummary entry{.id = EntryId::Of(ListNumber{1}, 2)};
  entry.signals = {
      {.quality = 93},
      {.view = View::kAspect4x5, .template_like = true, .second_opinion = true},
      {.type = SignalType::kSha1}};
  EXPECT_THAT(WriteEntryLine("demo", entry),
              HasSubstr(R"("signals":[{"type":"pdq","view":"stored",)"
                        R"("quality":93},{"type":"pdq","view":"4:5",)"
                        R"("template_like":true,"second_opinion":true},)"
                        R"({"type":"sha1"}])"));
}

TEST(ListLine, TellsTheWholePolicy) {
  ListInfo list{.number = ListNumber{1}, .name = "demo"};
  EXPECT_THAT(WriteListLine(list),
              HasSubstr(R"("enabled":true,"radius":31,"effort":"thorough",)"
                        R"("stored_views":["stored","upright","trimmed"],)"
                        R"("second_opinion":false,"share_permille":1000,)"
                        R"("share_seed":0,"regions":[],"shadow":false,)"
                        R"("active":0)"));
  list.policy = {.enabled = false,
                 .pdq_radius = Radius{7},
                 .review_radius = Radius{50},
                 .effort = Effort::kFast,
                 .stored_views = kWholeViews | ViewSet{View::kCentral95},
                 .second_opinion = true};
  EXPECT_THAT(WriteListLine(list),
              HasSubstr(R"("enabled":false,"radius":7,"review_radius":50,)"
                        R"("effort":"fast","stored_views":)"
                        R"(["stored","upright","central-95"],)"
                        R"("second_opinion":true,"share_permille":1000,)"
                        R"("share_seed":0,"regions":[],"shadow":false,)"
                        R"("active":0)"));
}

TEST(ListLine, TellsWhoAListIsForAndHowFarItIs) {
  const ListInfo list{.name = "demo",
                      .policy = {.action_label = "block",
                                 .share_permille = 125,
                                 .share_seed = 7,
                                 .regions = {"ID", "US"},
                                 .expires_unix_ms = 1'000,
                                 .shadow = true},
                      .version = Sequence{9},
                      .changed_unix_ms = 2'000};
  EXPECT_THAT(WriteListLine(list),
              HasSubstr(R"("action_label":"block","share_permille":125,)"
                        R"("share_seed":7,"regions":["ID","US"],)"
                        R"("expires":"1970-01-01T00:00:01Z","shadow":true,)"));
  EXPECT_THAT(WriteListLine(list),
              HasSubstr(R"("version":9,"changed":"1970-01-01T00:00:02Z"})"));
}

TEST(EntryLine, NamesWhatItOverrulesAndItsLabel) {
  EntrySummary entry{.id = EntryId::Of(ListNumber{1}, 2)};
  entry.overrules = Overruled{"hotline", "17"};
  entry.near_action_label = "review";
  EXPECT_THAT(WriteEntryLine("own", entry),
              HasSubstr(R"("overrules":"hotline/17",)"
                        R"("near_action_label":"review","added_at")"));
}

TEST(ExplanationLine, SaysOfEachSideWhatCouldNotBeHashed) {
  SignalSet damaged;
  damaged.picture = {.format = "jpeg", .damaged = true};
  SignalSet failed;
  failed.pdq_failure = {.code = "not_a_picture", .message = "no picture"};
  const auto starts = [](const SignalSet& a, const SignalSet& b) {
    const std::string line = WriteExplanationLine(
        {.outcome = OutcomeOf(a), .other_outcome = OutcomeOf(b)}, {});
    return line.substr(0, line.find(R"("policy")"));
  };
  EXPECT_EQ(starts({}, {}), "{");
  EXPECT_EQ(starts(damaged, failed),
            R"({"damaged":true,"other_error":"no picture",)"
            R"("other_error_code":"not_a_picture",)");
  EXPECT_EQ(starts(failed, damaged),
            R"({"error":"no picture","error_code":"not_a_picture",)"
            R"("other_damaged":true,)");
}

TEST(ExplanationLine, UsesTheDocumentedNames) {
  Explanation explanation{
      .digests = {{SignalType::kMd5, true}, {SignalType::kSha1, false}},
      .views = {},
      .policy = {},
      .entry_state = EntryState::kDisputed};
  Comparison& pair = explanation.views.emplace_back();
  pair.how = {.query_view = View::kTrimmed, .query_variant = Variant::kFlipY};
  pair.distance = 200;
  pair.finding = Finding::kTemplateLike;
  pair.query_quality = 99;
  pair.entry_template_like = true;
  pair.second_opinion = SecondOpinion{.distance = 300, .corroborates = false};
  EXPECT_EQ(
      WriteExplanationLine(
          {.path = "a.jpg", .list = "demo", .reference = "source:x"},
          explanation),
      R"({"path":"a.jpg","list":"demo","entry":"source:x",)"
      R"("state":"disputed","policy":{"enabled":true,"radius":31,)"
      R"("effort":"thorough","stored_views":["stored","upright","trimmed"],)"
      R"("second_opinion":false,"share_permille":1000,"share_seed":0,)"
      R"("regions":[],"shadow":false},"digests":[{"type":"md5","equal":true},)"
      R"({"type":"sha1","equal":false}],"views":[{"finding":"template_like",)"
      R"("distance":200,"transform":{"view":"trimmed","variant":"flipy",)"
      R"("entry_view":"stored","entry_variant":"orig"},"quality":99,)"
      R"("template_like":false,"entry_template_like":true,)"
      R"("second_opinion":{"distance":300,"corroborates":false}}]})");
  EXPECT_EQ(WriteExplanationLine({.path = "a", .other_path = "b"}, {}),
            R"({"path":"a","other_path":"b","policy":{"enabled":true,)"
            R"("radius":31,"effort":"thorough",)"
            R"("stored_views":["stored","upright","trimmed"],)"
            R"("second_opinion":false,"share_permille":1000,"share_seed":0,)"
            R"("regions":[],"shadow":false},"digests":[],"views":[]})");
}

TEST(IngestLine, HoldsNoHash) {
  SignalSet signals;
  signals.pdq.emplace_back().hash.bytes.fill(0xCC);
  signals.md5.emplace().bytes.fill(0xCC);
  const std::string line = WriteIngestLine(
      "kite.jpg", signals, EntryResult{Outcome::kAdded, EntryId{5}, ""});
  EXPECT_THAT(line, HasSubstr(R"("outcome":"added","entry":"5")"));
  EXPECT_THAT(line, Not(HasSubstr("cc")));
  EXPECT_THAT(WriteIngestLine("kite.jpg", {}, std::nullopt),
              HasSubstr(R"("outcome":"failed")"));
}

}  // namespace
}  // namespace kenal::exchange
