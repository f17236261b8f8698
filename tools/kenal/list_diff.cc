#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "src/exchange/fields.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "tools/kenal/content_keys.h"
#include "tools/kenal/entries.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/list_commands.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

struct Options {
  std::string a;
  std::string b;
  bool summary = false;
};

struct Counts {
  uint64_t only_a = 0;
  uint64_t only_b = 0;
  uint64_t same = 0;
  uint64_t differ = 0;
};

// What is compared of an entry beside its content.
std::vector<std::string> Differences(const EntrySummary& a,
                                     const EntrySummary& b) {
  std::vector<std::string> out;
  const auto differ = [&](const char* what, bool equal) {
    if (!equal) out.emplace_back(what);
  };
  auto classes = [](const EntrySummary& entry) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const Classification& one : entry.classifications) {
      all.emplace_back(one.scheme, one.raw_value);
    }
    std::ranges::sort(all);
    return all;
  };
  auto flags = [](const EntrySummary& entry) {
    std::vector<std::string> all = entry.flags;
    std::ranges::sort(all);
    return all;
  };
  differ("state", a.state == b.state);
  differ("classifications", classes(a) == classes(b));
  differ("series", a.series == b.series);
  differ("flags", flags(a) == flags(b));
  differ("signals", a.signals == b.signals);
  differ("expiry", a.expires_unix_ms == b.expires_unix_ms);
  return out;
}

class Differ {
 public:
  Differ(Context& context, Curator& curator, const Options& options)
      : context_(context), curator_(curator), options_(options) {}

  StatusOr<int> Run() {
    KENAL_TRY(Read(options_.a, [&](ListedEntry& entry) {
      of_a_.Add(entry.secrets->signals, entry.summary.id.serial());
      return OkStatus();
    }));
    of_a_.Sort();
    KENAL_TRY(
        Read(options_.b, [&](ListedEntry& entry) { return Compare(entry); }));
    std::ranges::sort(met_);
    KENAL_TRY(Read(options_.a, [&](ListedEntry& entry) {
      if (std::ranges::binary_search(met_, entry.summary.id.serial())) {
        return OkStatus();
      }
      ++counts_.only_a;
      return PutOne("-", options_.a, entry.summary);
    }));
    KENAL_TRY(PutSummary());
    return kExitDone;
  }

 private:
  Status Read(const std::string& list,
              const std::function<Status(ListedEntry&)>& each) {
    return ForEachEntry(context_, curator_, list, true, "diff", each);
  }

  Status Compare(const ListedEntry& entry) {
    const std::vector<uint64_t> found =
        of_a_.Find(ContentKeysOf(entry.secrets->signals));
    if (found.empty()) {
      ++counts_.only_b;
      return PutOne("+", options_.b, entry.summary);
    }
    met_.insert(met_.end(), found.begin(), found.end());
    KENAL_TRY_ASSIGN(
        const EntrySummary first,
        curator_.GetEntry(options_.a, std::to_string(found.front())));
    const std::vector<std::string> differences =
        Differences(first, entry.summary);
    ++(differences.empty() ? counts_.same : counts_.differ);
    return differences.empty() ? OkStatus()
                               : PutBoth(first, entry.summary, differences);
  }

  Status PutOne(const char* mark, const std::string& list,
                const EntrySummary& entry) {
    if (options_.summary) return OkStatus();
    if (context_.json) {
      exchange::JsonWriter json;
      json.BeginObject()
          .Field("only_in", list)
          .Field("entry", exchange::EntryName(entry.id))
          .OptionalField("source_id", entry.source_id)
          .Field("state", EntryStateName(entry.state))
          .EndObject();
      return context_.console.Put(json.Finish());
    }
    return context_.console.Put(std::string(mark) + " " + list + "/" +
                                exchange::EntryName(entry.id) + "  " +
                                std::string(EntryStateName(entry.state)) +
                                "  " + exchange::ForDisplay(entry.source_id));
  }

  Status PutBoth(const EntrySummary& a, const EntrySummary& b,
                 const std::vector<std::string>& differences) {
    if (options_.summary) return OkStatus();
    if (context_.json) {
      exchange::JsonWriter json;
      json.BeginObject()
          .Field("in", options_.a)
          .Field("entry", exchange::EntryName(a.id))
          .Field("and_in", options_.b)
          .Field("other_entry", exchange::EntryName(b.id))
          .Key("differ")
          .BeginArray();
      for (const std::string& what : differences) json.Text(what);
      json.EndArray().EndObject();
      return context_.console.Put(json.Finish());
    }
    std::string text;
    for (const std::string& what : differences) {
      text += (text.empty() ? "" : ", ") + what;
    }
    return context_.console.Put(
        "~ " + options_.a + "/" + exchange::EntryName(a.id) + " " + options_.b +
        "/" + exchange::EntryName(b.id) + "  differ in " + text);
  }

  Status PutSummary() {
    if (context_.json) {
      exchange::JsonWriter json;
      json.BeginObject()
          .Field("a", options_.a)
          .Field("b", options_.b)
          .Field("only_a", counts_.only_a)
          .Field("only_b", counts_.only_b)
          .Field("same", counts_.same)
          .Field("differ", counts_.differ)
          .EndObject();
      return context_.console.Put(json.Finish());
    }
    return context_.console.Put(
        Count(counts_.only_a) + " only on " + options_.a + ", " +
        Count(counts_.only_b) + " only on " + options_.b + ", " +
        Count(counts_.same) + " on both alike, " + Count(counts_.differ) +
        " on both and told otherwise");
  }

  Context& context_;
  Curator& curator_;
  const Options& options_;
  ContentIndex of_a_;
  std::vector<uint64_t> met_;  // serials of a
  Counts counts_;
};

}  // namespace

void AddListDiff(CLI::App& list, Context& context) {
  CLI::App* command =
      list.add_subcommand("diff", "Tell what one list has and another has not");
  const auto options = std::make_shared<Options>();
  command->add_option("A", options->a, "A list")->required();
  command->add_option("B", options->b, "Another list")->required();
  command->add_flag("--summary", options->summary, "The counts alone");
  command->footer(
      R"(Entries are of the same content when a digest of theirs is equal, or,
of those without digests, the PDQ. Of these, state, class, series, flags,
kinds of hashes and expiry are compared. A server gives the hashes that this
needs to the role export alone.

Example:
  kenal list diff hotline police
  kenal --json list diff hotline police --summary)");
  command->callback([&context, options] {
    context.run = [&context, options]() -> StatusOr<int> {
      KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
      return Differ(context, *store.curator, *options).Run();
    };
  });
}

}  // namespace kenal::cli
