// Private file system: what RocksDB works on. It passes everything on, but
// files are made for their owner alone to read: hashes are secrets, and RocksDB
// makes files for everyone.
#ifndef KENAL_SRC_CATALOGUE_PRIVATE_FILE_SYSTEM_H_
#define KENAL_SRC_CATALOGUE_PRIVATE_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace kenal::catalogue {

// Thread-safe, as every FileSystem.
class PrivateFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit PrivateFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}
  const char* Name() const override { return "kenal-private"; }

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* context) override;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_PRIVATE_FILE_SYSTEM_H_
