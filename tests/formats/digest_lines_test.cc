#include "src/formats/digest_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMd5 = "00112233445566778899aabbccddeeff";
constexpr const char* kSha256 =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

// Fixture 12.
TEST(DigestLines, ReadsEveryShapeOfALine) {
  const std::string md5(kMd5);
  const Told told =
      ReadText(Format::kMd5Sum, "# comment\n" + md5 + "  plain.jpg\n" + md5 +
                                    " *dir/binary file.jpg\n" + md5 + "\n\n" +
                                    "MD5 (a (1).jpg) = " + md5 + "\n" + md5 +
                                    "\ttab.jpg\r\n\\" + md5 + "  a\\\\b\\nc\n");
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 6u);
  for (const Record& record : records) {
    EXPECT_EQ(record.signals.md5->ToHex(), md5);
  }
  EXPECT_THAT(records[0].files, ElementsAre(FileName{"plain.jpg", ""}));
  EXPECT_THAT(records[1].files,
              ElementsAre(FileName{"binary file.jpg", "dir"}));
  EXPECT_TRUE(records[2].files.empty());
  EXPECT_THAT(records[3].files, ElementsAre(FileName{"a (1).jpg", ""}));
  EXPECT_THAT(records[4].files, ElementsAre(FileName{"tab.jpg", ""}));
  EXPECT_THAT(records[5].files, ElementsAre(FileName{"a\\b\nc", ""}));
}

TEST(DigestLines, RefusesLinesOfAnotherTypeByTheirPosition) {
  const std::string md5(kMd5);
  const Told told =
      ReadText(Format::kMd5Sum,
               md5 + "  a\n" + kSha256 + "  b\nSHA256 (c) = " + kSha256 + "\n" +
                   md5.substr(1) + "  d\nhello\n\\" + md5 +
                   "  e\\x\nd41d8cd98f00b204e9800998ecf8427e  empty\n" +
                   "MD5 (f) " + md5 + "\n" + std::string(70'000, 'a') + "\n" +
                   md5 + "  \xFF\n" + md5 + "  z");
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 9u);
  for (size_t i = 0; i < refused.size(); ++i) {
    EXPECT_EQ(refused[i].position.line, i + 2);
  }
  EXPECT_EQ(refused[0].position.byte, md5.size() + 4);
}

Told RandomFiles(std::mt19937_64& random, const std::string& family) {
  Told told;
  for (int i = 0; i < 300; ++i) {
    Record& record = told.items.emplace_back().record;
    record.family = family;
    record.signals.md5 = testing::RandomHash<Md5>(random);
    record.files = {SplitPath(
        std::vector<std::string>{"a", "/a", "b/c d", "x/", "\\y", "a,b",
                                 " lead", "(x) = y"}[random() % 8])};
  }
  return told;
}

TEST(DigestLines, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  Told told = RandomFiles(random, "md5sum");
  for (Item& item : told.items) {
    if (random() % 4 == 0) {
      FileName& file = item.record.files[0];
      file = SplitPath(JoinPath(file) + "\nend");
    }
    if (random() % 2 == 0) item.record.extra = {{"binary", "*"}};
  }
  told.items[0].record.files.clear();
  told.items[0].record.extra.clear();
  const Converted out = WriteAs(Format::kMd5Sum, told);
  EXPECT_EQ(out.report.written, 300u);
  EXPECT_TRUE(out.report.fields_left_out.empty());
  EXPECT_TRUE(ReadText(Format::kMd5Sum, out.text).records() == told.records());
}

// What md5sum of GNU coreutils 9.1 wrote of a file of that name.
TEST(DigestLines, AgreesWithTheToolOnItsEscapes) {
  const std::string text =
      "\\9a0364b9e99bb480dd25e1f0284c8555  odd \\\\ name\\n*x\n";
  const Told told = ReadText(Format::kMd5Sum, text);
  ASSERT_EQ(told.records().size(), 1u) << told.status;
  EXPECT_EQ(told.records()[0].files.at(0).name, "odd \\ name\n*x");
  EXPECT_EQ(WriteAs(Format::kMd5Sum, told).text, text);
}

TEST(DigestLines, LeavesOutWhatHasNoSuchDigest) {
  const Told told = ReadText(Format::kVics, Sample("vics-1.3-media.json"));
  const Converted out = WriteAs(Format::kSha256Sum, told);
  EXPECT_EQ(out.report.written, 0u);
  EXPECT_EQ(out.report.records_left_out.at("has no sha256"), 1u);
  const Converted md5 = WriteAs(Format::kMd5Sum, told);
  EXPECT_EQ(md5.text, std::string(kMd5) + "\n");
  EXPECT_EQ(md5.report.fields_left_out.at("classification"), 1u);
}

// Fixture 12.
TEST(Hashdeep, KeepsCommasInNames) {
  const Told told = ReadText(Format::kHashdeep, Sample("hashdeep.txt"));
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].size_bytes, 20480u);
  EXPECT_EQ(records[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(records[0].signals.sha256->ToHex(), kSha256);
  EXPECT_THAT(records[0].files, ElementsAre(FileName{"kite, red.jpg", ""}));
  EXPECT_EQ(WriteAs(Format::kHashdeep, told).text, Sample("hashdeep.txt"));
}

TEST(Hashdeep, CarriesDigestsThatItDoesNotMatch) {
  const std::string text =
      "%%%% HASHDEEP-1.0\n%%%% size,sha-1,whirlpool,tiger,filename\n"
      "5,00112233445566778899aabbccddeeff00112233,ab,cd,x/y\n";
  const Told told = ReadText(Format::kHashdeep, text);
  ASSERT_EQ(told.records().size(), 1u) << told.status;
  EXPECT_EQ(CarriedOf(told.records()[0], "whirlpool")->value, "ab");
  const Converted out = WriteAs(Format::kHashdeep, told);
  EXPECT_EQ(out.text, text);
  EXPECT_TRUE(out.report.fields_left_out.empty());
}

TEST(Hashdeep, RefusesOtherHeaders) {
  for (const std::string& text : std::vector<std::string>{
           "", "hello\n", "%%%% HASHDEEP-2.0\n%%%% size,md5,filename\n",
           "%%%% HASHDEEP-1.0\n", "%%%% HASHDEEP-1.0\n5,a,b\n",
           "%%%% HASHDEEP-1.0\n%%%% size,md5\n",
           "%%%% HASHDEEP-1.0\n%%%% md5,md5,filename\n",
           "%%%% HASHDEEP-1.0\n%%%% ,filename\n"}) {
    const Told told = ReadText(Format::kHashdeep, text);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_FALSE(told.opened) << text;
  }
}

TEST(Hashdeep, CountsBadLinesByTheirPosition) {
  const std::string text = Sample("hashdeep.txt");
  const Told told = ReadText(
      Format::kHashdeep, text + "12,abc\nx," + kMd5 + "," + kSha256 + ",a\n1," +
                             kMd5 + ",123,b\n1," + kMd5 + "," + kSha256 + ",c");
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 2u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 3u);
  EXPECT_EQ(refused[0].position.line, 5u);
  EXPECT_EQ(refused[1].position.record, 3u);
}

TEST(Hashdeep, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  Told told = RandomFiles(random, "hashdeep");
  for (Item& item : told.items) {
    item.record.size_bytes = random();
    item.record.signals.sha256 = testing::RandomHash<Sha256>(random);
  }
  const Converted out = WriteAs(Format::kHashdeep, told);
  EXPECT_EQ(out.report.written, 300u);
  EXPECT_TRUE(ReadText(Format::kHashdeep, out.text).records() ==
              told.records());
}

}  // namespace
}  // namespace kenal::formats
