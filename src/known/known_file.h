// One known-good file, open for look-ups: which digests it holds, exactly.
//
//   KENAL_TRY_ASSIGN(auto file, KnownFile::Open("store/known/nsrl.sha1"));
//   KENAL_TRY(file->Verify(expected_sha256));
//   if (file->Contains(sha1.bytes)) ...
//
// A file that Verify accepts answers exactly: no false yes, no false no. One
// that was not verified is safe to ask all the same, whatever its bytes are:
// nothing outside the file is read and each answer takes bounded time.
#ifndef KENAL_SRC_KNOWN_KNOWN_FILE_H_
#define KENAL_SRC_KNOWN_KNOWN_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/base/digest.h"
#include "src/known/content.h"
#include "src/known/layout.h"

namespace kenal::known {

// Where the bytes are while a file is open.
enum class Residence {
  // In the page cache, shared between processes and loaded as needed. Builders
  // replace files and never cut them; if somebody else cuts the file short, or
  // the disk fails under a look-up, the process gets SIGBUS.
  kMapped,
  // Read to private memory by Open. Nothing that happens to the file later
  // matters.
  kMemory,
};

// Thread-safe.
class KnownFile {
 public:
  // Checks both ends of the file and its size, not what is between.
  // Errors: kNotFound, kPermissionDenied, kUnavailable
  //         kInvalidArgument    no regular file
  //         kDataLoss           not a known-good file, or damaged
  //         kFailedPrecondition  a format of a later version
  //         kResourceExhausted  kMemory: no memory
  static StatusOr<std::unique_ptr<KnownFile>> Open(
      const std::string& path, Residence residence = Residence::kMapped);

  SignalType type() const { return layout_.type; }
  const std::string& list() const { return list_; }
  uint64_t count() const { return layout_.count; }
  uint64_t size_bytes() const { return layout_.file_bytes; }
  const std::string& path() const { return content_.path(); }
  size_t digest_bytes() const { return layout_.digest_bytes; }

  // digest   digest_bytes() bytes
  // Cost: two cache misses, mostly; no allocation.
  bool Contains(std::span<const uint8_t> digest) const;

  // The same for many digests, one after the other; found[i] becomes 1 or 0.
  // Several times the speed of one by one, since their cache misses overlap.
  void ContainsEach(std::span<const uint8_t> digests,
                    std::span<uint8_t> found) const;

  // Reads all of the file twice: its SHA-256 must be the expected one; digests
  // must be ascending, in their buckets and as many as the ends say; and no
  // other byte may be other than a builder makes it.
  // keep_going   called about every MiB of the first reading; false: stop
  // Errors: kDataLoss with what is wrong; kUnavailable; kCancelled
  Status Verify(const base::Sha256Bytes& expected,
                const std::function<bool()>& keep_going = {}) const;

  // The SHA-256 of all bytes of the file. Errors: kUnavailable, kDataLoss
  StatusOr<base::Sha256Bytes> Digest(
      const std::function<bool()>& keep_going = {}) const;

  // Gives every digest once, ascending, in blocks of one or more, until `block`
  // returns false. Checks all that Verify checks but the SHA-256; an error
  // may come after some blocks.
  // Errors: kDataLoss, kUnavailable
  using Block = std::function<bool(std::span<const uint8_t> digests)>;
  Status ForEach(const Block& block) const;

 private:
  struct Range {
    uint64_t begin = 0;
    uint64_t size = 0;
  };

  KnownFile(Content content, Opening opening);
  const uint8_t* LineOf(uint64_t bucket) const;
  Range RangeOf(uint64_t bucket) const;
  Range CrowdedRangeOf(uint64_t bucket, const uint8_t* line) const;
  bool Find(const uint8_t* kept, Range range) const;

  const Content content_;
  const std::string list_;
  const Layout layout_;
  const uint8_t* const kept_;
  const uint8_t* const lines_;
  const uint8_t* const crowded_;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_KNOWN_FILE_H_
