// The known-good lists of a store, asked together.
//
//   KENAL_TRY_ASSIGN(KnownSet set, KnownSet::Open(files));
//   for (size_t list : set.Holding(signals)) use(set.lists()[list]);
//
// A list holds content when it holds any of its digests. What follows from
// that is the caller's to say; it must never hide a hit on another list.
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

// Immutable and thread-safe.
class KnownSet {
 public:
  KnownSet() = default;
  KnownSet(KnownSet&&) = default;
  KnownSet& operator=(KnownSet&&) = default;

  // All or nothing; no file is a set that holds nothing.
  // Errors: as KnownFile::Open, and for what is not as the store says:
  //         kDataLoss         another SHA-256, list, type or count
  //         kInvalidArgument  two files of one type for one list
  static StatusOr<KnownSet> Open(std::span<const KnownListFile> files,
                                 const KnownSetOptions& options = {});

  // Names in ascending order; places in it are what answers name.
  const std::vector<std::string>& lists() const { return lists_; }
  bool empty() const { return files_.empty(); }
  // Digests in all files together.
  uint64_t count() const;

  // Lists that hold any of the digests, ascending.
  std::vector<size_t> Holding(const ContentDigests& digests) const;

  // The same for many pieces of content, in their order; several times faster
  // than one by one.
  std::vector<std::vector<size_t>> HoldingEach(
      std::span<const ContentDigests> contents) const;

 private:
  struct File {
    size_t list = 0;
    std::unique_ptr<KnownFile> file;
  };

  std::vector<std::string> lists_;
  std::vector<File> files_;  // in the order of lists_
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_KNOWN_SET_H_
