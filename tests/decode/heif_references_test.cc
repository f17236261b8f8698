// Items of a HEIF file that are made from one another: what libheif can decode
// goes through the sandbox, the rest is refused by the check before it.
#include "src/decode/heif_references.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "src/decode/limits.h"
#include "tests/decode/heif_files.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

constexpr int kSide = 64;

Picture Half(const Picture& wide, int index) {
  Picture half{.width = wide.width / 2, .height = wide.height, .rgb = {}};
  for (int y = 0; y < half.height; ++y) {
    const uint8_t* row = wide.at(index * half.width, y);
    half.rgb.insert(half.rgb.end(), row, row + 3 * half.width);
  }
  return half;
}

FileBytes Joined(FileBytes bytes, const FileBytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

class HeifReferences : public testing::Test {
 protected:
  // The reason, and that a worker gives it too and lives.
  void ExpectRefused(const std::vector<HeifItem>& items, Reason reason) {
    ExpectRefused(HeifFile(tile_, items), reason);
  }
  void ExpectRefused(const FileBytes& file, Reason reason) {
    EXPECT_EQ(CheckHeifReferences(file).reason, reason);
    ExpectFailure(file,
                  reason == Reason::kDamagedHeader ? "damaged" : "unsupported");
  }
  void ExpectFailure(const FileBytes& file, const std::string& code) {
    Decoded decoded = pool_->Decode(file, {});
    ASSERT_TRUE(decoded.failure);
    EXPECT_EQ(decoded.failure->code, code) << decoded.failure->message;
  }

  // Another codec's colours, so within the specification's tolerance.
  void ExpectDecoded(const FileBytes& file, const Picture& picture) {
    EXPECT_EQ(CheckHeifReferences(file).reason, Reason::kNone);
    Decoded decoded = pool_->Decode(file, {});
    ASSERT_FALSE(decoded.failure) << decoded.failure->message;
    EXPECT_EQ(decoded.picture->width, picture.width);
    EXPECT_EQ(decoded.picture->height, picture.height);
    EXPECT_LE(HammingDistance(decoded.views[0].hash, PdqOf(picture).hash), 10);
  }

  // `count` items, each made from the next and the last one from the tile.
  std::vector<HeifItem> Chain(uint32_t count) const {
    std::vector<HeifItem> items = {tile_.Item(count + 1)};
    for (uint32_t id = count; id > 0; --id) {
      items.insert(items.begin(), IdentityItem(id, items.front()));
    }
    return items;
  }

  // Two different tiles, 2 and 3, and what shows them side by side.
  const Picture wide_ = Clouds(2 * kSide, kSide, 22);
  std::vector<HeifItem> Grid() const {
    HeifItem left = HeifTile(Half(wide_, 0)).Item(2);
    HeifItem right = HeifTile(Half(wide_, 1)).Item(3);
    return {GridItem(1, {left, right}), left, right};
  }

  const Picture picture_ = Clouds(kSide, kSide, 21);
  const HeifTile tile_{picture_};

 private:
  std::unique_ptr<DecoderPool> pool_ = StartPool(1);
};

TEST_F(HeifReferences, PicturesMadeFromPicturesAreDecoded) {
  HeifItem tile = tile_.Item(2);
  ExpectDecoded(HeifFile(tile_, {tile}), picture_);
  ExpectDecoded(HeifFile(tile_, Grid()), wide_);
  ExpectDecoded(HeifFile(tile_, {IdentityItem(1, tile), tile}), picture_);
  ExpectDecoded(HeifFile(tile_, {OverlayItem(1, tile), tile}), picture_);
  HeifItem alpha = tile_.Item(3);
  alpha.alpha_of = 2;
  ExpectDecoded(HeifFile(tile_, {IdentityItem(1, tile), tile, alpha}),
                picture_);
}

TEST_F(HeifReferences, IdsOf32BitsAndSizesOf64BitsAreRead) {
  std::vector<HeifItem> ring = Grid();
  ring[0].sources = {3, 1};
  for (uint8_t version : {uint8_t{0}, uint8_t{1}}) {
    for (BoxSize size : {BoxSize::k32Bits, BoxSize::k64Bits}) {
      HeifForm form{.reference_version = version, .meta_size = size};
      ExpectDecoded(HeifFile(tile_, Grid(), form), wide_);
      ExpectRefused(HeifFile(tile_, ring, form), Reason::kDamagedHeader);
    }
  }
}

// libheif 1.15 refuses such a box itself; another version may read it.
TEST_F(HeifReferences, ARingInABoxThatReachesToTheEndIsFound) {
  HeifItem ring = GridItem(1, {tile_.Item(1)});
  ExpectRefused(HeifFile(tile_, {ring}, {.meta_size = BoxSize::kToTheEnd}),
                Reason::kDamagedHeader);
}

TEST_F(HeifReferences, ItemsMadeFromThemselvesAreRefused) {
  HeifItem tile = tile_.Item(9);
  for (HeifItem item : {GridItem(1, {tile, tile}), IdentityItem(1, tile),
                        OverlayItem(1, tile)}) {
    item.sources.back() = 1;
    ExpectRefused({item, tile}, Reason::kDamagedHeader);
  }
}

TEST_F(HeifReferences, RingsOfTwoAndMoreAreRefused) {
  HeifItem tile = tile_.Item(9);
  HeifItem second = OverlayItem(2, tile);
  HeifItem first = GridItem(1, {second, tile});
  second.sources = {1};
  ExpectRefused({first, second, tile}, Reason::kDamagedHeader);
  std::vector<HeifItem> items = Chain(5);
  items[4].sources = {2};
  ExpectRefused(items, Reason::kDamagedHeader);
}

// Decoding an item decodes its alpha, and decoding that may decode the item.
TEST_F(HeifReferences, RingsThroughAlphaAreRefused) {
  HeifItem tile = tile_.Item(2);
  HeifItem alpha = IdentityItem(3, tile);
  alpha.alpha_of = 2;
  ExpectRefused({tile, alpha}, Reason::kDamagedHeader);
  HeifItem mutual = tile_.Item(4);
  mutual.alpha_of = 2;
  tile.alpha_of = 4;
  ExpectRefused({tile, mutual}, Reason::kDamagedHeader);
}

TEST_F(HeifReferences, NestingIsDecodedToTheLimitAndRefusedBeyond) {
  ExpectDecoded(HeifFile(tile_, Chain(kHeifDepthMax)), picture_);
  ExpectRefused(Chain(kHeifDepthMax + 1), Reason::kFeatureNotDecoded);
  ExpectRefused(Chain(200), Reason::kFeatureNotDecoded);
  // A long way to an item that is known from a short one.
  std::vector<HeifItem> items = Chain(kHeifDepthMax + 1);
  items[0] = GridItem(100, {items[2], items[1]});
  ExpectRefused(items, Reason::kFeatureNotDecoded);
}

// A file of a few kilobytes could keep a decoder busy for years.
TEST_F(HeifReferences, GridsOfGridsOfGridsAreRefused) {
  std::vector<HeifItem> items = {tile_.Item(9)};
  for (uint32_t id = 4; id > 0; --id) {
    HeifItem source = tile_.Item(items.front().id);
    items.insert(items.begin(),
                 GridItem(id, std::vector<HeifItem>(256, source)));
  }
  ExpectRefused(items, Reason::kFeatureNotDecoded);
}

// libheif aborts over these, rather than say so.
TEST_F(HeifReferences, SourcesThatAreNoPicturesAreRefused) {
  HeifItem other = tile_.Item(2);
  other.type = "Exif";
  ExpectRefused({IdentityItem(1, other), other}, Reason::kFeatureNotDecoded);
  ExpectRefused({OverlayItem(1, tile_.Item(7))}, Reason::kDamagedHeader);
}

// Pictures of 64 x 64 pixels, as they say, with 256 million in the making.
TEST_F(HeifReferences, CanvasesLargerThanThePictureCount) {
  HeifItem tile = tile_.Item(2);
  for (HeifItem item : {GridItem(1, {tile}), OverlayItem(1, tile)}) {
    EXPECT_EQ(CheckHeifReferences(HeifFile(tile_, {item, tile})).canvas_pixels,
              uint64_t{kSide * kSide});
    size_t sides_at = item.type == "grid" ? 4 : 10;
    FileBytes sides =
        BigEndian(item.type == "grid" ? 16'000 : 1'048'592'000, 4);
    if (item.type == "grid") sides = Joined(sides, BigEndian(16'000, 4));
    std::copy(sides.begin(), sides.end(),
              item.data.begin() + static_cast<long>(sides_at));
    ExpectFailure(HeifFile(tile_, {item, tile}), "too_large");
    ExpectFailure(HeifFile(tile_, {IdentityItem(3, item), item, tile}),
                  "too_large");
    item.data.resize(5);
    ExpectRefused({item, tile}, Reason::kDamagedHeader);
  }
}

// What is not decoded for the picture is nobody's business.
TEST_F(HeifReferences, ARingElsewhereInTheFileChangesNothing) {
  HeifItem ring = IdentityItem(2, tile_.Item(2));
  ExpectDecoded(HeifFile(tile_, {tile_.Item(1), ring}), picture_);
}

class HeifBoxes : public testing::Test {
 protected:
  static FileBytes Full(const std::string& type, uint8_t version,
                        FileBytes body) {
    body.insert(body.begin(), {version, 0, 0, 0});
    return HeifBox(type, body);
  }
  Reason Check(const std::vector<FileBytes>& boxes) const {
    FileBytes body = iloc_;
    for (const FileBytes& box : boxes) {
      body.insert(body.end(), box.begin(), box.end());
    }
    return CheckHeifReferences(Full("meta", 0, body)).reason;
  }
  static FileBytes References(uint8_t version, const FileBytes& body) {
    return Full("iref", version, HeifBox("dimg", body));
  }

  const FileBytes iloc_ = Full("iloc", 0, {0x44, 0, 0, 0});
  const FileBytes entry_ = Full("infe", 2, {0, 1, 0, 0, 'i', 'd', 'e', 'n', 0});
  const FileBytes pitm_ = Full("pitm", 0, {0, 1});
  const FileBytes iinf_ = Full("iinf", 0, Joined({0, 1}, entry_));
  const FileBytes ring_ = References(0, {0, 1, 0, 1, 0, 1});
};

TEST_F(HeifBoxes, RingsAreFoundInWhateverOrderTheBoxesCome) {
  std::vector<FileBytes> boxes = {pitm_, iinf_, ring_};
  std::sort(boxes.begin(), boxes.end());
  do {
    EXPECT_EQ(Check(boxes), Reason::kDamagedHeader);
  } while (std::next_permutation(boxes.begin(), boxes.end()));
  EXPECT_EQ(Check({Full("pitm", 1, {0, 0, 0, 1}), iinf_,
                   References(1, {0, 0, 0, 1, 0, 1, 0, 0, 0, 1})}),
            Reason::kDamagedHeader);
}

TEST_F(HeifBoxes, AMetaBoxBehindAnotherIsReadToo) {
  FileBytes file = HeifBox("mdat", {1, 2, 3}, BoxSize::k64Bits);
  FileBytes ring = Joined(Joined(iloc_, pitm_), Joined(iinf_, ring_));
  file = Joined(file, Full("meta", 0, {}));
  EXPECT_EQ(CheckHeifReferences(file).reason, Reason::kNone);
  file = Joined(file, Full("meta", 0, ring));
  EXPECT_EQ(CheckHeifReferences(file).reason, Reason::kDamagedHeader);
}

TEST_F(HeifBoxes, NothingToWalkIsLeftToLibheif) {
  EXPECT_EQ(CheckHeifReferences({}).reason, Reason::kNone);
  EXPECT_EQ(Check({}), Reason::kNone);
  EXPECT_EQ(Check({iinf_, ring_}), Reason::kNone);
  EXPECT_EQ(Check({pitm_, ring_}), Reason::kNone);
  EXPECT_EQ(Check({pitm_, iinf_}), Reason::kNone);
  EXPECT_EQ(Check({Full("pitm", 0, {0, 2}), iinf_, ring_}), Reason::kNone);
}

TEST_F(HeifBoxes, BoxesThatReadersCouldTakeForDifferentThingsAreRefused) {
  const Reason damaged = Reason::kDamagedHeader;
  const FileBytes none = Full("iref", 0, {});
  EXPECT_EQ(Check({pitm_, iinf_, none}), Reason::kNone);
  EXPECT_EQ(Check({pitm_, iinf_, none, none}), damaged);
  EXPECT_EQ(Check({pitm_, pitm_, iinf_, none}), damaged);
  EXPECT_EQ(Check({pitm_, iinf_, iinf_, none}), damaged);
  EXPECT_EQ(Check({pitm_, iinf_, none, {0, 0, 0, 9, 'f', 'r', 'e', 'e'}}),
            damaged);
  EXPECT_EQ(Check({pitm_, iinf_, none, {0, 0, 0}}), damaged);
  EXPECT_EQ(Check({Full("pitm", 2, {0, 0, 0, 1}), iinf_, none}), damaged);
  EXPECT_EQ(Check({Full("pitm", 0, {0}), iinf_, none}), damaged);
  EXPECT_EQ(Check({pitm_, Full("iinf", 2, {0, 0, 0, 0}), none}), damaged);
  EXPECT_EQ(
      Check({pitm_, Full("iinf", 0, Joined({0, 2}, Joined(entry_, entry_))),
             none}),
      damaged);
  EXPECT_EQ(Check({pitm_, Full("iinf", 0, {0, 1, 0, 0}), none}), damaged);
  EXPECT_EQ(Check({pitm_, iinf_, Full("iref", 2, {})}), damaged);
  EXPECT_EQ(Check({pitm_, iinf_, Full("iref", 0, {0, 0, 0})}), damaged);
  // One more reference than counted, one fewer, and no count at all.
  EXPECT_EQ(Check({pitm_, iinf_, References(0, {0, 5, 0, 1, 0, 1, 0, 1})}),
            damaged);
  EXPECT_EQ(Check({pitm_, iinf_, References(0, {0, 5, 0, 2, 0, 1})}), damaged);
  EXPECT_EQ(Check({pitm_, iinf_, References(0, {0, 5, 0})}), damaged);
}

TEST_F(HeifBoxes, LocationsThatCannotBeReadAreRefused) {
  auto check = [this](uint8_t version, const FileBytes& iloc) {
    FileBytes body = Joined(Full("iloc", version, iloc), Joined(pitm_, iinf_));
    body = Joined(body, Full("iref", 0, {}));
    return CheckHeifReferences(Full("meta", 0, body)).reason;
  };
  const Reason damaged = Reason::kDamagedHeader;
  const FileBytes one = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  const FileBytes two = Joined(one, one);
  EXPECT_EQ(check(0, Joined({0x44, 0, 0, 1}, one)), Reason::kNone);
  EXPECT_EQ(check(0, Joined({0x44, 0, 0, 2}, one)), damaged);
  EXPECT_EQ(check(0, Joined({0x44, 0, 0, 2}, two)), damaged);
  EXPECT_EQ(check(0, {0x34, 0, 0, 0}), damaged);
  EXPECT_EQ(check(1, {0x44, 4, 0, 0}), damaged);
  EXPECT_EQ(check(2, {0x44, 0, 0, 0, 0, 0}), Reason::kNone);
  EXPECT_EQ(check(3, {0x44, 0, 0, 0, 0, 0}), damaged);
  EXPECT_EQ(check(0, {0x44}), damaged);
}

// However it is cut, it is answered.
TEST_F(HeifBoxes, EveryCutOfAFileIsAnswered) {
  FileBytes file =
      Full("meta", 0, Joined(Joined(iloc_, pitm_), Joined(iinf_, ring_)));
  ASSERT_EQ(CheckHeifReferences(file).reason, Reason::kDamagedHeader);
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(CheckHeifReferences({file.data(), size}).reason, Reason::kNone);
    FileBytes cut(file.begin(), file.begin() + static_cast<long>(size));
    if (size < 12) continue;
    cut[3] = static_cast<uint8_t>(size);  // The outer box admits it.
    CheckHeifReferences(cut);
  }
}

TEST_F(HeifBoxes, MoreItemsAndReferencesThanTheLimitsAreRefused) {
  FileBytes entries = {0, 1};
  for (uint32_t id = 1; id <= kHeifItemsMax + 1; ++id) {
    FileBytes entry = Joined(BigEndian(id, 2), {0, 0, 'h', 'v', 'c', '1', 0});
    if (id == kHeifItemsMax + 1) {
      EXPECT_EQ(Check({pitm_, Full("iinf", 0, entries), ring_}), Reason::kNone);
    }
    entries = Joined(std::move(entries), Full("infe", 2, entry));
  }
  EXPECT_EQ(Check({pitm_, Full("iinf", 0, entries), ring_}),
            Reason::kFeatureNotDecoded);

  FileBytes references;
  FileBytes many = Joined({0, 1}, BigEndian(50'001, 2));
  for (int i = 0; i < 50'001; ++i) many.insert(many.end(), {0, 7});
  for (int i = 0; i < 2; ++i)
    references = Joined(references, HeifBox("dimg", many));
  EXPECT_EQ(Check({pitm_, iinf_, Full("iref", 0, references)}),
            Reason::kFeatureNotDecoded);
}

}  // namespace
}  // namespace kenal::decode
