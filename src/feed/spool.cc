#include "src/feed/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "src/base/file.h"

namespace kenal::feed {
namespace {

Status Failed(int error_number) {
  const std::string message =
      base::WithErrno("a page cannot be kept for reading", error_number);
  return error_number == ENOSPC || error_number == EDQUOT ||
                 error_number == EFBIG
             ? ResourceExhausted(message)
             : Unavailable(message);
}

}  // namespace

StatusOr<Spool> Spool::Make(const std::string& folder) {
  std::string name = folder + "/.kenal-page-XXXXXX";
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return Unavailable(
        base::WithErrno(folder + ": no page can be kept there", errno));
  }
  unlink(name.c_str());
  return Spool(descriptor);
}

Spool::Spool(Spool&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_) {}

Spool::~Spool() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status Spool::Clear() {
  if (ftruncate(descriptor_, 0) != 0) return Failed(errno);
  size_bytes_ = 0;
  return OkStatus();
}

Status Spool::Append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(descriptor_, bytes.data(), bytes.size(),
                               static_cast<off_t>(size_bytes_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Failed(errno);
    size_bytes_ += static_cast<uint64_t>(put);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return OkStatus();
}

std::string Spool::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace kenal::feed
