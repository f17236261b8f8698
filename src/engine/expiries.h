// Expiries: when the entries that expire do so, in memory, so that a hit on
// one is known for what it is before the verdict is made.
#ifndef KENAL_SRC_ENGINE_EXPIRIES_H_
#define KENAL_SRC_ENGINE_EXPIRIES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/verdict.h"
#include "src/signal/posting.h"

namespace kenal::engine {

// Thread-safe. About 16 bytes an entry that expires. What an answer learns is
// the state of now, which may be later than the one it is served at.
class Expiries {
 public:
  static StatusOr<std::unique_ptr<Expiries>> Open(
      const catalogue::Catalogue& catalogue);

  // The changes of one log record.
  void Fold(std::span<const Expiry> changes);

  // Takes out the hits on entries that have expired. Without any entry that
  // expires, this costs nothing.
  void RemoveExpired(int64_t now_unix_ms, std::vector<Hit>& hits) const;

 private:
  std::optional<int64_t> Of(EntryId entry) const KENAL_REQUIRES(mutex_);
  void Merge() KENAL_REQUIRES(mutex_);

  std::atomic<bool> any_ = false;
  mutable base::Mutex mutex_;
  std::vector<Expiry> settled_ KENAL_GUARDED_BY(mutex_);  // by entry
  // What changed since, by EntryId::value.
  std::unordered_map<uint64_t, std::optional<int64_t>> recent_
      KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_EXPIRIES_H_
