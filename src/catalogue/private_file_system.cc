#include "src/catalogue/private_file_system.h"

#include <sys/stat.h>

namespace kenal::catalogue {
namespace {

constexpr mode_t kPrivateFile = 0600;

}  // namespace

rocksdb::IOStatus PrivateFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* context) {
  rocksdb::IOStatus status =
      FileSystemWrapper::NewWritableFile(name, options, file, context);
  if (status.ok() && chmod(name.c_str(), kPrivateFile) != 0) {
    return rocksdb::IOStatus::IOError(name, "cannot be made private");
  }
  return status;
}

}  // namespace kenal::catalogue
