#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::string_view kMd5 = "00112233445566778899AABBCCDDEEFF";

std::string MediaList(const std::string& media,
                      const std::string& version = "1.3") {
  return "{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/"
         "DataModels/" +
         version + ".xml#Media\",\"value\":[" + media + "]}";
}

std::string Utf16(const std::string& ascii, bool big_endian) {
  std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) {
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

// Converting to the same shape and back gives the same JSON, keys in any
// order.
void ExpectSameAfter(const std::string& text) {
  const Told told = ReadText(Format::kVics, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(json::parse(WriteAs(Format::kVics, told).text), json::parse(text));
}

TEST(Vics, ReadsCasesOfVersion20) {
  const Told told = ReadText(Format::kVics, Sample("vics-2.0-cases.json"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(
      told.heading,
      (Heading{.version = "2.0", .region = "CUSTOM", .has_groups = true}));
  const auto records = told.records();
  ASSERT_EQ(records.size(), 1u);
  const Record& record = records[0];
  EXPECT_EQ(record.group, 1u);
  EXPECT_EQ(record.file_id, "1");
  EXPECT_EQ(record.signals.md5, *Md5::FromHex(kMd5));
  EXPECT_EQ(record.signals.sha1->ToHex(),
            "00112233445566778899aabbccddeeff00112233");
  EXPECT_EQ(record.signals.sha256->ToHex(),
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  EXPECT_EQ(record.size_bytes, 20480u);
  EXPECT_TRUE(record.classifications.empty());
  EXPECT_THAT(record.tags, ::testing::ElementsAre("test-list"));
  ASSERT_EQ(record.files.size(), 1u);
  EXPECT_EQ(record.files[0].name, "kite.jpg");
  EXPECT_EQ(record.files[0].folder, "EXH1\\DCIM");
}

TEST(Vics, ReadsAHashSetOfVersion13) {
  const Told told = ReadText(Format::kVics, Sample("vics-1.3-media.json"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.heading, (Heading{.version = "1.3"}));
  const auto records = told.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(FlagOf(records[0], "victim_identified"), false);
  EXPECT_EQ(FlagOf(records[0], "distributed"), true);
  EXPECT_EQ(FlagOf(records[0], "offender_identified"), std::nullopt);
  EXPECT_EQ(records[0].series, "demo-series");
  EXPECT_THAT(records[0].classifications,
              ::testing::ElementsAre(Classification{"vics", "2"}));
  ASSERT_NE(CarriedOf(records[0], kPhotoDna), nullptr);
  EXPECT_EQ(CarriedOf(records[0], kPhotoDna)->value, "AAECAw==");
}

// Fixture 1.
TEST(Vics, ReadsByteOrderMarksAndUtf16OfEitherOrder) {
  const std::string text = Sample("vics-2.0-cases.json");
  const auto expected = ReadText(Format::kVics, text).records();
  ASSERT_EQ(expected.size(), 1u);
  for (const std::string& form :
       {"\xEF\xBB\xBF" + text, Utf16(text, false), Utf16(text, true),
        Utf16(text, false).substr(2), Utf16(text, true).substr(2)}) {
    const Told told = ReadText(Format::kVics, form);
    EXPECT_TRUE(told.status.ok()) << told.status;
    EXPECT_EQ(told.records(), expected);
  }
}

TEST(Vics, ReadsEveryCharacterOfUtf16AndRefusesHalfOnes) {
  std::string text = Utf16(
      MediaList("{\"MD5\":\"" + std::string(kMd5) + "\",\"Series\":\"@\"}"),
      false);
  const size_t at = text.find('@');
  std::string good = text;
  good.replace(at, 2, "\x3D\xD8\x00\xDE", 4);  // U+1F600
  Told told = ReadText(Format::kVics, good);
  ASSERT_EQ(told.records().size(), 1u) << told.status;
  EXPECT_EQ(told.records()[0].series, "\xF0\x9F\x98\x80");

  text.replace(at, 2, "\x3D\xD8", 2);
  told = ReadText(Format::kVics, text);
  EXPECT_THAT(told.status.message(), HasSubstr("UTF-16"));
  EXPECT_THAT(told.status.message(), HasSubstr("byte " + std::to_string(at)));
}

// Fixture 2.
TEST(Vics, KeepsTextBooleansBooleansAndAbsenceApart) {
  const std::string md5 = "\"MD5\":\"" + std::string(kMd5) + "\"";
  const std::string text =
      MediaList("{" + md5 + ",\"VictimIdentified\":\"false\"},{" + md5 +
                ",\"VictimIdentified\":false},{" + md5 + "}," + "{" + md5 +
                ",\"VictimIdentified\":null},{" + md5 +
                ",\"VictimIdentified\":\"True\"}");
  const auto records = ReadText(Format::kVics, text).records();
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(FlagOf(records[0], "victim_identified"), false);
  EXPECT_EQ(FlagOf(records[1], "victim_identified"), false);
  EXPECT_EQ(FlagOf(records[2], "victim_identified"), std::nullopt);
  EXPECT_EQ(FlagOf(records[3], "victim_identified"), std::nullopt);
  EXPECT_EQ(FlagOf(records[4], "victim_identified"), true);
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = i + 1; j < 4; ++j) EXPECT_NE(records[i], records[j]);
  }
  ExpectSameAfter(text);
}

// Fixture 3.
TEST(Vics, MatchesKeysInAnyCaseAndKeepsWhatItDoesNotKnow) {
  const std::string text = MediaList(
      "{\"md5\":\"00112233445566778899aabbccddeeff\",\"MEDIASIZE\":\"20480\","
      "\"dateupdated\":\"/Date(1704164645000)/\",\"Tags\":\"a, b\","
      "\"Unknown\":{\"a\":[1,2.50,1e3,null]},\"Own "
      "Array\":[{\"x\":\"\\u00e9\"},"
      "[]],\"alternativehashes\":[{\"hashname\":\"EDK\",\"hashvalue\":\"ab12\","
      "\"Note\":1}]}");
  const auto records = ReadText(Format::kVics, text).records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].signals.md5, *Md5::FromHex(kMd5));
  EXPECT_EQ(records[0].size_bytes, 20480u);
  EXPECT_EQ(records[0].updated_unix_ms, 1704164645000);
  EXPECT_THAT(records[0].tags, ::testing::ElementsAre("a", "b"));
  ASSERT_NE(CarriedOf(records[0], "EDK"), nullptr);
  ExpectSameAfter(text);
}

// Fixture 4, first half: the reader keeps the raw value and says no more.
TEST(Vics, KeepsCategoryZeroAsARawValue) {
  const auto records = ReadText(Format::kVics,
                                MediaList("{\"MD5\":\"" + std::string(kMd5) +
                                          "\",\"Category\":0}"),
                                {.purpose = Purpose::kChildAbuse})
                           .records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].classifications,
              ::testing::ElementsAre(Classification{"vics", "0"}));
  EXPECT_EQ(records[0].state, EntryState::kActive);
}

// Fixture 4, second half.
TEST(Vics, IsRefusedWithoutADeclaredPurpose) {
  const std::string text = Sample("nist-non-rds.json");
  for (const Format format : {Format::kVics, Format::kNist}) {
    const Told told = ReadText(format, text, {});
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(told.status.message(), HasSubstr("what the list is for"));
    EXPECT_FALSE(told.opened);
  }
  EXPECT_FALSE(ReadText(Format::kNist, text, {.purpose = Purpose::kChildAbuse})
                   .status.ok());
  EXPECT_EQ(ReadText(Format::kNist, text, {.purpose = Purpose::kKnownBenign})
                .records()
                .size(),
            1u);
}

// Fixture 5.
TEST(Vics, TakesFieldsInAnyOrder) {
  const std::string text =
      "{\"Extra\":[1],\"@odata.context\":\"http://github.com/VICSDATAMODEL/"
      "ProjectVic/DataModels/2.0.xml/US/$metadata#Cases\",\"More\":null,"
      "\"value\":[{\"Media\":[{\"MediaID\":5,\"MD5\":\"" +
      std::string(kMd5) +
      "\",\"Category\":1}],\"CaseID\":\"11111111-2222-4333-8444-"
      "555555555555\",\"CaseMetadata\":[{\"PropertyName\":\"a\"}]},"
      "{\"CaseNumber\":\"empty\"},{\"Media\":[]},{}],\"Last\":{\"b\":true}}";
  const Told told = ReadText(Format::kVics, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  EXPECT_EQ(told.records()[0].group, 1u);
  EXPECT_THAT(told.records()[0].classifications,
              ::testing::ElementsAre(Classification{"vics-us", "1"}));
  std::vector<Field> of_first;
  for (const Item& item : told.items) {
    if (item.kind == Item::Kind::kField && item.field.group == 1) {
      of_first.push_back(item.field);
    }
  }
  ASSERT_EQ(of_first.size(), 2u);
  EXPECT_EQ(of_first[0].extra.path, "CaseID");
  json expected = json::parse(text);
  json got = json::parse(WriteAs(Format::kVics, told).text);
  expected["value"][2].erase("Media");  // holds nothing
  EXPECT_EQ(got, expected);
}

// Fixture 6.
TEST(Vics, CountsOneBadRecordByItsPositionAndKeepsTheOthers) {
  const std::string good = "{\"MD5\":\"" + std::string(kMd5) + "\"}";
  const std::string bad = "{\"MD5\":\"" + std::string(kMd5.substr(1)) + "\"}";
  const std::string text = MediaList(good + "," + bad + "," + good + ",7,[]");
  const Told told = ReadText(Format::kVics, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  ASSERT_EQ(told.refused().size(), 3u);
  const Item refused = told.refused()[0];
  EXPECT_EQ(refused.position.record, 2u);
  EXPECT_EQ(refused.position.byte, text.find(bad));
  EXPECT_THAT(refused.why, HasSubstr("MD5"));
}

// Fixture 7.
TEST(Vics, RefusesHashesOfEmptyInputAndZeros) {
  const Told told = ReadText(
      Format::kVics,
      MediaList("{\"MD5\":\"D41D8CD98F00B204E9800998ECF8427E\"},"
                "{\"SHA1\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"},"
                "{\"SHA256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                "a495991b7852b855\"},{\"MD5\":\"" +
                std::string(kMd5) +
                "\",\"AlternativeHashes\":[{\"HashName\":\"PDQ\",\"HashValue\":"
                "\"" +
                std::string(64, '0') + "\"}]},{\"MediaID\":1}"));
  EXPECT_TRUE(told.records().empty());
  ASSERT_EQ(told.refused().size(), 5u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(told.refused()[i].why, HasSubstr("empty file"));
  }
  EXPECT_THAT(told.refused()[3].why, HasSubstr("zeros"));
  EXPECT_THAT(told.refused()[4].why, HasSubstr("no hash"));
}

// Fixture 9.
TEST(Vics, KeepsMediaThatShareAFileAndMediaOfManyFiles) {
  const std::string text = MediaList(
      "{\"MD5\":\"" + std::string(kMd5) +
      "\",\"MediaFiles\":[{\"FileName\":\"a.zip\",\"FilePath\":\"x\"}]},"
      "{\"MD5\":\"FF112233445566778899AABBCCDDEEFF\",\"MediaFiles\":["
      "{\"FileName\":\"a.zip\",\"FilePath\":\"x\",\"Deleted\":true}]},"
      "{\"MD5\":\"EE112233445566778899AABBCCDDEEFF\",\"MediaFiles\":["
      "{\"FileName\":\"1\",\"FilePath\":\"y\"},{\"FileName\":\"2\"},"
      "{\"FilePath\":\"z\"}]}");
  const auto records = ReadText(Format::kVics, text).records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].files, records[1].files);
  EXPECT_EQ(records[2].files.size(), 3u);
  ExpectSameAfter(text);
}

// Fixture 18.
TEST(Vics, ReadsAListOfOneAndOfNone) {
  EXPECT_EQ(ReadText(Format::kVics,
                     MediaList("{\"MD5\":\"" + std::string(kMd5) + "\"}"))
                .records()
                .size(),
            1u);
  const Told none = ReadText(Format::kVics, MediaList(""));
  EXPECT_TRUE(none.status.ok());
  EXPECT_TRUE(none.items.empty());
}

TEST(Vics, RefusesBadHeadersWithNothingProduced) {
  for (const std::string& text : std::vector<std::string>{
           "", "[]", "{}", "{\"value\":[]}", "null", "hello", "{\"value\":{}}",
           "{\"odata.metadata\":\"x\",\"value\":[]}", MediaList("", "1.9"),
           MediaList("", "2.0"),
           "{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/"
           "DataModels/1.3.xml#Others\",\"value\":[]}",
           "{\"@odata.context\":\"http://github.com/ICMEC/ProjectVic/"
           "DataModels/1.3.xml#Media\",\"value\":[]}"}) {
    const Told told = ReadText(Format::kVics, text);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(told.status.message(), HasSubstr("byte")) << text;
    EXPECT_FALSE(told.opened) << text;
  }
}

TEST(Vics, SaysWhereADamagedFileEnds) {
  const std::string text = Sample("vics-2.0-cases.json");
  for (const size_t size : {text.size() / 2, text.size() - 4}) {
    const Told told = ReadText(Format::kVics, text.substr(0, size));
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(told.status.message(), HasSubstr("cut off"));
  }
  EXPECT_FALSE(ReadText(Format::kVics, text + "{}").status.ok());
}

Record RandomMedia(std::mt19937_64& random) {
  Record record;
  const auto chance = [&random] { return random() % 2 == 0; };
  record.signals.md5 = testing::RandomHash<Md5>(random);
  if (chance()) record.signals.sha1 = testing::RandomHash<Sha1>(random);
  if (chance()) record.signals.sha256 = testing::RandomHash<Sha256>(random);
  if (chance()) {
    record.signals.pdq.push_back(
        {.hash = testing::RandomHash<PdqHash>(random)});
  }
  if (chance()) record.carried.push_back({std::string(kPhotoDna), "AQID"});
  if (chance()) record.carried.push_back({"EDK", "x\"y"});
  if (chance()) record.file_id = std::to_string(random() % 1000);
  if (chance()) record.size_bytes = random();
  if (chance()) record.series = "s,\xC3\xA9\n";
  if (chance()) record.tags = {"a", "b c"};
  if (chance()) record.comment = "\\";
  if (chance()) record.source = "someone";
  if (chance())
    record.updated_unix_ms = static_cast<int64_t>(random() % 4'000'000'000'000);
  if (chance()) record.files = {{"n", "f"}, {"", "g"}};
  if (chance()) {
    record.mime_type = "video/mp4";
    record.kind = MediaKind::kVideo;
  }
  for (const char* flag : {"victim_identified", "self_generated"}) {
    if (chance()) SetFlag(flag, chance(), record);
  }
  return record;
}

// What was written is read again as it was, in every version and both shapes.
TEST(Vics, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  for (const char* version : {"1.1", "1.2", "1.3", "2.0"}) {
    for (const bool cases : {false, true}) {
      Told told;
      for (int i = 0; i < 200; ++i) {
        Item item;
        item.record = RandomMedia(random);
        told.items.push_back(item);
      }
      const Converted out =
          WriteAs(Format::kVics, told,
                  {.heading = {.version = version, .has_groups = cases}});
      EXPECT_EQ(out.report.written, 200u);
      EXPECT_TRUE(out.report.fields_left_out.empty());
      const Told again = ReadText(Format::kVics, out.text);
      ASSERT_TRUE(again.status.ok()) << again.status;
      auto got = again.records();
      ASSERT_EQ(got.size(), 200u);
      for (size_t i = 0; i < got.size(); ++i) {
        Record want = told.items[i].record;
        want.family = "vics";
        want.group = cases ? 1 : 0;
        if (want.file_id.empty()) want.file_id = std::to_string(i + 1);
        EXPECT_TRUE(got[i].extra.empty());
        ASSERT_EQ(got[i], want) << version << " record " << i;
      }
    }
  }
}

// One media with most fields in some spelling that files have been seen with.
std::string SpelledMedia(std::mt19937_64& random) {
  const auto pick = [&random](std::vector<std::string> from) {
    return from[random() % from.size()];
  };
  std::string md5 = testing::RandomHash<Md5>(random).ToHex();
  if (random() % 2 == 0) {
    for (char& c : md5) c = static_cast<char>(toupper(c));
  }
  const std::string alternative = ",\"AlternativeHashes\":";
  const std::string sha256 =
      "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
  return "{\"MediaID\":" + pick({"7", "\"7\"", "\"x7\"", "null"}) +
         ",\"MD5\":\"" + md5 + "\"" +
         pick({"", ",\"Category\":2", ",\"Category\":null",
               ",\"Category\":\"3\"", ",\"category\":0"}) +
         pick({"", ",\"MediaSize\":12", ",\"MediaSize\":\"12\"",
               ",\"MediaSize\":\"big\""}) +
         pick({"", ",\"IsDistributed\":true", ",\"IsDistributed\":\"TRUE\"",
               ",\"IsDistributed\":\"\"", ",\"IsDistributed\":\"maybe\""}) +
         pick({"", ",\"SHA1\":\"\"",
               ",\"SHA1\":\"00112233445566778899aabbccddeeff00112233\""}) +
         pick({"",
               alternative + "[{\"MD5\":\"" + md5 +
                   "\",\"HashName\":\"PhotoDNA\",\"HashValue\":\"AQID\"}]",
               alternative +
                   "[{\"HashName\":\"photodna\",\"HashValue\":\"AQID\"},"
                   "{\"HashName\":\"EDK\",\"HashValue\":\"12\"}]",
               alternative + "[]", alternative + "null",
               alternative + "[{\"HashName\":\"SHA256\",\"HashValue\":\"" +
                   sha256 + "\"}]"}) +
         pick({"", ",\"DateUpdated\":\"2024-01-02T03:04:05\"",
               ",\"DateUpdated\":\"2024-01-02T03:04:05Z\"",
               ",\"DateUpdated\":\"yesterday\""}) +
         pick({"", ",\"Tags\":\"a,,b\"", ",\"Tags\":\"\"",
               ",\"Tags\":\"a,b\""}) +
         pick({"", ",\"Comments\":5", ",\"Comments\":null"}) +
         pick({"", ",\"Exifs\":[{\"PropertyName\":\"x\"}]",
               ",\"odata.id\":\"http://x\""}) +
         pick({"", ",\"MediaFiles\":[]",
               ",\"MediaFiles\":[{\"FileName\":\"a\",\"Created\":null}]"}) +
         "}";
}

// A list in many spellings comes back identical from another version.
TEST(Vics, Version13To20AndBackIsIdentical) {
  std::mt19937_64 random(testing::TestSeed());
  std::string media = SpelledMedia(random);
  for (int i = 1; i < 500; ++i) media += "," + SpelledMedia(random);
  const std::string text = MediaList(media);
  const Told told = ReadText(Format::kVics, text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 500u);
  const Converted new_form = WriteAs(
      Format::kVics, told, {.heading = {.version = "2.0", .region = "US"}});
  EXPECT_TRUE(new_form.report.fields_left_out.empty());
  const Told newer = ReadText(Format::kVics, new_form.text);
  ASSERT_TRUE(newer.status.ok()) << newer.status;
  EXPECT_EQ(newer.heading.region, "US");
  const Converted back =
      WriteAs(Format::kVics, newer, {.heading = {.version = "1.3"}});
  const json want = json::parse(text);
  const json got = json::parse(back.text);
  ASSERT_EQ(got["value"].size(), want["value"].size());
  for (size_t i = 0; i < want["value"].size(); ++i) {
    ASSERT_EQ(got["value"][i], want["value"][i]);
  }
  EXPECT_EQ(got, want);
}

// A changed record is not written in the spelling of what it was.
TEST(Vics, LeavesASpellingThatNoLongerHolds) {
  Told told = ReadText(
      Format::kVics,
      MediaList("{\"MD5\":\"" + std::string(kMd5) +
                "\",\"MediaSize\":\"20480\",\"IsDistributed\":\"true\"}"));
  ASSERT_EQ(told.items.size(), 1u);
  told.items[0].record.size_bytes = 5;
  SetFlag("distributed", false, told.items[0].record);
  const json got = json::parse(WriteAs(Format::kVics, told).text);
  EXPECT_EQ(got["value"][0]["MediaSize"], json(5));
  EXPECT_EQ(got["value"][0]["IsDistributed"], json(false));
}

TEST(Vics, MovesNoCategoryFromOneRegionToAnother) {
  const std::string text =
      "{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/"
      "DataModels/2.0.xml/UK/$metadata#Media\",\"value\":[{\"MediaID\":1,"
      "\"MD5\":\"" +
      std::string(kMd5) + "\",\"Category\":1}]}";
  const Told told = ReadText(Format::kVics, text);
  const Converted out = WriteAs(
      Format::kVics, told, {.heading = {.version = "2.0", .region = "US"}});
  EXPECT_FALSE(json::parse(out.text)["value"][0].contains("Category"));
  EXPECT_EQ(out.report.fields_left_out.at("classification"), 1u);
  EXPECT_EQ(
      json::parse(WriteAs(Format::kVics, told).text)["value"][0]["Category"],
      json(1));
}

// Nor in a spelling that it was read in.
TEST(Vics, MovesNoSpelledCategoryEither) {
  const std::string text =
      "{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/"
      "DataModels/2.0.xml/UK/$metadata#Media\",\"value\":[{\"MediaID\":1,"
      "\"MD5\":\"" +
      std::string(kMd5) + "\",\"category\":\"1\"}]}";
  const Told told = ReadText(Format::kVics, text);
  const json moved =
      json::parse(WriteAs(Format::kVics, told,
                          {.heading = {.version = "2.0", .region = "US"}})
                      .text);
  EXPECT_EQ(moved["value"][0].size(), 2u);
  ExpectSameAfter(text);
}

TEST(Vics, WritesNoFieldOfTheListInThePlaceOfItsOwn) {
  Told told = ReadText(Format::kVics, Sample("vics-1.3-media.json"));
  for (const char* name : {"Value", "odata.metadata", "kept"}) {
    Item& item = told.items.emplace_back();
    item.kind = Item::Kind::kField;
    item.field.extra = {name, "7", Extra::Kind::kJson};
  }
  const Converted out = WriteAs(Format::kVics, told);
  EXPECT_EQ(out.report.fields_left_out.at("fields of the list"), 2u);
  EXPECT_EQ(json::parse(out.text)["kept"], json(7));
  EXPECT_TRUE(ReadText(Format::kVics, out.text).records() == told.records());
}

TEST(Vics, SaysOnWhoseWordACategoryFromElsewhereIs) {
  Told told;
  told.items.emplace_back();
  Record& record = told.items[0].record;
  record.signals.md5 = *Md5::FromHex(kMd5);
  record.classifications = {{"vics-us", "1"}, {"ncmec-industry", "A1"}};
  record.source = "hotline";
  const Converted out = WriteAs(
      Format::kVics, told, {.heading = {.version = "2.0", .region = "US"}});
  const json media = json::parse(out.text)["value"][0];
  EXPECT_EQ(media["Category"], json(1));
  EXPECT_EQ(media["IsPrecategorized"], json(true));
  EXPECT_EQ(media["PrecategorizationSource"], json("hotline"));
  EXPECT_EQ(out.report.fields_left_out.at("classification"), 1u);
}

TEST(Vics, LeavesNoFileBehindWhenItIsNotFinished) {
  const testing::TempDir folder;
  {
    auto writer = OpenWriter(Format::kVics, folder / "out", {});
    ASSERT_TRUE(writer.ok());
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  WriteFile(folder / "out", "mine");
  EXPECT_EQ(OpenWriter(Format::kVics, folder / "out", {}).status().code(),
            StatusCode::kAlreadyExists);
  auto writer = OpenWriter(Format::kVics, folder / "out", {.overwrite = true});
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(ReadFile(folder / "out"), "mine");
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_THAT(ReadFile(folder / "out"), HasSubstr("2.0.xml/CUSTOM"));
}

}  // namespace
}  // namespace kenal::formats
