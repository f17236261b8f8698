// Decisions: which entries the own decisions overrule, in memory, so that
// each is honoured however many hits an answer has.
#ifndef KENAL_SRC_ENGINE_DECISIONS_H_
#define KENAL_SRC_ENGINE_DECISIONS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "kenal/status.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/verdict.h"
#include "src/signal/posting.h"

namespace kenal::engine {

// Immutable; 16 bytes a decision.
class Decisions {
 public:
  // Cost: reads the entries of lists of own decisions.
  static StatusOr<std::shared_ptr<const Decisions>> Open(
      const catalogue::Catalogue& catalogue);

  // `before` with the changes of one log record. Cost: without any, nothing;
  // else a copy.
  static std::shared_ptr<const Decisions> Fold(
      std::shared_ptr<const Decisions> before,
      std::span<const Overruling> changes);

  bool empty() const { return by_decision_.empty(); }
  // 0 when it overrules nothing.
  EntryId OverruledBy(EntryId decision) const;

 private:
  explicit Decisions(std::vector<Overruling> by_decision)
      : by_decision_(std::move(by_decision)) {}

  std::vector<Overruling> by_decision_;
};

// The decision that overrules each entry, by EntryId::value.
using OverruledEntries = std::unordered_map<uint64_t, Hit>;

// From all hits of one query, several of an entry where several of its views
// or variants were met: own decisions met for a match, on lists that are not
// in shadow mode. One met by the whole content speaks for all of it; one met
// by a part, for what that part meets alone. An entry that a decision does not
// speak for everywhere is not overruled, so that a decided picture beside a
// known one takes nothing from it. Of several decisions, the first in the
// order of ComesBefore.
OverruledEntries OverruledIn(std::span<const Hit> hits,
                             const Decisions& decisions);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_DECISIONS_H_
