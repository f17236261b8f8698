#include "src/index/key_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "src/base/check.h"

namespace kenal::index {
namespace {

// A bucket of the directory holds about this many rows: a line of keys.
constexpr uint32_t kRowsPerBucket = 4;

uint32_t LeadingBits(const uint8_t* key) {
  uint32_t value = 0;
  std::memcpy(&value, key, sizeof(value));
  return __builtin_bswap32(value);
}

bool SortsBefore(const Posting& a, const Posting& b) {
  const int order = OrderOfSignals(a, b);
  if (order != 0) return order < 0;
  return std::pair(a.entry, Facet(a)) < std::pair(b.entry, Facet(b));
}

// The type and the first bits of a posting, which decide most comparisons, so
// that sorting moves 16 bytes and not whole postings.
struct Lead {
  uint64_t bits = 0;
  uint32_t at = 0;
};

uint64_t LeadOf(const Posting& posting) {
  uint64_t first = 0;
  std::memcpy(&first, posting.bits.data(), sizeof first);
  const uint64_t type = static_cast<uint64_t>(posting.type) - 1;  // 0..3
  return type << 62 | __builtin_bswap64(first) >> 2;
}

// Puts the posting that was at leads[i].at to place i. Leaves `leads` in
// disorder.
void MoveTo(std::vector<Lead>& leads, std::vector<Posting>& postings) {
  for (uint32_t start = 0; start < leads.size(); ++start) {
    if (leads[start].at == start) continue;
    const Posting first = postings[start];
    uint32_t to = start;
    for (uint32_t from = leads[to].at; from != start; from = leads[to].at) {
      postings[to] = postings[from];
      leads[to].at = to;
      to = from;
    }
    postings[to] = first;
    leads[to].at = to;
  }
}

void SortByLeads(std::vector<Posting>& postings) {
  KENAL_CHECK(postings.size() < std::numeric_limits<uint32_t>::max());
  std::vector<Lead> leads;
  leads.reserve(postings.size());
  for (uint32_t at = 0; at < postings.size(); ++at) {
    leads.push_back({LeadOf(postings[at]), at});
  }
  std::sort(leads.begin(), leads.end(), [&](const Lead& a, const Lead& b) {
    if (a.bits != b.bits) return a.bits < b.bits;
    return SortsBefore(postings[a.at], postings[b.at]);
  });
  MoveTo(leads, postings);
}

uint32_t CountKeys(std::span<const Posting> sorted) {
  uint32_t keys = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].bits != sorted[i - 1].bits) ++keys;
  }
  return keys;
}

bool HasFacets(std::span<const Posting> postings) {
  return std::any_of(postings.begin(), postings.end(),
                     [](const Posting& p) { return Facet(p) != Facet(); });
}

}  // namespace

int OrderOfSignals(const Posting& a, const Posting& b) {
  const uint64_t first = LeadOf(a);
  const uint64_t second = LeadOf(b);
  if (first != second) return first < second ? -1 : 1;
  return std::memcmp(a.bits.data(), b.bits.data(), a.bits.size());
}

void MergeSorted(std::vector<Posting>& postings,
                 std::span<const size_t> begins) {
  for (size_t i = begins.size(); i-- > 1;) {
    const auto at = [&](size_t position) {
      return postings.begin() + static_cast<ptrdiff_t>(position);
    };
    std::inplace_merge(at(begins[i - 1]), at(begins[i]), postings.end(),
                       SortsBefore);
  }
}

void SortPostings(std::vector<Posting>& postings) {
  if (!std::is_sorted(postings.begin(), postings.end(), SortsBefore)) {
    SortByLeads(postings);
  }
  postings.erase(std::unique(postings.begin(), postings.end()), postings.end());
}

KeyTable KeyTable::Build(SignalType type, std::span<const Posting> sorted) {
  KENAL_CHECK(sorted.size() < std::numeric_limits<uint32_t>::max());
  KeyTable table;
  table.type_ = type;
  table.key_bytes_ = SignalSizeBytes(type);
  table.rows_ = CountKeys(sorted);
  table.keys_ = HugeArray<uint8_t>(table.rows_ * table.key_bytes_);
  table.entries_ = HugeArray<uint64_t>(sorted.size());
  if (table.rows_ < sorted.size()) {
    table.begins_ = HugeArray<uint32_t>(size_t{table.rows_} + 1);
  }
  if (HasFacets(sorted)) table.facets_ = HugeArray<uint8_t>(sorted.size());
  uint32_t row = 0;
  for (uint32_t slot = 0; slot < sorted.size(); ++slot) {
    const Posting& posting = sorted[slot];
    if (slot == 0 || posting.bits != sorted[slot - 1].bits) {
      std::memcpy(table.keys_.data() + row * table.key_bytes_,
                  posting.bits.data(), table.key_bytes_);
      if (!table.begins_.empty()) table.begins_[row] = slot;
      ++row;
    }
    table.entries_[slot] = posting.entry.value;
    if (!table.facets_.empty()) table.facets_[slot] = Facet(posting).byte();
  }
  if (!table.begins_.empty()) {
    table.begins_[row] = static_cast<uint32_t>(sorted.size());
  }
  table.BuildDirectory();
  return table;
}

KeyTable::KeyTable(SignalType type, const Shape& shape)
    : type_(type),
      key_bytes_(SignalSizeBytes(type)),
      rows_(shape.rows),
      directory_shift_(shape.directory_shift) {}

bool KeyTable::IsWhole() const {
  if (keys_.size() != rows_ * key_bytes_) return false;
  if (begins_.empty() ? entries_.size() != rows_
                      : begins_.size() != size_t{rows_} + 1 ||
                            begins_[rows_] != entries_.size()) {
    return false;
  }
  if (!facets_.empty() && facets_.size() != entries_.size()) return false;
  if (rows_ == 0) return directory_.empty();
  return directory_shift_ >= 4 && directory_shift_ <= 32 &&
         directory_.size() == (size_t{1} << (32 - directory_shift_)) + 1 &&
         directory_[directory_.size() - 1] == rows_;
}

void KeyTable::BuildDirectory() {
  if (rows_ == 0) return;
  const int bits =
      std::min(28, static_cast<int>(std::bit_width(rows_ / kRowsPerBucket)));
  directory_shift_ = 32 - bits;
  directory_ = HugeArray<uint32_t>((size_t{1} << bits) + 1);
  for (uint32_t row = 0; row < rows_; ++row) {
    ++directory_[Bucket(keys_.data() + row * key_bytes_) + 1];
  }
  for (size_t i = 1; i < directory_.size(); ++i) {
    directory_[i] += directory_[i - 1];
  }
}

uint32_t KeyTable::Bucket(const uint8_t* key) const {
  return directory_shift_ == 32 ? 0 : LeadingBits(key) >> directory_shift_;
}

KeyTable::Range KeyTable::SlotsOfKey(
    const std::array<uint8_t, 32>& bits) const {
  if (rows_ == 0) return {0, 0};
  const uint32_t bucket = Bucket(bits.data());
  uint32_t low = directory_[bucket];
  uint32_t high = directory_[bucket + 1];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const int order = std::memcmp(keys_.data() + middle * key_bytes_,
                                  bits.data(), key_bytes_);
    if (order == 0) return SlotsOf(middle);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {0, 0};
}

uint32_t KeyTable::RowOf(uint32_t slot) const {
  if (begins_.empty()) return slot;
  const uint32_t* end = begins_.data() + rows_ + 1;
  const uint32_t* after = std::upper_bound(begins_.data(), end, slot);
  return static_cast<uint32_t>(after - begins_.data()) - 1;
}

std::optional<uint32_t> KeyTable::Find(const Posting& posting) const {
  auto [low, high] = SlotsOfKey(posting.bits);
  const uint32_t end = high;
  const auto wanted = std::pair(posting.entry, Facet(posting));
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (std::pair(EntryAt(middle), FacetAt(middle)) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == end || std::pair(EntryAt(low), FacetAt(low)) != wanted) {
    return std::nullopt;
  }
  return low;
}

Posting KeyTable::PostingOf(uint32_t row, uint32_t slot) const {
  const Facet facet = FacetAt(slot);
  Posting posting{.type = type_,
                  .view = facet.view(),
                  .entry = EntryAt(slot),
                  .template_like = facet.template_like()};
  std::memcpy(posting.bits.data(), keys_.data() + row * key_bytes_, key_bytes_);
  return posting;
}

uint64_t KeyTable::size_bytes() const {
  return keys_.size_bytes() + begins_.size_bytes() + entries_.size_bytes() +
         facets_.size_bytes() + directory_.size_bytes();
}

}  // namespace kenal::index
