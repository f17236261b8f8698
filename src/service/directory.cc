#include "src/service/directory.h"

#include <sys/stat.h>

#include <utility>

namespace kenal::service {

Directory::Stamp Directory::StampOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {.inode = info.st_ino,
          .size_bytes = info.st_size,
          .modified_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 +
                         info.st_mtim.tv_nsec};
}

StatusOr<std::unique_ptr<Directory>> Directory::Open(
    const std::string& path, identity::RoleSet local_roles) {
  auto directory = std::make_unique<Directory>();
  directory->path_ = path;
  directory->local_ = std::make_shared<const identity::Caller>(
      identity::Caller{.name = "local", .roles = local_roles});
  if (path.empty()) return directory;
  KENAL_TRY(directory->Refresh().status());
  return directory;
}

StatusOr<bool> Directory::Refresh() {
  if (path_.empty()) return false;
  base::MutexLock refreshing(refresh_mutex_);
  // Taken before reading, so that a change in between is seen next time.
  const Stamp stamp = StampOf(path_);
  if (stamp == stamp_) return false;
  KENAL_TRY_ASSIGN(std::shared_ptr<const identity::ClientTable> table,
                   identity::ClientTable::Load(path_));
  stamp_ = stamp;
  base::MutexLock lock(mutex_);
  table_.swap(table);
  return true;
}

std::shared_ptr<const identity::Caller> Directory::Identify(
    std::span<const std::string> sans) const {
  std::shared_ptr<const identity::ClientTable> table;
  {
    base::MutexLock lock(mutex_);
    table = table_;
  }
  return table == nullptr ? nullptr : table->Find(sans);
}

size_t Directory::client_count() const {
  base::MutexLock lock(mutex_);
  return table_ == nullptr ? 0 : table_->size();
}

}  // namespace kenal::service
