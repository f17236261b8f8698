// Making a backup of an open store.
#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/unique_id.h>

#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/digest.h"
#include "src/catalogue/backup.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/known_files.h"

namespace kenal::catalogue {
namespace {

using LiveFile = rocksdb::LiveFileStorageInfo;

// RocksDB removes no file of the database meanwhile.
class KeptFiles {
 public:
  explicit KeptFiles(rocksdb::DB& db) : db_(db) {
    status_ = db.DisableFileDeletions();
  }
  ~KeptFiles() {
    if (status_.ok()) {
      db_.EnableFileDeletions(/*force=*/false).PermitUncheckedError();
    }
  }
  KeptFiles(const KeptFiles&) = delete;
  KeptFiles& operator=(const KeptFiles&) = delete;
  const rocksdb::Status& status() const { return status_; }

 private:
  rocksdb::DB& db_;
  rocksdb::Status status_;
};

// What a database consists of now. Without a flush: a backup then writes
// nothing to the store, which its disk may not take any more.
StatusOr<std::vector<LiveFile>> LiveFiles(const Store& store) {
  rocksdb::LiveFilesStorageInfoOptions how;
  how.wal_size_for_flush = std::numeric_limits<uint64_t>::max();
  std::vector<LiveFile> files;
  KENAL_TRY(store.Say(store.db().GetLiveFilesStorageInfo(how, &files)));
  // RocksDB writes these anew whenever it opens the database.
  std::erase_if(files, [](const LiveFile& file) {
    return file.file_type != rocksdb::kTableFile &&
           file.file_type != rocksdb::kWalFile &&
           file.file_type != rocksdb::kDescriptorFile &&
           file.file_type != rocksdb::kCurrentFile;
  });
  if (files.size() <= kBackupFilesMax) return files;
  return FailedPrecondition("the store has too many files; run kenal compact");
}

std::string PathOf(const LiveFile& file) {
  return file.directory + "/" + file.relative_filename;
}

// A known-good file of the store.
struct KnownSource {
  std::string path;
  BackupFile needed;
};

std::vector<KnownSource> KnownSources(const std::string& folder,
                                      std::span<const ListInfo> lists) {
  std::vector<KnownSource> sources;
  for (const ListInfo& list : lists) {
    for (const KnownGoodFile& file : list.known_good) {
      const std::string name = KnownFileName(list.name, file);
      sources.push_back({.path = KnownFolder(folder) + "/" + name,
                         .needed = {.name = name,
                                    .size_bytes = file.size_bytes,
                                    .copy = HexText(file.sha256),
                                    .place = BackupPlace::kKnown}});
    }
  }
  return sources;
}

// The copies of one backup, made or found.
class Copying {
 public:
  Copying(const Store& store, BackupFolder& folder,
          std::span<const LiveFile> files, std::span<const KnownSource> known,
          BackupRecord& record)
      : store_(store),
        folder_(folder),
        files_(files),
        known_(known),
        record_(record) {
    rows_.env = store.db().GetEnv();
  }

  Status Run(const ByteWatcher& watcher) {
    KENAL_TRY_ASSIGN(copies_, folder_.Copies());
    for (const LiveFile& file : files_) {
      record_.files.push_back({file.relative_filename, file.size, ""});
      KENAL_TRY(Find(file, record_.files.back()));
    }
    for (const KnownSource& source : known_) {
      record_.files.push_back(source.needed);
      FindKnown(source.needed);
    }
    KENAL_TRY(folder_.CheckSpace(record_.info.new_bytes));
    ByteMeter meter(watcher, record_.info.new_bytes);
    for (size_t i = 0; i < files_.size(); ++i) {
      if (!missing_[i]) continue;
      KENAL_TRY(Copy(files_[i], record_.files[i], meter));
    }
    for (size_t i = 0; i < known_.size(); ++i) {
      if (missing_[files_.size() + i]) KENAL_TRY(CopyKnown(known_[i], meter));
    }
    return folder_.SyncCopies();
  }

 private:
  // Sets `copy` to one that is there. Else that is only how its name begins,
  // and the file is missing.
  Status Find(const LiveFile& file, BackupFile& needed) {
    if (file.file_type == rocksdb::kTableFile) {
      // Never altered, so its id stands for its bytes: they need not be read.
      needed.copy = TableId(PathOf(file));
    } else if (!file.replacement_contents.empty()) {
      needed.copy =
          HexText(base::Sha256Of(base::AsBytes(file.replacement_contents)));
    } else {
      ByteMeter uncounted({}, 0);
      KENAL_TRY_ASSIGN(needed.copy, ReadThrough(Source(), PathOf(file),
                                                file.size, "", uncounted));
    }
    const auto found = copies_.lower_bound(needed.copy);
    const bool there = !needed.copy.empty() && found != copies_.end() &&
                       found->first.starts_with(needed.copy) &&
                       found->second == file.size;
    if (there) needed.copy = found->first;
    if (!there) record_.info.new_bytes += file.size;
    missing_.push_back(!there);
    return OkStatus();
  }

  // Its name says what its bytes are, so they need not be read.
  void FindKnown(const BackupFile& needed) {
    const auto found = copies_.find(needed.copy);
    const bool there =
        found != copies_.end() && found->second == needed.size_bytes;
    if (!there) record_.info.new_bytes += needed.size_bytes;
    missing_.push_back(!there);
  }

  Status CopyKnown(const KnownSource& source, ByteMeter& meter) {
    constexpr std::string_view kNextStep =
        ", so no backup is made; make it again with kenal known-good add "
        "--replace, or give it up with kenal known-good remove";
    const BackupFile& needed = source.needed;
    const StatusOr<std::string> digest =
        ReadThrough(folder_.files(), source.path, needed.size_bytes,
                    folder_.UnfinishedPath(), meter);
    if (digest.status().code() == StatusCode::kDataLoss) {
      return DataLoss(std::string(digest.status().message()) +
                      std::string(kNextStep));
    }
    KENAL_TRY(digest.status());
    if (*digest != needed.copy) {
      return DataLoss(source.path + ": is damaged" + std::string(kNextStep));
    }
    return folder_.KeepCopy(needed.copy);
  }

  Status Copy(const LiveFile& file, BackupFile& needed, ByteMeter& meter) {
    if (!file.replacement_contents.empty()) {
      KENAL_TRY(folder_.WriteCopy(file.replacement_contents, needed.copy));
      return meter.Add(file.size);
    }
    const std::string unfinished = folder_.UnfinishedPath();
    KENAL_TRY_ASSIGN(const std::string digest,
                     ReadThrough(folder_.files(), PathOf(file), file.size,
                                 unfinished, meter));
    if (file.file_type == rocksdb::kTableFile) {
      KENAL_TRY(CheckTable(file, unfinished));
      needed.copy += digest;
    }
    return folder_.KeepCopy(needed.copy);
  }

  // "id-", or nothing for a table that has none.
  std::string TableId(const std::string& path) const {
    rocksdb::SstFileReader reader(rows_);
    std::string id;
    if (!reader.Open(path).ok() || reader.GetTableProperties() == nullptr ||
        !rocksdb::GetUniqueIdFromTableProperties(*reader.GetTableProperties(),
                                                 &id)
             .ok()) {
      return "";
    }
    return HexText(base::AsBytes(id)) + "-";
  }

  // A table whose blocks do not agree with their checksums is not worth
  // keeping.
  Status CheckTable(const LiveFile& file, const std::string& copy) const {
    rocksdb::SstFileReader reader(rows_);
    rocksdb::Status status = reader.Open(copy);
    if (status.ok()) status = reader.VerifyChecksum();
    if (status.ok()) return OkStatus();
    return DataLoss(PathOf(file) + ": is damaged, so no backup is made (" +
                    status.ToString() +
                    "); restore the store from an older one");
  }

  rocksdb::FileSystem& Source() const {
    return *store_.db().GetEnv()->GetFileSystem();
  }

  const Store& store_;
  BackupFolder& folder_;
  const std::span<const LiveFile> files_;
  const std::span<const KnownSource> known_;
  BackupRecord& record_;
  rocksdb::Options rows_;
  std::map<std::string, uint64_t> copies_;
  std::vector<bool> missing_;  // of record_.files
};

}  // namespace

class CatalogueImpl::KnownFilesKept {
 public:
  explicit KnownFilesKept(CatalogueImpl& catalogue) : catalogue_(catalogue) {
    Count(1);
  }
  ~KnownFilesKept() { Count(-1); }
  KnownFilesKept(const KnownFilesKept&) = delete;
  KnownFilesKept& operator=(const KnownFilesKept&) = delete;

 private:
  void Count(int change) {
    const base::MutexLock lock(catalogue_.state_);
    catalogue_.known_files_kept_ += change;
  }

  CatalogueImpl& catalogue_;
};

StatusOr<BackupInfo> CatalogueImpl::Backup(const std::string& path,
                                           const ByteWatcher& watcher) {
  KENAL_TRY_ASSIGN(const auto folder,
                   BackupFolder::OpenOrMake(path, store_id(), options_));
  KENAL_TRY_ASSIGN(const std::vector<BackupRecord> earlier, folder->Records());
  BackupRecord record;
  record.info.number = earlier.empty() ? 1 : earlier.back().info.number + 1;
  record.info.store_id = store_id();
  record.info.incarnation = incarnation();
  record.info.unix_ms = base::NowUnixMs();
  const KeptFiles kept(store_->db());
  KENAL_TRY(store_->Say(kept.status()));
  const KnownFilesKept known_kept(*this);
  std::vector<LiveFile> files;
  std::vector<KnownSource> known;
  {
    // Between two changes: the files end where the head says.
    const FairLock lock(write_);
    KENAL_TRY(store_->CheckWritable());
    KENAL_TRY_ASSIGN(files, LiveFiles(*store_));
    record.info.sequence = log_->head().sequence;
    record.info.chain = log_->head().chain;
    record.store_format = format_;
    known = KnownSources(folder_, Lists());
  }
  Status made = Copying(*store_, *folder, files, known, record).Run(watcher);
  if (made.ok()) made = OpenBackup(*folder, record, options_, {}, nullptr);
  if (made.ok()) made = folder->KeepRecord(record);
  // What a backup that was ended early has copied serves the next one, unless
  // there is no room for it.
  if (made.ok() || absl::IsResourceExhausted(made)) {
    folder->RemoveUnneeded().status().IgnoreError();
  }
  KENAL_TRY(made);
  record.info.file_count = record.files.size();
  for (const BackupFile& file : record.files) {
    record.info.size_bytes += file.size_bytes;
  }
  return record.info;
}

}  // namespace kenal::catalogue

namespace kenal {

StatusOr<BackupInfo> BackupStore(const std::string& data,
                                 const std::string& folder,
                                 const ByteWatcher& watcher) {
  KENAL_TRY_ASSIGN(const auto store, catalogue::Catalogue::Open(data));
  return store->Backup(folder, watcher);
}

}  // namespace kenal
