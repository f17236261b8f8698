// Backup folder: where the backups of one store are kept. The bytes are
// described in docs/format.md, "Backups".
//
// All files are written under another name, synced and renamed, so that what
// has its final name is whole. A lock lets one writer in at a time.
#ifndef KENAL_SRC_CATALOGUE_BACKUP_FOLDER_H_
#define KENAL_SRC_CATALOGUE_BACKUP_FOLDER_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/backup.h"
#include "kenal/status.h"
#include "src/catalogue/backup_record.h"
#include "src/catalogue/options.h"

namespace kenal::catalogue {

// Counts bytes for a watcher.
class ByteMeter {
 public:
  ByteMeter(ByteWatcher watcher, uint64_t total)
      : watcher_(std::move(watcher)), total_(total) {}
  // Errors: kCancelled.
  Status Add(uint64_t bytes);

 private:
  const ByteWatcher watcher_;
  const uint64_t total_;
  uint64_t done_ = 0;
};

// Reads the first `size_bytes` of `from`; writes and syncs them as `to` unless
// that is empty. Returns their SHA-256 in hex.
// Errors: kDataLoss           `from` is missing or shorter
//         kResourceExhausted  no space
//         kUnavailable        a disk reports an error
//         kCancelled          the watcher said so
StatusOr<std::string> ReadThrough(rocksdb::FileSystem& files,
                                  const std::string& from, uint64_t size_bytes,
                                  const std::string& to, ByteMeter& meter);

// A status of the file system in our words, naming `path`. What is missing is
// kUnavailable to a writer, whose disk may be gone, and kDataLoss to a reader.
Status SayFile(const rocksdb::IOStatus& status, const std::string& path);
Status SayRead(const rocksdb::IOStatus& status, const std::string& path);

class BackupFolder {
 public:
  // Waits for nobody; others may write meanwhile. Errors as ListBackups.
  static StatusOr<std::unique_ptr<BackupFolder>> Open(const std::string& path,
                                                      const Options& options);
  // The same, and nobody removes anything meanwhile.
  // Errors: also kUnavailable when somebody writes.
  static StatusOr<std::unique_ptr<BackupFolder>> OpenToRead(
      const std::string& path, const Options& options);
  static StatusOr<std::unique_ptr<BackupFolder>> OpenToWrite(
      const std::string& path, const Options& options);
  // The same for backups of one store; an empty or missing folder becomes one.
  // Errors: also kFailedPrecondition for another store's.
  static StatusOr<std::unique_ptr<BackupFolder>> OpenOrMake(
      const std::string& path, const std::string& store_id,
      const Options& options);
  ~BackupFolder();
  BackupFolder(const BackupFolder&) = delete;
  BackupFolder& operator=(const BackupFolder&) = delete;

  const std::string& path() const { return path_; }
  const std::string& store_id() const { return store_id_; }
  rocksdb::FileSystem& files() const { return *files_; }

  // By number. `damage` is set in what cannot be read.
  StatusOr<std::vector<BackupRecord>> Records() const;
  // Size of each copy that is there.
  StatusOr<std::map<std::string, uint64_t>> Copies() const;
  std::string CopyPath(std::string_view copy) const;
  std::string RecordPath(uint64_t number) const;
  // Where a file is written before it is put in its place.
  std::string UnfinishedPath() const;

  // For writers. A copy is durable after SyncCopies, a record at once.
  Status KeepCopy(const std::string& copy);  // what is at UnfinishedPath()
  Status WriteCopy(const std::string& text, const std::string& copy);
  Status SyncCopies();
  Status KeepRecord(const BackupRecord& record);
  Status RemoveRecord(uint64_t number);
  // Removes the copies that no record needs, unless one cannot be read.
  // nullopt then; otherwise the bytes that were freed.
  StatusOr<std::optional<uint64_t>> RemoveUnneeded();
  // kResourceExhausted when the disk has less room.
  Status CheckSpace(uint64_t needed_bytes) const;

 private:
  BackupFolder(std::string path, const Options& options);

  Status Lock(bool to_write);
  Status ReadOwner();
  Status MakeOwner(const std::string& store_id);
  Status WriteText(const std::string& text, const std::string& path);
  Status Sync(const std::string& folder);

  const std::string path_;
  const std::shared_ptr<rocksdb::FileSystem> files_;
  std::string store_id_;
  int lock_ = -1;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_BACKUP_FOLDER_H_
