// Metrics: what the server counts and measures, for Prometheus.
//
// Names start with kenal_. Labels hold names of lists, methods, classes and
// reasons, never hashes, entries or callers' content.
#ifndef KENAL_SRC_OPERATE_METRICS_H_
#define KENAL_SRC_OPERATE_METRICS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "kenal/verdict.h"
#include "src/identity/method.h"

namespace kenal::operate {

// Where the time of a request goes.
enum class Stage : uint8_t {
  kQueue = 0,   // waiting for a worker
  kDecode = 1,  // hashing a picture
  kSearch = 2,  // matching
  kTotal = 3,   // from the first byte of the request to the end of the answer
};
inline constexpr size_t kStageCount = 4;

// Why a request got no answer that it might have got at another time.
enum class Refusal : uint8_t {
  kQueueFull = 0,
  kQuota = 1,
  kDeadline = 2,  // expired before work started
  kDraining = 3,
  kUnauthenticated = 4,
  kPermission = 5,
  kTooLarge = 6,
};
inline constexpr size_t kRefusalCount = 7;
std::string_view RefusalName(Refusal refusal);  // "queue_full", ...

// Read when the page is asked for.
struct Gauges {
  uint64_t index_sequence = 0;     // what answers are served from
  uint64_t log_sequence = 0;       // the head of the change log
  uint64_t decoder_deaths = 0;     // workers that died with their file
  uint64_t watchers = 0;           // open WatchChanges calls
  uint64_t streams = 0;            // open StreamMatch calls
  uint64_t log_lines_dropped = 0;  // RequestLog::dropped
  bool serving = false;
  bool keeps_backups = false;    // else nothing is said of them
  int64_t backup_unix_ms = 0;    // of the last; 0: there is none
  uint64_t backup_failures = 0;  // since the start
  std::array<uint64_t, identity::kWorkClassCount> queued{};  // items
  struct OfList {
    std::string list;
    uint64_t entries = 0;  // that can be matched
    int64_t changed_unix_ms = 0;
  };
  std::vector<OfList> lists;
};

// Thread-safe. Counting takes some tens of nanoseconds and never blocks on a
// reader of the page.
class Metrics {
 public:
  static std::unique_ptr<Metrics> Make();
  virtual ~Metrics() = default;

  virtual void Took(Stage stage, identity::WorkClass work,
                    std::chrono::nanoseconds time) = 0;
  virtual void Answered(identity::Method method, StatusCode code) = 0;
  // A request that asked for no method, or could not be read so far.
  virtual void Unrouted(StatusCode code) = 0;
  virtual void Refused(Refusal refusal, identity::WorkClass work) = 0;
  // Verdicts, and hits by list, tier and shadow.
  virtual void Gave(const Answer& answer) = 0;
  virtual void Items(identity::WorkClass work, uint64_t count) = 0;
  // Requests answered in one call to the matcher.
  virtual void Batched(size_t count) = 0;
  virtual void FloodAlert(std::string_view list) = 0;

  // Asked for with every page; set once, before the first page.
  virtual void SetGauges(std::function<Gauges()> read) = 0;
  // The page in the text format 0.0.4.
  virtual std::string Text() const = 0;
};

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_METRICS_H_
