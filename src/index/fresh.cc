#include "src/index/fresh.h"

#include <xxhash.h>

#include "src/base/check.h"
#include "src/index/kernels.h"
#include "src/index/seed.h"

namespace kenal::index {
namespace {

uint32_t HeadOf(SignalType type, const std::array<uint8_t, 32>& bits,
                uint32_t heads) {
  const uint64_t seed = ProcessSeed() + static_cast<uint64_t>(type);
  return static_cast<uint32_t>(
             XXH3_64bits_withSeed(bits.data(), bits.size(), seed)) %
         heads;
}

}  // namespace

Fresh::Fresh()
    : postings_(new Posting[kCapacity]),
      pdq_(new PdqHash[kCapacity]),
      pdq_slot_(new uint32_t[kCapacity]),
      next_(new uint32_t[kCapacity]),
      heads_(new std::atomic<uint32_t>[kHeads]) {
  ProcessSeed();  // Starts the generator here, not in the first fold.
  for (uint32_t i = 0; i < kHeads; ++i) {
    heads_[i].store(kNone, std::memory_order_relaxed);
  }
}

uint64_t Fresh::Append(const Posting& posting) {
  KENAL_CHECK(!full());
  const uint32_t slot = slots_++;
  postings_[slot] = posting;
  if (posting.type == SignalType::kPdq) {
    pdq_[pdq_rows_].bytes = posting.bits;
    pdq_slot_[pdq_rows_++] = slot;
  }
  auto& head = heads_[HeadOf(posting.type, posting.bits, kHeads)];
  next_[slot] = head.load(std::memory_order_relaxed);
  head.store(slot, std::memory_order_release);
  return slot;
}

void Fresh::FindNear(const PartView& view, std::span<const PdqHash> queries,
                     Radius radius, std::vector<NearHit>& hits) const {
  if (queries.empty() || view.pdq_rows == 0) return;
  std::vector<RowHit> rows;
  FlatScan(pdq_[0].bytes.data(), view.pdq_rows, queries[0].bytes.data(),
           queries.size(), radius.bits, rows);
  for (const RowHit& row : rows) {
    const uint32_t slot = pdq_slot_[row.row];
    if (view.IsDead(slot)) continue;
    hits.push_back(
        {row.query, postings_[slot].entry, postings_[slot].view, row.distance});
  }
}

template <typename Visit>
void Fresh::VisitSlots(const PartView& view, SignalType type,
                       const std::array<uint8_t, 32>& bits,
                       const Visit& visit) const {
  uint32_t slot =
      heads_[HeadOf(type, bits, kHeads)].load(std::memory_order_acquire);
  for (; slot != kNone; slot = next_[slot]) {
    if (slot >= view.slots) continue;
    const Posting& posting = postings_[slot];
    if (posting.type == type && posting.bits == bits && !visit(slot)) return;
  }
}

void Fresh::VisitHolders(const PartView& view, SignalType type,
                         const std::array<uint8_t, 32>& bits,
                         const SlotVisitor& visit) const {
  VisitSlots(view, type, bits,
             [&](uint32_t slot) { return visit(slot, postings_[slot].entry); });
}

std::optional<uint64_t> Fresh::Find(const PartView& view,
                                    const Posting& posting) const {
  std::optional<uint64_t> found;
  VisitSlots(view, posting.type, posting.bits, [&](uint32_t slot) {
    if (postings_[slot] == posting) found = slot;
    return !found;
  });
  return found;
}

void Fresh::AppendLive(const PartView& view,
                       std::vector<Posting>& postings) const {
  for (uint32_t slot = 0; slot < view.slots; ++slot) {
    if (!view.IsDead(slot)) postings.push_back(postings_[slot]);
  }
}

uint64_t Fresh::size_bytes() const {
  return kCapacity *
             (sizeof(Posting) + sizeof(PdqHash) + 2 * sizeof(uint32_t)) +
         kHeads * sizeof(uint32_t);
}

}  // namespace kenal::index
