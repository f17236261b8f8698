#include "src/formats/record_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/formats/value_text.h"
#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::HasSubstr;

const std::string kHead = "{\"kenal_list\":1}\n";

// Every member set, each in its own way at random.
Record RandomRecord(std::mt19937_64& random) {
  const auto chance = [&random] { return random() % 2 == 0; };
  const auto text = [&random] {
    const std::vector<std::string> texts = {"a", "\"\\/\n\t\x01", "\xC3\xA9",
                                            " ", "{}"};
    return texts[random() % texts.size()];
  };
  Record record;
  record.signals.md5 = testing::RandomHash<Md5>(random);
  if (chance()) record.signals.sha1 = testing::RandomHash<Sha1>(random);
  if (chance()) record.signals.sha256 = testing::RandomHash<Sha256>(random);
  if (chance()) {
    PdqView& view = record.signals.pdq.emplace_back();
    view.hash = testing::RandomHash<PdqHash>(random);
    if (chance()) view.quality = 50;
    if (chance()) view.template_like = chance();
    if (chance()) {
      view.dihedral.emplace();
      for (PdqHash& hash : *view.dihedral) {
        hash = testing::RandomHash<PdqHash>(random);
      }
    }
  }
  if (chance()) {
    record.signals.picture = {.format = "jpeg", .width = 3, .height = 4};
  }
  record.family = chance() ? "vics" : "";
  record.group = random() % 3;
  if (chance()) record.source_id = text();
  if (chance()) record.file_id = text();
  record.kind = static_cast<MediaKind>(random() % 4);
  if (chance()) record.carried = {{text(), text(), chance()}, {"b", "c"}};
  if (chance()) record.classifications = {{text(), text()}, {"s", "0"}};
  if (chance()) record.flags = {{text(), chance()}, {"f", false}};
  if (chance()) record.series = text();
  if (chance()) record.tags = {text(), ""};
  if (chance()) record.comment = text();
  if (chance()) record.mime_type = text();
  if (chance()) record.size_bytes = random();
  if (chance()) record.files = {{text(), ""}, {"", text()}};
  if (chance()) record.source = text();
  if (chance()) record.member_id = text();
  if (chance()) record.member = text();
  if (chance()) {
    record.opinions = {{chance(), text(), text(), text(), text(), text(), 1001},
                       {}};
  }
  if (chance()) record.updated_unix_ms = static_cast<int64_t>(random() >> 24);
  if (chance()) record.expires_unix_ms = 0;
  record.state = static_cast<EntryState>(1 + random() % 3);
  record.deleted = chance();
  if (chance()) {
    record.extra = {{text(), "[1,2.50]", Extra::Kind::kJson},
                    {text(), "<a b=\"c\"/>", Extra::Kind::kXml},
                    {text(), text(), Extra::Kind::kText},
                    {text(), "", Extra::Kind::kAbsent}};
  }
  return record;
}

TEST(RecordLines, GiveBackEverythingThatARecordHolds) {
  std::mt19937_64 random(testing::TestSeed());
  Told told;
  told.heading = {.version = "1.3",
                  .region = "x",
                  .has_groups = true,
                  .columns = {"a\"", "b"}};
  for (int i = 0; i < 1000; ++i) {
    told.items.emplace_back().record = RandomRecord(random);
  }
  const Converted out = WriteAs(Format::kKenal, told);
  EXPECT_EQ(out.report.written, 1000u);
  const Told again = ReadText(Format::kKenal, out.text);
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.heading, told.heading);
  ASSERT_EQ(again.items.size(), 1000u);
  for (size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(again.items[i].why, "");
    ASSERT_TRUE(again.items[i].record == told.items[i].record)
        << "record " << i;
  }
  EXPECT_EQ(WriteAs(Format::kKenal, again).text, out.text);
}

// Whatever a reader tells of a list goes through and comes back as the list.
TEST(RecordLines, CarryListsOfOtherFormatsWithoutLoss) {
  for (const auto& [format, sample] :
       std::vector<std::pair<Format, std::string>>{
           {Format::kVics, "vics-2.0-cases.json"},
           {Format::kVics, "vics-1.3-media.json"},
           {Format::kNcmec, "ncmec-entries.xml"},
           {Format::kHashdeep, "hashdeep.txt"},
           {Format::kPytx, "pytx.txt"},
           {Format::kThreatExchange, "threatexchange.json"}}) {
    const Told told = ReadText(format, Sample(sample));
    ASSERT_TRUE(told.status.ok()) << told.status;
    const Told carried =
        ReadText(Format::kKenal, WriteAs(Format::kKenal, told).text);
    ASSERT_TRUE(carried.status.ok()) << carried.status;
    EXPECT_EQ(WriteAs(format, carried).text, WriteAs(format, told).text)
        << sample;
  }
}

TEST(RecordLines, RefuseOtherFilesAndNewerOnes) {
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]\n"),
        std::string("{\"md5\":1}\n")}) {
    const Told told = ReadText(Format::kKenal, text);
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(told.status.message(), HasSubstr("line 1"));
    EXPECT_FALSE(told.opened);
  }
  EXPECT_EQ(ReadText(Format::kKenal, "{\"kenal_list\":2}\n").status.code(),
            StatusCode::kFailedPrecondition);
}

TEST(RecordLines, OverlookNothing) {
  const std::string content =
      "\"content\":{\"signals\":{\"md5\":\"00112233445566778899aabbccddeeff\"}"
      "}";
  const std::vector<std::string> bad = {
      "{}",
      "7",
      "{\"group\":\"x\"}",
      "{\"field\":{}}",
      "{" + content + ",\"odd\":1}",
      "{" + content + "," + content + "}",
      "{" + content + ",\"deleted\":\"yes\"}",
      "{" + content + ",\"size\":\"1\"}",
      "{" + content + ",\"kind\":\"unknown\"}",
      "{" + content + ",\"updated\":\"later\"}",
      "{" + content + ",\"flags\":[{\"nam\":\"a\"}]}",
      "{" + content + ",\"extra\":[{\"kind\":\"json\",\"value\":\"{\"}]}",
      "{" + content + ",\"extra\":[{\"kind\":\"xml\",\"value\":\"<a>\"}]}",
      "{" + content +
          ",\"extra\":[{\"kind\":\"xml\",\"value\":\"<a/></a><a><b/>\"}]}",
      "{" + content + ",\"extra\":[{\"kind\":\"xml\",\"value\":\"<a/><b/>\"}]}",
      "{\"content\":{\"signals\":{\"md5\":\"00\"}}}",
      "{\"source_id\":\"a\"}"};
  std::string text = kHead;
  for (const std::string& line : bad) text += line + "\n";
  const Told told = ReadText(Format::kKenal, text + "{" + content + "}");
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 1u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), bad.size());
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(refused[i].position.line, i + 2);
  }
}

// A list may name things so that they would end an element when written raw.
TEST(RecordLines, PutNothingIntoAnotherFormatThatBreaksIt) {
  Told told;
  Record& record = told.items.emplace_back().record;
  record.family = "ncmec";
  record.source_id = "a";
  record.kind = MediaKind::kImage;
  record.signals.md5 = *Md5::FromHex("00112233445566778899aabbccddeeff");
  record.carried = {{"x></fingerprints>", "v"}};
  record.extra = {{"@a=\"\"><b/><c d", "v"}};
  Item& field = told.items.emplace_back();
  field.kind = Item::Kind::kField;
  field.field.extra = {"images/@a><b", "v"};
  const Converted out = WriteAs(Format::kNcmec, told);
  const Told again = ReadText(Format::kNcmec, out.text);
  EXPECT_TRUE(again.status.ok()) << again.status << out.text;
  EXPECT_EQ(again.records().size(), 1u);
  EXPECT_EQ(out.report.fields_left_out.at("hashes of other types"), 1u);
}

// A year of three digits was written with three, and a time before 1970 with
// the second after it.
TEST(Times, AreReadBackAsTheyAreWritten) {
  std::mt19937_64 random(testing::TestSeed());
  const int64_t first = *ReadTime("0001-01-01T00:00:00Z");
  const int64_t last = *ReadTime("9999-12-31T23:59:59.999Z");
  std::uniform_int_distribution<int64_t> any(first, last);
  std::vector<int64_t> times = {first, last, 0, -1, -999, -1000, -1001, 1, 999};
  for (int i = 0; i < 10'000; ++i) {
    const int64_t time = any(random);
    times.push_back(i % 2 == 0 ? time : time / 1000 * 1000);
  }
  for (const int64_t time : times) {
    ASSERT_EQ(ReadTime(WriteTime(time)), time) << WriteTime(time);
  }
  EXPECT_EQ(WriteTime(*ReadTime("0224-01-02 03:04:05")),
            "0224-01-02T03:04:05Z");
  EXPECT_EQ(WriteTime(-500), "1969-12-31T23:59:59.500Z");
  for (const char* text :
       {"/Date(253402300800000)/", "/Date(-62135596800001)/",
        "/Date(9223372036854775807)/", "0001-01-01T00:00:00+01:00"}) {
    EXPECT_EQ(ReadTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kenal::formats
