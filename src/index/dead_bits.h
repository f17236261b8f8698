// Which slots of a part are withdrawn: an immutable bitmap whose copies share
// pages, so that withdrawing one entry among millions copies one page.
#ifndef KENAL_SRC_INDEX_DEAD_BITS_H_
#define KENAL_SRC_INDEX_DEAD_BITS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kenal::index {

class DeadBits {
 public:
  bool Has(uint64_t slot) const {
    const uint64_t page = slot / kPageSlots;
    if (page >= pages_.size() || pages_[page] == nullptr) return false;
    const uint64_t bit = slot % kPageSlots;
    return (((*pages_[page])[bit / 64] >> (bit % 64)) & 1) != 0;
  }
  uint64_t count() const { return count_; }

  // Calls `visit(slot)`, ascending, for each slot that is dead in one of `a`
  // and `b` and not in the other. Either may be null: none dead.
  // Cost: pages that both share are skipped.
  template <typename Visit>
  static void ForEachDifference(const DeadBits* a, const DeadBits* b,
                                const Visit& visit) {
    const size_t pages = std::max(a == nullptr ? 0 : a->pages_.size(),
                                  b == nullptr ? 0 : b->pages_.size());
    for (size_t page = 0; page < pages; ++page) {
      const Page* in_a = PageOf(a, page);
      const Page* in_b = PageOf(b, page);
      if (in_a == in_b) continue;
      for (size_t word = 0; word < kPageWords; ++word) {
        uint64_t bits = (in_a == nullptr ? 0 : (*in_a)[word]) ^
                        (in_b == nullptr ? 0 : (*in_b)[word]);
        for (; bits != 0; bits &= bits - 1) {
          visit(page * kPageSlots + word * 64 +
                static_cast<uint64_t>(__builtin_ctzll(bits)));
        }
      }
    }
  }

 private:
  friend class DeadBitsEditor;
  static constexpr size_t kPageWords = 512;  // 4 KiB: cheap to copy
  static constexpr uint64_t kPageSlots = kPageWords * 64;
  using Page = std::array<uint64_t, kPageWords>;

  static const Page* PageOf(const DeadBits* bits, size_t page) {
    return bits == nullptr || page >= bits->pages_.size()
               ? nullptr
               : bits->pages_[page].get();
  }

  std::vector<std::shared_ptr<const Page>> pages_;  // null: none dead
  uint64_t count_ = 0;
};

// Makes the successor of a DeadBits. One use, one thread.
class DeadBitsEditor {
 public:
  // `base` may be null: nothing is dead.
  explicit DeadBitsEditor(const DeadBits* base)
      : next_(base == nullptr ? std::make_shared<DeadBits>()
                              : std::make_shared<DeadBits>(*base)) {}

  bool Has(uint64_t slot) const { return next_->Has(slot); }
  bool empty() const { return next_->count() == 0; }
  void Set(uint64_t slot, bool dead);
  std::shared_ptr<const DeadBits> Finish() { return std::move(next_); }

 private:
  DeadBits::Page& OwnPage(uint64_t page);

  std::shared_ptr<DeadBits> next_;
  std::vector<DeadBits::Page*> own_;  // pages copied by this editor
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_DEAD_BITS_H_
