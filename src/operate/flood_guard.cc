#include "src/operate/flood_guard.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/mutex.h"

namespace kenal::operate {
namespace {

// How much of the usual count the last window makes.
constexpr double kNewest = 1.0 / 8;
// An entry that is met less often a window is forgotten.
constexpr double kForgottenBelow = 0.1;

// What is known of one entry.
struct Watched {
  uint64_t entry = 0;
  uint64_t count = 0;  // in this window
  double usual = 0;    // a window, before this one
  // What the entry whose place this took may have hidden: with it nobody who
  // is met often can be pushed out by many who are met once.
  double inherited = 0;
  bool told = false;  // a flood, and said so

  double Weight() const {
    return told ? std::numeric_limits<double>::infinity()
                : usual + inherited + static_cast<double>(count);
  }
};

// The least met comes first. Weights grow while a place waits, so they are
// looked at anew when one comes up.
struct Place {
  double weight = 0;
  uint32_t slot = 0;
  bool operator<(const Place& other) const { return weight > other.weight; }
};

class FloodGuardImpl : public FloodGuard {
 public:
  FloodGuardImpl(const FloodOptions& options, Time start)
      : options_(options), window_start_(start) {
    using Seconds = std::chrono::seconds;
    options_.window = std::max(options_.window, Seconds(1));
    options_.entries_max =
        std::clamp<size_t>(options_.entries_max, 1, uint32_t{1} << 31);
  }

  std::vector<Flood> Observe(const Answer& answer, Time now) override {
    const auto counts = [](const Match& match) {
      return match.signal == SignalType::kPdq && !match.shadow;
    };
    std::vector<Flood> floods;
    const auto& matches = answer.matches;
    if (std::none_of(matches.begin(), matches.end(), counts)) return floods;
    const base::MutexLock lock(mutex_);
    Advance(now);
    for (const Match& match : matches) {
      if (!counts(match)) continue;
      Watched& watched = Watch(match.entry.value);
      ++watched.count;
      if (watched.told || !IsFlood(watched)) continue;
      watched.told = true;
      floods.push_back({match.list, match.entry, watched.count, watched.usual});
    }
    return floods;
  }

 private:
  bool IsFlood(const Watched& watched) const KENAL_REQUIRES(mutex_) {
    const auto count = static_cast<double>(watched.count);
    const auto floor = static_cast<double>(options_.floor);
    return count > (learning_ ? floor * options_.learning_factor : floor) &&
           count > options_.factor * watched.usual;
  }

  void Advance(Time now) KENAL_REQUIRES(mutex_);
  Watched& Watch(uint64_t entry) KENAL_REQUIRES(mutex_);
  uint32_t LeastMet() KENAL_REQUIRES(mutex_);

  FloodOptions options_;
  base::Mutex mutex_;
  bool learning_ KENAL_GUARDED_BY(mutex_) = true;  // the first window
  Time window_start_ KENAL_GUARDED_BY(mutex_);
  std::vector<Watched> watched_ KENAL_GUARDED_BY(mutex_);
  std::vector<Place> places_ KENAL_GUARDED_BY(mutex_);  // a heap, one a slot
  absl::flat_hash_map<uint64_t, uint32_t> slots_ KENAL_GUARDED_BY(mutex_);
};

// Closes the windows that have ended: counts become history.
void FloodGuardImpl::Advance(Time now) {
  // A clock that other threads read a little earlier stays in this window.
  if (now < window_start_ + options_.window) return;
  const auto windows = (now - window_start_) / options_.window;
  window_start_ += windows * options_.window;
  const double idle = std::pow(1 - kNewest, static_cast<double>(windows - 1));
  for (Watched& watched : watched_) {
    const double share = learning_ && !watched.told ? 1 : kNewest;
    // Either this window was usual, or one without any match came after it.
    if (!IsFlood(watched) || windows > 1) watched.told = false;
    watched.usual +=
        share * (static_cast<double>(watched.count) - watched.usual);
    watched.usual *= idle;
    watched.count = 0;
    watched.inherited = 0;
  }
  learning_ = false;
  std::erase_if(watched_, [](const Watched& watched) {
    return !watched.told && watched.usual < kForgottenBelow;
  });
  slots_.clear();
  places_.clear();
  for (uint32_t slot = 0; slot < watched_.size(); ++slot) {
    slots_.emplace(watched_[slot].entry, slot);
    places_.push_back({watched_[slot].Weight(), slot});
  }
  std::make_heap(places_.begin(), places_.end());
}

Watched& FloodGuardImpl::Watch(uint64_t entry) {
  const auto known = slots_.find(entry);
  if (known != slots_.end()) return watched_[known->second];
  if (watched_.size() < options_.entries_max) {
    const auto slot = static_cast<uint32_t>(watched_.size());
    watched_.push_back({.entry = entry});
    places_.push_back({0, slot});
    std::push_heap(places_.begin(), places_.end());
    slots_.emplace(entry, slot);
    return watched_.back();
  }
  const uint32_t slot = LeastMet();
  Watched& least = watched_[slot];
  const double weight = least.Weight();
  slots_.erase(least.entry);
  // All are floods: the place is taken without what nobody can know.
  const bool finite = std::isfinite(weight);
  least = {.entry = entry, .inherited = finite ? weight : 0};
  slots_.emplace(entry, slot);
  return least;
}

uint32_t FloodGuardImpl::LeastMet() {
  while (true) {
    const uint32_t slot = places_.front().slot;
    const double weight = watched_[slot].Weight();
    if (weight == places_.front().weight) return slot;
    std::pop_heap(places_.begin(), places_.end());
    places_.back().weight = weight;
    std::push_heap(places_.begin(), places_.end());
  }
}

}  // namespace

std::unique_ptr<FloodGuard> FloodGuard::Make(const FloodOptions& options,
                                             Time start) {
  return std::make_unique<FloodGuardImpl>(options, start);
}

}  // namespace kenal::operate
