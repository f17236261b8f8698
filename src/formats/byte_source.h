// Bytes of a file or pipe, as they are.
#ifndef KENAL_SRC_FORMATS_BYTE_SOURCE_H_
#define KENAL_SRC_FORMATS_BYTE_SOURCE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kenal/status.h"

namespace kenal::formats {

// Not thread-safe, but for the counter.
class ByteSource {
 public:
  // "-" is standard input. Errors: kNotFound, kInvalidArgument (a folder),
  // kUnavailable.
  static StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // At least one byte unless at the end, where it returns 0.
  // Errors: kUnavailable.
  StatusOr<size_t> Read(std::span<char> out);

  const std::string& name() const { return name_; }
  uint64_t consumed_bytes() const { return consumed_bytes_; }
  // Of a regular file as it was opened.
  std::optional<uint64_t> size_bytes() const { return size_bytes_; }

 private:
  ByteSource(int descriptor, std::string name)
      : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_;
  bool owned_ = false;
  std::string name_;
  std::optional<uint64_t> size_bytes_;
  std::atomic<uint64_t> consumed_bytes_ = 0;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_BYTE_SOURCE_H_
