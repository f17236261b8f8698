#include "src/service/ledger.h"

#include <algorithm>
#include <cmath>

namespace kenal::service {
namespace {

using std::chrono::milliseconds;

// Of a client whose places are all taken: about when one may come free.
constexpr milliseconds kPlaceRetry{50};

}  // namespace

std::optional<milliseconds> Account::Take(const identity::Quota& quota,
                                          uint64_t items, Time now) {
  base::MutexLock lock(mutex_);
  const auto places = static_cast<uint64_t>(quota.in_flight_max);
  if (places > 0 && under_way_ > 0 && under_way_ + items > places) {
    return kPlaceRetry;
  }
  if (quota.items_per_second > 0) {
    const double rate = quota.items_per_second;
    const double passed = std::chrono::duration<double>(now - counted_).count();
    const double used = std::max(0.0, used_ - std::max(0.0, passed) * rate);
    const double wanted = static_cast<double>(items);
    if (used > 0 && used + wanted > rate) {
      const double missing = std::min(used, used + wanted - rate);
      return milliseconds(
          static_cast<int64_t>(std::ceil(missing / rate * 1000)));
    }
    used_ = used + wanted;
    counted_ = now;
  }
  under_way_ += items;
  return std::nullopt;
}

void Account::Refund(uint64_t items) {
  base::MutexLock lock(mutex_);
  used_ = std::max(0.0, used_ - static_cast<double>(items));
}

void Account::Done(uint64_t items) {
  base::MutexLock lock(mutex_);
  under_way_ -= items;
}

bool Account::Open(Lasting what, int most) {
  base::MutexLock lock(mutex_);
  int& open = open_[static_cast<size_t>(what)];
  if (open >= most) return false;
  ++open;
  return true;
}

void Account::Close(Lasting what) {
  base::MutexLock lock(mutex_);
  --open_[static_cast<size_t>(what)];
}

std::shared_ptr<Account> Ledger::Of(const std::string& client) {
  base::MutexLock lock(mutex_);
  std::shared_ptr<Account>& account = accounts_[client];
  if (account == nullptr) account = std::make_shared<Account>();
  return account;
}

}  // namespace kenal::service
