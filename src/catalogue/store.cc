#include "src/catalogue/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "src/base/check.h"
#include "src/catalogue/private_file_system.h"

namespace kenal::catalogue {
namespace {

// For blocks of all families. Matches read provenance of a few entries each,
// so the hot set is small.
constexpr size_t kBlockCacheBytes = size_t{64} << 20;
// About one false lookup in a hundred.
constexpr double kBloomBitsPerKey = 10;
// Of the memtable's limit: about 20 bits for each key that it comes to hold.
constexpr double kMemtableBloomRatio = 0.04;
constexpr size_t kBlockBytes = 8 * 1024;
// Type of a posting; the upper half of a list's number.
constexpr size_t kHintedPrefixBytes = 1;
constexpr size_t kScanReadaheadBytes = size_t{2} << 20;
// Flushed files of a family that wait to be compacted: RocksDB starts at 4 and
// slows writers down from 20 on.
constexpr uint64_t kWaitingFilesMax = 12;
constexpr auto kRoomPause = std::chrono::milliseconds(5);
constexpr int kRoomPausesMax = 200;

// Drops everything. RocksDB's own log would grow, would hold key ranges
// (hashes), and Debian's build aborts when its writer meets a full disk. What
// matters comes back as a status.
class SilentLogger final : public rocksdb::Logger {
 public:
  SilentLogger() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Keeps RocksDB from trying again by itself after an error; see Store::Write.
class NoSelfRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

std::unique_ptr<rocksdb::Env> MakeEnv(const Options& options) {
  return rocksdb::NewCompositeEnv(std::make_shared<PrivateFileSystem>(
      options.env != nullptr ? options.env->GetFileSystem()
                             : rocksdb::FileSystem::Default()));
}

rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env, const Options& options) {
  rocksdb::DBOptions out;
  out.env = env;
  out.info_log = std::make_shared<SilentLogger>();
  // The default mode opens silently short after one flipped bit in the log;
  // this one refuses, yet takes a tail that a crash tore.
  out.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // An open that finds damage should leave the files as they were.
  out.avoid_flush_during_recovery = true;
  // Refuses a write-ahead log that is gone or shorter than it was.
  out.track_and_verify_wals_in_manifest = true;
  out.paranoid_checks = true;
  out.db_write_buffer_size = options.memtable_bytes;
  // Vectors cannot; and there is one writer.
  out.allow_concurrent_memtable_write = false;
  out.max_background_jobs = 2;
  out.listeners.push_back(std::make_shared<NoSelfRecovery>());
  out.max_bgerror_resume_count = 0;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  return out;
}

// Families whose rows come sorted: each goes in near the one before it. In
// RocksDB 7.8.3 the hint for that breaks memtables that delete ranges too.
bool IsHinted(Family family) {
  return family == Family::kEntries || family == Family::kSources;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family,
                                           const Options& options) {
  static const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(kBlockCacheBytes);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  rocksdb::ColumnFamilyOptions out;
  out.write_buffer_size = options.memtable_bytes;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (IsHinted(family)) {
    out.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kHintedPrefixBytes));
  }
  // Written much and read in one go: a vector that is sorted when it is written
  // out costs a third of a skip list.
  if (family == Family::kPostings) {
    out.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  }
  if (family == Family::kSources) {  // each of an import is looked up first
    out.memtable_prefix_bloom_size_ratio = kMemtableBloomRatio;
    out.memtable_whole_key_filtering = true;
  }
  // Hashes do not compress; the words around them do.
  const bool mostly_hashes =
      family == Family::kPostings || family == Family::kSources;
  out.compression =
      mostly_hashes ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  return out;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Descriptors(
    const Options& options) {
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  out.emplace_back(rocksdb::kDefaultColumnFamilyName,
                   FamilyOptions(Family::kMeta, options));
  for (size_t i = 0; i < kFamilyNames.size(); ++i) {
    out.emplace_back(std::string(kFamilyNames[i]),
                     FamilyOptions(static_cast<Family>(i), options));
  }
  return out;
}

bool IsNoSpace(const rocksdb::Status& status) {
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) {
    return true;
  }
  // A quota arrives as a plain I/O error that only its text tells.
  static const std::string quota =
      std::error_code(EDQUOT, std::generic_category()).message();
  return status.IsIOError() &&
         status.ToString().find(quota) != std::string::npos;
}

Status NoSpace(const std::string& folder) {
  return ResourceExhausted(
      folder +
      ": the disk is full; what was committed is kept and still "
      "served; free space and try again");
}

Status OpenFailed(const std::string& folder, const rocksdb::Status& status) {
  if (IsNoSpace(status)) return NoSpace(folder);
  if (status.IsIOError() && !status.IsPathNotFound()) {
    return Unavailable(folder +
                       ": the store cannot be read: " + status.ToString());
  }
  return DataLoss(folder + ": the store is damaged, nothing was changed (" +
                  status.ToString() + "); restore it from a backup");
}

Status CheckFamilies(const std::string& folder, const std::string& database,
                     const rocksdb::DBOptions& options) {
  std::vector<std::string> names;
  const rocksdb::Status status =
      rocksdb::DB::ListColumnFamilies(options, database, &names);
  if (!status.ok()) return OpenFailed(folder, status);
  for (const std::string& name : names) {
    if (name != rocksdb::kDefaultColumnFamilyName &&
        std::ranges::find(kFamilyNames, name) == kFamilyNames.end()) {
      return FailedPrecondition(
          folder + ": written by a newer Kenal; open it with that version");
    }
  }
  if (names.size() == kFamilyNames.size() + 1) return OkStatus();
  return DataLoss(folder +
                  ": the store is damaged, parts of it are missing; "
                  "restore it from a backup");
}

}  // namespace

// Building a batch in memory fails only on a limit that we do not set.
void Rows::Put(Family family, std::string_view key, std::string_view value) {
  KENAL_CHECK(
      batch_.Put(store_.family(family), AsSlice(key), AsSlice(value)).ok());
}

void Rows::Delete(Family family, std::string_view key) {
  KENAL_CHECK(batch_.Delete(store_.family(family), AsSlice(key)).ok());
}

void Rows::DeleteRange(Family family, std::string_view first,
                       std::string_view end) {
  KENAL_CHECK(!IsHinted(family));
  KENAL_CHECK(
      batch_.DeleteRange(store_.family(family), AsSlice(first), AsSlice(end))
          .ok());
}

std::string Store::DatabaseFolder(const std::string& folder) {
  return folder + "/db";
}

Status Store::Create(
    const std::string& database, const Options& options,
    std::span<const std::pair<std::string, std::string>> first_rows) {
  Store store;
  store.folder_ = database;
  store.env_ = MakeEnv(options);
  rocksdb::DBOptions db_options = DatabaseOptions(store.env_.get(), options);
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  db_options.error_if_exists = true;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(
      db_options, database, Descriptors(options), &store.handles_, &raw);
  if (!status.ok()) return OpenFailed(database, status);
  store.db_.reset(raw);
  Rows rows(store);
  for (const auto& [key, value] : first_rows) {
    rows.Put(Family::kMeta, key, value);
  }
  return store.Write(rows);
}

StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& folder,
                                             const Options& options,
                                             Access access) {
  const std::string database = DatabaseFolder(folder);
  std::unique_ptr<Store> store(new Store);
  store->env_ = MakeEnv(options);
  const rocksdb::DBOptions db_options =
      DatabaseOptions(store->env_.get(), options);
  KENAL_TRY(CheckFamilies(folder, database, db_options));
  store->folder_ = folder;
  store->options_ = options;
  store->descriptors_ = Descriptors(options);
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status =
      access == Access::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(db_options, database,
                                         store->descriptors_, &store->handles_,
                                         &raw)
          : rocksdb::DB::Open(db_options, database, store->descriptors_,
                              &store->handles_, &raw);
  if (!status.ok()) return OpenFailed(folder, status);
  store->db_.reset(raw);
  return store;
}

Store::~Store() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  db_->Close().PermitUncheckedError();  // every write was synced already
}

rocksdb::ColumnFamilyHandle* Store::family(Family family) const {
  return handles_[static_cast<size_t>(family) + 1];
}

Status Store::Say(const rocksdb::Status& status) const {
  if (status.ok()) return OkStatus();
  if (IsNoSpace(status)) return NoSpace(folder_);
  if (status.IsCorruption()) {
    return DataLoss(folder_ + ": the store is damaged (" + status.ToString() +
                    "); run `kenal verify`, then restore from a backup");
  }
  if (status.IsIOError() || status.IsBusy() || status.IsTryAgain()) {
    return Unavailable(folder_ + ": the store's disk reports an error (" +
                       status.ToString() + "); check it and try again");
  }
  return Internal(folder_ + ": " + status.ToString());
}

StatusOr<std::optional<std::string>> Store::Get(
    Family in, std::string_view key, const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status =
      db_->Get(options, family(in), AsSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  KENAL_TRY(Say(status));
  return value;
}

StatusOr<std::vector<rocksdb::PinnableSlice>> Store::MultiGet(
    Family in, std::span<const std::string_view> keys,
    const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (const std::string_view key : keys) slices.push_back(AsSlice(key));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(options, family(in), slices.size(), slices.data(),
                values.data(), statuses.data(), /*sorted_input=*/true);
  for (const rocksdb::Status& status : statuses) {
    if (!status.IsNotFound()) KENAL_TRY(Say(status));
  }
  return values;
}

Status Store::Scan(
    Family in, std::string_view from, const rocksdb::Snapshot* snapshot,
    const std::function<Status(std::string_view, std::string_view)>& row)
    const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.readahead_size = kScanReadaheadBytes;
  options.fill_cache = false;  // a scan would push out what matches need
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(options, family(in)));
  for (at->Seek(AsSlice(from)); at->Valid(); at->Next()) {
    KENAL_TRY(row(AsView(at->key()), AsView(at->value())));
  }
  return Say(at->status());
}

Status Store::ScanBetween(
    Family in, std::string_view from, std::string_view end,
    const std::function<Status(std::string_view, std::string_view)>& row)
    const {
  const rocksdb::Slice bound = AsSlice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(options, family(in)));
  for (at->Seek(AsSlice(from)); at->Valid(); at->Next()) {
    KENAL_TRY(row(AsView(at->key()), AsView(at->value())));
  }
  return Say(at->status());
}

Status Store::Write(Rows& rows) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  KENAL_TRY(CheckWritable());
  const rocksdb::Status status = db_->Write(synced, &rows.batch_);
  if (!status.ok()) must_reopen_ = true;
  return Say(status);
}

void Store::AwaitRoom() const {
  const auto is_crowded = [&](rocksdb::ColumnFamilyHandle* family) {
    const std::string property =
        std::string(rocksdb::DB::Properties::kNumFilesAtLevelPrefix) + "0";
    std::string files;
    return db_->GetProperty(family, property, &files) &&
           std::strtoull(files.c_str(), nullptr, 10) >= kWaitingFilesMax;
  };
  for (int pause = 0; pause < kRoomPausesMax; ++pause) {
    if (std::ranges::none_of(handles_, is_crowded)) return;
    std::this_thread::sleep_for(kRoomPause);
  }
}

Status Store::CheckSpace(uint64_t needed_bytes) const {
  struct statvfs info {};
  if (statvfs(folder_.c_str(), &info) != 0) return OkStatus();
  const uint64_t free_bytes = uint64_t{info.f_bavail} * info.f_frsize;
  if (free_bytes >= options_.space_reserve_bytes + needed_bytes) {
    return OkStatus();
  }
  return ResourceExhausted(
      folder_ + ": less than " +
      std::to_string(options_.space_reserve_bytes >> 20) +
      " MiB would stay free on the disk; committed work is kept and still "
      "served; free space and try again");
}

Status Store::CheckWritable() const {
  if (!must_reopen_) return OkStatus();
  return Unavailable(folder_ +
                     ": a write failed, so no other is made until the store is "
                     "opened anew; restart the program that serves it");
}

}  // namespace kenal::catalogue
