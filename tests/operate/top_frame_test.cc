// What `kenal top` shows: the right numbers, within the window, whatever the
// server says.
#include "tools/kenal/top_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "src/exchange/text.h"
#include "src/operate/metrics.h"
#include "tests/support/support.h"

namespace kenal::cli {
namespace {

using identity::Method;
using identity::WorkClass;
using ::kenal::testing::TestSeed;
using operate::Metrics;
using operate::Page;
using ::testing::HasSubstr;
using ::testing::Not;

Page Parsed(const std::string& text) {
  auto page = operate::ParsePrometheusText(text);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : Page();
}

// A server with so many lists that has done a little.
std::unique_ptr<Metrics> Busy(size_t lists) {
  auto metrics = Metrics::Make();
  operate::Gauges gauges;
  gauges.serving = true;
  gauges.log_sequence = 1234;
  gauges.index_sequence = 1230;
  gauges.watchers = 3;
  gauges.queued = {5, 6, 7};
  for (size_t i = 0; i < lists; ++i) {
    gauges.lists.push_back({.list = "a list with a long name, that of number " +
                                    std::to_string(i) + " \xE5\x9B\xBE",
                            .entries = 1'000'000 + i});
  }
  metrics->SetGauges([gauges] { return gauges; });
  for (int stage = 0; stage < 4; ++stage) {
    for (int work = 0; work < 3; ++work) {
      metrics->Took(static_cast<operate::Stage>(stage),
                    static_cast<WorkClass>(work),
                    std::chrono::microseconds(750));
    }
  }
  for (int reason = 0; reason < 7; ++reason) {
    metrics->Refused(static_cast<operate::Refusal>(reason), WorkClass::kLive);
  }
  metrics->Answered(Method::kMatch, StatusCode::kUnavailable);
  return metrics;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void ExpectFits(const TopView& view, size_t columns, size_t rows) {
  const auto lines = TopFrame(view, columns, rows);
  EXPECT_LE(lines.size(), rows);
  EXPECT_FALSE(lines.empty());
  for (const std::string& line : lines) {
    EXPECT_LE(exchange::DisplayWidth(line), columns) << line;
    EXPECT_EQ(exchange::ForDisplay(line), line);
  }
}

TEST(TopFrame, FitsEveryWindow) {
  TopView view{.server = "unix:/a/long/path/to/a/socket/of/kenal.sock"};
  view.now = Parsed(Busy(40)->Text());
  for (const bool away : {false, true}) {
    if (away) view.trouble = std::string(500, 'x') + "\n\x1B[2J";
    for (const auto& [columns, rows] :
         {std::pair<size_t, size_t>{80, 24}, {40, 10}, {200, 60}, {1, 1}}) {
      ExpectFits(view, columns, rows);
    }
  }
}

TEST(TopFrame, SaysWhatDoesNotFit) {
  TopView view{.now = Parsed(Busy(40)->Text())};
  const size_t all = TopFrame(view, 80, 0).size();
  EXPECT_EQ(TopFrame(view, 80, all).size(), all);
  EXPECT_THAT(Joined(TopFrame(view, 80, all)), Not(HasSubstr("more lines")));
  const auto cut = TopFrame(view, 80, 24);
  EXPECT_EQ(cut.size(), 24u);
  EXPECT_THAT(cut.back(),
              HasSubstr("... " + std::to_string(all - 23) + " more lines"));
}

TEST(TopFrame, ShowsTotalsWithoutAPageBefore) {
  const auto metrics = Busy(2);
  metrics->Items(WorkClass::kBulk, 1'234'567);
  const std::string text = Joined(
      TopFrame({.server = "s", .now = Parsed(metrics->Text())}, 200, 60));
  for (const char* part :
       {"kenal at s\nserver    serving   up 0s   ", "totals since its start",
        "bulk 1,234,567", "live 5   bulk 6   maintenance 7", "queue_full 1",
        "too_large 1", "lag 4 changes", "watchers 3", "UNAVAILABLE 1",
        "1,000,001"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("/s ")));
}

TopView TwoPages(const std::string& before, double up_before,
                 const std::string& now, double up_now) {
  const auto up = [](double value) {
    return "kenal_uptime_seconds " + std::to_string(value) + "\n";
  };
  return {.server = "s",
          .now = Parsed(now + up(up_now)),
          .before = Parsed(before + up(up_before))};
}

TEST(TopFrame, ShowsRatesSinceThePageBefore) {
  const TopView view = TwoPages(
      "kenal_items_total{class=\"live\"} 100\n"
      "kenal_hits_total{list=\"a\",tier=\"match\",shadow=\"false\"} 5\n",
      10,
      "kenal_items_total{class=\"live\"} 3100\n"
      "kenal_hits_total{list=\"a\",tier=\"match\",shadow=\"false\"} 10\n"
      "kenal_hits_total{list=\"b\",tier=\"match\",shadow=\"true\"} 60\n",
      12);
  const std::string text = Joined(TopFrame(view, 100, 60));
  EXPECT_THAT(text, HasSubstr("rates of 2.0 s"));
  EXPECT_THAT(text, HasSubstr("live 1,500/s"));
  EXPECT_THAT(text, ::testing::ContainsRegex("a +2.5/s +0.0/s"));
  EXPECT_THAT(text, ::testing::ContainsRegex("b +0.0/s +30/s"));
  // The list that is met most comes first.
  EXPECT_LT(text.find("30/s"), text.find("2.5/s"));
  EXPECT_THAT(TopJson(view), HasSubstr("\"per_second\":1500.0"));
}

TEST(TopFrame, AServerThatWasStartedAnewHasTotals) {
  const TopView view = TwoPages("kenal_items_total{class=\"live\"} 100\n", 10,
                                "kenal_items_total{class=\"live\"} 7\n", 1);
  const std::string text = Joined(TopFrame(view, 100, 60));
  EXPECT_THAT(text, HasSubstr("live 7 "));
  EXPECT_THAT(text, HasSubstr("totals since its start"));
}

TEST(TopFrame, WithoutAPageItSaysWhy) {
  const TopView view{.server = "s", .trouble = "trying again: nobody answers"};
  EXPECT_THAT(Joined(TopFrame(view, 80, 24)), HasSubstr("nobody answers"));
}

// Pages with random numbers, bytes and labels: nothing escapes the window.
TEST(TopFrame, HostilePagesFitToo) {
  std::mt19937_64 random(TestSeed());
  const std::string good = Busy(5)->Text();
  constexpr const char* kValues[] = {"NaN",   "+Inf",   "-Inf", "-1",
                                     "1e308", "-1e308", "1e18", "0.1"};
  int shown = 0;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (size_t at = 0; at < good.size();) {
      const size_t end = good.find('\n', at);
      std::string line = good.substr(at, end - at);
      at = end + 1;
      if (line.starts_with('#') || random() % 4 == 0) continue;
      if (random() % 8 == 0) {
        line = line.substr(0, line.rfind(' ') + 1) + kValues[random() % 8];
      }
      if (random() % 50 == 0) {
        line[random() % line.size()] = static_cast<char>(random());
      }
      text += line + "\n";
    }
    const auto page = operate::ParsePrometheusText(text);
    if (!page.ok()) continue;
    ++shown;
    TopView view{.server = "s", .now = *page};
    if (random() % 2 == 0) view.before = Parsed(good);
    ExpectFits(view, 1 + random() % 120, 1 + random() % 50);
    EXPECT_FALSE(TopJson(view).empty());
  }
  EXPECT_GT(shown, 0);
}

}  // namespace
}  // namespace kenal::cli
