// Flood response: what follows when the flood guard sees a flood. An alert at
// once, and by a change in the log the label "review" for the near matches of
// the flooded entry. Verdicts, digest hits and other entries stay as they are.
#ifndef KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_
#define KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_

#include <memory>

#include "kenal/curator.h"
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

  // Counts an answer as it was given. The change is made on `pool`.
  void Observe(const Answer& answer, WorkPool& pool);

 private:
  void Respond(const operate::Flood& flood, WorkPool& pool);
  void SetLabel(const operate::Flood& flood);

  Curator& curator_;
  operate::Metrics& metrics_;
  operate::RequestLog& log_;
  const std::chrono::seconds window_;
  const bool label_;
  const std::unique_ptr<operate::FloodGuard> guard_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_FLOOD_RESPONSE_H_
