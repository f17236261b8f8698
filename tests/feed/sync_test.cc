#include "src/feed/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "src/base/clock.h"
#include "tests/feed/follower.h"

namespace kenal::feed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Active(const std::string& content) {
  return "active " + Md5HexOf(content);
}

// Adds, an update and a tombstone over two pages.
PagedFeed TwoPages() {
  PagedFeed feed;
  feed.pages = {Image("a", "a1") + Image("b", "b1") + Image("c", "c1"),
                Image("b", "b2") + Deleted("a") + Image("d", "d1")};
  return feed;
}

TEST(FeedSync, AppliesPagesInOrder) {
  PagedFeed feed = TwoPages();
  Follower follower;
  SyncReport report;
  const int64_t before = base::NowUnixMs();
  const Status status = follower.Sync(feed, report);
  ASSERT_TRUE(status.ok()) << status;
  const auto entries = follower.Entries();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_THAT(entries.at("42/a"), HasSubstr("retracted"));
  EXPECT_EQ(entries.at("42/b"), Active("b2"));
  EXPECT_EQ(entries.at("42/c"), Active("c1"));
  EXPECT_EQ(entries.at("42/d"), Active("d1"));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.pages, 2u);
  EXPECT_EQ(report.tombstones, 1u);
  EXPECT_EQ(report.entries.read, 6u);
  EXPECT_EQ(report.entries.added, 4u);
  EXPECT_EQ(report.entries.replaced, 1u);
  EXPECT_EQ(report.entries.withdrawn, 1u);
  ASSERT_EQ(feed.requests.size(), 2u);
  EXPECT_THAT(feed.requests[0].url, HasSubstr("from=1970-01-01T00%3A00%3A00Z"));
  for (const Request& request : feed.requests) {
    EXPECT_EQ(request.user, "demo");
    EXPECT_EQ(request.password, "PASSWORD");
  }
  const auto checkpoint = follower.checkpoint();
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_GE(checkpoint->until_unix_ms, before - 1000);
  EXPECT_EQ(checkpoint->until_unix_ms, report.checkpoint_unix_ms);
}

TEST(FeedSync, TheNextOneBeginsALittleBeforeTheCheckpoint) {
  Follower follower;
  PagedFeed feed = TwoPages();
  SyncReport first;
  ASSERT_TRUE(follower.Sync(feed, first).ok());
  const auto before = follower.Entries();
  PagedFeed again = TwoPages();
  SyncReport second;
  ASSERT_TRUE(follower.Sync(again, second).ok());
  EXPECT_EQ(second.range.from_unix_ms, *first.checkpoint_unix_ms - kOverlapMs);
  EXPECT_THAT(
      again.requests[0].url,
      HasSubstr(Query({{"from", base::FormatUtc(second.range.from_unix_ms)}})));
  EXPECT_EQ(second.entries.added, 0u);
  EXPECT_EQ(follower.Entries(), before);
}

TEST(FeedSync, StoresNoCheckpointUntilARangeIsExhausted) {
  PagedFeed feed = TwoPages();
  feed.before = [](size_t request, Spool&) -> StatusOr<Response> {
    if (request == 2) return FailedPrecondition("cut off");
    return Response{};
  };
  Follower follower;
  SyncReport report;
  EXPECT_FALSE(follower.Sync(feed, report).ok());
  EXPECT_EQ(report.pages, 1u);
  EXPECT_FALSE(report.complete);
  EXPECT_FALSE(follower.checkpoint().has_value());
  EXPECT_EQ(follower.Entries().size(), 3u);
  PagedFeed whole = TwoPages();
  SyncReport again;
  ASSERT_TRUE(follower.Sync(whole, again).ok());
  Follower other;
  PagedFeed same = TwoPages();
  SyncReport unbroken;
  ASSERT_TRUE(other.Sync(same, unbroken).ok());
  EXPECT_EQ(follower.Entries(), other.Entries());
}

// What the rules say of pages of (id, content), content empty for a tombstone.
std::map<std::string, std::string> Model(
    const std::vector<std::vector<std::pair<std::string, std::string>>>&
        pages) {
  std::map<std::string, std::string> out;
  std::set<std::string> taken_back;
  for (const auto& page : pages) {
    for (const auto& [id, content] : page) {
      if (content.empty()) {
        taken_back.insert(id);
        if (out.count(id) != 0) out[id] = "retracted";
      } else if (taken_back.count(id) == 0) {
        out[id] = Active(content);
      }
    }
  }
  return out;
}

// Random pages over few ids, with every order of adding, changing, taking back
// and giving again; interrupted at random requests, and gone on with.
TEST(FeedSync, ComesToTheSameStateHoweverOftenItIsInterrupted) {
  std::mt19937_64 random(testing::TestSeed());
  for (int round = 0; round < 15; ++round) {
    std::vector<std::vector<std::pair<std::string, std::string>>> said(
        2 + random() % 5);
    std::vector<std::string> pages;
    for (auto& page : said) {
      std::string images;
      for (size_t i = 0; i < 1 + random() % 8; ++i) {
        const std::string id(1, static_cast<char>('a' + random() % 6));
        const bool tombstone = random() % 3 == 0;
        const std::string content =
            tombstone ? "" : id + std::to_string(random() % 3);
        page.emplace_back("42/" + id, content);
        images += tombstone ? Deleted(id) : Image(id, content);
      }
      pages.push_back(images);
    }
    Follower follower;
    for (bool complete = false; !complete;) {
      PagedFeed feed;
      feed.pages = pages;
      const size_t fails_at = 1 + random() % (pages.size() + 1);
      feed.before = [&](size_t request, Spool&) -> StatusOr<Response> {
        if (request == fails_at) return absl::CancelledError("killed");
        return Response{};
      };
      SyncReport report;
      const Status status = follower.Sync(feed, report);
      complete = report.complete;
      ASSERT_EQ(complete, status.ok()) << status;
      ASSERT_EQ(follower.checkpoint().has_value(), complete);
    }
    auto entries = follower.Entries();
    for (auto& [id, state] : entries) {
      if (state.starts_with("retracted")) state = "retracted";
    }
    EXPECT_EQ(entries, Model(said));
  }
}

TEST(FeedSync, APageThatCannotBeReadIsNotAppliedAtAll) {
  PagedFeed feed = TwoPages();
  feed.before = [](size_t request, Spool& body) -> StatusOr<Response> {
    if (request != 2) return Response{};
    // More than the store takes in one step.
    std::string images;
    for (int i = 0; i < 2500; ++i) {
      images += Image("x" + std::to_string(i), "x1") + "\n";
    }
    std::string page = NcmecPage(images, "");
    page.resize(page.size() - 30);
    PagedFeed::Put(page, body);
    return Response{.status = 200};
  };
  Follower follower;
  SyncReport report;
  const Status status = follower.Sync(feed, report);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("https://feed.example/npo/v2/entries: page 2: "),
                    HasSubstr("line 2502"), Not(HasSubstr("start=")),
                    Not(HasSubstr(Md5HexOf("x1")))));
  EXPECT_EQ(follower.Entries().size(), 3u);
  EXPECT_FALSE(follower.checkpoint().has_value());
}

TEST(FeedSync, BadRecordsAreNamedAndTheRestIsApplied) {
  PagedFeed feed;
  feed.pages = {Image("a", "a1"),
                "<image><id>bad</id></image>" + Image("b", "b1")};
  Follower follower;
  SyncReport report;
  ASSERT_TRUE(follower.Sync(feed, report).ok());
  EXPECT_EQ(report.entries.refused, 1u);
  ASSERT_EQ(report.refusals.size(), 1u);
  EXPECT_EQ(report.refusals[0].page, 2u);
  EXPECT_EQ(report.refusals[0].refusal.position, 2u);  // the line
  EXPECT_EQ(follower.Entries().size(), 2u);
}

TEST(FeedSync, AFeedThatLeadsElsewhereGetsNoCredentialsThere) {
  for (const char* next :
       {"https://evil.example/npo/v2/entries?start=1",
        "//evil.example/npo/v2/entries?start=1", "/v2/status"}) {
    PagedFeed feed;
    feed.raw = true;
    feed.pages = {NcmecPage(Image("a", "a1"), next)};
    Follower follower;
    SyncReport report;
    const Status status = follower.Sync(feed, report);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("page 1: the address of its next"));
    EXPECT_EQ(feed.requests.size(), 1u);
    EXPECT_THAT(follower.Entries(), IsEmpty());
  }
}

TEST(FeedSync, AFeedThatGoesInACircleEnds) {
  for (const char* next : {"/v2/entries?start=0", "/v2/entries?start=1"}) {
    PagedFeed feed;
    feed.raw = true;
    feed.pages = {NcmecPage(Image("a", "a1"), next),
                  NcmecPage(Image("b", "b1"), "/v2/entries?start=0")};
    Follower follower;
    SyncReport report;
    const Status status = follower.Sync(feed, report);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("circle"));
    EXPECT_LE(feed.requests.size(), 4u);
    EXPECT_FALSE(follower.checkpoint().has_value());
  }
}

TEST(FeedSync, EmptyPagesWithoutEndEnd) {
  PagedFeed feed;
  feed.before = [](size_t request, Spool& body) -> StatusOr<Response> {
    PagedFeed::Put(
        NcmecPage("", "/v2/entries?start=" + std::to_string(request + 1)),
        body);
    return Response{.status = 200};
  };
  Follower follower;
  SyncReport report;
  const Status status = follower.Sync(feed, report);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("does not end"));
  EXPECT_LE(feed.requests.size(), kEmptyPagesMax + 1);
}

TEST(FeedSync, WindowsAreReadOneByOneWithACheckpointAfterEach) {
  constexpr int64_t kDay = int64_t{24} * 3600 * 1000;
  constexpr int64_t kFrom = 1'700'000'000'000;
  Follower follower;
  PagedFeed feed;
  feed.pages = {Image("a", "a1")};
  feed.before = [&](size_t request, Spool&) -> StatusOr<Response> {
    if (request == 3) return FailedPrecondition("cut off");
    return Response{};
  };
  SyncOptions options = Follower::Options();
  options.from_unix_ms = kFrom;
  options.to_unix_ms = kFrom + 5 * kDay;
  options.window_ms = 2 * kDay;
  SyncReport report;
  EXPECT_FALSE(follower.Sync(feed, report, options).ok());
  EXPECT_EQ(follower.checkpoint()->until_unix_ms, kFrom + 4 * kDay);
  EXPECT_EQ(report.ranges, 2u);
  EXPECT_THAT(
      feed.requests[1].url,
      HasSubstr(Query({{"from", base::FormatUtc(kFrom + 2 * kDay - kOverlapMs)},
                       {"to", base::FormatUtc(kFrom + 4 * kDay)}})));
  options.from_unix_ms.reset();
  feed.before = nullptr;
  feed.requests.clear();
  SyncReport rest;
  ASSERT_TRUE(follower.Sync(feed, rest, options).ok());
  EXPECT_EQ(feed.requests.size(), 1u);
  EXPECT_EQ(rest.range,
            (Range{kFrom + 4 * kDay - kOverlapMs, kFrom + 5 * kDay}));
  EXPECT_EQ(follower.checkpoint()->until_unix_ms, kFrom + 5 * kDay);
}

TEST(FeedSync, EmptyWindowsGrow) {
  Follower follower;
  PagedFeed feed;
  feed.pages = {""};
  SyncOptions options = Follower::Options();
  options.window_ms = int64_t{24} * 3600 * 1000;
  SyncReport report;
  ASSERT_TRUE(follower.Sync(feed, report, options).ok());
  // 2^9 days are more than a year; then a year each since 1970.
  EXPECT_LT(feed.requests.size(), 100u);
  EXPECT_GT(feed.requests.size(), 10u);
}

TEST(FeedSync, ACheckpointIsOfOneStoreListAndFeed) {
  PagedFeed feed = TwoPages();
  Follower one;
  SyncReport report;
  ASSERT_TRUE(one.Sync(feed, report).ok());
  const auto refused = [&](Follower& follower, const SyncOptions& options,
                           const Feed& of, const std::string& part) {
    PagedFeed untouched = TwoPages();
    SyncReport none;
    const Status status = follower.Sync(untouched, none, options, of);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(status.message(), HasSubstr(part));
    EXPECT_THAT(untouched.requests, IsEmpty());
  };
  Follower other;
  std::filesystem::copy_file(one.state(), other.state());
  refused(other, Follower::Options(), NcmecFeed(), "another store");
  refused(one, Follower::Options(), NcmecFeed("https://feed.example/other"),
          "another feed");
  ASSERT_TRUE(one.engine()
                  .CreateList("second", Purpose::kTest, {},
                              {.actor = "test", .reason = "testing"})
                  .ok());
  SyncOptions second = Follower::Options();
  second.list = "second";
  refused(one, second, NcmecFeed(), "another list");
  second.list = "missing";
  SyncReport none;
  EXPECT_EQ(one.Sync(feed, none, second).code(), StatusCode::kNotFound);
}

// A store that was restored from before has its id, perhaps more changes than
// then, and not the entries.
TEST(FeedSync, ACheckpointAheadOfItsStoreIsRefused) {
  PagedFeed feed = TwoPages();
  Follower follower;
  SyncReport report;
  ASSERT_TRUE(follower.Sync(feed, report).ok());
  const Checkpoint good = *follower.checkpoint();
  ASSERT_TRUE(good.anchor.has_value());
  const auto refused_with = [&](const Checkpoint& checkpoint) {
    {
      auto file = CheckpointFile::Open(follower.state());
      ASSERT_TRUE(file->Save(checkpoint).ok());
    }
    PagedFeed untouched = TwoPages();
    SyncReport none;
    const Status status = follower.Sync(untouched, none);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(status.message(), HasSubstr("ahead of the store"));
    EXPECT_THAT(untouched.requests, IsEmpty());
  };
  Checkpoint later = good;
  later.sequence.value += 1;
  refused_with(later);
  Checkpoint missing = good;
  missing.anchor->source_id = "42/never";
  refused_with(missing);
  Checkpoint moved = good;
  moved.anchor->added_at.value += 1;
  refused_with(moved);
}

TEST(FeedSync, TimesMustMakeSense) {
  PagedFeed feed = TwoPages();
  Follower follower;
  SyncReport report;
  ASSERT_TRUE(follower.Sync(feed, report).ok());
  const Checkpoint before = *follower.checkpoint();
  const auto with = [&](std::optional<int64_t> from,
                        std::optional<int64_t> to) {
    SyncOptions options = Follower::Options();
    options.from_unix_ms = from;
    options.to_unix_ms = to;
    SyncReport none;
    return follower.Sync(feed, none, options).code();
  };
  const int64_t now = base::NowUnixMs();
  EXPECT_EQ(with({}, now + 60'000), StatusCode::kInvalidArgument);
  EXPECT_EQ(with(2000, 1000), StatusCode::kInvalidArgument);
  EXPECT_EQ(with(before.until_unix_ms + 1000, {}),
            StatusCode::kInvalidArgument);
  // The past may be read again, and moves no checkpoint back.
  EXPECT_EQ(with(1000, 5000), StatusCode::kOk);
  EXPECT_EQ(follower.checkpoint()->until_unix_ms, before.until_unix_ms);
}

TEST(FeedSync, ClocksMustTellTheSame) {
  const int64_t now = base::NowUnixMs();
  for (const int64_t behind : {int64_t{0}, kClockMsMax / 2, 2 * kClockMsMax}) {
    PagedFeed feed = TwoPages();
    feed.before = [&](size_t, Spool& body) -> StatusOr<Response> {
      PagedFeed::Put(NcmecPage(Image("a", "a1"), ""), body);
      return Response{.status = 200, .server_unix_ms = now - behind};
    };
    Follower follower;
    SyncReport report;
    const Status status = follower.Sync(feed, report);
    EXPECT_EQ(status.ok(), behind < kClockMsMax) << status;
    if (!status.ok()) {
      EXPECT_THAT(status.message(), HasSubstr("clock"));
    }
  }
}

TEST(FeedSync, ARehearsalChangesNothing) {
  PagedFeed feed = TwoPages();
  Follower follower;
  SyncOptions options = Follower::Options();
  options.dry_run = true;
  SyncReport report;
  const auto head = follower.engine().Head();
  ASSERT_TRUE(follower.Sync(feed, report, options).ok());
  EXPECT_EQ(report.entries.read, 6u);
  EXPECT_EQ(report.tombstones, 1u);
  EXPECT_EQ(*follower.engine().Head(), *head);
  EXPECT_FALSE(follower.checkpoint().has_value());
}

TEST(FeedSync, StopsAfterThePageAtHand) {
  PagedFeed feed = TwoPages();
  Follower follower;
  feed.before = [&](size_t, Spool&) -> StatusOr<Response> {
    follower.stop.request_stop();
    return Response{};
  };
  SyncReport report;
  EXPECT_EQ(follower.Sync(feed, report).code(), StatusCode::kCancelled);
  EXPECT_EQ(report.pages, 1u);
  EXPECT_EQ(follower.Entries().size(), 3u);
  EXPECT_FALSE(follower.checkpoint().has_value());
}

TEST(FeedSync, CredentialsOfTheWrongKindSendNothing) {
  PagedFeed feed = TwoPages();
  Follower follower;
  SyncReport report;
  EXPECT_EQ(follower
                .Sync(feed, report, Follower::Options(), NcmecFeed(),
                      {.token = "SECRET"})
                .code(),
            StatusCode::kInvalidArgument);
  EXPECT_THAT(feed.requests, IsEmpty());
}

// An entry that was given, changed and taken back by ThreatExchange, whose
// tombstones name no owner.
TEST(FeedSync, FollowsThreatExchange) {
  const Feed exchange = *Feed::Make(
      FeedKind::kThreatExchange,
      *ParseAddress("https://graph.example/9/threat_updates", false));
  const auto descriptor = [](const std::string& id, const std::string& content,
                             const std::string& status) {
    return "{\"id\":\"" + id + "\",\"type\":\"HASH_MD5\",\"indicator\":\"" +
           Md5HexOf(content) +
           "\",\"owner\":{\"id\":\"7\",\"name\":\"Demo\"}," + "\"status\":\"" +
           status + "\",\"last_updated\":1704164645}";
  };
  PagedFeed feed;
  feed.raw = true;
  feed.pages = {
      "{\"data\":[" + descriptor("1", "a", "MALICIOUS") + "," +
          descriptor("2", "b", "MALICIOUS") + "," +
          descriptor("3", "c", "MALICIOUS") +
          "],\"paging\":{\"cursors\":{\"after\":\"x\"},\"next\":\"https://"
          "graph.example/9/threat_updates?access_token=t&start=1\"}}",
      "{\"data\":[{\"id\":\"1\",\"should_delete\":true}," +
          descriptor("2", "b", "NON_MALICIOUS") + "]}"};
  Follower follower;
  SyncReport report;
  const Status status = follower.Sync(feed, report, Follower::Options(),
                                      exchange, {.token = "1|SECRET"});
  ASSERT_TRUE(status.ok()) << status;
  const auto entries = follower.Entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_THAT(entries.at("1"), HasSubstr("retracted"));
  EXPECT_THAT(entries.at("2"), HasSubstr("retracted"));
  EXPECT_EQ(entries.at("3"), Active("c"));
  for (const Request& request : feed.requests) {
    EXPECT_THAT(request.url, HasSubstr("access_token=1%7CSECRET"));
    EXPECT_THAT(request.url, Not(HasSubstr("access_token=t&")));
  }
}

// Some feeds forget what they took back.
TEST(FeedSync, AnOldCheckpointOfSuchAFeedIsRefused) {
  const Feed exchange = *Feed::Make(
      FeedKind::kThreatExchange,
      *ParseAddress("https://graph.example/9/threat_updates", false));
  PagedFeed feed;
  feed.raw = true;
  feed.pages = {"{\"data\":[]}"};
  Follower follower;
  SyncReport report;
  SyncOptions old = Follower::Options();
  old.to_unix_ms = base::NowUnixMs() - int64_t{90} * 24 * 3600 * 1000;
  const Credentials token{.token = "t"};
  ASSERT_TRUE(follower.Sync(feed, report, old, exchange, token).ok());
  SyncReport second;
  const Status status =
      follower.Sync(feed, second, Follower::Options(), exchange, token);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("90 days old"));
  SyncOptions anyway = Follower::Options();
  anyway.from_unix_ms = *old.to_unix_ms;
  EXPECT_TRUE(follower.Sync(feed, second, anyway, exchange, token).ok());
}

}  // namespace
}  // namespace kenal::feed
