#include "src/catalogue/backup_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/catalogue/private_file_system.h"
#include "src/catalogue/store_folder.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwnerName = "kenal.backups";
constexpr std::string_view kLockName = "backups.lock";
constexpr std::string_view kUnfinishedName = "unfinished";
constexpr std::string_view kCopiesName = "files";
constexpr std::string_view kRecordsName = "backups";
constexpr size_t kOwnerSizeMax = 4096;
constexpr size_t kBlockBytes = size_t{1} << 20;

// 0 when it is no number of a backup.
uint64_t NumberOf(const std::string& name) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

// What is in a folder, sorted. Errors: kUnavailable.
StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) {
    return Unavailable(folder + ": cannot be listed: " + error.message());
  }
  std::ranges::sort(names);
  return names;
}

StatusOr<std::string> ReadText(rocksdb::FileSystem& files,
                               const std::string& path, size_t size_max) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  KENAL_TRY(SayRead(files.NewSequentialFile(path, {}, &file, nullptr), path));
  std::string text;
  std::string block(kBlockBytes, '\0');
  for (;;) {
    rocksdb::Slice read;
    KENAL_TRY(SayFile(
        file->Read(block.size(), {}, &read, block.data(), nullptr), path));
    if (read.empty()) return text;
    text.append(read.data(), read.size());
    if (text.size() > size_max) return DataLoss(path + ": is too large");
  }
}

}  // namespace

Status ByteMeter::Add(uint64_t bytes) {
  done_ += bytes;
  if (!watcher_ || watcher_(std::min(done_, total_), total_)) return OkStatus();
  return absl::CancelledError("stopped before the end");
}

Status SayFile(const rocksdb::IOStatus& status, const std::string& path) {
  if (status.ok()) return OkStatus();
  if (status.IsNoSpace()) {
    return ResourceExhausted(path +
                             ": the disk is full; free space and try again");
  }
  return Unavailable(path + ": the disk reports an error (" +
                     status.ToString() + "); check it and try again");
}

Status SayRead(const rocksdb::IOStatus& status, const std::string& path) {
  if (status.IsPathNotFound() || status.IsNotFound()) {
    return DataLoss(path + ": is missing");
  }
  return SayFile(status, path);
}

StatusOr<std::string> ReadThrough(rocksdb::FileSystem& files,
                                  const std::string& from, uint64_t size_bytes,
                                  const std::string& to, ByteMeter& meter) {
  std::unique_ptr<rocksdb::FSSequentialFile> source;
  KENAL_TRY(SayRead(files.NewSequentialFile(from, {}, &source, nullptr), from));
  std::unique_ptr<rocksdb::FSWritableFile> target;
  if (!to.empty()) {
    KENAL_TRY(SayFile(files.NewWritableFile(to, {}, &target, nullptr), to));
  }
  base::Sha256Stream digest;
  std::string block(std::min<uint64_t>(kBlockBytes, size_bytes), '\0');
  for (uint64_t left = size_bytes; left > 0;) {
    rocksdb::Slice read;
    const size_t wanted = std::min<uint64_t>(left, block.size());
    KENAL_TRY(
        SayFile(source->Read(wanted, {}, &read, block.data(), nullptr), from));
    if (read.empty()) return DataLoss(from + ": is shorter than it was");
    digest.Add(base::AsBytes({read.data(), read.size()}));
    if (target) KENAL_TRY(SayFile(target->Append(read, {}, nullptr), to));
    left -= read.size();
    KENAL_TRY(meter.Add(read.size()));
  }
  if (target) {
    KENAL_TRY(SayFile(target->Sync({}, nullptr), to));
    KENAL_TRY(SayFile(target->Close({}, nullptr), to));
  }
  return HexText(digest.Finish());
}

BackupFolder::BackupFolder(std::string path, const Options& options)
    : path_(std::move(path)),
      files_(std::make_shared<PrivateFileSystem>(
          options.env != nullptr ? options.env->GetFileSystem()
                                 : rocksdb::FileSystem::Default())) {}

BackupFolder::~BackupFolder() {
  if (lock_ >= 0) close(lock_);
}

StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::Open(
    const std::string& path, const Options& options) {
  std::unique_ptr<BackupFolder> folder(new BackupFolder(path, options));
  KENAL_TRY(folder->ReadOwner());
  return folder;
}

StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::OpenToRead(
    const std::string& path, const Options& options) {
  KENAL_TRY_ASSIGN(auto folder, Open(path, options));
  KENAL_TRY(folder->Lock(/*to_write=*/false));
  return folder;
}

StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::OpenToWrite(
    const std::string& path, const Options& options) {
  KENAL_TRY_ASSIGN(auto folder, Open(path, options));
  KENAL_TRY(folder->Lock(/*to_write=*/true));
  return folder;
}

StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::OpenOrMake(
    const std::string& path, const std::string& store_id,
    const Options& options) {
  std::error_code error;
  // Only the last folder is made: an absent disk leaves its mount point away.
  if (!fs::exists(path, error)) KENAL_TRY(MakeFolder(path));
  if (!fs::is_directory(path, error)) {
    return FailedPrecondition(path + ": is not a folder; name another");
  }
  std::unique_ptr<BackupFolder> folder(new BackupFolder(path, options));
  const std::string owner = path + "/" + std::string(kOwnerName);
  if (!fs::exists(owner, error)) {
    KENAL_TRY_ASSIGN(const std::vector<std::string> names, NamesIn(path));
    for (const std::string& name : names) {
      if (name != kLockName && name != kUnfinishedName && name != kCopiesName &&
          name != kRecordsName && name != kOwnerName) {
        return FailedPrecondition(path +
                                  ": holds other files and no backups; name an "
                                  "empty folder, or one of backups");
      }
    }
  }
  KENAL_TRY(folder->Lock(/*to_write=*/true));
  // Another may have made it meanwhile.
  if (!fs::exists(owner, error)) KENAL_TRY(folder->MakeOwner(store_id));
  KENAL_TRY(folder->ReadOwner());
  if (folder->store_id() == store_id) return folder;
  return FailedPrecondition(path + ": holds the backups of another store (" +
                            folder->store_id() + "); name another folder");
}

Status BackupFolder::Lock(bool to_write) {
  const std::string path = path_ + "/" + std::string(kLockName);
  lock_ = open(path.c_str(),
               to_write ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC,
               0600);
  if (lock_ < 0) {
    // What cannot be written needs no lock to be read.
    if (!to_write && errno == ENOENT) return OkStatus();
    return Unavailable(base::WithErrno(path + ": cannot be opened", errno));
  }
  if (flock(lock_, (to_write ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
    return OkStatus();
  }
  if (errno != EWOULDBLOCK) {
    return Unavailable(base::WithErrno(path + ": cannot be locked", errno));
  }
  return Unavailable(path_ +
                     ": another program is at work on these backups; wait "
                     "until it ends");
}

Status BackupFolder::ReadOwner() {
  const std::string path = path_ + "/" + std::string(kOwnerName);
  std::error_code error;
  if (!fs::is_directory(path_, error)) {
    return NotFound(path_ + ": there is no such folder");
  }
  if (!fs::exists(path, error)) {
    return FailedPrecondition(path_ +
                              ": holds no backups; name a folder that `kenal "
                              "backup create` has made");
  }
  KENAL_TRY_ASSIGN(const std::string text,
                   ReadText(*files_, path, kOwnerSizeMax));
  StatusOr<std::string> id = DecodeBackupOwner(text);
  if (!id.ok()) {
    return Status(id.status().code(),
                  path + ": " + std::string(id.status().message()));
  }
  store_id_ = *std::move(id);
  return OkStatus();
}

Status BackupFolder::MakeOwner(const std::string& store_id) {
  for (const std::string_view name : {kCopiesName, kRecordsName}) {
    KENAL_TRY(MakeFolder(path_ + "/" + std::string(name)));
  }
  KENAL_TRY(WriteText(EncodeBackupOwner(store_id),
                      path_ + "/" + std::string(kOwnerName)));
  return Sync(path_);
}

Status BackupFolder::WriteText(const std::string& text,
                               const std::string& path) {
  const std::string unfinished = UnfinishedPath();
  std::unique_ptr<rocksdb::FSWritableFile> file;
  KENAL_TRY(SayFile(files_->NewWritableFile(unfinished, {}, &file, nullptr),
                    unfinished));
  KENAL_TRY(SayFile(file->Append(text, {}, nullptr), unfinished));
  KENAL_TRY(SayFile(file->Sync({}, nullptr), unfinished));
  KENAL_TRY(SayFile(file->Close({}, nullptr), unfinished));
  return SayFile(files_->RenameFile(unfinished, path, {}, nullptr), path);
}

Status BackupFolder::Sync(const std::string& folder) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  KENAL_TRY(
      SayFile(files_->NewDirectory(folder, {}, &directory, nullptr), folder));
  return SayFile(directory->Fsync({}, nullptr), folder);
}

StatusOr<std::vector<BackupRecord>> BackupFolder::Records() const {
  const std::string folder = path_ + "/" + std::string(kRecordsName);
  KENAL_TRY_ASSIGN(const std::vector<std::string> names, NamesIn(folder));
  std::vector<BackupRecord> records;
  for (const std::string& name : names) {
    const uint64_t number = NumberOf(name);
    if (number == 0) continue;
    const StatusOr<std::string> text =
        ReadText(*files_, folder + "/" + name, kBackupRecordBytesMax);
    StatusOr<BackupRecord> record =
        text.ok() ? DecodeBackupRecord(*text) : text.status();
    if (record.ok() &&
        (record->info.number != number || record->info.store_id != store_id_)) {
      record = DataLoss("it is not of this folder");
    }
    if (!record.ok()) {
      BackupRecord damaged;
      damaged.info.number = number;
      damaged.info.damage = "backup " + std::to_string(number) +
                            ": its record cannot be read: " +
                            std::string(record.status().message());
      record = std::move(damaged);
    }
    records.push_back(*std::move(record));
  }
  std::ranges::sort(records, {}, [](const BackupRecord& record) {
    return record.info.number;
  });
  return records;
}

StatusOr<std::map<std::string, uint64_t>> BackupFolder::Copies() const {
  const std::string folder = path_ + "/" + std::string(kCopiesName);
  KENAL_TRY_ASSIGN(const std::vector<std::string> names, NamesIn(folder));
  std::map<std::string, uint64_t> copies;
  for (const std::string& name : names) {
    if (!IsCopyName(name)) continue;
    std::error_code error;
    const uint64_t size_bytes = fs::file_size(folder + "/" + name, error);
    if (!error) copies.emplace(name, size_bytes);
  }
  return copies;
}

std::string BackupFolder::CopyPath(std::string_view copy) const {
  return path_ + "/" + std::string(kCopiesName) + "/" + std::string(copy);
}

std::string BackupFolder::RecordPath(uint64_t number) const {
  const std::string digits = std::to_string(number);
  return path_ + "/" + std::string(kRecordsName) + "/" +
         std::string(6 - std::min<size_t>(6, digits.size()), '0') + digits;
}

std::string BackupFolder::UnfinishedPath() const {
  return path_ + "/" + std::string(kUnfinishedName);
}

Status BackupFolder::KeepCopy(const std::string& copy) {
  return SayFile(
      files_->RenameFile(UnfinishedPath(), CopyPath(copy), {}, nullptr),
      CopyPath(copy));
}

Status BackupFolder::WriteCopy(const std::string& text,
                               const std::string& copy) {
  return WriteText(text, CopyPath(copy));
}

Status BackupFolder::SyncCopies() {
  return Sync(path_ + "/" + std::string(kCopiesName));
}

Status BackupFolder::KeepRecord(const BackupRecord& record) {
  KENAL_TRY(WriteText(Encode(record), RecordPath(record.info.number)));
  return Sync(path_ + "/" + std::string(kRecordsName));
}

Status BackupFolder::RemoveRecord(uint64_t number) {
  KENAL_TRY(SayFile(files_->DeleteFile(RecordPath(number), {}, nullptr),
                    RecordPath(number)));
  return Sync(path_ + "/" + std::string(kRecordsName));
}

StatusOr<std::optional<uint64_t>> BackupFolder::RemoveUnneeded() {
  std::error_code ignored;
  fs::remove(UnfinishedPath(), ignored);
  KENAL_TRY_ASSIGN(const std::vector<BackupRecord> records, Records());
  std::set<std::string> needed;
  for (const BackupRecord& record : records) {
    if (!record.info.damage.empty()) return std::nullopt;
    for (const BackupFile& file : record.files) needed.insert(file.copy);
  }
  KENAL_TRY_ASSIGN(const auto copies, Copies());
  uint64_t freed_bytes = 0;
  for (const auto& [copy, size_bytes] : copies) {
    if (needed.contains(copy)) continue;
    KENAL_TRY(SayFile(files_->DeleteFile(CopyPath(copy), {}, nullptr),
                      CopyPath(copy)));
    freed_bytes += size_bytes;
  }
  return freed_bytes;
}

Status BackupFolder::CheckSpace(uint64_t needed_bytes) const {
  struct statvfs info {};
  if (statvfs(path_.c_str(), &info) != 0) return OkStatus();
  const uint64_t free_bytes = uint64_t{info.f_bavail} * info.f_frsize;
  if (free_bytes >= needed_bytes) return OkStatus();
  return ResourceExhausted(
      path_ + ": " + std::to_string(needed_bytes >> 20) +
      " MiB are needed and " + std::to_string(free_bytes >> 20) +
      " MiB are free; free space, such as with `kenal backup prune`");
}

}  // namespace kenal::catalogue
