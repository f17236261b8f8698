#include "tests/service/fakes.h"

#include <algorithm>

#include "src/base/digest.h"
#include "tests/service/fake_compare.h"

namespace kenal::testing {
namespace {

void Describe(const ListInfo& list, const Entry& entry, SignalType signal,
              Match& match) {
  match.shadow = list.policy.shadow;
  match.action_label =
      signal == SignalType::kPdq && !entry.near_action_label.empty()
          ? entry.near_action_label
          : list.policy.action_label;
  match.list = list.name;
  match.purpose = list.purpose;
  match.entry = entry.id;
  match.source_id = entry.source_id;
  match.signal = signal;
  match.state = entry.state;
  match.classifications = entry.classifications;
  match.series = entry.series;
  match.flags = entry.flags;
  match.provenance = entry.provenance;
}

Verdict VerdictOf(const Match& match) {
  if (match.purpose == Purpose::kTest) return Verdict::kTest;
  if (match.purpose != Purpose::kChildAbuse) return Verdict::kNoKnownMatch;
  return match.signal == SignalType::kPdq ? Verdict::kNear : Verdict::kExact;
}

}  // namespace

void FakeStore::Hook(Before before) {
  std::lock_guard lock(mutex_);
  before_ = std::move(before);
}

Status FakeStore::RunHook(std::string_view call) const {
  Before before;
  {
    std::lock_guard lock(mutex_);
    before = before_;
  }
  return before ? before(call) : OkStatus();
}

Authorship FakeStore::last_author() const {
  std::lock_guard lock(mutex_);
  return last_author_;
}

StatusOr<FakeStore::List*> FakeStore::Find(std::string_view name) {
  const auto found = lists_.find(name);
  if (found != lists_.end()) return &found->second;
  return NotFound("no list \"" + std::string(name) + "\"");
}

Entry* FakeStore::FindEntry(List& list, std::string_view reference) {
  constexpr std::string_view kSource = "source:";
  for (Entry& entry : list.entries) {
    if (reference.starts_with(kSource)
            ? entry.source_id == reference.substr(kSource.size())
            : std::to_string(entry.id.serial()) == reference) {
      return &entry;
    }
  }
  return nullptr;
}

Answer FakeStore::Ask(const SignalSet& query,
                      const MatchOptions& options) const {
  Answer answer;
  answer.sequence = Sequence{log_.size()};
  answer.verdict = query.HasSignal() && !query.pdq_failure
                       ? Verdict::kNoKnownMatch
                       : Verdict::kUnavailable;
  for (const auto& [name, list] : lists_) {
    if (!list.info.policy.enabled) {
      answer.lists_skipped.push_back({.list = name, .reason = "disabled"});
      continue;
    }
    const std::vector<std::string>& regions = list.info.policy.regions;
    if (!options.region.empty() && !regions.empty() &&
        !std::ranges::count(regions, options.region)) {
      answer.lists_skipped.push_back({.list = name, .reason = "region"});
      continue;
    }
    ListPolicy policy = list.info.policy;
    if (options.radius) policy.pdq_radius = *options.radius;
    answer.list_versions.push_back({name, list.info.version});
    for (const Entry& entry : list.entries) {
      if (!IsMatched(entry.state)) continue;
      const SignalSet& held = entry.signals;
      if (auto match = NearMatch(query, entry, policy, options.effort)) {
        Describe(list.info, entry, SignalType::kPdq, *match);
        answer.matches.push_back(*std::move(match));
      }
      if (query.md5 && held.md5 == query.md5) {
        Describe(list.info, entry, SignalType::kMd5,
                 answer.matches.emplace_back());
      }
    }
  }
  for (const kenal::Match& match : answer.matches) {
    if (match.shadow) continue;
    answer.verdict = std::max(answer.verdict, VerdictOf(match));
  }
  for (const kenal::Match& match : answer.matches) {
    if (match.shadow || VerdictOf(match) != answer.verdict) continue;
    if (answer.verdict == Verdict::kNoKnownMatch) continue;
    if (!answer.tier) answer.action_label = match.action_label;
    answer.tier = std::min(answer.tier.value_or(match.tier), match.tier);
  }
  answer.match_count = answer.matches.size();
  const size_t limit = static_cast<size_t>(options.limit);
  answer.truncated = answer.matches.size() > limit;
  if (answer.truncated) answer.matches.resize(limit);
  answer.checks.push_back(
      {.signal = SignalType::kPdq,
       .state = query.pdq_failure ? CheckState::kFailed : CheckState::kDone,
       .reason = query.pdq_failure ? query.pdq_failure->code : "",
       .message = ""});
  answer.damaged = query.picture && query.picture->damaged;
  return answer;
}

StatusOr<std::vector<Answer>> FakeStore::MatchBatch(
    std::span<const SignalSet> queries, const MatchOptions& options) {
  ++match_calls;
  queries_matched += queries.size();
  KENAL_TRY(RunHook("MatchBatch"));
  std::lock_guard lock(mutex_);
  std::vector<Answer> answers;
  for (const SignalSet& query : queries) answers.push_back(Ask(query, options));
  return answers;
}

StatusOr<Explanation> FakeStore::Explain(const SignalSet& query,
                                         std::string_view list,
                                         std::string_view reference,
                                         const MatchOptions& options) {
  ++explain_calls;
  KENAL_TRY(RunHook("Explain"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  const Entry* const entry = FindEntry(*found, reference);
  if (entry == nullptr) return NotFound("no such entry");
  const ListPolicy& policy = found->info.policy;
  Explanation explanation{
      .digests = {},
      .views = CompareAll(query, entry->signals, policy, options.effort),
      .policy = policy,
      .entry_state = entry->state};
  if (query.md5 && entry->signals.md5) {
    explanation.digests.push_back(
        {.type = SignalType::kMd5, .equal = query.md5 == entry->signals.md5});
  }
  return explanation;
}

StatusOr<ListInfo> FakeStore::CreateList(std::string_view name, Purpose purpose,
                                         const ListPolicy& policy,
                                         const Authorship& by) {
  KENAL_TRY(RunHook("CreateList"));
  std::lock_guard lock(mutex_);
  if (lists_.contains(name)) {
    return AlreadyExists("list \"" + std::string(name) + "\" exists");
  }
  List& list = lists_[std::string(name)];
  list.info = {.number = ListNumber{static_cast<uint16_t>(lists_.size())},
               .name = std::string(name),
               .purpose = purpose,
               .policy = policy,
               .counts = {},
               .created_unix_ms = 1'700'000'000'123};
  list.info.version = Log({.kind = ChangeKind::kListCreated,
                           .list = list.info.name,
                           .policy = policy,
                           .serials = {}});
  last_author_ = by;
  return list.info;
}

Sequence FakeStore::Log(Logged change) {
  log_.push_back(std::move(change));
  return Sequence{log_.size()};
}

void FakeStore::SetLag(uint64_t changes) {
  std::lock_guard lock(mutex_);
  lag_ = changes;
}

StatusOr<Sequence> FakeStore::Head() {
  std::lock_guard lock(mutex_);
  return Sequence{log_.size() - std::min<uint64_t>(lag_, log_.size())};
}

StatusOr<Sequence> FakeStore::LogHead() {
  std::lock_guard lock(mutex_);
  return Sequence{log_.size()};
}

ChangedEntry FakeStore::Show(const Entry& entry, bool with_signals) const {
  ChangedEntry shown{.id = entry.id,
                     .source_id = entry.source_id,
                     .state = entry.state,
                     .near_action_label = entry.near_action_label,
                     .signals = {}};
  if (with_signals) shown.signals = entry.signals;
  return shown;
}

StatusOr<ChangePage> FakeStore::ReadChanges(const ChangeCursor& cursor,
                                            size_t entries_max,
                                            bool with_signals) {
  KENAL_TRY(RunHook("ReadChanges"));
  std::lock_guard lock(mutex_);
  if (cursor.sequence.value > log_.size()) {
    return absl::OutOfRangeError("the cursor is after the head");
  }
  ChangePage page{.changes = {}, .next = cursor, .head = {log_.size()}};
  size_t room = entries_max;
  size_t parts = entries_max;
  while (page.next.sequence.value < log_.size() && room > 0 && parts > 0) {
    const Logged& logged = log_[page.next.sequence.value];
    const std::vector<Entry>& entries = lists_.at(logged.list).entries;
    ListChange change{.sequence = {page.next.sequence.value + 1},
                      .kind = logged.kind,
                      .list = logged.list,
                      .policy = logged.policy,
                      .entries = {}};
    const size_t from = page.next.entries;
    const size_t count = std::min(room, logged.serials.size() - from);
    for (size_t i = from; i < from + count; ++i) {
      change.entries.push_back(
          Show(entries[logged.serials[i] - 1], with_signals));
    }
    change.last = from + count == logged.serials.size();
    page.next = change.last ? ChangeCursor{change.sequence, 0}
                            : ChangeCursor{page.next.sequence, from + count};
    room -= count;
    --parts;
    page.changes.push_back(std::move(change));
  }
  page.caught_up = page.next.sequence.value == log_.size();
  return page;
}

StatusOr<std::vector<ListInfo>> FakeStore::Lists() {
  KENAL_TRY(RunHook("Lists"));
  std::lock_guard lock(mutex_);
  std::vector<ListInfo> infos;
  for (const auto& [name, list] : lists_) infos.push_back(list.info);
  return infos;
}

StatusOr<ListInfo> FakeStore::GetList(std::string_view name) {
  KENAL_TRY(RunHook("GetList"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const list, Find(name));
  return list->info;
}

StatusOr<ListInfo> FakeStore::SetListPolicy(std::string_view name,
                                            const ListPolicy& policy,
                                            const Authorship& by) {
  KENAL_TRY(RunHook("SetListPolicy"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const list, Find(name));
  list->info.policy = policy;
  list->info.version = Log({.kind = ChangeKind::kPolicySet,
                            .list = list->info.name,
                            .policy = policy,
                            .serials = {}});
  last_author_ = by;
  return list->info;
}

EntryResult FakeStore::Add(List& list, const EntryDraft& draft) {
  if (!draft.signals.HasSignal()) {
    return {.outcome = Outcome::kRefused, .id = {}, .why = "no signal"};
  }
  Entry* const known = FindEntry(list, "source:" + draft.source_id);
  if (!draft.source_id.empty() && known != nullptr) {
    const bool same = static_cast<EntryDraft&>(*known) == draft;
    static_cast<EntryDraft&>(*known) = draft;
    return {.outcome = same ? Outcome::kUnchanged : Outcome::kReplaced,
            .id = known->id,
            .why = ""};
  }
  Entry entry;
  static_cast<EntryDraft&>(entry) = draft;
  entry.id = EntryId::Of(list.info.number, list.entries.size() + 1);
  entry.added_at = entry.changed_at = Sequence{log_.size()};
  list.entries.push_back(entry);
  ++list.info.counts.active;
  return {.outcome = Outcome::kAdded, .id = entry.id, .why = ""};
}

StatusOr<EntriesReport> FakeStore::AddEntries(
    std::string_view list, std::span<const EntryDraft> drafts,
    const Authorship& by) {
  KENAL_TRY(RunHook("AddEntries"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  last_author_ = by;
  EntriesReport report;
  Logged logged{.kind = ChangeKind::kEntriesPut,
                .list = std::string(list),
                .policy = {},
                .serials = {}};
  for (const EntryDraft& draft : drafts) {
    report.results.push_back(Add(*found, draft));
    if (const EntryId id = report.results.back().id; id.value != 0) {
      logged.serials.push_back(id.serial());
    }
  }
  report.sequence = found->info.version = Log(std::move(logged));
  return report;
}

StatusOr<ImportReport> FakeStore::Import(std::string_view list,
                                         const ImportSource& source,
                                         const ImportWatcher& watcher,
                                         const Authorship& by) {
  KENAL_TRY(RunHook("Import"));
  {
    std::lock_guard lock(mutex_);
    KENAL_TRY(Find(list).status());
    last_author_ = by;
  }
  ImportReport report;
  while (true) {
    KENAL_TRY_ASSIGN(const std::optional<ImportItem> item, source());
    if (!item) break;
    if (++report.read % kImportStep == 0 && watcher) {
      watcher({.read = report.read, .durable = report.read});
    }
    std::lock_guard lock(mutex_);
    KENAL_TRY_ASSIGN(List* const found, Find(list));
    EntryResult result{
        .outcome = Outcome::kRefused, .id = {}, .why = item->refused};
    if (item->tombstone) {
      Entry* const entry = FindEntry(*found, "source:" + item->draft.source_id);
      ++(entry == nullptr ? report.not_there : report.withdrawn);
      if (entry != nullptr) entry->state = EntryState::kWithdrawn;
      continue;
    }
    if (item->refused.empty()) result = Add(*found, item->draft);
    report.added += result.outcome == Outcome::kAdded;
    report.replaced += result.outcome == Outcome::kReplaced;
    report.unchanged += result.outcome == Outcome::kUnchanged;
    if (result.outcome != Outcome::kRefused) continue;
    ++report.refused;
    if (report.refusals.size() < ImportReport::kRefusalsKept) {
      report.refusals.push_back({item->position, result.why});
    }
  }
  std::lock_guard lock(mutex_);
  report.sequence = Log({.kind = ChangeKind::kEntriesPut,
                         .list = std::string(list),
                         .policy = {},
                         .serials = {}});
  return report;
}

StatusOr<ImportReport> FakeStore::RehearseImport(std::string_view list,
                                                 const ImportSource& source,
                                                 const ImportWatcher& watcher,
                                                 const Authorship& by) {
  FakeStore copy;
  {
    std::lock_guard lock(mutex_);
    copy.lists_ = lists_;
    copy.log_ = log_;
  }
  return copy.Import(list, source, watcher, by);
}

StatusOr<EntryPage> FakeStore::ReadEntries(std::string_view list,
                                           uint64_t serial, size_t entries_max,
                                           bool with_secrets) {
  KENAL_TRY(RunHook("ReadEntries"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  EntryPage page{.last_serial = serial, .sequence = Sequence{log_.size()}};
  for (const Entry& entry : found->entries) {
    if (entry.id.serial() <= serial) continue;
    if (page.entries.size() == entries_max) return page;
    page.entries.push_back({.summary = Summarize(entry), .secrets = {}});
    page.last_serial = entry.id.serial();
    if (!with_secrets) continue;
    page.entries.back().secrets = EntrySecrets{entry.signals, entry.details};
  }
  page.at_end = true;
  return page;
}

StatusOr<EntrySummary> FakeStore::GetEntry(std::string_view list,
                                           std::string_view reference) {
  KENAL_TRY(RunHook("GetEntry"));
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  const Entry* const entry = FindEntry(*found, reference);
  if (entry == nullptr) return NotFound("no such entry");
  return Summarize(*entry);
}

StatusOr<EntriesReport> FakeStore::SetEntryState(
    std::string_view list, std::span<const std::string> references,
    EntryState state, const Authorship& by) {
  KENAL_TRY(RunHook("SetEntryState"));
  if (by.reason.empty()) return InvalidArgument("say why");
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  last_author_ = by;
  return SetEach(*found, references, [&](Entry& entry) {
    entry.state = state;
    entry.state_reason = by.reason;
  });
}

StatusOr<EntriesReport> FakeStore::SetNearActionLabel(
    std::string_view list, std::span<const std::string> references,
    std::string_view label, const Authorship& by) {
  KENAL_TRY(RunHook("SetNearActionLabel"));
  if (by.reason.empty()) return InvalidArgument("say why");
  std::lock_guard lock(mutex_);
  KENAL_TRY_ASSIGN(List* const found, Find(list));
  last_author_ = by;
  return SetEach(*found, references,
                 [&](Entry& entry) { entry.near_action_label = label; });
}

EntriesReport FakeStore::SetEach(List& list,
                                 std::span<const std::string> references,
                                 const std::function<void(Entry&)>& set) {
  EntriesReport report;
  Logged logged{.kind = ChangeKind::kEntriesSet,
                .list = list.info.name,
                .policy = {},
                .serials = {}};
  for (const std::string& reference : references) {
    Entry* const entry = FindEntry(list, reference);
    EntryResult& result = report.results.emplace_back();
    result.outcome = entry ? Outcome::kStateChanged : Outcome::kUnknown;
    if (entry == nullptr) continue;
    set(*entry);
    result.id = entry->id;
    logged.serials.push_back(entry->id.serial());
  }
  report.sequence = list.info.version = Log(std::move(logged));
  return report;
}

StatusOr<StoreStats> FakeStore::Stats() {
  KENAL_TRY(RunHook("Stats"));
  std::lock_guard lock(mutex_);
  StoreStats stats{.store_id = "fake",
                   .head = Sequence{log_.size()},
                   .lists = {},
                   .pdq_rows = 1,
                   .digest_rows = 2,
                   .index_bytes = 3,
                   .store_bytes = 4};
  for (const auto& [name, list] : lists_) stats.lists.push_back(list.info);
  return stats;
}

StatusOr<VerifyReport> FakeStore::Verify(const VerifyWatcher& watcher) {
  KENAL_TRY(RunHook("Verify"));
  constexpr uint64_t kRows = 1000;
  for (uint64_t row = 1; row <= kRows; ++row) {
    if (watcher && !watcher(row, kRows)) {
      return absl::CancelledError("the watcher said so");
    }
    KENAL_TRY(RunHook("Verify row"));
  }
  std::lock_guard lock(mutex_);
  return VerifyReport{.head = Sequence{log_.size()},
                      .log_records = log_.size(),
                      .entries = 5,
                      .postings = 6,
                      .problems = {"one", "two"}};
}

namespace {

PdqView HashView(View view, std::string_view text, bool second_opinion) {
  PdqView pdq{.view = view};
  pdq.hash.bytes = base::DigestAll(base::AsBytes(text)).sha256;
  pdq.quality = 90;
  pdq.dihedral.emplace();
  for (size_t i = 0; i < pdq.dihedral->size(); ++i) {
    (*pdq.dihedral)[i] = pdq.hash;
    std::ranges::rotate(
        (*pdq.dihedral)[i].bytes,
        (*pdq.dihedral)[i].bytes.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (second_opinion) {
    std::ranges::copy(pdq.hash.bytes, pdq.marr.emplace().bytes.begin());
  }
  return pdq;
}

// The part of `text` that a view shows; empty when there is none.
std::string_view PartOf(std::string_view text, View view) {
  if (view == View::kStored) return text;
  if (view == View::kTrimmed && text.starts_with('.') && text.ends_with('.')) {
    const size_t first = std::min(text.find_first_not_of('.'), text.size());
    return text.substr(first, text.find_last_not_of('.') + 1 - first);
  }
  const size_t left = text.find('[');
  const size_t right = text.rfind(']');
  if (view != View::kCentral90 || right == text.npos || left >= right)
    return {};
  return text.substr(left + 1, right - left - 1);
}

}  // namespace

SignalSet FakeHasher::HashBytes(std::span<const uint8_t> bytes,
                                const HashWork& work) {
  ++hashed;
  const base::Digests digests = base::DigestAll(bytes);
  SignalSet set;
  set.md5 = Md5{digests.md5};
  set.sha1 = Sha1{digests.sha1};
  set.sha256 = Sha256{digests.sha256};
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  if (text == "no picture") {
    set.pdq_failure = SignalFailure{"not_a_picture", "begins like none"};
    return set;
  }
  for (int i = 0; i < kViewCount; ++i) {
    const View view{static_cast<uint8_t>(i)};
    if (!(work.views | kWholeViews).Contains(view)) continue;
    const std::string_view part = PartOf(text, view);
    if (part.empty() && view != View::kStored) continue;
    set.pdq.push_back(HashView(view, part, work.second_opinion));
  }
  set.picture = PictureInfo{.format = "fake", .width = 1, .height = 1};
  return set;
}

SignalSet FakeHasher::HashFile(const std::string& path, const HashWork& work) {
  return HashBytes(base::AsBytes(path), work);
}

}  // namespace kenal::testing
