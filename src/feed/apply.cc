#include "src/feed/apply.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "src/feed/page.h"
#include "src/formats/column_watch.h"
#include "src/formats/drafts.h"

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

// Yields the entries of one page.
class PageEntries {
 public:
  PageEntries(Reader& reader, ApplyOptions& options, TextSet& taken_back,
              const Notice& notice)
      : reader_(reader),
        options_(options),
        taken_back_(taken_back),
        notice_(notice) {}

  StatusOr<std::optional<ImportItem>> Next() {
    while (true) {
      KENAL_TRY_ASSIGN(const bool more, NextItem(reader_, item_));
      if (!more) return std::optional<ImportItem>();
      if (item_.kind == Item::Kind::kField) SayQuarantine();
      if (item_.kind != Item::Kind::kRecord &&
          item_.kind != Item::Kind::kRefused) {
        continue;
      }
      ImportItem out = ImportItemOf(std::move(item_), options_);
      KENAL_TRY_ASSIGN(const bool wanted, IsWanted(out));
      if (wanted) return std::optional<ImportItem>(std::move(out));
    }
  }

  uint64_t kept_back() const { return kept_back_; }

 private:
  // False: it was taken back before, in this range.
  StatusOr<bool> IsWanted(const ImportItem& item) {
    const std::string& id = item.draft.source_id;
    if (!item.refused.empty() || id.empty()) return true;
    if (item.tombstone) {
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
  all.withdrawn += page.withdrawn;
  all.not_there += page.not_there;
  all.refused += page.refused;
  for (const Refusal& refusal : page.refusals) {
    if (report.refusals.size() >= ImportReport::kRefusalsKept) break;
    report.refusals.push_back({options.page, refusal});
  }
}

}  // namespace

ImportItem ImportItemOf(Item&& item, const ApplyOptions& options) {
  formats::Record& record = item.record;
  const bool exchange = options.kind == FeedKind::kThreatExchange;
  if (exchange && options.purpose == Purpose::kChildAbuse &&
      SaysHarmless(record)) {
    record.deleted = true;
  }
  // Ids of ThreatExchange are unique over all owners, and what it takes back
  // has no owner.
  const std::string own_id = record.source_id;
  ImportItem out = formats::DraftOf(
      std::move(item),
      {.source = options.source, .import_id = options.import_id});
  if (exchange) out.draft.source_id = own_id;
  return out;
}

Status ApplyPage(ApplyOptions& options, const Spool& body,
                 const SyncWatch& watch, Curator& curator, TextSet& taken_back,
                 SyncReport& report) {
  KENAL_TRY_ASSIGN(const auto reader, OpenPage(options.kind, body));
  PageEntries entries(*reader, options, taken_back, watch.notice);
  const uint64_t read_before = report.entries.read;
  const ImportWatcher watcher = [&](const ImportProgress& progress) {
    report.entries.read = read_before + progress.read;
    if (watch.progress) watch.progress(report);
  };
  const StatusOr<ImportReport> page = curator.Import(
      options.list, [&] { return entries.Next(); }, watcher, options.by);
  report.entries.read = read_before;
  KENAL_TRY(page.status());
  Sum(*page, options, report);
  report.entries.read += entries.kept_back();
  report.entries.kept_withdrawn += entries.kept_back();
  return OkStatus();
}

}  // namespace kenal::feed
