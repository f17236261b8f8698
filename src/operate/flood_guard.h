// Flood guard: notices an entry that suddenly near-matches far beyond its
// history, as when somebody floods a service with copies made to meet it, or
// a bad entry was listed. It only tells; the label that follows is a change
// like any other, and no verdict depends on it.
#ifndef KENAL_SRC_OPERATE_FLOOD_GUARD_H_
#define KENAL_SRC_OPERATE_FLOOD_GUARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kenal/entry.h"
#include "kenal/verdict.h"

namespace kenal::operate {

struct FloodOptions {
  // Near matches of one entry within a window that are never a flood.
  uint64_t floor = 1000;
  // Times the entry's usual count a window.
  double factor = 20;
  // Times the floor, within the first window after the start: what stays
  // below it is learnt as usual then, since nothing of the time before is
  // known. An entry that is always met often would else be told of after
  // every start.
  double learning_factor = 10;
  std::chrono::seconds window{60};
  // Entries watched at once; beyond that the least met is forgotten. About
  // 100 bytes each.
  size_t entries_max = 65'536;
};

struct Flood {
  std::string list;
  EntryId entry;
  uint64_t count = 0;  // within the window so far
  double usual = 0;    // a window, before
};

// Thread-safe. Costs no memory beyond entries_max whatever is matched.
class FloodGuard {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The first window begins at `start`.
  static std::unique_ptr<FloodGuard> Make(
      const FloodOptions& options,
      Time start = std::chrono::steady_clock::now());
  virtual ~FloodGuard() = default;

  // Counts the near matches of an answer that are not in shadow; digest hits
  // do not count. Gives the entries that became a flood with it: each once,
  // until its count has been usual for a whole window.
  virtual std::vector<Flood> Observe(const Answer& answer, Time now) = 0;
};

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_FLOOD_GUARD_H_
