// Read ahead: an import's source on a thread of its own, so that parsing and
// storing share the processors.
#ifndef KENAL_TOOLS_KENAL_READ_AHEAD_H_
#define KENAL_TOOLS_KENAL_READ_AHEAD_H_

#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "kenal/curator.h"
#include "src/base/mutex.h"

namespace kenal::cli {

// Calls `source` on another thread from its making on, up to some thousand
// items or 16 MiB of their details ahead. One thread calls Next.
class ReadAhead {
 public:
  explicit ReadAhead(ImportSource source);
  ~ReadAhead();  // stops reading
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // As ImportSource. After an error or the end it is not called again.
  StatusOr<std::optional<ImportItem>> Next();

 private:
  using Items = std::vector<ImportItem>;

  void Read();
  // Waits for room; false: nobody wants more.
  bool Hand(Items items);

  const ImportSource source_;
  Items current_;  // of the thread that calls Next
  size_t at_ = 0;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<Items> ready_ KENAL_GUARDED_BY(mutex_);
  bool unwanted_ KENAL_GUARDED_BY(mutex_) = false;
  // Set when the source has ended.
  std::optional<Status> end_ KENAL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_READ_AHEAD_H_
