// PartSet: the IndexSet that is made of parts, and Folding, which makes the
// next one from a delta.
#ifndef KENAL_SRC_INDEX_PART_SET_H_
#define KENAL_SRC_INDEX_PART_SET_H_

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "src/index/fresh.h"
#include "src/index/live_index.h"
#include "src/index/part.h"

namespace kenal::index {

// Distinct signals with a live posting.
struct RowCounts {
  uint64_t pdq_rows = 0;
  uint64_t digest_rows = 0;
  uint64_t& Of(SignalType type) {
    return type == SignalType::kPdq ? pdq_rows : digest_rows;
  }
};

// No posting is in two parts, dead or alive.
class PartSet final : public IndexSet {
 public:
  // The last part is the fresh one that the writer appends to.
  PartSet(Sequence at, std::vector<PartView> parts, RowCounts counts)
      : sequence_(at), parts_(std::move(parts)), counts_(counts) {}

  Sequence sequence() const override { return sequence_; }
  void FindNear(std::span<const PdqHash> queries, Radius radius,
                std::vector<NearHit>& hits) const override;
  void FindDigests(std::span<const DigestQuery> queries,
                   std::vector<DigestHit>& hits) const override;
  uint64_t pdq_rows() const override { return counts_.pdq_rows; }
  uint64_t digest_rows() const override { return counts_.digest_rows; }
  uint64_t size_bytes() const override;

  const std::vector<PartView>& parts() const { return parts_; }
  const RowCounts& counts() const { return counts_; }

 private:
  const Sequence sequence_;
  const std::vector<PartView> parts_;
  const RowCounts counts_;
};

// A sealed segment of these postings, whole.
PartView SegmentOf(std::vector<Posting> postings, int threads);

// Makes the successor of a set. One use, under the writer's lock.
//
// Cost: a look-up in each part a posting, a visit to each holder of a signal of
// the delta, however many of its postings are of that signal; a page of 4 KiB
// for each region of withdrawals, and the page tables (8 bytes for 32,768
// slots).
class Folding {
 public:
  // Deltas that add more go into a segment of their own at once.
  static constexpr size_t kFreshDeltaMax = Fresh::kCapacity;

  // fresh  the last part of `from`, writable.
  Folding(const PartSet& from, std::shared_ptr<Fresh> fresh);

  void Apply(const Delta& delta);

  // Puts `merged` in the place of the parts [first, last), which were as in
  // `before` when it was made of them; what changed since is done again.
  void Replace(size_t first, std::span<const PartView> before, PartView merged);

  std::shared_ptr<const PartSet> Finish(Sequence at);
  const std::shared_ptr<Fresh>& fresh() const { return fresh_; }

 private:
  struct Place {
    size_t part = 0;
    uint64_t slot = 0;
  };

  // One posting of a delta.
  struct Step {
    uint64_t lead = 0;  // of the bits: sorting by it touches no posting
    const Posting* posting = nullptr;
    bool adds = false;  // else it removes
  };
  static std::vector<Step> StepsOf(const Delta& delta);

  // All steps of one signal, removals first. Postings to append go to `added`.
  void ApplyToSignal(std::span<const Step> steps, std::vector<Posting>& added);
  // False: it was not live.
  bool Remove(const Posting& posting);
  // False: the posting is in no part.
  bool Revive(const Posting& posting);
  void Append(const Posting& posting);
  void AppendSegment(std::vector<Posting> postings);

  std::optional<Place> Find(const Posting& posting) const;
  bool AnyLive(const Posting& posting) const;
  bool IsDead(size_t part, uint64_t slot) const;
  DeadBitsEditor& EditorOf(size_t part);
  void Seal();

  std::vector<PartView> parts_;
  std::vector<std::optional<DeadBitsEditor>> editors_;  // by part
  RowCounts counts_;
  std::shared_ptr<Fresh> fresh_;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_PART_SET_H_
