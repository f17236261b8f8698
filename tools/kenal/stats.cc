#include <CLI/CLI.hpp>

#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/policy.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

Status PutText(Context& context, const StoreStats& stats) {
  uint64_t active = 0;
  for (const ListInfo& list : stats.lists) {
    active += list.counts.active + list.counts.disputed;
  }
  uint64_t known_good = 0;
  for (const ListInfo& list : stats.lists) {
    for (const KnownGoodFile& file : list.known_good) known_good += file.count;
  }
  std::vector<std::pair<std::string, std::string>> lines = {
      {"store", stats.store_id},
      {"sequence", Count(stats.head.value)},
      {"lists", Count(stats.lists.size())},
      {"entries", Count(active)},
      {"pdq hashes", Count(stats.pdq_rows)},
      {"digests", Count(stats.digest_rows)},
      {"index", Bytes(stats.index_bytes)},
      {"on disk", Bytes(stats.store_bytes)}};
  if (known_good > 0) {
    lines.insert(lines.end() - 2, {"known good", Count(known_good)});
  }
  for (const auto& [name, value] : lines) {
    KENAL_TRY(
        context.console.Put(name + std::string(12 - name.size(), ' ') + value));
  }
  if (stats.lists.empty()) return OkStatus();
  KENAL_TRY(context.console.Put(""));
  std::vector<std::vector<Cell>> rows;
  for (const ListInfo& list : stats.lists) {
    rows.push_back({{list.name},
                    {std::string(PurposeName(list.purpose))},
                    {MatchedText(list.policy)},
                    {Count(list.counts.active)},
                    {Count(list.counts.disputed)},
                    {Count(list.counts.quarantined)},
                    {Count(list.counts.withdrawn)}});
  }
  return PutTable(context.console,
                  {{.heading = "LIST", .shrinks = true},
                   {.heading = "PURPOSE"},
                   {.heading = "MATCHED"},
                   {.heading = "ACTIVE", .right = true},
                   {.heading = "DISPUTED", .right = true},
                   {.heading = "QUARANTINED", .right = true},
                   {.heading = "WITHDRAWN", .right = true}},
                  rows);
}

StatusOr<int> RunStats(Context& context) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const StoreStats stats, store.curator->Stats());
  KENAL_TRY(context.json ? context.console.Put(exchange::WriteStatsLine(stats))
                         : PutText(context, stats));
  return kExitDone;
}

}  // namespace

void AddStats(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("stats", "Count what the store holds");
  command->footer("Example:\n  kenal stats");
  command->callback(
      [&context] { context.run = [&context] { return RunStats(context); }; });
}

}  // namespace kenal::cli
