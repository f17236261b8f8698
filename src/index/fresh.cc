#include "src/index/fresh.h"

#include <xxhash.h>

#include "src/base/check.h"
#include "src/index/kernels.h"
#include "src/index/key_table.h"
#include "src/index/seed.h"

namespace kenal::index {
namespace {

uint64_t HashOfSignal(SignalType type, const std::array<uint8_t, 32>& bits) {
  const uint64_t seed = ProcessSeed() + static_cast<uint64_t>(type);
  return XXH3_64bits_withSeed(bits.data(), bits.size(), seed);
}

// Of the signal and its entry.
uint64_t HashOfEntry(const Posting& posting) {
  const uint64_t signal = HashOfSignal(posting.type, posting.bits);
  return XXH3_64bits_withSeed(&posting.entry.value, sizeof posting.entry.value,
                              signal);
}

}  // namespace

Fresh::Chains::Chains()
    : next_(new uint32_t[kCapacity]),
      heads_(new std::atomic<uint32_t>[kHeads]) {
  for (uint32_t i = 0; i < kHeads; ++i) {
    heads_[i].store(kNone, std::memory_order_relaxed);
  }
}

void Fresh::Chains::Add(uint64_t hash, uint32_t slot) {
  auto& head = heads_[hash % kHeads];
  next_[slot] = head.load(std::memory_order_relaxed);
  head.store(slot, std::memory_order_release);
}

template <typename Visit>
void Fresh::Chains::VisitSlots(uint64_t hash, const Visit& visit) const {
  uint32_t slot = heads_[hash % kHeads].load(std::memory_order_acquire);
  while (slot != kNone && visit(slot)) slot = next_[slot];
}

Fresh::Fresh()
    : postings_(new Posting[kCapacity]),
      pdq_(new PdqHash[kCapacity]),
      pdq_slot_(new uint32_t[kCapacity]) {
  ProcessSeed();  // Starts the generator here, not in the first fold.
}

uint64_t Fresh::Append(const Posting& posting) {
  KENAL_CHECK(!full());
  const uint32_t slot = slots_++;
  postings_[slot] = posting;
  if (posting.type == SignalType::kPdq) {
    pdq_[pdq_rows_].bytes = posting.bits;
    pdq_slot_[pdq_rows_++] = slot;
  }
  by_signal_.Add(HashOfSignal(posting.type, posting.bits), slot);
  by_entry_.Add(HashOfEntry(posting), slot);
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
    const Posting& posting = postings_[slot];
    hits.push_back({.query = row.query,
                    .entry = posting.entry,
                    .view = posting.view,
                    .template_like = posting.template_like,
                    .distance = row.distance});
  }
}

void Fresh::VisitHolders(const PartView& view, SignalType type,
                         const std::array<uint8_t, 32>& bits,
                         const SlotVisitor& visit) const {
  by_signal_.VisitSlots(HashOfSignal(type, bits), [&](uint32_t slot) {
    if (slot >= view.slots) return true;
    const Posting& posting = postings_[slot];
    if (posting.type != type || posting.bits != bits) return true;
    return visit(slot, posting.entry);
  });
}

std::optional<uint64_t> Fresh::Find(const PartView& view,
                                    const Posting& posting) const {
  std::optional<uint64_t> found;
  by_entry_.VisitSlots(HashOfEntry(posting), [&](uint32_t slot) {
    if (slot < view.slots && postings_[slot] == posting) found = slot;
    return !found;
  });
  return found;
}

void Fresh::AppendLive(const PartView& view,
                       std::vector<Posting>& postings) const {
  std::vector<Posting> live;
  live.reserve(view.live());
  for (uint32_t slot = 0; slot < view.slots; ++slot) {
    if (!view.IsDead(slot)) live.push_back(postings_[slot]);
  }
  SortPostings(live);
  postings.insert(postings.end(), live.begin(), live.end());
}

uint64_t Fresh::size_bytes() const {
  return kCapacity * (sizeof(Posting) + sizeof(PdqHash) + sizeof(uint32_t)) +
         2 * Chains::kBytes;
}

}  // namespace kenal::index
