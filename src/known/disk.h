// Files of a builder: written beside their target, private, and gone when the
// builder is.
#ifndef KENAL_SRC_KNOWN_DISK_H_
#define KENAL_SRC_KNOWN_DISK_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/base/digest.h"

namespace kenal::known {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// "PATH: WHAT: No space left on device; NEXT STEP" with the code that fits:
// kResourceExhausted (disk, quota or file size limit), kPermissionDenied,
// kNotFound, else kUnavailable.
Status FileError(const std::string& path, const std::string& what,
                 int error_number);

// Fills `out` from `offset` on. kDataLoss when the file ends before.
Status ReadAt(int fd, const std::string& path, uint64_t offset,
              std::span<uint8_t> out);
Status WriteAll(int fd, const std::string& path,
                std::span<const uint8_t> bytes);

// The folder of one target file, and the files that builders of this target
// make in it. A builder holds a lock (flock) on each name it has there, so
// that the left-overs of killed ones can be told from files in use.
class Workplace {
 public:
  // Removes what killed builders of the same target left.
  // Errors: as FileError; kInvalidArgument for a path that names a folder
  static StatusOr<Workplace> Open(const std::string& target);

  // A new file of mode 0600 without a name: it is gone with its descriptor.
  StatusOr<Descriptor> MakeNameless() const;
  // A new file of mode 0600, locked; its name within the folder.
  StatusOr<std::pair<Descriptor, std::string>> MakePart() const;
  void Remove(const std::string& name) const;
  // Syncs the part, puts it in the target's place and syncs the folder.
  Status Place(const Descriptor& part, const std::string& name) const;

  const std::string& target() const { return target_; }

 private:
  Workplace() = default;
  void RemoveLeftOvers() const;
  bool IsLeftOver(const std::string& name) const;

  std::string target_;
  std::string base_;  // the target's name within its folder
  Descriptor folder_;
};

// Sequential writing in large pieces, with a digest of all that was written.
class Writer {
 public:
  // path   for errors; `fd` must outlive the writer
  Writer(int fd, std::string path, bool with_digest);
  Status Add(std::span<const uint8_t> bytes);
  // Zeros up to `offset` from the writer's beginning.
  Status PadTo(uint64_t offset);
  // What is held back goes to the file.
  Status Flush();
  uint64_t written_bytes() const { return written_bytes_; }
  // Of all bytes; once, after Flush.
  base::Sha256Bytes Digest();

 private:
  int fd_;
  std::string path_;
  uint64_t written_bytes_ = 0;
  std::vector<uint8_t> held_;
  std::unique_ptr<base::Sha256Stream> digest_;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_DISK_H_
