// Live index: all searchable signals of a store, in memory, as a series of
// immutable sets.
//
// A view of the change log: it is built from the catalogue's postings and then
// folds one Delta at a time. A reader takes one reference to the current set
// and asks it as often as it likes; it never waits for a writer and sees
// exactly one sequence.
#ifndef KENAL_SRC_INDEX_LIVE_INDEX_H_
#define KENAL_SRC_INDEX_LIVE_INDEX_H_

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kenal/entry.h"
#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/signal/posting.h"

namespace kenal::index {

// One stored PDQ near one query.
struct NearHit {
  uint32_t query = 0;  // position in the call's `queries`
  EntryId entry;
  View view = View::kStored;   // of the entry
  bool template_like = false;  // of the entry
  int distance = 0;
  friend auto operator<=>(const NearHit&, const NearHit&) = default;
};

struct DigestHit {
  uint32_t query = 0;
  EntryId entry;
  friend auto operator<=>(const DigestHit&, const DigestHit&) = default;
};

// A digest to look up; `bits` as in Posting.
struct DigestQuery {
  SignalType type = SignalType::kMd5;
  std::array<uint8_t, 32> bits{};
};

// Immutable and thread-safe.
class IndexSet {
 public:
  virtual ~IndexSet() = default;

  virtual Sequence sequence() const = 0;

  // Appends every stored hash within `radius` (inclusive) of each query, in
  // no particular order; never one beyond it, never one twice.
  // radius  0..kRadiusBitsMax.
  virtual void FindNear(std::span<const PdqHash> queries, Radius radius,
                        std::vector<NearHit>& hits) const = 0;

  // Appends every entry that holds one of the digests.
  virtual void FindDigests(std::span<const DigestQuery> queries,
                           std::vector<DigestHit>& hits) const = 0;

  virtual uint64_t pdq_rows() const = 0;
  virtual uint64_t digest_rows() const = 0;
  virtual uint64_t size_bytes() const = 0;
};

// What a snapshot shows: a store's state after one log record.
struct SnapshotOrigin {
  std::string store_id;  // 32 hex digits
  uint64_t incarnation = 0;
  Sequence sequence;
  std::array<uint8_t, 32> chain{};  // at `sequence`
  friend bool operator==(const SnapshotOrigin&,
                         const SnapshotOrigin&) = default;
};

// Reads only what a snapshot says of itself. With a log that still holds the
// changes since, Load(path, origin) and folding them is the fastest start.
// Errors: kNotFound, kDataLoss, kFailedPrecondition (format), kUnavailable.
StatusOr<SnapshotOrigin> ReadSnapshotOrigin(const std::string& path);

class LiveIndex {
 public:
  // Calls its argument for every posting of the store, in any order.
  using PostingVisitor = std::function<void(const Posting&)>;
  using PostingWalk = std::function<Status(const PostingVisitor&)>;

  // Builds from a whole store at `sequence`. Errors: those of `walk`.
  static StatusOr<std::unique_ptr<LiveIndex>> Build(Sequence sequence,
                                                    const PostingWalk& walk);

  // Reads a snapshot, which must be exactly of `expected`. It is a cache: on
  // any error the caller builds again, and may show the message to people.
  // Cost: reading the file once, on two threads.
  // Errors: kNotFound            no snapshot
  //         kDataLoss            torn, flipped or not a snapshot
  //         kFailedPrecondition  another store, incarnation, sequence, chain
  //                              or format
  //         kUnavailable         cannot be read
  static StatusOr<std::unique_ptr<LiveIndex>> Load(
      const std::string& path, const SnapshotOrigin& expected);

  virtual ~LiveIndex() = default;

  // Folds the next delta; sequences only grow. When it returns, Current()
  // holds it. One caller at a time.
  // Cost: follows the delta, not the store; well under a millisecond for a
  // change of a few entries. What it leaves behind is merged by a thread of
  // the index; readers notice nothing.
  virtual void Fold(const Delta& delta) = 0;

  // Never null, never blocks on Fold.
  virtual std::shared_ptr<const IndexSet> Current() const = 0;

  // Writes the current set to `path`, whole or not at all. Folding goes on
  // meanwhile.
  // Errors: kFailedPrecondition  `origin` is not of the current sequence
  //         kInvalidArgument     store id
  //         kResourceExhausted   disk full; the old snapshot is kept
  //         kUnavailable         cannot be written
  virtual Status Save(const std::string& path,
                      const SnapshotOrigin& origin) const = 0;

  // Returns when nothing is left to merge. For tests and benchmarks.
  virtual void WaitForMerges() = 0;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_LIVE_INDEX_H_
