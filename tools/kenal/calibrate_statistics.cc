#include "tools/kenal/calibrate_statistics.h"

#include <cmath>
#include <cstdio>

#include "src/base/check.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr double kOneSided = 0.05;
constexpr double kEachSide = 0.025;

// Enough for every bit of a double, whatever is asked.
constexpr int kHalvings = 200;
// Terms grow with the root of the larger parameter; this is for 10^9.
constexpr int kTermsMax = 200'000;
constexpr double kTiny = 1e-300;
constexpr double kClose = 1e-15;

double AwayFromZero(double value) {
  return std::fabs(value) < kTiny ? kTiny : value;
}

// The continued fraction of the incomplete beta function; it converges fast
// for x < (a + 1) / (a + b + 2).
double Fraction(double a, double b, double x) {
  double c = 1;
  double d = 1 / AwayFromZero(1 - (a + b) * x / (a + 1));
  double value = d;
  const auto step = [&](double term) {
    d = 1 / AwayFromZero(1 + term * d);
    c = AwayFromZero(1 + term / c);
    value *= c * d;
    return c * d;
  };
  for (int i = 1; i <= kTermsMax; ++i) {
    const double m = i;
    step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    const double change =
        step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::fabs(change - 1) < kClose) break;
  }
  return value;
}

// The x where P(X <= x) is `probability`.
double BetaQuantile(double a, double b, double probability) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    (BetaBelow(a, b, middle) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

double Upper(uint64_t hits, uint64_t count, double tail) {
  KENAL_CHECK(hits <= count);
  if (hits == count) return 1;
  return BetaQuantile(static_cast<double>(hits) + 1,
                      static_cast<double>(count - hits), 1 - tail);
}

double Lower(uint64_t hits, uint64_t count, double tail) {
  KENAL_CHECK(hits <= count);
  if (hits == 0) return 0;
  return BetaQuantile(static_cast<double>(hits),
                      static_cast<double>(count - hits) + 1, tail);
}

}  // namespace

double BetaBelow(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
               a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * Fraction(a, b, x) / a;
  return 1 - front * Fraction(b, a, 1 - x) / b;
}

double ShareAtMost(uint64_t hits, uint64_t count) {
  return Upper(hits, count, kOneSided);
}

Interval ShareWithin(uint64_t hits, uint64_t count) {
  return {.low = Lower(hits, count, kEachSide),
          .high = Upper(hits, count, kEachSide)};
}

std::string Percent(double share) {
  const double percent = 100 * share;
  int digits = percent >= 10 ? 1 : 2;
  for (double at = percent; at > 0 && at < 0.1 && digits < 8; at *= 10) {
    ++digits;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %%", digits, percent);
  return text;
}

std::string CountAtMost(uint64_t hits, uint64_t count) {
  return Count(hits) + " of " + Count(count) + ", at most " +
         Percent(ShareAtMost(hits, count)) + " with 95 % confidence";
}

}  // namespace kenal::cli
