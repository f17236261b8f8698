// Key table: signals of one type, sorted and each once, with the (entry, view)
// pairs that hold them, each template-like or not. A pair's position is its
// slot within the table.
//
// Immutable after Build; thread-safe.
#ifndef KENAL_SRC_INDEX_KEY_TABLE_H_
#define KENAL_SRC_INDEX_KEY_TABLE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kenal/entry.h"
#include "kenal/signal.h"
#include "src/index/huge_array.h"
#include "src/signal/posting.h"

namespace kenal::index {

// A posting's view and, in the high bit, whether it is template-like: one byte
// in memory and in snapshots.
class Facet {
 public:
  constexpr Facet() = default;
  constexpr explicit Facet(uint8_t byte) : byte_(byte) {}
  constexpr explicit Facet(const Posting& posting)
      : byte_(static_cast<uint8_t>(
            static_cast<uint8_t>(posting.view) |
            (posting.template_like ? kTemplateLikeBit : 0))) {}

  constexpr uint8_t byte() const { return byte_; }
  constexpr View view() const {
    return View{static_cast<uint8_t>(byte_ & ~kTemplateLikeBit)};
  }
  constexpr bool template_like() const {
    return (byte_ & kTemplateLikeBit) != 0;
  }
  friend constexpr auto operator<=>(Facet, Facet) = default;

 private:
  static constexpr int kTemplateLikeBit = 0x80;
  uint8_t byte_ = 0;
};

class KeyTable {
 public:
  using Range = std::pair<uint32_t, uint32_t>;  // [first, second)

  KeyTable() = default;

  // sorted  of one type, ordered by (bits, entry, facet), no two equal.
  static KeyTable Build(SignalType type, std::span<const Posting> sorted);

  // What the arrays do not tell, for snapshots.
  struct Shape {
    uint32_t rows = 0;
    int32_t directory_shift = 0;
  };
  Shape shape() const { return {rows_, directory_shift_}; }
  // A table whose arrays are still to be filled in.
  KeyTable(SignalType type, const Shape& shape);
  template <typename Self, typename Visit>
  static void VisitArrays(Self& self, const Visit& visit) {
    visit(self.keys_);
    visit(self.begins_);
    visit(self.entries_);
    visit(self.facets_);
    visit(self.directory_);
  }
  // Whether the arrays have the sizes that the shape asks for.
  bool IsWhole() const;

  SignalType type() const { return type_; }
  uint32_t row_count() const { return rows_; }
  uint32_t slot_count() const { return static_cast<uint32_t>(entries_.size()); }
  uint64_t size_bytes() const;

  // Row `i` is key_bytes() bytes at i * key_bytes().
  size_t key_bytes() const { return key_bytes_; }
  const uint8_t* keys() const { return keys_.data(); }

  // The slots of a row; never empty.
  Range SlotsOf(uint32_t row) const {
    if (begins_.empty()) return {row, row + 1};
    return {begins_[row], begins_[row + 1]};
  }
  uint32_t RowOf(uint32_t slot) const;
  EntryId EntryAt(uint32_t slot) const { return EntryId{entries_[slot]}; }
  Facet FacetAt(uint32_t slot) const {
    return facets_.empty() ? Facet() : Facet(facets_[slot]);
  }
  Posting At(uint32_t slot) const { return PostingOf(RowOf(slot), slot); }
  Posting PostingOf(uint32_t row, uint32_t slot) const;

  // The slots of an equal key; an empty range when there is none.
  // Cost: one or two cache lines when keys are spread evenly; the logarithm
  // of the row count at worst.
  Range SlotsOfKey(const std::array<uint8_t, 32>& bits) const;
  std::optional<uint32_t> Find(const Posting& posting) const;

 private:
  void BuildDirectory();
  uint32_t Bucket(const uint8_t* key) const;

  SignalType type_ = SignalType::kPdq;
  size_t key_bytes_ = 0;
  uint32_t rows_ = 0;
  HugeArray<uint8_t> keys_;
  HugeArray<uint32_t> begins_;  // empty: each row has one slot
  HugeArray<uint64_t> entries_;
  HugeArray<uint8_t> facets_;  // Facet::byte(); empty: all zero
  // First row whose leading bits are at least the position.
  HugeArray<uint32_t> directory_;
  int directory_shift_ = 0;
};

// Below, at or above 0: how two postings are ordered by type and bits.
int OrderOfSignals(const Posting& a, const Posting& b);

// Orders postings that are ordered from each of `begins` (growing, the first 0)
// to the next. Cheap when later runs are much smaller than those before them.
void MergeSorted(std::vector<Posting>& postings,
                 std::span<const size_t> begins);

// Orders postings by (type, bits, entry, facet) and drops repetitions.
void SortPostings(std::vector<Posting>& postings);

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_KEY_TABLE_H_
