#include "src/exchange/answer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/exchange/report_json.h"

namespace kenal::exchange {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Answer SampleAnswer() {
  Answer answer{.verdict = Verdict::kNear, .sequence = {12}};
  Match match{.list = "demo",
              .purpose = Purpose::kChildAbuse,
              .entry = EntryId::Of(ListNumber{3}, 45),
              .source_id = "s-1",
              .distance = 8};
  match.transform = Transform{.query_variant = Variant::kRot90};
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
  return answer;
}

TEST(AnswerLine, UsesTheDocumentedNames) {
  EXPECT_EQ(
      WriteAnswerLine({.path = "kite.jpg"}, SampleAnswer()),
      R"({"path":"kite.jpg","verdict":"NEAR","sequence":12,"match_count":7,)"
      R"("truncated":true,"damaged":false,"matches":[{"list":"demo",)"
      R"("purpose":"child-abuse","entry":"45","source_id":"s-1",)"
      R"("signal":"pdq","distance":8,"transform":{"view":"stored",)"
      R"("variant":"rot90","entry_view":"stored","entry_variant":"orig"},)"
      R"("state":"active","classifications":[{"scheme":"scheme",)"
      R"("raw_value":"A1"}],"flags":["one","two"],"provenance":)"
      R"({"source":"someone","added":"1970-01-01T00:00:01Z"}}],)"
      R"("checks":{"pdq":{"state":"done"},"md5":{"state":"not_applicable",)"
      R"("reason":"not_supplied"}},)"
      R"("lists_skipped":[{"list":"old","reason":"disabled"}]})");
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
  entry.signals = {{SignalType::kPdq, View::kStored, 93},
                   {SignalType::kSha1, View::kStored, std::nullopt}};
  EXPECT_THAT(WriteEntryLine("demo", entry),
              HasSubstr(R"("signals":[{"type":"pdq","view":"stored",)"
                        R"("quality":93},{"type":"sha1"}])"));
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
