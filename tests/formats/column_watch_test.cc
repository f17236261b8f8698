#include "src/formats/column_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

std::string MediaWith(const std::string& md5, const std::string& hashes) {
  return "{\"MD5\":\"" + md5 + "\",\"AlternativeHashes\":[" + hashes + "]}";
}

std::string Alternative(const std::string& name, const std::string& value) {
  return "{\"HashName\":\"" + name + "\",\"HashValue\":\"" + value + "\"}";
}

std::string ListOf(const std::vector<std::string>& media) {
  std::string text =
      "{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/"
      "1.3.xml#Media\",\"value\":[";
  for (size_t i = 0; i < media.size(); ++i) {
    text += (i == 0 ? "" : ",") + media[i];
  }
  return text + "]}";
}

std::vector<std::string> Quarantined(const Told& told) {
  std::vector<std::string> columns;
  for (const Item& item : told.items) {
    if (item.kind == Item::Kind::kField &&
        item.field.extra.path == kQuarantinedColumn) {
      columns.push_back(item.field.extra.value);
    }
  }
  return columns;
}

class ColumnWatch : public ::testing::Test {
 protected:
  std::string NewMd5() { return testing::RandomHash<Md5>(random_).ToHex(); }
  std::string NewPdq() { return testing::RandomHash<PdqHash>(random_).ToHex(); }
  Told Import(const std::vector<std::string>& media) {
    return ReadText(Format::kVics, ListOf(media),
                    {.purpose = Purpose::kChildAbuse});
  }
  std::mt19937_64 random_{testing::TestSeed()};
};

// Fixture 8.
TEST_F(ColumnWatch, QuarantinesAPhotoDnaThatAllRecordsHave) {
  std::vector<std::string> media;
  for (int i = 0; i < 1000; ++i) {
    media.push_back(MediaWith(NewMd5(), Alternative("PhotoDNA", "AQIDBA==") +
                                            "," +
                                            Alternative("PDQ", NewPdq())));
  }
  const Told told = Import(media);
  EXPECT_THAT(Quarantined(told), ::testing::ElementsAre("photodna"));
  const auto records = told.records();
  ASSERT_EQ(records.size(), 1000u);
  for (const Record& record : records) {
    ASSERT_TRUE(CarriedOf(record, kPhotoDna)->quarantined);
    ASSERT_NE(PdqOf(record), nullptr);
    ASSERT_TRUE(record.signals.md5);
  }
}

TEST_F(ColumnWatch, QuarantinesAPdqSoThatItIsNotMatched) {
  const std::string same = NewPdq();
  std::vector<std::string> media;
  for (int i = 0; i < 300; ++i) {
    media.push_back(
        MediaWith(NewMd5(), Alternative("PDQ", i % 3 == 0 ? NewPdq() : same)));
  }
  const Told told = Import(media);
  EXPECT_THAT(Quarantined(told), ::testing::ElementsAre("pdq"));
  for (const Record& record : told.records()) {
    ASSERT_TRUE(record.signals.pdq.empty());
    ASSERT_TRUE(CarriedOf(record, "pdq")->quarantined);
  }
}

TEST_F(ColumnWatch, LeavesPlausibleColumnsAlone) {
  const std::string same = NewPdq();
  const std::string one_file = NewMd5();
  std::vector<std::string> few;
  std::vector<std::string> less_than_half;
  std::vector<std::string> copies;
  for (int i = 0; i < 400; ++i) {
    if (i < 99) few.push_back(MediaWith(NewMd5(), Alternative("PDQ", same)));
    less_than_half.push_back(
        MediaWith(NewMd5(), Alternative("PDQ", i % 5 < 2 ? same : NewPdq())));
    copies.push_back(MediaWith(one_file, Alternative("PDQ", same)));
  }
  for (const auto& media : {few, less_than_half, copies}) {
    const Told told = Import(media);
    ASSERT_TRUE(told.status.ok()) << told.status;
    EXPECT_TRUE(Quarantined(told).empty());
    for (const Record& record : told.records()) {
      ASSERT_NE(PdqOf(record), nullptr);
    }
  }
}

// A column that goes bad after what was read ahead is so from there on.
TEST_F(ColumnWatch, QuarantinesFromWhereItNotices) {
  const std::string same = NewPdq();
  std::vector<std::string> media;
  for (int i = 0; i < 5000; ++i) {
    media.push_back(
        MediaWith(NewMd5(), Alternative("PDQ", i < 1500 ? NewPdq() : same)));
  }
  const Told told = Import(media);
  EXPECT_THAT(Quarantined(told), ::testing::ElementsAre("pdq"));
  const auto records = told.records();
  ASSERT_EQ(records.size(), 5000u);
  const auto matched = static_cast<size_t>(
      std::count_if(records.begin(), records.end(),
                    [](const Record& each) { return PdqOf(each) != nullptr; }));
  EXPECT_GT(matched, 1500u);
  EXPECT_LT(matched, 3100u);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(PdqOf(records[i]) != nullptr, i < matched);
  }
}

TEST_F(ColumnWatch, ChangesNothingWhenConverting) {
  std::vector<std::string> media(
      200, MediaWith(NewMd5(), Alternative("PDQ", NewPdq())));
  for (int i = 0; i < 200; ++i) {
    media[static_cast<size_t>(i)].replace(8, 32, NewMd5());
  }
  const std::string text = ListOf(media);
  EXPECT_TRUE(Quarantined(ReadText(Format::kVics, text)).empty());
  EXPECT_EQ(
      Quarantined(ReadText(Format::kVics, text, {.purpose = Purpose::kTest}))
          .size(),
      1u);
}

// What comes through is otherwise what a plain reader tells, in its order,
// to the error at the end.
TEST_F(ColumnWatch, TellsWhatTheReaderTells) {
  std::vector<std::string> media;
  for (int i = 0; i < 2500; ++i) {
    media.push_back(i % 7 == 0 ? "{\"MD5\":\"1\"}" : MediaWith(NewMd5(), ""));
  }
  const std::string text = ListOf(media);
  for (const std::string& form : {text, text.substr(0, text.size() - 9)}) {
    const Told plain = ReadText(Format::kVics, form);
    const Told watched =
        ReadText(Format::kVics, form, {.purpose = Purpose::kTest});
    EXPECT_EQ(watched.status.code(), plain.status.code());
    ASSERT_EQ(watched.items.size(), plain.items.size());
    for (size_t i = 0; i < plain.items.size(); ++i) {
      ASSERT_EQ(watched.items[i].kind, plain.items[i].kind);
      ASSERT_EQ(watched.items[i].position, plain.items[i].position);
      ASSERT_TRUE(watched.items[i].record == plain.items[i].record);
    }
  }
}

}  // namespace
}  // namespace kenal::formats
