#include "tools/kenal/top_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <utility>

#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using exchange::DisplayPrefix;
using exchange::DisplayWidth;
using exchange::ForDisplay;
using operate::Page;
using operate::Sample;

constexpr std::array<std::string_view, 4> kStages = {"total", "queue", "decode",
                                                     "search"};
constexpr std::array<std::string_view, 3> kClasses = {"live", "bulk",
                                                      "maintenance"};
constexpr std::array<std::string_view, 5> kVerdicts = {
    "EXACT", "NEAR", "TEST", "UNAVAILABLE", "NO_KNOWN_MATCH"};
constexpr std::string_view kStageSeconds = "kenal_stage_seconds";
constexpr size_t kLabelWidth = 10;
constexpr size_t kListWidthMax = 40;

std::string Format(const char* format, double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

// What a page says may be no number, or none that a count can be.
double Finite(double value) {
  return std::isfinite(value) ? std::clamp(value, 0.0, 1e15) : 0;
}
uint64_t Whole(double value) {
  return static_cast<uint64_t>(std::llround(Finite(value)));
}

std::string TimeText(double seconds) {
  const double ms = Finite(seconds) * 1e3;
  if (seconds < 0) return "-";
  if (ms < 10) return Format("%.2f ms", ms);
  if (ms < 1000) return Format("%.0f ms", ms);
  return Format("%.1f s", ms / 1e3);
}

std::string AgeText(double seconds) {
  const uint64_t s = Whole(seconds);
  const auto both = [](uint64_t large, const char* name, uint64_t small,
                       const char* small_name) {
    return Count(large) + name + " " + std::to_string(small) + small_name;
  };
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return both(s / 60, "m", s % 60, "s");
  if (s < 86'400) return both(s / 3600, "h", s / 60 % 60, "m");
  return both(s / 86'400, "d", s / 3600 % 24, "h");
}

// Counts between two pages.
class Reading {
 public:
  explicit Reading(const TopView& view)
      : now_(*view.now),
        seconds_(view.before ? UpSeconds(now_) - UpSeconds(*view.before) : 0) {
    // A server that was started in between counts from nothing.
    if (seconds_ > 0) before_ = &*view.before;
  }

  static double UpSeconds(const Page& page) {
    return Finite(page.Sum("kenal_uptime_seconds"));
  }

  const Page& now() const { return now_; }
  bool has_rates() const { return before_ != nullptr; }
  double seconds() const { return seconds_; }
  const Page& before() const {
    static const Page kNone;
    return before_ == nullptr ? kNone : *before_;
  }

  // What came since the page before; everything without one.
  double Came(std::string_view name, const Page::Wanted& wanted = {}) const {
    return Finite(now_.Sum(name, wanted) - before().Sum(name, wanted));
  }
  // "12.5/s", or "1,234" without a page before.
  std::string Text(double came) const {
    if (!has_rates()) return Count(Whole(came));
    const double rate = came / seconds_;
    return (rate < 10 ? Format("%.1f", rate) : Count(Whole(rate))) + "/s";
  }
  double Gauge(std::string_view name, const Page::Wanted& wanted = {}) const {
    return Finite(now_.Sum(name, wanted));
  }

 private:
  const Page& now_;
  const Page* before_ = nullptr;
  double seconds_;
};

// Lines within the width.
class Lines {
 public:
  explicit Lines(size_t columns) : columns_(std::max<size_t>(columns, 1)) {}

  void Add(std::string_view line) {
    std::string cut(DisplayPrefix(line, columns_));
    while (cut.ends_with(' ')) cut.pop_back();
    lines_.push_back(std::move(cut));
  }
  // A label and as many parts on a line as go there.
  void AddParts(const std::string& label,
                const std::vector<std::string>& parts) {
    std::string line = Padded(label, kLabelWidth);
    bool is_empty = true;
    for (const std::string& part : parts) {
      const std::string gap = is_empty ? "" : "   ";
      if (!is_empty && DisplayWidth(line + gap + part) > columns_) {
        Add(line);
        line = std::string(kLabelWidth, ' ') + part;
        continue;
      }
      line += gap + part;
      is_empty = false;
    }
    Add(line);
  }
  void AddWrapped(std::string_view text) {
    do {
      const std::string_view part = DisplayPrefix(text, columns_);
      Add(part);
      text.remove_prefix(part.size());
      if (part.empty()) break;
    } while (!text.empty());
  }
  // The first column to the left, the others to the right.
  void AddTable(const std::vector<std::vector<std::string>>& rows,
                size_t first_most) {
    std::vector<size_t> widths;
    for (const auto& row : rows) {
      widths.resize(std::max(widths.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) {
        widths[i] = std::max(widths[i], DisplayWidth(row[i]));
      }
    }
    widths[0] = std::min(widths[0], first_most);
    for (const auto& row : rows) {
      std::string line =
          Padded(std::string(DisplayPrefix(row[0], widths[0])), widths[0]);
      for (size_t i = 1; i < row.size(); ++i) {
        line += std::string(2 + widths[i] - DisplayWidth(row[i]), ' ') + row[i];
      }
      Add(line);
    }
  }

  static std::string Padded(std::string text, size_t width) {
    const size_t has = DisplayWidth(text);
    return has < width ? text + std::string(width - has, ' ') : text;
  }

  std::vector<std::string> Take(size_t rows) {
    if (rows > 0 && lines_.size() > rows) {
      const size_t left_out = lines_.size() - rows + 1;
      lines_.resize(rows - 1);
      Add("... " + Count(left_out) + " more lines; a taller window shows them");
    }
    return std::move(lines_);
  }

 private:
  const size_t columns_;
  std::vector<std::string> lines_;
};

// "name value" for each value of a label that counted something.
std::vector<std::string> CameBy(const Reading& reading, std::string_view name,
                                std::string_view label) {
  std::vector<std::string> parts;
  for (const std::string& value : reading.now().Values(name, label)) {
    const double came = reading.Came(name, {{label, value}});
    if (came > 0) parts.push_back(ForDisplay(value) + " " + reading.Text(came));
  }
  return parts;
}

void AddCounts(const Reading& reading, Lines& lines) {
  constexpr std::string_view kRequests = "kenal_requests_total";
  lines.AddParts("requests", {reading.Text(reading.Came(kRequests))});
  std::vector<std::string> failed;
  for (const std::string& code : reading.now().Values(kRequests, "code")) {
    const double came = reading.Came(kRequests, {{"code", code}});
    if (code != "OK" && came > 0) {
      failed.push_back(ForDisplay(code) + " " + reading.Text(came));
    }
  }
  std::vector<std::string> items;
  std::vector<std::string> queued;
  for (const std::string_view work : kClasses) {
    const Page::Wanted wanted = {{"class", work}};
    const std::string name = std::string(work) + " ";
    items.push_back(name +
                    reading.Text(reading.Came("kenal_items_total", wanted)));
    queued.push_back(name +
                     Count(Whole(reading.Gauge("kenal_queued_items", wanted))));
  }
  lines.AddParts("items", items);
  lines.AddParts("queued", queued);
  std::vector<std::string> verdicts;
  for (const std::string_view verdict : kVerdicts) {
    const double came =
        reading.Came("kenal_verdicts_total", {{"verdict", verdict}});
    verdicts.push_back(std::string(verdict) + " " + reading.Text(came));
  }
  lines.AddParts("verdicts", verdicts);
  const auto refused = CameBy(reading, "kenal_refusals_total", "reason");
  lines.AddParts("refused",
                 refused.empty() ? std::vector<std::string>{"none"} : refused);
  if (!failed.empty()) lines.AddParts("failed", failed);
}

void AddState(const Reading& reading, Lines& lines) {
  const auto count = [&](const char* words, std::string_view name) {
    return words + (" " + Count(Whole(reading.Gauge(name))));
  };
  lines.AddParts("index", {count("lag", "kenal_index_lag_changes") + " changes",
                           count("at", "kenal_index_sequence"),
                           count("log at", "kenal_log_sequence")});
  lines.AddParts(
      "process",
      {"memory " + Bytes(Whole(reading.Gauge("kenal_resident_bytes"))),
       count("descriptors", "kenal_open_descriptors"),
       count("watchers", "kenal_watchers"), count("streams", "kenal_streams"),
       count("decoder deaths", "kenal_decoder_deaths_total"),
       count("log lines lost", "kenal_log_lines_dropped_total")});
}

void AddLatency(const Reading& reading, Lines& lines) {
  std::vector<std::vector<std::string>> rows = {
      {"STAGE", "CLASS", reading.has_rates() ? "RATE" : "COUNT", "P50", "P99"}};
  for (const std::string_view stage : kStages) {
    for (const std::string_view work : kClasses) {
      const Page::Wanted wanted = {{"stage", stage}, {"class", work}};
      const double came = reading.Came("kenal_stage_seconds_count", wanted);
      if (came <= 0) continue;
      const auto at = [&](double share) {
        return TimeText(Quantile(reading.now(), reading.before(), kStageSeconds,
                                 wanted, share));
      };
      rows.push_back({std::string(stage), std::string(work), reading.Text(came),
                      at(0.5), at(0.99)});
    }
  }
  if (rows.size() == 1) return;
  lines.Add("");
  lines.AddTable(rows, kListWidthMax);
}

struct ListCounts {
  double entries = 0;
  double age_s = -1;
  double hits = 0;
  double shadow = 0;
  double floods = 0;
};

void Collect(const Page& page, double sign,
             std::map<std::string, ListCounts>& lists) {
  for (const Sample& sample : page.samples) {
    const auto label = sample.labels.find("list");
    if (label == sample.labels.end()) continue;
    ListCounts& list = lists[label->second];
    const auto shadow = sample.labels.find("shadow");
    if (sample.name == "kenal_hits_total") {
      const bool is_shadow =
          shadow != sample.labels.end() && shadow->second == "true";
      (is_shadow ? list.shadow : list.hits) += sign * sample.value;
    } else if (sample.name == "kenal_flood_alerts_total") {
      list.floods += sign * sample.value;
    } else if (sign > 0 && sample.name == "kenal_list_entries") {
      list.entries = sample.value;
    } else if (sign > 0 && sample.name == "kenal_list_age_seconds") {
      list.age_s = sample.value;
    }
  }
}

void AddLists(const Reading& reading, size_t columns, Lines& lines) {
  std::map<std::string, ListCounts> lists;
  Collect(reading.now(), 1, lists);
  Collect(reading.before(), -1, lists);
  if (lists.empty()) return;
  std::vector<std::pair<std::string, ListCounts>> ordered(lists.begin(),
                                                          lists.end());
  const auto met = [](const auto& list) {
    return Finite(list.second.hits) + Finite(list.second.shadow);
  };
  std::stable_sort(
      ordered.begin(), ordered.end(),
      [&](const auto& a, const auto& b) { return met(a) > met(b); });
  std::vector<std::vector<std::string>> rows = {
      {"LIST", "HITS", "SHADOW", "ENTRIES", "CHANGED", "FLOODS"}};
  for (const auto& [name, list] : ordered) {
    rows.push_back({ForDisplay(name), reading.Text(Finite(list.hits)),
                    reading.Text(Finite(list.shadow)),
                    Count(Whole(list.entries)),
                    list.age_s < 0 ? "-" : AgeText(list.age_s) + " ago",
                    Count(Whole(list.floods))});
  }
  lines.Add("");
  lines.AddTable(rows, std::clamp<size_t>(columns / 3, 12, kListWidthMax));
}

void AddHead(const TopView& view, Lines& lines) {
  lines.AddWrapped("kenal at " + ForDisplay(view.server));
  if (!view.trouble.empty()) lines.AddWrapped(ForDisplay(view.trouble));
  if (!view.now.has_value()) return;
  const Reading reading(view);
  lines.AddParts(
      "server",
      {reading.Gauge("kenal_serving") > 0 ? "serving" : "NOT SERVING",
       "up " + AgeText(Reading::UpSeconds(*view.now)),
       reading.has_rates() ? Format("rates of %.1f s", reading.seconds())
                           : "totals since its start"});
}

// A counter's samples with these labels.
void WriteCounter(const Reading& reading, std::string_view key,
                  std::string_view name,
                  std::initializer_list<std::string_view> labels,
                  exchange::JsonWriter& json) {
  std::map<std::vector<std::string>, std::pair<double, double>> counts;
  const auto collect = [&](const Page& page, bool is_now) {
    for (const Sample& sample : page.samples) {
      if (sample.name != name) continue;
      std::vector<std::string> values;
      for (const std::string_view label : labels) {
        const auto at = sample.labels.find(label);
        values.push_back(at == sample.labels.end() ? "" : at->second);
      }
      auto& [now, before] = counts[values];
      (is_now ? now : before) += sample.value;
    }
  };
  collect(reading.now(), true);
  collect(reading.before(), false);
  json.Key(key).BeginArray();
  for (const auto& [values, count] : counts) {
    json.BeginObject();
    size_t i = 0;
    for (const std::string_view label : labels) json.Field(label, values[i++]);
    json.Field("total", Whole(count.first));
    if (reading.has_rates()) {
      json.Key("per_second")
          .Real(Finite(count.first - count.second) / reading.seconds());
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteLatency(const Reading& reading, exchange::JsonWriter& json) {
  json.Key("latency").BeginArray();
  for (const std::string_view stage : kStages) {
    for (const std::string_view work : kClasses) {
      const Page::Wanted wanted = {{"stage", stage}, {"class", work}};
      const double came = reading.Came("kenal_stage_seconds_count", wanted);
      if (came <= 0) continue;
      json.BeginObject().Field("stage", stage).Field("class", work);
      json.Field("count", Whole(came));
      for (const auto& [key, share] :
           {std::pair("p50_ms", 0.5), std::pair("p99_ms", 0.99)}) {
        json.Key(key).Real(Finite(Quantile(reading.now(), reading.before(),
                                           kStageSeconds, wanted, share)) *
                           1e3);
      }
      json.EndObject();
    }
  }
  json.EndArray();
}

void WriteState(const Reading& reading, exchange::JsonWriter& json) {
  json.Key("queued").BeginObject();
  for (const std::string_view work : kClasses) {
    json.Field(work,
               Whole(reading.Gauge("kenal_queued_items", {{"class", work}})));
  }
  json.EndObject();
  for (const std::string_view name :
       {"index_lag_changes", "index_sequence", "log_sequence", "resident_bytes",
        "open_descriptors", "watchers", "streams", "decoder_deaths_total",
        "log_lines_dropped_total"}) {
    json.Field(name, Whole(reading.Gauge("kenal_" + std::string(name))));
  }
  std::map<std::string, ListCounts> lists;
  Collect(reading.now(), 1, lists);
  json.Key("lists").BeginArray();
  for (const auto& [name, list] : lists) {
    if (list.age_s < 0) continue;
    json.BeginObject().Field("list", name);
    json.Field("entries", Whole(list.entries));
    json.Key("age_seconds").Real(Finite(list.age_s)).EndObject();
  }
  json.EndArray();
}

}  // namespace

std::vector<std::string> TopFrame(const TopView& view, size_t columns,
                                  size_t rows) {
  Lines lines(columns);
  AddHead(view, lines);
  if (view.now.has_value()) {
    const Reading reading(view);
    AddCounts(reading, lines);
    AddState(reading, lines);
    AddLatency(reading, lines);
    AddLists(reading, columns, lines);
  }
  return lines.Take(rows);
}

std::string TopJson(const TopView& view) {
  const Reading reading(view);
  exchange::JsonWriter json;
  json.BeginObject().Field("server", view.server);
  json.Field("serving", reading.Gauge("kenal_serving") > 0);
  json.Key("uptime_seconds").Real(Reading::UpSeconds(*view.now));
  if (reading.has_rates()) json.Key("over_seconds").Real(reading.seconds());
  WriteCounter(reading, "requests", "kenal_requests_total", {"method", "code"},
               json);
  WriteCounter(reading, "items", "kenal_items_total", {"class"}, json);
  WriteCounter(reading, "verdicts", "kenal_verdicts_total", {"verdict"}, json);
  WriteCounter(reading, "refusals", "kenal_refusals_total", {"reason", "class"},
               json);
  WriteCounter(reading, "hits", "kenal_hits_total", {"list", "tier", "shadow"},
               json);
  WriteCounter(reading, "flood_alerts", "kenal_flood_alerts_total", {"list"},
               json);
  WriteLatency(reading, json);
  WriteState(reading, json);
  json.EndObject();
  return json.Finish();
}

}  // namespace kenal::cli
