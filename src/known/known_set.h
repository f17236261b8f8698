// The known-good files of a store, asked together.
//
//   const KnownSet set = KnownSet::Open(files);
//   for (size_t at : set.Holding(digests)) Use(set.files()[at].said.list);
//
// What follows from that is the caller's to say; it must never hide a hit on
// another list.
#ifndef KENAL_SRC_KNOWN_KNOWN_SET_H_
#define KENAL_SRC_KNOWN_KNOWN_SET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/base/digest.h"
#include "src/known/known_file.h"

namespace kenal::known {

// What the store says of one file: a list has at most one a digest type.
struct KnownListFile {
  std::string list;
  SignalType type = SignalType::kSha1;
  std::string path;
  base::Sha256Bytes sha256{};
  uint64_t count = 0;
  uint64_t version = 0;  // grows whenever the store says it anew

  friend bool operator==(const KnownListFile&, const KnownListFile&) = default;
};

// The digests of one piece of content, as many as are known.
struct ContentDigests {
  std::optional<Md5> md5;
  std::optional<Sha1> sha1;
  std::optional<Sha256> sha256;
};

struct KnownSetOptions {
  Residence residence = Residence::kMapped;
  // Compares the SHA-256 of each file, which reads all of it. Without it the
  // two ends of each file, its list, type and count are checked, and damage
  // between them may make a wrong answer.
  bool compare_digests = true;
};

// Opens one file as the store says that it is.
// Errors: as KnownFile::Open; kDataLoss for another SHA-256, list, type or
//         count than said
StatusOr<std::shared_ptr<const KnownFile>> OpenKnownListFile(
    const KnownListFile& said, const KnownSetOptions& options);

// Immutable and thread-safe. Copies share the open files.
class KnownSet {
 public:
  struct File {
    KnownListFile said;
    std::shared_ptr<const KnownFile> file;  // null: see `failure`
    Status failure;                         // a file that failed holds nothing
  };

  KnownSet() = default;

  // Files that cannot be opened, or are not as said, are in the set and hold
  // nothing. What `before` has of the same files is taken over as it is.
  static KnownSet Open(std::span<const KnownListFile> files,
                       const KnownSetOptions& options = {},
                       const KnownSet* before = nullptr);

  // By list, then type; places in it are what answers name.
  const std::vector<File>& files() const { return files_; }
  bool empty() const { return files_.empty(); }
  // Digests in all files together.
  uint64_t count() const;

  // Files that hold their digest of the content, ascending.
  std::vector<size_t> Holding(const ContentDigests& digests) const;

  // The same for many pieces of content, in their order; several times faster
  // than one by one.
  std::vector<std::vector<size_t>> HoldingEach(
      std::span<const ContentDigests> contents) const;

 private:
  std::vector<File> files_;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_KNOWN_SET_H_
