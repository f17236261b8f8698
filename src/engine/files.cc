#include "src/engine/files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "src/base/mutex.h"

namespace kenal::engine {
namespace {

namespace fs = std::filesystem;

// Files that may be hashed but not yet reported, for each worker.
constexpr size_t kAheadPerWorker = 4;

void FindInFolder(const fs::path& folder, FoundFiles& found) {
  std::error_code error;
  std::vector<fs::path> children;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    children.push_back(at->path());
  }
  if (error) {
    found.errors.push_back(Unavailable(
        folder.string() + ": cannot be listed: " + error.message()));
  }
  std::ranges::sort(children);
  for (const fs::path& child : children) {
    std::error_code unreadable;
    const fs::file_status own = fs::symlink_status(child, unreadable);
    if (fs::is_directory(own)) {
      FindInFolder(child, found);
    } else if (fs::is_regular_file(own) || unreadable) {
      found.files.push_back(child.string());
    } else {
      found.skipped.push_back(child.string());
    }
  }
}

// Hands out positions in order and takes results back in any order.
class OrderedWork {
 public:
  OrderedWork(size_t count, size_t ahead) : count_(count), ahead_(ahead) {}

  // The next position to work on, or nullopt when there is none.
  std::optional<size_t> Next() {
    base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&] {
      return stopped_ || next_ == count_ || next_ < reported_ + ahead_;
    });
    if (stopped_ || next_ == count_) return std::nullopt;
    return next_++;
  }

  void Put(size_t position, SignalSet&& signals) {
    base::MutexLock lock(mutex_);
    results_.emplace(position, std::move(signals));
    changed_.NotifyAll();
  }

  // Waits for the result of `position`; called for 0, 1, ... in order.
  SignalSet Take(size_t position) {
    base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&] { return results_.contains(position); });
    SignalSet signals = std::move(results_.extract(position).mapped());
    reported_ = position + 1;
    changed_.NotifyAll();
    return signals;
  }

  void Stop() {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }

 private:
  const size_t count_;
  const size_t ahead_;
  base::Mutex mutex_;
  base::CondVar changed_;
  size_t next_ KENAL_GUARDED_BY(mutex_) = 0;
  size_t reported_ KENAL_GUARDED_BY(mutex_) = 0;
  bool stopped_ KENAL_GUARDED_BY(mutex_) = false;
  std::map<size_t, SignalSet> results_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace

FoundFiles FindFiles(std::span<const std::string> paths) {
  FoundFiles found;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      FindInFolder(path, found);
    } else {
      found.files.push_back(path);
    }
  }
  return found;
}

Status HashFiles(Hasher& hasher, std::span<const std::string> files,
                 const HashWork& hash_work,
                 const std::function<Status(size_t, SignalSet&&)>& done) {
  const size_t worker_count =
      std::min(static_cast<size_t>(hasher.worker_count()), files.size());
  OrderedWork work(files.size(), kAheadPerWorker * worker_count);
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < worker_count; ++i) {
    workers.emplace_back([&] {
      while (const auto position = work.Next()) {
        work.Put(*position, hasher.HashFile(files[*position], hash_work));
      }
    });
  }
  for (size_t i = 0; i < files.size(); ++i) {
    if (Status status = done(i, work.Take(i)); !status.ok()) {
      work.Stop();
      return status;
    }
  }
  return OkStatus();
}

}  // namespace kenal::engine
