#include <algorithm>

#include "src/base/clock.h"
#include "src/report/page.h"
#include "src/report/page_text.h"
#include "src/report/words.h"

namespace kenal::report {
namespace {

using findings::Amount;
using findings::Coverage;
using findings::Ending;
using findings::Findings;
using findings::Totals;

std::string Places(const Amount& amount) {
  return Counted(amount.places, "place", "places") + " (" +
         SizeText(amount.bytes) + ")";
}

void AppendFact(std::string_view name, std::string_view value,
                std::string& out) {
  if (value.empty()) return;
  out += "<div><dt>" + std::string(name) + "</dt><dd>" + MarkupText(value) +
         "</dd></div>";
}

std::string DurationText(int64_t ms) {
  const uint64_t seconds =
      static_cast<uint64_t>(std::max<int64_t>(ms, 0)) / 1000;
  if (seconds < 60) return Counted(seconds, "second", "seconds");
  if (seconds < 3600) return Counted(seconds / 60, "minute", "minutes");
  return Counted(seconds / 3600, "hour", "hours") + " " +
         Counted(seconds % 3600 / 60, "minute", "minutes");
}

// "encrypted archive: 3 places (2 KiB), ...", the most places first.
std::string ReasonsText(const Totals& totals, Coverage coverage) {
  constexpr size_t kReasonsMax = 5;
  std::vector<std::pair<Amount, std::string>> reasons;
  for (const auto& [key, amount] : totals.coverage) {
    if (key.first == coverage) reasons.emplace_back(amount, key.second);
  }
  std::ranges::stable_sort(reasons, [](const auto& a, const auto& b) {
    return a.first.places > b.first.places;
  });
  std::string text;
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (i == kReasonsMax) return text + ", and other reasons";
    if (i > 0) text += ", ";
    text += ReasonWords(reasons[i].second) + ": " + Places(reasons[i].first);
  }
  return text;
}

// What a reader has to know before the numbers, in whole sentences.
class Statement {
 public:
  explicit Statement(const Findings& findings)
      : run_(findings.run()), totals_(findings.totals()) {
    if (totals_.hit_places > 0) AddHits();
    AddCoverage();
    if (totals_.hit_places == 0 && IsAnythingCompared(totals_)) AddNoHits();
    AddExhibits(findings);
    AddLists();
    AddEnding();
  }

  void Append(std::string& out) const {
    out += "<section class=\"statement";
    if (!is_whole_) out += " partial";
    if (totals_.hit_places > 0) out += " hit";
    out += "\" id=\"statement\">\n<h2>" + MarkupText(Headline()) + "</h2>\n";
    for (const std::string& sentence : sentences_) {
      out += "<p>" + sentence + "</p>\n";
    }
    out += "</section>\n";
  }

 private:
  // `text` is ours; `emphasis` too.
  void Say(std::string_view emphasis, std::string_view text) {
    std::string sentence;
    if (!emphasis.empty()) {
      sentence = "<strong>" + MarkupText(emphasis) + "</strong> ";
    }
    sentences_.push_back(sentence + MarkupText(text));
  }

  std::string Headline() const {
    const Amount missed = AmountOf(totals_, Coverage::kNotExamined);
    if (!IsAnythingCompared(totals_)) return std::string(kNothingExamined);
    const std::string hits =
        totals_.hit_places > 0
            ? Counted(totals_.hit_places, "hit place", "hit places")
            : "No hit among what was compared";
    if (is_whole_) return hits;
    const bool most = missed.places > totals_.all.places / 2 ||
                      missed.bytes > totals_.all.bytes / 2;
    return hits + (most ? ", and most was not examined"
                        : ", and not everything was examined");
  }

  void AddHits() {
    std::string text;
    for (const Verdict verdict :
         {Verdict::kExact, Verdict::kNear, Verdict::kTest}) {
      const auto amount = totals_.verdicts.find(verdict);
      if (amount == totals_.verdicts.end()) continue;
      if (!text.empty()) text += ", ";
      text += Places(amount->second) + " " + std::string(VerdictName(verdict));
    }
    Say(Counted(totals_.hit_places, "hit place", "hit places") + " of " +
            Counted(totals_.hit_contents, "content", "contents") + ":",
        text + "." +
            (totals_.verdicts.contains(Verdict::kNear)
                 ? " A NEAR hit is a candidate that a person has to look at."
                 : ""));
  }

  void AddNoHits() {
    Say("",
        "Among what was compared, no entry of the lists that were asked was "
        "met. Lists hold only what is known, so this says nothing of unknown "
        "material.");
  }

  void AddCoverage() {
    const Amount missed = AmountOf(totals_, Coverage::kNotExamined);
    if (missed.places > 0) {
      is_whole_ = false;
      Say("Not examined: " + CountText(missed.places) + " of " +
              Places(totals_.all) + ", " + SizeText(missed.bytes) + ".",
          "By reason: " + ReasonsText(totals_, Coverage::kNotExamined) +
              ". This report says nothing of what is in them.");
    }
    Amount undecoded;
    for (const auto& [key, amount] : totals_.coverage) {
      if (!IsUndecodedPicture(key.second)) continue;
      undecoded.places += amount.places;
      undecoded.bytes += amount.bytes;
    }
    if (undecoded.places > 0) {
      is_whole_ = false;
      Say("Pictures that could not be decoded: " + Places(undecoded) + ".",
          "They were compared by digest, so an altered copy among them would "
          "not have been found.");
    }
    const auto failed = totals_.verdicts.find(Verdict::kUnavailable);
    if (failed != totals_.verdicts.end()) {
      is_whole_ = false;
      Say("A needed check failed at " + Places(failed->second) + ".",
          "Their verdict is UNAVAILABLE: nothing is said of them.");
    }
    if (totals_.all.places == 0) {
      is_whole_ = false;
      Say("No place was looked at.", "");
    }
  }

  void AddExhibits(const Findings& findings) {
    uint64_t closed = 0;
    uint64_t volumes = 0;
    uint64_t differ = 0;
    for (const findings::Exhibit& exhibit : findings.exhibits()) {
      closed += exhibit.problem.empty() ? 0 : 1;
      differ += exhibit.stored_digests_hold().value_or(true) ? 0 : 1;
      for (const findings::Volume& volume : exhibit.volumes) {
        volumes += volume.problem.empty() ? 0 : 1;
      }
    }
    const auto say = [this](uint64_t count, std::string_view one,
                            std::string_view many, std::string_view text) {
      if (count == 0) return;
      is_whole_ = false;
      Say(Counted(count, one, many) + ".", text);
    };
    say(closed, "exhibit had a problem", "exhibits had a problem",
        "Not all that is there could be opened: see the table of exhibits.");
    say(volumes, "volume could not be read", "volumes could not be read",
        "See the table of exhibits.");
    say(differ, "disk image is not what it says it is",
        "disk images are not what they say they are",
        "The digests in the image differ from those that were computed.");
  }

  void AddLists() {
    const bool asked =
        std::ranges::any_of(run_.lists, [](const findings::ListAsked& list) {
          return list.purpose == Purpose::kChildAbuse && list.skipped.empty() &&
                 !list.shadow && list.entry_count > 0;
        });
    if (asked) return;
    is_whole_ = false;
    Say("No list of known abuse material took part.",
        "See the table of lists.");
  }

  void AddEnding() {
    if (run_.ending != Ending::kComplete) is_whole_ = false;
    Say("", EndingWords(run_.ending));
    if (run_.sample) {
      is_whole_ = false;
      Say("A sample:", SampleWords(*run_.sample));
    }
  }

  const findings::Run& run_;
  const Totals& totals_;
  bool is_whole_ = true;
  std::vector<std::string> sentences_;
};

void AppendTile(std::string_view name, std::string_view value,
                std::string_view note, std::string_view kind,
                std::string& out) {
  out += "<div class=\"tile " + std::string(kind) + "\"><b>" +
         MarkupText(value) + "</b><span>" + std::string(name) +
         "</span><small>" + MarkupText(note) + "</small></div>\n";
}

}  // namespace

void AppendHeader(const Findings& findings, std::string& out) {
  const findings::Run& run = findings.run();
  out +=
      "<header>\n<p class=\"kicker\">Report of a scan for known abuse "
      "material</p>\n<h1>Case " +
      MarkupText(run.case_number) + "</h1>\n<dl class=\"facts\">";
  AppendFact("Examiner", run.examiner, out);
  AppendFact("Authority", run.authority, out);
  AppendFact("Exhibits", CountText(findings.exhibits().size()), out);
  uint64_t lists = 0;
  for (const auto& list : run.lists) lists += list.skipped.empty() ? 1 : 0;
  AppendFact("Lists",
             CountText(lists) + " asked, from a " + run.lists_from +
                 ", at sequence " + CountText(run.sequence.value),
             out);
  AppendFact("Tool", run.tool, out);
  out += "</dl>\n";
  std::string command;
  for (const std::string& argument : run.arguments) command += " " + argument;
  // The line that only this run has; see Canonical.
  out += "<p id=\"run\">Run on " + MarkupText(run.host) + ", begun " +
         base::FormatUtc(run.started_unix_ms) + ", ended " +
         base::FormatUtc(run.ended_unix_ms) + ", " +
         DurationText(run.working_ms) + " at work in " +
         Counted(run.part_count, "part", "parts") + ". <code>" +
         MarkupText(command) + "</code></p>\n";
  out += "</header>\n";
}

void AppendStatement(const Findings& findings, std::string& out) {
  Statement(findings).Append(out);
}

void AppendTiles(const Findings& findings, std::string& out) {
  const Totals& totals = findings.totals();
  const Amount examined = AmountOf(totals, Coverage::kExamined);
  const Amount by_digest = AmountOf(totals, Coverage::kDigestOnly);
  const Amount missed = AmountOf(totals, Coverage::kNotExamined);
  out += "<section class=\"tiles\" aria-label=\"Totals\">\n";
  AppendTile("hit places", CountText(totals.hit_places),
             Counted(totals.hit_contents, "content", "contents"),
             totals.hit_places > 0 ? "bad" : "", out);
  AppendTile("not examined", CountText(missed.places), SizeText(missed.bytes),
             missed.places > 0 ? "warn" : "", out);
  AppendTile("examined", CountText(examined.places), SizeText(examined.bytes),
             "", out);
  AppendTile("by digest only", CountText(by_digest.places),
             SizeText(by_digest.bytes), "", out);
  AppendTile("places in all", CountText(totals.all.places),
             SizeText(totals.all.bytes) + ", " +
                 Counted(totals.contents, "content", "contents"),
             "", out);
  AppendTile("pictures decoded", CountText(totals.pictures),
             CountText(totals.flat) + " too flat for PDQ", "", out);
  AppendTile("deleted entries", CountText(totals.deleted), "", "", out);
  AppendTile("thumbnails", CountText(totals.thumbnails), "", "", out);
  out += "</section>\n";
}

void AppendVerdictWords(std::string& out) {
  out +=
      "<details class=\"words\" open><summary>What the verdicts mean, and "
      "what they do not</summary>\n<dl>\n";
  for (const Verdict verdict :
       {Verdict::kExact, Verdict::kNear, Verdict::kTest, Verdict::kUnavailable,
        Verdict::kNoKnownMatch}) {
    out += "<dt><span class=\"v v-" + std::string(VerdictName(verdict)) +
           "\">" + std::string(VerdictName(verdict)) + "</span></dt><dd>" +
           MarkupText(VerdictWords(verdict)) + "</dd>\n";
  }
  out +=
      "</dl>\n<p>A verdict is a comparison, not a judgement: it tells that a "
      "file met an entry, on whose word the entry is there, and how. What a "
      "picture shows, whose it is and how it came there is for people to "
      "find out. Classifications are those of the lists, in their own "
      "words.</p></details>\n";
}

}  // namespace kenal::report
