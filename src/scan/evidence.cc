#include "src/scan/evidence.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "src/base/file.h"
#include "src/findings/findings.h"

namespace kenal::scan {
namespace {

namespace reason = findings::reason;

// O_NONBLOCK keeps a named pipe from stopping us before its kind is known.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// What one call takes; longer paths are opened in steps.
constexpr size_t kStepBytesMax = 3'500;

// A file system that keeps no access times needs no asking for it.
bool KeepsNoTimes(int descriptor) {
  struct statvfs info;
  return fstatvfs(descriptor, &info) == 0 &&
         (info.f_flag & (ST_RDONLY | ST_NOATIME)) != 0;
}

int OpenStep(int folder, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                RESOLVE_NO_XDEV;
  long result = -1;
  do {
    result = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
  } while (result < 0 && (errno == EINTR || errno == EAGAIN));
  return static_cast<int>(result);
}

Status WouldChange(const std::string& path) {
  return FailedPrecondition(
      path +
      ": reading it would change its access time, since it belongs to another "
      "user; mount the evidence read-only or with noatime, scan as its owner "
      "or as root, or give --accept-atime, which the custody log will record");
}

}  // namespace

Problem ProblemOf(int error_number) {
  const auto with = [&](std::string_view word) {
    return Problem{
        std::string(word),
        std::error_code(error_number, std::generic_category()).message()};
  };
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return with(reason::kVanished);
    case ELOOP:
      return with(reason::kSpecial);
    case EXDEV:
      return {std::string(reason::kOtherDevice),
              "another file system is mounted there; give it as an exhibit of "
              "its own"};
    default:
      return with(reason::kUnreadable);
  }
}

StatusOr<Root> Root::Open(const std::string& path, AccessTimes times) {
  const int flags = kFlags | O_DIRECTORY;
  base::Descriptor folder(open(path.c_str(), flags | O_NOATIME));
  bool keeps_times = folder.is_open();
  if (!folder.is_open() && errno == EPERM) {
    // Opening alone changes no time; reading does.
    folder = base::Descriptor(open(path.c_str(), flags));
    if (folder.is_open() && times == AccessTimes::kKept &&
        !KeepsNoTimes(folder.number())) {
      return WouldChange(path);
    }
  }
  if (!folder.is_open()) {
    if (errno == ENOENT) return NotFound(path + ": no such file or folder");
    return Unavailable(base::WithErrno(path + ": cannot be opened", errno));
  }
  const base::Descriptor probe(
      OpenStep(folder.number(), ".", O_PATH | O_CLOEXEC));
  if (!probe.is_open() && (errno == ENOSYS || errno == EPERM)) {
    return FailedPrecondition(
        "this system does not let files be opened beneath a folder alone "
        "(openat2, Linux 5.6 and later; some containers forbid it)");
  }
  // Files in it may belong to others than the folder.
  const bool may_change =
      times == AccessTimes::kMayChange || KeepsNoTimes(folder.number());
  if (may_change) keeps_times = false;
  return Root(std::move(folder), keeps_times);
}

Opened Root::OpenBeneath(std::string_view path, int flags) const {
  Opened opened;
  base::Descriptor step;
  int folder = folder_.number();
  while (path.size() > kStepBytesMax) {
    const size_t slash = path.rfind('/', kStepBytesMax);
    if (slash == std::string_view::npos || slash == 0) break;
    step = base::Descriptor(OpenStep(folder, std::string(path.substr(0, slash)),
                                     O_PATH | O_CLOEXEC | O_DIRECTORY));
    if (!step.is_open()) {
      opened.problem = ProblemOf(errno);
      return opened;
    }
    folder = step.number();
    path.remove_prefix(slash + 1);
  }
  const std::string last(path.empty() ? "." : path);
  const int no_times = (flags & O_PATH) != 0 ? 0 : O_NOATIME;
  opened.descriptor =
      base::Descriptor(OpenStep(folder, last, flags | no_times));
  if (!opened.descriptor.is_open() && errno == EPERM) {
    if (keeps_times_) {
      opened.would_change = true;
    } else {
      opened.descriptor = base::Descriptor(OpenStep(folder, last, flags));
    }
  }
  if (!opened.descriptor.is_open()) opened.problem = ProblemOf(errno);
  return opened;
}

Opened Root::OpenFile(std::string_view path) const {
  return OpenBeneath(path, kFlags);
}

Opened Root::OpenFolder(std::string_view path) const {
  return OpenBeneath(path, kFlags | O_DIRECTORY);
}

bool Root::IsRegular(std::string_view path) const {
  const Opened opened = OpenBeneath(path, O_PATH | O_CLOEXEC);
  struct stat info;
  return opened.descriptor.is_open() &&
         fstat(opened.descriptor.number(), &info) == 0 && S_ISREG(info.st_mode);
}

StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  KENAL_TRY_ASSIGN(const Root root,
                   Root::Open(folder, AccessTimes::kMayChange));
  const Opened opened = root.OpenFolder("");
  if (!opened.descriptor.is_open()) {
    return Unavailable(folder +
                       ": cannot be listed: " + opened.problem->message);
  }
  DIR* const listing = fdopendir(dup(opened.descriptor.number()));
  if (listing == nullptr) {
    return Unavailable(base::WithErrno(folder + ": cannot be listed", errno));
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(listing);
  std::ranges::sort(names);
  return names;
}

StatusOr<base::Descriptor> OpenExhibitFile(const std::string& path,
                                           AccessTimes times) {
  base::Descriptor file(open(path.c_str(), kFlags | O_NOATIME));
  if (!file.is_open() && errno == EPERM) {
    file = base::Descriptor(open(path.c_str(), kFlags));
    if (file.is_open() && times == AccessTimes::kKept &&
        !KeepsNoTimes(file.number())) {
      return WouldChange(path);
    }
  }
  if (file.is_open()) return file;
  if (errno == ENOENT) return NotFound(path + ": no such file or folder");
  return Unavailable(base::WithErrno(path + ": cannot be opened", errno));
}

}  // namespace kenal::scan
