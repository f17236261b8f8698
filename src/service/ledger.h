// Ledger: what each client has used of its quota.
#ifndef KENAL_SRC_SERVICE_LEDGER_H_
#define KENAL_SRC_SERVICE_LEDGER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "src/base/mutex.h"
#include "src/identity/client_table.h"
#include "src/service/work_pool.h"

namespace kenal::service {

// One client's account. Thread-safe.
class Account {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Takes `items` of what the quota gives by `now`, which is a second's worth
  // at most, and a place under way for each; or takes nothing and says when to
  // try again. More than a second's worth at once is lent to a client that
  // used nothing, and to be paid back before the next.
  std::optional<std::chrono::milliseconds> Take(const identity::Quota& quota,
                                                uint64_t items, Time now);
  // Gives back what was taken of the second's worth for work that was not
  // done; the places are ended by Done.
  void Refund(uint64_t items);
  // Ends `items` under way.
  void Done(uint64_t items);

  // What lasts: false when the client has `most` of them open. Each that is
  // true is followed by one Close.
  enum class Lasting : uint8_t { kStream, kLongCall };
  bool Open(Lasting what, int most);
  void Close(Lasting what);

  Share& share() { return share_; }

 private:
  base::Mutex mutex_;
  double used_ KENAL_GUARDED_BY(mutex_) = 0;  // of the second's worth
  Time counted_ KENAL_GUARDED_BY(mutex_);
  uint64_t under_way_ KENAL_GUARDED_BY(mutex_) = 0;
  std::array<int, 2> open_ KENAL_GUARDED_BY(mutex_) = {};
  Share share_;
};

// Thread-safe. Holds an account for each name that a table ever held.
class Ledger {
 public:
  std::shared_ptr<Account> Of(const std::string& client);

 private:
  base::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Account>> accounts_
      KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_LEDGER_H_
