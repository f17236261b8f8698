#include "src/custody/reports.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "src/base/descriptor.h"
#include "src/base/file.h"

namespace kenal::custody {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;

Status CannotRead(const std::string& path, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) {
    return NotFound(path + ": there is none");
  }
  return Unavailable(base::WithErrno(path + ": cannot be read", error_number));
}

}  // namespace

StatusOr<std::vector<std::string>> ReportNames(const std::string& folder) {
  const std::unique_ptr<DIR, decltype([](DIR* dir) { closedir(dir); })> dir(
      opendir(folder.c_str()));
  if (dir == nullptr) return CannotRead(folder, errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* const entry = readdir(dir.get());
    if (entry == nullptr && errno != 0) return CannotRead(folder, errno);
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kReportsMax) {
      return ResourceExhausted(folder + ": holds more than " +
                               std::to_string(kReportsMax) + " files");
    }
    names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

StatusOr<ReportFile> DigestReport(const std::string& folder,
                                  const std::string& name) {
  const std::string path = folder + "/" + name;
  if (name.empty() || name == "." || name == ".." ||
      name.find('/') != name.npos || name.find('\0') != name.npos) {
    return InvalidArgument(path + ": is not the name of a report");
  }
  const base::Descriptor file(open(
      path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open() && errno != ELOOP) return CannotRead(path, errno);
  struct stat info {};
  if (!file.is_open() || fstat(file.number(), &info) != 0 ||
      !S_ISREG(info.st_mode)) {
    return InvalidArgument(path + ": is not a regular file");
  }
  ReportFile report{.name = name};
  base::Sha256Stream sha256;
  std::vector<uint8_t> block(kBlockBytes);
  while (true) {
    const ssize_t got = read(file.number(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotRead(path, errno);
    if (got == 0) break;
    const auto size = static_cast<size_t>(got);
    sha256.Add(std::span(block).first(size));
    report.size_bytes += size;
  }
  report.sha256 = sha256.Finish();
  return report;
}

StatusOr<std::vector<ReportFile>> DigestReports(const std::string& folder) {
  KENAL_TRY_ASSIGN(const std::vector<std::string> names, ReportNames(folder));
  std::vector<ReportFile> reports;
  for (const std::string& name : names) {
    KENAL_TRY_ASSIGN(ReportFile report, DigestReport(folder, name));
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace kenal::custody
