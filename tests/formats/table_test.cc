#include "src/formats/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMd5 = "00112233445566778899aabbccddeeff";
constexpr const char* kSha1 = "00112233445566778899aabbccddeeff00112233";

// A mapping file for the time of a test.
class MappingFile {
 public:
  explicit MappingFile(const std::string& text) {
    WriteFile(folder_ / "mapping", text);
  }
  ReadOptions read() const {
    return {.converting = true, .mapping = folder_ / "mapping"};
  }
  WriteOptions write(const Heading& heading = {}) const {
    return {.heading = heading, .mapping = folder_ / "mapping"};
  }

 private:
  testing::TempDir folder_;
};

TEST(Csv, ReadsColumnsByTheNamesOfMembers) {
  const Told told = ReadText(
      Format::kCsv,
      std::string("MD5,series,classifications,flags,odd,updated\r\n") + kMd5 +
          ",\"a,\"\"b\"\"\nc\",vics-us=1;x\\=y=z,\"distributed=yes,suspected="
          "no\""
          ",kept,2024-01-02\r\n\r\n");
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  const Record record = told.records()[0];
  EXPECT_EQ(record.signals.md5->ToHex(), kMd5);
  EXPECT_EQ(record.series, "a,\"b\"\nc");
  EXPECT_THAT(
      record.classifications,
      ElementsAre(Classification{"vics-us", "1"}, Classification{"x=y", "z"}));
  EXPECT_THAT(record.flags,
              ElementsAre(Flag{"distributed", true}, Flag{"suspected", false}));
  EXPECT_EQ(record.updated_unix_ms, 1704153600000);
  EXPECT_THAT(record.extra, ElementsAre(Extra{"odd", "kept"},
                                        Extra{"updated", "2024-01-02"}));
}

TEST(Csv, TakesWhatAMappingSaysOfItsColumns) {
  const MappingFile mapping(
      "{\"delimiter\":\"\\t\",\"columns\":{\"Hash\":\"md5\",\"Junk\":null,"
      "\"Shared\":{\"to\":\"flag:distributed\",\"values\":{\"1\":\"yes\",\"2\":"
      "\"no\"}},\"Grade\":\"class:own\"},\"constants\":{\"source\":\"hotline\"}"
      "}");
  const std::string text = std::string("hash\tShared\tJunk\tGrade\tMore\n") +
                           kMd5 + "\t2\tx\tB\tm\n" +
                           "ff112233445566778899aabbccddeeff\t1\ty\t0\t\n";
  const Told told = ReadText(Format::kCsv, text, mapping.read());
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 2u);
  const Record record = told.records()[0];
  EXPECT_EQ(record.source, "hotline");
  EXPECT_EQ(FlagOf(record, "distributed"), false);
  EXPECT_THAT(record.classifications, ElementsAre(Classification{"own", "B"}));
  EXPECT_EQ(record.extra.size(), 2u);  // More, and how Shared was spelled
  // What was passed over is gone; all else is given back as it was.
  const Converted out =
      WriteAs(Format::kCsv, told, mapping.write(told.heading));
  EXPECT_EQ(out.text, std::string("hash\tShared\tJunk\tGrade\tMore\n") + kMd5 +
                          "\t2\t\tB\tm\n" +
                          "ff112233445566778899aabbccddeeff\t1\t\t0\t\n");
  EXPECT_TRUE(out.report.fields_left_out.empty());
  EXPECT_EQ(ReadText(Format::kCsv, out.text, mapping.read()).records(),
            told.records());
}

TEST(Csv, RefusesMappingsThatCannotBeMeant) {
  for (const auto& [text, why] :
       std::vector<std::pair<std::string, std::string>>{
           {"", "ends too early"},
           {"{\"columns\":x}", "JSON"},
           {"[]", "object"},
           {"{}", "no columns"},
           {"{\"colums\":{}}", "is not delimiter"},
           {"{\"columns\":{\"a\":\"md6\"}}", "column a"},
           {"{\"columns\":{\"a\":7}}", "column a"},
           {"{\"columns\":{\"a\":\"hash\"}}", "column a"},
           {"{\"columns\":{\"a\":\"md5:x\"}}", "column a"},
           {"{\"delimiter\":\"ab\",\"columns\":{\"a\":\"md5\"}}", "delimiter"},
           {"{\"columns\":{\"a\":{\"to\":\"class:x\",\"values\":{\"1\":\"2\"}}}"
            "}",
            "never translated"},
           {"{\"columns\":{\"a\":\"md5\"},\"constants\":{\"pdq\":\"x\"}}",
            "constant pdq"}}) {
    const MappingFile mapping(text);
    const Told told = ReadText(Format::kCsv, "a\n", mapping.read());
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(told.status.message(), HasSubstr(why)) << text;
  }
}

TEST(Csv, RefusesBadHeadersWithNothingProduced) {
  const MappingFile mapping("{\"columns\":{\"a\":\"md5\"}}");
  for (const std::string& text : std::vector<std::string>{
           "", "\n\n", "b\n", "a,A\n", "\"a\n", "a,\xFF\n",
           std::string(2 << 20, 'a'), std::string(2000, ',')}) {
    const Told told = ReadText(Format::kCsv, text, mapping.read());
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_FALSE(told.opened);
  }
  EXPECT_FALSE(ReadText(Format::kCsv, "x,y\n1,2\n").opened);
}

TEST(Csv, CountsBadRowsByLineAndReadsOn) {
  const std::string good = std::string(kMd5) + ",s";
  const Told told =
      ReadText(Format::kCsv, "md5,series\n" + good + "\n" + good + ",x\n" +
                                 std::string(kMd5) + "\nabc,s\n" + "\"" + kMd5 +
                                 "\"x,s\n" + kMd5 + ",\xFF\n,\n" +
                                 std::string(3 << 20, 'x') + "\n" + good);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 7u);
  for (size_t i = 0; i < refused.size(); ++i) {
    EXPECT_EQ(refused[i].position.line, i + 3);
    EXPECT_EQ(refused[i].position.record, i + 2);
  }
  EXPECT_THAT(refused[0].why, HasSubstr("3 cells"));
  EXPECT_THAT(refused[2].why, HasSubstr("column 1"));
  EXPECT_THAT(refused[3].why, HasSubstr("quote"));
  EXPECT_THAT(refused[4].why, HasSubstr("UTF-8"));
  EXPECT_THAT(refused[5].why, HasSubstr("no hash"));
  EXPECT_THAT(refused[6].why, HasSubstr("longer"));
}

// Fixture 15.
TEST(Icse, TakesFurtherColumnsAndEveryFormOfAFlag) {
  Told told = ReadText(Format::kIcse, Sample("icse.csv"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  Record record = told.records()[0];
  EXPECT_EQ(record.source_id, "42");
  EXPECT_EQ(record.kind, MediaKind::kImage);
  EXPECT_EQ(record.series, "demo-series");
  EXPECT_EQ(FlagOf(record, "distributed"), true);
  EXPECT_EQ(FlagOf(record, "victim_identified"), false);
  EXPECT_THAT(record.classifications,
              ElementsAre(Classification{"interpol-baseline", "yes"}));

  const std::string row = std::string(kMd5) + ";;;7;";
  told = ReadText(
      Format::kIcse,
      "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender "
      "identified;Series name;Number of submissions;File Available;Media Type;"
      "Baseline;First new;Second new\n" +
          row + "Y;t;;s;3;NO;Video;f;one;\n");
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  record = told.records()[0];
  EXPECT_EQ(FlagOf(record, "distributed"), true);
  EXPECT_EQ(FlagOf(record, "victim_identified"), true);
  EXPECT_EQ(FlagOf(record, "offender_identified"), std::nullopt);
  EXPECT_EQ(FlagOf(record, "file_available"), false);
  const auto has = [&record](const Extra& extra) {
    return std::find(record.extra.begin(), record.extra.end(), extra) !=
           record.extra.end();
  };
  EXPECT_TRUE(has({"Number of submissions", "3"}));
  EXPECT_TRUE(has({"First new", "one"}));
  EXPECT_FALSE(ReadText(Format::kIcse, "MD5;SHA1\n").opened);
}

TEST(HashKeeper, ReadsItsColumns) {
  const Told told = ReadText(
      Format::kHashKeeper,
      std::string(
          "\"file_id\",\"hashset_id\",\"file_name\",\"directory\",\"hash"
          "\",\"file_size\",\"date_modified\",\"time_modified\",\"time_"
          "zone\",\"comments\",\"date_accessed\",\"time_accessed\"\r\n1,2,"
          "\"a.txt\",\"c:\\d\",\"") +
          kMd5 + "\",12,,,\"CET\",\"note\",,\r\n");
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_EQ(told.records().size(), 1u);
  const Record record = told.records()[0];
  EXPECT_EQ(record.file_id, "1");
  EXPECT_EQ(record.files.at(0), (FileName{"a.txt", "c:\\d"}));
  EXPECT_EQ(record.size_bytes, 12u);
  EXPECT_EQ(record.comment, "note");
  EXPECT_THAT(record.extra,
              ElementsAre(Extra{"hashset_id", "2"}, Extra{"time_zone", "CET"}));
  EXPECT_FALSE(ReadText(Format::kHashKeeper, "md5\n").opened);
}

// Fixture 14, first half.
TEST(Nsrl, TellsAHashOfAThousandPackagesOnce) {
  std::string text = Sample("nsrl-2.txt");
  const std::string row = text.substr(text.find('\n') + 1);
  for (int i = 1; i < 1000; ++i) text += row;
  text += std::string("\"FF112233445566778899AABBCCDDEEFF00112233\",\"") +
          kMd5 + "\",\"0\",\"a \"quoted\" name\",5,1,\"1\",\"\"\n";
  const Told told =
      ReadText(Format::kNsrl, text, {.purpose = Purpose::kKnownBenign});
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].signals.sha1->ToHex(), kSha1);
  EXPECT_EQ(records[0].files.at(0).name, "demo.dll");
  EXPECT_EQ(records[0].size_bytes, 1024u);
  EXPECT_EQ(records[1].files.at(0).name, "a \"quoted\" name");
  EXPECT_EQ(told.items.back().field.extra, (Extra{"repeated rows", "999"}));
  EXPECT_FALSE(
      ReadText(Format::kNsrl, text, {.purpose = Purpose::kChildAbuse}).opened);
}

TEST(Nsrl, ReadsTheColumnsOfVersion1) {
  const Told told = ReadText(
      Format::kNsrl,
      std::string(
          "\"SHA-1\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystem"
          "Code\",\"MD4\",\"MD5\",\"CRC32\",\"SpecialCode\"\n\"") +
          kSha1 + "\",\"a\",1,2,\"x\",\"4d\",\"" + kMd5 + "\",\"0\",\"\"\n");
  ASSERT_EQ(told.records().size(), 1u) << told.status;
  EXPECT_EQ(told.records()[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(CarriedOf(told.records()[0], "md4")->value, "4d");
}

Record RandomRow(std::mt19937_64& random) {
  const auto chance = [&random] { return random() % 2 == 0; };
  Record record;
  record.family = "csv";
  record.signals.md5 = testing::RandomHash<Md5>(random);
  if (chance()) record.signals.sha1 = testing::RandomHash<Sha1>(random);
  if (chance()) record.signals.sha256 = testing::RandomHash<Sha256>(random);
  if (chance()) {
    record.signals.pdq.push_back(
        {.hash = testing::RandomHash<PdqHash>(random), .quality = 77});
  }
  if (chance()) record.carried.push_back({std::string(kPhotoDna), "a\"b,c"});
  if (chance()) record.source_id = "id;1";
  if (chance()) record.file_id = "9";
  if (chance()) record.kind = MediaKind::kAudio;
  if (chance()) record.classifications = {{"a=;\\", "b=;\\\n"}, {"c", "0"}};
  if (chance()) SetFlag("distributed", chance(), record);
  if (chance()) record.series = "\r\n\"";
  if (chance()) record.tags = {"x", "y"};
  if (chance()) record.comment = " blank ";
  if (chance()) record.mime_type = "a/b";
  if (chance()) record.size_bytes = random();
  if (chance()) record.files = {{"n", "f"}};
  if (chance()) record.source = "s";
  if (chance()) record.member_id = "4";
  if (chance()) record.member = "m";
  if (chance()) record.updated_unix_ms = 1'704'164'645'123;
  if (chance()) record.expires_unix_ms = 0;
  record.deleted = random() % 4 == 0;
  return record;
}

TEST(Csv, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  Told told;
  for (int i = 0; i < 500; ++i) {
    told.items.emplace_back().record = RandomRow(random);
  }
  const Converted out = WriteAs(Format::kCsv, told);
  EXPECT_EQ(out.report.written, 500u);
  EXPECT_TRUE(out.report.fields_left_out.empty());
  const Told again = ReadText(Format::kCsv, out.text);
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_TRUE(again.records() == told.records());
}

TEST(Csv, CountsWhatItHasNoColumnFor) {
  Told told = ReadText(Format::kVics, Sample("vics-1.3-media.json"));
  const Converted out = WriteAs(
      Format::kCsv, told, {.heading = {.columns = {"md5", "class:vics"}}});
  EXPECT_EQ(out.text, std::string("md5,class:vics\n") + kMd5 + ",2\n");
  EXPECT_EQ(out.report.fields_left_out.count("classification"), 0u);
  EXPECT_EQ(out.report.fields_left_out.at("series"), 1u);
  EXPECT_EQ(out.report.fields_left_out.at("flags"), 1u);
  EXPECT_EQ(out.report.fields_left_out.at("hashes of other types"), 1u);
}

}  // namespace
}  // namespace kenal::formats
