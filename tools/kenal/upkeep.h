// What backup and compact share: progress in bytes.
#ifndef KENAL_TOOLS_KENAL_UPKEEP_H_
#define KENAL_TOOLS_KENAL_UPKEEP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "kenal/backup.h"
#include "tools/kenal/progress.h"

namespace kenal::cli {

inline constexpr int kMebibyteBits = 20;

// Shows bytes as MiB, with the rate and the time left.
class ByteProgress {
 public:
  ByteProgress(Console& console, std::string verb)
      : progress_(console, std::move(verb), "MiB", std::nullopt) {}

  // Goes on for ever; the object outlives what it returns.
  ByteWatcher Watcher() {
    return [this](uint64_t done, uint64_t total) {
      std::optional<double> fraction;
      if (total > 0) {
        fraction = static_cast<double>(done) / static_cast<double>(total);
      }
      progress_.Update(done >> kMebibyteBits, fraction);
      return true;
    };
  }

 private:
  Progress progress_;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_UPKEEP_H_
