// A part: a block of postings that a set is made of. A posting's place in its
// part is its slot; slots are stable for the life of the part. Which slots are
// dead is kept outside, in the view that a set has of the part.
#ifndef KENAL_SRC_INDEX_PART_H_
#define KENAL_SRC_INDEX_PART_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kenal/signal.h"
#include "src/index/dead_bits.h"
#include "src/index/live_index.h"
#include "src/signal/posting.h"

namespace kenal::index {

class Part;

// A part as one set sees it. Plain value.
struct PartView {
  std::shared_ptr<const Part> part;
  std::shared_ptr<const DeadBits> dead;  // null: none
  uint64_t slots = 0;  // those below belong to the set; a fresh part has more
  uint32_t pdq_rows = 0;  // likewise, of a fresh part

  uint64_t live() const {
    return slots - (dead == nullptr ? 0 : dead->count());
  }

  bool IsDead(uint64_t slot) const {
    return dead != nullptr && dead->Has(slot);
  }
};

// Thread-safe for readers; a growing part may be appended to by one writer at
// the same time.
class Part {
 public:
  virtual ~Part() = default;

  // As IndexSet, restricted to this view's live slots.
  virtual void FindNear(const PartView& view, std::span<const PdqHash> queries,
                        Radius radius, std::vector<NearHit>& hits) const = 0;

  // Calls `visit(slot, entry)` for each slot, dead or not, that holds this
  // signal, until it returns false.
  using SlotVisitor = std::function<bool(uint64_t, EntryId)>;
  virtual void VisitHolders(const PartView& view, SignalType type,
                            const std::array<uint8_t, 32>& bits,
                            const SlotVisitor& visit) const = 0;

  // The slot of this posting, dead or not.
  virtual std::optional<uint64_t> Find(const PartView& view,
                                       const Posting& posting) const = 0;

  // Appends the postings of the live slots, in the order of SortPostings.
  virtual void AppendLive(const PartView& view,
                          std::vector<Posting>& postings) const = 0;
  virtual Posting At(uint64_t slot) const = 0;

  virtual uint64_t size_bytes() const = 0;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_PART_H_
