#include "src/catalogue/store_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "src/base/file.h"
#include "src/catalogue/head_witness.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/store.h"
#include "src/catalogue/store_lock.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivateFolder = 0700;  // hashes are secrets

// Where Create builds before it renames to the final name.
std::string UnfinishedFolder(const std::string& folder) {
  return folder + "/db.new";
}

Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    return Unavailable(base::WithErrno(folder + ": cannot be opened", errno));
  }
  const int failure = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (failure == 0) return OkStatus();
  return Unavailable(base::WithErrno(folder + ": cannot be synced", failure));
}

// What a store and an interrupted Create leave in a folder.
bool IsOurs(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == "db.new" || name == kLockFileName ||
         name == kWitnessFileName || name == kStagingFolderName ||
         (name == kKnownFolderName && HoldsOnlyKnownFiles(path.string()));
}

Status CheckMayHoldStore(const std::string& folder) {
  std::error_code error;
  if (fs::exists(Store::DatabaseFolder(folder) + "/CURRENT", error)) {
    return AlreadyExists(folder + ": there is a store already");
  }
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    return FailedPrecondition(folder + ": is not a folder; name another");
  }
  fs::directory_iterator at(folder, error);
  if (error) {
    return Unavailable(folder + ": cannot be listed: " + error.message());
  }
  for (; at != fs::directory_iterator(); at.increment(error)) {
    if (error) break;
    if (!IsOurs(at->path())) {
      return FailedPrecondition(
          folder + ": the folder holds other files; name an empty one");
    }
  }
  return OkStatus();
}

}  // namespace

Status MakeFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), kPrivateFolder) == 0 || errno == EEXIST) {
    return OkStatus();
  }
  const std::string message = folder + ": the folder cannot be made";
  if (errno == ENOSPC) {
    return ResourceExhausted(base::WithErrno(message, ENOSPC));
  }
  return Unavailable(base::WithErrno(message, errno));
}

Status MakeStore(
    const std::string& folder,
    const std::function<Status(const std::string& database)>& build) {
  std::error_code error;
  const fs::path parent = fs::path(folder).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  KENAL_TRY(MakeFolder(folder));
  KENAL_TRY(CheckMayHoldStore(folder));
  KENAL_TRY_ASSIGN(const std::unique_ptr<StoreLock> lock,
                   StoreLock::Take(folder));
  KENAL_TRY(CheckMayHoldStore(folder));  // another may have been faster

  const std::string unfinished = UnfinishedFolder(folder);
  fs::remove_all(unfinished, error);
  fs::remove(folder + "/" + std::string(kWitnessFileName), error);
  KENAL_TRY(MakeFolder(unfinished));
  const Status built = build(unfinished);
  if (!built.ok()) {
    fs::remove_all(unfinished, error);
    return built;
  }
  KENAL_TRY(SyncFolder(unfinished));
  if (rename(unfinished.c_str(), Store::DatabaseFolder(folder).c_str()) != 0) {
    return Unavailable(base::WithErrno(folder + ": cannot be written", errno));
  }
  return SyncFolder(folder);
}

}  // namespace kenal::catalogue
