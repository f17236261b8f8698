// Reads pages of metrics in the text format 0.0.4: what Metrics::Text writes.
#ifndef KENAL_SRC_OPERATE_PROMETHEUS_TEXT_H_
#define KENAL_SRC_OPERATE_PROMETHEUS_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::operate {

struct Sample {
  std::string name;  // "kenal_stage_seconds_bucket"
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
};

struct Page {
  static constexpr size_t kBytesMax = size_t{16} << 20;
  using Wanted = std::map<std::string_view, std::string_view>;

  std::vector<Sample> samples;  // in the order of the page

  // Of all samples of that name that have these labels. 0: there are none.
  double Sum(std::string_view name, const Wanted& wanted = {}) const;
  // The values of one label among the samples of a name, sorted.
  std::vector<std::string> Values(std::string_view name,
                                  std::string_view label) const;
};

// Errors: kInvalidArgument names the line.
StatusOr<Page> ParsePrometheusText(std::string_view text);

// What a share of the values of a histogram does not exceed, between two
// pages: interpolated within a bucket, the last bound beyond it. `before` may
// be empty. -1: there are no values. `name` without "_bucket".
double Quantile(const Page& page, const Page& before, std::string_view name,
                const Page::Wanted& wanted, double share);

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_PROMETHEUS_TEXT_H_
