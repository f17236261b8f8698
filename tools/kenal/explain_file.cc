#include "tools/kenal/explain_file.h"

#include <algorithm>
#include <utility>

#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

constexpr size_t kMatchesSaid = 20;

std::string Named(std::string_view code) {
  std::string text(code);
  std::ranges::replace(text, '_', ' ');
  return text;
}

ExplainStep Digests(const SignalSet& signals) {
  ExplainStep step{.name = "digests"};
  if (signals.sha256) {
    step.said.push_back(
        "MD5, SHA-1 and SHA-256 were taken in one pass over its bytes.");
  } else {
    step.said.push_back("It could not be read, so there are no digests.");
  }
  return step;
}

ExplainStep Picture(const SignalSet& signals) {
  ExplainStep step{.name = "picture"};
  if (signals.picture && signals.picture->width > 0) {
    step.said.push_back("Decoded as " + signals.picture->format + ", " +
                        std::to_string(signals.picture->width) + " x " +
                        std::to_string(signals.picture->height) + " pixels.");
    if (signals.picture->damaged) {
      step.said.push_back(
          "It is damaged: only a part could be decoded and is compared.");
    }
  }
  if (signals.pdq_failure) {
    step.said.push_back("No PDQ: " + signals.pdq_failure->message + " (" +
                        Named(signals.pdq_failure->code) + ").");
  }
  return step;
}

ExplainStep Views(const SignalSet& signals, Effort effort) {
  ExplainStep step{.name = "views"};
  for (const PdqView& pdq : signals.pdq) {
    std::string line = std::string(ViewName(pdq.view)) + ": ";
    line += pdq.quality ? "quality " + std::to_string(*pdq.quality)
                        : "quality not known";
    if (pdq.template_like.value_or(false)) line += ", of few flat tones";
    if (!MakesNearMatches(pdq)) {
      line += pdq.quality.value_or(100) <= kFlatQualityMax
                  ? "; too little detail (49 or below), so it makes no near "
                    "match"
                  : "; alike without being a copy, so it makes no near match";
    } else if (ComparesVariants(effort, pdq.view)) {
      line += "; compared in its eight turns and mirrors";
    } else {
      line += "; compared as it is";
    }
    step.said.push_back(line + ".");
  }
  if (step.said.empty())
    step.said.push_back("None: nothing to compare by PDQ.");
  return step;
}

ExplainStep Lists(const std::vector<ListInfo>& lists, const Answer& answer) {
  ExplainStep step{.name = "lists"};
  for (const ListInfo& list : lists) {
    const auto skipped =
        std::ranges::find(answer.lists_skipped, list.name, &SkippedList::list);
    const uint64_t entries = list.counts.active + list.counts.disputed;
    std::string line = list.name + " (" +
                       std::string(PurposeName(list.purpose)) + ", " +
                       std::to_string(entries) +
                       (entries == 1 ? " entry" : " entries") + "): ";
    if (skipped != answer.lists_skipped.end()) {
      line += "not asked, " + Named(skipped->reason);
    } else {
      line += "asked; " + PolicyText(list.policy);
    }
    step.said.push_back(line + ".");
  }
  if (step.said.empty()) step.said.push_back("There are no lists.");
  return step;
}

ExplainStep Checks(const Answer& answer) {
  ExplainStep step{.name = "checks"};
  for (const Check& check : answer.checks) {
    std::string line = std::string(SignalTypeName(check.signal)) + ": " +
                       Named(CheckStateName(check.state));
    if (!check.reason.empty()) line += ", " + Named(check.reason);
    if (!check.message.empty()) line += " (" + check.message + ")";
    step.said.push_back(line + ".");
  }
  return step;
}

std::string About(const Match& match) {
  std::string line = match.list + "/" + std::to_string(match.entry.serial()) +
                     " by " + std::string(SignalTypeName(match.signal));
  if (match.signal != SignalType::kPdq) {
    line += ": equal";
  } else if (match.distance) {
    line += ": " + std::to_string(*match.distance) + " of 256 bits differ";
  }
  if (match.transform) {
    line += ", " + std::string(ViewName(match.transform->query_view));
    if (match.transform->query_variant != Variant::kOrig) {
      line +=
          " turned " + std::string(VariantName(match.transform->query_variant));
    }
    line +=
        " against its " + std::string(ViewName(match.transform->entry_view));
  }
  line += "; " + std::string(TierName(match.tier));
  if (match.state != EntryState::kActive) {
    line += "; " + std::string(EntryStateName(match.state));
  }
  if (match.shadow) line += "; shadow mode, changes no verdict";
  if (match.overruled_by) line += "; overruled by " + match.overruled_by->list;
  if (!match.action_label.empty()) line += "; label " + match.action_label;
  return line + ".";
}

ExplainStep Matches(const Answer& answer) {
  ExplainStep step{.name = "matches"};
  for (const Match& match : answer.matches) {
    if (step.said.size() == kMatchesSaid) break;
    step.said.push_back(About(match));
  }
  if (answer.match_count > step.said.size()) {
    step.said.push_back("And " +
                        std::to_string(answer.match_count - step.said.size()) +
                        " more.");
  }
  if (answer.matches.empty()) {
    step.said.push_back(
        "No entry has an equal digest, and none is within the radius of its "
        "list. `kenal explain FILE LIST/NUMBER` tells how far one entry is.");
  }
  for (const KnownGood& known : answer.known_good) {
    step.said.push_back(known.list +
                        " knows it as a harmless file, which changes nothing "
                        "of the verdict.");
  }
  return step;
}

ExplainStep Verdicts(const Answer& answer) {
  ExplainStep step{.name = "verdict"};
  const std::string name(VerdictName(answer.verdict));
  switch (answer.verdict) {
    case Verdict::kExact:
      step.said.push_back(name +
                          ": a digest is on a child-abuse list, which "
                          "goes before everything else.");
      break;
    case Verdict::kNear:
      step.said.push_back(
          name + (answer.tier == Tier::kReview
                      ? ": only within a review radius; a person should look."
                      : ": no digest is listed, and a PDQ is within the radius "
                        "of a child-abuse list."));
      break;
    case Verdict::kUnavailable:
      step.said.push_back(name +
                          ": nothing was hit, and a check that was "
                          "needed failed; it is not a pass.");
      break;
    case Verdict::kTest:
      step.said.push_back(name + ": only test lists were hit.");
      break;
    case Verdict::kNoKnownMatch:
      step.said.push_back(
          name +
          ": every needed check was done and nothing was hit. That does "
          "not say that the content is harmless.");
      break;
  }
  return step;
}

}  // namespace

std::vector<ExplainStep> StepsOf(const SignalSet& signals,
                                 const std::vector<ListInfo>& lists,
                                 Effort effort, const Answer& answer) {
  return {Digests(signals),     Picture(signals), Views(signals, effort),
          Lists(lists, answer), Checks(answer),   Matches(answer),
          Verdicts(answer)};
}

StatusOr<int> ExplainFile(Context& context, const std::string& path,
                          Effort effort) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const auto hasher, Hasher::Start({.worker_count = 1}));
  const SignalSet signals = hasher->HashFile(
      path, {.views = QueryViews(effort), .second_opinion = true});
  KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists, store.curator->Lists());
  KENAL_TRY_ASSIGN(const Answer answer,
                   store.matcher->Match(signals, {.effort = effort}));
  const std::vector<ExplainStep> steps =
      StepsOf(signals, lists, effort, answer);
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .BytesField("path", path)
        .Field("verdict", VerdictName(answer.verdict))
        .Key("steps")
        .BeginArray();
    for (const ExplainStep& step : steps) {
      json.BeginObject().Field("step", step.name).Key("said").BeginArray();
      for (const std::string& text : step.said) json.Text(text);
      json.EndArray().EndObject();
    }
    json.EndArray().EndObject();
    KENAL_TRY(context.console.Put(json.Finish()));
  } else {
    KENAL_TRY(context.console.Put(exchange::ForDisplay(path)));
    for (const ExplainStep& step : steps) {
      std::string head = step.name + std::string(9 - step.name.size(), ' ');
      for (const std::string& text : step.said) {
        KENAL_TRY(context.console.Put(head + exchange::ForDisplay(text)));
        head = std::string(9, ' ');
      }
    }
  }
  if (signals.pdq_failure) {
    SayFailure(context.console, path, *signals.pdq_failure);
  }
  return ExitCodeOf(signals.pdq_failure.has_value(), false);
}

}  // namespace kenal::cli
