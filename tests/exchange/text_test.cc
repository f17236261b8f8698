#include "src/exchange/text.h"

#include <gtest/gtest.h>

#include <random>

namespace kenal::exchange {
namespace {

std::string RandomBytes(std::mt19937_64& random, size_t size_max) {
  std::string bytes(random() % (size_max + 1), '\0');
  // Mostly bytes that matter to UTF-8.
  constexpr uint8_t kLikely[] = {0x00, 0x41, 0x7F, 0x80, 0x9F, 0xA0,
                                 0xBF, 0xC2, 0xE0, 0xED, 0xF0, 0xF4};
  for (char& c : bytes) {
    c = static_cast<char>(random() % 2 ? kLikely[random() % 12] : random());
  }
  return bytes;
}

TEST(Utf8, KnowsTheEdgesOfTheEncoding) {
  for (const char* good :
       {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good));
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC2",
        "\xE1\x80", "\xF1\x80\x80", "\xFF", "a\x80z"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

// The standard's own example of replacing maximal parts.
TEST(Utf8, ReplacesEachMaximalBadPartOnce) {
  EXPECT_EQ(ToUtf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c\xEF\xBF\xBD\xEF\xBF\xBD"
            "d");
}

TEST(Utf8, RepairedBytesAreUtf8AndRepairingAgainChangesNothing) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = RandomBytes(random, 12);
    const std::string once = ToUtf8(bytes);
    ASSERT_TRUE(IsUtf8(once));
    ASSERT_EQ(ToUtf8(once), once);
    ASSERT_EQ(once == bytes, IsUtf8(bytes));
  }
}

TEST(Base64, GivesTheVectorsOfItsStandard) {
  EXPECT_EQ(ToBase64(""), "");
  EXPECT_EQ(ToBase64("f"), "Zg==");
  EXPECT_EQ(ToBase64("fo"), "Zm8=");
  EXPECT_EQ(ToBase64("foo"), "Zm9v");
  EXPECT_EQ(ToBase64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsBackWhatItWrote) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 5'000; ++i) {
    const std::string bytes = RandomBytes(random, 20);
    const StatusOr<std::string> back = FromBase64(ToBase64(bytes));
    ASSERT_TRUE(back.ok());
    ASSERT_EQ(*back, bytes);
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==",
                          "Z===", "====", "Zm9v\n", "Zm-v", "Z g="}) {
    EXPECT_FALSE(FromBase64(bad).ok()) << bad;
  }
}

TEST(Display, NeutralisesWhatMovesATerminal) {
  EXPECT_EQ(ForDisplay("a\x1B[2Jb\n\r\x7F"), "a\\x1b[2Jb\\x0a\\x0d\\x7f");
  EXPECT_EQ(ForDisplay("\xC2\x9Bx"), "\\xc2\\x9bx");           // C1 control
  EXPECT_EQ(ForDisplay("\xE2\x80\xAEx"), "\\xe2\\x80\\xaex");  // turned text
  EXPECT_EQ(ForDisplay("bad \xFF"), "bad \\xff");
  EXPECT_EQ(ForDisplay("çè 日"), "çè 日");
}

TEST(Display, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("çè"), 2u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u);
  EXPECT_EQ(DisplayPrefix("a日本", 4), "a日");
  EXPECT_EQ(DisplayPrefix("abc", 9), "abc");
}

}  // namespace
}  // namespace kenal::exchange
