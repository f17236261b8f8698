// Known good: lists of files that are known to be harmless, by the hundred
// million (docs/known-good.md).
//
// They are no entries: all digests of one type on one list are one exact,
// compact file beside the store's database. Answers tell of them beside the
// verdict (Answer::known_good), and they never hide a hit.
#ifndef KENAL_KNOWN_GOOD_H_
#define KENAL_KNOWN_GOOD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/backup.h"
#include "kenal/curator.h"
#include "kenal/sequence.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal {

struct KnownGoodProgress {
  SignalType signal = SignalType::kSha1;
  bool writing = false;  // everything is taken, and the file is written
  uint64_t done = 0;     // digests
  uint64_t most = 0;     // while writing: `done` ends at this or below
};

struct KnownGoodOptions {
  static constexpr uint64_t kMemoryBytesMin = uint64_t{4} << 20;

  // Digest types that are taken; others are passed over. Empty: all.
  std::vector<SignalType> signals;
  // The list then holds what comes and nothing else. With `signals` that is so
  // for these types, and the others stay.
  bool replace = false;
  // For sorting, all types together; kMemoryBytesMin at least. About 8 MiB a
  // type are used beside it.
  uint64_t memory_bytes = uint64_t{256} << 20;
  std::string source;     // on whose word they are there; not empty
  std::string import_id;  // may be empty
  // Called about every million digests, on the calling thread; false: stop,
  // which ends the call with kCancelled.
  std::function<bool(const KnownGoodProgress&)> watcher;
};

// What became of one digest type.
struct KnownGoodOutcome {
  SignalType signal = SignalType::kSha1;
  uint64_t taken = 0;   // with repetitions, and without what was there before
  uint64_t before = 0;  // different digests on the list
  uint64_t after = 0;
  bool changed = false;
  friend bool operator==(const KnownGoodOutcome&,
                         const KnownGoodOutcome&) = default;
};

struct KnownGoodReport {
  Sequence sequence;  // of the log record, or of the head if nothing changed
  std::vector<KnownGoodOutcome> outcomes;  // by type
};

// Digests on their way to a list. Not thread-safe. Nothing is changed before
// Finish, and a destroyed one leaves nothing behind. The engine that made it
// outlives it.
class KnownGoodImport {
 public:
  virtual ~KnownGoodImport() = default;

  // Takes the digests of one piece of content; anything else in it is passed
  // over.
  // Errors: kResourceExhausted  disk or memory; kUnavailable; kCancelled
  //         After an error nothing more is taken.
  virtual Status Add(const SignalSet& signals) = 0;

  // Writes the files and makes them those of the list, as one log record.
  // Digests that are on the list already change nothing. Once.
  // Errors: kFailedPrecondition  no digest came, and there is nothing to add
  //         kDataLoss            a file that is added to is damaged
  //         those of Add and of every change
  virtual StatusOr<KnownGoodReport> Finish(const Authorship& by) = 0;
};

// Keeps known-good digests, in the process that has the store open.
// Thread-safe.
class KnownGoodKeeper {
 public:
  virtual ~KnownGoodKeeper() = default;

  // Begins to gather digests for a list; one at a time in a store.
  // Errors: kNotFound            no such list
  //         kFailedPrecondition  the list is of another purpose than
  //                              known-benign
  //         kInvalidArgument     options out of range
  //         kUnavailable         another is at it
  virtual StatusOr<std::unique_ptr<KnownGoodImport>> ImportKnownGood(
      std::string_view list, const KnownGoodOptions& options) = 0;

  // Takes the digests of these types, or all of them, off a list.
  // Errors: those of ImportKnownGood and of every change
  virtual StatusOr<KnownGoodReport> RemoveKnownGood(
      std::string_view list, std::span<const SignalType> signals,
      const Authorship& by) = 0;

  // Reads the files of a list in full, empty: of all lists, and names what is
  // wrong. A part of Curator::Verify.
  // Errors: kNotFound, kCancelled
  virtual StatusOr<std::vector<std::string>> CheckKnownGood(
      std::string_view list, const ByteWatcher& watcher) = 0;
};

}  // namespace kenal

#endif  // KENAL_KNOWN_GOOD_H_
