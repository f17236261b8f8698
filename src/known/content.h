// The bytes of an open known-good file: mapped, or read into memory.
#ifndef KENAL_SRC_KNOWN_CONTENT_H_
#define KENAL_SRC_KNOWN_CONTENT_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/known/disk.h"

namespace kenal::known {

class Content {
 public:
  // Errors: as FileError; kInvalidArgument for what is no regular file
  static StatusOr<Content> Open(const std::string& path);
  Content(Content&& other) noexcept;
  Content& operator=(Content&&) = delete;
  ~Content();

  // Makes data() of it. `size_bytes()` must be above 0.
  Status Map();
  // Reads all of it to memory, in huge pages where the system has them.
  Status Load();

  uint64_t size_bytes() const { return size_bytes_; }
  const std::string& path() const { return path_; }
  // Null before Map and Load.
  const uint8_t* data() const { return data_; }

  // Reads from memory after Load, else from the file, where a failing disk or
  // a file cut short is an error and no signal. Thread-safe.
  Status Read(uint64_t offset, std::span<uint8_t> out) const;

 private:
  Content(std::string path, Descriptor file, uint64_t size_bytes)
      : path_(std::move(path)),
        file_(std::move(file)),
        size_bytes_(size_bytes) {}

  std::string path_;
  Descriptor file_;
  uint64_t size_bytes_ = 0;
  uint8_t* data_ = nullptr;
  bool loaded_ = false;
};

// Reads one part of a Content from its beginning to its end, in large pieces.
// Not thread-safe; the content must outlive it.
class Window {
 public:
  Window(const Content& content, uint64_t begin, uint64_t end);
  // The next `bytes` bytes, valid until the next call. At most what is left,
  // and kBytesMax.
  StatusOr<const uint8_t*> Next(size_t bytes) {
    if (bytes > held_ - at_) KENAL_TRY(Refill(bytes));
    const uint8_t* const out = buffer_.data() + at_;
    at_ += bytes;
    return out;
  }
  static constexpr size_t kBytesMax = 4096;

 private:
  Status Refill(size_t bytes);

  const Content& content_;
  uint64_t offset_;
  uint64_t end_;
  std::vector<uint8_t> buffer_;
  size_t at_ = 0;
  size_t held_ = 0;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_CONTENT_H_
