// What the sandboxed decoder gives, held against the reference's hashes.
#include "tests/decode/vectors.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

namespace kenal::decode {
namespace {

// Bits that differ from the reference: the worst of the plain hash and the
// eight variants.
int WorstDistance(const PdqView& view, const signal::PdqResult& expected) {
  int worst = HammingDistance(view.hash, expected.hash);
  for (size_t i = 0; i < expected.dihedral.size(); ++i) {
    worst = std::max(
        worst, HammingDistance((*view.dihedral)[i], expected.dihedral[i]));
  }
  return worst;
}

TEST(DecoderVectors, EveryPictureHashesAsTheReferenceToTheBit) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  std::map<int, int> distribution;  // distance -> pictures
  for (const Vector& vector : ReadVectors()) {
    if (!vector.is_ok) continue;
    SCOPED_TRACE(vector.file);
    Decoded decoded = pool->Decode(ReadVectorFile(vector.file), {});
    ASSERT_FALSE(decoded.failure)
        << decoded.failure->code << ": " << decoded.failure->message;
    ASSERT_FALSE(decoded.views.empty());
    const PdqView& stored = decoded.views[0];
    EXPECT_EQ(stored.view, View::kStored);
    EXPECT_EQ(decoded.picture->width, vector.width);
    EXPECT_EQ(decoded.picture->height, vector.height);
    EXPECT_EQ(stored.quality, vector.expected.quality);
    int distance = WorstDistance(stored, vector.expected);
    EXPECT_EQ(distance, 0);
    ++distribution[distance];
  }
  for (const auto& [distance, count] : distribution) {
    std::printf("distance %d: %d pictures\n", distance, count);
  }
}

TEST(DecoderVectors, WhatTheReferenceCannotLoadIsAFailure) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  const std::map<std::string, std::string> codes = {
      {"gen/a-empty.jpg", "empty"},
      {"gen/a-nomagic.png", "not_a_picture"},
      {"gen/a-text.jpg", "not_a_picture"},
      {"gen/a-truncated.png", "damaged"},
  };
  for (const Vector& vector : ReadVectors()) {
    if (vector.is_ok) continue;
    SCOPED_TRACE(vector.file);
    Decoded decoded = pool->Decode(ReadVectorFile(vector.file), {});
    EXPECT_TRUE(decoded.views.empty());
    ASSERT_TRUE(decoded.failure);
    EXPECT_EQ(decoded.failure->code, codes.at(vector.file));
  }
}

// Lying extensions: content decides.
TEST(DecoderVectors, FormatIsToldFromContent) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  const std::map<std::string, std::string> formats = {
      {"gen/a-png-named.jpg", "png"},   {"gen/a-jpeg-named.png", "jpeg"},
      {"gen/a-webp-named.jpg", "webp"}, {"gen/a-photo.tif", "tiff"},
      {"gen/a-photo.bmp", "bmp"},       {"gen/a-anim3.gif", "gif"},
  };
  for (const auto& [file, format] : formats) {
    Decoded decoded = pool->Decode(ReadVectorFile(file), {});
    ASSERT_TRUE(decoded.picture) << file;
    EXPECT_EQ(decoded.picture->format, format) << file;
  }
}

TEST(DecoderVectors, OnlyTheTruncatedJpegIsFlaggedAsDamaged) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  for (const Vector& vector : ReadVectors()) {
    if (!vector.is_ok) continue;
    Decoded decoded = pool->Decode(ReadVectorFile(vector.file), {});
    ASSERT_TRUE(decoded.picture) << vector.file;
    EXPECT_EQ(decoded.picture->damaged, vector.file == "gen/a-truncated.jpg")
        << vector.file;
  }
}

TEST(DecoderVectors, UprightIsThereExactlyWhenTheOrientationTurns) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  const std::map<std::string, size_t> view_counts = {
      {"gen/a-exif-1.jpg", 1}, {"gen/a-exif-3.jpg", 2},
      {"gen/a-exif-6.jpg", 2}, {"gen/a-exif-7.jpg", 2},
      {"gen/a-photo.tif", 1},  {"gen/a-phone-exif6.jpg", 2},
  };
  for (const auto& [file, count] : view_counts) {
    EXPECT_EQ(pool->Decode(ReadVectorFile(file), {}).views.size(), count)
        << file;
  }
}

// The two are one photograph, stored turned and stored upright (and at half
// the size, so not to the bit).
TEST(DecoderVectors, UprightViewOfATurnedPhotoMatchesTheUprightPhoto) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  Decoded turned = pool->Decode(ReadVectorFile("gen/a-phone-exif6.jpg"), {});
  Decoded upright = pool->Decode(ReadVectorFile("gen/a-phone-upright.jpg"), {});
  ASSERT_EQ(turned.views.size(), 2u);
  EXPECT_EQ(turned.views[1].view, View::kUpright);
  EXPECT_LE(HammingDistance(turned.views[1].hash, upright.views[0].hash), 10);
  EXPECT_GT(HammingDistance(turned.views[0].hash, upright.views[0].hash),
            kDefaultRadius.bits);
}

}  // namespace
}  // namespace kenal::decode
