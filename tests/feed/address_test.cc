#include "src/feed/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kenal::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Address Of(const std::string& text) {
  const StatusOr<Address> address = ParseAddress(text, false);
  EXPECT_TRUE(address.ok()) << text << ": " << address.status();
  return address.ok() ? *address : Address{};
}

TEST(FeedAddress, ComesInOneSpelling) {
  const Address plain = Of("https://feed.example/npo");
  EXPECT_EQ(plain.Shown(), "https://feed.example/npo");
  for (const char* other :
       {"HTTPS://FEED.example/npo", "https://feed.example:443/npo",
        "https://feed.example/npo/", "https://feed.example/a/../npo//"}) {
    EXPECT_EQ(Of(other), plain) << other;
  }
  EXPECT_EQ(Of("https://feed.example").path, "");
  EXPECT_NE(Of("https://feed.example:8443/npo"), plain);
}

TEST(FeedAddress, SendsNothingInTheClearToOtherMachines) {
  for (const char* here : {"http://localhost:1/a", "http://127.0.0.1/a",
                           "http://127.9.8.7:80/a", "http://[::1]:8/a"}) {
    EXPECT_TRUE(ParseAddress(here, false).ok()) << here;
  }
  for (const char* there :
       {"http://feed.example/a", "http://127.0.0.1.example/a",
        "http://localhost.example/a", "http://10.0.0.1/a", "http://[::2]/a"}) {
    const StatusOr<Address> refused = ParseAddress(there, false);
    ASSERT_FALSE(refused.ok()) << there;
    EXPECT_THAT(refused.status().message(), HasSubstr("in the clear"));
    EXPECT_TRUE(ParseAddress(there, true).ok()) << there;
  }
}

TEST(FeedAddress, RefusesWhatIsNoAddressOfAFeed) {
  for (const std::string& bad :
       {std::string("feed.example/npo"), std::string("ftp://feed.example/a"),
        std::string("file:///etc/passwd"), std::string("https://"),
        std::string("https://user:SECRET@feed.example/a"),
        std::string("https://feed.example/a#b"),
        std::string("https://feed.example/a b"),
        std::string("https://feed.example/\x01"),
        std::string("https://feed.example/\xc3\xa9"), std::string(),
        "https://feed.example/" + std::string(kAddressBytesMax, 'a')}) {
    const StatusOr<Address> refused = ParseAddress(bad, true);
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_THAT(refused.status().message(), Not(HasSubstr("SECRET")));
  }
}

TEST(FeedAddress, TakesOnlyTheQueryFromAPage) {
  const Address feed = Of("https://feed.example/npo/v2/entries");
  const Address next = Of("https://feed.example/npo/v2/entries?start=2&max=3");
  for (const char* good :
       {"/v2/entries?start=2&max=3", "v2/entries?start=2&max=3",
        "/npo/v2/entries?start=2&max=3", "?start=2&max=3",
        "/v2/entries/?start=2&max=3",
        "https://feed.example/npo/v2/entries?start=2&max=3",
        "HTTPS://Feed.example:443/npo/v2/entries/?start=2&max=3"}) {
    const StatusOr<Address> found = NextAddress(feed, good, "/npo");
    ASSERT_TRUE(found.ok()) << good << ": " << found.status();
    EXPECT_EQ(*found, next) << good;
  }
}

TEST(FeedAddress, NeverLeadsElsewhere) {
  const Address feed = Of("https://feed.example/npo/v2/entries");
  for (const char* bad :
       {"https://evil.example/npo/v2/entries?start=2",
        "http://feed.example/npo/v2/entries?start=2",
        "https://feed.example:444/npo/v2/entries?start=2",
        "//evil.example/npo/v2/entries?start=2",
        "https://feed.example@evil.example/npo/v2/entries",
        "https://feed.example.evil.example/npo/v2/entries",
        "https://feed.example/npo/v2/members?start=2",
        "https://feed.example/v2/entries?start=2", "/v2/status?start=2",
        "/v2/entries/../status?a=1", "/other", "/v2/entries%2f..%2fstatus?a=1",
        "\\\\evil.example\\a", "@evil.example", ".evil.example/npo/v2/entries",
        "ftp://feed.example/npo/v2/entries", "/v2/entries?a=\r\nHost: evil",
        "/v2/entries#x", "javascript:1"}) {
    const StatusOr<Address> found = NextAddress(feed, bad, "/npo");
    ASSERT_FALSE(found.ok()) << bad << " became " << found->Whole();
    EXPECT_EQ(found.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(found.status().message(), Not(HasSubstr("evil")));
  }
}

TEST(FeedAddress, QueriesAreEscapedAndTakenApart) {
  const std::string query =
      Query({{"from", "2024-01-02T03:04:05Z"}, {"a&b", "c=d|\xc3\xa9 "}});
  EXPECT_EQ(query, "from=2024-01-02T03%3A04%3A05Z&a%26b=c%3Dd%7C%C3%A9%20");
  EXPECT_THAT(QueryNames(query), ElementsAre("from", "a&b"));
  EXPECT_EQ(
      WithoutParameter("x=1&access%5Ftoken=S&access_token=S&y", "access_token"),
      "x=1&y");
  EXPECT_EQ(JoinQueries("", "a=1"), "a=1");
  EXPECT_EQ(JoinQueries("b", "a=1"), "b&a=1");
}

}  // namespace
}  // namespace kenal::feed
