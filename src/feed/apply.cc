#include "src/feed/apply.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "src/feed/page.h"
#include "src/formats/column_watch.h"

namespace kenal::feed {
namespace {

using formats::Item;
using formats::Reader;

bool SaysHarmless(const formats::Record& record) {
  return std::any_of(record.classifications.begin(),
                     record.classifications.end(),
                     [](const Classification& each) {
                       return each.scheme == "threatexchange-status" &&
                              each.raw_value == "NON_MALICIOUS";
                     });
}

// The member's number goes before NCMEC's ids: those of two members may be
// alike. Ids of ThreatExchange are unique over all owners, and what it takes
// back has no owner.
std::string SourceIdOf(const formats::Record& record, FeedKind kind) {
  const bool alone = kind == FeedKind::kThreatExchange ||
                     record.member_id.empty() || record.source_id.empty();
  return alone ? record.source_id : record.member_id + "/" + record.source_id;
}

// Reads the entries of one page, one run after another.
class PageEntries {
 public:
  PageEntries(Reader& reader, ApplyOptions& options, TextSet& taken_back,
              const Notice& notice)
      : reader_(reader),
        options_(options),
        taken_back_(taken_back),
        notice_(notice) {}

  // The next one, until it is taken with Take.
  StatusOr<const PageEntry*> Peek() {
    while (!entry_ && !at_end_) {
      KENAL_TRY_ASSIGN(const bool more, NextItem(reader_, item_));
      at_end_ = !more;
      if (!more) break;
      if (item_.kind == Item::Kind::kField) SayQuarantine();
      if (item_.kind != Item::Kind::kRecord &&
          item_.kind != Item::Kind::kRefused) {
        continue;
      }
      PageEntry entry = PageEntryOf(std::move(item_), options_);
      KENAL_TRY_ASSIGN(const bool wanted, IsWanted(entry));
      if (wanted) entry_ = std::move(entry);
    }
    return entry_ ? &*entry_ : nullptr;
  }
  PageEntry Take() {
    PageEntry out = *std::move(entry_);
    entry_.reset();
    return out;
  }

  uint64_t kept_back() const { return kept_back_; }

 private:
  // False: it was taken back before, in this range.
  StatusOr<bool> IsWanted(const PageEntry& entry) {
    const std::string& id = entry.item.draft.source_id;
    if (!entry.item.refused.empty() || id.empty()) return true;
    if (entry.tombstone) {
      if (taken_back_.Add(id)) return true;
      return FailedPrecondition(
          "more is taken back in one range than can be remembered; use a "
          "smaller --window");
    }
    if (taken_back_.Has(id)) {
      ++kept_back_;
      return false;
    }
    options_.last_source_id = id;
    return true;
  }

  void SayQuarantine() {
    if (item_.field.extra.path == formats::kQuarantinedColumn && notice_) {
      notice_("page " + std::to_string(options_.page) + ": the column " +
              item_.field.extra.value +
              " says the same of nearly everything; its hashes are kept and "
              "not matched");
    }
  }

  Reader& reader_;
  ApplyOptions& options_;
  TextSet& taken_back_;
  const Notice& notice_;
  Item item_;
  std::optional<PageEntry> entry_;
  bool at_end_ = false;
  uint64_t kept_back_ = 0;
};

void Sum(const ImportReport& page, const ApplyOptions& options,
         SyncReport& report) {
  ImportReport& all = report.entries;
  all.sequence = page.sequence;
  all.read += page.read;
  all.added += page.added;
  all.replaced += page.replaced;
  all.unchanged += page.unchanged;
  all.kept_withdrawn += page.kept_withdrawn;
  all.refused += page.refused;
  for (const Refusal& refusal : page.refusals) {
    if (report.refusals.size() >= ImportReport::kRefusalsKept) break;
    report.refusals.push_back({options.page, refusal});
  }
}

}  // namespace

PageEntry PageEntryOf(Item&& item, const ApplyOptions& options) {
  PageEntry out;
  out.item.position = item.position.line.value_or(item.position.record);
  if (item.kind == Item::Kind::kRefused) {
    out.item.refused = std::move(item.why);
    return out;
  }
  formats::Record& record = item.record;
  EntryDraft& draft = out.item.draft;
  draft.source_id = SourceIdOf(record, options.kind);
  draft.provenance = {
      .source = options.source,
      .member = record.member.empty() ? record.member_id : record.member,
      .import_id = options.import_id};
  out.tombstone =
      record.deleted ||
      (options.kind == FeedKind::kThreatExchange &&
       options.purpose == Purpose::kChildAbuse && SaysHarmless(record));
  if (out.tombstone) return out;
  draft.signals = std::move(record.signals);
  draft.classifications = std::move(record.classifications);
  draft.series = std::move(record.series);
  for (const formats::Flag& flag : record.flags) {
    if (flag.value) draft.flags.push_back(flag.name);
  }
  return out;
}

namespace {

Status ImportRun(PageEntries& entries, const ApplyOptions& options,
                 const SyncWatch& watch, Curator& curator, SyncReport& report) {
  const uint64_t read_before = report.entries.read;
  const ImportSource source = [&]() -> StatusOr<std::optional<ImportItem>> {
    KENAL_TRY_ASSIGN(const PageEntry* const entry, entries.Peek());
    if (entry == nullptr || entry->tombstone) {
      return std::optional<ImportItem>();
    }
    return std::optional<ImportItem>(entries.Take().item);
  };
  const ImportWatcher watcher = [&](const ImportProgress& progress) {
    report.entries.read = read_before + progress.read;
    if (watch.progress) watch.progress(report);
  };
  const StatusOr<ImportReport> run =
      curator.Import(options.list, source, watcher, options.by);
  report.entries.read = read_before;
  KENAL_TRY(run.status());
  Sum(*run, options, report);
  return OkStatus();
}

Status WithdrawRun(PageEntries& entries, const ApplyOptions& options,
                   Curator& curator, SyncReport& report) {
  std::vector<std::string> references;
  while (references.size() < Curator::kDraftsMax) {
    KENAL_TRY_ASSIGN(const PageEntry* const entry, entries.Peek());
    if (entry == nullptr || !entry->tombstone) break;
    references.push_back("source:" + entries.Take().item.draft.source_id);
  }
  Authorship by = options.by;
  by.reason += ": taken back by " + options.source;
  KENAL_TRY_ASSIGN(const EntriesReport run,
                   curator.SetEntryState(options.list, references,
                                         EntryState::kWithdrawn, by));
  report.entries.sequence = run.sequence;
  report.entries.read += references.size();
  for (const EntryResult& result : run.results) {
    if (result.outcome == Outcome::kStateChanged) ++report.withdrawn;
    if (result.outcome == Outcome::kUnknown) ++report.not_there;
  }
  return OkStatus();
}

}  // namespace

Status ApplyPage(ApplyOptions& options, const Spool& body,
                 const SyncWatch& watch, Curator& curator, TextSet& taken_back,
                 SyncReport& report) {
  KENAL_TRY_ASSIGN(const auto reader, OpenPage(options.kind, body));
  PageEntries entries(*reader, options, taken_back, watch.notice);
  while (true) {
    KENAL_TRY_ASSIGN(const PageEntry* const entry, entries.Peek());
    if (entry == nullptr) break;
    KENAL_TRY(entry->tombstone
                  ? WithdrawRun(entries, options, curator, report)
                  : ImportRun(entries, options, watch, curator, report));
  }
  report.entries.read += entries.kept_back();
  report.entries.kept_withdrawn += entries.kept_back();
  return OkStatus();
}

}  // namespace kenal::feed
