#include "kenal/explain.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "src/exchange/explain_json.h"
#include "src/exchange/text.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/explain_file.h"
#include "tools/kenal/explain_text.h"
#include "tools/kenal/plot.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

struct Options {
  std::string a;
  std::string b;
  std::string list;
  std::string effort{EffortName(MatchOptions{}.effort)};
  std::string plot;
};

// What two pictures are held against without a list: a new list's policy, with
// a review radius so that near misses show.
constexpr Radius kReviewRadiusOfNobody{50};

struct EntryName {
  std::string list;
  std::string reference;
};

// B when it names an entry: LIST/SERIAL or LIST/source:ID.
std::optional<EntryName> ParseEntryName(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  EntryName name{text.substr(0, slash), text.substr(slash + 1)};
  const bool serial =
      !name.reference.empty() &&
      name.reference.find_first_not_of("0123456789") == std::string::npos;
  if (!serial && !name.reference.starts_with("source:")) return std::nullopt;
  if (!CheckListName(name.list).ok()) return std::nullopt;
  return name;
}

// B, of which one of the two is set.
struct Other {
  std::optional<EntryName> entry;
  std::string path;
};

// As many hex digits in a row as the shortest digest has.
bool MayHoldHash(std::string_view text) {
  size_t digits = 0;
  for (const char c : text) {
    digits = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    if (digits == 2 * Md5::kSizeBytes) return true;
  }
  return false;
}

// A hash given by mistake is not repeated.
Status CheckIsNoHash(std::string_view name, const std::string& text) {
  std::error_code error;
  if (!MayHoldHash(text) || std::filesystem::exists(text, error)) {
    return OkStatus();
  }
  return InvalidArgument(std::string(name) +
                         " looks like a hash, and there is no such file; it "
                         "takes a picture file" +
                         (name == "B" ? ", or an entry such as demo/17" : ""));
}

// A file goes before an entry of that name.
StatusOr<Other> FindOther(const Options& options) {
  std::error_code error;
  if (std::filesystem::exists(options.b, error))
    return Other{.path = options.b};
  std::optional<EntryName> entry = ParseEntryName(options.b);
  if (!entry) {
    KENAL_TRY(CheckIsNoHash("B", options.b));
    // What looks like no path may be a hash by mistake.
    const bool is_path = options.b.find_first_of("/.") != std::string::npos;
    return NotFound((is_path ? options.b : WordForMessage(options.b)) +
                    ": no such file, and no entry, which is written "
                    "LIST/NUMBER or LIST/source:ID, such as demo/17");
  }
  if (!options.list.empty()) {
    return InvalidArgument(
        "an entry is held against the policy of its own list; leave out "
        "--list");
  }
  return Other{.entry = std::move(entry)};
}

// Said before a picture is decoded, and without long words: they may be hashes.
Status CheckEntry(Curator& curator, const EntryName& name) {
  const auto found = curator.GetEntry(name.list, name.reference);
  if (found.ok()) return OkStatus();
  std::string message(found.status().message());
  message = WithoutLongWord(std::move(message), name.reference);
  return Status(found.status().code(),
                WithoutLongWord(std::move(message), name.list));
}

StatusOr<ListPolicy> PolicyFor(Context& context, const Options& options) {
  if (options.list.empty()) {
    return ListPolicy{.review_radius = kReviewRadiusOfNobody};
  }
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(ListInfo list, store.curator->GetList(options.list));
  return list.policy;
}

// The signals of one file, and whether all of it could be looked at.
struct Looked {
  SignalSet signals;
  std::optional<Region> middle;  // for the plot
  bool failed = false;
};

// `views` beside the whole picture. The middle is looked at for the plot, from
// which it tells the upright size.
Looked LookAt(Context& context, Hasher& hasher, const std::string& path,
              ViewSet views) {
  const HashWork work{.views = views | ViewSet{View::kCentral95},
                      .second_opinion = true};
  Looked looked{.signals = hasher.HashFile(path, work)};
  for (const PdqView& pdq : looked.signals.pdq) {
    if (pdq.view == View::kCentral95) looked.middle = pdq.region;
  }
  std::erase_if(looked.signals.pdq, [&](const PdqView& pdq) {
    return !(views | kWholeViews).Contains(pdq.view);
  });
  const SignalSet& signals = looked.signals;
  if (signals.pdq_failure) {
    SayFailure(context.console, path, *signals.pdq_failure);
    looked.failed = true;
  } else if (signals.picture && signals.picture->damaged) {
    SayDamaged(context.console, path);
  }
  return looked;
}

std::string SizeText(const SignalSet& signals) {
  if (!signals.picture || signals.picture->width == 0) return "";
  return "  " + signals.picture->format + " " +
         std::to_string(signals.picture->width) + " x " +
         std::to_string(signals.picture->height);
}

Status PutText(Context& context, const Explained& explained,
               const std::string& a, const std::string& b) {
  Console& console = context.console;
  const Explanation& why = explained.explanation;
  const std::string whose = explained.list.empty()
                                ? "--list NAME takes a list's own"
                                : "list " + explained.list;
  KENAL_TRY(console.Put("A        " + exchange::ForDisplay(a)));
  KENAL_TRY(console.Put("B        " + exchange::ForDisplay(b)));
  KENAL_TRY(
      console.Put("policy   " + PolicyText(why.policy) + "  (" + whose + ")"));
  KENAL_TRY(
      console.Put("effort   " + std::string(EffortName(explained.effort))));
  for (const DigestComparison& digest : why.digests) {
    const std::string name(SignalTypeName(digest.type));
    KENAL_TRY(console.Put(name + std::string(9 - name.size(), ' ') +
                          (digest.equal ? "equal" : "differs")));
  }
  if (!why.views.empty()) {
    KENAL_TRY(console.Put(""));
    KENAL_TRY(PutComparisons(console, why));
  }
  KENAL_TRY(console.Put(""));
  for (const std::string& line : Conclusions(explained)) {
    KENAL_TRY(console.Put(line));
  }
  return OkStatus();
}

// What is said of a view in the plot: its nearest comparison.
std::map<View, PlotNote> NotesOf(const Explanation& why,
                                 View Transform::*side) {
  std::map<View, PlotNote> notes;
  for (const Comparison& pair : why.views) {
    notes.emplace(pair.how.*side, PlotNote{pair.finding, pair.distance});
  }
  return notes;
}

PlotPicture PlotOf(const std::string& title, const std::string& path,
                   const Looked& looked, const Explanation& why,
                   View Transform::*side) {
  return {.title = title,
          .path = path,
          .signals = looked.signals,
          .size = UprightSizeOf(looked.signals, looked.middle),
          .notes = NotesOf(why, side)};
}

StatusOr<int> RunExplain(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Effort effort, ParseEffort(options.effort));
  if (!options.plot.empty()) {
    const std::string own[] = {options.a, options.b};
    KENAL_TRY(CheckPlotPath(options.plot, own));
  }
  KENAL_TRY(CheckIsNoHash("A", options.a));
  if (options.b.empty()) {
    if (!options.list.empty() || !options.plot.empty()) {
      return InvalidArgument(
          "--list and --plot hold A against B; give B, or leave them out");
    }
    return ExplainFile(context, options.a, effort);
  }
  KENAL_TRY_ASSIGN(const Other other, FindOther(options));
  std::optional<Store> store;
  ListPolicy policy;
  if (other.entry) {
    KENAL_TRY_ASSIGN(store, context.OpenStore());
    KENAL_TRY(CheckEntry(*store->curator, *other.entry));
  } else {
    KENAL_TRY_ASSIGN(policy, PolicyFor(context, options));
  }
  KENAL_TRY_ASSIGN(const auto hasher, Hasher::Start({.worker_count = 1}));
  // All views, so that it can be said what more effort would find.
  const Looked a =
      LookAt(context, *hasher, options.a, QueryViews(Effort::kThorough));
  Looked b;
  Explained explained{.effort = effort, .list = options.list};
  exchange::Compared compared{.path = options.a};
  std::string about_b;
  if (other.entry) {
    compared.list = explained.list = other.entry->list;
    compared.reference = other.entry->reference;
    KENAL_TRY_ASSIGN(
        explained.explanation,
        store->matcher->Explain(a.signals, compared.list, compared.reference,
                                {.effort = effort}));
    about_b = options.b + "  " +
              std::string(EntryStateName(*explained.explanation.entry_state));
  } else {
    compared.other_path = options.b;
    b = LookAt(context, *hasher, options.b, policy.stored_views);
    explained.explanation = Explain(a.signals, b.signals, policy, effort);
    about_b = options.b + SizeText(b.signals);
  }
  if (context.json) {
    compared.outcome = exchange::OutcomeOf(a.signals);
    compared.other_outcome = exchange::OutcomeOf(b.signals);
    KENAL_TRY(context.console.Put(
        exchange::WriteExplanationLine(compared, explained.explanation)));
  } else if (a.signals.HasSignal() && (other.entry || b.signals.HasSignal())) {
    KENAL_TRY(
        PutText(context, explained, options.a + SizeText(a.signals), about_b));
  }
  if (!options.plot.empty() && !a.signals.pdq.empty()) {
    const Explanation& why = explained.explanation;
    std::vector<PlotPicture> pictures = {
        PlotOf("A", options.a, a, why, &Transform::query_view)};
    if (!b.signals.pdq.empty()) {
      pictures.push_back(
          PlotOf("B", options.b, b, why, &Transform::entry_view));
    }
    KENAL_TRY(WritePlot(options.plot, pictures));
    context.console.Note("wrote " + options.plot + "; a web browser shows it");
  }
  return ExitCodeOf(a.failed || b.failed, false);
}

}  // namespace

void AddExplain(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say why a file is known or not, or why two pictures match");
  const auto options = std::make_shared<Options>();
  command->add_option("A", options->a, "A picture file, as `match` gets it")
      ->required();
  command->add_option(
      "B", options->b,
      "A picture file, looked at as a list would keep it; or an\n"
      "entry, LIST/NUMBER or LIST/source:ID. Without it A is\n"
      "held against all lists, step by step");
  AddEffortOption(*command, options->effort);
  command
      ->add_option("--list", options->list,
                   "Hold two pictures against this list's policy (radius 31,\n"
                   "review radius 50 and no store needed when not given)")
      ->type_name("NAME");
  command
      ->add_option("--plot", options->plot,
                   "Draw the views of A, and of B when it is a file, into\n"
                   "this SVG; it refers to the files and holds nothing of\n"
                   "them, and a list's picture is never shown")
      ->type_name("OUT.svg");
  command->footer(R"(A view is a part of the picture that has a hash of its own.
DISTANCE is how many of 256 bits differ in the nearest turn or mirror; of an
entry that is not met, only about (~), since its hashes are secrets.
  match          within the radius
  review         within the review radius: a person should look
  too far        beyond both
  flat           a side has quality 49 or below: too little detail
  template like  a side has few flat tones and is a part of a picture, which
                 makes no near match, or is within the review radius only
  not compared   beyond the effort asked for, or that the list allows

Example:
  kenal explain copy.jpg
  kenal explain copy.jpg original.jpg
  kenal explain copy.jpg demo/17 --effort thorough --plot views.svg)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunExplain(context, *options); };
  });
}

}  // namespace kenal::cli
