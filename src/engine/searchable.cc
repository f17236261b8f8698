#include "src/engine/searchable.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "src/engine/comparing.h"

namespace kenal::engine {
namespace {

// A smaller store is indexed in less time than its snapshots take to write.
constexpr uint64_t kSnapshotRowsMin = 200'000;
constexpr uint64_t kRowsPerProgress = 65'536;

size_t At(Home home) { return static_cast<size_t>(home); }

Home HomeFor(const ListPolicy& policy) {
  return WidestRadius(policy) > kDefaultRadius ? Home::kWide : Home::kTight;
}

bool HasPostings(const ListInfo& list) {
  return list.counts.active + list.counts.disputed > 0;
}

uint64_t Rows(const index::IndexSet& set) {
  return set.pdq_rows() + set.digest_rows();
}

}  // namespace

StatusOr<std::unique_ptr<Searchable>> Searchable::Open(
    const catalogue::Catalogue& catalogue, const std::string& folder,
    const Notice& notice, const RowWatcher& watcher) {
  std::unique_ptr<Searchable> searchable(
      new Searchable(catalogue, folder, notice));
  const std::vector<ListInfo> lists = catalogue.Lists();
  for (const ListInfo& list : lists) {
    searchable->SetHome(list.number, HomeFor(list.policy));
  }
  // Each index that has rows is built by a walk over all of them.
  uint64_t total = 0;
  for (const Home home : kHomes) {
    if (searchable->IsInhabited(home, lists)) total += catalogue.PostingCount();
  }
  uint64_t done = 0;
  const auto on_posting = [&] {
    if (++done % kRowsPerProgress == 0 && watcher) watcher(done, total);
  };
  for (const Home home : kHomes) {
    KENAL_TRY(searchable->OpenIndex(home, lists, on_posting));
  }
  return searchable;
}

void Searchable::RemoveSnapshots(const std::string& folder) {
  std::error_code ignored;
  for (const Home home : kHomes) {
    std::filesystem::remove(SnapshotPath(folder, home), ignored);
  }
}

void Searchable::Fold(const Delta& delta, std::span<const ListInfo> lists) {
  PerHome<Delta> deltas;
  for (Delta& part : deltas) part.sequence = delta.sequence;
  for (const Posting& posting : delta.added) {
    deltas[At(HomeOf(posting.entry.list()))].added.push_back(posting);
  }
  for (const Posting& posting : delta.removed) {
    deltas[At(HomeOf(posting.entry.list()))].removed.push_back(posting);
  }
  // A change of a policy brings no postings. A move that failed is tried
  // again with the next change of that kind.
  if (delta.added.empty() && delta.removed.empty()) Move(lists, deltas);
  for (const Home home : kHomes) indexes_[At(home)]->Fold(deltas[At(home)]);
}

IndexSets Searchable::Current() const {
  IndexSets current{.wide_lists = wide_lists_};
  for (const Home home : kHomes) {
    current.sets[At(home)] = indexes_[At(home)]->Current();
  }
  return current;
}

bool Searchable::KeepSnapshots() {
  uint64_t rows = 0;
  for (const auto& index : indexes_) rows += Rows(*index->Current());
  if (rows < kSnapshotRowsMin || misplaced_) return false;
  bool kept = true;
  for (const Home home : kHomes) kept &= KeepSnapshot(home);
  return kept;
}

Home Searchable::HomeOf(ListNumber list) const {
  return wide_lists_.contains(list) ? Home::kWide : Home::kTight;
}

void Searchable::SetHome(ListNumber list, Home home) {
  if (home == Home::kWide) {
    wide_lists_.insert(list);
  } else {
    wide_lists_.erase(list);
  }
}

std::string Searchable::SnapshotPath(const std::string& folder, Home home) {
  return folder +
         (home == Home::kWide ? "/index-wide.snapshot" : "/index.snapshot");
}

index::SnapshotOrigin Searchable::Origin() const {
  const catalogue::Head head = catalogue_.head();
  return {.store_id = catalogue_.store_id(),
          .incarnation = catalogue_.incarnation(),
          .sequence = head.sequence,
          .chain = head.chain};
}

bool Searchable::IsInhabited(Home home, std::span<const ListInfo> lists) const {
  return std::ranges::any_of(lists, [&](const ListInfo& list) {
    return HasPostings(list) && HomeOf(list.number) == home;
  });
}

Status Searchable::OpenIndex(Home home, std::span<const ListInfo> lists,
                             const std::function<void()>& on_posting) {
  std::unique_ptr<index::LiveIndex>& index = indexes_[At(home)];
  const bool inhabited = IsInhabited(home, lists);
  if (inhabited) {
    auto loaded = index::LiveIndex::Load(SnapshotPath(folder_, home), Origin());
    if (loaded.ok()) {
      index = *std::move(loaded);
      snapshots_[At(home)] = index->Current()->sequence();
      return OkStatus();
    }
    if (loaded.status().code() != StatusCode::kNotFound) {
      Tell("the index is built again from the catalogue: " +
           std::string(loaded.status().message()));
    }
  }
  const auto walk = [&](const index::LiveIndex::PostingVisitor& visit) {
    if (!inhabited) return OkStatus();
    return catalogue_.VisitPostings([&](const Posting& posting) {
      on_posting();
      if (HomeOf(posting.entry.list()) == home) visit(posting);
    });
  };
  KENAL_TRY_ASSIGN(index,
                   index::LiveIndex::Build(catalogue_.head().sequence, walk));
  return OkStatus();
}

// Adds to `deltas` what brings every list to where its policy wants it.
void Searchable::Move(std::span<const ListInfo> lists, PerHome<Delta>& deltas) {
  std::set<ListNumber> moving;
  for (const ListInfo& list : lists) {
    if (HomeOf(list.number) == HomeFor(list.policy)) continue;
    if (HasPostings(list)) {
      moving.insert(list.number);
    } else {
      SetHome(list.number, HomeFor(list.policy));
    }
  }
  misplaced_ = false;
  if (moving.empty()) return;
  std::vector<Posting> moved;
  const Status walked = catalogue_.VisitPostings([&](const Posting& posting) {
    if (moving.contains(posting.entry.list())) moved.push_back(posting);
  });
  if (!walked.ok()) {
    misplaced_ = true;
    Tell("the index keeps a list where it was, which makes searches slower: " +
         std::string(walked.message()));
    return;
  }
  for (const Posting& posting : moved) {
    const Home from = HomeOf(posting.entry.list());
    const Home to = from == Home::kTight ? Home::kWide : Home::kTight;
    deltas[At(from)].removed.push_back(posting);
    deltas[At(to)].added.push_back(posting);
  }
  for (const ListInfo& list : lists) {
    if (moving.contains(list.number)) {
      SetHome(list.number, HomeFor(list.policy));
    }
  }
}

bool Searchable::KeepSnapshot(Home home) {
  const std::shared_ptr<const index::IndexSet> current =
      indexes_[At(home)]->Current();
  if (Rows(*current) == 0) {
    std::error_code ignored;
    std::filesystem::remove(SnapshotPath(folder_, home), ignored);
    return true;
  }
  if (current->sequence() == snapshots_[At(home)]) return true;
  const Status saved =
      indexes_[At(home)]->Save(SnapshotPath(folder_, home), Origin());
  if (!saved.ok()) {
    Tell("no snapshot of the index was kept, so the next start takes longer: " +
         std::string(saved.message()));
  }
  return saved.ok();
}

void Searchable::Tell(const std::string& message) const {
  if (notice_) notice_(message);
}

}  // namespace kenal::engine
