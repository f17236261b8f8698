#include "src/service/flood_response.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
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

void FloodResponse::Observe(std::span<const Answer> answers, WorkPool& pool) {
  const auto now = std::chrono::steady_clock::now();
  const auto respond = [&](const Answer& answer) {
    if (answer.matches.empty()) return;
    for (const operate::Flood& flood : guard_->Observe(answer, now)) {
      Respond(flood, pool);
    }
  };
  if (answers.size() == 1) return respond(answers[0]);
  Answer merged;
  std::set<uint64_t> counted;
  for (const Answer& answer : answers) {
    for (const Match& match : answer.matches) {
      // As the guard counts; a digest hit must not hide a near one.
      if (match.signal != SignalType::kPdq || match.shadow) continue;
      if (counted.insert(match.entry.value).second) {
        merged.matches.push_back(match);
      }
    }
  }
  respond(merged);
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
  bool full = false;
  bool first = false;
  {
    base::MutexLock lock(mutex_);
    full = flooded_count_ >= kFloodedMax;
    if (!full) {
      first = flooded_count_++ == 0;
      flooded_[flood.list].push_back(entry);
    }
  }
  if (full) {
    SayNotSet(flood.list, entry, "too many entries flood at once");
  } else if (first) {
    pool.Requeue(
        std::make_unique<Task>(Work::Cost{}, nullptr, [this] { SetLabels(); }));
  }
}

void FloodResponse::SetLabels() {
  Flooded flooded;
  {
    base::MutexLock lock(mutex_);
    flooded.swap(flooded_);
    flooded_count_ = 0;
  }
  for (const auto& [list, entries] : flooded) SetLabels(list, entries);
}

void FloodResponse::SetLabels(const std::string& list,
                              const std::vector<std::string>& entries) {
  std::vector<std::string> unlabelled;
  for (const std::string& entry : entries) {
    const auto now = curator_.GetEntry(list, entry);
    if (!now.ok()) {
      SayNotSet(list, entry, std::string(now.status().message()));
    } else if (now->near_action_label.empty()) {
      unlabelled.push_back(entry);
    }
  }
  if (unlabelled.empty()) return;
  const Authorship by{.actor = kActor,
                      .reason = "met within " +
                                std::to_string(window_.count()) +
                                " s far more often than usual"};
  const auto done = curator_.SetNearActionLabel(list, unlabelled, kLabel, by);
  if (done.ok()) return;
  SayNotSet(list, std::to_string(unlabelled.size()) + " entries",
            std::string(done.status().message()));
}

void FloodResponse::SayNotSet(const std::string& list,
                              const std::string& entries,
                              const std::string& why) {
  const std::array<RequestLog::Field, 3> fields = {
      {{"list", list}, {"entry", entries}, {"error", why}}};
  log_.Event(LogLevel::kError, "flood label not set", fields);
}

}  // namespace kenal::service
