#include "tools/kenal/explain_text.h"

#include <algorithm>
#include <optional>

#include "tools/kenal/table.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

constexpr size_t kRowsMax = 24;

bool IsHit(const Comparison& pair) {
  return pair.finding == Finding::kMatch || pair.finding == Finding::kReview;
}

Colour ColourOf(Finding finding) {
  switch (finding) {
    case Finding::kMatch:
      return Colour::kRed;
    case Finding::kReview:
      return Colour::kYellow;
    case Finding::kNotCompared:
      return Colour::kCyan;
    case Finding::kTooFar:
    case Finding::kFlat:
    case Finding::kTemplateLike:
      return Colour::kPlain;
  }
  return Colour::kPlain;
}

std::string QualityText(const std::optional<int>& quality) {
  return quality ? std::to_string(*quality) : "?";
}

std::string NoteText(const Comparison& pair) {
  std::string text;
  const auto add = [&](const std::string& note) {
    text += (text.empty() ? "" : "; ") + note;
  };
  if (pair.query_template_like) add("A is template-like");
  if (pair.entry_template_like) add("B is template-like");
  // Beside what is far apart it would say nothing more.
  if (IsHit(pair) && pair.second_opinion)
    add(OpinionText(*pair.second_opinion));
  return text;
}

// How far a distance that is told of an entry may be from the real one: such
// are multiples of 16.
constexpr int kRoundedByMax = 8;

// True when only about how far apart they are is told.
bool IsRounded(const Explanation& explanation, const Comparison& pair) {
  return explanation.entry_state && !IsHit(pair);
}

std::string Bits(const Explanation& explanation, const Comparison& pair) {
  return (IsRounded(explanation, pair) ? "about " : "") +
         std::to_string(pair.distance) + " bits";
}

const Comparison* Nearest(const Explanation& explanation, Finding finding) {
  const Comparison* nearest = nullptr;
  for (const Comparison& pair : explanation.views) {
    if (pair.finding != finding) continue;
    if (nearest == nullptr || pair.distance < nearest->distance) {
      nearest = &pair;
    }
  }
  return nearest;
}

// Which turn is nearest is told with the distance or not at all.
std::string TurnText(Variant variant, bool is_rounded) {
  if (is_rounded && variant == Variant::kOrig) return "-";
  return std::string(VariantName(variant));
}

int WidestBits(const ListPolicy& policy) {
  return policy.review_radius.value_or(policy.pdq_radius).bits;
}

// The least effort that compares this hash of a query.
Effort EffortFor(const Transform& how) {
  for (const Effort effort : {Effort::kFast, Effort::kNormal}) {
    if (!QueryViews(effort).Contains(how.query_view)) continue;
    if (how.query_variant == Variant::kOrig ||
        ComparesVariants(effort, how.query_view)) {
      return effort;
    }
  }
  return Effort::kThorough;
}

// What would let `pair` be compared.
std::string Remedy(const Explained& explained, const Comparison& pair) {
  const Effort needed = EffortFor(pair.how);
  const Effort allowed = explained.explanation.policy.effort;
  std::string text;
  if (explained.effort < needed) {
    text = "try --effort " + std::string(EffortName(needed));
  }
  if (allowed >= needed) return text;
  text += text.empty() ? "" : ", and ";
  return text + "the list allows no more than effort " +
         std::string(EffortName(allowed)) + ": kenal list set " +
         explained.list + " --effort " + std::string(EffortName(needed));
}

std::string OfHit(const Comparison& hit, const ListPolicy& policy) {
  const std::string how = "A (" + HowText(hit.how) + ") differs from B in " +
                          std::to_string(hit.distance) + " bits of 256";
  if (hit.finding == Finding::kMatch) {
    return "They match: " + how + ", within the radius of " +
           std::to_string(policy.pdq_radius.bits) + ".";
  }
  return "They meet for review: " + how + ", beyond the radius of " +
         std::to_string(policy.pdq_radius.bits) +
         " and within the review radius of " +
         std::to_string(WidestBits(policy)) + ". A person should look.";
}

std::string OfOpinion(const SecondOpinion& opinion) {
  return opinion.corroborates
             ? "A second, independent hash agrees."
             : "A second, independent hash does not agree, which happens to "
               "true copies as well: it takes nothing away.";
}

// Too far apart in every view that could be compared.
void AddTooFar(const Explanation& why, const Comparison& nearest,
               std::vector<std::string>& lines) {
  const ListPolicy& policy = why.policy;
  lines.push_back(
      "They do not match: the nearest views differ in " + Bits(why, nearest) +
      ", beyond the radius of " + std::to_string(policy.pdq_radius.bits) +
      (policy.review_radius
           ? " and the review radius of " + std::to_string(WidestBits(policy))
           : "") +
      ". Pictures of different things mostly differ in about 128.");
  const int distance_max =
      nearest.distance + (IsRounded(why, nearest) ? kRoundedByMax - 1 : 0);
  if (distance_max <= kRadiusBitsMax && !nearest.query_template_like &&
      !nearest.entry_template_like) {
    lines.push_back(
        "A list with a review radius of " +
        std::to_string(std::max(distance_max, kReviewRadiusBitsMin)) +
        " or more would report them for review.");
  }
  lines.push_back(
      "If A was cut out of B, entries that keep more views of B may meet it: "
      "kenal list set NAME --views.");
}

// True when a pair is within the widest radius, as far as is told.
bool MayBeWithin(const Explanation& why, const Comparison& pair) {
  const int distance_min =
      pair.distance - (IsRounded(why, pair) ? kRoundedByMax : 0);
  return distance_min <= WidestBits(why.policy);
}

// Why nothing met, from what is easily helped to what is not.
void AddMiss(const Explained& explained, std::vector<std::string>& lines) {
  const Explanation& why = explained.explanation;
  const ListPolicy& policy = why.policy;
  const Comparison* left_out = Nearest(why, Finding::kNotCompared);
  if (left_out != nullptr && MayBeWithin(why, *left_out)) {
    lines.push_back("They do not match, but " +
                    std::string(IsRounded(why, *left_out) ? "may" : "could") +
                    ": A (" + HowText(left_out->how) + ") differs from B in " +
                    Bits(why, *left_out) + ", which was not compared; " +
                    Remedy(explained, *left_out) + ".");
    return;
  }
  const Comparison* drawn = Nearest(why, Finding::kTemplateLike);
  if (drawn != nullptr && MayBeWithin(why, *drawn)) {
    lines.push_back(
        "They do not match: the nearest views differ in " + Bits(why, *drawn) +
        ", and a side has few flat tones, as cards, icons and documents have. "
        "Those are alike without being copies: the whole of one counts within "
        "the radius of " +
        std::to_string(policy.pdq_radius.bits) +
        ", and a part of one makes no near match at all.");
    return;
  }
  const Comparison* far = Nearest(why, Finding::kTooFar);
  if (far == nullptr ||
      (left_out != nullptr && left_out->distance < far->distance)) {
    far = left_out != nullptr ? left_out : far;
  }
  if (far != nullptr) return AddTooFar(why, *far, lines);
  if (drawn != nullptr) {
    lines.push_back(
        "They cannot match: in every pair of views a side has too little "
        "detail, or is a part of few flat tones, which makes no near match.");
    return;
  }
  lines.push_back("They cannot match: a side has quality " +
                  std::to_string(kFlatQualityMax) +
                  " or below, too little detail to tell pictures apart.");
}

}  // namespace

std::string FindingText(Finding finding) {
  std::string text(FindingName(finding));
  std::ranges::replace(text, '_', ' ');
  return text;
}

Status PutComparisons(Console& console, const Explanation& explanation) {
  std::vector<std::vector<Cell>> rows;
  for (const Comparison& pair : explanation.views) {
    if (rows.size() >= kRowsMax && !IsHit(pair)) break;
    const bool is_rounded = IsRounded(explanation, pair);
    rows.push_back({{FindingText(pair.finding), ColourOf(pair.finding)},
                    {(is_rounded ? "~" : "") + std::to_string(pair.distance)},
                    {std::string(ViewName(pair.how.query_view))},
                    {TurnText(pair.how.query_variant, is_rounded)},
                    {QualityText(pair.query_quality)},
                    {std::string(ViewName(pair.how.entry_view))},
                    {QualityText(pair.entry_quality)},
                    {NoteText(pair)}});
  }
  if (rows.empty()) return OkStatus();
  KENAL_TRY(PutTable(console,
                     {{.heading = "FINDING"},
                      {.heading = "DISTANCE", .right = true},
                      {.heading = "VIEW OF A"},
                      {.heading = "TURN"},
                      {.heading = "QUALITY", .right = true},
                      {.heading = "VIEW OF B"},
                      {.heading = "QUALITY", .right = true},
                      {.heading = "NOTE"}},
                     rows));
  if (rows.size() == explanation.views.size()) return OkStatus();
  return console.Put("... " + Count(explanation.views.size()) +
                     " pairs in all; --json shows every one");
}

std::vector<std::string> Conclusions(const Explained& explained) {
  const Explanation& why = explained.explanation;
  std::vector<std::string> lines;
  const auto equal =
      std::ranges::find(why.digests, true, &DigestComparison::equal);
  if (equal != why.digests.end()) {
    lines.push_back("They are the same file: " +
                    std::string(SignalTypeName(equal->type)) + " is equal.");
  }
  if (why.views.empty()) {
    if (!lines.empty()) return lines;
    return {why.digests.empty()
                ? "They have no kind of hash in common, so nothing could be "
                  "compared."
                : "They are not the same file; there is no PDQ on one side, so "
                  "nothing else could be compared."};
  }
  if (IsHit(why.views.front())) {
    lines.push_back(OfHit(why.views.front(), why.policy));
    if (why.views.front().second_opinion) {
      lines.push_back(OfOpinion(*why.views.front().second_opinion));
    }
  } else {
    AddMiss(explained, lines);
  }
  if (why.entry_state && !IsMatched(*why.entry_state)) {
    lines.push_back("The entry is " +
                    std::string(EntryStateName(*why.entry_state)) +
                    ", so `kenal match` does not report it.");
  } else if (why.entry_expired) {
    lines.push_back(
        "The entry has expired, so `kenal match` does not report "
        "it.");
  }
  if (!why.policy.enabled) {
    lines.push_back("The list is disabled, so `kenal match` does not ask it.");
  }
  return lines;
}

}  // namespace kenal::cli
