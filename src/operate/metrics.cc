#include "src/operate/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <locale>
#include <sstream>
#include <utility>

#include "src/base/check.h"
#include "src/base/clock.h"
#include "src/base/mutex.h"
#include "src/operate/counters.h"
#include "src/operate/process.h"

namespace kenal::operate {
namespace {

using identity::kMethodCount;
using identity::kWorkClassCount;
using identity::Method;
using identity::WorkClass;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr size_t kCodeCount = 17;    // of absl::StatusCode
constexpr size_t kVerdictCount = 6;  // from 1
constexpr size_t kTierCount = 2;     // from 1

// Close together where answers are usually given.
constexpr std::array<uint64_t, 20> kTimeBoundsNs = {
    50'000,      100'000,     200'000,       350'000,       500'000,
    750'000,     1'000'000,   1'500'000,     2'000'000,     3'500'000,
    5'000'000,   7'500'000,   10'000'000,    20'000'000,    50'000'000,
    100'000'000, 250'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};
constexpr std::array<uint64_t, 11> kBatchBounds = {1,  2,   4,   8,   16,  32,
                                                   64, 128, 256, 512, 1024};
constexpr double kNsPerSecond = 1e9;

template <typename Enum>
constexpr size_t Index(Enum value) {
  return static_cast<size_t>(value);
}

constexpr std::array<std::string_view, kStageCount> kStageNames = {
    "queue", "decode", "search", "total"};
constexpr std::array<std::string_view, kRefusalCount> kRefusalNames = {
    "queue_full",      "quota",      "deadline", "draining",
    "unauthenticated", "permission", "too_large"};

using Labels = std::vector<std::pair<const char*, std::string>>;

ClientMetric WithLabels(const Labels& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) {
    metric.label.push_back({name, value});
  }
  return metric;
}

class Family {
 public:
  Family(const char* name, const char* help, MetricType type) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
  }

  Family& Add(double value, const Labels& labels = {}) {
    ClientMetric metric = WithLabels(labels);
    if (family_.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
    return *this;
  }
  Family& Add(uint64_t value, const Labels& labels = {}) {
    return Add(static_cast<double>(value), labels);
  }

  // Bounds and sum are divided by `unit`.
  template <const auto& kBounds>
  Family& Add(const Histogram<kBounds>& histogram, double unit,
              const Labels& labels = {}) {
    const auto reading = histogram.Read();
    ClientMetric metric = WithLabels(labels);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < kBounds.size(); ++i) {
      cumulative += reading.counts[i];
      metric.histogram.bucket.push_back(
          {cumulative, static_cast<double>(kBounds[i]) / unit});
    }
    metric.histogram.sample_count = cumulative + reading.counts.back();
    metric.histogram.sample_sum = static_cast<double>(reading.sum) / unit;
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  operator MetricFamily() const { return family_; }

 private:
  MetricFamily family_;
};

std::string ClassName(size_t work) {
  return std::string(WorkClassName(static_cast<WorkClass>(work)));
}

void AppendLists(const Gauges& gauges, std::vector<MetricFamily>& page) {
  const int64_t now_unix_ms = base::NowUnixMs();
  Family age("kenal_list_age_seconds", "Since the last change of a list.",
             MetricType::Gauge);
  Family entries("kenal_list_entries", "Entries that can be matched.",
                 MetricType::Gauge);
  for (const Gauges::OfList& list : gauges.lists) {
    const double age_s =
        static_cast<double>(now_unix_ms - list.changed_unix_ms) / 1e3;
    age.Add(age_s, {{"list", list.list}});
    entries.Add(list.entries, {{"list", list.list}});
  }
  page.push_back(age);
  page.push_back(entries);
}

void AppendBackups(const Gauges& gauges, std::vector<MetricFamily>& page) {
  if (!gauges.keeps_backups) return;
  if (gauges.backup_unix_ms > 0) {
    const int64_t age_ms = base::NowUnixMs() - gauges.backup_unix_ms;
    page.push_back(Family("kenal_backup_age_seconds",
                          "Since the last backup was made.", MetricType::Gauge)
                       .Add(static_cast<double>(age_ms) / 1e3));
  }
  page.push_back(Family("kenal_backup_failures_total",
                        "Backups that failed, since the server began.",
                        MetricType::Counter)
                     .Add(gauges.backup_failures));
}

void AppendGauges(const Gauges& gauges, std::vector<MetricFamily>& page) {
  constexpr MetricType kGauge = MetricType::Gauge;
  constexpr MetricType kCounter = MetricType::Counter;
  Family queued("kenal_queued_items", "Items that wait for a worker.", kGauge);
  for (size_t work = 0; work < kWorkClassCount; ++work) {
    queued.Add(gauges.queued[work], {{"class", ClassName(work)}});
  }
  page.push_back(queued);
  page.push_back(Family("kenal_log_sequence", "Head of the change log.", kGauge)
                     .Add(gauges.log_sequence));
  page.push_back(
      Family("kenal_index_sequence", "What answers are served from.", kGauge)
          .Add(gauges.index_sequence));
  const uint64_t lag = gauges.log_sequence > gauges.index_sequence
                           ? gauges.log_sequence - gauges.index_sequence
                           : 0;
  page.push_back(Family("kenal_index_lag_changes",
                        "Changes in the log that no answer holds yet.", kGauge)
                     .Add(lag));
  page.push_back(Family("kenal_decoder_deaths_total",
                        "Decoder processes that died with their file.",
                        kCounter)
                     .Add(gauges.decoder_deaths));
  page.push_back(Family("kenal_watchers", "Open WatchChanges calls.", kGauge)
                     .Add(gauges.watchers));
  page.push_back(Family("kenal_streams", "Open StreamMatch calls.", kGauge)
                     .Add(gauges.streams));
  page.push_back(Family("kenal_log_lines_dropped_total",
                        "Lines of the request log that were not written.",
                        kCounter)
                     .Add(gauges.log_lines_dropped));
  page.push_back(Family("kenal_serving", "1 while requests are taken.", kGauge)
                     .Add(uint64_t{gauges.serving}));
  AppendBackups(gauges, page);
  AppendLists(gauges, page);
}

class MetricsImpl : public Metrics {
 public:
  void Took(Stage stage, WorkClass work,
            std::chrono::nanoseconds time) override {
    const int64_t ns = time.count() > 0 ? time.count() : 0;
    times_[Index(stage)][Index(work)].Add(static_cast<uint64_t>(ns));
  }
  void Answered(Method method, StatusCode code) override {
    requests_[Index(method)][CodeIndex(code)].Add();
  }
  void Unrouted(StatusCode code) override { unrouted_[CodeIndex(code)].Add(); }
  void Refused(Refusal refusal, WorkClass work) override {
    refusals_[Index(refusal)][Index(work)].Add();
  }
  void Gave(const Answer& answer) override {
    verdicts_[Index(answer.verdict)].Add();
    const std::string* list = nullptr;
    HitCounts::Slots* slots = nullptr;
    for (const Match& match : answer.matches) {
      if (list == nullptr || *list != match.list) {
        list = &match.list;
        slots = &hits_.Of(match.list);
      }
      (*slots)[HitIndex(Index(match.tier) - 1, match.shadow)].Add();
    }
  }
  void Items(WorkClass work, uint64_t count) override {
    items_[Index(work)].Add(count);
  }
  void Batched(size_t count) override { batches_.Add(count); }
  void FloodAlert(std::string_view list) override { floods_.Of(list)[0].Add(); }

  void SetGauges(std::function<Gauges()> read) override {
    const base::MutexLock lock(mutex_);
    read_ = std::move(read);
  }
  std::string Text() const override;

 private:
  using HitCounts = CountsByName<kTierCount * 2>;

  static size_t HitIndex(size_t tier, bool shadow) {
    KENAL_CHECK(tier < kTierCount);
    return tier * 2 + (shadow ? 1 : 0);
  }
  static size_t CodeIndex(StatusCode code) {
    const size_t number = Index(code);
    return number < kCodeCount ? number : Index(StatusCode::kUnknown);
  }

  void AppendTimes(std::vector<MetricFamily>& page) const;
  void AppendRequests(std::vector<MetricFamily>& page) const;
  void AppendAnswers(std::vector<MetricFamily>& page) const;
  void AppendProcess(std::vector<MetricFamily>& page) const;

  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  std::array<std::array<Histogram<kTimeBoundsNs>, kWorkClassCount>, kStageCount>
      times_;
  Histogram<kBatchBounds> batches_;
  std::array<std::array<Count, kCodeCount>, kMethodCount> requests_;
  std::array<Count, kCodeCount> unrouted_;
  std::array<std::array<Count, kWorkClassCount>, kRefusalCount> refusals_;
  std::array<Count, kVerdictCount> verdicts_;
  std::array<Count, kWorkClassCount> items_;
  HitCounts hits_;
  CountsByName<1> floods_;
  mutable base::Mutex mutex_;
  std::function<Gauges()> read_ KENAL_GUARDED_BY(mutex_);
};

void MetricsImpl::AppendTimes(std::vector<MetricFamily>& page) const {
  Family times("kenal_stage_seconds", "Where the time of requests goes.",
               MetricType::Histogram);
  for (size_t stage = 0; stage < kStageCount; ++stage) {
    for (size_t work = 0; work < kWorkClassCount; ++work) {
      times.Add(times_[stage][work], kNsPerSecond,
                {{"stage", std::string(kStageNames[stage])},
                 {"class", ClassName(work)}});
    }
  }
  page.push_back(times);
  page.push_back(Family("kenal_batch_size",
                        "Requests answered in one call to the matcher.",
                        MetricType::Histogram)
                     .Add(batches_, 1));
}

void MetricsImpl::AppendRequests(std::vector<MetricFamily>& page) const {
  Family requests("kenal_requests_total", "Calls that ended, by code.",
                  MetricType::Counter);
  for (size_t method = 0; method < kMethodCount; ++method) {
    const std::string name(identity::Methods()[method].name);
    for (size_t code = 0; code < kCodeCount; ++code) {
      const uint64_t count = requests_[method][code].value();
      // A method is always there once: as OK.
      if (count == 0 && code != 0) continue;
      const auto status = static_cast<StatusCode>(code);
      requests.Add(count, {{"method", name},
                           {"code", absl::StatusCodeToString(status)}});
    }
  }
  page.push_back(requests);
  Family unrouted("kenal_unrouted_requests_total",
                  "HTTP requests refused before a method was known, by code.",
                  MetricType::Counter);
  for (size_t code = 0; code < kCodeCount; ++code) {
    const uint64_t count = unrouted_[code].value();
    // Those without a certificate of ours, and of wrong paths, always.
    const auto status = static_cast<StatusCode>(code);
    if (count == 0 && status != StatusCode::kUnauthenticated &&
        status != StatusCode::kNotFound) {
      continue;
    }
    unrouted.Add(count, {{"code", absl::StatusCodeToString(status)}});
  }
  page.push_back(unrouted);
  Family refusals("kenal_refusals_total",
                  "Requests that might be answered at another time.",
                  MetricType::Counter);
  for (size_t reason = 0; reason < kRefusalCount; ++reason) {
    for (size_t work = 0; work < kWorkClassCount; ++work) {
      refusals.Add(refusals_[reason][work].value(),
                   {{"reason", std::string(kRefusalNames[reason])},
                    {"class", ClassName(work)}});
    }
  }
  page.push_back(refusals);
}

void MetricsImpl::AppendAnswers(std::vector<MetricFamily>& page) const {
  Family items("kenal_items_total", "Hashes and pictures asked about.",
               MetricType::Counter);
  for (size_t work = 0; work < kWorkClassCount; ++work) {
    items.Add(items_[work].value(), {{"class", ClassName(work)}});
  }
  page.push_back(items);
  Family verdicts("kenal_verdicts_total", "Answers, by verdict.",
                  MetricType::Counter);
  for (size_t verdict = 1; verdict < kVerdictCount; ++verdict) {
    verdicts.Add(
        verdicts_[verdict].value(),
        {{"verdict", std::string(VerdictName(static_cast<Verdict>(verdict)))}});
  }
  page.push_back(verdicts);
  Family hits("kenal_hits_total", "Matches in answers, by list.",
              MetricType::Counter);
  for (const auto& [list, slots] : hits_.All()) {
    for (size_t tier = 0; tier < kTierCount; ++tier) {
      for (const bool shadow : {false, true}) {
        const uint64_t count = (*slots)[HitIndex(tier, shadow)].value();
        if (count == 0) continue;
        hits.Add(count,
                 {{"list", list},
                  {"tier", std::string(TierName(static_cast<Tier>(tier + 1)))},
                  {"shadow", shadow ? "true" : "false"}});
      }
    }
  }
  page.push_back(hits);
  Family floods("kenal_flood_alerts_total",
                "Entries that suddenly met far more than usual, by list.",
                MetricType::Counter);
  for (const auto& [list, slots] : floods_.All()) {
    floods.Add((*slots)[0].value(), {{"list", list}});
  }
  page.push_back(floods);
}

void MetricsImpl::AppendProcess(std::vector<MetricFamily>& page) const {
  constexpr MetricType kGauge = MetricType::Gauge;
  const std::chrono::duration<double> up =
      std::chrono::steady_clock::now() - start_;
  page.push_back(Family("kenal_resident_bytes", "Memory in use.", kGauge)
                     .Add(ResidentBytes()));
  page.push_back(
      Family("kenal_open_descriptors", "Open files and sockets.", kGauge)
          .Add(OpenDescriptors()));
  page.push_back(
      Family("kenal_uptime_seconds", "Since the server began.", kGauge)
          .Add(up.count()));
  page.push_back(Family("kenal_build_info", "Always 1.", kGauge)
                     .Add(uint64_t{1}, {{"version", KENAL_VERSION}}));
}

std::string MetricsImpl::Text() const {
  std::function<Gauges()> read;
  {
    const base::MutexLock lock(mutex_);
    read = read_;
  }
  std::vector<MetricFamily> page;
  AppendRequests(page);
  AppendAnswers(page);
  AppendTimes(page);
  if (read) AppendGauges(read(), page);
  AppendProcess(page);
  std::ostringstream text;
  text.imbue(std::locale::classic());
  prometheus::TextSerializer().Serialize(text, page);
  return std::move(text).str();
}

}  // namespace

std::string_view RefusalName(Refusal refusal) {
  KENAL_CHECK(Index(refusal) < kRefusalCount);
  return kRefusalNames[Index(refusal)];
}

std::unique_ptr<Metrics> Metrics::Make() {
  return std::make_unique<MetricsImpl>();
}

}  // namespace kenal::operate
