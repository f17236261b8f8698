#include "src/formats/ncmec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kMd5 = "00112233445566778899aabbccddeeff";

std::string Page(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<queryResult "
         "xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\">" +
         inside + "</queryResult>";
}

std::string Image(const std::string& id, const std::string& more = "") {
  return "<image><member id=\"42\">Demo</member><timestamp>2024-01-02T03:04:"
         "05Z</timestamp><id>" +
         id + "</id><fingerprints><md5>" + std::string(kMd5) +
         "</md5></fingerprints>" + more + "</image>";
}

std::vector<std::pair<std::string, std::string>> FieldsOf(const Told& told) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Item& item : told.items) {
    if (item.kind == Item::Kind::kField) {
      out.emplace_back(item.field.extra.path, item.field.extra.value);
    }
  }
  return out;
}

TEST(Ncmec, ReadsEntriesAndTombstones) {
  const Told told = ReadText(Format::kNcmec, Sample("ncmec-entries.xml"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].source_id, "img-1");
  EXPECT_EQ(records[0].member_id, "42");
  EXPECT_EQ(records[0].member, "Demo");
  EXPECT_EQ(records[0].kind, MediaKind::kImage);
  EXPECT_EQ(records[0].updated_unix_ms, 1704164645000);
  EXPECT_THAT(records[0].classifications,
              ElementsAre(Classification{"ncmec-industry", "A1"}));
  EXPECT_EQ(records[0].signals.md5, *Md5::FromHex(kMd5));
  ASSERT_NE(PdqOf(records[0]), nullptr);
  EXPECT_FALSE(records[0].deleted);
  EXPECT_TRUE(records[1].deleted);
  EXPECT_EQ(records[1].source_id, "img-0");
  EXPECT_FALSE(records[1].signals.HasSignal());
  EXPECT_THAT(FieldsOf(told), ElementsAre(std::pair("images/@count", "2"),
                                          std::pair("images/@maxTimestamp",
                                                    "2024-01-02T03:04:05Z"),
                                          std::pair("videos/@count", "0")));
}

// Fixture 10, as far as a reader goes: pages folded in order give one state,
// whether or not the first page was taken twice.
TEST(Ncmec, PagesFoldToTheSameStateWhenOneIsReadAgain) {
  const std::string first =
      Page("<images count=\"2\">" + Image("a") + Image("b") + "</images>" +
           "<paging><next>/v2/entries?from=1&amp;start=1001</next></paging>");
  const std::string second = Page(
      "<images count=\"3\">" +
      Image("a", "<classification>B2</classification>") +
      "<deletedImage><member id=\"42\">Demo</member><id>b</id><timestamp>2024-"
      "01-03T00:00:00Z</timestamp></deletedImage>" +
      Image("c") + "</images>");
  const auto fold = [](const std::vector<std::string>& pages) {
    std::map<std::string, Record> state;
    for (const std::string& page : pages) {
      const Told told = ReadText(Format::kNcmec, page);
      EXPECT_TRUE(told.status.ok()) << told.status;
      for (const Record& record : told.records()) {
        if (record.deleted) {
          state.erase(record.source_id);
        } else {
          state[record.source_id] = record;
        }
      }
    }
    return state;
  };
  const auto whole = fold({first, second});
  ASSERT_EQ(whole.size(), 2u);
  EXPECT_EQ(whole.at("a").classifications.size(), 1u);
  EXPECT_EQ(whole.count("c"), 1u);
  EXPECT_EQ(fold({first, first, second}), whole);
  // A page that is cut off says so, and not where the next one is.
  const Told cut = ReadText(Format::kNcmec, first.substr(0, first.size() / 2));
  EXPECT_EQ(cut.status.code(), StatusCode::kInvalidArgument);
  for (const auto& [path, value] : FieldsOf(cut)) {
    EXPECT_NE(path, kNcmecNextPage);
  }
}

// Fixture 11.
TEST(Ncmec, DecodesTheNextPageAndKeepsUnknownFingerprints) {
  const std::string page = Page(
      "<images count=\"1\"><image><member id=\"1\">M</member><id>x</id>"
      "<fingerprints><md5>" +
      std::string(kMd5) +
      "</md5><pdna>AQID</pdna><newkind a=\"b\">12<!-- c --></newkind>"
      "<tmk-pdqf rel=\"self\" href=\"/v2/x\"/></fingerprints></image></images>"
      "<paging><next>/v2/entries?from=a&amp;to=b</next></paging><other>1</"
      "other>");
  const Told told = ReadText(Format::kNcmec, page);
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  const Record record = told.records()[0];
  EXPECT_EQ(CarriedOf(record, "newkind")->value, "12");
  EXPECT_EQ(CarriedOf(record, kPhotoDna)->value, "AQID");
  const auto fields = FieldsOf(told);
  EXPECT_EQ(fields[1], std::pair(std::string(kNcmecNextPage),
                                 std::string("/v2/entries?from=a&to=b")));
  const std::string out = WriteAs(Format::kNcmec, told).text;
  EXPECT_THAT(out, HasSubstr("<newkind a=\"b\">12</newkind>"));
  EXPECT_THAT(out, HasSubstr("<tmk-pdqf rel=\"self\" href=\"/v2/x\"/>"));
  EXPECT_THAT(out, HasSubstr("<next>/v2/entries?from=a&amp;to=b</next>"));
  EXPECT_THAT(out, HasSubstr("<other>1</other>"));
  EXPECT_EQ(ReadText(Format::kNcmec, out).records(), told.records());
}

TEST(Ncmec, ReadsVotesByFingerprintAndGivesThemBack) {
  const std::string feedback =
      "<feedback lastUpdateTimestamp=\"2023-06-01T12:48:14Z\">"
      "<affirmativeFeedback type=\"Md5\"><members timestamp=\"2023-06-01T12:48:"
      "14Z\"><member id=\"42\">A &amp; B</member><member id=\"43\">C</member>"
      "</members></affirmativeFeedback><negativeFeedback type=\"Sha1\">"
      "<reasons><reason guid=\"01234567-abcd-0123-4567-012345678900\" name=\"R "
      "1\" type=\"Sha1\"/><members><member id=\"42\">A &amp; B</member>"
      "</members></reasons></negativeFeedback></feedback>";
  const Told told = ReadText(
      Format::kNcmec,
      Page("<images count=\"1\">" + Image("a", feedback) + "</images>"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  const Record record = told.records().at(0);
  ASSERT_EQ(record.opinions.size(), 3u);
  EXPECT_EQ(record.opinions[0], (Opinion{.affirms = true,
                                         .member_id = "42",
                                         .member = "A & B",
                                         .signal = "Md5",
                                         .at_unix_ms = 1685623694000}));
  EXPECT_EQ(record.opinions[2],
            (Opinion{.member_id = "42",
                     .member = "A & B",
                     .signal = "Sha1",
                     .reason_id = "01234567-abcd-0123-4567-012345678900",
                     .reason = "R 1"}));
  EXPECT_THAT(WriteAs(Format::kNcmec, told).text, HasSubstr(feedback));
}

// Fixture 16.
TEST(Ncmec, RefusesEntitiesAndDeepNestingAndFetchesNothing) {
  const testing::TempDir folder;
  WriteFile(folder / "secret", "planted");
  const std::string head =
      "<!DOCTYPE queryResult [<!ENTITY e SYSTEM \"file://" +
      (folder / "secret") + "\"><!ENTITY f \"ff\">]>";
  const std::string page =
      Page("<images count=\"1\">" + Image("&e;&f;") + "</images>");
  const size_t end = page.find("?>") + 2;
  Told told =
      ReadText(Format::kNcmec, page.substr(0, end) + head + page.substr(end));
  EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(told.status.message(), HasSubstr("document type"));
  EXPECT_FALSE(told.opened);

  told = ReadText(Format::kNcmec, page);
  EXPECT_FALSE(told.status.ok());
  EXPECT_TRUE(told.records().empty());

  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (const std::string& at : {deep, Page(deep), Page("<images>" + deep),
                                Page("<images><image>" + deep)}) {
    told = ReadText(Format::kNcmec, at);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(told.status.message(), HasSubstr("line"));
  }
}

TEST(Ncmec, CountsBadEntriesByLine) {
  const Told told = ReadText(
      Format::kNcmec,
      Page("<images>\n" + Image("a") + "\n" + Image("") +
           "\n<image><id>b</id>"
           "<fingerprints><md5>001122</md5></fingerprints></image>\n<image><id>"
           "c</id></image>\n<video><id>d</id></video>\n" +
           Image("e") + "</images>"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 4u);
  for (size_t i = 0; i < refused.size(); ++i) {
    EXPECT_EQ(refused[i].position, (Position{.record = i + 2, .line = i + 4}));
  }
  EXPECT_THAT(refused[0].why, HasSubstr("id"));
  EXPECT_THAT(refused[1].why, HasSubstr("fingerprints"));
  EXPECT_THAT(refused[2].why, HasSubstr("no hash"));
}

TEST(Ncmec, RefusesOtherDocuments) {
  for (const std::string& text :
       {std::string(), std::string("<a/>"), std::string("{}"),
        std::string("<queryResult/>"),
        std::string("<queryResult xmlns=\"https://hashsharing.ncmec.org/"
                    "hashsharing/v1\"/>"),
        Sample("ncmec-feedback.xml")}) {
    const Told told = ReadText(Format::kNcmec, text);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_FALSE(told.opened);
  }
}

TEST(Ncmec, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  const auto chance = [&random] { return random() % 2 == 0; };
  Told told;
  for (int i = 0; i < 500; ++i) {
    Record record;
    record.family = "ncmec";
    record.source_id = "id <" + std::to_string(i);
    record.kind = i < 250 ? MediaKind::kImage : MediaKind::kVideo;
    record.deleted = random() % 5 == 0;
    if (chance()) record.member = "M & \"N\" \xC3\xA9";
    if (chance()) record.member_id = "4";
    if (chance()) record.updated_unix_ms = 1'704'164'645'000 + i;
    if (!record.deleted) {
      record.signals.md5 = testing::RandomHash<Md5>(random);
      if (chance()) {
        record.signals.pdq.push_back(
            {.hash = testing::RandomHash<PdqHash>(random)});
      }
      if (chance()) record.carried.push_back({std::string(kPhotoDna), "A+/="});
      if (chance()) record.carried.push_back({"netclean", "x"});
      if (chance()) record.classifications.push_back({"ncmec-industry", "B1"});
      if (chance()) {
        record.opinions.push_back({.affirms = true,
                                   .member_id = "1",
                                   .signal = "PDQ",
                                   .at_unix_ms = 1000});
        record.opinions.push_back(
            {.member = "x", .signal = "MD5", .reason_id = "g", .reason = "r"});
      }
    }
    Item item;
    item.record = record;
    told.items.push_back(item);
  }
  // Kinds come mixed.
  Told mixed = told;
  std::shuffle(mixed.items.begin(), mixed.items.end(), random);
  std::stable_sort(mixed.items.begin(), mixed.items.end(),
                   [](const Item& a, const Item& b) {
                     return std::stoi(a.record.source_id.substr(4)) % 2 <
                            std::stoi(b.record.source_id.substr(4)) % 2;
                   });
  const Converted out = WriteAs(Format::kNcmec, mixed);
  EXPECT_EQ(out.report.written, 500u);
  EXPECT_TRUE(out.report.fields_left_out.empty());
  EXPECT_THAT(out.text, HasSubstr("<images count=\"250\""));
  auto got = ReadText(Format::kNcmec, out.text).records();
  std::sort(got.begin(), got.end(), [](const Record& a, const Record& b) {
    return std::stoi(a.source_id.substr(4)) < std::stoi(b.source_id.substr(4));
  });
  ASSERT_EQ(got.size(), 500u);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i], told.items[i].record);
  }
}

// What was written once is written the same again.
TEST(Ncmec, RoundTripsTheSample) {
  const Told told = ReadText(Format::kNcmec, Sample("ncmec-entries.xml"));
  const Converted once = WriteAs(Format::kNcmec, told);
  const Told again = ReadText(Format::kNcmec, once.text);
  EXPECT_EQ(again.records(), told.records());
  EXPECT_EQ(WriteAs(Format::kNcmec, again).text, once.text);
}

TEST(Ncmec, LeavesOutWhatIsOfNoKnownKindUnlessToldWhatItIs) {
  Told told = ReadText(Format::kVics, Sample("vics-1.3-media.json"));
  told.items.at(0).record.source_id = "x";
  const Converted out = WriteAs(Format::kNcmec, told);
  EXPECT_EQ(out.report.written, 0u);
  EXPECT_EQ(out.report.records_left_out.size(), 1u);
  const Converted kept =
      WriteAs(Format::kNcmec, told, {.unknown_kind = MediaKind::kVideo});
  EXPECT_EQ(kept.report.written, 1u);
  EXPECT_EQ(kept.report.fields_left_out.at("classification"), 1u);
  EXPECT_EQ(kept.report.fields_left_out.at("series"), 1u);
  EXPECT_EQ(kept.report.fields_left_out.at("flags"), 1u);
  EXPECT_EQ(ReadText(Format::kNcmec, kept.text).records().at(0).kind,
            MediaKind::kVideo);
}

TEST(Ncmec, MakesTheFeedbackThatTheServiceTakes) {
  Record record;
  record.member_id = "42";
  record.source_id = "img/1";
  Opinion opinion{.signal = "pdq",
                  .reason_id = "11111111-2222-4333-8444-555555555555"};
  const auto negative = MakeNcmecFeedback(record, opinion);
  ASSERT_TRUE(negative.ok()) << negative.status();
  EXPECT_EQ(negative->path, "/v2/entries/42/img%2F1/PDQ/feedback");
  std::string sample = Sample("ncmec-feedback.xml");
  sample.pop_back();
  EXPECT_EQ(negative->body, sample);
  opinion.reason_id = "because";
  EXPECT_FALSE(MakeNcmecFeedback(record, opinion).ok());
  opinion.affirms = true;
  EXPECT_THAT(MakeNcmecFeedback(record, opinion)->body,
              HasSubstr("<affirmative/>"));
  opinion.signal = "crc32";
  EXPECT_FALSE(MakeNcmecFeedback(record, opinion).ok());
}

}  // namespace
}  // namespace kenal::formats
