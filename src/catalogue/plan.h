// Plan: what a batch of drafts does to a list, worked out before anything is
// written. Adding and importing write it in their own ways.
#ifndef KENAL_SRC_CATALOGUE_PLAN_H_
#define KENAL_SRC_CATALOGUE_PLAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/curator.h"
#include "src/catalogue/draft_batch.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "src/signal/posting.h"

namespace kenal::catalogue {

class Plan {
 public:
  // What becomes of one draft; never kRefused.
  struct Fate {
    Outcome outcome = Outcome::kUnchanged;
    EntryId id;
  };

  // Reads the store for the source ids of `batch`; drafts see those before
  // them. `sequence` will be the change's. `batch` outlives the plan.
  // Cost: one sort; two batched reads for each source id that is known.
  static StatusOr<Plan> Make(const Store& store, const ListRow& list,
                             Sequence sequence, const DraftBatch& batch);

  const std::vector<Fate>& fates() const { return fates_; }  // one a draft
  bool writes() const { return added_ + replaced_ > 0; }
  uint64_t added() const { return added_; }  // entries, not drafts
  uint64_t replaced() const { return replaced_; }
  uint64_t reinstated() const { return reinstated_; }  // of the replaced
  const ListRow& list() const { return list_; }  // as it will be

  // Rows of family `entries`, by id.
  void VisitEntries(
      const std::function<void(EntryId, std::string_view)>& visit) const;
  // Rows that family `sources` gains, by key.
  void VisitSources(
      const std::function<void(std::string_view key, EntryId)>& visit) const;

  // Postings to add and remove. kDataLoss when a stored row does not decode.
  StatusOr<Delta> MakeDelta() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Drafts of one source id.
  struct Group {
    uint32_t first_draft = 0;
    uint32_t last_draft = kNone;  // whose content is written; none: no write
    uint32_t stored = kNone;      // index into stored_
    EntryId id;
  };
  struct Stored {
    std::string row;
    EntryFrame frame;  // into row
  };

  Plan(const Store& store, const ListRow& list, Sequence sequence,
       const DraftBatch& batch)
      : store_(store), list_(list), sequence_(sequence), batch_(batch) {}

  void MakeGroups();
  Status FindStored();
  Status ReadStored(std::vector<uint32_t>& groups);
  Status Decide();
  Outcome DecideOne(Group& group, uint32_t draft);

  const Store& store_;
  ListRow list_;
  Sequence sequence_;
  const DraftBatch& batch_;
  std::vector<Group> groups_;       // by source id
  std::vector<uint32_t> group_of_;  // one a draft
  std::vector<Stored> stored_;
  std::vector<Fate> fates_;
  uint64_t added_ = 0;
  uint64_t replaced_ = 0;
  uint64_t reinstated_ = 0;  // that had been retracted
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_PLAN_H_
