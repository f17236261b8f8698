#include "src/feed/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/feed/support.h"
#include "tests/support/support.h"

namespace kenal::feed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PageTest : public ::testing::Test {
 protected:
  StatusOr<PageFacts> Read(FeedKind kind, const std::string& text) {
    auto body = Spool::Make(folder_.path());
    EXPECT_TRUE(body.ok()) << body.status();
    PagedFeed::Put(text, *body);
    return ReadFacts(kind, *body);
  }
  PageFacts Ncmec(const std::string& text) {
    const auto facts = Read(FeedKind::kNcmec, text);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? *facts : PageFacts{};
  }
  PageFacts Exchange(const std::string& text) {
    const auto facts = Read(FeedKind::kThreatExchange, text);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? *facts : PageFacts{};
  }
  void Refused(FeedKind kind, const std::string& text,
               const std::string& part = "") {
    const auto facts = Read(kind, text);
    ASSERT_FALSE(facts.ok()) << text;
    EXPECT_EQ(facts.status().code(), StatusCode::kDataLoss) << facts.status();
    EXPECT_THAT(facts.status().message(), HasSubstr(part));
    EXPECT_THAT(facts.status().message(), Not(HasSubstr("/proc/")));
  }
  const testing::TempDir folder_;
};

TEST_F(PageTest, NcmecTellsWhatItHoldsAndWhereTheNextOneIs) {
  const PageFacts facts = Ncmec(
      NcmecPage(Image("a", "a") + Deleted("b") + "<image><id>c</id></image>",
                "/v2/entries?start=1&amp;size=2"));
  EXPECT_EQ(facts.records, 3u);
  EXPECT_EQ(facts.tombstones, 1u);
  EXPECT_EQ(facts.refused, 1u);
  EXPECT_EQ(facts.next, "/v2/entries?start=1&size=2");
  EXPECT_EQ(Ncmec(NcmecPage("", "")).next, "");
}

TEST_F(PageTest, NothingElsePassesForAnEmptyNcmecPage) {
  const std::string page = NcmecPage(Image("a", "a"), "");
  for (size_t size = 0; size < page.size(); size += 7) {
    Refused(FeedKind::kNcmec, page.substr(0, size));
  }
  const std::string open =
      "<queryResult xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\">";
  Refused(FeedKind::kNcmec, open + "</queryResult>", "neither images");
  Refused(FeedKind::kNcmec, open + "<error>no</error></queryResult>");
  Refused(FeedKind::kNcmec, "<html><body>Log in</body></html>");
  Refused(FeedKind::kNcmec, "{\"data\":[]}");
  Refused(FeedKind::kNcmec,
          open +
              "<images count=\"0\"/><paging><size>1</size><next>/v2/entries?"
              "a</next></paging></queryResult>",
          "next page");
  Refused(FeedKind::kNcmec,
          open +
              "<images count=\"0\"/><paging><next>/v2/entries?a</next>"
              "</paging><paging><next>/v2/entries?b</next></paging>"
              "</queryResult>",
          "twice");
}

TEST_F(PageTest, HostileXmlIsRefusedWithItsPlace) {
  const std::string page = NcmecPage(Image("a", "a"), "");
  const size_t root = page.find("<queryResult");
  std::string entity = page;
  entity.insert(root,
                "<!DOCTYPE q [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>");
  Refused(FeedKind::kNcmec, entity, "line");
  std::string deep = "<image>";
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  Refused(FeedKind::kNcmec, NcmecPage(deep, ""), "line");
}

TEST_F(PageTest, ThreatExchangeTellsWhereTheNextOneIs) {
  const std::string data =
      "{\"data\":[{\"id\":\"1\",\"type\":\"HASH_MD5\","
      "\"indicator\":\"" +
      Md5HexOf("a") + "\"},{\"id\":\"2\",\"should_delete\":true}]";
  const PageFacts facts =
      Exchange(data +
               ",\"paging\":{\"cursors\":{\"after\":\"x\"},\"next\":"
               "\"https:\\/\\/graph.example\\/1\\/u?after=x\"}}");
  EXPECT_EQ(facts.records, 2u);
  EXPECT_EQ(facts.tombstones, 1u);
  EXPECT_EQ(facts.next, "https://graph.example/1/u?after=x");
  EXPECT_EQ(Exchange(data + ",\"paging\":{\"cursors\":{}}}").next, "");
  EXPECT_EQ(Exchange(data + ",\"paging\":null}").next, "");
  EXPECT_EQ(Exchange(data + ",\"paging\":{\"next\":null}}").next, "");
  EXPECT_EQ(Exchange("{\"data\":[]}").records, 0u);
}

TEST_F(PageTest, NothingElsePassesForAnEmptyThreatExchangePage) {
  const FeedKind kind = FeedKind::kThreatExchange;
  for (const char* bad :
       {"", "{}", "[]", "null", "{\"data\":null}", "{\"data\":{}}",
        "{\"error\":{\"message\":\"no\",\"code\":190}}",
        "{\"data\":[],\"error\":{\"message\":\"no\"}}", "{\"data\":[]",
        "{\"data\":[{\"id\":\"1\"}", "{\"data\":[],\"paging\":7}",
        "{\"data\":[],\"paging\":{\"next\":7}}",
        "{\"data\":[],\"paging\":{}}{\"data\":[],\"paging\":{}}",
        "<html></html>"}) {
    Refused(kind, bad);
  }
}

// Damage may leave a page whole, but never makes one of nothing and never
// reaches a message.
TEST_F(PageTest, DamageIsNoticedOrHarmless) {
  std::mt19937_64 random(testing::TestSeed());
  const std::string page =
      NcmecPage(Image("a", "a") + Deleted("b"), "/v2/entries?start=1");
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = page;
    for (int times = 0; times < 3; ++times) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const auto facts = Read(FeedKind::kNcmec, damaged);
    if (facts.ok()) {
      EXPECT_LE(facts->records, 9u);  // Their children may become some.
    } else {
      EXPECT_EQ(facts.status().code(), StatusCode::kDataLoss);
      EXPECT_THAT(facts.status().message(), Not(HasSubstr(Md5HexOf("a"))));
    }
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace kenal::feed
