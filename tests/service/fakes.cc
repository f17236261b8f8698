#include "tests/service/fakes.h"

#include <algorithm>

#include "src/base/digest.h"

namespace kenal::testing {
namespace {

// The smallest distance over views and variants of the query.
std::optional<Match> NearMatch(const SignalSet& query, const Entry& entry,
                               Radius radius) {
  std::optional<Match> best;
  for (const PdqView& ours : query.pdq) {
    for (const PdqView& theirs : entry.signals.pdq) {
      for (int variant = 0; variant < kVariantCount; ++variant) {
        if (variant > 0 && !ours.dihedral) break;
        const PdqHash& hash =
            ours.dihedral ? (*ours.dihedral)[static_cast<size_t>(variant)]
                          : ours.hash;
        const int distance = HammingDistance(hash, theirs.hash);
        if (distance > radius.bits) continue;
        if (best && best->distance <= distance) continue;
        best.emplace();
        best->distance = distance;
        best->transform = Transform{
            .query_view = ours.view,
            .query_variant = static_cast<Variant>(variant),
            .entry_view = theirs.view,
        };
      }
    }
  }
  return best;
}

void Describe(const ListInfo& list, const Entry& entry, SignalType signal,
              Match& match) {
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
  answer.sequence = head_;
  answer.verdict = query.HasSignal() && !query.pdq_failure
                       ? Verdict::kNoKnownMatch
                       : Verdict::kUnavailable;
  for (const auto& [name, list] : lists_) {
    if (!list.info.policy.enabled) {
      answer.lists_skipped.push_back({.list = name, .reason = "disabled"});
      continue;
    }
    for (const Entry& entry : list.entries) {
      if (entry.state == EntryState::kWithdrawn) continue;
      const SignalSet& held = entry.signals;
      if (auto match = NearMatch(query, entry, list.info.policy.pdq_radius)) {
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
    answer.verdict = std::max(answer.verdict, VerdictOf(match));
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
  ++head_.value;
  last_author_ = by;
  return list.info;
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
  ++head_.value;
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
  entry.added_at = entry.changed_at = head_;
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
  ++head_.value;
  last_author_ = by;
  EntriesReport report{.sequence = head_, .results = {}};
  for (const EntryDraft& draft : drafts) {
    report.results.push_back(Add(*found, draft));
  }
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
  report.sequence = Sequence{++head_.value};
  return report;
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
  ++head_.value;
  last_author_ = by;
  EntriesReport report{.sequence = head_, .results = {}};
  for (const std::string& reference : references) {
    Entry* const entry = FindEntry(*found, reference);
    EntryResult& result = report.results.emplace_back();
    result.outcome = entry ? Outcome::kStateChanged : Outcome::kUnknown;
    if (entry == nullptr) continue;
    entry->state = state;
    entry->state_reason = by.reason;
    result.id = entry->id;
  }
  return report;
}

StatusOr<StoreStats> FakeStore::Stats() {
  KENAL_TRY(RunHook("Stats"));
  std::lock_guard lock(mutex_);
  StoreStats stats{.store_id = "fake",
                   .head = head_,
                   .lists = {},
                   .pdq_rows = 1,
                   .digest_rows = 2,
                   .index_bytes = 3,
                   .store_bytes = 4};
  for (const auto& [name, list] : lists_) stats.lists.push_back(list.info);
  return stats;
}

StatusOr<VerifyReport> FakeStore::Verify(
    const std::function<void(uint64_t, uint64_t)>& watcher) {
  KENAL_TRY(RunHook("Verify"));
  constexpr uint64_t kRows = 1000;
  for (uint64_t row = 1; row <= kRows; ++row) {
    if (watcher) watcher(row, kRows);
  }
  std::lock_guard lock(mutex_);
  return VerifyReport{.head = head_,
                      .log_records = head_.value,
                      .entries = 5,
                      .postings = 6,
                      .problems = {"one", "two"}};
}

SignalSet FakeHasher::HashBytes(std::span<const uint8_t> bytes) {
  ++hashed;
  const base::Digests digests = base::DigestAll(bytes);
  SignalSet set;
  set.md5 = Md5{digests.md5};
  set.sha1 = Sha1{digests.sha1};
  set.sha256 = Sha256{digests.sha256};
  constexpr std::string_view kNoPicture = "no picture";
  if (std::ranges::equal(bytes, kNoPicture)) {
    set.pdq_failure = SignalFailure{"not_a_picture", "begins like none"};
    return set;
  }
  PdqView& pdq = set.pdq.emplace_back();
  pdq.hash.bytes = digests.sha256;
  pdq.quality = 90;
  pdq.dihedral.emplace();
  for (size_t i = 0; i < pdq.dihedral->size(); ++i) {
    (*pdq.dihedral)[i] = pdq.hash;
    std::ranges::rotate(
        (*pdq.dihedral)[i].bytes,
        (*pdq.dihedral)[i].bytes.begin() + static_cast<std::ptrdiff_t>(i));
  }
  set.picture = PictureInfo{.format = "fake", .width = 1, .height = 1};
  return set;
}

SignalSet FakeHasher::HashFile(const std::string& path) {
  return HashBytes(base::AsBytes(path));
}

}  // namespace kenal::testing
