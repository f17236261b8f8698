#include "src/index/segment.h"

#include <algorithm>

namespace kenal::index {

Segment::Segment(std::vector<Posting> postings, int threads) {
  SortPostings(postings);
  auto begin = postings.begin();
  for (size_t i = 0; i < kTypes; ++i) {
    const auto type = static_cast<SignalType>(i + 1);
    const auto end = std::find_if(begin, postings.end(), [&](const Posting& p) {
      return p.type != type;
    });
    tables_[i] = KeyTable::Build(type, {begin, end});
    begin = end;
  }
  NumberSlots();
  const KeyTable& pdq = Table(SignalType::kPdq);
  near_ = BandTables::Build(pdq.keys(), pdq.row_count(), {.threads = threads});
}

void Segment::NumberSlots() {
  for (size_t i = 0; i < kTypes; ++i) {
    first_slot_[i] = slot_count_;
    slot_count_ += tables_[i].slot_count();
  }
}

bool Segment::IsPossible(const Shape& shape) {
  return BandTables::IsPossible(shape.near) &&
         shape.near.row_count == shape.tables[0].rows;
}

Segment::Shape Segment::shape() const {
  Shape shape;
  for (size_t i = 0; i < kTypes; ++i) shape.tables[i] = tables_[i].shape();
  shape.near = near_.shape();
  return shape;
}

Segment::Segment(const Shape& shape) : near_(shape.near) {
  for (size_t i = 0; i < kTypes; ++i) {
    tables_[i] = KeyTable(static_cast<SignalType>(i + 1), shape.tables[i]);
  }
}

bool Segment::FinishLoading() {
  for (const KeyTable& table : tables_) {
    if (!table.IsWhole()) return false;
  }
  NumberSlots();
  return near_.FinishLoading(Table(SignalType::kPdq).keys());
}

void Segment::FindNear(const PartView& view, std::span<const PdqHash> queries,
                       Radius radius, std::vector<NearHit>& hits) const {
  const KeyTable& pdq = Table(SignalType::kPdq);
  std::vector<RowHit> rows;
  near_.Search(queries, radius, rows);
  for (const RowHit& row : rows) {
    const auto [first, last] = pdq.SlotsOf(row.row);
    for (uint32_t slot = first; slot < last; ++slot) {
      if (view.IsDead(slot)) continue;
      const Facet facet = pdq.FacetAt(slot);
      hits.push_back({.query = row.query,
                      .entry = pdq.EntryAt(slot),
                      .view = facet.view(),
                      .template_like = facet.template_like(),
                      .distance = row.distance});
    }
  }
}

void Segment::VisitHolders(const PartView&, SignalType type,
                           const std::array<uint8_t, 32>& bits,
                           const SlotVisitor& visit) const {
  const KeyTable& table = Table(type);
  const auto [first, last] = table.SlotsOfKey(bits);
  for (uint32_t slot = first; slot < last; ++slot) {
    if (!visit(first_slot_[Position(type)] + slot, table.EntryAt(slot))) return;
  }
}

std::optional<uint64_t> Segment::Find(const PartView&,
                                      const Posting& posting) const {
  const std::optional<uint32_t> slot = Table(posting.type).Find(posting);
  if (!slot) return std::nullopt;
  return first_slot_[Position(posting.type)] + *slot;
}

void Segment::AppendLive(const PartView& view,
                         std::vector<Posting>& postings) const {
  for (size_t i = 0; i < kTypes; ++i) {
    for (uint32_t row = 0; row < tables_[i].row_count(); ++row) {
      const auto [first, last] = tables_[i].SlotsOf(row);
      for (uint32_t slot = first; slot < last; ++slot) {
        if (view.IsDead(first_slot_[i] + slot)) continue;
        postings.push_back(tables_[i].PostingOf(row, slot));
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
  uint64_t bytes = near_.size_bytes();
  for (const KeyTable& table : tables_) bytes += table.size_bytes();
  return bytes;
}

}  // namespace kenal::index
