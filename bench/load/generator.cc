#include "bench/load/generator.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <random>
#include <thread>
#include <utility>

#include "bench/load/calls.h"
#include "src/base/check.h"

namespace kenal::load {
namespace {

// Beyond the deadline: what a server needs to say so.
constexpr int64_t kDrainNs = 3'000'000'000;
constexpr int64_t kCloseNs = 2'000'000'000;

void SleepUntil(int64_t at_ns) {
  const timespec at{.tv_sec = at_ns / 1'000'000'000,
                    .tv_nsec = at_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) ==
         EINTR) {
  }
}

// `done` is asked every millisecond, for at most `ns`.
template <typename Done>
bool WaitFor(int64_t ns, Done done) {
  const int64_t until = NowNs() + ns;
  while (!done()) {
    if (NowNs() > until) return false;
    SleepUntil(NowNs() + 1'000'000);
  }
  return true;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class GeneratorImpl final : public Generator {
 public:
  GeneratorImpl(GeneratorOptions options, std::vector<Part> mix,
                std::unique_ptr<Channels> channels)
      : options_(std::move(options)),
        mix_(std::move(mix)),
        channels_(std::move(channels)),
        queue_(grpc_completion_queue_create_for_next(nullptr)) {
    std::vector<double> weights;
    for (const Part& part : mix_) weights.push_back(part.weight);
    sending_.part = receiving_.part = {weights.begin(), weights.end()};
    sending_.random.seed(options_.seed);
    receiving_.random.seed(options_.seed + 1);
    const Finish finish = [this](const Due& due, const Ending& ending) {
      Finished(due, ending);
    };
    const auto slots = static_cast<size_t>(options_.in_flight_max);
    unary_ =
        MakeUnaryCalls(*channels_, queue_, slots, options_.deadline_ns, finish);
    streams_ = MakeStreamCalls(*channels_, queue_,
                               static_cast<size_t>(options_.streams), finish);
    receiver_ = std::thread([this] { Receive(); });
  }

  ~GeneratorImpl() override {
    const auto closed = [this] {
      const bool unary = unary_->Close();
      return streams_->Close() && unary;
    };
    if (!WaitFor(kCloseNs, closed)) {
      unary_->Cancel();
      streams_->Cancel();
      KENAL_CHECK(WaitFor(kCloseNs, closed));
    }
    grpc_completion_queue_shutdown(queue_);
    receiver_.join();
    grpc_completion_queue_destroy(queue_);
  }

  std::vector<std::unique_ptr<PhaseResult>> RunAll(
      std::span<const PhaseOptions> phases) override {
    prctl(PR_SET_TIMERSLACK, 1);
    std::vector<std::unique_ptr<PhaseResult>> results;
    int64_t begin = NowNs();
    for (const PhaseOptions& phase : phases) {
      results.push_back(std::make_unique<PhaseResult>());
      PhaseResult& result = *results.back();
      result.asked = phase;
      result.begin_ns = begin;
      result.end_ns = begin + static_cast<int64_t>(phase.seconds * 1e9);
      const double cpu = CpuSeconds();
      if (phase.closed_loop > 0) {
        RunClosed(result);
      } else {
        RunOpen(result);
      }
      result.cpu_seconds = CpuSeconds() - cpu;
      getloadavg(&result.load_average, 1);
      begin = result.end_ns;
    }
    const auto drained = [this] { return in_flight_.load() == 0; };
    if (!WaitFor(options_.deadline_ns + kDrainNs, drained)) {
      unary_->Cancel();
      streams_->Cancel();
      KENAL_CHECK(WaitFor(kCloseNs, drained));
    }
    return results;
  }

 private:
  // Which part of the mix is next.
  struct Chooser {
    std::discrete_distribution<size_t> part;
    std::mt19937_64 random;
  };

  void RunOpen(PhaseResult& result) {
    Schedule schedule(options_.arrivals, result.asked.calls_per_second,
                      options_.seed + phase_number_++);
    while (true) {
      const int64_t due = result.begin_ns + schedule.Next();
      if (due >= result.end_ns) break;
      int64_t now = NowNs();
      if (now < due) {
        SleepUntil(due);
        now = NowNs();
      }
      ++result.due;
      if (now - due > options_.late_max_ns) {
        ++result.unsent_late;
      } else if (in_flight_.load(std::memory_order_relaxed) >=
                 options_.in_flight_max) {
        ++result.unsent_in_flight;
      } else {
        result.lateness.Record(now - due);
        SendOne({.phase = &result, .due_ns = due, .sent_ns = now}, sending_);
      }
    }
    SleepUntil(result.end_ns);
  }

  void RunClosed(PhaseResult& result) {
    const int count =
        std::min(result.asked.closed_loop, options_.in_flight_max);
    for (int i = 0; i < count; ++i) {
      const int64_t now = NowNs();
      SendOne({.phase = &result, .due_ns = now, .sent_ns = now}, sending_);
    }
    SleepUntil(result.end_ns);
  }

  // On the sending thread, and for closed loops on the receiving one.
  void SendOne(Due due, Chooser& choose) {
    const size_t at = mix_.size() == 1 ? 0 : choose.part(choose.random);
    const RequestPool& pool = mix_[at].pool;
    const size_t request =
        next_request_.fetch_add(1, std::memory_order_relaxed);
    due.items = static_cast<uint32_t>(pool.items);
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    due.phase->sent.fetch_add(1, std::memory_order_relaxed);
    due.phase->items_sent.fetch_add(pool.items, std::memory_order_relaxed);
    Calls& calls = pool.kind == CallKind::kStream ? *streams_ : *unary_;
    calls.Start(due, pool.kind, pool.requests[request % pool.requests.size()]);
  }

  void Finished(const Due& due, const Ending& ending) {
    PhaseResult& result = *due.phase;
    const int64_t now = NowNs();
    uint32_t code = ending.code;
    if (!ending.response.empty() && code == PhaseResult::kOk) {
      code = ReadResponse(ending.kind, ending.response, result.verdicts);
    }
    if (code != PhaseResult::kOk && code != PhaseResult::kExhausted &&
        result.first_error.empty()) {
      result.first_error = std::string(ending.details);
    }
    result.Answered(due, code, ending.hinted, now);
    if (result.asked.closed_loop > 0 && now < result.end_ns) {
      SendOne({.phase = &result, .due_ns = now, .sent_ns = now}, receiving_);
    }
    in_flight_.fetch_sub(1, std::memory_order_release);
  }

  void Receive() {
    while (true) {
      const grpc_event event = grpc_completion_queue_next(
          queue_, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
      if (event.type == GRPC_QUEUE_SHUTDOWN) return;
      static_cast<Event*>(event.tag)->Happened(event.success != 0);
    }
  }

  const GeneratorOptions options_;
  const std::vector<Part> mix_;
  const std::unique_ptr<Channels> channels_;
  grpc_completion_queue* const queue_;
  Chooser sending_;    // of the sending thread
  Chooser receiving_;  // of the receiving one
  std::atomic<size_t> next_request_{0};
  uint64_t phase_number_ = 0;
  std::atomic<int> in_flight_{0};
  std::unique_ptr<Calls> unary_;
  std::unique_ptr<Calls> streams_;
  std::thread receiver_;
};

}  // namespace

StatusOr<std::unique_ptr<Generator>> Generator::Make(
    const GeneratorOptions& options, std::vector<Part> mix) {
  if (mix.empty() || options.in_flight_max < 1 || options.streams < 1) {
    return InvalidArgument(
        "a mix needs a kind of call, and --in-flight-max and --streams are 1 "
        "or more");
  }
  KENAL_TRY_ASSIGN(std::unique_ptr<Channels> channels,
                   Channels::Open(options.target, options.connections));
  return std::make_unique<GeneratorImpl>(options, std::move(mix),
                                         std::move(channels));
}

std::unique_ptr<PhaseResult> Generator::Run(const PhaseOptions& phase) {
  return std::move(RunAll({&phase, 1}).front());
}

}  // namespace kenal::load
