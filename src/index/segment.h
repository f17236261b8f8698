// Segment: an immutable part of any size. Equal PDQ hashes are one row of the
// radius search, whatever the number of entries that hold them.
#ifndef KENAL_SRC_INDEX_SEGMENT_H_
#define KENAL_SRC_INDEX_SEGMENT_H_

#include <array>
#include <memory>

#include "src/index/band_tables.h"
#include "src/index/key_table.h"
#include "src/index/part.h"

namespace kenal::index {

class Segment final : public Part {
 public:
  // postings  any order, repetitions allowed; fewer than 2^32.
  // threads   that build it; its own and the caller's.
  explicit Segment(std::vector<Posting> postings, int threads = 1);

  // What the arrays do not tell, for snapshots.
  struct Shape {
    std::array<KeyTable::Shape, 4> tables;
    BandTables::Shape near;
  };
  static bool IsPossible(const Shape& shape);
  Shape shape() const;
  // A segment whose arrays are still to be filled in; then FinishLoading,
  // false if they do not fit together.
  explicit Segment(const Shape& shape);
  template <typename Visit>
  void VisitArrays(const Visit& visit) {
    VisitArraysOf(*this, visit);
  }
  template <typename Visit>
  void VisitArrays(const Visit& visit) const {
    VisitArraysOf(*this, visit);
  }
  bool FinishLoading();

  uint64_t row_count(SignalType type) const { return Table(type).row_count(); }

  void FindNear(const PartView& view, std::span<const PdqHash> queries,
                Radius radius, std::vector<NearHit>& hits) const override;
  void VisitHolders(const PartView& view, SignalType type,
                    const std::array<uint8_t, 32>& bits,
                    const SlotVisitor& visit) const override;
  std::optional<uint64_t> Find(const PartView& view,
                               const Posting& posting) const override;
  void AppendLive(const PartView& view,
                  std::vector<Posting>& postings) const override;
  Posting At(uint64_t slot) const override;
  uint64_t slot_count() const { return slot_count_; }
  uint64_t size_bytes() const override;

 private:
  static constexpr size_t kTypes = 4;
  static size_t Position(SignalType type) {
    return static_cast<size_t>(type) - 1;
  }
  const KeyTable& Table(SignalType type) const {
    return tables_[Position(type)];
  }

  template <typename Self, typename Visit>
  static void VisitArraysOf(Self& self, const Visit& visit) {
    for (auto& table : self.tables_) KeyTable::VisitArrays(table, visit);
    BandTables::VisitArrays(self.near_, visit);
  }
  void NumberSlots();

  std::array<KeyTable, kTypes> tables_;
  std::array<uint64_t, kTypes> first_slot_{};
  uint64_t slot_count_ = 0;
  BandTables near_;  // over the PDQ table's keys
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_SEGMENT_H_
