// PDQ against the vectors that the reference implementation gave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "src/signal/pdq_plain.h"
#include "tests/signal/pictures.h"

namespace kenal::signal {
namespace {

// Columns of expected-native.tsv.
constexpr size_t kQualityColumn = 4;
constexpr size_t kPdqColumn = 5;
constexpr size_t kVariantColumn = 6;

void ExpectRow(const PdqResult& result, const std::vector<std::string>& row) {
  ASSERT_EQ(row.size(), kVariantColumn + kVariantCount);
  EXPECT_EQ(std::to_string(result.quality), row[kQualityColumn]);
  EXPECT_EQ(result.hash.ToHex(), row[kPdqColumn]);
  for (size_t v = 0; v < kVariantCount; ++v) {
    EXPECT_EQ(result.dihedral[v].ToHex(), row[kVariantColumn + v])
        << VariantName(static_cast<Variant>(v));
  }
}

void ExpectNear(const std::vector<std::string>& row, const float* values) {
  for (size_t at = 2; at < row.size(); ++at) {
    const float expected = std::strtof(row[at].c_str(), nullptr);
    EXPECT_EQ(values[at - 2], expected) << row[0] << " " << row[1];
  }
}

// Level L0: pixel maps need no decoder, so every bit must agree.
TEST(PdqVectors, StreamGivesTheReferenceHashOfEveryPixelMap) {
  const auto expected = ExpectedNative("pnm/");
  ASSERT_FALSE(expected.empty());
  for (const auto& [file, row] : expected) {
    SCOPED_TRACE(file);
    ExpectRow(StreamPdq(ReadPnm(VectorsFolder() + "/" + file)), row);
  }
}

TEST(PdqVectors, PlainTwinGivesTheReferenceHashOfEveryPixelMap) {
  const auto expected = ExpectedNative("pnm/");
  ASSERT_FALSE(expected.empty());
  for (const auto& [file, row] : expected) {
    SCOPED_TRACE(file);
    const Picture picture = ReadPnm(VectorsFolder() + "/" + file);
    ExpectRow(PlainPdq(PlainLumaOf(picture), picture.width, picture.height),
              row);
  }
}

// Each stage on the way to a hash, as the reference computes it. The files
// hold nine significant digits, which name one float exactly.
TEST(PdqVectors, InnerValuesAreTheReferenceOnes) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(VectorsFolder() + "/taps")) {
    SCOPED_TRACE(entry.path().filename());
    ++files;
    const Picture picture =
        ReadPnm(VectorsFolder() + "/pnm/" + entry.path().stem().string());
    const std::vector<float> luma = PlainLumaOf(picture);
    PlainTaps taps;
    PlainPdq(luma, picture.width, picture.height, &taps);

    for (const auto& row : ReadTsv(entry.path())) {
      const auto line = [&](auto& grid, size_t side) {
        return grid.data() + std::stoul(row[1]) * side;
      };
      if (row[0] == "luma_first8") {
        for (size_t at = 1; at < row.size(); ++at) {
          EXPECT_EQ(luma[at - 1], std::strtof(row[at].c_str(), nullptr));
        }
      } else if (row[0] == "a64") {
        ExpectNear(row, line(taps.samples, kSampleSide));
      } else if (row[0] == "t16x64") {
        ExpectNear(row, line(taps.transformed, kSampleSide));
      } else if (row[0] == "b16") {
        ExpectNear(row, line(taps.block, kBlockSide));
      } else {
        ASSERT_EQ(row[0], "median");
        EXPECT_EQ(taps.median, std::strtof(row[1].c_str(), nullptr));
      }
    }
  }
  EXPECT_EQ(files, 5);
}

// The numbers printed in the specification, section 6.
TEST(PdqVectors, CosinesAreThoseOfTheSpecification) {
  const auto at = [](size_t i, size_t k) {
    return Cosines()[i * kSampleSide + k];
  };
  EXPECT_EQ(at(0, 0), 0x1.69edfcp-3f);
  EXPECT_EQ(at(0, 1), 0x1.690ec6p-3f);
  EXPECT_EQ(at(7, 31), 0x1.63150ap-3f);
  EXPECT_EQ(at(15, 0), 0x1.4e7ae8p-3f);
  EXPECT_EQ(at(15, 63), 0x1.4e7ae8p-3f);
}

// Section 0: too small to hash is not an error.
TEST(PdqVectors, PicturesUnderFivePixelsHaveTheZeroHash) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {1, 1}, {4, 700}, {700, 4}, {4, 4}, {2, 9}}) {
    Picture picture{width, height, 1, {}};
    for (int i = 0; i < width * height; ++i) {
      picture.samples.push_back(static_cast<uint8_t>(i * 37));
    }
    const PdqResult result = StreamPdq(picture);
    EXPECT_EQ(result.quality, 0);
    EXPECT_EQ(result.hash, PdqHash{});
    EXPECT_THAT(result.dihedral, ::testing::Each(PdqHash{}));
  }
}

}  // namespace
}  // namespace kenal::signal
