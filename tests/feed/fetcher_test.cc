#include "src/feed/fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/support.h"

namespace kenal::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Plays answers, the last one for ever.
class Answers : public Transport {
 public:
  explicit Answers(std::vector<StatusOr<Response>> answers)
      : answers_(std::move(answers)) {}
  StatusOr<Response> Get(const Request&, Spool&) override {
    return answers_[std::min(asked++, answers_.size() - 1)];
  }
  size_t asked = 0;

 private:
  const std::vector<StatusOr<Response>> answers_;
};

class FetcherTest : public ::testing::Test {
 protected:
  Status Fetch(std::vector<StatusOr<Response>> answers) {
    Answers transport(std::move(answers));
    waits_.clear();
    Fetcher fetcher(
        transport,
        [this](int64_t seconds) {
          waits_.push_back(seconds);
          return waits_.size() < stop_at_;
        },
        [](const std::string&) {});
    auto body = Spool::Make(folder_.path());
    EXPECT_TRUE(body.ok());
    const Status status = fetcher.Fetch({}, *body).status();
    asked_ = transport.asked;
    return status;
  }

  static Response Of(int status) { return {.status = status}; }

  const testing::TempDir folder_;
  std::vector<int64_t> waits_;
  size_t asked_ = 0;
  size_t stop_at_ = 1000;
};

TEST_F(FetcherTest, TriesAgainAfterWhatMayPass) {
  EXPECT_TRUE(Fetch({Of(200)}).ok());
  EXPECT_THAT(waits_, ElementsAre());
  for (const int passing : {408, 429, 500, 502, 503, 504, 520}) {
    EXPECT_TRUE(Fetch({Of(passing), Of(passing), Of(200)}).ok()) << passing;
    EXPECT_THAT(waits_, ElementsAre(1, 2));
  }
  EXPECT_TRUE(Fetch({Unavailable("broke"), Of(200)}).ok());
}

TEST_F(FetcherTest, WaitsAsLongAsItIsAskedTo) {
  const Response busy{.status = 429, .retry_after_s = 30};
  EXPECT_TRUE(Fetch({busy, Of(503), Of(200)}).ok());
  EXPECT_THAT(waits_, ElementsAre(30, 2));
  const Response soon{.status = 429, .retry_after_s = 0};
  EXPECT_TRUE(Fetch({soon, Of(200)}).ok());
  EXPECT_THAT(waits_, ElementsAre(1));
  const Response long_time{.status = 503,
                           .retry_after_s = kRetryAfterSecondsMax + 1};
  const Status status = Fetch({long_time, Of(200)});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("601 s"));
  EXPECT_THAT(waits_, ElementsAre());
}

TEST_F(FetcherTest, GivesUp) {
  const Status status = Fetch({Of(503)});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("503"));
  EXPECT_EQ(asked_, static_cast<size_t>(kAttemptsMax));
  EXPECT_THAT(waits_, ElementsAre(1, 2, 4, 8, 16));
}

TEST_F(FetcherTest, EndsAtOnceWhereTryingAgainIsOfNoUse) {
  for (const auto& [status, code] :
       {std::pair{401, StatusCode::kUnauthenticated},
        {403, StatusCode::kPermissionDenied},
        {404, StatusCode::kFailedPrecondition},
        {410, StatusCode::kFailedPrecondition},
        {302, StatusCode::kFailedPrecondition},
        {204, StatusCode::kFailedPrecondition},
        {418, StatusCode::kFailedPrecondition}}) {
    const Status got = Fetch({Of(status), Of(200)});
    EXPECT_EQ(got.code(), code) << status;
    EXPECT_THAT(got.message(), HasSubstr(std::to_string(status)));
    EXPECT_EQ(asked_, 1u);
  }
  EXPECT_EQ(Fetch({FailedPrecondition("not who it should be")}).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(Fetch({ResourceExhausted("full")}).code(),
            StatusCode::kResourceExhausted);
}

TEST_F(FetcherTest, StopsWhileItWaits) {
  stop_at_ = 2;
  EXPECT_EQ(Fetch({Of(503)}).code(), StatusCode::kCancelled);
  EXPECT_EQ(asked_, 2u);
}

}  // namespace
}  // namespace kenal::feed
