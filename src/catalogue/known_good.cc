// Known-good files entering and leaving lists.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/limits.h"

namespace kenal::catalogue {
namespace {

Status CheckFacts(const KnownGoodFile& file) {
  if (file.source.empty()) {
    return InvalidArgument(
        "a known-good file needs a source: on whose word "
        "its digests are there");
  }
  if (file.source.size() <= kSourceSizeMax &&
      file.import_id.size() <= kImportIdSizeMax) {
    return OkStatus();
  }
  return InvalidArgument("a source and an import id have at most " +
                         std::to_string(kSourceSizeMax) + " bytes each");
}

}  // namespace

std::set<std::string> CatalogueImpl::KnownFileNames() const {
  const base::MutexLock lock(state_);
  std::set<std::string> names;
  for (const auto& [name, row] : lists_) {
    for (const KnownGoodFile& file : row.info.known_good) {
      names.insert(KnownFileName(name, file));
    }
  }
  return names;
}

StatusOr<Sequence> CatalogueImpl::EditKnownGood(
    std::string_view list, std::span<const KnownGoodEdit> edits,
    const Authorship& by) {
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(ListRow row, FindList(list));
  if (row.info.purpose != Purpose::kKnownBenign) {
    return FailedPrecondition("list " + row.info.name + " is of purpose " +
                              std::string(PurposeName(row.info.purpose)) +
                              "; known-good files go to lists of purpose "
                              "known-benign only");
  }
  Rows rows(*store_);
  Change change{.by = by, .operations = {}};
  for (const KnownGoodEdit& edit : edits) {
    KENAL_TRY(ApplyKnownGood(edit, row, rows, change));
  }
  if (change.operations.empty()) return log_->head().sequence;
  const bool sets = std::ranges::any_of(
      edits, [](const KnownGoodEdit& edit) { return edit.file.has_value(); });
  if (sets) KENAL_TRY(SyncKnownFolder(folder_));
  AtPoint("known files placed");
  KENAL_TRY(Commit(change, log_->row().totals, row, rows, {}));
  bool kept = false;
  {
    const base::MutexLock state_lock(state_);
    kept = known_files_kept_ > 0;
  }
  if (!kept) {
    RemoveOtherKnownFiles(folder_, KnownFileNames(), /*drafts=*/false);
  }
  AtPoint("known files removed");
  return log_->head().sequence;
}

Status CatalogueImpl::ApplyKnownGood(const KnownGoodEdit& edit, ListRow& list,
                                     Rows& rows, Change& change) {
  std::vector<KnownGoodFile>& files = list.info.known_good;
  const std::string key = KnownKey(list.info.number, edit.signal);
  const auto removed = std::erase_if(files, [&](const KnownGoodFile& file) {
    return file.signal == edit.signal;
  });
  if (!edit.file) {
    if (removed == 0) return OkStatus();
    rows.Delete(Family::kMeta, key);
    change.operations.push_back(RemoveKnownGood{list.info.number, edit.signal});
    return OkStatus();
  }
  KnownGoodFile file = *edit.file;
  file.signal = edit.signal;
  file.set_unix_ms = base::NowUnixMs();
  file.set_at = {};
  KENAL_TRY(CheckFacts(file));
  KENAL_TRY(store_->CheckSpace(0));
  KENAL_TRY(
      PlaceKnownFile(folder_, edit.built, KnownFileName(list.info.name, file)));
  change.operations.push_back(SetKnownGood{list.info.number, file});
  file.set_at = Sequence{log_->head().sequence.value + 1};
  rows.Put(Family::kMeta, key, EncodeKnownRow(file));
  files.push_back(std::move(file));
  std::ranges::sort(files, {}, &KnownGoodFile::signal);
  return OkStatus();
}

}  // namespace kenal::catalogue
