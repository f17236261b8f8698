// Makes a known-good file from digests in any order.
//
//   KENAL_TRY_ASSIGN(auto builder,
//                    KnownBuilder::Create("store/known/nsrl.sha1",
//                                         {.type = SignalType::kSha1,
//                                          .list = "nsrl"}));
//   while (...) KENAL_TRY(builder->Add(digests));
//   KENAL_TRY_ASSIGN(KnownFileFacts facts, builder->Finish());
//
// The bytes of the file depend on the type, the list id and the set of
// digests alone: not on their order, on repetitions, on how they were cut into
// calls or on the memory given.
#ifndef KENAL_SRC_KNOWN_BUILDER_H_
#define KENAL_SRC_KNOWN_BUILDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/base/digest.h"

namespace kenal::known {

class DigestSorter;
class Workplace;

// What names a file for good: for a record of the catalogue.
struct KnownFileFacts {
  SignalType type = SignalType::kSha1;
  std::string list;
  uint64_t count = 0;  // of different digests
  uint64_t size_bytes = 0;
  base::Sha256Bytes sha256{};  // of the whole file, as sha256sum prints it

  friend bool operator==(const KnownFileFacts&,
                         const KnownFileFacts&) = default;
};

struct BuildProgress {
  enum class Phase { kTaking, kWriting };
  Phase phase = Phase::kTaking;
  uint64_t done = 0;
  uint64_t most = 0;  // while writing: `done` ends at this or below; else 0
};

struct BuildOptions {
  SignalType type = SignalType::kSha1;  // kMd5, kSha1 or kSha256
  // The list that the file is of; stands in the file, so that one list's file
  // is not taken for another's. As CheckListName.
  std::string list;
  // For sorting; kMemoryBytesMin at least. About 8 MiB are used beside it.
  uint64_t memory_bytes = uint64_t{256} << 20;
  // Called about every million digests; false stops the build.
  std::function<bool(const BuildProgress&)> progress;
};

// Not thread-safe.
//
// Disk: what does not fit in memory is spilled once, a digest's bytes each,
// to a file without a name in the target's folder; the target is written beside
// itself, synced and renamed into its place. Until then an older file stays
// as it is. Destruction and errors leave nothing behind; what a killed builder
// left (".NAME.<16 hex digits>.kenal-part") is removed by the next Create with
// the same target. Of two builders of one target the later Finish stays.
//
// Cost: sorting; 50 M SHA-1 in bench/results/known-good.md.
class KnownBuilder {
 public:
  static constexpr uint64_t kMemoryBytesMin = uint64_t{1} << 20;

  // Errors: kInvalidArgument    type, list id or memory out of range, or a
  //                             path that names no file
  //         kNotFound           no such folder
  //         kPermissionDenied, kUnavailable
  static StatusOr<std::unique_ptr<KnownBuilder>> Create(
      const std::string& path, const BuildOptions& options);
  ~KnownBuilder();

  // Whole digests, one after the other, as many as the caller likes.
  // Errors: kInvalidArgument    no whole number of digests
  //         kResourceExhausted  disk, quota or file size limit, or more than
  //                             the memory can sort
  //         kCancelled          the callback said so
  //         kUnavailable        the disk failed
  // After an error, and after Finish, every call fails.
  Status Add(std::span<const uint8_t> digests);

  // Writes the file. Errors: as Add; kFailedPrecondition after an error.
  // When the folder cannot be synced (kUnavailable) the file is whole and in
  // its place, and may be lost with power.
  StatusOr<KnownFileFacts> Finish();

  // Digests taken, with repetitions.
  uint64_t taken() const { return taken_; }

 private:
  class Output;

  KnownBuilder(const BuildOptions& options, std::unique_ptr<Workplace> place);
  Status AddSome(std::span<const uint8_t> digests);
  StatusOr<KnownFileFacts> Write();
  StatusOr<unsigned> FindBucketBits();
  Status Report(BuildProgress::Phase phase, uint64_t done, uint64_t most);

  const BuildOptions options_;
  const size_t digest_bytes_;
  std::unique_ptr<Workplace> place_;
  std::unique_ptr<DigestSorter> sorter_;
  uint64_t taken_ = 0;
  bool closed_ = false;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_BUILDER_H_
