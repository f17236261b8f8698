#include "src/formats/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "src/base/file.h"

namespace kenal::formats {

StatusOr<std::unique_ptr<ByteSource>> ByteSource::Open(
    const std::string& path) {
  if (path == "-") {
    return std::unique_ptr<ByteSource>(
        new ByteSource(STDIN_FILENO, "standard input"));
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return NotFound(path + ": no such file; check the path");
    }
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  std::unique_ptr<ByteSource> source(new ByteSource(descriptor, path));
  source->owned_ = true;
  struct stat info {};
  if (fstat(descriptor, &info) != 0) {
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgument(path + ": is a folder; name a file in it");
  }
  if (S_ISREG(info.st_mode)) {
    source->size_bytes_ = static_cast<uint64_t>(info.st_size);
  }
  return source;
}

ByteSource::~ByteSource() {
  if (owned_) close(descriptor_);
}

StatusOr<size_t> ByteSource::Read(std::span<char> out) {
  while (true) {
    const ssize_t got = read(descriptor_, out.data(), out.size());
    if (got >= 0) {
      consumed_bytes_ += static_cast<uint64_t>(got);
      return static_cast<size_t>(got);
    }
    if (errno != EINTR) {
      return Unavailable(base::WithErrno(name_ +
                                             ": cannot be read after byte " +
                                             std::to_string(consumed_bytes_),
                                         errno));
    }
  }
}

}  // namespace kenal::formats
