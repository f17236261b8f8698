#include "src/catalogue/guarded_file_system.h"

#include <sys/stat.h>

#include <utility>

namespace kenal::catalogue {
namespace {

constexpr mode_t kPrivateFile = 0600;

// Notes when a read fails.
class WatchedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
              std::atomic<bool>& failed)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), failed_(failed) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t size,
                         const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* context) const override {
    return Note(FSRandomAccessFileOwnerWrapper::Read(offset, size, options,
                                                     result, scratch, context));
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override {
    rocksdb::IOStatus status = Note(FSRandomAccessFileOwnerWrapper::MultiRead(
        requests, count, options, context));
    for (size_t i = 0; i < count; ++i) {
      if (!requests[i].status.ok()) failed_ = true;
    }
    return status;
  }

 private:
  rocksdb::IOStatus Note(rocksdb::IOStatus status) const {
    if (!status.ok()) failed_ = true;
    return status;
  }

  std::atomic<bool>& failed_;
};

}  // namespace

void GuardedFileSystem::BeginIngest() {
  staged_read_failed_ = false;
  const base::MutexLock lock(mutex_);
  linked_.clear();
}

void GuardedFileSystem::EndIngest() {
  const base::MutexLock lock(mutex_);
  linked_.clear();
}

rocksdb::IOStatus GuardedFileSystem::NewWritableFile(
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

rocksdb::IOStatus GuardedFileSystem::NewRandomAccessFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
    rocksdb::IODebugContext* context) {
  rocksdb::IOStatus status =
      FileSystemWrapper::NewRandomAccessFile(name, options, file, context);
  if (status.ok() && name.starts_with(staging_)) {
    *file =
        std::make_unique<WatchedFile>(std::move(*file), staged_read_failed_);
  }
  return status;
}

rocksdb::IOStatus GuardedFileSystem::LinkFile(
    const std::string& from, const std::string& to,
    const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) {
  if (from.starts_with(staging_)) {
    if (staged_read_failed_) {
      return rocksdb::IOStatus::IOError(from, "cannot be read");
    }
    const base::MutexLock lock(mutex_);
    linked_.insert(to);
  }
  return FileSystemWrapper::LinkFile(from, to, options, context);
}

rocksdb::IOStatus GuardedFileSystem::DeleteFile(
    const std::string& name, const rocksdb::IOOptions& options,
    rocksdb::IODebugContext* context) {
  {
    const base::MutexLock lock(mutex_);
    if (linked_.contains(name)) return rocksdb::IOStatus::OK();
  }
  return FileSystemWrapper::DeleteFile(name, options, context);
}

}  // namespace kenal::catalogue
