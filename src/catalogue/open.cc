// Making and opening a store.
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "src/base/clock.h"
#include "src/base/digest.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/store_folder.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

StoreRow NewIdentity() {
  StoreRow row;
  base::RandomBytes(row.id);
  base::RandomBytes(row.secret);
  row.created_unix_ms = base::NowUnixMs();
  return row;
}

StatusOr<StoreRow> ReadIdentity(const std::string& folder, const Store& store) {
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store.Get(Family::kMeta, kStoreKey));
  if (!value) return DataLoss(folder + ": the store record is missing");
  KENAL_TRY_ASSIGN(const StoreRow row, DecodeStoreRow(*value));
  if (row.format <= kFormatVersion) return row;
  return FailedPrecondition(
      folder + ": the store has format " + std::to_string(row.format) +
      ", this Kenal reads up to " + std::to_string(kFormatVersion) +
      "; open it with a newer Kenal");
}

// The lists that a record changed; empty when it cannot be told.
std::set<ListNumber> ListsOf(const LogRecord& record) {
  if (!record.payload || !record.payload_agrees) return {};
  const StatusOr<Change> change =
      DecodePayload(*record.payload, Records::kLeaveOut);
  if (!change.ok()) return {};
  std::set<ListNumber> lists;
  for (const Operation& operation : change->operations) {
    lists.insert(ListOf(operation));
  }
  return lists;
}

}  // namespace

Options DefaultOptions() {
  Options options;
  if (const char* text = std::getenv(kSpaceReserveVariable)) {
    const std::string_view digits(text);
    std::from_chars(digits.data(), digits.data() + digits.size(),
                    options.space_reserve_bytes);
  }
  return options;
}

Status CreateWith(const std::string& folder, const Options& options) {
  const std::pair<std::string, std::string> rows[] = {
      {std::string(kStoreKey), Encode(NewIdentity())},
      {std::string(kHeadKey), Encode(HeadRow{})}};
  return MakeStore(folder, [&](const std::string& database) {
    return Store::Create(database, options, rows);
  });
}

StatusOr<std::unique_ptr<Catalogue>> OpenWith(const std::string& folder,
                                              const Options& options) {
  return CatalogueImpl::Open(folder, options);
}

Status Catalogue::Create(const std::string& folder) {
  return CreateWith(folder, DefaultOptions());
}

StatusOr<std::unique_ptr<Catalogue>> Catalogue::Open(
    const std::string& folder) {
  return OpenWith(folder, DefaultOptions());
}

StatusOr<std::unique_ptr<CatalogueImpl>> CatalogueImpl::Open(
    const std::string& folder, const Options& options) {
  std::error_code error;
  if (!fs::is_directory(Store::DatabaseFolder(folder), error)) {
    return NotFound(folder + ": there is no store; run `kenal init`");
  }
  std::unique_ptr<CatalogueImpl> catalogue(new CatalogueImpl(folder, options));
  KENAL_TRY_ASSIGN(catalogue->lock_, StoreLock::Take(folder));
  KENAL_TRY_ASSIGN(catalogue->witness_, HeadWitness::Open(folder));
  // Opening for writing tidies up after a crash, so the checks come first.
  for (const auto access :
       {Store::Access::kReadOnly, Store::Access::kReadWrite}) {
    KENAL_TRY(catalogue->LoadStore(access));
    KENAL_TRY(catalogue->LoadLists());
    KENAL_TRY(catalogue->CheckLog());
    KENAL_TRY(catalogue->CheckWitness());
  }
  KENAL_TRY(catalogue->DeriveVersions());
  catalogue->witness_->Write(catalogue->log_->head());
  // Kenal up to format 3 staged imports there.
  fs::remove_all(folder + "/" + std::string(kStagingFolderName), error);
  RemoveOtherKnownFiles(folder, catalogue->KnownFileNames(), /*drafts=*/true);
  RemoveRehearsals(folder);
  return catalogue;
}

Status CatalogueImpl::LoadStore(Store::Access access) {
  store_.reset();  // one at a time
  KENAL_TRY_ASSIGN(store_, Store::Open(folder_, options_, access));
  KENAL_TRY_ASSIGN(identity_, ReadIdentity(folder_, *store_));
  format_ = identity_.format;
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store_->Get(Family::kMeta, kHeadKey));
  if (!value) return DataLoss(folder_ + ": the head record is missing");
  KENAL_TRY_ASSIGN(const HeadRow head, DecodeHeadRow(*value));
  log_ = std::make_unique<ChangeLog>(*store_, head);
  const base::MutexLock lock(state_);
  head_ = head.head;
  return OkStatus();
}

Status CatalogueImpl::LoadLists() {
  const base::MutexLock lock(state_);
  lists_.clear();
  names_.clear();
  ListCounts sum;
  KENAL_TRY(store_->Scan(
      Family::kLists, "", nullptr,
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY_ASSIGN(const ListNumber number, ParseListKey(key));
        KENAL_TRY_ASSIGN(const ListRow row, DecodeListRow(number, value));
        sum = sum + row.info.counts;
        lists_.emplace(row.info.name, row);
        names_.emplace(number, row.info.name);
        return OkStatus();
      }));
  KENAL_TRY(ScanKnownRows(
      *store_, nullptr,
      [&](ListNumber number, const KnownGoodFile& file) -> Status {
        const auto name = names_.find(number);
        if (name == names_.end()) {
          return DataLoss(folder_ +
                          ": a known-good file is of a list that is not there; "
                          "restore the store from a backup");
        }
        lists_.find(name->second)->second.info.known_good.push_back(file);
        return OkStatus();
      }));
  const Totals& totals = log_->row().totals;
  if (lists_.size() == totals.lists && sum == totals.entries) {
    return OkStatus();
  }
  return DataLoss(folder_ +
                  ": the store is damaged, the counts of its lists do not add "
                  "up; restore it from a backup");
}

Status CatalogueImpl::CheckLog() const {
  const Head& head = log_->head();
  const auto damaged = [&](std::string_view what) {
    return DataLoss(folder_ + ": the store is damaged, " + std::string(what) +
                    "; restore it from a backup");
  };
  KENAL_TRY_ASSIGN(const Head base, ChangeLog::Base(*store_));
  KENAL_TRY_ASSIGN(
      const std::vector<LogRecord> beyond,
      ChangeLog::Read(*store_, Sequence{head.sequence.value + 1}, 1));
  if (!beyond.empty()) return damaged("its log is longer than its head says");
  if (head == base) return OkStatus();
  // A lost part of an older write-ahead log, which RocksDB takes for one that
  // a crash tore, has taken log records with it.
  Sequence at = base.sequence;
  KENAL_TRY(store_->Scan(
      Family::kChanges, SequenceKey(Sequence{at.value + 1}), nullptr,
      [&](std::string_view key, std::string_view) -> Status {
        KENAL_TRY_ASSIGN(const Sequence sequence, ParseSequenceKey(key));
        if (sequence.value != at.value + 1) {
          return damaged("a log record is missing");
        }
        at = sequence;
        return OkStatus();
      }));
  if (at != head.sequence) return damaged("a log record is missing");
  KENAL_TRY_ASSIGN(const std::vector<LogRecord> last,
                   ChangeLog::Read(*store_, head.sequence, 1));
  if (last.empty()) return damaged("the last log record is missing");

  Chain previous = base.chain;
  if (head.sequence.value != base.sequence.value + 1) {
    KENAL_TRY_ASSIGN(
        const std::vector<LogRecord> before,
        ChangeLog::Read(*store_, Sequence{head.sequence.value - 1}, 1));
    if (before.empty()) return damaged("a log record is missing");
    previous = before[0].chain;
  }
  const Chain chain = ChainOf(previous, last[0].header, last[0].commitment);
  if (chain != head.chain || last[0].chain != head.chain) {
    return damaged("the last log record does not chain");
  }
  return OkStatus();
}

Status CatalogueImpl::DeriveVersions() {
  const base::MutexLock lock(state_);
  std::map<ListNumber, ListInfo*> left;
  for (auto& [name, row] : lists_) {
    if (row.info.version == Sequence{})
      left.emplace(row.info.number, &row.info);
  }
  KENAL_TRY_ASSIGN(const Head base, ChangeLog::Base(*store_));
  for (Sequence at = log_->head().sequence; !left.empty(); --at.value) {
    int64_t unix_ms = 0;
    std::set<ListNumber> changed;
    if (at > base.sequence) {
      KENAL_TRY_ASSIGN(const std::vector<LogRecord> record,
                       ChangeLog::Read(*store_, at, 1));
      if (record.empty())
        return DataLoss(folder_ + ": a log record is missing");
      unix_ms = record[0].unix_ms;
      changed = ListsOf(record[0]);
    }
    // Where the log does not say, this is the latest that it can have been.
    std::erase_if(left, [&](const auto& list) {
      if (!changed.empty() && !changed.contains(list.first)) return false;
      list.second->version = at;
      list.second->changed_unix_ms =
          unix_ms != 0 ? unix_ms : list.second->created_unix_ms;
      return true;
    });
  }
  return OkStatus();
}

Status CatalogueImpl::CheckWitness() const {
  const std::optional<Head> seen = witness_->Read();
  KENAL_TRY_ASSIGN(const Head base, ChangeLog::Base(*store_));
  if (seen && seen->sequence > base.sequence) {
    KENAL_TRY_ASSIGN(const std::vector<LogRecord> found,
                     ChangeLog::Read(*store_, seen->sequence, 1));
    if (found.empty() || found[0].chain != seen->chain) {
      return DataLoss(folder_ + ": the store is damaged, log record " +
                      std::to_string(seen->sequence.value) +
                      " was acknowledged and is gone; restore it from a "
                      "backup, or remove " +
                      std::string(kWitnessFileName) + " to go on without it");
    }
  }
  return OkStatus();
}

}  // namespace kenal::catalogue
