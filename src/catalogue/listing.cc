// Entries of a list, page by page.
#include <utility>

#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"

namespace kenal::catalogue {
namespace {

// Rows of one page; one may be larger.
constexpr size_t kPageBytes = size_t{4} << 20;

}  // namespace

StatusOr<EntryPage> CatalogueImpl::ReadEntries(std::string_view list,
                                               uint64_t serial,
                                               size_t entries_max,
                                               bool with_secrets) const {
  if (entries_max < 1 || entries_max > Curator::kListedEntriesMax) {
    return InvalidArgument("a page holds 1 to " +
                           std::to_string(Curator::kListedEntriesMax) +
                           " entries");
  }
  KENAL_TRY_ASSIGN(const ListRow row, FindList(list));
  EntryPage page{.last_serial = serial, .sequence = head().sequence};
  size_t size_bytes = 0;
  const auto add = [&](std::string_view key, std::string_view value) -> Status {
    if (page.entries.size() == entries_max || size_bytes >= kPageBytes) {
      return absl::CancelledError("the page is full");
    }
    size_bytes += value.size();
    KENAL_TRY_ASSIGN(const EntryId id, ParseEntryKey(key));
    KENAL_TRY_ASSIGN(Entry entry, DecodeEntry(id, value));
    ListedEntry& listed = page.entries.emplace_back();
    listed.summary = Summarize(entry);
    page.last_serial = id.serial();
    if (with_secrets) {
      listed.secrets = {.signals = std::move(entry.signals),
                        .details = std::move(entry.details)};
    }
    return OkStatus();
  };
  page.at_end = serial >= row.last_serial;
  if (page.at_end) return page;
  const ListNumber number = row.info.number;
  const Status read = store_->ScanBetween(
      Family::kEntries, EntryKey(EntryId::Of(number, serial + 1)),
      EntryKey(EntryId::Of(number, row.last_serial + 1)), add);
  page.at_end = read.ok();
  if (!read.ok() && read.code() != StatusCode::kCancelled) return read;
  return page;
}

}  // namespace kenal::catalogue
