#include "tools/kenal/entries.h"

#include "tools/kenal/interrupt.h"
#include "tools/kenal/progress.h"

namespace kenal::cli {
namespace {

constexpr size_t kPageEntries = 2000;

}  // namespace

Status ForEachEntry(Context& context, Curator& curator, const std::string& list,
                    bool with_secrets, const std::string& verb,
                    const std::function<Status(ListedEntry&)>& each) {
  KENAL_TRY_ASSIGN(const ListInfo info, curator.GetList(list));
  const ListCounts& counts = info.counts;
  Progress progress(
      context.console, verb, "entries",
      counts.active + counts.disputed + counts.withdrawn + counts.quarantined);
  const Interrupt interrupt;
  uint64_t serial = 0;
  uint64_t done = 0;
  while (true) {
    KENAL_TRY_ASSIGN(
        EntryPage page,
        curator.ReadEntries(list, serial, kPageEntries, with_secrets));
    for (ListedEntry& entry : page.entries) {
      if (interrupt.token().stop_requested()) {
        return absl::CancelledError("stopped");
      }
      KENAL_TRY(each(entry));
      progress.Update(++done);
    }
    if (page.at_end) return OkStatus();
    serial = page.last_serial;
  }
}

}  // namespace kenal::cli
