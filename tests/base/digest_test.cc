#include "src/base/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/support.h"

namespace kenal::base {
namespace {

using ::kenal::testing::TestSeed;

template <typename Bytes>
std::string Hex(const Bytes& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

struct Known {
  std::string text;
  std::string md5;
  std::string sha1;
  std::string sha256;
};

// From RFC 1321 and FIPS 180: both sides of one and of two hash blocks, and of
// our own block.
const Known kKnown[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e",
     "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72",
     "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {std::string(1'000'000, 'a'), "7707d6ae4e027c70eea2a935c2296f21",
     "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

TEST(Digest, OfKnownTextsIsThatOfTheStandards) {
  for (const Known& known : kKnown) {
    const Digests digests = DigestAll(AsBytes(known.text));
    EXPECT_EQ(Hex(digests.md5), known.md5);
    EXPECT_EQ(Hex(digests.sha1), known.sha1);
    EXPECT_EQ(Hex(digests.sha256), known.sha256);
    EXPECT_EQ(Hex(Sha256Of(AsBytes(known.text))), known.sha256);
  }
}

std::string RandomText(size_t size, std::mt19937_64& random) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// Sizes around the blocks that digests are computed in; pieces of any size.
TEST(Digest, DoesNotDependOnHowTheBytesArrive) {
  std::mt19937_64 random(TestSeed());
  constexpr size_t kBlock = 16 * 1024;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{55}, size_t{64},
                            kBlock - 1, kBlock, kBlock + 1, 3 * kBlock + 7}) {
    const std::string text = RandomText(size, random);
    const Digests whole = DigestAll(AsBytes(text));
    DigestStream all;
    Sha256Stream sha256;
    std::string_view left = text;
    while (!left.empty()) {
      const std::string_view piece = left.substr(0, random() % (2 * kBlock));
      all.Add(AsBytes(piece));
      sha256.Add(AsBytes(piece));
      left.remove_prefix(piece.size());
    }
    const Digests pieces = all.Finish();
    EXPECT_EQ(pieces.md5, whole.md5) << size;
    EXPECT_EQ(pieces.sha1, whole.sha1) << size;
    EXPECT_EQ(pieces.sha256, whole.sha256) << size;
    EXPECT_EQ(sha256.Finish(), whole.sha256) << size;
  }
}

// RFC 4231, cases 1, 2 and 6; and the empty key with the empty text.
TEST(Hmac, IsThatOfTheStandard) {
  const auto hmac = [](const std::string& key, const std::string& text) {
    return Hex(HmacSha256(AsBytes(key), AsBytes(text)));
  };
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(131, '\xaa'),
                 "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac("", ""),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// A key kept for many texts, in any order, leaves nothing of one in the next.
TEST(Hmac, OfNothingWithNoKeyIsTheSameByAnyPointer) {
  EXPECT_EQ(HmacSha256({}, {}), HmacSha256(AsBytes(""), AsBytes("")));
}

TEST(Hmac, WithAKeptKeyIsTheSame) {
  std::mt19937_64 random(TestSeed());
  for (const size_t key_size : {1, 32, 64, 200}) {
    const std::string key = RandomText(key_size, random);
    HmacSha256Key kept(AsBytes(key));
    for (const size_t size : {100, 0, 1, 64, 5000}) {
      const std::string text = RandomText(size, random);
      EXPECT_EQ(kept.Of(AsBytes(text)), HmacSha256(AsBytes(key), AsBytes(text)))
          << key_size << " " << size;
    }
  }
}

TEST(RandomBytes, AreNotTheSameTwice) {
  Sha256Bytes first{};
  Sha256Bytes second{};
  RandomBytes(first);
  RandomBytes(second);
  EXPECT_NE(first, second);
  EXPECT_NE(first, Sha256Bytes{});
}

}  // namespace
}  // namespace kenal::base
