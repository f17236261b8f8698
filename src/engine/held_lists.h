// Held lists: those that a query is held against, and why not the others.
#ifndef KENAL_SRC_ENGINE_HELD_LISTS_H_
#define KENAL_SRC_ENGINE_HELD_LISTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"
#include "src/engine/searchable.h"

namespace kenal::engine {

// What the held lists of one index ask of a search in it.
struct Reach {
  bool any = false;  // there is such a list
  Radius widest{0};
  Effort effort = Effort::kFast;  // the most that one of them allows
};

// Immutable. Points into the lists that it was made from.
class HeldLists {
 public:
  // Why a list is skipped; empty: it is held against.
  using Reason = std::function<std::string_view(const ListInfo&)>;

  HeldLists() = default;
  // `lists` by name. Cost: follows the number of lists.
  HeldLists(const IndexSets& indexes, std::span<const ListInfo> lists,
            const Reason& reason);

  // Null when its list is skipped.
  const ListInfo* ListOf(EntryId entry) const {
    const uint16_t number = entry.list().value;
    return number < by_number_.size() ? by_number_[number] : nullptr;
  }
  const Reach& reach(Home home) const {
    return reaches_[static_cast<size_t>(home)];
  }
  // The most that is tried for any of them, of what was asked for.
  Effort EffortTried(Effort asked) const;
  const std::vector<SkippedList>& skipped() const { return skipped_; }
  const std::vector<ListVersion>& versions() const { return versions_; }

 private:
  std::vector<const ListInfo*> by_number_;
  PerHome<Reach> reaches_;
  std::vector<SkippedList> skipped_;   // by name
  std::vector<ListVersion> versions_;  // by name
};

// Whether this content falls into the list's share. It is decided by the PDQ
// of `stored`, else by the strongest digest, else by the first PDQ, so that
// every route to the same content decides the same: of
//
//   SHA-256(u64 seed ‖ u16 list ‖ byte signal type ‖ hash)
//
// the first eight bytes, most significant first, modulo kShareWhole, are below
// the share. Content without a signal always falls into it.
bool FallsIntoShare(const ListInfo& list, const SignalSet& content);

// Lists of a state sorted by what their policies depend on.
struct ListTerms {
  explicit ListTerms(std::span<const ListInfo> lists);
  ListTerms() = default;

  bool vary = false;  // an enabled list is kept to regions, or expires
  std::vector<const ListInfo*> shared;  // enabled, of less than all content
};

// The lists that each query of a batch is held against. Where no policy has
// such terms nothing is computed.
class BatchLists {
 public:
  // `always`: the enabled lists. All arguments outlive this.
  BatchLists(const IndexSets& indexes, std::span<const ListInfo> lists,
             const ListTerms& terms, const HeldLists& always,
             std::string_view region, int64_t now_unix_ms,
             std::span<const SignalSet> queries);

  // Those of all queries, and perhaps of some only.
  const HeldLists& any() const { return of_batch_ ? *of_batch_ : always_; }
  const HeldLists& Of(size_t query) const {
    const bool own = !of_queries_.empty() && of_queries_[query] != nullptr;
    return own ? *of_queries_[query] : any();
  }

 private:
  const HeldLists& always_;
  std::optional<HeldLists> of_batch_;
  std::vector<std::unique_ptr<HeldLists>> of_queries_;  // null: any()
};

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_HELD_LISTS_H_
