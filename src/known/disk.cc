#include "src/known/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include "src/base/check.h"
#include "src/base/file.h"
#include "src/base/write_all.h"

namespace kenal::known {
namespace {

constexpr std::string_view kPartSuffix = ".kenal-part";
constexpr size_t kTokenDigits = 16;
constexpr size_t kWriteBytes = size_t{1} << 20;
// A name is taken only if another builder draws the same 64 bits, or a cleaner
// takes a file for a left-over before it is locked.
constexpr int kAttempts = 16;

std::string RandomToken() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<uint8_t, kTokenDigits> bytes{};
  base::RandomBytes(bytes);
  std::string token;
  for (const uint8_t byte : bytes) token += kDigits[byte % 16];
  return token;
}

int LockWaiting(int fd) {
  int result = 0;
  do {
    result = flock(fd, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Status FileError(const std::string& path, const std::string& what,
                 int error_number) {
  const std::string message = base::WithErrno(path + ": " + what, error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ResourceExhausted(message + "; make room and run it again");
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message +
                                         "; check who owns the folder");
    case ENOENT:
    case ENOTDIR:
      return NotFound(message + "; check the path");
    default:
      return Unavailable(message + "; check the disk and run it again");
  }
}

Status ReadAt(int fd, const std::string& path, uint64_t offset,
              std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got =
        pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path, "cannot be read", errno);
    if (got == 0) {
      return DataLoss(path + ": became shorter while it was read; " +
                      "build it again from its source");
    }
    offset += static_cast<uint64_t>(got);
    out = out.subspan(static_cast<size_t>(got));
  }
  return OkStatus();
}

Status WriteAll(int fd, const std::string& path,
                std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  return base::WriteAll(fd, text) ? OkStatus()
                                  : FileError(path, "cannot be written", errno);
}

StatusOr<Workplace> Workplace::Open(const std::string& target) {
  const std::filesystem::path path(target);
  Workplace out;
  out.target_ = target;
  out.base_ = path.filename().string();
  std::error_code ignored;
  if (out.base_.empty() || out.base_ == "." || out.base_ == ".." ||
      std::filesystem::is_directory(path, ignored)) {
    return InvalidArgument("'" + target + "' names no file; name the file " +
                           "that the list shall be written to");
  }
  const std::string folder =
      path.has_parent_path() ? path.parent_path().string() : ".";
  out.folder_ =
      Descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out.folder_.valid()) {
    return FileError(folder, "the folder cannot be opened", errno);
  }
  out.RemoveLeftOvers();
  return out;
}

bool Workplace::IsLeftOver(const std::string& name) const {
  const std::string prefix = "." + base_ + ".";
  if (name.size() != prefix.size() + kTokenDigits + kPartSuffix.size() ||
      !name.starts_with(prefix) || !name.ends_with(kPartSuffix)) {
    return false;
  }
  const std::string_view token(name.data() + prefix.size(), kTokenDigits);
  return token.find_first_not_of("0123456789abcdef") == token.npos;
}

void Workplace::RemoveLeftOvers() const {
  const int copy =
      openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return;
  DIR* const listing = fdopendir(copy);
  if (listing == nullptr) {
    close(copy);
    return;
  }
  while (const dirent* const entry = readdir(listing)) {
    const std::string name = entry->d_name;
    if (!IsLeftOver(name)) continue;
    const Descriptor file(
        openat(folder_.get(), name.c_str(),
               O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.valid() || flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    Remove(name);
  }
  closedir(listing);
}

void Workplace::Remove(const std::string& name) const {
  unlinkat(folder_.get(), name.c_str(), 0);
}

StatusOr<std::pair<Descriptor, std::string>> Workplace::MakePart() const {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string name = "." + base_ + "." + RandomToken();
    name += kPartSuffix;
    Descriptor file(openat(folder_.get(), name.c_str(),
                           O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                           0600));
    if (!file.valid() && errno == EEXIST) continue;
    if (!file.valid()) {
      return FileError(target_, "no file can be made beside it", errno);
    }
    struct stat facts {};
    if (LockWaiting(file.get()) != 0 || fstat(file.get(), &facts) != 0) {
      const int error_number = errno;
      Remove(name);
      return FileError(target_, "a file beside it cannot be locked",
                       error_number);
    }
    if (facts.st_nlink > 0) return std::pair(std::move(file), std::move(name));
  }
  return Unavailable(target_ + ": files made beside it are taken away at once" +
                     "; see what else works in that folder");
}

StatusOr<Descriptor> Workplace::MakeNameless() const {
  KENAL_TRY_ASSIGN(auto part, MakePart());
  Remove(part.second);
  return std::move(part.first);
}

Status Workplace::Place(const Descriptor& part, const std::string& name) const {
  if (fsync(part.get()) != 0) {
    return FileError(target_, "cannot be synced", errno);
  }
  if (renameat(folder_.get(), name.c_str(), folder_.get(), base_.c_str()) !=
      0) {
    return FileError(target_, "cannot be put in its place", errno);
  }
  if (fsync(folder_.get()) != 0) {
    return FileError(target_,
                     "is in its place, but its folder cannot be synced", errno);
  }
  return OkStatus();
}

Writer::Writer(int fd, std::string path, bool with_digest)
    : fd_(fd), path_(std::move(path)) {
  held_.reserve(kWriteBytes);
  if (with_digest) digest_ = std::make_unique<base::Sha256Stream>();
}

Status Writer::Add(std::span<const uint8_t> bytes) {
  written_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const auto piece =
        bytes.first(std::min(bytes.size(), kWriteBytes - held_.size()));
    held_.insert(held_.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
    if (held_.size() == kWriteBytes) KENAL_TRY(Flush());
  }
  return OkStatus();
}

Status Writer::PadTo(uint64_t offset) {
  KENAL_CHECK(offset >= written_bytes_);
  const std::vector<uint8_t> zeros(offset - written_bytes_);
  return Add(zeros);
}

Status Writer::Flush() {
  KENAL_TRY(WriteAll(fd_, path_, held_));
  if (digest_ != nullptr) digest_->Add(held_);
  held_.clear();
  return OkStatus();
}

base::Sha256Bytes Writer::Digest() {
  KENAL_CHECK(digest_ != nullptr && held_.empty());
  return digest_->Finish();
}

}  // namespace kenal::known
