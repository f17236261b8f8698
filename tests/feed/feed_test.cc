#include "src/feed/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kenal::feed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Range kRange{.from_unix_ms = 1'704'164'645'000,
                       .to_unix_ms = 1'704'251'045'000};

StatusOr<Feed> Make(FeedKind kind, const std::string& url) {
  const StatusOr<Address> address = ParseAddress(url, false);
  EXPECT_TRUE(address.ok()) << address.status();
  return Feed::Make(kind, *address);
}

TEST(FeedKinds, HaveNamesAndStopNciiIsRefusedWithTheReason) {
  for (const FeedKind kind : {FeedKind::kNcmec, FeedKind::kThreatExchange}) {
    EXPECT_EQ(*ParseFeedKind(FeedKindName(kind)), kind);
  }
  EXPECT_EQ(ParseFeedKind("iwf").status().code(), StatusCode::kInvalidArgument);
  const Status refused = ParseFeedKind("stopncii").status();
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("purpose"));
}

TEST(NcmecFeed, AsksBelowItsEnvironment) {
  for (const char* url :
       {"https://feed.example/npo", "https://feed.example/npo/",
        "https://feed.example/npo/v2", "https://feed.example/npo/v2/entries"}) {
    const auto feed = Make(FeedKind::kNcmec, url);
    ASSERT_TRUE(feed.ok()) << feed.status();
    EXPECT_EQ(feed->Name(), "https://feed.example/npo/v2/entries");
    const Request request = feed->RequestFor(
        feed->First(kRange), {.user = "demo", .password = "SECRET"});
    EXPECT_EQ(request.url,
              "https://feed.example/npo/v2/entries?from=2024-01-02T03%3A04%"
              "3A05Z&to=2024-01-03T03%3A04%3A05Z");
    EXPECT_EQ(request.user, "demo");
    EXPECT_EQ(request.password, "SECRET");
  }
  EXPECT_FALSE(Make(FeedKind::kNcmec, "https://feed.example/a?b=1").ok());
}

TEST(NcmecFeed, FollowsNextPagesRelativeToItsEnvironment) {
  const auto feed = Make(FeedKind::kNcmec, "https://feed.example/npo");
  const auto next = feed->Next("/v2/entries?from=a%3A&start=2&max=3");
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->Whole(),
            "https://feed.example/npo/v2/entries?from=a%3A&start=2&max=3");
  EXPECT_FALSE(feed->Next("https://other.example/npo/v2/entries?a").ok());
}

TEST(ThreatExchangeFeed, SendsItsTokenWithEachRequestAndNamesItNowhere) {
  const auto feed =
      Make(FeedKind::kThreatExchange,
           "https://graph.example/v9.0/12/threat_updates/?types=HASH_PDQ");
  ASSERT_TRUE(feed.ok()) << feed.status();
  const Credentials credentials{.token = "1|SECRET"};
  const Address first = feed->First(kRange);
  EXPECT_THAT(first.Whole(), HasSubstr("?types=HASH_PDQ&start_time=1704164645&"
                                       "stop_time=1704251045&fields=id"));
  EXPECT_THAT(first.Whole(), HasSubstr("should_delete"));
  const auto next = feed->Next(
      "https://graph.example/v9.0/12/threat_updates?access_token=1%7CSECRET&"
      "after=abc");
  ASSERT_TRUE(next.ok()) << next.status();
  for (const Address& page : {first, *next}) {
    EXPECT_THAT(page.Whole(), Not(HasSubstr("SECRET")));
    EXPECT_THAT(feed->RequestFor(page, credentials).url,
                HasSubstr("&access_token=1%7CSECRET"));
  }
  EXPECT_THAT(next->Whole(), HasSubstr("threat_updates?after=abc"));
  EXPECT_THAT(feed->Name() + feed->Shown(), Not(HasSubstr("SECRET")));
}

TEST(ThreatExchangeFeed, KeepsSecretsAndTimesOutOfItsAddress) {
  for (const char* bad :
       {"https://graph.example/1/threat_updates?access_token=SECRET",
        "https://graph.example/1/threat_updates?start_time=1",
        "https://graph.example/1/threat_updates?stop_time=1",
        "https://graph.example/"}) {
    const auto feed = Make(FeedKind::kThreatExchange, bad);
    ASSERT_FALSE(feed.ok()) << bad;
    EXPECT_THAT(feed.status().message(), Not(HasSubstr("SECRET")));
  }
}

TEST(FeedCredentials, AreThoseOfTheKind) {
  const auto ncmec = Make(FeedKind::kNcmec, "https://feed.example/npo");
  EXPECT_TRUE(ncmec->Check({.user = "a", .password = "b"}).ok());
  EXPECT_FALSE(ncmec->Check({.user = "a"}).ok());
  EXPECT_FALSE(ncmec->Check({.user = "a:c", .password = "b"}).ok());
  EXPECT_FALSE(ncmec->Check({.token = "t"}).ok());
  const auto exchange =
      Make(FeedKind::kThreatExchange, "https://graph.example/1/u");
  EXPECT_TRUE(exchange->Check({.token = "t"}).ok());
  EXPECT_FALSE(exchange->Check({.user = "a", .password = "b"}).ok());
}

}  // namespace
}  // namespace kenal::feed
