// Opener: looks into containers, in locked worker processes.
//
//   KENAL_TRY_ASSIGN(auto opener, Opener::Start({.program = FindOpener()}));
//   const int image_fd[] = {fd};
//   auto image = opener->Open(Kind::kDisk, image_fd, {});
//   for (Entry entry; (*image)->Next(entry);) {
//     ReadResult read = (*image)->Read(entry, [&](auto bytes) { ... });
//   }
//   if ((*image)->incomplete()) ...   // why not all of it was listed
//
// This is the only way into libtsk, libewf, libarchive and the parsers of
// thumbnail caches. Each worker is a `kenal-opener` process that has locked
// itself in (src/sandbox) and reads nothing but the descriptors it is handed,
// from which it can only read. A worker that dies or overruns costs at most
// the rest of its one container. Nothing is written anywhere.
#ifndef KENAL_SRC_CONTAINER_OPENER_H_
#define KENAL_SRC_CONTAINER_OPENER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/container/container.h"

namespace kenal::container {

// Gets content in order, in pieces of at most 128 KiB. False ends the read.
using Sink = std::function<bool(std::span<const uint8_t>)>;

struct ReadResult {
  uint64_t size_bytes = 0;  // that the sink got
  // Why that is not all, or not to be trusted: "damaged" after pieces that
  // were still read, "encrypted_archive", "stopped", ... Unset: it is whole.
  std::optional<Failure> failure;
};

// One open container. One caller at a time; made by Opener, which must
// outlive it. Holds one worker process from Open to its end.
class Container {
 public:
  virtual ~Container() = default;

  // "zip", "7z", "tar", "gzip", ... for archives; "raw", "ewf" for disk
  // images; "thumbs.db", "thumbcache", "thumbdata", "exif" for thumbnails.
  virtual const std::string& format() const = 0;
  // Of disk images: all there are, listed or not, by number.
  virtual const std::vector<Volume>& volumes() const = 0;
  // Of disk images: size of the medium. Else the size of the container.
  virtual uint64_t media_bytes() const = 0;
  // Of E01 images, as far as it holds any.
  virtual const std::vector<StoredDigest>& stored_digests() const = 0;

  // The next entry; false at the end. Disk images: a folder comes before what
  // is in it, deleted names in the order of their folder, orphans last.
  virtual bool Next(Entry& entry) = 0;
  // After Next() was false: why not everything was listed. Unset: it was.
  virtual std::optional<Failure> incomplete() const = 0;

  // Content of an entry. Archives: only of the entry that Next() gave last,
  // once. Disk images and thumbnails: of any entry, in any order, as often as
  // one likes, between calls of Next() too; a worker that ends over one entry
  // costs that entry, and another carries on.
  virtual ReadResult Read(const Entry& entry, const Sink& sink) = 0;

  // Disk images: the medium from its first byte to its last, to be hashed.
  // Of E01 what was stored is checked against its checksums; chunks that fail
  // make the result "damaged".
  virtual ReadResult ReadImage(const Sink& sink) = 0;
};

struct OpenerOptions {
  std::string program;  // the kenal-opener binary
  // Workers kept ready. There may be more: as many as containers are open.
  int idle_count = 1;  // 1..64
};

class Opener {
 public:
  // Errors: kNotFound            program is not an executable file
  //         kFailedPrecondition  a worker's self-test of its sandbox failed
  static StatusOr<std::unique_ptr<Opener>> Start(const OpenerOptions& options);
  virtual ~Opener() = default;  // after all its containers

  // `descriptors` are open for reading only (a memory file: sealed against
  // writing, or opened anew for reading), and stay the caller's: they may be
  // closed after the call. Segments of a split image or of an E01 in their
  // order; else one. At most kSegmentsMax, and the container keeps a copy of
  // each as long as it is open. Block devices will do.
  // Thread-safe. Does not wait for other containers to end.
  // Errors: kInvalidArgument     it cannot be opened; ReasonOf() tells why
  //         kFailedPrecondition  a descriptor is not for reading only
  //         kUnavailable         no worker could be started
  //         kResourceExhausted   kContainersMax are open
  virtual StatusOr<std::unique_ptr<Container>> Open(
      Kind kind, std::span<const int> descriptors, const Limits& limits) = 0;
};

inline constexpr int kContainersMax = 256;

// Reason word and sentence of an error that Open() gave.
Failure ReasonOf(const Status& status);

// $KENAL_OPENER when it is set, else kenal-opener beside this program.
std::string FindOpener();

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_OPENER_H_
