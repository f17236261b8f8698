// Large contents: bounds what many threads together hold in memory, however
// large what they meet is made.
#ifndef KENAL_SRC_SCAN_LARGE_CONTENTS_H_
#define KENAL_SRC_SCAN_LARGE_CONTENTS_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "src/base/mutex.h"

namespace kenal::scan {

// What one thread holds of contents is small up to here.
inline constexpr uint64_t kSmallBytesMax = uint64_t{32} << 20;

// Thread-safe.
class LargeContents {
 public:
  explicit LargeContents(int holder_count_max)
      : holder_count_max_(holder_count_max) {}

  // Ends when the last copy of it goes. Before the LargeContents.
  using Turn = std::shared_ptr<void>;

  // For the calling thread, which may have several: it waits while as many
  // others have one, but not when it has one already. A thread that has one
  // may wait for nothing that is held while a turn is taken: it reads nothing
  // else of a source (an image is read by one thread at a time), and contents
  // that others judge are claimed when they have been read.
  Turn Take();

 private:
  void GiveBack(std::thread::id holder);

  const int holder_count_max_;
  base::Mutex mutex_;
  base::CondVar changed_;
  absl::flat_hash_map<std::thread::id, int> turns_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_LARGE_CONTENTS_H_
