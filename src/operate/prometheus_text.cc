#include "src/operate/prometheus_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

namespace kenal::operate {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == ':';
}

std::string_view TakeName(std::string_view& line) {
  size_t size = 0;
  while (size < line.size() && IsNameByte(line[size])) ++size;
  const std::string_view name = line.substr(0, size);
  line.remove_prefix(size);
  return name;
}

bool Take(std::string_view& line, char c) {
  if (!line.starts_with(c)) return false;
  line.remove_prefix(1);
  return true;
}

// After the opening quote; false when the closing one is missing.
bool TakeQuoted(std::string_view& line, std::string& out) {
  while (!line.empty() && line.front() != '"') {
    char c = line.front();
    line.remove_prefix(1);
    if (c == '\\') {
      if (line.empty()) return false;
      c = line.front() == 'n' ? '\n' : line.front();
      line.remove_prefix(1);
    }
    out += c;
  }
  return Take(line, '"');
}

bool TakeLabels(std::string_view& line, Sample& sample) {
  if (!Take(line, '{')) return true;
  while (!Take(line, '}')) {
    const std::string name(TakeName(line));
    if (name.empty() || !Take(line, '=') || !Take(line, '"')) return false;
    const auto [at, fresh] = sample.labels.try_emplace(name);
    if (!fresh || !TakeQuoted(line, at->second)) return false;
    if (!Take(line, ',') && !line.starts_with('}')) return false;
  }
  return true;
}

bool ParseValue(std::string_view text, double& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "+Inf" || text == "-Inf") {
    value = text == "+Inf" ? kInfinity : -kInfinity;
    return true;
  }
  if (text == "Nan" || text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

bool ParseSample(std::string_view line, Sample& sample) {
  sample.name = TakeName(line);
  if (sample.name.empty() || !TakeLabels(line, sample) || !Take(line, ' ')) {
    return false;
  }
  // A time stamp may follow the value.
  return ParseValue(line.substr(0, line.find(' ')), sample.value);
}

bool Has(const Sample& sample, const Page::Wanted& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto at = sample.labels.find(label.first);
    return at != sample.labels.end() && at->second == label.second;
  });
}

// Cumulative counts by upper bound.
std::map<double, double> Buckets(const Page& page, const std::string& name,
                                 const Page::Wanted& wanted) {
  std::map<double, double> buckets;
  for (const Sample& sample : page.samples) {
    if (sample.name != name || !Has(sample, wanted)) continue;
    const auto bound = sample.labels.find("le");
    double value = 0;
    if (bound == sample.labels.end() || !ParseValue(bound->second, value) ||
        std::isnan(value)) {
      continue;
    }
    buckets[value] += sample.value;
  }
  return buckets;
}

}  // namespace

double Page::Sum(std::string_view name, const Wanted& wanted) const {
  double sum = 0;
  for (const Sample& sample : samples) {
    if (sample.name == name && Has(sample, wanted)) sum += sample.value;
  }
  return sum;
}

std::vector<std::string> Page::Values(std::string_view name,
                                      std::string_view label) const {
  std::set<std::string> values;
  for (const Sample& sample : samples) {
    const auto at = sample.labels.find(label);
    if (sample.name == name && at != sample.labels.end()) {
      values.insert(at->second);
    }
  }
  return {values.begin(), values.end()};
}

StatusOr<Page> ParsePrometheusText(std::string_view text) {
  if (text.size() > Page::kBytesMax) {
    return InvalidArgument("a page of metrics is larger than " +
                           std::to_string(Page::kBytesMax) + " bytes");
  }
  Page page;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    Sample sample;
    if (!ParseSample(line, sample)) {
      return InvalidArgument("line " + std::to_string(number) +
                             " of the metrics is no sample");
    }
    page.samples.push_back(std::move(sample));
  }
  return page;
}

double Quantile(const Page& page, const Page& before, std::string_view name,
                const Page::Wanted& wanted, double share) {
  const std::string bucket_name = std::string(name) + "_bucket";
  std::map<double, double> buckets = Buckets(page, bucket_name, wanted);
  for (const auto& [bound, count] : Buckets(before, bucket_name, wanted)) {
    const auto at = buckets.find(bound);
    if (at != buckets.end()) at->second -= count;
  }
  const double total = buckets.empty() ? 0 : buckets.rbegin()->second;
  if (!(total > 0) || std::isinf(total)) return -1;
  const double rank = share * total;
  double low = 0;
  double below = 0;
  for (const auto& [bound, count] : buckets) {
    if (count >= rank && count > below) {
      if (std::isinf(bound)) return low;
      return low + (bound - low) * (rank - below) / (count - below);
    }
    below = std::max(below, count);
    if (!std::isinf(bound)) low = bound;
  }
  return low;
}

}  // namespace kenal::operate
