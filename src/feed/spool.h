// Spool: one page on its way from the network to its reader. Pages are larger
// than what should be in memory and hold hashes, so they are in a file without
// a name, private to this process and gone with it.
#ifndef KENAL_SRC_FEED_SPOOL_H_
#define KENAL_SRC_FEED_SPOOL_H_

#include <cstdint>
#include <span>
#include <string>

#include "kenal/status.h"

namespace kenal::feed {

// Not thread-safe.
class Spool {
 public:
  // The file takes its space in `folder`. Errors: kUnavailable.
  static StatusOr<Spool> Make(const std::string& folder);
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  // Empties it.
  Status Clear();
  // Errors: kResourceExhausted  no space
  Status Append(std::span<const char> bytes);
  uint64_t size_bytes() const { return size_bytes_; }

  // For readers that open a path: good while this lives.
  std::string path() const;

 private:
  explicit Spool(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  uint64_t size_bytes_ = 0;
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_SPOOL_H_
