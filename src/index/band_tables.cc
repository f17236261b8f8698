#include "src/index/band_tables.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "src/index/band_search.h"

namespace kenal::index {
namespace {

// A query is hard in a band where it meets this many times the sketches of an
// even spread, and at least so many that planning costs less than scanning.
constexpr uint64_t kCrowdedTimes = 8;
constexpr uint64_t kCrowdedMin = 16384;

Parity ParityOf(const uint8_t* hash) {
  uint64_t folded = 0;
  for (size_t i = 0; i < kHashBytes; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, hash + i, sizeof(word));
    folded ^= word;
  }
  return std::popcount(folded) % 2 == 0 ? Parity::kEven : Parity::kOdd;
}

Parity CommonParity(const uint8_t* hashes, uint64_t row_count) {
  if (row_count == 0) return Parity::kMixed;
  const Parity first = ParityOf(hashes);
  for (uint64_t row = 1; row < row_count; ++row) {
    if (ParityOf(hashes + row * kHashBytes) != first) return Parity::kMixed;
  }
  return first;
}

// A memcpy of a size that the compiler knows is a store or two.
void PutNumber(uint8_t* place, uint32_t number, size_t bytes) {
  if (bytes == 3) {
    std::memcpy(place, &number, 3);
  } else {
    std::memcpy(place, &number, 4);
  }
}

}  // namespace

BandTables BandTables::Build(const uint8_t* hashes, uint64_t row_count,
                             const BandOptions& options) {
  KENAL_CHECK(row_count < std::numeric_limits<uint32_t>::max());
  BandTables built;
  built.hashes_ = hashes;
  built.row_count_ = row_count;
  built.parity_ = CommonParity(hashes, row_count);
  built.layout_ = options.band_count != 0
                      ? BandLayout(options.band_count)
                      : BandLayout::For(row_count, options.row_bytes_max);
  built.tables_.resize(static_cast<size_t>(built.layout_.count()));
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int band = next++; band < built.layout_.count(); band = next++) {
      built.FillTable(band);
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < options.threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  built.FinishPlans();
  return built;
}

void BandTables::FillTable(int number) {
  const Band band = layout_.band(number);
  const Band after = layout_.band(layout_.After(number));
  Table& table = tables_[static_cast<size_t>(number)];
  table.groups = HugeArray<uint32_t>((size_t{1} << band.width) + 1);
  table.sketches = HugeArray<uint16_t>(row_count_);
  const auto number_bytes =
      static_cast<size_t>(BandLayout::NumberBytes(row_count_));
  table.rows = HugeArray<uint8_t>(row_count_ * number_bytes);
  // Counted two places up, so that after the sums groups[key + 1] is where
  // the key's next row goes, and in the end where its group ends.
  uint32_t* next = table.groups.data() + 1;
  const uint32_t last_key = (uint32_t{1} << band.width) - 1;
  for (uint64_t row = 0; row < row_count_; ++row) {
    const uint32_t key = band.Key(hashes_ + row * kHashBytes);
    if (key < last_key) ++next[key + 1];
  }
  for (uint32_t key = 1; key <= last_key; ++key) next[key] += next[key - 1];
  for (uint64_t row = 0; row < row_count_; ++row) {
    const uint8_t* hash = hashes_ + row * kHashBytes;
    const uint32_t position = next[band.Key(hash)]++;
    table.sketches[position] = after.Sketch(hash);
    PutNumber(table.rows.data() + position * number_bytes,
              static_cast<uint32_t>(row), number_bytes);
  }
}

BandTables::Plan BandTables::PlanFor(int budget) const {
  Plan plan;
  plan.thresholds = layout_.Share(row_count_, budget);
  for (int i = 0; i < layout_.count(); ++i) {
    const auto place = static_cast<size_t>(i);
    const int width = layout_.band(i).width;
    const double even = static_cast<double>(row_count_) *
                        BallSize(width, plan.thresholds[place]) /
                        std::exp2(width);
    plan.crowded[place] =
        std::max(kCrowdedMin, kCrowdedTimes * static_cast<uint64_t>(even));
  }
  return plan;
}

void BandTables::FinishPlans() {
  if (tables_.empty()) return;
  for (const Table& table : tables_) {
    sketches_.push_back(table.sketches.data());
    rows_.push_back(table.rows.data());
  }
  int largest = 0;
  for (int budget = 1; budget <= kRadiusBitsMax + 1; ++budget) {
    plans_.push_back(PlanFor(budget));
    for (const int8_t threshold : plans_.back().thresholds) {
      largest = std::max(largest, int{threshold});
    }
  }
  for (int i = 0; i < layout_.count(); ++i) {
    const int width = layout_.band(i).width;
    if (i == 0 || width != layout_.band(i - 1).width) {
      mask_store_.push_back(std::make_unique<BallMasks>(width, largest + 1));
    }
    masks_.push_back(mask_store_.back().get());
  }
}

bool BandTables::IsPossible(const Shape& shape) {
  return shape.row_count < std::numeric_limits<uint32_t>::max() &&
         (shape.band_count == 0 ||
          (shape.band_count >= kBandsMin && shape.band_count <= kBandsMax)) &&
         shape.parity <= Parity::kOdd;
}

BandTables::BandTables(const Shape& shape)
    : row_count_(shape.row_count), parity_(shape.parity) {
  KENAL_CHECK(IsPossible(shape));
  if (shape.band_count != 0) layout_ = BandLayout(shape.band_count);
  tables_.resize(static_cast<size_t>(shape.band_count));
}

bool BandTables::FinishLoading(const uint8_t* hashes) {
  hashes_ = hashes;
  for (int i = 0; i < layout_.count(); ++i) {
    const Table& table = tables_[static_cast<size_t>(i)];
    const size_t keys = size_t{1} << layout_.band(i).width;
    if (table.groups.size() != keys + 1 || table.groups[keys] != row_count_ ||
        table.sketches.size() != row_count_ ||
        table.rows.size() !=
            row_count_ *
                static_cast<size_t>(BandLayout::NumberBytes(row_count_))) {
      return false;
    }
  }
  FinishPlans();
  return true;
}

void BandTables::Search(std::span<const PdqHash> queries, Radius radius,
                        std::vector<RowHit>& hits, SearchStats* stats) const {
  KENAL_CHECK(radius.bits >= 0 && radius.bits <= kRadiusBitsMax);
  BandSearch(*this, radius, hits, stats).Search(queries);
}

uint64_t BandTables::size_bytes() const {
  uint64_t bytes = 0;
  for (const Table& table : tables_) {
    bytes += table.groups.size_bytes() + table.sketches.size_bytes() +
             table.rows.size_bytes();
  }
  return bytes;
}

}  // namespace kenal::index
