#include "tools/kenal/answers.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "src/base/check.h"
#include "src/exchange/fields.h"
#include "src/exchange/query_line.h"
#include "src/exchange/text.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

// Answers are worth a call of their own when they are further apart; one call
// to a server takes about a tenth of this.
constexpr std::chrono::milliseconds kFlushInterval{20};
constexpr size_t kRowsMax = 5;  // of one input, in a table for people

Colour ColourOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact:
      return Colour::kRed;
    case Verdict::kNear:
      return Colour::kYellow;
    case Verdict::kUnavailable:
      return Colour::kMagenta;
    case Verdict::kTest:
      return Colour::kCyan;
    case Verdict::kNoKnownMatch:
      return Colour::kPlain;
  }
  return Colour::kPlain;
}

bool IsForReview(const Answer& answer) { return answer.tier == Tier::kReview; }

// "NEAR", or "NEAR (review)" when nothing firmer is behind it.
std::string VerdictText(Verdict verdict, bool for_review) {
  return std::string(VerdictName(verdict)) + (for_review ? " (review)" : "");
}

// "report", or "allow (overruled by own/4)".
std::string LabelText(const Match& match) {
  if (!match.overruled_by) return match.action_label;
  const OverruledBy& by = *match.overruled_by;
  return (match.action_label.empty() ? "" : match.action_label + " ") +
         "(overruled by " + by.list + "/" + exchange::EntryName(by.entry) + ")";
}

// All that one entry was met by.
struct EntryRow {
  const Match* match = nullptr;
  std::string digests;
  std::string near;
  std::string distance;
  std::string label;
};

std::vector<EntryRow> RowsOf(const Answer& answer) {
  std::vector<EntryRow> rows;
  for (const Match& match : answer.matches) {
    auto row = std::ranges::find_if(rows, [&](const EntryRow& each) {
      return each.match->entry == match.entry && each.match->list == match.list;
    });
    if (row == rows.end()) row = rows.insert(rows.end(), {.match = &match});
    const std::string label = LabelText(match);
    if (row->label.find(label) == std::string::npos) {
      row->label += (row->label.empty() ? "" : ", ") + label;
    }
    if (match.transform) {
      row->near = HowText(*match.transform);
      if (match.tier == Tier::kReview) row->near = "review: " + row->near;
      if (match.second_opinion) {
        row->near += "; " + OpinionText(*match.second_opinion);
      }
      row->distance = match.distance ? std::to_string(*match.distance) : "";
    } else if (match.signal == SignalType::kPdq) {  // How is withheld.
      row->near = match.tier == Tier::kReview ? "review: near" : "near";
    } else {
      if (!row->digests.empty()) row->digests += ", ";
      row->digests += SignalTypeName(match.signal);
    }
  }
  return rows;
}

std::string RowText(const EntryRow& row) {
  std::string text;
  if (!row.digests.empty()) text = "same file (" + row.digests + ")";
  if (!row.near.empty()) text += (text.empty() ? "" : "; ") + row.near;
  const Match& match = *row.match;
  if (match.state == EntryState::kDisputed) text += "; disputed";
  if (match.shadow) text += "; shadow";
  if (!row.label.empty()) text += "; " + row.label;
  return text;
}

// Why a verdict is not what one would think, in a few words.
std::string Remark(const Answer& answer) {
  for (const Check& check : answer.checks) {
    if (check.signal != SignalType::kPdq || check.reason.empty()) continue;
    std::string text = check.reason;
    std::ranges::replace(text, '_', ' ');
    return "pdq: " + text;
  }
  return "";
}

// "nsrl (md5, sha1), own", or nothing.
std::string KnownGoodText(const std::vector<KnownGood>& known) {
  std::string text;
  std::string_view list;
  for (const KnownGood& one : known) {
    const bool again = !text.empty() && one.list == list;
    list = one.list;
    if (again && one.signal) {
      text.insert(text.size() - 1,
                  ", " + std::string(SignalTypeName(*one.signal)));
      continue;
    }
    text += (text.empty() ? "" : ", ") + one.list;
    if (one.shadow) text += " in shadow";
    if (one.signal) {
      text += " (" + std::string(SignalTypeName(*one.signal)) + ")";
    }
  }
  return text;
}

// Of an answer's first row: what it says, and who knows the file as good.
std::string WithKnownGood(std::string text, const Answer& answer) {
  if (answer.known_good.empty()) return text;
  text += text.empty() ? "" : "; ";
  return text + "known good: " + KnownGoodText(answer.known_good);
}

struct Reason {
  std::string_view code;
  std::string_view text;
  std::string_view texts;
};
// In the order of the summary. Codes come from outside as well, so others are
// counted together.
constexpr Reason kReasons[] = {
    {"not_a_picture", "not a picture", "not pictures"},
    {"unreadable", "unreadable", "unreadable"},
    {"empty", "empty", "empty"},
    {"unsupported", "unsupported", "unsupported"},
    {"damaged", "damaged", "damaged"},
    {"too_large", "too large", "too large"},
    {"timed_out", "timed out", "timed out"},
    {"decoder_died", "decoder died", "decoder died"},
    {exchange::kBadLineCode, "bad line", "bad lines"},
    {"", "failed otherwise", "failed otherwise"},
};

}  // namespace

void AddAskOptions(CLI::App& command, Context& context, AskFlags& flags,
                   const std::string& input) {
  command
      .add_option("--limit", flags.limit,
                  "Matches to print for each " + input +
                      ", 1 to 1,000,000\n(100 when not given); the verdict "
                      "is made from all")
      ->type_name("N")
      ->check(CLI::Range(1, MatchOptions::kLimitMax).description(""));
  AddEffortOption(command, flags.effort);
  command
      .add_option("--radius", flags.radius_bits,
                  "Instead of every list's radius and review radius, 0 to\n"
                  "63; what a list itself would not match is for review.\n"
                  "A server allows it to the role investigate")
      ->type_name("N")
      ->check(CLI::Range(0, kRadiusBitsMax).description(""));
  command
      .add_option("--region", flags.region,
                  "Where the content was met (ISO 3166-1, such as US):\n"
                  "lists kept to other regions are not asked")
      ->type_name("XX");
  command
      .add_option("--work-class", context.work_class,
                  "Whose turn it is when a server is busy: live, or bulk\n"
                  "for scans that nobody waits for (when not given: live\n"
                  "for one " +
                      input + ", bulk for more)")
      ->type_name("live|bulk")
      ->check(CLI::IsMember({"live", "bulk"}).description(""));
  command.add_flag("--fail-on-match", flags.fail_on_match,
                   "Exit with 10 when something matched a list that is\nnot "
                   "known-benign, also when only for review");
}

StatusOr<AskOptions> OptionsOf(const AskFlags& flags) {
  AskOptions options{.match = {.limit = flags.limit},
                     .fail_on_match = flags.fail_on_match};
  KENAL_TRY_ASSIGN(options.match.effort, ParseEffort(flags.effort));
  if (flags.radius_bits) options.match.radius = Radius{*flags.radius_bits};
  if (flags.region.empty()) return options;
  const Status region = CheckRegion(flags.region);
  if (!region.ok()) {
    return InvalidArgument("--region: " + std::string(region.message()));
  }
  options.match.region = flags.region;
  return options;
}

bool IsMatched(const Answer& answer) {
  if (answer.verdict == Verdict::kExact || answer.verdict == Verdict::kNear ||
      answer.verdict == Verdict::kTest) {
    return true;
  }
  return std::ranges::any_of(answer.matches, [](const Match& match) {
    return match.purpose != Purpose::kKnownBenign && !match.shadow;
  });
}

size_t BatchSizeMax(int limit) {
  KENAL_CHECK(limit >= 1 && limit <= MatchOptions::kLimitMax);
  return std::min(Matcher::kBatchSizeMax,
                  static_cast<size_t>(MatchOptions::kLimitMax / limit));
}

void FailureCounts::Add(std::string_view code) {
  const auto known = std::ranges::find(kReasons, code, &Reason::code);
  const bool other = known == std::end(kReasons);
  ++counts_[static_cast<size_t>((other ? std::end(kReasons) - 1 : known) -
                                std::begin(kReasons))];
}

std::string FailureCounts::Text() const {
  std::string text;
  for (const auto& [position, count] : counts_) {
    const Reason& reason = kReasons[position];
    text += (text.empty() ? "" : ", ") + Count(count) + " " +
            std::string(count == 1 ? reason.text : reason.texts);
  }
  return text;
}

Asker::Asker(Context& context, Matcher& matcher, const AskOptions& options,
             size_t name_width)
    : context_(context),
      matcher_(matcher),
      options_(options),
      rows_(context.console,
            {{.heading = "INPUT", .width = name_width, .shrinks = true},
             {.heading = "VERDICT", .width = 14},
             {.heading = "DISTANCE", .right = true},
             {.heading = "LIST", .width = 12},
             {.heading = "ENTRY", .right = true},
             {.heading = "HOW"}}),
      last_flush_(std::chrono::steady_clock::now()) {}

Status Asker::Add(exchange::Input input, SignalSet&& signals) {
  inputs_.push_back(std::move(input));
  signals_.push_back(std::move(signals));
  const auto age = std::chrono::steady_clock::now() - last_flush_;
  if (signals_.size() < BatchSizeMax(options_.match.limit) &&
      age < kFlushInterval) {
    return OkStatus();
  }
  return Flush();
}

Status Asker::Flush() {
  last_flush_ = std::chrono::steady_clock::now();
  if (signals_.empty()) return OkStatus();
  KENAL_TRY_ASSIGN(const std::vector<Answer> answers,
                   matcher_.MatchBatch(signals_, options_.match));
  KENAL_CHECK(answers.size() == inputs_.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    KENAL_TRY(PutAnswer(inputs_[i], answers[i]));
  }
  inputs_.clear();
  signals_.clear();
  return context_.console.Flush();
}

Status Asker::PutAnswer(const exchange::Input& input, const Answer& answer) {
  const std::string name =
      input.path.empty() ? "line " + std::to_string(input.line) : input.path;
  SayWhatFailed(name, input, answer);
  ++answered_;
  ++verdicts_[{answer.verdict, IsForReview(answer)}];
  sequence_ = answer.sequence;
  SayNotAsked(answer);
  some_failed_ =
      some_failed_ || input.failure || answer.verdict == Verdict::kUnavailable;
  some_matched_ = some_matched_ || IsMatched(answer);
  if (context_.json) {
    return context_.console.Put(exchange::WriteAnswerLine(input, answer));
  }
  NoteSkipped(answer);
  return PutRows(name, answer);
}

void Asker::SayWhatFailed(const std::string& name, const exchange::Input& input,
                          const Answer& answer) {
  const bool unavailable = answer.verdict == Verdict::kUnavailable;
  if (input.failure) {
    SayFailure(context_.console, name, *input.failure);
    failures_.Add(input.failure->code);
  } else if (unavailable && answer.damaged) {
    context_.console.Say(name +
                         ": could not be checked: the picture is damaged and "
                         "only a part of it could be compared; look at it");
    failures_.Add("damaged");
  } else if (unavailable) {
    context_.console.Say(name + ": could not be checked: " + Remark(answer));
    failures_.Add("");
  } else if (answer.damaged) {
    SayDamaged(context_.console, name);
  }
}

Status Asker::PutRows(const std::string& name, const Answer& answer) {
  if (!has_headings_) KENAL_TRY(rows_.PutHeadings());
  has_headings_ = true;
  const Cell verdict{VerdictText(answer.verdict, IsForReview(answer)),
                     ColourOf(answer.verdict)};
  const std::vector<EntryRow> rows = RowsOf(answer);
  if (rows.empty()) {
    return rows_.PutRow(
        {{name}, verdict, {}, {}, {}, {WithKnownGood(Remark(answer), answer)}});
  }
  const size_t shown = std::min(rows.size(), kRowsMax);
  for (size_t i = 0; i < shown; ++i) {
    const EntryRow& row = rows[i];
    const bool first = i == 0;
    KENAL_TRY(rows_.PutRow(
        {{first ? name : ""},
         first ? verdict : Cell{},
         {row.distance},
         {row.match->list},
         {exchange::EntryName(row.match->entry)},
         {first ? WithKnownGood(RowText(row), answer) : RowText(row)}}));
  }
  if (shown == rows.size() && !answer.truncated) return OkStatus();
  return rows_.PutRow({{},
                       {},
                       {},
                       {},
                       {},
                       {"... " + Count(answer.match_count) +
                        " matches in all; --json and --limit show more"}});
}

void Asker::SayNotAsked(const Answer& answer) {
  for (const KnownGood& failed : answer.known_good_failed) {
    if (!not_asked_.insert(failed.list).second) continue;
    context_.console.Say("list " + failed.list +
                         ": a known-good file of it is damaged and was not "
                         "asked; see kenal known-good check");
  }
}

void Asker::NoteSkipped(const Answer& answer) {
  for (const SkippedList& skipped : answer.lists_skipped) {
    if (!skipped_lists_.insert(skipped.list).second) continue;
    context_.console.Note("list " + skipped.list +
                          " was not asked: " + skipped.reason);
  }
}

StatusOr<int> Asker::Finish() {
  KENAL_TRY(Flush());
  if (!context_.json && answered_ > 0) {
    std::string text;
    for (const auto& [kind, count] : verdicts_) {
      text += (text.empty() ? "" : ", ") + Count(count) + " " +
              VerdictText(kind.first, kind.second);
    }
    const std::string failures = failures_.Text();
    if (!failures.empty()) text += "; failed: " + failures;
    context_.console.Note(text + "; lists as of sequence " +
                          std::to_string(sequence_.value));
  }
  return ExitCodeOf(some_failed_, options_.fail_on_match && some_matched_);
}

}  // namespace kenal::cli
