#include "src/formats/exchange_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "src/formats/value_text.h"
#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kMd5 = "00112233445566778899aabbccddeeff";
const std::string kPdq = kMd5 + kMd5;

std::vector<std::string> FieldNames(const Told& told) {
  std::vector<std::string> names;
  for (const Item& item : told.items) {
    if (item.kind == Item::Kind::kField) {
      names.push_back(item.field.extra.path);
    }
  }
  return names;
}

TEST(ThreatExchange, ReadsADescriptor) {
  const Told told =
      ReadText(Format::kThreatExchange, Sample("threatexchange.json"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  const Record record = told.records()[0];
  EXPECT_EQ(record.source_id, "1");
  EXPECT_EQ(PdqOf(record)->hash.ToHex(), kPdq);
  EXPECT_EQ(record.kind, MediaKind::kImage);
  EXPECT_EQ(record.member_id, "7");
  EXPECT_EQ(record.member, "Demo");
  EXPECT_THAT(record.tags, ElementsAre("test"));
  EXPECT_EQ(record.updated_unix_ms, 1704164645000);
  EXPECT_THAT(
      record.classifications,
      ElementsAre(Classification{"threatexchange-status", "MALICIOUS"}));
  EXPECT_EQ(json::parse(WriteAs(Format::kThreatExchange, told).text)["data"][0],
            json::parse(Sample("threatexchange.json")));
}

TEST(ThreatExchange, ReadsPagesArraysAndDescriptorsOneAfterAnother) {
  const std::string one =
      "{\"id\":\"1\",\"type\":\"HASH_MD5\",\"indicator\":\"" + kMd5 + "\"}";
  for (const auto& [text, count] : std::vector<std::pair<std::string, size_t>>{
           {one, 1},
           {one + "\n" + one + one, 3},
           {"[" + one + "," + one + "]", 2},
           {"[]", 0},
           {"{\"data\":[]}", 0},
           {"{\"paging\":{\"next\":\"x\"},\"data\":[" + one +
                "]}\n{\"data\":[" + one + "],\"paging\":{}}",
            2}}) {
    const Told told = ReadText(Format::kThreatExchange, text);
    EXPECT_TRUE(told.status.ok()) << told.status << text;
    EXPECT_EQ(told.records().size(), count) << text;
  }
  EXPECT_THAT(FieldNames(ReadText(Format::kThreatExchange,
                                  "{\"a\":1,\"data\":[" + one + "],\"b\":2}")),
              ElementsAre("a", "b"));
  for (const std::string& text :
       {std::string(), std::string("7"), one + "7", "[" + one,
        std::string("{\"data\":[],\"data\":[]}")}) {
    EXPECT_EQ(ReadText(Format::kThreatExchange, text).status.code(),
              StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ThreatExchange, TakesEveryShapeOfItsFieldsAndGivesItBack) {
  const std::string text =
      "{\"data\":[{\"id\":2,\"type\":\"HASH_VIDEO_MD5\",\"raw_indicator\":\" " +
      Upper(kMd5) + " \",\"indicator\":{\"indicator\":\"" + kMd5 +
      "\",\"type\":\"x\"},\"tags\":{\"data\":[{\"id\":1,\"text\":\"a\"}]},"
      "\"reactions\":[{\"key\":\"HELPFUL\"}],\"last_updated\":1704164645,"
      "\"expired_on\":\"2024-01-02T03:04:05Z\",\"should_delete\":true},{\"id\":"
      "\"3\",\"type\":\"HASH_TMK\",\"indicator\":\"long\"},{\"id\":\"4\","
      "\"should_"
      "delete\":true}]}";
  const Told told = ReadText(Format::kThreatExchange, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].updated_unix_ms, 1704164645000);
  EXPECT_EQ(records[0].kind, MediaKind::kVideo);
  EXPECT_EQ(records[0].signals.md5->ToHex(), kMd5);
  EXPECT_TRUE(records[0].deleted);
  EXPECT_EQ(records[0].expires_unix_ms, 1704164645000);
  EXPECT_THAT(records[0].tags, ElementsAre("a"));
  EXPECT_EQ(CarriedOf(records[1], "HASH_TMK")->value, "long");
  EXPECT_TRUE(records[2].deleted);
  const Converted out = WriteAs(Format::kThreatExchange, told);
  EXPECT_EQ(json::parse(out.text), json::parse(text));
}

TEST(ThreatExchange, WritesOnePageWithTheLastFieldOfEach) {
  const std::string one =
      "{\"type\":\"HASH_MD5\",\"indicator\":\"" + kMd5 + "\"}";
  const Told told =
      ReadText(Format::kThreatExchange,
               "{\"data\":[" + one + "],\"paging\":1}{\"data\":{},\"Data\":[" +
                   one + "],\"paging\":2}");
  ASSERT_TRUE(told.status.ok()) << told.status;
  const Converted out = WriteAs(Format::kThreatExchange, told);
  EXPECT_EQ(out.report.fields_left_out.at("fields of the list"), 1u);
  const json page = json::parse(out.text);
  EXPECT_EQ(page["data"].size(), 2u);
  EXPECT_EQ(page["paging"], json(2));
}

TEST(ThreatExchange, CountsBadDescriptorsByPosition) {
  const std::string good =
      "{\"type\":\"HASH_MD5\",\"indicator\":\"" + kMd5 + "\"}";
  const std::string text =
      "[" + good +
      ",{\"type\":\"HASH_MD5\",\"indicator\":\"12\"},{\"indicator\":"
      "\"" +
      kMd5 + "\"},{\"type\":\"HASH_PDQ\"},5,{\"id\":1,\"ID\":2}," + good + "]";
  const Told told = ReadText(Format::kThreatExchange, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 5u);
  EXPECT_EQ(refused[0].position,
            (Position{.record = 2, .byte = good.size() + 2}));
  EXPECT_THAT(refused[1].why, HasSubstr("no type"));
  EXPECT_THAT(refused[2].why, HasSubstr("no hash"));
  EXPECT_THAT(refused[4].why, HasSubstr("twice"));
}

TEST(ThreatExchange, WritesOneDescriptorAHash) {
  Told told = ReadText(Format::kVics, Sample("vics-2.0-cases.json"));
  const Converted out = WriteAs(Format::kThreatExchange, told);
  EXPECT_EQ(out.report.written, 1u);
  const Told again = ReadText(Format::kThreatExchange, out.text);
  ASSERT_EQ(again.records().size(), 3u) << again.status;
  SignalSet all;
  for (const Record& record : again.records()) {
    if (record.signals.md5) all.md5 = record.signals.md5;
    if (record.signals.sha1) all.sha1 = record.signals.sha1;
    if (record.signals.sha256) all.sha256 = record.signals.sha256;
  }
  EXPECT_EQ(all, told.records().at(0).signals);
  EXPECT_EQ(out.report.fields_left_out.at("file names"), 1u);
}

TEST(StopNcii, ReadsPagesForConvertingOnly) {
  const std::string page = Sample("stopncii.json");
  for (const Purpose purpose : {Purpose::kChildAbuse, Purpose::kOwnDecisions,
                                Purpose::kKnownBenign, Purpose::kTest}) {
    const Told told = ReadText(Format::kStopNcii, page, {.purpose = purpose});
    EXPECT_EQ(told.status.code(), StatusCode::kFailedPrecondition);
    EXPECT_FALSE(told.opened);
  }
  EXPECT_FALSE(OpenWriter(Format::kStopNcii, "-", {}).ok());
  const Told told = ReadText(Format::kStopNcii, page + page);
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 2u);
  const Record record = told.records()[0];
  EXPECT_EQ(PdqOf(record)->hash.ToHex(), kPdq);
  EXPECT_EQ(record.updated_unix_ms, 1704164645000);
  EXPECT_FALSE(record.deleted);
  EXPECT_THAT(FieldNames(told),
              ElementsAre("count", "hasMoreRecords", "nextPageToken",
                          "nextSetTimestamp", "count", "hasMoreRecords",
                          "nextPageToken", "nextSetTimestamp"));
}

TEST(StopNcii, WithdrawnAndDeletedMeanRemove) {
  for (const auto& [status, deleted] :
       std::vector<std::pair<std::string, bool>>{{"Active", false},
                                                 {"Received", false},
                                                 {"Withdrawn", true},
                                                 {"Deleted", true},
                                                 {"Unknown", false}}) {
    const Told told =
        ReadText(Format::kStopNcii, "{\"hashRecords\":[{\"hashStatus\":\"" +
                                        status + "\",\"hashValue\":\"" + kMd5 +
                                        "\",\"signalType\":\"VideoMD5\"}]}");
    ASSERT_EQ(told.records().size(), 1u) << told.status;
    EXPECT_EQ(told.records()[0].deleted, deleted) << status;
    EXPECT_EQ(told.records()[0].kind, MediaKind::kVideo);
  }
  EXPECT_FALSE(ReadText(Format::kStopNcii, "{\"count\":1}").opened);
}

TEST(Pytx, ReadsATypeAndAValueALine) {
  const Told told =
      ReadText(Format::kPytx, Sample("pytx.txt") + "video_md5 " + Upper(kMd5) +
                                  "\n\n# note\npdq " + kPdq +
                                  " 80 # own\ntlsh T1AB#C\n");
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(PdqOf(records[0])->hash.ToHex(), kPdq);
  EXPECT_EQ(records[1].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(records[1].kind, MediaKind::kVideo);
  EXPECT_EQ(PdqOf(records[2])->quality, 80);
  EXPECT_EQ(CarriedOf(records[3], "tlsh")->value, "T1AB#C");
  const Converted out = WriteAs(Format::kPytx, told);
  EXPECT_TRUE(out.report.fields_left_out.empty());
  EXPECT_TRUE(ReadText(Format::kPytx, out.text).records() == records);
}

TEST(Pytx, ReadsValuesAloneWhenTheirTypeIsGiven) {
  const std::string text = kPdq + "\n" + Upper(kPdq) + "\n" + kMd5 + "\n";
  Told told =
      ReadText(Format::kPytx, text, {.converting = true, .value_type = "pdq"});
  EXPECT_EQ(told.records().size(), 2u);
  EXPECT_EQ(told.refused().size(), 1u);
  told = ReadText(Format::kPytx, text);
  EXPECT_EQ(told.records().size(), 0u);
  ASSERT_EQ(told.refused().size(), 3u);
  EXPECT_EQ(told.refused()[2].position.line, 3u);
  EXPECT_FALSE(
      ReadText(Format::kPytx, text, {.converting = true, .value_type = kMd5})
          .opened);
}

std::string EncaseFile(const std::vector<std::string>& md5s) {
  std::string out("HASH\x0D\x0A\xFF\x00", 8);
  out.resize(1152);
  const std::string name = "demo set";
  for (size_t i = 0; i < name.size(); ++i) out[1032 + 2 * i] = name[i];
  for (const std::string& hex : md5s) {
    const Md5 md5 = *Md5::FromHex(hex);
    out.append(reinterpret_cast<const char*>(md5.bytes.data()), 16);
    out.append(2, '\0');
  }
  return out;
}

// Fixture 13.
TEST(Encase, CountsALastRecordThatIsCutShort) {
  const std::string file =
      EncaseFile({kMd5, "d41d8cd98f00b204e9800998ecf8427e", kMd5});
  Told told = ReadText(Format::kEncase, file);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.items.at(0).field.extra, (Extra{"name", "demo set"}));
  ASSERT_EQ(told.records().size(), 2u);
  EXPECT_EQ(told.records()[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(told.refused().size(), 1u);

  told = ReadText(Format::kEncase, file.substr(0, file.size() - 3));
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 1u);
  ASSERT_EQ(told.refused().size(), 2u);
  EXPECT_THAT(told.refused()[1].why, HasSubstr("cut short"));
  EXPECT_EQ(told.refused()[1].position,
            (Position{.record = 3, .byte = 1152 + 36}));
}

TEST(Encase, ReadsAcrossItsBlocksAndRefusesOtherFiles) {
  std::mt19937_64 random(testing::TestSeed());
  std::vector<std::string> md5s;
  for (int i = 0; i < 10'000; ++i) {
    md5s.push_back(testing::RandomHash<Md5>(random).ToHex());
  }
  const auto records = ReadText(Format::kEncase, EncaseFile(md5s)).records();
  ASSERT_EQ(records.size(), md5s.size());
  for (size_t i = 0; i < md5s.size(); ++i) {
    ASSERT_EQ(records[i].signals.md5->ToHex(), md5s[i]);
  }
  for (const std::string& text :
       {std::string(), std::string("HASH"), EncaseFile({}).substr(0, 1000),
        std::string(2000, 'x')}) {
    const Told told = ReadText(Format::kEncase, text);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(told.status.message(), HasSubstr("byte"));
    EXPECT_FALSE(told.opened);
  }
}

}  // namespace
}  // namespace kenal::formats
