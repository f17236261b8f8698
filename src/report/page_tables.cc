#include <algorithm>

#include "src/report/page.h"
#include "src/report/page_text.h"
#include "src/report/places.h"
#include "src/report/words.h"

namespace kenal::report {
namespace {

using findings::Amount;
using findings::Coverage;
using findings::Exhibit;
using findings::Findings;
using findings::Totals;

constexpr Coverage kCoverages[] = {Coverage::kNotExamined,
                                   Coverage::kDigestOnly, Coverage::kExamined};

std::string_view CoverageTitle(Coverage coverage) {
  switch (coverage) {
    case Coverage::kExamined:
      return "Examined";
    case Coverage::kDigestOnly:
      return "By digest only";
    case Coverage::kNotExamined:
      return "Not examined";
  }
  return "";
}

std::string ShareText(uint64_t part, uint64_t all) {
  if (all == 0) return "";
  const double share = static_cast<double>(part) / static_cast<double>(all);
  if (part > 0 && share < 0.001) return "< 0.1 %";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

void Cell(std::string_view text, std::string& out) {
  out += "<td>" + MarkupText(text) + "</td>";
}
void Number(std::string_view text, std::string& out) {
  out += "<td class=\"n\">" + std::string(text) + "</td>";
}

void AppendBar(const Totals& totals, std::string_view what,
               uint64_t Amount::*part, std::string& out) {
  const uint64_t all = totals.all.*part;
  if (all == 0) return;
  out += "<div class=\"share\"><span>" + std::string(what) +
         "</span><svg viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" "
         "role=\"img\" aria-label=\"Shares of " +
         std::string(what) + "\">";
  double x = 0;
  for (const Coverage coverage : kCoverages) {
    const double width = 1000.0 *
                         static_cast<double>(AmountOf(totals, coverage).*part) /
                         static_cast<double>(all);
    char rectangle[160];
    std::snprintf(rectangle, sizeof rectangle,
                  "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" "
                  "height=\"14\"/>",
                  std::string(CoverageName(coverage)).c_str(), x, width);
    out += rectangle;
    x += width;
  }
  out += "</svg></div>\n";
}

void AppendCoverageRows(const Totals& totals, Coverage coverage,
                        std::string& out) {
  const Amount sum = AmountOf(totals, coverage);
  out += "<tbody><tr class=\"group " + std::string(CoverageName(coverage)) +
         "\"><th scope=\"rowgroup\"><i></i>" +
         std::string(CoverageTitle(coverage)) + "<small>" +
         MarkupText(CoverageWords(coverage)) + "</small></th>";
  const auto amounts = [&](const Amount& amount) {
    Number(CountText(amount.places), out);
    Number(SizeText(amount.bytes), out);
    Number(CountText(amount.bytes), out);
    Number(ShareText(amount.places, totals.all.places), out);
    out += "</tr>\n";
  };
  amounts(sum);
  for (const auto& [key, amount] : totals.coverage) {
    if (key.first != coverage) continue;
    out += "<tr><td>" + MarkupText(ReasonWords(key.second)) + " <code>" +
           MarkupText(key.second) + "</code></td>";
    amounts(amount);
  }
  out += "</tbody>\n";
}

std::string_view KindWords(findings::ExhibitKind kind) {
  switch (kind) {
    case findings::ExhibitKind::kFolder:
      return "folder";
    case findings::ExhibitKind::kDiskImage:
      return "disk image";
    case findings::ExhibitKind::kFile:
      return "file";
  }
  return "";
}

void AppendProblems(const Exhibit& exhibit, std::string& out) {
  if (!exhibit.problem.empty()) {
    out += "<p class=\"problem\">" + MarkupText(exhibit.problem) + "</p>";
  }
  for (const findings::Volume& volume : exhibit.volumes) {
    if (volume.problem.empty()) continue;
    out += "<p class=\"problem\">volume " + std::to_string(volume.number) +
           " (" + SizeText(volume.size_bytes) +
           "): " + MarkupText(ReasonWords(volume.problem)) + "</p>";
  }
  const auto hold = exhibit.stored_digests_hold();
  if (!hold) return;
  out += *hold ? "<p>stored digests agree</p>"
               : "<p class=\"problem\">stored digests differ from the "
                 "image</p>";
}

void AppendExhibitRow(const Exhibit& exhibit, const Totals& totals,
                      std::string& out) {
  out += "<tr><th scope=\"row\">" + MarkupText(exhibit.id) + "<small>" +
         MarkupText(exhibit.path) + "</small></th>";
  std::string kind(KindWords(exhibit.kind));
  if (!exhibit.format.empty() && exhibit.format != kind)
    kind += ", " + exhibit.format;
  Cell(kind, out);
  Number(CountText(totals.hit_places), out);
  for (const Coverage coverage : kCoverages) {
    Number(CountText(AmountOf(totals, coverage).places), out);
  }
  Number(SizeText(totals.all.bytes), out);
  out += "<td>";
  AppendProblems(exhibit, out);
  out += "</td></tr>\n";
}

}  // namespace

void AppendCoverage(const Findings& findings, std::string& out) {
  const Totals& totals = findings.totals();
  out += "<section id=\"coverage\"><h2>What was covered</h2>\n";
  AppendBar(totals, "places", &Amount::places, out);
  AppendBar(totals, "bytes", &Amount::bytes, out);
  out +=
      "<div class=\"scroll\"><table class=\"coverage\"><thead><tr>"
      "<th scope=\"col\">Coverage and reason</th>"
      "<th scope=\"col\" class=\"n\">Places</th>"
      "<th scope=\"col\" class=\"n\">Size</th>"
      "<th scope=\"col\" class=\"n\">Bytes</th>"
      "<th scope=\"col\" class=\"n\">Of places</th></tr></thead>\n";
  for (const Coverage coverage : kCoverages) {
    AppendCoverageRows(totals, coverage, out);
  }
  out += "<tfoot><tr><th scope=\"row\">All places</th>";
  Number(CountText(totals.all.places), out);
  Number(SizeText(totals.all.bytes), out);
  Number(CountText(totals.all.bytes), out);
  out +=
      "<td></td></tr></tfoot></table></div>\n<p class=\"note\">A place is a "
      "file, a deleted entry, a member of an archive or a thumbnail within a "
      "file. By exhibit, the same table is in coverage.csv.</p></section>\n";
}

void AppendExhibits(const Findings& findings, std::string& out) {
  out +=
      "<section id=\"exhibits\"><h2>Exhibits</h2>\n<div class=\"scroll\">"
      "<table><thead><tr><th scope=\"col\">Exhibit</th>"
      "<th scope=\"col\">Kind</th><th scope=\"col\" class=\"n\">Hits</th>"
      "<th scope=\"col\" class=\"n\">Not examined</th>"
      "<th scope=\"col\" class=\"n\">By digest only</th>"
      "<th scope=\"col\" class=\"n\">Examined</th>"
      "<th scope=\"col\" class=\"n\">Size of places</th>"
      "<th scope=\"col\">Of the whole</th></tr></thead><tbody>\n";
  const size_t told = std::min(findings.exhibits().size(), kPageExhibitsMax);
  for (uint32_t i = 0; i < told; ++i) {
    AppendExhibitRow(findings.exhibits()[i], findings.totals_of(i), out);
  }
  out += "</tbody></table></div>\n";
  if (told < findings.exhibits().size()) {
    out += "<p class=\"note\">The first " + CountText(told) + " of " +
           CountText(findings.exhibits().size()) +
           " exhibits; all of them are in report.jsonl.</p>\n";
  }
  out += "</section>\n";
}

void AppendLists(const Findings& findings, std::string& out) {
  out +=
      "<section id=\"lists\"><h2>Lists that were asked</h2>\n"
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">List</th>"
      "<th scope=\"col\">Purpose</th>"
      "<th scope=\"col\" class=\"n\">Version</th>"
      "<th scope=\"col\" class=\"n\">Entries</th>"
      "<th scope=\"col\" class=\"n\">Hit places</th>"
      "<th scope=\"col\" class=\"n\">Hit contents</th>"
      "<th scope=\"col\">Part</th></tr></thead><tbody>\n";
  const Totals& totals = findings.totals();
  for (const findings::ListAsked& list : findings.run().lists) {
    const auto of_list = totals.lists.find(list.list);
    const Totals::OfList hits =
        of_list == totals.lists.end() ? Totals::OfList() : of_list->second;
    out += "<tr><th scope=\"row\">" + MarkupText(list.list) + "</th>";
    Cell(PurposeName(list.purpose), out);
    Number(CountText(list.version.value), out);
    Number(CountText(list.entry_count), out);
    Number(CountText(hits.places), out);
    Number(CountText(hits.contents), out);
    std::string part =
        list.skipped.empty() ? "took part" : "skipped: " + list.skipped;
    if (list.shadow) part += ", in shadow: its matches change no verdict";
    Cell(part, out);
    out += "</tr>\n";
  }
  out += "</tbody></table></div></section>\n";
}

Status AppendNotExamined(Findings& findings, std::string& out) {
  const uint64_t all =
      AmountOf(findings.totals(), Coverage::kNotExamined).places;
  out += "<section id=\"unexamined\"><h2>What was not examined</h2>\n";
  if (all == 0) {
    out += "<p>Every place was compared, at least by digest.</p></section>\n";
    return OkStatus();
  }
  out += "<p class=\"note\">";
  const uint64_t told = std::min<uint64_t>(all, kPageNotExaminedMax);
  out += told == all
             ? "All " + Counted(all, "place", "places")
             : "The first " + CountText(told) + " of " + CountText(all) +
                   " places; all of them are in report.jsonl and "
                   "report.csv";
  out +=
      ".</p>\n<div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\">Exhibit</th><th scope=\"col\">Path</th>"
      "<th scope=\"col\">Reason</th>"
      "<th scope=\"col\" class=\"n\">Size</th></tr></thead><tbody>\n";
  uint64_t count = 0;
  for (size_t i = 0; i < findings.place_count() && count < told; ++i) {
    KENAL_TRY_ASSIGN(const findings::Place place, findings.ReadPlace(i));
    if (place.coverage != Coverage::kNotExamined) continue;
    ++count;
    out += "<tr>";
    Cell(findings.exhibits()[place.exhibit].id, out);
    out += "<td class=\"path\">" + MarkupText(PathText(place)) + "</td><td>" +
           MarkupText(ReasonWords(place.reason));
    if (!place.message.empty()) {
      out += "<small>" + MarkupText(place.message) + "</small>";
    }
    out += "</td>";
    Number(SizeText(place.size_bytes), out);
    out += "</tr>\n";
  }
  out += "</tbody></table></div></section>\n";
  return OkStatus();
}

}  // namespace kenal::report
