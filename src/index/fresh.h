// Fresh part: takes new postings one by one, scanned flat for near hits and
// hashed for equal ones.
//
// Slots only grow, and nothing below a published size changes, so sets share
// one fresh part without copying it: each sees the slots that were there when
// it was made.
#ifndef KENAL_SRC_INDEX_FRESH_H_
#define KENAL_SRC_INDEX_FRESH_H_

#include <atomic>
#include <memory>

#include "src/index/part.h"

namespace kenal::index {

class Fresh final : public Part {
 public:
  // A flat scan of this many costs a few microseconds, well below a search of
  // the big segments.
  static constexpr uint32_t kCapacity = 4096;

  Fresh();

  // One writer; not full. Readers see it once its size is published in a view.
  uint64_t Append(const Posting& posting);
  bool full() const { return slots_ == kCapacity; }
  uint32_t slots() const { return slots_; }        // writer only
  uint32_t pdq_rows() const { return pdq_rows_; }  // writer only

  void FindNear(const PartView& view, std::span<const PdqHash> queries,
                Radius radius, std::vector<NearHit>& hits) const override;
  void VisitHolders(const PartView& view, SignalType type,
                    const std::array<uint8_t, 32>& bits,
                    const SlotVisitor& visit) const override;
  std::optional<uint64_t> Find(const PartView& view,
                               const Posting& posting) const override;
  void AppendLive(const PartView& view,
                  std::vector<Posting>& postings) const override;
  Posting At(uint64_t slot) const override { return postings_[slot]; }
  uint64_t size_bytes() const override;

 private:
  // Slots by a hash of what they hold, chained from the newest.
  class Chains {
   public:
    Chains();
    void Add(uint64_t hash, uint32_t slot);  // one writer
    // Calls `visit(slot)` for slots of this hash, and others, until it returns
    // false.
    template <typename Visit>
    void VisitSlots(uint64_t hash, const Visit& visit) const;
    static constexpr size_t kBytes = 3 * kCapacity * sizeof(uint32_t);

   private:
    static constexpr uint32_t kNone = ~uint32_t{0};
    static constexpr uint32_t kHeads = 2 * kCapacity;

    std::unique_ptr<uint32_t[]> next_;
    std::unique_ptr<std::atomic<uint32_t>[]> heads_;
  };

  std::unique_ptr<Posting[]> postings_;
  std::unique_ptr<PdqHash[]> pdq_;        // packed, for the scan
  std::unique_ptr<uint32_t[]> pdq_slot_;  // of each packed hash
  Chains by_signal_;
  // Thousands of postings of one signal would be one chain of the other.
  Chains by_entry_;
  uint32_t slots_ = 0;
  uint32_t pdq_rows_ = 0;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_FRESH_H_
