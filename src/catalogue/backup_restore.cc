// Restoring a store from a backup.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "src/base/clock.h"
#include "src/catalogue/backup.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/store_folder.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

// `to`: the folder of the store; `database`: where its database is made.
Status CopyBack(const BackupFolder& folder, const BackupRecord& record,
                const std::string& to, const std::string& database,
                const ByteWatcher& watcher) {
  std::error_code error;
  const fs::space_info space = fs::space(database, error);
  if (!error && space.available < record.info.size_bytes) {
    return ResourceExhausted(
        database + ": " + std::to_string(record.info.size_bytes >> 20) +
        " MiB are needed and " + std::to_string(space.available >> 20) +
        " MiB are free; free space or name another disk");
  }
  const bool has_known = std::ranges::any_of(
      record.files,
      [](const BackupFile& file) { return file.place == BackupPlace::kKnown; });
  if (has_known) KENAL_TRY(MakeKnownFolder(to));
  ByteMeter meter(watcher, record.info.size_bytes);
  for (const BackupFile& file : record.files) {
    const std::string copy = folder.CopyPath(file.copy);
    const std::string place =
        file.place == BackupPlace::kKnown ? KnownFolder(to) : database;
    KENAL_TRY_ASSIGN(const std::string digest,
                     ReadThrough(folder.files(), copy, file.size_bytes,
                                 place + "/" + file.name, meter));
    if (digest != DigestOfCopy(file.copy)) {
      return DataLoss(copy + ": does not agree with its digest; backup " +
                      std::to_string(record.info.number) +
                      " is damaged, restore another");
    }
  }
  return has_known ? SyncKnownFolder(to) : OkStatus();
}

// Views of the store remember its id and incarnation. Restored twice from one
// backup it would have the same past and two futures, so the time tells them
// apart.
uint64_t IncarnationAfter(uint64_t incarnation) {
  const auto now =
      static_cast<uint64_t>(std::max<int64_t>(base::NowUnixMs(), 0));
  return std::max(incarnation + 1, now);
}

Status BeginIncarnation(const std::string& folder, const Options& options) {
  KENAL_TRY_ASSIGN(const std::unique_ptr<Store> store,
                   Store::Open(folder, options));
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store->Get(Family::kMeta, kStoreKey));
  if (!value) return DataLoss("the store record is missing");
  KENAL_TRY_ASSIGN(StoreRow row, DecodeStoreRow(*value));
  row.incarnation = IncarnationAfter(row.incarnation);
  Rows rows(*store);
  rows.Put(Family::kMeta, kStoreKey, Encode(row));
  return store->Write(rows);
}

// Opens the store in `database` as any other, where its lock and witness are
// out of the way.
Status CheckAndBegin(const std::string& database, const BackupRecord& record,
                     const Options& options) {
  KENAL_TRY_ASSIGN(const auto scratch, ScratchFolder::Make());
  std::error_code error;
  fs::create_directory_symlink(fs::absolute(database, error),
                               Store::DatabaseFolder(scratch->path()), error);
  if (error) {
    return Unavailable(scratch->path() + ": " + error.message());
  }
  {
    const auto opened = CatalogueImpl::Open(scratch->path(), options);
    if (!opened.ok()) return scratch->WithoutPath(opened.status());
    const Head head = (*opened)->head();
    if ((*opened)->store_id() != record.info.store_id ||
        head.sequence != record.info.sequence ||
        head.chain != record.info.chain) {
      return DataLoss("backup " + std::to_string(record.info.number) +
                      ": does not hold what its record says; restore another");
    }
  }
  return scratch->WithoutPath(BeginIncarnation(scratch->path(), options));
}

}  // namespace

StatusOr<BackupInfo> RestoreBackupWith(const std::string& path, uint64_t number,
                                       const std::string& to,
                                       const ByteWatcher& watcher,
                                       const Options& options) {
  KENAL_TRY_ASSIGN(const auto folder, BackupFolder::OpenToRead(path, options));
  KENAL_TRY_ASSIGN(const BackupRecord record, FindBackup(*folder, number));
  const auto build = [&](const std::string& database) -> Status {
    KENAL_TRY(CopyBack(*folder, record, to, database, watcher));
    return CheckAndBegin(database, record, options);
  };
  KENAL_TRY(MakeStore(to, build));
  return record.info;
}

}  // namespace kenal::catalogue

namespace kenal {

StatusOr<BackupInfo> RestoreBackup(const std::string& folder, uint64_t number,
                                   const std::string& to,
                                   const ByteWatcher& watcher) {
  return catalogue::RestoreBackupWith(folder, number, to, watcher,
                                      catalogue::DefaultOptions());
}

}  // namespace kenal
