// Writing files of a folder whole or not at all, with their mode from the
// first byte on.
#ifndef KENAL_SRC_IDENTITY_PRIVATE_FILE_H_
#define KENAL_SRC_IDENTITY_PRIVATE_FILE_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "kenal/status.h"

namespace kenal::identity {

// Where one command at a time works: others wait in Open. Not thread-safe.
class LockedFolder {
 public:
  // Errors: kNotFound, kPermissionDenied, kUnavailable
  static StatusOr<LockedFolder> Open(const std::string& path);
  LockedFolder(LockedFolder&& other) noexcept;
  LockedFolder& operator=(LockedFolder&&) = delete;
  ~LockedFolder();

  bool Has(const std::string& name) const;
  // Errors: kAlreadyExists  there is one
  Status Create(const std::string& name, std::string_view bytes, mode_t mode);
  // In place of the one there is, if any.
  Status Replace(const std::string& name, std::string_view bytes, mode_t mode);
  // Takes one back that Create made.
  void Remove(const std::string& name);

 private:
  LockedFolder(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  StatusOr<std::string> WriteAside(const std::string& name,
                                   std::string_view bytes, mode_t mode) const;
  Status Failed(const std::string& name, int error_number) const;

  int fd_;
  std::string path_;
};

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_PRIVATE_FILE_H_
