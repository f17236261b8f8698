// Progress: how far, how fast, how much longer, on stderr.
//
// On a terminal one live line, else a plain line every few seconds; nothing
// when the console is quiet.
#ifndef KENAL_TOOLS_KENAL_PROGRESS_H_
#define KENAL_TOOLS_KENAL_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "src/base/mutex.h"
#include "tools/kenal/console.h"

namespace kenal::cli {

// "7 s", "4 min 10 s", "3 h 5 min".
std::string DurationText(double seconds);

// "took 3 s, 120/s"; empty below two seconds, which need no telling.
std::string ElapsedText(uint64_t done, double seconds);

class Progress {
 public:
  // "ingest", "files"; `total` when it is known.
  Progress(Console& console, std::string verb, std::string unit,
           std::optional<uint64_t> total);
  ~Progress();  // takes the live line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` units so far. `fraction` of the work, when it is not done / total.
  // Cheap enough to call for each unit. Thread-safe.
  void Update(uint64_t done, std::optional<double> fraction = {});

  // How long it took, as a note after a summary; nothing after a moment.
  void NoteElapsed(uint64_t done) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::string Text(uint64_t done, std::optional<double> fraction,
                   double seconds) const;

  Console& console_;
  const std::string verb_;
  const std::string unit_;
  const std::optional<uint64_t> total_;
  const Clock::time_point start_ = Clock::now();
  base::Mutex mutex_;
  Clock::time_point next_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_PROGRESS_H_
