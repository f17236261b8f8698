// Pages of metrics are read as they were meant, whatever they hold.
#include "src/operate/prometheus_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "src/operate/metrics.h"
#include "tests/support/support.h"

namespace kenal::operate {
namespace {

using identity::WorkClass;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Page Parsed(std::string_view text) {
  auto page = ParsePrometheusText(text);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : Page();
}

std::string Number(double value) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.17g", value);
  return text;
}

// The page again, written plainly.
std::string Written(const Page& page) {
  std::string text;
  for (const Sample& sample : page.samples) {
    text += sample.name;
    std::string labels;
    for (const auto& [name, value] : sample.labels) {
      labels += (labels.empty() ? "" : ",") + name + "=\"";
      for (const char c : value) {
        if (c == '\n') {
          labels += "\\n";
        } else {
          if (c == '"' || c == '\\') labels += '\\';
          labels += c;
        }
      }
      labels += '"';
    }
    if (!labels.empty()) text += "{" + labels + "}";
    const double value = sample.value;
    text += " ";
    text += std::isnan(value)   ? "NaN"
            : std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf")
                                : Number(value);
    text += "\n";
  }
  return text;
}

bool Same(const Page& a, const Page& b) {
  return std::equal(a.samples.begin(), a.samples.end(), b.samples.begin(),
                    b.samples.end(), [](const Sample& x, const Sample& y) {
                      const bool value =
                          x.value == y.value ||
                          (std::isnan(x.value) && std::isnan(y.value));
                      return x.name == y.name && x.labels == y.labels && value;
                    });
}

TEST(PrometheusTextTest, EveryLineOfOurOwnPageIsRead) {
  const auto metrics = Metrics::Make();
  metrics->SetGauges([] {
    Gauges gauges;
    gauges.lists = {{.list = "a \"b\"\\\n", .entries = 3}};
    return gauges;
  });
  metrics->Took(Stage::kTotal, WorkClass::kLive, std::chrono::milliseconds(3));
  const std::string text = metrics->Text();
  const Page page = Parsed(text);
  size_t lines = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    lines += text[at] != '#' && text[at] != '\n';
  }
  EXPECT_GT(lines, 300u);
  EXPECT_EQ(page.samples.size(), lines);
  EXPECT_TRUE(Same(Parsed(Written(page)), page));
}

TEST(PrometheusTextTest, SpecialValuesTimeStampsAndCommentsAreRead) {
  const Page page = Parsed(
      "# HELP a text\n\na 1 1700000000000\nb{} +Inf\nc{x=\"1\",} -2.5e3\n"
      "d NaN");
  ASSERT_EQ(page.samples.size(), 4u);
  EXPECT_EQ(page.Sum("a"), 1);
  EXPECT_TRUE(std::isinf(page.Sum("b")));
  EXPECT_EQ(page.Sum("c", {{"x", "1"}}), -2500);
  EXPECT_EQ(page.Sum("c", {{"x", "2"}}), 0);
  EXPECT_TRUE(std::isnan(page.Sum("d")));
}

TEST(PrometheusTextTest, ABrokenLineIsNamed) {
  for (const char* line :
       {"a", "a ", "a x", "a{ 1", "a{x} 1", "a{x=1} 1", "a{x=\"1} 1",
        "a{x=\"1\\", "a{x=\"1\"y=\"2\"} 1", "a{x=\"1\",x=\"2\"} 1", " 1",
        "{x=\"1\"} 1", "a 1e999", "a 1x", "a{x=\"1\"}1"}) {
    const Status status =
        ParsePrometheusText("ok 1\n" + std::string(line) + "\nok 2\n").status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 2")) << line;
  }
}

TEST(PrometheusTextTest, APageBeyondTheBoundIsRefused) {
  const std::string text(Page::kBytesMax + 1, '\n');
  EXPECT_EQ(ParsePrometheusText(text).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(ParsePrometheusText(std::string_view(text).substr(1)).ok());
}

// What is taken from any text is taken again from what it is written as.
TEST(PrometheusTextTest, HostileTextIsRefusedOrReadTheSameTwice) {
  std::mt19937_64 random(TestSeed());
  const std::string good = Metrics::Make()->Text();
  constexpr std::string_view kBytes = "a1_:{}=\",\\n\n \x80+-.eINf#";
  int read = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    if (round % 2 == 0) {
      text = good.substr(random() % good.size(), random() % 2000);
      for (uint64_t i = random() % 5; i > 0 && !text.empty(); --i) {
        text[random() % text.size()] = kBytes[random() % kBytes.size()];
      }
    } else {
      for (uint64_t i = random() % 30; i > 0; --i) {
        text += kBytes[random() % kBytes.size()];
      }
    }
    const auto page = ParsePrometheusText(text);
    if (!page.ok()) continue;
    ++read;
    EXPECT_LE(page->samples.size(), text.size());
    const auto again = ParsePrometheusText(Written(*page));
    ASSERT_TRUE(again.ok()) << text << "\n" << again.status();
    EXPECT_TRUE(Same(*again, *page)) << text;
    for (const double share : {0.0, 0.5, 1.0}) {
      EXPECT_FALSE(std::isnan(
          Quantile(*page, Page(), "kenal_stage_seconds", {}, share)));
    }
  }
  EXPECT_GT(read, 100);
}

TEST(PrometheusTextTest, ValuesAreSortedAndComeOnce) {
  const Page page =
      Parsed("a{x=\"2\"} 1\na{x=\"1\"} 1\na{x=\"2\",y=\"1\"} 1\n");
  EXPECT_THAT(page.Values("a", "x"), ElementsAre("1", "2"));
  EXPECT_THAT(page.Values("a", "z"), ElementsAre());
}

// The values of one bucket are spread within its bounds: so far off a quantile
// may be and no further.
TEST(QuantileTest, LiesInTheBucketOfTheExactQuantile) {
  std::mt19937_64 random(TestSeed());
  const auto metrics = Metrics::Make();
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) {
    const auto ns = static_cast<int64_t>(
        std::exp(std::normal_distribution<double>(14.5, 1.2)(random)));
    metrics->Took(Stage::kTotal, WorkClass::kLive,
                  std::chrono::nanoseconds(ns));
    values.push_back(static_cast<double>(ns) / 1e9);
  }
  std::sort(values.begin(), values.end());
  const Page page = Parsed(metrics->Text());
  std::vector<double> bounds = {0};
  for (const auto& le : page.Values("kenal_stage_seconds_bucket", "le")) {
    if (le != "+Inf") bounds.push_back(std::stod(le));
  }
  std::sort(bounds.begin(), bounds.end());
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const double exact =
        values[static_cast<size_t>(std::ceil(share * 5000)) - 1];
    const auto above = std::lower_bound(bounds.begin(), bounds.end(), exact);
    ASSERT_NE(above, bounds.end());
    const double found =
        Quantile(page, Page(), "kenal_stage_seconds",
                 {{"stage", "total"}, {"class", "live"}}, share);
    EXPECT_GE(found, *(above - 1)) << share;
    EXPECT_LE(found, *above) << share;
  }
}

TEST(QuantileTest, CountsOnlyWhatCameSinceThePageBefore) {
  const auto metrics = Metrics::Make();
  const auto take = [&](int count, int ms) {
    for (int i = 0; i < count; ++i) {
      metrics->Took(Stage::kTotal, WorkClass::kLive,
                    std::chrono::milliseconds(ms));
    }
  };
  take(1000, 1);
  const Page before = Parsed(metrics->Text());
  take(10, 40);
  const Page after = Parsed(metrics->Text());
  EXPECT_LE(Quantile(after, Page(), "kenal_stage_seconds", {}, 0.5), 0.001);
  EXPECT_GT(Quantile(after, before, "kenal_stage_seconds", {}, 0.5), 0.02);
  EXPECT_EQ(Quantile(after, after, "kenal_stage_seconds", {}, 0.5), -1);
}

TEST(QuantileTest, BeyondTheLastBoundIsTheLastBound) {
  const auto metrics = Metrics::Make();
  metrics->Took(Stage::kTotal, WorkClass::kLive, std::chrono::hours(1));
  EXPECT_EQ(
      Quantile(Parsed(metrics->Text()), Page(), "kenal_stage_seconds", {}, 0.5),
      10);
}

}  // namespace
}  // namespace kenal::operate
