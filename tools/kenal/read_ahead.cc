#include "tools/kenal/read_ahead.h"

#include <utility>

namespace kenal::cli {
namespace {

// A batch is handed over when it has so many items, or so many bytes of what
// items have most of.
constexpr size_t kBatchItems = 256;
constexpr size_t kBatchBytes = size_t{2} << 20;
constexpr size_t kBatchesMax = 8;

}  // namespace

ReadAhead::ReadAhead(ImportSource source)
    : source_(std::move(source)), thread_([this] { Read(); }) {}

ReadAhead::~ReadAhead() {
  {
    const base::MutexLock lock(mutex_);
    unwanted_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void ReadAhead::Read() {
  Items items;
  size_t bytes = 0;
  Status end;
  while (true) {
    StatusOr<std::optional<ImportItem>> item = source_();
    if (!item.ok() || !*item) {
      end = item.status();
      break;
    }
    bytes += (*item)->draft.details.size();
    items.push_back(**std::move(item));
    if (items.size() < kBatchItems && bytes < kBatchBytes) continue;
    if (!Hand(std::exchange(items, {}))) return;
    bytes = 0;
  }
  if (!items.empty() && !Hand(std::move(items))) return;
  {
    const base::MutexLock lock(mutex_);
    end_ = end;
  }
  changed_.NotifyAll();
}

bool ReadAhead::Hand(Items items) {
  {
    const base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return unwanted_ || ready_.size() < kBatchesMax;
    });
    if (unwanted_) return false;
    ready_.push_back(std::move(items));
  }
  changed_.NotifyAll();
  return true;
}

StatusOr<std::optional<ImportItem>> ReadAhead::Next() {
  if (at_ == current_.size()) {
    current_.clear();
    at_ = 0;
    const base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return end_.has_value() || !ready_.empty();
    });
    if (ready_.empty()) {
      KENAL_TRY(*end_);
      return std::optional<ImportItem>();
    }
    current_ = std::move(ready_.front());
    ready_.pop_front();
    changed_.NotifyAll();
  }
  return std::optional<ImportItem>(std::move(current_[at_++]));
}

}  // namespace kenal::cli
