#include "bench/load/report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdarg>
#include <cstdio>
#include <utility>

namespace kenal::load {
namespace {

constexpr double kPercentiles[] = {50, 75, 90, 95, 99, 99.9, 99.99};
constexpr double kCurve[] = {0,    10,    25,    50,     75,     90,
                             95,   97,    98,    99,     99.5,   99.75,
                             99.9, 99.95, 99.99, 99.995, 99.999, 100};

double Ms(int64_t ns) { return static_cast<double>(ns) / 1e6; }

__attribute__((format(printf, 1, 2))) std::string Format(const char* format,
                                                         ...) {
  va_list arguments;
  va_start(arguments, format);
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void Put(Writer& out, const char* name, double value) {
  out.Key(name);
  out.Double(value);
}
void PutCount(Writer& out, const char* name, uint64_t value) {
  out.Key(name);
  out.Uint64(value);
}
void PutText(Writer& out, const char* name, const std::string& value) {
  out.Key(name);
  out.String(value.c_str());
}

void PutHistogram(Writer& out, const char* name, const Histogram& histogram) {
  out.Key(name);
  out.StartObject();
  PutCount(out, "count", histogram.count());
  if (histogram.count() > 0) {
    Put(out, "mean_ms", histogram.Mean() / 1e6);
    for (const double percent : kPercentiles) {
      Put(out, Format("p%g_ms", percent).c_str(),
          Ms(histogram.Percentile(percent)));
    }
    Put(out, "max_ms", Ms(histogram.max()));
  }
  out.EndObject();
}

void PutCodes(Writer& out, const PhaseResult& phase) {
  constexpr const char* kNames[PhaseResult::kCodes] = {"OK",
                                                       "CANCELLED",
                                                       "UNKNOWN",
                                                       "INVALID_ARGUMENT",
                                                       "DEADLINE_EXCEEDED",
                                                       "NOT_FOUND",
                                                       "ALREADY_EXISTS",
                                                       "PERMISSION_DENIED",
                                                       "RESOURCE_EXHAUSTED",
                                                       "FAILED_PRECONDITION",
                                                       "ABORTED",
                                                       "OUT_OF_RANGE",
                                                       "UNIMPLEMENTED",
                                                       "INTERNAL",
                                                       "UNAVAILABLE",
                                                       "DATA_LOSS",
                                                       "UNAUTHENTICATED"};
  out.Key("by_code");
  out.StartObject();
  for (size_t code = 0; code < PhaseResult::kCodes; ++code) {
    if (phase.by_code[code] > 0)
      PutCount(out, kNames[code], phase.by_code[code]);
  }
  out.EndObject();
}

void PutVerdicts(Writer& out, const Verdicts& verdicts) {
  constexpr const char* kNames[Verdicts::kCount] = {
      "", "NO_KNOWN_MATCH", "TEST", "UNAVAILABLE", "NEAR", "EXACT"};
  out.Key("verdicts");
  out.StartObject();
  for (size_t i = 1; i < Verdicts::kCount; ++i) {
    if (verdicts.seen[i] > 0) PutCount(out, kNames[i], verdicts.seen[i]);
  }
  if (verdicts.malformed > 0) PutCount(out, "malformed", verdicts.malformed);
  out.EndObject();
}

void PutPhase(Writer& out, const PhaseResult& phase, double normal_limit_ms) {
  out.StartObject();
  if (phase.asked.closed_loop > 0) {
    PutCount(out, "closed_loop",
             static_cast<uint64_t>(phase.asked.closed_loop));
  } else {
    Put(out, "asked_per_second", phase.asked.calls_per_second);
    PutCount(out, "due", phase.due);
    PutCount(out, "unsent_in_flight", phase.unsent_in_flight);
    PutCount(out, "unsent_late", phase.unsent_late);
    out.Key("fell_behind");
    out.Bool(phase.FellBehind());
  }
  Put(out, "seconds", phase.Seconds());
  Put(out, "offered_per_second", phase.OfferedPerSecond());
  Put(out, "goodput_per_second", phase.GoodputPerSecond());
  Put(out, "items_per_second", phase.ItemsPerSecond());
  PutCount(out, "sent", phase.sent);
  PutCount(out, "items_sent", phase.items_sent);
  PutCount(out, "refused_with_hint", phase.hinted);
  PutCodes(out, phase);
  PutVerdicts(out, phase.verdicts);
  if (!phase.first_error.empty()) {
    PutText(out, "first_error", phase.first_error);
  }
  PutHistogram(out, "accepted", phase.accepted);
  PutHistogram(out, "refused", phase.refused);
  PutHistogram(out, "failed", phase.failed);
  PutHistogram(out, "accepted_from_sending", phase.own_accepted);
  PutHistogram(out, "refused_from_sending", phase.own_refused);
  PutHistogram(out, "lateness", phase.lateness);
  const auto limit = static_cast<int64_t>(normal_limit_ms * 1e6);
  Put(out, "normal_after_seconds",
      phase.timeline.SecondsUntilNormal(limit, 0.99));
  Put(out, "generator_cpu_seconds", phase.cpu_seconds);
  Put(out, "load_average", phase.load_average);
  out.EndObject();
}

void PutFreshness(Writer& out, const FreshnessResult& freshness) {
  out.Key("freshness");
  out.StartObject();
  PutCount(out, "rounds", freshness.rounds);
  PutCount(out, "stale_answers", freshness.stale);
  PutCount(out, "failed", freshness.failed);
  if (!freshness.first_error.empty()) {
    PutText(out, "first_error", freshness.first_error);
  }
  PutHistogram(out, "added_to_matched", freshness.added);
  PutHistogram(out, "withdrawn_to_silent", freshness.withdrawn);
  PutHistogram(out, "add_calls", freshness.add_calls);
  PutHistogram(out, "withdraw_calls", freshness.withdraw_calls);
  out.EndObject();
}

std::string Row(const std::string& name, const PhaseResult& phase) {
  const Histogram& good = phase.accepted;
  return Format("%9s %9.0f %9.0f %9.0f %8lu %6lu %7lu", name.c_str(),
                phase.OfferedPerSecond(), phase.GoodputPerSecond(),
                phase.ItemsPerSecond(), phase.Refused(), phase.Failed(),
                phase.unsent_in_flight + phase.unsent_late) +
         Format(" %8.2f %8.2f %8.2f %8.1f %8.2f %8.2f %8.2f %5.0f%% %5.1f%s\n",
                Ms(good.Percentile(50)), Ms(good.Percentile(99)),
                Ms(good.Percentile(99.9)), Ms(good.max()),
                Ms(phase.refused.Percentile(99)),
                Ms(phase.lateness.Percentile(99)),
                Ms(phase.own_accepted.Percentile(99)),
                phase.Seconds() > 0 ? 100 * phase.cpu_seconds / phase.Seconds()
                                    : 0.0,
                phase.load_average, phase.FellBehind() ? " !" : "");
}

std::string FreshnessText(const FreshnessResult& freshness) {
  return Format(
      "freshness: %lu rounds, %lu failed, %lu stale answers; ms p50 / p99: "
      "added to matched %.2f / %.2f, withdrawn to silent %.2f / %.2f\n",
      freshness.rounds, freshness.failed, freshness.stale,
      Ms(freshness.added.Percentile(50)), Ms(freshness.added.Percentile(99)),
      Ms(freshness.withdrawn.Percentile(50)),
      Ms(freshness.withdrawn.Percentile(99)));
}

std::string NameOf(const PhaseResult& phase) {
  if (phase.asked.closed_loop > 0) {
    return "closed " + std::to_string(phase.asked.closed_loop);
  }
  return Format("%.0f", phase.asked.calls_per_second);
}

}  // namespace

std::string TextOf(const Report& report) {
  std::string text = Format(
      "%9s %9s %9s %9s %8s %6s %7s %8s %8s %8s %8s %8s %8s %8s %6s %5s\n",
      "asked/s", "offered/s", "good/s", "items/s", "refused", "failed",
      "unsent", "p50 ms", "p99", "p99.9", "max", "ref. p99", "late p99",
      "own p99", "cpu", "load");
  bool behind = false;
  if (report.ceiling != nullptr) text += Row("ceiling", *report.ceiling);
  for (const auto& phase : report.phases) {
    text += Row(NameOf(*phase), *phase);
    behind = behind || phase->FellBehind();
    if (!phase->first_error.empty()) {
      text += "          first error: " + phase->first_error + "\n";
    }
  }
  if (behind) {
    text +=
        "! the generator fell behind: what was offered is not what was "
        "asked, or latencies are its own\n";
  }
  if (report.peak_per_second) {
    text += Format("peak: %.0f calls/s with p99 within %.1f ms\n",
                   *report.peak_per_second, report.normal_limit_ms);
  }
  if (report.freshness) text += FreshnessText(*report.freshness);
  return text;
}

std::string JsonOf(const Report& report) {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.SetIndent(' ', 1);
  out.SetMaxDecimalPlaces(4);
  out.StartObject();
  out.Key("command");
  out.StartArray();
  for (const std::string& word : report.command) out.String(word.c_str());
  out.EndArray();
  if (report.ceiling != nullptr) {
    out.Key("ceiling");
    PutPhase(out, *report.ceiling, report.normal_limit_ms);
  }
  out.Key("phases");
  out.StartArray();
  for (const auto& phase : report.phases) {
    PutPhase(out, *phase, report.normal_limit_ms);
  }
  out.EndArray();
  if (report.peak_per_second) {
    Put(out, "peak_per_second", *report.peak_per_second);
  }
  if (report.freshness) PutFreshness(out, *report.freshness);
  out.EndObject();
  return std::string(buffer.GetString()) + "\n";
}

std::string PercentilesCsv(const Report& report) {
  std::string text = "percentile";
  for (const auto& phase : report.phases) text += "," + NameOf(*phase);
  text += "\n";
  for (const double percent : kCurve) {
    text += Format("%g", percent);
    for (const auto& phase : report.phases) {
      text += Format(",%.4f", Ms(phase->accepted.Percentile(percent)));
    }
    text += "\n";
  }
  return text;
}

std::string TimelineCsv(const Report& report) {
  std::string text = "phase,second,accepted,refused,failed,p99_ms,max_ms\n";
  for (size_t i = 0; i < report.phases.size(); ++i) {
    const auto& slots = report.phases[i]->timeline.slots();
    for (size_t at = 0; at < slots.size(); ++at) {
      const Timeline::Slot& slot = slots[at];
      text += Format("%zu,%.1f,%lu,%lu,%lu,%.3f,%.3f\n", i,
                     static_cast<double>(at) * Timeline::kSlotNs / 1e9,
                     slot.accepted, slot.refused, slot.failed,
                     Ms(slot.Percentile(99)), Ms(slot.max_ns));
    }
  }
  return text;
}

Status WriteFile(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return FailedPrecondition(path + ": cannot be written");
  const bool whole =
      std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !whole) {
    return FailedPrecondition(path + ": cannot be written whole");
  }
  return OkStatus();
}

}  // namespace kenal::load
