#include "src/scan/found.h"

#include <utility>

namespace kenal::scan {
namespace {

// Microseconds on one core of a common machine: opening and telling, then
// bytes at the pace of three digests, pictures at that of a decoder.
constexpr double kFileCost = 40;
constexpr double kByteCost = 0.0027;
constexpr double kPictureCost = 1'500;
constexpr double kPictureByteCost = 0.06;

}  // namespace

double CostOf(const FoundFile& file) {
  const auto bytes = static_cast<double>(file.size_bytes);
  const double plain = kFileCost + bytes * kByteCost;
  if (file.hint != Hint::kPicture) return plain;
  return plain + kPictureCost + bytes * kPictureByteCost;
}

void FoundQueue::Push(std::vector<FoundFile>&& files) {
  const base::MutexLock lock(mutex_);
  for (FoundFile& file : files) {
    ++found_.files;
    found_.bytes += file.size_bytes;
    found_.cost[static_cast<size_t>(file.hint)] += CostOf(file);
    waiting_[static_cast<size_t>(file.rank)].push_back(std::move(file));
  }
  changed_.NotifyAll();
}

void FoundQueue::Finish() {
  const base::MutexLock lock(mutex_);
  finished_ = true;
  changed_.NotifyAll();
}

void FoundQueue::Stop() {
  const base::MutexLock lock(mutex_);
  stopped_ = true;
  changed_.NotifyAll();
}

std::vector<FoundFile> FoundQueue::Take(size_t files_max, uint64_t bytes_max) {
  std::vector<FoundFile> taken;
  const base::MutexLock lock(mutex_);
  const auto first = [this]() KENAL_REQUIRES(mutex_) {
    auto at = waiting_.begin();
    while (at != waiting_.end() && at->empty()) ++at;
    return at;
  };
  changed_.Wait(mutex_, [&]() KENAL_REQUIRES(mutex_) {
    if (stopped_) return true;
    return !held_ && (finished_ || first() != waiting_.end());
  });
  if (stopped_) return taken;
  uint64_t bytes = 0;
  // Of one rank at a time: what is likely is done before the rest is begun.
  const auto rank = first();
  if (rank == waiting_.end()) return taken;
  while (!rank->empty() && taken.size() < files_max) {
    bytes += rank->front().size_bytes;
    if (!taken.empty() && bytes > bytes_max) break;
    taken.push_back(std::move(rank->front()));
    rank->pop_front();
  }
  return taken;
}

std::vector<FoundFile> FoundQueue::Rest() {
  std::vector<FoundFile> rest;
  const base::MutexLock lock(mutex_);
  for (std::deque<FoundFile>& files : waiting_) {
    std::move(files.begin(), files.end(), std::back_inserter(rest));
    files.clear();
  }
  return rest;
}

bool FoundQueue::is_finished() const {
  const base::MutexLock lock(mutex_);
  return finished_;
}

Amounts FoundQueue::found() const {
  const base::MutexLock lock(mutex_);
  return found_;
}

void FoundQueue::Hold() {
  const base::MutexLock lock(mutex_);
  held_ = true;
}

std::vector<FoundFile> FoundQueue::Release(
    const std::function<bool(const FoundFile&)>& keep) {
  std::vector<FoundFile> others;
  const base::MutexLock lock(mutex_);
  for (std::deque<FoundFile>& files : waiting_) {
    std::deque<FoundFile> kept;
    for (FoundFile& file : files) {
      if (keep(file)) {
        kept.push_back(std::move(file));
      } else {
        --found_.files;
        found_.bytes -= file.size_bytes;
        found_.cost[static_cast<size_t>(file.hint)] -= CostOf(file);
        others.push_back(std::move(file));
      }
    }
    files = std::move(kept);
  }
  held_ = false;
  changed_.NotifyAll();
  return others;
}

void FoundQueue::ForEach(
    const std::function<void(const FoundFile&)>& visit) const {
  const base::MutexLock lock(mutex_);
  for (const std::deque<FoundFile>& files : waiting_) {
    for (const FoundFile& file : files) visit(file);
  }
}

}  // namespace kenal::scan
