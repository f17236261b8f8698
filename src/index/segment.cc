#include "src/index/segment.h"

#include <faiss/IndexBinaryFlat.h>
#include <faiss/impl/AuxIndexStructures.h>

#include <algorithm>

#include "src/index/faiss_radius.h"

namespace kenal::index {

Segment::Segment(std::vector<Posting> postings) {
  SortPostings(postings);
  auto begin = postings.begin();
  for (size_t i = 0; i < kTypes; ++i) {
    const auto type = static_cast<SignalType>(i + 1);
    const auto end = std::find_if(begin, postings.end(), [&](const Posting& p) {
      return p.type != type;
    });
    tables_[i] = KeyTable::Build(type, {begin, end});
    first_slot_[i] = slot_count_;
    slot_count_ += tables_[i].slot_count();
    begin = end;
  }
  const KeyTable& pdq = Table(SignalType::kPdq);
  near_ = std::make_unique<faiss::IndexBinaryFlat>(256);
  if (pdq.row_count() > 0) near_->add(pdq.row_count(), pdq.keys());
}

Segment::~Segment() = default;

void Segment::FindNear(const PartView& view, std::span<const PdqHash> queries,
                       Radius radius, std::vector<NearHit>& hits) const {
  const KeyTable& pdq = Table(SignalType::kPdq);
  if (pdq.row_count() == 0 || queries.empty()) return;
  faiss::RangeSearchResult found(
      static_cast<faiss::IndexBinary::idx_t>(queries.size()));
  near_->range_search(static_cast<faiss::IndexBinary::idx_t>(queries.size()),
                      queries[0].bytes.data(), ToFaissRadius(radius), &found);
  for (uint32_t query = 0; query < queries.size(); ++query) {
    for (size_t i = found.lims[query]; i < found.lims[query + 1]; ++i) {
      const auto row = static_cast<uint32_t>(found.labels[i]);
      const auto [first, last] = pdq.SlotsOf(row);
      for (uint32_t slot = first; slot < last; ++slot) {
        if (view.IsDead(slot)) continue;
        hits.push_back({query, pdq.EntryAt(slot), pdq.ViewAt(slot),
                        static_cast<int>(found.distances[i])});
      }
    }
  }
}

void Segment::VisitHolders(const PartView&, SignalType type,
                           const std::array<uint8_t, 32>& bits,
                           const HolderVisitor& visit) const {
  const KeyTable& table = Table(type);
  const auto [first, last] = table.Find(bits);
  for (uint32_t slot = first; slot < last; ++slot) {
    visit({first_slot_[Position(type)] + slot, table.EntryAt(slot),
           table.ViewAt(slot)});
  }
}

void Segment::AppendLive(const PartView& view,
                         std::vector<Posting>& postings) const {
  for (size_t i = 0; i < kTypes; ++i) {
    for (uint32_t slot = 0; slot < tables_[i].slot_count(); ++slot) {
      if (!view.IsDead(first_slot_[i] + slot)) {
        postings.push_back(tables_[i].At(slot));
      }
    }
  }
}

Posting Segment::At(uint64_t slot) const {
  size_t i = kTypes - 1;
  while (slot < first_slot_[i]) --i;
  return tables_[i].At(static_cast<uint32_t>(slot - first_slot_[i]));
}

uint64_t Segment::size_bytes() const {
  uint64_t bytes = Table(SignalType::kPdq).keys() == nullptr
                       ? 0
                       : 32 * row_count(SignalType::kPdq);
  for (const KeyTable& table : tables_) bytes += table.size_bytes();
  return bytes;
}

}  // namespace kenal::index
