// Flood response: what follows when the flood guard sees a flood. An alert at
// once, and by a change in the log the label "review" for the near matches of
// the flooded entry. Verdicts, digest hits and other entries stay as they are.
#ifndef KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_
#define KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kenal/curator.h"
#include "src/base/mutex.h"
#include "src/operate/flood_guard.h"
#include "src/operate/metrics.h"
#include "src/operate/request_log.h"
#include "src/service/work_pool.h"

namespace kenal::service {

// Thread-safe.
class FloodResponse {
 public:
  static constexpr char kActor[] = "flood-guard";
  static constexpr char kLabel[] = "review";

  // All outlive it. `label`: whether the label is set; the alert always comes.
  FloodResponse(Curator& curator, operate::Metrics& metrics,
                operate::RequestLog& log, const operate::FloodOptions& options,
                bool label);

  // Counts the answers of one call, each entry once, as they were found. The
  // change is made on `pool`: one for all entries of a list that flooded
  // meanwhile. A label that somebody set is left as it is.
  void Observe(std::span<const Answer> answers, WorkPool& pool);

 private:
  // Entries to be labelled, by list.
  using Flooded = std::map<std::string, std::vector<std::string>>;
  static constexpr size_t kFloodedMax = 1024;

  void Respond(const operate::Flood& flood, WorkPool& pool);
  void SetLabels();
  void SetLabels(const std::string& list,
                 const std::vector<std::string>& entries);
  void SayNotSet(const std::string& list, const std::string& entries,
                 const std::string& why);

  Curator& curator_;
  operate::Metrics& metrics_;
  operate::RequestLog& log_;
  const std::chrono::seconds window_;
  const bool label_;
  const std::unique_ptr<operate::FloodGuard> guard_;
  base::Mutex mutex_;
  Flooded flooded_ KENAL_GUARDED_BY(mutex_);
  size_t flooded_count_ KENAL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_
