// Each format through the sandbox, held against the pixels it was made from.
#include <gtest/gtest.h>

#include "src/decode/limits.h"
#include "tests/decode/pictures.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

class DecoderFormats : public testing::Test {
 protected:
  Decoded Decode(const FileBytes& file) { return pool_->Decode(file, {}); }

  // Stored and, when `orientation` turns, upright views to the bit.
  void ExpectExactly(const FileBytes& file, const Picture& picture,
                     int orientation) {
    SCOPED_TRACE(orientation);
    Decoded decoded = Decode(file);
    ASSERT_FALSE(decoded.failure) << decoded.failure->message;
    ASSERT_EQ(decoded.views.size(), orientation > 1 ? 2u : 1u);
    ExpectView(decoded.views[0], View::kStored, PdqOf(picture));
    if (orientation <= 1) return;
    ExpectView(decoded.views[1], View::kUpright,
               PdqOf(Turned(picture, orientation)));
  }

  void ExpectFailure(const FileBytes& file, const std::string& code) {
    Decoded decoded = Decode(file);
    ASSERT_TRUE(decoded.failure);
    EXPECT_EQ(decoded.failure->code, code) << decoded.failure->message;
    EXPECT_TRUE(decoded.views.empty());
  }

 private:
  static void ExpectView(const PdqView& view, View name,
                         const signal::PdqResult& expected) {
    EXPECT_EQ(view.view, name);
    EXPECT_EQ(view.quality, expected.quality);
    EXPECT_EQ(view.hash, expected.hash);
    EXPECT_EQ(view.dihedral, expected.dihedral);
  }

  std::unique_ptr<DecoderPool> pool_ = StartPool(1);
};

TEST_F(DecoderFormats, JpegOfEveryOrientationGivesStoredAndUprightHashes) {
  Picture picture = Clouds(333, 217, 5);
  for (int orientation = 0; orientation <= 8; ++orientation) {
    FileBytes file = EncodeJpeg(picture, {.orientation = orientation});
    ExpectExactly(file, DecodeJpegPlainly(file), orientation);
    file = EncodeJpeg(picture,
                      {.is_progressive = true, .orientation = orientation});
    ExpectExactly(file, DecodeJpegPlainly(file), orientation);
  }
}

TEST_F(DecoderFormats, OrientationBeyondEightIsNone) {
  FileBytes file = EncodeJpeg(Clouds(64, 48, 5), {.orientation = 9});
  ExpectExactly(file, DecodeJpegPlainly(file), 1);
}

TEST_F(DecoderFormats, PngPlainAndInterlacedOfEveryOrientation) {
  Picture picture = Clouds(131, 77, 6);
  for (int orientation = 0; orientation <= 8; ++orientation) {
    ExpectExactly(EncodePng(picture, {.orientation = orientation}), picture,
                  orientation);
    ExpectExactly(
        EncodePng(picture, {.is_interlaced = true, .orientation = orientation}),
        picture, orientation);
  }
}

TEST_F(DecoderFormats, TiffInStripsAndTilesInOneOrThreePlanes) {
  Picture picture = Clouds(131, 77, 7);
  for (int tile_side : {0, 16, 48}) {
    for (bool is_planar : {false, true}) {
      for (int orientation : {1, 2, 6, 7}) {
        ExpectExactly(EncodeTiff(picture, tile_side, is_planar, orientation),
                      picture, orientation);
      }
    }
  }
}

TEST_F(DecoderFormats, BmpFromTheTopAndFromTheBottom) {
  Picture picture = Clouds(97, 50, 8);
  ExpectExactly(EncodeBmp(picture, false), picture, 1);
  ExpectExactly(EncodeBmp(picture, true), picture, 1);
}

TEST_F(DecoderFormats, WebpStillAndTheFirstFrameOfAnAnimation) {
  Picture picture = Clouds(120, 90, 9);
  ExpectExactly(EncodeWebpLossless(picture), picture, 1);
  ExpectExactly(EncodeWebpAnimation(picture, 6), picture, 6);
}

// Another codec's colours, so within the specification's tolerance.
TEST_F(DecoderFormats, HeicAndAvifComeCloseToThePictureTheyHold) {
  Picture picture = Clouds(640, 480, 10);
  signal::PdqResult expected = PdqOf(picture);
  for (HeifKind kind : {HeifKind::kHeic, HeifKind::kAvif}) {
    Decoded decoded = Decode(EncodeHeif(picture, kind));
    ASSERT_FALSE(decoded.failure) << decoded.failure->message;
    EXPECT_EQ(decoded.picture->format,
              kind == HeifKind::kHeic ? "heic" : "avif");
    EXPECT_EQ(decoded.picture->width, 640);
    EXPECT_LE(HammingDistance(decoded.views[0].hash, expected.hash), 10);
  }
}

TEST_F(DecoderFormats, CutOffFilesAreDamagedAndOnlyJpegIsStillHashed) {
  Picture picture = Clouds(200, 150, 11);
  FileBytes jpeg = EncodeJpeg(picture, {});
  jpeg.resize(jpeg.size() / 2);
  Decoded decoded = Decode(jpeg);
  ASSERT_FALSE(decoded.failure);
  EXPECT_TRUE(decoded.picture->damaged);
  for (FileBytes file :
       {EncodePng(picture, {}), EncodeBmp(picture, false),
        EncodeWebpLossless(picture), EncodeTiff(picture, 0, false, 1),
        EncodeHeif(picture, HeifKind::kHeic),
        EncodeHeif(picture, HeifKind::kAvif)}) {
    file.resize(file.size() / 2);
    ExpectFailure(file, "damaged");
  }
}

TEST_F(DecoderFormats, PngWithoutItsEndIsHashedAndFlagged) {
  Picture picture = Clouds(200, 150, 11);
  FileBytes file = EncodePng(picture, {});
  file.resize(file.size() - 12);  // The end chunk.
  ExpectExactly(file, picture, 1);
  EXPECT_TRUE(Decode(file).picture->damaged);
}

// Each scan is another pass over the whole picture.
TEST_F(DecoderFormats, JpegWithTooManyScansIsRefused) {
  FileBytes file = EncodeJpeg(Clouds(64, 48, 3), {.is_progressive = true});
  ExpectExactly(WithRepeatedScan(file, 1), DecodeJpegPlainly(file), 1);
  ExpectFailure(WithRepeatedScan(file, kJpegScansMax), "too_large");
}

TEST_F(DecoderFormats, HeadersThatPromiseTooMuchAreRefused) {
  ExpectFailure(PngHeader(30'000, 30'000, false), "too_large");
  ExpectFailure(PngHeader(2'000'000'000, 1, false), "too_large");
  ExpectFailure(PngHeader(15'000, 15'000, true), "too_large");
  ExpectFailure(JpegHeader(65'500, 65'500, false), "too_large");
  ExpectFailure(JpegHeader(65'535, 65'535, false), "too_large");
  ExpectFailure(JpegHeader(16'000, 16'000, true), "too_large");
  ExpectFailure(GifHeader(65'535, 65'535), "too_large");
  ExpectFailure(GifHeader(30'000, 30'000), "too_large");
  ExpectFailure(BmpHeader(32'769, 1, 0), "too_large");
  ExpectFailure(BmpHeader(32'000, 32'000, 1), "too_large");
}

TEST_F(DecoderFormats, TiffThatLiesAboutItsStripsIsRefused) {
  ExpectFailure(TiffHeader(40'000, 40'000, 16, 1, 1000), "too_large");
  ExpectFailure(TiffHeader(14'000, 14'000, 14'000, 1, 1000), "too_large");
  ExpectFailure(TiffHeader(100, 100, 100, 1, 1000), "damaged");
  ExpectFailure(TiffHeader(100, 100, 1, 0x7FFFFFFF, 1000), "damaged");
  ExpectFailure(TiffHeader(100, 100, 1, 100, 0xFFFFFFFF), "damaged");
  ExpectFailure(TiffHeader(10'000, 20'000, 0, 1, 1000), "damaged");
}

TEST_F(DecoderFormats, TooLargeSaysByHowMuch) {
  Decoded decoded = Decode(PngHeader(30'000, 30'000, false));
  ASSERT_TRUE(decoded.failure);
  EXPECT_EQ(decoded.failure->message,
            "30000 x 30000 pixels; the limit is 256000000 pixels");
  ASSERT_TRUE(decoded.picture);
  EXPECT_EQ(decoded.picture->width, 30'000);
}

TEST_F(DecoderFormats, OtherThingsAreNamed) {
  const std::pair<std::string, std::string> things[] = {
      {"%PDF-1.7\n", "looks like a PDF document"},
      {std::string("PK\3\4", 4), "looks like a ZIP archive"},
      {"<html>", "looks like XML or HTML"},
      {"hello", "looks like text"},
      {std::string("\0\0\0\x18"
                   "ftypisom\0\0\0\0mp42",
                   20),
       "looks like an MP4 or QuickTime video"},
      {std::string("\1\2\3\0", 4), "looks like unknown data"},
  };
  for (const auto& [text, message] : things) {
    Decoded decoded = Decode(FileBytes(text.begin(), text.end()));
    ASSERT_TRUE(decoded.failure);
    EXPECT_EQ(decoded.failure->code, "not_a_picture");
    EXPECT_EQ(decoded.failure->message, message);
  }
}

TEST_F(DecoderFormats, PicturesWithoutACodecAreUnsupported) {
  ExpectFailure({0xFF, 0x0A, 0, 0}, "unsupported");
  ExpectFailure({'8', 'B', 'P', 'S', 0, 1}, "unsupported");
}

// The DICOM mark of another reader, hidden in a picture, changes nothing.
TEST_F(DecoderFormats, AMarkHiddenInsideAPictureChangesNothing) {
  Picture picture = Clouds(60, 60, 12);
  FileBytes file = EncodeBmp(picture, false);
  const uint8_t mark[] = {'D', 'I', 'C', 'M'};
  std::copy(std::begin(mark), std::end(mark), file.begin() + 128);
  Decoded decoded = Decode(file);
  ASSERT_FALSE(decoded.failure);
  EXPECT_EQ(decoded.picture->format, "bmp");
}

}  // namespace
}  // namespace kenal::decode
