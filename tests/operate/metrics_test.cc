// The metrics page: everything counted is on it with the right value, nothing
// is lost between threads, and nothing grows without end.
#include "src/operate/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "src/operate/counters.h"
#include "src/operate/prometheus_text.h"
#include "tests/support/support.h"

namespace kenal::operate {
namespace {

using identity::Method;
using identity::WorkClass;
using ::kenal::testing::TestSeed;
using std::chrono::nanoseconds;

constexpr WorkClass kClasses[] = {WorkClass::kLive, WorkClass::kBulk,
                                  WorkClass::kMaintenance};
constexpr std::string_view kStages[] = {"queue", "decode", "search", "total"};

Page PageOf(const Metrics& metrics) {
  auto page = ParsePrometheusText(metrics.Text());
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : Page();
}

Answer HitOn(const std::string& list, Tier tier = Tier::kMatch,
             bool shadow = false) {
  Answer answer;
  answer.verdict = Verdict::kNear;
  answer.matches = {{.list = list, .tier = tier, .shadow = shadow}};
  return answer;
}

TEST(MetricsTest, EachMethodAndCodeIsCountedByItself) {
  const auto metrics = Metrics::Make();
  double expected = 0;
  for (const identity::MethodRow& row : identity::Methods()) {
    for (int code = 0; code <= 16; ++code) {
      const auto times = static_cast<int>(row.method) * 17 + code + 1;
      for (int i = 0; i < times; ++i) {
        metrics->Answered(row.method, static_cast<StatusCode>(code));
      }
      expected += times;
    }
  }
  const Page page = PageOf(*metrics);
  for (const identity::MethodRow& row : identity::Methods()) {
    for (int code = 0; code <= 16; ++code) {
      const std::string name =
          absl::StatusCodeToString(static_cast<StatusCode>(code));
      EXPECT_EQ(page.Sum("kenal_requests_total",
                         {{"method", row.name}, {"code", name}}),
                static_cast<int>(row.method) * 17 + code + 1)
          << row.name << " " << name;
    }
  }
  EXPECT_EQ(page.Sum("kenal_requests_total"), expected);
}

TEST(MetricsTest, EachRefusalIsCountedByReasonAndClass) {
  const auto metrics = Metrics::Make();
  for (size_t reason = 0; reason < kRefusalCount; ++reason) {
    for (const WorkClass work : kClasses) {
      for (size_t i = 0; i <= reason * 3 + static_cast<size_t>(work); ++i) {
        metrics->Refused(static_cast<Refusal>(reason), work);
      }
    }
  }
  const Page page = PageOf(*metrics);
  EXPECT_EQ(page.Values("kenal_refusals_total", "reason").size(),
            kRefusalCount);
  for (size_t reason = 0; reason < kRefusalCount; ++reason) {
    for (const WorkClass work : kClasses) {
      EXPECT_EQ(
          page.Sum("kenal_refusals_total",
                   {{"reason", RefusalName(static_cast<Refusal>(reason))},
                    {"class", WorkClassName(work)}}),
          static_cast<double>(reason * 3 + static_cast<size_t>(work) + 1));
    }
  }
}

TEST(MetricsTest, VerdictsHitsItemsAndAlertsAreCounted) {
  const auto metrics = Metrics::Make();
  for (int verdict = 1; verdict <= 5; ++verdict) {
    Answer answer;
    answer.verdict = static_cast<Verdict>(verdict);
    for (int i = 0; i < verdict; ++i) metrics->Gave(answer);
  }
  Answer mixed = HitOn("a");
  mixed.matches.push_back({.list = "a", .tier = Tier::kReview});
  mixed.matches.push_back({.list = "b", .tier = Tier::kReview, .shadow = true});
  mixed.matches.push_back({.list = "a", .tier = Tier::kReview});
  metrics->Gave(mixed);
  metrics->Items(WorkClass::kBulk, 256);
  metrics->Items(WorkClass::kLive, 1);
  metrics->FloodAlert("b");
  metrics->FloodAlert("b");
  const Page page = PageOf(*metrics);
  for (int verdict = 1; verdict <= 5; ++verdict) {
    const auto value = static_cast<Verdict>(verdict);
    EXPECT_EQ(
        page.Sum("kenal_verdicts_total", {{"verdict", VerdictName(value)}}),
        verdict + (value == Verdict::kNear ? 1 : 0));
  }
  const auto hits = [&](std::string_view list, std::string_view tier,
                        std::string_view shadow) {
    return page.Sum("kenal_hits_total",
                    {{"list", list}, {"tier", tier}, {"shadow", shadow}});
  };
  EXPECT_EQ(hits("a", "match", "false"), 1);
  EXPECT_EQ(hits("a", "review", "false"), 2);
  EXPECT_EQ(hits("b", "review", "true"), 1);
  EXPECT_EQ(page.Sum("kenal_hits_total"), 4);
  EXPECT_EQ(page.Sum("kenal_items_total", {{"class", "bulk"}}), 256);
  EXPECT_EQ(page.Sum("kenal_items_total"), 257);
  EXPECT_EQ(page.Sum("kenal_flood_alerts_total", {{"list", "b"}}), 2);
}

// Against the sums and counts of the values themselves.
TEST(MetricsTest, HistogramsHoldWhatTheyWereGiven) {
  constexpr uint64_t kNsMost = (uint64_t{1} << 36) - 1;
  std::mt19937_64 random(TestSeed());
  const auto metrics = Metrics::Make();
  std::map<std::pair<size_t, size_t>, std::vector<double>> given;
  for (int i = 0; i < 20'000; ++i) {
    const size_t stage = random() % kStageCount;
    const size_t work = random() % identity::kWorkClassCount;
    const uint64_t ns = (random() & kNsMost) >> (random() % 36);
    metrics->Took(static_cast<Stage>(stage), kClasses[work],
                  nanoseconds(static_cast<int64_t>(ns)));
    given[{stage, work}].push_back(static_cast<double>(ns) / 1e9);
  }
  const Page page = PageOf(*metrics);
  for (const auto& [key, values] : given) {
    const Page::Wanted wanted = {
        {"stage", kStages[key.first]},
        {"class", WorkClassName(kClasses[key.second])}};
    double sum = 0;
    for (const double value : values) sum += value;
    EXPECT_EQ(page.Sum("kenal_stage_seconds_count", wanted),
              static_cast<double>(values.size()));
    EXPECT_NEAR(page.Sum("kenal_stage_seconds_sum", wanted), sum, sum * 1e-4);
    for (const std::string& le :
         page.Values("kenal_stage_seconds_bucket", "le")) {
      Page::Wanted bucket = wanted;
      bucket.emplace("le", le);
      const double bound = le == "+Inf" ? 1e300 : std::stod(le);
      const auto below = std::count_if(
          values.begin(), values.end(),
          [&](double value) { return value <= bound * (1 + 1e-12); });
      EXPECT_EQ(page.Sum("kenal_stage_seconds_bucket", bucket),
                static_cast<double>(below))
          << kStages[key.first] << " up to " << le;
    }
  }
}

TEST(MetricsTest, BatchesAreCountedByTheirSize) {
  const auto metrics = Metrics::Make();
  for (size_t size = 0; size <= 2000; ++size) metrics->Batched(size);
  const Page page = PageOf(*metrics);
  EXPECT_EQ(page.Sum("kenal_batch_size_count"), 2001);
  EXPECT_EQ(page.Sum("kenal_batch_size_sum"), 2000 * 2001 / 2);
  EXPECT_EQ(page.Sum("kenal_batch_size_bucket", {{"le", "64"}}), 65);
  EXPECT_EQ(page.Sum("kenal_batch_size_bucket", {{"le", "1024"}}), 1025);
}

TEST(MetricsTest, TimesThatRanBackwardsCountAsNone) {
  const auto metrics = Metrics::Make();
  metrics->Took(Stage::kQueue, WorkClass::kLive, nanoseconds(-5));
  const Page page = PageOf(*metrics);
  EXPECT_EQ(page.Sum("kenal_stage_seconds_count"), 1);
  EXPECT_EQ(page.Sum("kenal_stage_seconds_sum"), 0);
}

TEST(MetricsTest, GaugesAreReadWithEveryPage) {
  const auto metrics = Metrics::Make();
  Gauges gauges;
  metrics->SetGauges([&] { return gauges; });
  EXPECT_EQ(PageOf(*metrics).Sum("kenal_serving"), 0);
  gauges.index_sequence = 7;
  gauges.log_sequence = 10;
  gauges.decoder_deaths = 3;
  gauges.watchers = 4;
  gauges.streams = 5;
  gauges.log_lines_dropped = 6;
  gauges.serving = true;
  gauges.queued = {11, 12, 13};
  gauges.lists = {{.list = "a", .entries = 21}, {.list = "b", .entries = 22}};
  const Page page = PageOf(*metrics);
  EXPECT_EQ(page.Sum("kenal_index_sequence"), 7);
  EXPECT_EQ(page.Sum("kenal_log_sequence"), 10);
  EXPECT_EQ(page.Sum("kenal_index_lag_changes"), 3);
  EXPECT_EQ(page.Sum("kenal_decoder_deaths_total"), 3);
  EXPECT_EQ(page.Sum("kenal_watchers"), 4);
  EXPECT_EQ(page.Sum("kenal_streams"), 5);
  EXPECT_EQ(page.Sum("kenal_log_lines_dropped_total"), 6);
  EXPECT_EQ(page.Sum("kenal_serving"), 1);
  for (size_t i = 0; i < std::size(kClasses); ++i) {
    EXPECT_EQ(
        page.Sum("kenal_queued_items", {{"class", WorkClassName(kClasses[i])}}),
        static_cast<double>(gauges.queued[i]));
  }
  EXPECT_EQ(page.Sum("kenal_list_entries", {{"list", "a"}}), 21);
  EXPECT_EQ(page.Sum("kenal_list_entries", {{"list", "b"}}), 22);
  EXPECT_GT(page.Sum("kenal_list_age_seconds", {{"list", "a"}}), 1e9);
  EXPECT_GT(page.Sum("kenal_resident_bytes"), 1e6);
  EXPECT_GT(page.Sum("kenal_open_descriptors"), 2);
  EXPECT_EQ(page.Sum("kenal_build_info"), 1);
  EXPECT_EQ(page.Values("kenal_build_info", "version").size(), 1u);
}

// An index read a moment after the log never makes a lag below nothing.
TEST(MetricsTest, AnIndexAheadOfTheLogHasNoLag) {
  const auto metrics = Metrics::Make();
  metrics->SetGauges([] {
    Gauges gauges;
    gauges.index_sequence = 11;
    gauges.log_sequence = 10;
    return gauges;
  });
  EXPECT_EQ(PageOf(*metrics).Sum("kenal_index_lag_changes"), 0);
}

TEST(MetricsTest, CountingFromManyThreadsLosesNothing) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 5000;
  const auto metrics = Metrics::Make();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < kRounds; ++i) {
        metrics->Took(Stage::kSearch, WorkClass::kLive, nanoseconds(i));
        metrics->Answered(Method::kMatch, StatusCode::kOk);
        metrics->Refused(Refusal::kQuota, WorkClass::kBulk);
        metrics->Gave(HitOn("list" + std::to_string(i % 50)));
        metrics->Items(WorkClass::kLive, 2);
        metrics->Batched(3);
        metrics->FloodAlert("list" + std::to_string(i % 7));
        if (i % 1000 != 0) continue;
        EXPECT_FALSE(metrics->Text().empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Page page = PageOf(*metrics);
  constexpr double kAll = kThreads * kRounds;
  EXPECT_EQ(page.Sum("kenal_stage_seconds_count"), kAll);
  EXPECT_EQ(page.Sum("kenal_requests_total"), kAll);
  EXPECT_EQ(page.Sum("kenal_refusals_total"), kAll);
  EXPECT_EQ(page.Sum("kenal_verdicts_total"), kAll);
  EXPECT_EQ(page.Sum("kenal_hits_total"), kAll);
  EXPECT_EQ(page.Sum("kenal_hits_total", {{"list", "list49"}}), kAll / 50);
  EXPECT_EQ(page.Sum("kenal_items_total"), kAll * 2);
  EXPECT_EQ(page.Sum("kenal_batch_size_count"), kAll);
  EXPECT_EQ(page.Sum("kenal_flood_alerts_total"), kAll);
}

TEST(MetricsTest, NamesOfListsCannotForgeALineOrALabel) {
  const std::string name = "a\"} 5\nkenal_forged_total 7\n\\{x=\"y\\";
  const auto metrics = Metrics::Make();
  metrics->Gave(HitOn(name));
  metrics->FloodAlert(name);
  metrics->SetGauges([&] {
    Gauges gauges;
    gauges.lists = {{.list = name, .entries = 3}};
    return gauges;
  });
  const Page page = PageOf(*metrics);
  EXPECT_EQ(page.Sum("kenal_hits_total", {{"list", name}}), 1);
  EXPECT_EQ(page.Sum("kenal_flood_alerts_total", {{"list", name}}), 1);
  EXPECT_EQ(page.Sum("kenal_list_entries", {{"list", name}}), 3);
  EXPECT_EQ(page.Sum("kenal_forged_total"), 0);
}

// Names that come and go for years.
TEST(MetricsTest, ListsBeyondTheBoundAreCountedTogether) {
  constexpr size_t kMore = 1000;
  constexpr size_t kNames = CountsByName<1>::kNamesMax + kMore;
  const auto metrics = Metrics::Make();
  for (size_t i = 0; i < kNames; ++i) {
    metrics->Gave(HitOn("list" + std::to_string(i)));
    metrics->FloodAlert("list" + std::to_string(i));
  }
  const Page page = PageOf(*metrics);
  const Page::Wanted others = {{"list", CountsByName<1>::kOthers}};
  for (const char* name : {"kenal_hits_total", "kenal_flood_alerts_total"}) {
    EXPECT_EQ(page.Values(name, "list").size(), CountsByName<1>::kNamesMax + 1);
    EXPECT_EQ(page.Sum(name, others), kMore);
    EXPECT_EQ(page.Sum(name), kNames);
  }
}

}  // namespace
}  // namespace kenal::operate
