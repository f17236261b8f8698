// Compacting a store: rows that later ones replaced leave the disk.
#include <rocksdb/db.h>
#include <rocksdb/metadata.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "src/catalogue/backup_folder.h"
#include "src/catalogue/catalogue_impl.h"

namespace kenal::catalogue {
namespace {

// What one step reads and writes: room for it must be free, and between two
// steps progress is told.
constexpr uint64_t kStepBytes = uint64_t{128} << 20;

// The keys of one family from `first` to before that of the next step.
struct Step {
  rocksdb::ColumnFamilyHandle* family = nullptr;
  std::string first;
  uint64_t bytes = 0;
};

std::vector<Step> StepsOf(rocksdb::DB& db,
                          rocksdb::ColumnFamilyHandle* family) {
  rocksdb::ColumnFamilyMetaData data;
  db.GetColumnFamilyMetaData(family, &data);
  std::vector<std::pair<std::string, uint64_t>> files;
  for (const rocksdb::LevelMetaData& level : data.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      files.emplace_back(file.smallestkey, file.size);
    }
  }
  std::ranges::sort(files);
  std::vector<Step> steps;
  for (const auto& [first, bytes] : files) {
    if (steps.empty() || steps.back().bytes >= kStepBytes) {
      steps.push_back({family, first, 0});
    }
    steps.back().bytes += bytes;
  }
  return steps;
}

}  // namespace

StatusOr<CompactReport> CatalogueImpl::Compact(const ByteWatcher& watcher) {
  {
    const FairLock lock(write_);
    KENAL_TRY(store_->CheckWritable());
  }
  rocksdb::DB& db = store_->db();
  CompactReport report{.bytes_before = SizeBytes()};
  KENAL_TRY(store_->CheckSpace(options_.memtable_bytes));
  std::vector<Step> steps;
  uint64_t total = 0;
  for (size_t i = 0; i < kFamilyNames.size(); ++i) {
    rocksdb::ColumnFamilyHandle* family =
        store_->family(static_cast<Family>(i));
    KENAL_TRY(store_->Say(db.Flush({}, family)));
    for (Step& step : StepsOf(db, family)) {
      total += step.bytes;
      steps.push_back(std::move(step));
    }
  }
  ByteMeter meter(watcher, total);
  rocksdb::CompactRangeOptions how;
  how.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (size_t i = 0; i < steps.size(); ++i) {
    KENAL_TRY(store_->CheckSpace(2 * steps[i].bytes));
    const bool last =
        i + 1 == steps.size() || steps[i + 1].family != steps[i].family;
    const rocksdb::Slice first(steps[i].first);
    const rocksdb::Slice end = last ? rocksdb::Slice() : steps[i + 1].first;
    KENAL_TRY(store_->Say(
        db.CompactRange(how, steps[i].family, &first, last ? nullptr : &end)));
    KENAL_TRY(meter.Add(steps[i].bytes));
  }
  report.bytes_after = SizeBytes();
  return report;
}

}  // namespace kenal::catalogue

namespace kenal {

StatusOr<CompactReport> CompactStore(const std::string& data,
                                     const ByteWatcher& watcher) {
  KENAL_TRY_ASSIGN(const auto store, catalogue::Catalogue::Open(data));
  return store->Compact(watcher);
}

}  // namespace kenal
