#include "src/scan/large_contents.h"

namespace kenal::scan {

LargeContents::Turn LargeContents::Take() {
  const std::thread::id me = std::this_thread::get_id();
  {
    const base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&]() KENAL_REQUIRES(mutex_) {
      return turns_.contains(me) ||
             turns_.size() < static_cast<size_t>(holder_count_max_);
    });
    ++turns_[me];
  }
  return {this, [this, me](void*) { GiveBack(me); }};
}

void LargeContents::GiveBack(std::thread::id holder) {
  const base::MutexLock lock(mutex_);
  if (--turns_[holder] == 0) turns_.erase(holder);
  changed_.NotifyAll();
}

}  // namespace kenal::scan
