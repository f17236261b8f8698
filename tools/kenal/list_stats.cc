#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "src/base/clock.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/entries.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/list_commands.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr size_t kLinesShown = 12;
constexpr int kQualityBin = 10;

using Tally = std::map<std::string, uint64_t>;

struct ListStats {
  uint64_t entries = 0;
  uint64_t opinions_for = 0;  // entries with votes of that kind alone
  uint64_t opinions_against = 0;
  uint64_t opinions_mixed = 0;
  uint64_t expired = 0;
  uint64_t expiring = 0;  // later
  uint64_t with_details = 0;
  // Of each state, source, import, class, kind of hash, flag, series.
  std::array<Tally, 7> tallies;
  // PDQ of the whole picture, by quality in tens; the last: not known.
  std::array<uint64_t, 11> quality{};
};
constexpr std::array<const char*, 7> kTallyNames = {
    "state", "source", "import", "class", "signal", "flag", "series"};

std::string BinName(size_t bin) {
  if (bin == 10) return "unknown";
  const int low = static_cast<int>(bin) * kQualityBin;
  return std::to_string(low) + "-" + std::to_string(bin == 9 ? 100 : low + 9);
}

void CountOpinions(const EntrySummary& entry, ListStats& stats) {
  bool affirms = false;
  bool denies = false;
  for (const Opinion& opinion : entry.opinions) {
    (opinion.affirms ? affirms : denies) = true;
  }
  if (affirms && denies) {
    ++stats.opinions_mixed;
  } else if (affirms) {
    ++stats.opinions_for;
  } else if (denies) {
    ++stats.opinions_against;
  }
}

void CountSignals(const EntrySummary& entry, ListStats& stats) {
  for (const SignalHeld& held : entry.signals) {
    if (held.type != SignalType::kPdq) {
      ++stats.tallies[4][std::string(SignalTypeName(held.type))];
      continue;
    }
    ++stats.tallies[4]["pdq " + std::string(ViewName(held.view))];
    if (held.view != View::kStored) continue;
    const int quality = held.quality.value_or(10 * kQualityBin + kQualityBin);
    ++stats.quality[held.quality ? static_cast<size_t>(
                                       std::min(9, quality / kQualityBin))
                                 : 10];
  }
}

void CountEntry(const EntrySummary& entry, int64_t now_unix_ms,
                ListStats& stats) {
  ++stats.entries;
  ++stats.tallies[0][std::string(EntryStateName(entry.state))];
  ++stats.tallies[1][entry.provenance.source];
  ++stats.tallies[2][entry.provenance.import_id];
  for (const Classification& one : entry.classifications) {
    ++stats.tallies[3][one.scheme + " " + one.raw_value];
  }
  CountSignals(entry, stats);
  for (const std::string& flag : entry.flags) ++stats.tallies[5][flag];
  if (!entry.series.empty()) ++stats.tallies[6][entry.series];
  CountOpinions(entry, stats);
  if (entry.expires_unix_ms) {
    ++(*entry.expires_unix_ms <= now_unix_ms ? stats.expired : stats.expiring);
  }
  if (entry.details_bytes > 0) ++stats.with_details;
}

std::vector<std::pair<std::string, uint64_t>> MostFirst(const Tally& tally) {
  std::vector<std::pair<std::string, uint64_t>> all(tally.begin(), tally.end());
  std::ranges::stable_sort(
      all, [](const auto& a, const auto& b) { return a.second > b.second; });
  return all;
}

std::string JsonOf(const std::string& list, const ListStats& stats) {
  exchange::JsonWriter json;
  json.BeginObject().Field("list", list).Field("entries", stats.entries);
  for (size_t i = 0; i < kTallyNames.size(); ++i) {
    json.Key(kTallyNames[i]).BeginArray();
    for (const auto& [name, count] : MostFirst(stats.tallies[i])) {
      json.BeginObject().BytesField("name", name).Field("entries", count);
      json.EndObject();
    }
    json.EndArray();
  }
  json.Key("quality").BeginArray();
  for (size_t bin = 0; bin < stats.quality.size(); ++bin) {
    json.BeginObject().Field("name", BinName(bin));
    json.Field("entries", stats.quality[bin]).EndObject();
  }
  json.EndArray()
      .Field("opinions_for", stats.opinions_for)
      .Field("opinions_against", stats.opinions_against)
      .Field("opinions_mixed", stats.opinions_mixed)
      .Field("expired", stats.expired)
      .Field("expiring", stats.expiring)
      .Field("with_details", stats.with_details)
      .EndObject();
  return json.Finish();
}

std::string Share(uint64_t part, uint64_t whole) {
  const uint64_t permille = whole == 0 ? 0 : part * 1000 / whole;
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) +
         " %";
}

Status PutText(Context& context, const std::string& list,
               const ListStats& stats) {
  std::vector<std::vector<Cell>> rows;
  const auto row = [&](const std::string& kind, const std::string& name,
                       uint64_t count) {
    rows.push_back(
        {{kind}, {name}, {Count(count)}, {Share(count, stats.entries)}});
  };
  for (size_t i = 0; i < kTallyNames.size(); ++i) {
    const auto all = MostFirst(stats.tallies[i]);
    uint64_t others = 0;
    for (size_t j = 0; j < all.size(); ++j) {
      if (j < kLinesShown) {
        row(kTallyNames[i], all[j].first.empty() ? "-" : all[j].first,
            all[j].second);
      } else {
        others += all[j].second;
      }
    }
    if (others > 0) {
      row(kTallyNames[i], "(" + Count(all.size() - kLinesShown) + " others)",
          others);
    }
  }
  for (size_t bin = 0; bin < stats.quality.size(); ++bin) {
    if (stats.quality[bin] > 0) {
      row("quality", BinName(bin), stats.quality[bin]);
    }
  }
  for (const auto& [name, count] :
       {std::pair{"for", stats.opinions_for},
        {"against", stats.opinions_against},
        {"for and against", stats.opinions_mixed}}) {
    if (count > 0) row("opinions", name, count);
  }
  if (stats.expired > 0) row("expiry", "expired", stats.expired);
  if (stats.expiring > 0) row("expiry", "later", stats.expiring);
  KENAL_TRY(context.console.Put("list " + list + ": " + Count(stats.entries) +
                                " entries"));
  if (rows.empty()) return OkStatus();
  return PutTable(context.console,
                  {{.heading = "OF"},
                   {.heading = "WHAT", .shrinks = true},
                   {.heading = "ENTRIES", .right = true},
                   {.heading = "SHARE", .right = true}},
                  rows);
}

StatusOr<int> RunStats(Context& context, const std::string& list) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  ListStats stats;
  const int64_t now_unix_ms = base::NowUnixMs();
  KENAL_TRY(ForEachEntry(context, *store.curator, list, false, "stats",
                         [&](ListedEntry& entry) {
                           CountEntry(entry.summary, now_unix_ms, stats);
                           return OkStatus();
                         }));
  KENAL_TRY(context.json ? context.console.Put(JsonOf(list, stats))
                         : PutText(context, list, stats));
  return kExitDone;
}

}  // namespace

void AddListStats(CLI::App& list, Context& context) {
  CLI::App* command = list.add_subcommand(
      "stats", "Count the entries of a list by what they say");
  const auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name, "The list")->required();
  command->footer(
      R"(By state, source, import, class, kind of hash, flag, series, quality of
the PDQ, opinions and expiry. Reads the whole list, and no hashes.

Example:
  kenal list stats hotline
  kenal --json list stats hotline | jq .class)");
  command->callback([&context, name] {
    context.run = [&context, name] { return RunStats(context, *name); };
  });
}

}  // namespace kenal::cli
