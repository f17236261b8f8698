// Change feed: tells those who watch the log that it has grown. One thread
// looks at the head, and only while somebody watches; nobody is told what the
// changes are, so a slow reader holds nothing.
#ifndef KENAL_SRC_SERVICE_CHANGE_FEED_H_
#define KENAL_SRC_SERVICE_CHANGE_FEED_H_

#include <condition_variable>
#include <thread>
#include <unordered_set>

#include "kenal/curator.h"
#include "src/base/mutex.h"

namespace kenal::service {

class Watcher {
 public:
  // The log holds changes up to `head`. Must not block, nor call the feed.
  virtual void Grew(Sequence head) = 0;

 protected:
  ~Watcher() = default;
};

// Thread-safe.
class ChangeFeed {
 public:
  // `curator` outlives it.
  explicit ChangeFeed(Curator& curator);
  ~ChangeFeed();
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  void Add(Watcher* watcher);
  // When it returns, the watcher is not told again.
  void Remove(Watcher* watcher);
  size_t watcher_count() const;

  // The store's id, read once. Errors: those of Curator::Stats.
  StatusOr<std::string> StoreId();

 private:
  void Run();

  Curator& curator_;
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_set<Watcher*> watchers_ KENAL_GUARDED_BY(mutex_);
  std::string store_id_ KENAL_GUARDED_BY(mutex_);
  bool ending_ KENAL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CHANGE_FEED_H_
