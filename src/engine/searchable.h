// Searchable: the postings of all lists, in two live indexes.
//
// The cost of a search grows steeply with its radius. Lists that reach beyond
// the default radius, by their own or by their review radius, live in an index
// of their own, so that they do not slow the others down. Where a list lives
// follows from its policy; when that changes, its postings move.
#ifndef KENAL_SRC_ENGINE_SEARCHABLE_H_
#define KENAL_SRC_ENGINE_SEARCHABLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "kenal/backup.h"
#include "kenal/list.h"
#include "kenal/status.h"
#include "src/catalogue/catalogue.h"
#include "src/index/live_index.h"

namespace kenal::engine {

enum class Home : uint8_t { kTight = 0, kWide = 1 };
inline constexpr std::array kHomes{Home::kTight, Home::kWide};
template <typename Value>
using PerHome = std::array<Value, kHomes.size()>;

// Both indexes at one sequence. Immutable.
struct IndexSets {
  PerHome<std::shared_ptr<const index::IndexSet>> sets;
  std::set<ListNumber> wide_lists;  // all others live in kTight

  Home HomeOf(ListNumber list) const {
    return wide_lists.contains(list) ? Home::kWide : Home::kTight;
  }
  const index::IndexSet& Of(Home home) const {
    return *sets[static_cast<size_t>(home)];
  }
  Sequence sequence() const { return Of(Home::kTight).sequence(); }
};

class Searchable {
 public:
  using Notice = std::function<void(const std::string&)>;

  // Reads the snapshots in `folder`, or builds from the catalogue, which
  // outlives this. `watcher` gets the postings that were read to build, and how
  // many there are to read. Errors: those of reading the catalogue.
  static StatusOr<std::unique_ptr<Searchable>> Open(
      const catalogue::Catalogue& catalogue, const std::string& folder,
      const Notice& notice, const RowWatcher& watcher = {});

  // Those that a store in `folder` left, if there are any.
  static void RemoveSnapshots(const std::string& folder);

  // Folds the next change into both indexes; `lists` are those after it. One
  // caller at a time, under the catalogue's write lock.
  // Cost: follows the change, except when a policy moves a list across: that
  // reads all postings once.
  void Fold(const Delta& delta, std::span<const ListInfo> lists);

  // Must not run beside Fold; what it returns may be used at any time.
  IndexSets Current() const;

  // Leaves snapshots of a large store for the next start. They are caches:
  // whatever happens to them, the store is whole. Says whether they are there.
  bool KeepSnapshots();

 private:
  Searchable(const catalogue::Catalogue& catalogue, const std::string& folder,
             const Notice& notice)
      : catalogue_(catalogue), folder_(folder), notice_(notice) {}

  Home HomeOf(ListNumber list) const;
  void SetHome(ListNumber list, Home home);
  static std::string SnapshotPath(const std::string& folder, Home home);
  // Whether a list with postings lives there.
  bool IsInhabited(Home home, std::span<const ListInfo> lists) const;
  index::SnapshotOrigin Origin() const;
  Status OpenIndex(Home home, std::span<const ListInfo> lists,
                   const std::function<void()>& on_posting);
  void Move(std::span<const ListInfo> lists, PerHome<Delta>& deltas);
  bool KeepSnapshot(Home home);
  void Tell(const std::string& message) const;

  const catalogue::Catalogue& catalogue_;
  const std::string folder_;
  const Notice notice_;
  std::set<ListNumber> wide_lists_;
  // A list could not be moved: it is searched where it was, and what the
  // indexes hold does not follow from the policies.
  bool misplaced_ = false;
  PerHome<std::unique_ptr<index::LiveIndex>> indexes_;
  PerHome<std::optional<Sequence>> snapshots_;  // of the file, when good
};

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_SEARCHABLE_H_
