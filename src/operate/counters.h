// Counters: what the hot path counts with, without a lock and without looking
// anything up by text.
#ifndef KENAL_SRC_OPERATE_COUNTERS_H_
#define KENAL_SRC_OPERATE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kenal::operate {

// Thread-safe; one relaxed atomic addition.
class Count {
 public:
  void Add(uint64_t amount = 1) {
    value_.fetch_add(amount, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// How many values fell under each of some bounds, and their sum. Thread-safe;
// two relaxed atomic additions a value, on cache lines of its own.
template <const auto& kBounds>
class alignas(64) Histogram {
 public:
  // A value belongs to the first bound that it does not exceed.
  void Add(uint64_t value) {
    size_t bucket = 0;
    while (bucket < kBounds.size() && value > kBounds[bucket]) ++bucket;
    buckets_[bucket].Add();
    sum_.Add(value);
  }

  struct Reading {
    std::array<uint64_t, kBounds.size() + 1> counts{};  // of each alone
    uint64_t sum = 0;
  };
  Reading Read() const {
    Reading reading;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      reading.counts[i] = buckets_[i].value();
    }
    reading.sum = sum_.value();
    return reading;
  }

 private:
  std::array<Count, kBounds.size() + 1> buckets_;
  Count sum_;
};

// Counts by name, for names that come and go, such as those of lists; kSlots
// counts a name. Thread-safe; a name that is known costs a shared lock and a
// look-up.
template <size_t kSlots>
class CountsByName {
 public:
  // Beyond so many names the rest is counted under kOthers.
  static constexpr size_t kNamesMax = 4096;
  static constexpr std::string_view kOthers = "(others)";
  using Slots = std::array<Count, kSlots>;

  // Valid for as long as this.
  Slots& Of(std::string_view name) {
    {
      const std::shared_lock<std::shared_mutex> lock(mutex_);
      const auto known = slots_.find(name);
      if (known != slots_.end()) return *known->second;
    }
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    if (slots_.size() >= kNamesMax && !slots_.contains(name)) name = kOthers;
    const auto [at, fresh] = slots_.try_emplace(std::string(name));
    if (fresh) at->second = std::make_unique<Slots>();
    return *at->second;
  }

  struct Named {
    std::string name;
    const Slots* slots;
  };
  std::vector<Named> All() const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    std::vector<Named> all;
    for (const auto& [name, slots] : slots_) all.push_back({name, slots.get()});
    return all;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Slots>, std::less<>> slots_;
};

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_COUNTERS_H_
