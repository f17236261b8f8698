#include "src/http/target.h"

#include <gtest/gtest.h>

namespace kenal::http {
namespace {

TEST(HttpTarget, SplitsPathAndParameters) {
  const auto target = ParseTarget("/m/look%75p?a=1%2F2&b=x+y&&c");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "/m/lookup");
  EXPECT_EQ(target->Get("a"), "1/2");
  EXPECT_EQ(target->Get("b"), "x y");
  ASSERT_NE(target->Find("c"), nullptr);
  EXPECT_EQ(target->Find("d"), nullptr);
}

TEST(HttpTarget, RefusesWhatCanBeReadInTwoWays) {
  for (const char* text : {"", "x", "http://a/b", "/a%", "/a%2", "/a%zz",
                           "/a%00", "/?a=1&a=2", "/a%0d%0ab", "/a#b"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
}

TEST(HttpTarget, ReadsMediaTypes) {
  EXPECT_EQ(MediaType("Image/JPEG ; q=1"), "image/jpeg");
  EXPECT_EQ(MediaTypeParameter("a/b; x=1; boundary=\"a;\\\"b\"", "boundary"),
            "a;\"b");
  EXPECT_EQ(MediaTypeParameter("a/b; Boundary=abc ;c=d", "boundary"), "abc");
  EXPECT_EQ(MediaTypeParameter("a/b; boundary", "boundary"), "");
}

constexpr char kPart[] =
    "--b\r\nContent-Disposition: form-data; name=\"photo\"; "
    "filename=\"a\"\r\nContent-Type: image/png\r\n\r\n";

TEST(HttpForm, GivesTheOnlyPart) {
  const std::string content = "\r\n--c\r\n\0x--b";
  const std::string body = kPart + content + "\r\n--b--\r\n";
  const auto part = OnlyFormPart(body, "b");
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->name, "photo");
  EXPECT_EQ(part->content, content);
  const auto empty = OnlyFormPart(std::string(kPart) + "\r\n--b--\r\n", "b");
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->content, "");
}

TEST(HttpForm, RefusesWhatIsNotOneWholePart) {
  const std::string part(kPart);
  for (const std::string& body :
       {std::string(), std::string("--b--\r\n"), part, part + "x",
        part + "x\r\n" + part + "y\r\n--b--\r\n", "x" + part + "\r\n--b--",
        std::string("--b\r\n\r\nx\r\n--b--\r\n"),
        std::string("--b\r\nA: b\r\n\r\nx\r\n--b--\r\n")}) {
    EXPECT_FALSE(OnlyFormPart(body, "b").ok()) << body;
  }
  EXPECT_FALSE(OnlyFormPart(part + "x\r\n--b--\r\n", "").ok());
}

}  // namespace
}  // namespace kenal::http
