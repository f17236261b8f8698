// Files on the way to a hasher: finding them, and hashing many in order.
#ifndef KENAL_SRC_ENGINE_FILES_H_
#define KENAL_SRC_ENGINE_FILES_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kenal/hasher.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::engine {

struct FoundFiles {
  std::vector<std::string> files;
  // Links, pipes, sockets and devices within folders: never followed or read,
  // since on evidence they lead out of it.
  std::vector<std::string> skipped;
  std::vector<Status> errors;  // each names a path that could not be listed
};

// The files named by `paths`, in their order: a file as it is (a link is
// followed), a folder recursively with its files sorted by name. A path that
// does not exist or cannot be looked at is kept as a file, so that hashing
// reports it in its place.
FoundFiles FindFiles(std::span<const std::string> paths);

// Hashes files with all workers of `hasher`. Calls `done(i, signals)` on the
// calling thread, for i = 0, 1, ... in order; stops early when it fails.
// At most a few files per worker are ahead of `done`.
Status HashFiles(Hasher& hasher, std::span<const std::string> files,
                 const HashWork& hash_work,
                 const std::function<Status(size_t, SignalSet&&)>& done);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_FILES_H_
