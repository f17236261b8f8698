// Directory: who a caller is, by the client table of the moment.
#ifndef KENAL_SRC_SERVICE_DIRECTORY_H_
#define KENAL_SRC_SERVICE_DIRECTORY_H_

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/identity/client_table.h"

namespace kenal::service {

// Thread-safe.
class Directory {
 public:
  // `path` of the client table; empty: nobody is known by certificate.
  // Errors: those of ClientTable::Load.
  static StatusOr<std::unique_ptr<Directory>> Open(
      const std::string& path, identity::RoleSet local_roles);

  std::shared_ptr<const identity::Caller> Identify(
      std::span<const std::string> sans) const;
  std::shared_ptr<const identity::Caller> Local() const { return local_; }

  // Reads the table when its file changed since the last time; true: it is
  // another one now. Errors: those of ClientTable::Load; the old table stays,
  // and the next call reads again.
  StatusOr<bool> Refresh();

  size_t client_count() const;

 private:
  struct Stamp {
    ino_t inode = 0;
    int64_t size_bytes = -1;
    int64_t modified_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp StampOf(const std::string& path);

  std::string path_;
  std::shared_ptr<const identity::Caller> local_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const identity::ClientTable> table_ KENAL_GUARDED_BY(mutex_);
  base::Mutex refresh_mutex_;
  // Of the file as it was read; unset: never.
  std::optional<Stamp> stamp_ KENAL_GUARDED_BY(refresh_mutex_);
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_DIRECTORY_H_
