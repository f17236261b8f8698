// Store lock: one process has a store open at a time, and others can tell who.
//
// `kenal.lock` in the store's folder is locked with flock() for as long as the
// store is open and says who holds it, a `key=value` a line: pid, command,
// server. The lock counts, the text only informs: what a killed process left
// there is harmless.
#ifndef KENAL_SRC_CATALOGUE_STORE_LOCK_H_
#define KENAL_SRC_CATALOGUE_STORE_LOCK_H_

#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/catalogue/catalogue.h"

namespace kenal::catalogue {

inline constexpr std::string_view kLockFileName = "kenal.lock";

class StoreLock {
 public:
  // Errors: kUnavailable  another process holds it; says which, and what to do
  static StatusOr<std::unique_ptr<StoreLock>> Take(const std::string& folder);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

  // Tells others which address serves the store; empty: none.
  // Errors: kInvalidArgument  the address has control characters
  Status Announce(const std::string& server_address);

 private:
  StoreLock(int file, std::string path) : file_(file), path_(std::move(path)) {}

  int file_;
  std::string path_;
};

// What a lock file says; lines that are no `key=value` are passed over.
LockHolder ParseLockFile(std::string_view text);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_STORE_LOCK_H_
