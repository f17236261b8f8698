#include "src/exchange/pytx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "src/exchange/signal_line.h"
#include "tests/exchange/samples.h"

namespace kenal::exchange {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class PytxTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("kenal-pytx-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "list.txt";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<ImportItem> Read(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    auto reader = PytxReader::Open(path_, {.source = "someone"});
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::vector<ImportItem> items;
    while (true) {
      auto item = (*reader)->Next();
      EXPECT_TRUE(item.ok()) << item.status();
      if (!item.ok() || !*item) break;
      items.push_back(**item);
    }
    EXPECT_EQ((*reader)->consumed_bytes(), text.size());
    EXPECT_EQ((*reader)->size_bytes(), text.size());
    return items;
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(PytxTest, ReadsEverySignalTypeInEitherCaseAndAnyEndOfLine) {
  std::mt19937_64 random(31);
  const auto pdq = RandomHash<PdqHash>(random);
  const auto md5 = RandomHash<Md5>(random);
  const auto sha1 = RandomHash<Sha1>(random);
  const auto sha256 = RandomHash<Sha256>(random);
  std::string upper = pdq.ToHex();
  for (char& c : upper) c = static_cast<char>(toupper(c));

  const auto items =
      Read("\xEF\xBB\xBFpdq " + pdq.ToHex() + "\r\n" + "\n# a comment\n" +
           "PDQ\t" + upper + " 77\n" + "  md5  " + md5.ToHex() +
           "  # from a friend\n" + "video_md5 " + md5.ToHex() + "\nsha1 " +
           sha1.ToHex() + "\nsha256 " + sha256.ToHex());
  ASSERT_EQ(items.size(), 6u);
  std::vector<uint64_t> positions;
  for (const ImportItem& item : items) {
    EXPECT_EQ(item.refused, "");
    EXPECT_EQ(item.draft.provenance.source, "someone");
    positions.push_back(item.position);
  }
  EXPECT_THAT(positions, ElementsAre(1, 4, 5, 6, 7, 8));
  EXPECT_EQ(items[0].draft.signals.pdq.at(0).hash, pdq);
  EXPECT_EQ(items[0].draft.signals.pdq.at(0).quality, std::nullopt);
  EXPECT_EQ(items[1].draft.signals.pdq.at(0).hash, pdq);
  EXPECT_EQ(items[1].draft.signals.pdq.at(0).quality, 77);
  EXPECT_EQ(items[2].draft.signals.md5, md5);
  EXPECT_EQ(items[3].draft.signals.md5, md5);
  EXPECT_EQ(items[4].draft.signals.sha1, sha1);
  EXPECT_EQ(items[5].draft.signals.sha256, sha256);
}

TEST_F(PytxTest, RefusesBadLinesOneByOneWithoutRepeatingThem) {
  const std::string hex(64, 'c');
  const std::string bad[] = {
      "pdq",
      "pdq " + hex + "c",
      "pdq " + hex.substr(1) + "g",
      "pdq " + hex + " 101",
      "pdq " + hex + " 5x",
      "pdq " + hex + " 5 6",
      "md5 " + hex.substr(32) + " 50",
      "photodna " + hex,
      hex,
      "pdq," + hex,
      std::string("pdq \0", 5) + hex,
      std::string(PytxReader::kLineBytesMax + 1, 'c'),
  };
  std::string text;
  for (const std::string& line : bad) text += line + "\npdq " + hex + "\n";
  const auto items = Read(text);
  ASSERT_EQ(items.size(), 2 * std::size(bad));
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].position, i + 1);
    EXPECT_EQ(items[i].refused.empty(), i % 2 == 1) << bad[i / 2];
    EXPECT_THAT(items[i].refused, Not(HasSubstr("ccc")));
  }
}

TEST_F(PytxTest, AnEmptyFileHasNoItems) {
  EXPECT_THAT(Read(""), ElementsAre());
  EXPECT_THAT(Read("\n\n#\n"), ElementsAre());
}

// A tenth of what is asked of it in release, so that it can only fail for
// something like quadratic work.
TEST_F(PytxTest, ReadsAHundredThousandLinesInASecond) {
  std::mt19937_64 random(32);
  std::string text;
  constexpr size_t kLines = 100'000;
  for (size_t i = 0; i < kLines; ++i) {
    text += "pdq " + RandomHash<PdqHash>(random).ToHex() + "\n";
  }
  std::ofstream(path_, std::ios::binary) << text;
  auto reader = PytxReader::Open(path_, {.source = "someone"});
  const auto start = std::chrono::steady_clock::now();
  size_t count = 0;
  while (true) {
    const auto item = (*reader)->Next();
    ASSERT_TRUE(item.ok());
    if (!*item) break;
    ++count;
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  EXPECT_EQ(count, kLines);
  EXPECT_LT(took.count(), 1.0);
  RecordProperty("lines_per_second",
                 std::to_string(static_cast<double>(kLines) / took.count()));
}

}  // namespace
}  // namespace kenal::exchange
