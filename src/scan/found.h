// Files that were found and wait to be looked at.
#ifndef KENAL_SRC_SCAN_FOUND_H_
#define KENAL_SRC_SCAN_FOUND_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/mutex.h"
#include "src/findings/findings.h"
#include "src/scan/likely.h"

namespace kenal::scan {

// What the files of one folder have in common.
struct FoundFolder {
  uint32_t exhibit = 0;
  std::string path;  // "" or ending with '/'
};

struct FoundFile {
  std::shared_ptr<const FoundFolder> folder;
  std::string name;
  uint64_t size_bytes = 0;
  // Of a disk image: which of its listed entries it is, and how places tell
  // entries of one name apart. 0 for files of folders.
  uint64_t entry = 0;
  uint64_t address = 0;
  Rank rank = Rank::kOther;
  Hint hint = Hint::kNone;

  std::string path() const { return folder->path + name; }
};

// What there is to do, as far as it is known, and what of it is done.
struct Amounts {
  uint64_t files = 0;
  uint64_t bytes = 0;
  std::array<double, kHintCount> cost{};  // of CostOf, by Hint
};

// How long a file takes, on a scale of its own: a guess from its name and
// size, which measured times put right.
double CostOf(const FoundFile& file);

// Hands files out, those in likely places first, else as they were found.
// Thread-safe.
class FoundQueue {
 public:
  void Push(std::vector<FoundFile>&& files);
  // Nothing more will be pushed.
  void Finish();

  // Up to `files_max` files, and no more than `bytes_max` unless the first
  // alone is larger; waits. Empty: there are none left, or Stop() was called.
  std::vector<FoundFile> Take(size_t files_max, uint64_t bytes_max);
  // Makes Take() return nothing, now and from now on.
  void Stop();

  // What nobody took. After Stop() or the end.
  std::vector<FoundFile> Rest();

  bool is_finished() const;
  Amounts found() const;  // everything that was pushed

  // Whether Take() gives files out already. Samples are drawn from all.
  void Hold();
  // Keeps those of the held files for which `keep` is true, gives the others
  // back, and lets Take() go on.
  std::vector<FoundFile> Release(
      const std::function<bool(const FoundFile&)>& keep);
  // The held files, for counting and drawing. Nobody else is at it then.
  void ForEach(const std::function<void(const FoundFile&)>& visit) const;

 private:
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::array<std::deque<FoundFile>, kRankCount> waiting_
      KENAL_GUARDED_BY(mutex_);
  Amounts found_ KENAL_GUARDED_BY(mutex_);
  bool finished_ KENAL_GUARDED_BY(mutex_) = false;
  bool held_ KENAL_GUARDED_BY(mutex_) = false;
  bool stopped_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_FOUND_H_
