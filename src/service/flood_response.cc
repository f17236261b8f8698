#include "src/service/flood_response.h"

#include <array>
#include <cmath>
#include <string>

namespace kenal::service {

using operate::LogLevel;
using operate::RequestLog;

FloodResponse::FloodResponse(Curator& curator, operate::Metrics& metrics,
                             operate::RequestLog& log,
                             const operate::FloodOptions& options, bool label)
    : curator_(curator),
      metrics_(metrics),
      log_(log),
      window_(options.window),
      label_(label),
      guard_(operate::FloodGuard::Make(options)) {}

void FloodResponse::Observe(const Answer& answer, WorkPool& pool) {
  for (const operate::Flood& flood :
       guard_->Observe(answer, std::chrono::steady_clock::now())) {
    Respond(flood, pool);
  }
}

void FloodResponse::Respond(const operate::Flood& flood, WorkPool& pool) {
  metrics_.FloodAlert(flood.list);
  const std::string entry = std::to_string(flood.entry.serial());
  const std::string count = std::to_string(flood.count);
  const std::string usual = std::to_string(std::llround(flood.usual));
  const std::array<RequestLog::Field, 4> fields = {{{"list", flood.list},
                                                    {"entry", entry},
                                                    {"count", count},
                                                    {"usual", usual}}};
  log_.Event(LogLevel::kWarning, "flood", fields);
  if (!label_) return;
  // The queue of changes may be full just now, and the alert comes only once.
  pool.Requeue(std::make_unique<Task>(Work::Cost{}, nullptr,
                                      [this, flood] { SetLabel(flood); }));
}

void FloodResponse::SetLabel(const operate::Flood& flood) {
  const std::string entry = std::to_string(flood.entry.serial());
  const Authorship by{
      .actor = kActor,
      .reason = "met " + std::to_string(flood.count) + " times within " +
                std::to_string(window_.count()) + " s, usually " +
                std::to_string(std::llround(flood.usual)) + " times"};
  const auto done =
      curator_.SetNearActionLabel(flood.list, {&entry, 1}, kLabel, by);
  if (done.ok()) return;
  const std::string why(done.status().message());
  const std::array<RequestLog::Field, 3> fields = {
      {{"list", flood.list}, {"entry", entry}, {"error", why}}};
  log_.Event(LogLevel::kError, "flood label not set", fields);
}

}  // namespace kenal::service
