// Guarded file system: what RocksDB works on. It passes everything on and
// makes up for three things in RocksDB 7.8.3:
//
//   - Ingesting takes a file whose first or last block could not be read for
//     an empty one and registers it under wrong bounds. Once reading a staged
//     file has failed, none can be linked, so ingesting fails as it should.
//   - When the MANIFEST could not be synced, ingesting deletes its files
//     although the MANIFEST on disk may name them: the database would not
//     open again. The files stay; the next open keeps or removes them.
//   - Files are made for everyone to read. Hashes are secrets.
#ifndef KENAL_SRC_CATALOGUE_GUARDED_FILE_SYSTEM_H_
#define KENAL_SRC_CATALOGUE_GUARDED_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "src/base/mutex.h"

namespace kenal::catalogue {

// Thread-safe, as every FileSystem.
class GuardedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  // `staging`: the folder of files to ingest.
  GuardedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target,
                    std::string staging)
      : FileSystemWrapper(target), staging_(std::move(staging) + "/") {}
  const char* Name() const override { return "kenal-guarded"; }

  // Around each ingestion, one at a time.
  void BeginIngest();
  void EndIngest();

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

 private:
  const std::string staging_;
  std::atomic<bool> staged_read_failed_ = false;
  base::Mutex mutex_;
  // Links made by the ingestion that runs.
  std::set<std::string> linked_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_GUARDED_FILE_SYSTEM_H_
