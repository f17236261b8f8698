// Shares of counts, and what they leave open: exact (Clopper-Pearson) bounds at
// 95 % confidence. Pure functions.
//
// Source: Clopper and Pearson, Biometrika 26 (1934); the continued fraction is
// Lentz's (Press et al., Numerical Recipes, "Incomplete Beta Function").
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_STATISTICS_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_STATISTICS_H_

#include <cstdint>
#include <string>

namespace kenal::cli {

struct Interval {
  double low = 0;
  double high = 1;
};

// The share that is at most so large: were it larger, so few hits or fewer
// would be seen in under 5 % of such counts. 0 of N gives about 3 / N; 1 when
// all are hits or nothing was counted.
// hits  at most `count`.
double ShareAtMost(uint64_t hits, uint64_t count);

// The share is within this: outside of it, a count so far off to either side
// is seen in under 2.5 % each. 0 to 1 when nothing was counted.
Interval ShareWithin(uint64_t hits, uint64_t count);

// P(X <= x) of the Beta distribution; a, b > 0 and 0 <= x <= 1.
double BetaBelow(double a, double b, double x);

// "0.26 %": two figures that say something, of a share.
std::string Percent(double share);

// "0 of 1,153, at most 0.26 % with 95 % confidence".
std::string CountAtMost(uint64_t hits, uint64_t count);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_STATISTICS_H_
