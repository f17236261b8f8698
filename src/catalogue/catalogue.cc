#include "src/catalogue/catalogue.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/base/check.h"
#include "src/base/clock.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/limits.h"
#include "src/catalogue/sorted_positions.h"

namespace kenal::catalogue {
namespace {

constexpr std::string_view kSourcePrefix = "source:";
// Bytes on disk for one byte of a draft batch: rows, log and write-ahead log.
constexpr uint64_t kSpaceFactor = 3;

uint64_t& CountOf(ListCounts& counts, EntryState state) {
  switch (state) {
    case EntryState::kActive:
      return counts.active;
    case EntryState::kDisputed:
      return counts.disputed;
    case EntryState::kWithdrawn:
    case EntryState::kRetracted:
      return counts.withdrawn;
    case EntryState::kQuarantined:
      return counts.quarantined;
  }
  KENAL_CHECK(false && "value outside EntryState");
  return counts.active;
}

Status CheckAuthorship(const Authorship& by) {
  if (by.actor.empty()) {
    return InvalidArgument("a change needs an actor: who makes it");
  }
  if (by.actor.size() > kActorSizeMax || by.reason.size() > kReasonSizeMax ||
      by.reference.size() > kReferenceSizeMax) {
    return InvalidArgument(
        "an actor has at most " + std::to_string(kActorSizeMax) +
        " bytes, a reason and a reference " + std::to_string(kReasonSizeMax));
  }
  return OkStatus();
}

// In key order, which RocksDB takes in faster.
void PutPostings(const Delta& delta, Rows& rows) {
  std::string keys;
  std::vector<size_t> ends = {0};
  const size_t count = delta.added.size() + delta.removed.size();
  ends.reserve(count + 1);
  for (const auto* postings : {&delta.added, &delta.removed}) {
    for (const Posting& posting : *postings) {
      AppendPostingKey(posting, keys);
      ends.push_back(keys.size());
    }
  }
  const auto key = [&](size_t i) {
    return std::string_view(keys).substr(ends[i], ends[i + 1] - ends[i]);
  };
  for (const uint32_t i : SortedPositions(count, key)) {
    if (i < delta.added.size()) {
      rows.Put(Family::kPostings, key(i), "");
    } else {
      rows.Delete(Family::kPostings, key(i));
    }
  }
}

}  // namespace

Status MoveCount(ListCounts& counts, EntryState from, EntryState to) {
  if (CountOf(counts, from) == 0) {
    return DataLoss("the counts of a list are wrong; run `kenal verify`");
  }
  --CountOf(counts, from);
  ++CountOf(counts, to);
  return OkStatus();
}

Status CountPostings(const Delta& delta, Totals& totals) {
  totals.postings += delta.added.size();
  if (totals.postings < delta.removed.size()) {
    return DataLoss("the count of postings is wrong; run `kenal verify`");
  }
  totals.postings -= delta.removed.size();
  return OkStatus();
}

ListCounts operator+(const ListCounts& a, const ListCounts& b) {
  return {.active = a.active + b.active,
          .disputed = a.disputed + b.disputed,
          .withdrawn = a.withdrawn + b.withdrawn,
          .quarantined = a.quarantined + b.quarantined};
}

CatalogueImpl::~CatalogueImpl() = default;

std::string CatalogueImpl::store_id() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : identity_.id) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

uint64_t CatalogueImpl::incarnation() const { return identity_.incarnation; }

Head CatalogueImpl::head() const {
  const base::MutexLock lock(state_);
  return head_;
}

Status CatalogueImpl::AnnounceServer(const std::string& address) {
  return lock_->Announce(address);
}

void CatalogueImpl::Subscribe(Subscriber subscriber) {
  const FairLock lock(write_);
  log_->Subscribe(std::move(subscriber));
}

std::vector<ListInfo> CatalogueImpl::Lists() const {
  const base::MutexLock lock(state_);
  std::vector<ListInfo> lists;
  lists.reserve(lists_.size());
  for (const auto& [name, row] : lists_) lists.push_back(row.info);
  return lists;
}

StatusOr<ListInfo> CatalogueImpl::GetList(std::string_view name) const {
  KENAL_TRY_ASSIGN(const ListRow row, FindList(name));
  return row.info;
}

StatusOr<ListRow> CatalogueImpl::FindList(std::string_view name) const {
  const base::MutexLock lock(state_);
  if (const auto found = lists_.find(name); found != lists_.end()) {
    return found->second;
  }
  std::string known;
  for (const auto& [other, row] : lists_) {
    known += (known.empty() ? "" : ", ") + other;
  }
  return NotFound("no list is named " + std::string(name) + "; " +
                  (known.empty() ? "make one with `kenal list create`"
                                 : "the lists are: " + known));
}

StatusOr<ListInfo> CatalogueImpl::CreateList(std::string_view name,
                                             Purpose purpose,
                                             const ListPolicy& wanted,
                                             const Authorship& by) {
  KENAL_TRY(CheckListName(name));
  KENAL_TRY_ASSIGN(const ListPolicy policy, CheckedPolicy(wanted));
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY(store_->CheckSpace(0));
  if (FindList(name).ok()) {
    return AlreadyExists("there is a list " + std::string(name) + " already");
  }
  Totals totals = log_->row().totals;
  if (totals.lists == UINT16_MAX) {
    return ResourceExhausted("the store has as many lists as it can hold");
  }
  ListRow row;  // lists are never removed, so their count is the last number
  row.info.number.value = static_cast<uint16_t>(++totals.lists);
  row.info.name = name;
  row.info.purpose = purpose;
  row.info.policy = policy;
  row.info.created_unix_ms = base::NowUnixMs();
  const struct CreateList operation {
    row.info.number, row.info.name, purpose, policy
  };
  Rows rows(*store_);
  KENAL_TRY(Commit({by, {operation}}, totals, row, rows, {}));
  return GetList(name);
}

StatusOr<ListInfo> CatalogueImpl::SetListPolicy(std::string_view name,
                                                const ListPolicy& wanted,
                                                const Authorship& by) {
  KENAL_TRY_ASSIGN(const ListPolicy policy, CheckedPolicy(wanted));
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(ListRow row, FindList(name));
  if (row.info.policy == policy) return row.info;
  row.info.policy = policy;
  Rows rows(*store_);
  KENAL_TRY(Commit({by, {SetPolicy{row.info.number, policy}}},
                   log_->row().totals, row, rows, {}));
  return GetList(name);
}

StatusOr<EntriesReport> CatalogueImpl::AddEntries(
    std::string_view list, std::span<const EntryDraft> drafts,
    const Authorship& by) {
  if (drafts.size() > Curator::kDraftsMax) {
    return InvalidArgument("one call takes at most " +
                           std::to_string(Curator::kDraftsMax) +
                           " drafts; split it");
  }
  KENAL_TRY_ASSIGN(const ListRow at_first, FindList(list));
  EntriesReport report;
  report.results.resize(drafts.size());
  DraftBatch batch(identity_.secret, at_first.info.policy);
  std::vector<size_t> position_of;  // in the call, of a draft in the batch
  const int64_t now_unix_ms = base::NowUnixMs();
  for (size_t i = 0; i < drafts.size(); ++i) {
    KENAL_TRY_ASSIGN(std::optional<std::string> refusal,
                     Refusal(at_first, drafts[i], now_unix_ms, batch));
    if (refusal) {
      report.results[i].why = *std::move(refusal);
    } else {
      position_of.push_back(i);
    }
  }
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(const ListRow row, FindList(list));
  std::vector<Plan::Fate> fates;
  KENAL_TRY(AddBatch(row, batch, by, fates));
  for (size_t i = 0; i < fates.size(); ++i) {
    report.results[position_of[i]].outcome = fates[i].outcome;
    report.results[position_of[i]].id = fates[i].id;
  }
  report.sequence = log_->head().sequence;
  return report;
}

Status CatalogueImpl::AddBatch(const ListRow& list, const DraftBatch& batch,
                               const Authorship& by,
                               std::vector<Plan::Fate>& fates) {
  const Sequence next{log_->head().sequence.value + 1};
  KENAL_TRY_ASSIGN(const Plan plan, Plan::Make(*store_, list, next, batch));
  fates = plan.fates();
  if (!plan.writes()) return OkStatus();
  KENAL_TRY_ASSIGN(Prepared prepared, Prepare(plan, batch));
  Change change{.by = by, .operations = {}};
  plan.VisitEntries([&](EntryId id, std::string_view row) {
    prepared.rows.Put(Family::kEntries, EntryKey(id), row);
    change.operations.push_back(PutEntry{id, std::string(row)});
  });
  return Commit(change, prepared.totals, plan.list(), prepared.rows,
                std::move(prepared.delta));
}

StatusOr<CatalogueImpl::Prepared> CatalogueImpl::Prepare(
    const Plan& plan, const DraftBatch& batch) const {
  KENAL_TRY(store_->CheckSpace(kSpaceFactor * batch.size_bytes()));
  KENAL_TRY_ASSIGN(Delta delta, plan.MakeDelta());
  Prepared prepared{.delta = std::move(delta),
                    .totals = log_->row().totals,
                    .rows = Rows(*store_)};
  plan.VisitSources([&](std::string_view key, EntryId id) {
    prepared.rows.Put(Family::kSources, key, SourceValue(id));
  });
  PutPostings(prepared.delta, prepared.rows);
  for (const Expiry& expiry : prepared.delta.expiries) {
    if (expiry.unix_ms) {
      prepared.rows.Put(Family::kMeta, ExpiryKey(expiry.entry),
                        ExpiryValue(*expiry.unix_ms));
    } else {
      prepared.rows.Delete(Family::kMeta, ExpiryKey(expiry.entry));
    }
  }
  prepared.totals.entries.active += plan.added();
  for (uint64_t i = 0; i < plan.reinstated(); ++i) {
    KENAL_TRY(MoveCount(prepared.totals.entries, EntryState::kRetracted,
                        EntryState::kActive));
  }
  KENAL_TRY(CountPostings(prepared.delta, prepared.totals));
  return prepared;
}

Status CatalogueImpl::ReadyToWrite(const Authorship& by) {
  KENAL_TRY(CheckAuthorship(by));
  return store_->CheckWritable();
}

Status CatalogueImpl::Commit(const Change& change, const Totals& totals,
                             ListRow list, Rows& rows, Delta delta) {
  const int64_t now_unix_ms = base::NowUnixMs();
  Stamp(list, now_unix_ms);
  for (const auto& [number, record] : ListRecords(list)) {
    rows.Put(Family::kLists, ListKey(number), record);
  }
  if (const auto row = RowOfNewFormat())
    rows.Put(Family::kMeta, kStoreKey, *row);
  AtPoint("before commit");
  KENAL_TRY(log_->Append(log_->head(), change, now_unix_ms, totals, rows));
  AtPoint("after commit");
  format_ = kFormatVersion;
  Publish(list);
  log_->Tell(std::move(delta));
  return OkStatus();
}

void CatalogueImpl::Stamp(ListRow& list, int64_t unix_ms) const {
  list.info.version = Sequence{log_->head().sequence.value + 1};
  list.info.changed_unix_ms = unix_ms;
}

std::map<ListNumber, std::string> CatalogueImpl::ListRecords(
    const ListRow& changed) const {
  std::map<ListNumber, std::string> records;
  if (format_ != kFormatVersion) {
    const base::MutexLock lock(state_);
    for (const auto& [name, row] : lists_) {
      records.emplace(row.info.number, Encode(row));
    }
  }
  records.insert_or_assign(changed.info.number, Encode(changed));
  return records;
}

std::optional<std::string> CatalogueImpl::RowOfNewFormat() const {
  if (format_ == kFormatVersion) return std::nullopt;
  StoreRow row = identity_;
  row.format = kFormatVersion;
  return Encode(row);
}

void CatalogueImpl::Publish(const ListRow& list) {
  witness_->Write(log_->head());
  const base::MutexLock lock(state_);
  head_ = log_->head();
  lists_.insert_or_assign(list.info.name, list);
  names_.emplace(list.info.number, list.info.name);
}

StatusOr<std::optional<EntryId>> CatalogueImpl::FindEntry(
    const ListRow& list, std::string_view reference) const {
  if (reference.starts_with(kSourcePrefix)) {
    const std::string_view id = reference.substr(kSourcePrefix.size());
    KENAL_TRY_ASSIGN(
        const std::optional<std::string> value,
        store_->Get(Family::kSources, SourceKey(list.info.number, id)));
    if (!value) return std::nullopt;
    return ParseSourceValue(*value);
  }
  const uint64_t serial = ParseSerial(reference);
  if (serial == 0 || serial > list.last_serial) return std::nullopt;
  return EntryId::Of(list.info.number, serial);
}

StatusOr<EntryId> CatalogueImpl::FindOverruled(const ListRow& list,
                                               const EntryDraft& draft) const {
  if (!draft.overrules) return EntryId{};
  if (list.info.purpose != Purpose::kOwnDecisions) {
    return InvalidArgument(
        "only an entry of a list of own decisions overrules another");
  }
  const StatusOr<ListRow> other = FindList(draft.overrules->list);
  if (!other.ok()) {
    return InvalidArgument(
        "the entry overrules one of a list that is not "
        "there; name the list and entry as they are now");
  }
  if (other->info.purpose == Purpose::kOwnDecisions) {
    return InvalidArgument("own decisions do not overrule each other; list " +
                           other->info.name + " is of that purpose");
  }
  KENAL_TRY_ASSIGN(const std::optional<EntryId> id,
                   FindEntry(*other, draft.overrules->reference));
  if (id) return *id;
  return InvalidArgument("list " + other->info.name +
                         " has no entry such as is overruled; name it by its "
                         "number or as source:ID");
}

StatusOr<std::optional<std::string>> CatalogueImpl::Refusal(
    const ListRow& list, const EntryDraft& draft, int64_t now_unix_ms,
    DraftBatch& batch) const {
  StatusOr<EntryId> overruled = FindOverruled(list, draft);
  const Status added = overruled.ok()
                           ? batch.Add(draft, now_unix_ms, *overruled)
                           : overruled.status();
  if (added.ok()) return std::nullopt;
  if (added.code() != StatusCode::kInvalidArgument) return added;
  return std::string(added.message());
}

StatusOr<Entry> CatalogueImpl::GetEntry(std::string_view list,
                                        std::string_view reference) const {
  KENAL_TRY_ASSIGN(const ListRow row, FindList(list));
  KENAL_TRY_ASSIGN(const std::optional<EntryId> id, FindEntry(row, reference));
  if (!id) {
    return NotFound("list " + row.info.name +
                    " has no such entry; name it by its number or as "
                    "source:ID");
  }
  KENAL_TRY_ASSIGN(std::vector<Entry> entries, GetEntries({&*id, 1}));
  return std::move(entries[0]);
}

StatusOr<std::vector<Entry>> CatalogueImpl::GetEntries(
    std::span<const EntryId> ids) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const EntryId id : ids) keys.push_back(EntryKey(id));
  const auto key = [&](size_t i) { return std::string_view(keys[i]); };
  const std::vector<uint32_t> order = SortedPositions(keys.size(), key);
  std::vector<std::string_view> sorted;
  sorted.reserve(order.size());
  for (const uint32_t i : order) sorted.push_back(keys[i]);

  KENAL_TRY_ASSIGN(const auto values,
                   store_->MultiGet(Family::kEntries, sorted));
  std::vector<Entry> entries(ids.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (values[i].empty()) {
      return NotFound("there is no entry " +
                      std::to_string(ids[order[i]].serial()) + " on list " +
                      std::to_string(ids[order[i]].list().value));
    }
    KENAL_TRY_ASSIGN(entries[order[i]],
                     DecodeEntry(ids[order[i]], AsView(values[i])));
  }
  return entries;
}

uint64_t CatalogueImpl::PostingCount() const {
  const FairLock lock(write_);
  return log_->row().totals.postings;
}

Status CatalogueImpl::VisitPostings(
    const std::function<void(const Posting&)>& visit) const {
  return store_->Scan(Family::kPostings, "", nullptr,
                      [&](std::string_view key, std::string_view) -> Status {
                        KENAL_TRY_ASSIGN(const Posting posting,
                                         ParsePostingKey(key));
                        visit(posting);
                        return OkStatus();
                      });
}

Status CatalogueImpl::VisitOverrulings(
    const std::function<void(const Overruling&)>& visit) const {
  std::map<std::string, ListNumber, std::less<>> number_of;
  std::vector<ListNumber> decisions;
  for (const ListInfo& list : Lists()) {
    number_of.emplace(list.name, list.number);
    if (list.purpose == Purpose::kOwnDecisions) {
      decisions.push_back(list.number);
    }
  }
  const auto row = [&](std::string_view key, std::string_view value) -> Status {
    KENAL_TRY_ASSIGN(const EntryId id, ParseEntryKey(key));
    KENAL_TRY_ASSIGN(const Entry entry, DecodeEntry(id, value));
    if (!entry.overrules) return OkStatus();
    const auto other = number_of.find(entry.overrules->list);
    if (other == number_of.end()) {
      return DataLoss(
          "an own decision names a list that is not there; run "
          "`kenal verify`");
    }
    visit({id, EntryId::Of(other->second,
                           ParseSerial(entry.overrules->reference))});
    return OkStatus();
  };
  for (const ListNumber list : decisions) {
    KENAL_TRY(store_->ScanBetween(
        Family::kEntries, EntryKey(EntryId::Of(list, 0)),
        EntryKey(EntryId::Of(list, EntryId::kSerialMax)), row));
  }
  return OkStatus();
}

Status CatalogueImpl::VisitExpiries(
    const std::function<void(const Expiry&)>& visit) const {
  std::string end(kExpiryPrefix);
  ++end.back();
  return store_->ScanBetween(
      Family::kMeta, kExpiryPrefix, end,
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY_ASSIGN(const EntryId entry, ParseExpiryKey(key));
        KENAL_TRY_ASSIGN(const int64_t unix_ms, ParseExpiryValue(value));
        visit({entry, unix_ms});
        return OkStatus();
      });
}

uint64_t CatalogueImpl::SizeBytes() const {
  std::error_code error;
  uint64_t size_bytes = 0;
  namespace fs = std::filesystem;
  for (fs::recursive_directory_iterator at(folder_, error), end;
       !error && at != end; at.increment(error)) {
    std::error_code gone;  // files come and go while we look
    if (!at->is_regular_file(gone)) continue;
    const uintmax_t size = at->file_size(gone);
    if (!gone) size_bytes += size;
  }
  return size_bytes;
}

}  // namespace kenal::catalogue
