// Cursors, times, changes and lines of entries to add.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <random>
#include <string>

#include "src/exchange/change_json.h"
#include "src/exchange/cursor.h"
#include "src/exchange/entry_line.h"
#include "src/exchange/hash_json.h"
#include "src/exchange/time_text.h"
#include "tests/exchange/samples.h"
#include "tests/support/support.h"

namespace kenal::exchange {
namespace {

using kenal::testing::TestSeed;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CursorProperty, EveryCursorIsReadAsItWasWritten) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 2000; ++i) {
    PlacedCursor cursor;
    if (random() % 2 == 0) cursor.store_id = "9f3c01d2";
    cursor.cursor = {.sequence = Sequence{random() >> (random() % 64)},
                     .entries = random() % 2 == 0 ? 0 : random()};
    const auto read = ParseCursor(WriteCursor(cursor));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, cursor);
  }
}

TEST(Cursor, StartIsBeforeTheFirstChange) {
  EXPECT_EQ(*ParseCursor("start"), PlacedCursor{});
  EXPECT_EQ(*ParseCursor("0"), PlacedCursor{});
}

TEST(Cursor, WhatIsNoCursorIsRefused) {
  for (const char* bad :
       {"", " 1", "1 ", "+1", "1+", "1+x", "-1", ":1", "a:", "xyz:1", "A:1",
        "1:2:3", "18446744073709551616", "1+-1", "Start"}) {
    const auto read = ParseCursor(bad);
    EXPECT_EQ(read.status().code(), StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_TRUE(ParseCursor(std::string(64, 'a') + ":1").ok());
  EXPECT_FALSE(ParseCursor(std::string(65, 'a') + ":1").ok());
}

// The C library as a second implementation.
TEST(TimeTextProperty, TimesAreReadAsTheLibraryWritesThem) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 5000; ++i) {
    const auto seconds = static_cast<std::time_t>(random() % 253'402'300'800);
    const int offset_min = static_cast<int>(random() % 2879) - 1439;
    std::tm parts{};
    const std::time_t local = seconds + offset_min * 60;
    gmtime_r(&local, &parts);
    if (local < 0 || parts.tm_year + 1900 > 9999) continue;
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char offset[16];
    std::snprintf(offset, sizeof offset, "%c%02d:%02d",
                  offset_min < 0 ? '-' : '+', std::abs(offset_min) / 60,
                  std::abs(offset_min) % 60);
    const auto read = ParseTime(std::string(text) + offset);
    ASSERT_TRUE(read.ok()) << text << offset;
    EXPECT_EQ(*read, int64_t{seconds} * 1000) << text << offset;
  }
}

TEST(TimeText, DaysAndFractionsAreRead) {
  EXPECT_EQ(*ParseTime("1970-01-01"), 0);
  EXPECT_EQ(*ParseTime("1970-01-02"), 86'400'000);
  EXPECT_EQ(*ParseTime("1970-01-01T00:00:00.25Z"), 250);
  EXPECT_EQ(*ParseTime("1970-01-01t00:00:01.0019999z"), 1'001);
  EXPECT_EQ(*ParseTime("1970-01-01 00:00:01Z"), 1'000);
  EXPECT_EQ(*ParseTime("2024-02-29"), *ParseTime("2024-02-28") + 86'400'000);
}

TEST(TimeText, WhatIsNoTimeIsRefused) {
  for (const char* bad : {"",
                          "now",
                          "2027",
                          "2027-1-1",
                          "2027-13-01",
                          "2027-02-29",
                          "2027-00-10",
                          "1969-12-31",
                          "2027-01-01T00:00:00",
                          "2027-01-01T24:00:00Z",
                          "2027-01-01T00:60:00Z",
                          "2027-01-01T00:00:60Z",
                          "2027-01-01T00:00Z",
                          "2027-01-01T00:00:00+0700",
                          "2027-01-01T00:00:00+24:00",
                          "2027-01-01T00:00:00.Z",
                          "2027-01-01Z",
                          "2027-01-01 ",
                          "1970-01-01T00:00:00+00:01",
                          "2027-01-01T00:00:00Zx",
                          "+027-01-01"}) {
    EXPECT_EQ(ParseTime(bad).status().code(), StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST(ChangeLine, UsesTheDocumentedNames) {
  ListChange change{.sequence = Sequence{13},
                    .kind = ChangeKind::kEntriesSet,
                    .list = "demo",
                    .last = false};
  change.entries.push_back({.id = EntryId::Of(ListNumber{1}, 7),
                            .source_id = "case-2",
                            .state = EntryState::kDisputed,
                            .near_action_label = "review"});
  EXPECT_EQ(WriteChangeLine(change),
            R"({"sequence":13,"change":"entries_set","list":"demo",)"
            R"("entries":[{"entry":"7","source_id":"case-2",)"
            R"("state":"disputed","near_action_label":"review"}],)"
            R"("last":false})");
  EXPECT_EQ(WriteCursorLine({.store_id = "ab", .cursor = {Sequence{13}, 4}},
                            true, Sequence{20}),
            R"({"cursor":"ab:13+4","caught_up":true,"head":20})");
}

TEST(ChangeLine, TellsPoliciesOnlyWhereThereAreAny) {
  ListChange change{.kind = ChangeKind::kPolicySet, .list = "demo"};
  EXPECT_THAT(WriteChangeLine(change), Not(HasSubstr("policy\":")));
  change.policy = ListPolicy{.action_label = "block"};
  EXPECT_THAT(WriteChangeLine(change),
              HasSubstr(R"("policy":{"enabled":true,"radius":31,)"));
}

TEST(ChangeLine, TellsAKnownGoodFileAndThatOneWasRemoved) {
  ListChange change{.kind = ChangeKind::kKnownGoodSet, .list = "nsrl"};
  change.known_good = KnownGoodFile{.signal = SignalType::kSha1,
                                    .count = 7,
                                    .size_bytes = 900,
                                    .source = "us",
                                    .set_unix_ms = 1'000,
                                    .set_at = Sequence{4}};
  change.known_good->sha256.fill(0xa5);
  std::string sha256;
  for (int i = 0; i < 32; ++i) sha256 += "a5";
  EXPECT_THAT(WriteChangeLine(change),
              HasSubstr(R"("change":"known_good_set","list":"nsrl",)"
                        R"("known_good":{"signal":"sha1","count":7,)"
                        R"("size_bytes":900,"sha256":")" +
                        sha256 +
                        R"(","source":"us","set":"1970-01-01T00:00:01Z",)"
                        R"("set_at":4},"entries":[])"));
  change.known_good = {.signal = SignalType::kSha1, .set_at = Sequence{5}};
  EXPECT_THAT(WriteChangeLine(change),
              HasSubstr(R"("known_good":{"signal":"sha1","count":0,)"
                        R"("size_bytes":0,"set_at":5},"entries":[])"));
}

// What a change tells of an entry's hashes can be added again as it was.
TEST(ChangeLineProperty, SignalsComeBackFromALineAsTheyWere) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 500; ++i) {
    HashLine line = RandomHashLine(random);
    line.signals.pdq_failure.reset();
    line.signals.picture.reset();
    if (!line.signals.HasSignal()) continue;
    ListChange change{.list = "demo"};
    change.entries.push_back({.signals = line.signals});
    const std::string text = WriteChangeLine(change);
    const size_t begin = text.find(R"("signals":)");
    const size_t end = text.find(R"(}],"last")");
    ASSERT_NE(begin, std::string::npos);
    const auto draft =
        ParseEntryLine("{" + text.substr(begin, end - begin) + "}");
    ASSERT_TRUE(draft.ok()) << draft.status();
    EXPECT_EQ(draft->signals, line.signals);
  }
}

TEST(EntryLineToAdd, SaysWhatAnEntryIs) {
  const auto draft = ParseEntryLine(
      R"({"path":"a.png","signals":{"md5":"00112233445566778899aabbccddeeff"},)"
      R"("source_id":"case-2","classifications":)"
      R"([{"scheme":"s","raw_value":"A1"}],"series":"x","flags":["f"],)"
      R"("overrules":"hotline/source:a/b"})");
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->source_id, "case-2");
  EXPECT_EQ(draft->classifications, (std::vector<Classification>{{"s", "A1"}}));
  EXPECT_EQ(draft->series, "x");
  EXPECT_EQ(draft->flags, std::vector<std::string>{"f"});
  EXPECT_EQ(draft->provenance.reference, "a.png");
  EXPECT_EQ(draft->overrules, (Overruled{"hotline", "source:a/b"}));
}

TEST(EntryLineToAdd, NamesTheFieldThatIsWrongAndNoHash) {
  const std::string md5 = "00112233445566778899aabbccddeeff";
  const std::string signals = R"({"signals":{"md5":")" + md5 + R"("},)";
  struct Slip {
    std::string rest;
    std::string says;
  };
  const std::string text(5000, 'a');
  std::string many = R"("flags":["f")";
  for (int i = 0; i < 256; ++i) many += R"(,"f")";
  for (const Slip& slip : std::vector<Slip>{
           {R"("source_id":7})", "field source_id is not a string"},
           {R"("source_id":")" + text + R"("})",
            "source_id is longer than 512"},
           {R"("series":")" + text + R"("})", "series is longer than 4096"},
           {R"("flags":"f"})", "flags is not an array"},
           {R"("flags":[1]})", "flags is not a string"},
           {many + "]}", "flags has more than 256 items"},
           {R"("classifications":[{"scheme":"s"}]})", "scheme and raw_value"},
           {R"("classifications":[{"scheme":"s","raw_value":"a","x":1}]})",
            "scheme and raw_value"},
           {R"("overrules":"hotline"})", "overrules names no entry"},
           {R"("overrules":"!/1"})", "overrules"},
           {R"("series":"a","series":"b"})", "series is not known here"},
           {R"("extra":1})", "extra is not known here"}}) {
    const auto draft = ParseEntryLine(signals + slip.rest);
    ASSERT_FALSE(draft.ok()) << slip.rest;
    const std::string message(draft.status().message());
    EXPECT_THAT(message, HasSubstr(slip.says));
    EXPECT_THAT(message, Not(HasSubstr(md5)));
  }
  EXPECT_FALSE(ParseEntryLine("[]").ok());
  EXPECT_FALSE(ParseEntryLine("null").ok());
  EXPECT_FALSE(ParseEntryLine("{").ok());
  EXPECT_THAT(
      std::string(ParseEntryLine(R"({"error":"no"})").status().message()),
      HasSubstr("could not be hashed"));
}

// A line is somebody else's: its depth costs neither time nor stack.
TEST(EntryLineToAdd, DepthIsRefused) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep = R"({"flags":)";
    for (int i = 0; i < 100'000; ++i) deep += open;
    EXPECT_THAT(std::string(ParseEntryLine(deep).status().message()),
                HasSubstr("nested too deeply"));
  }
  EXPECT_TRUE(
      ParseEntryLine(R"({"signals":{"md5":"00112233445566778899aabbccddeeff"},)"
                     R"("series":"[[[[[[[[[[[[[[[[[[[[[[\"{{{{{{"})")
          .ok());
}

// Whatever a line holds is read whole or refused, and never a second entry.
TEST(EntryLineToAddProperty, BrokenLinesAreRefusedOrRead) {
  std::mt19937_64 random(TestSeed());
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string line = WriteHashLine(RandomHashLine(random), true);
    line.insert(1, R"("flags":["a"],"overrules":"l/1",)");
    for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    const auto draft = ParseEntryLine(line);
    if (!draft.ok()) {
      EXPECT_EQ(draft.status().code(), StatusCode::kInvalidArgument);
      ++refused;
    } else {
      EXPECT_TRUE(draft->signals.HasSignal());
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(EntryLineReader, YieldsDraftsAndRefusalsByLine) {
  kenal::testing::TempDir folder;
  const std::string path = folder / "lines";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  std::fputs(
      "\n{\"path\":\"p\",\"signals\":{\"md5\":"
      "\"00112233445566778899aabbccddeeff\"}}\n  \nbad\n",
      file);
  std::fputs(std::string(EntryLineReader::kLineBytesMax + 1, 'x').c_str(),
             file);
  std::fclose(file);
  const auto reader = EntryLineReader::Open(path, {.source = "me"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  auto item = (*reader)->Next();
  ASSERT_TRUE(item.ok() && *item);
  EXPECT_EQ((*item)->position, 2U);
  EXPECT_EQ((*item)->draft.provenance,
            (Provenance{.source = "me", .reference = "p"}));
  item = (*reader)->Next();
  EXPECT_EQ((*item)->position, 4U);
  EXPECT_THAT((*item)->refused, HasSubstr("is not JSON"));
  item = (*reader)->Next();
  EXPECT_EQ((*item)->position, 5U);
  EXPECT_THAT((*item)->refused, EndsWith("is longer than 262144 bytes"));
  EXPECT_FALSE((*reader)->Next()->has_value());
}

}  // namespace
}  // namespace kenal::exchange
