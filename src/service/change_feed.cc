#include "src/service/change_feed.h"

#include <string>

#include "src/service/limits.h"

namespace kenal::service {

ChangeFeed::ChangeFeed(Curator& curator)
    : curator_(curator), thread_([this] { Run(); }) {}

ChangeFeed::~ChangeFeed() {
  {
    base::MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ChangeFeed::Add(Watcher* watcher) {
  {
    base::MutexLock lock(mutex_);
    watchers_.insert(watcher);
  }
  changed_.notify_all();
}

void ChangeFeed::Remove(Watcher* watcher) {
  base::MutexLock lock(mutex_);
  watchers_.erase(watcher);
}

size_t ChangeFeed::watcher_count() const {
  base::MutexLock lock(mutex_);
  return watchers_.size();
}

StatusOr<std::string> ChangeFeed::StoreId() {
  {
    base::MutexLock lock(mutex_);
    if (!store_id_.empty()) return store_id_;
  }
  KENAL_TRY_ASSIGN(const StoreStats stats, curator_.Stats());
  base::MutexLock lock(mutex_);
  store_id_ = stats.store_id;
  return store_id_;
}

void ChangeFeed::Run() {
  mutex_.lock();
  while (true) {
    changed_.wait(mutex_, [this] { return ending_ || !watchers_.empty(); });
    if (ending_) break;
    mutex_.unlock();
    const StatusOr<Sequence> head = curator_.Head();
    mutex_.lock();
    if (head.ok()) {
      for (Watcher* const watcher : watchers_) watcher->Grew(*head);
    }
    changed_.wait_for(mutex_, kWatchInterval, [this] { return ending_; });
  }
  mutex_.unlock();
}

}  // namespace kenal::service
