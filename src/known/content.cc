#include "src/known/content.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/base/check.h"

namespace kenal::known {
namespace {

constexpr size_t kWindowBytes = size_t{256} << 10;

}  // namespace

StatusOr<Content> Content::Open(const std::string& path) {
  // O_NONBLOCK keeps a named pipe from stopping us before fstat tells.
  Descriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (!file.valid() || fstat(file.get(), &facts) != 0) {
    return FileError(path, "cannot be opened", errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    return InvalidArgument(path + " is not a regular file; name a known-good " +
                           "file");
  }
  return Content(path, std::move(file), static_cast<uint64_t>(facts.st_size));
}

Content::Content(Content&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      size_bytes_(other.size_bytes_),
      data_(std::exchange(other.data_, nullptr)),
      loaded_(other.loaded_) {}

Content::~Content() {
  if (data_ != nullptr) munmap(data_, size_bytes_);
}

Status Content::Map() {
  KENAL_CHECK(data_ == nullptr && size_bytes_ > 0);
  void* const memory =
      mmap(nullptr, size_bytes_, PROT_READ, MAP_SHARED, file_.get(), 0);
  if (memory == MAP_FAILED) return FileError(path_, "cannot be mapped", errno);
  // Only a wish; look-ups come at random.
  madvise(memory, size_bytes_, MADV_HUGEPAGE);
  data_ = static_cast<uint8_t*>(memory);
  return OkStatus();
}

Status Content::Load() {
  KENAL_CHECK(data_ == nullptr && size_bytes_ > 0);
  void* const memory = mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return ResourceExhausted(path_ + ": no memory for its " +
                             std::to_string(size_bytes_ >> 20) +
                             " MiB; open it mapped");
  }
  madvise(memory, size_bytes_, MADV_HUGEPAGE);
  data_ = static_cast<uint8_t*>(memory);
  KENAL_TRY(ReadAt(file_.get(), path_, 0, {data_, size_bytes_}));
  loaded_ = true;
  mprotect(memory, size_bytes_, PROT_READ);
  return OkStatus();
}

Status Content::Read(uint64_t offset, std::span<uint8_t> out) const {
  KENAL_CHECK(offset <= size_bytes_ && out.size() <= size_bytes_ - offset);
  if (!loaded_) return ReadAt(file_.get(), path_, offset, out);
  if (!out.empty()) std::memcpy(out.data(), data_ + offset, out.size());
  return OkStatus();
}

Window::Window(const Content& content, uint64_t begin, uint64_t end)
    : content_(content),
      offset_(begin),
      end_(end),
      buffer_(std::min<uint64_t>(kWindowBytes, end - begin)) {}

Status Window::Refill(size_t bytes) {
  KENAL_CHECK(bytes <= kBytesMax && bytes - (held_ - at_) <= end_ - offset_);
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(at_),
            buffer_.begin() + static_cast<ptrdiff_t>(held_), buffer_.begin());
  held_ -= at_;
  at_ = 0;
  const size_t more =
      std::min<uint64_t>(buffer_.size() - held_, end_ - offset_);
  KENAL_TRY(content_.Read(offset_, std::span(buffer_).subspan(held_, more)));
  offset_ += more;
  held_ += more;
  return OkStatus();
}

}  // namespace kenal::known
