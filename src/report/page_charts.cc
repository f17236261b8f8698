#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>

#include "src/exchange/text.h"
#include "src/report/page.h"
#include "src/report/page_text.h"
#include "src/report/words.h"

namespace kenal::report {
namespace {

using findings::Findings;

// Of our own numbers alone.
template <typename... Values>
void Draw(std::string& out, const char* format, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, format, values...);
  out += text;
}

std::string Short(std::string_view bytes, size_t columns) {
  const std::string text = VisibleText(bytes);
  const std::string_view prefix = exchange::DisplayPrefix(text, columns);
  return prefix.size() == text.size() ? text : std::string(prefix) + "…";
}

struct Bar {
  std::string name;
  uint64_t value = 0;
};

void AppendBars(std::string_view title, std::vector<Bar> bars,
                std::string& out) {
  std::erase_if(bars, [](const Bar& bar) { return bar.value == 0; });
  std::ranges::stable_sort(bars, std::ranges::greater(), &Bar::value);
  const size_t shown = std::min(bars.size(), kPageBarsMax);
  out += "<figure><figcaption>" + std::string(title) + "</figcaption>\n";
  if (bars.empty()) {
    out += "<p class=\"note\">None.</p></figure>\n";
    return;
  }
  constexpr int kRow = 26;
  const int height = static_cast<int>(shown) * kRow;
  Draw(out, "<svg class=\"bars\" viewBox=\"0 0 560 %d\" role=\"img\">\n",
       height);
  const double most = static_cast<double>(bars.front().value);
  for (size_t i = 0; i < shown; ++i) {
    const int y = static_cast<int>(i) * kRow;
    const double width =
        std::max(2.0, 300.0 * static_cast<double>(bars[i].value) / most);
    out += "<g><title>" + MarkupText(bars[i].name) + ": " +
           CountText(bars[i].value) + "</title>";
    Draw(out, "<text class=\"l\" x=\"170\" y=\"%d\">", y + 17);
    out += MarkupText(Short(bars[i].name, 24)) + "</text>";
    Draw(out, "<rect x=\"180\" y=\"%d\" width=\"%.1f\" height=\"16\"/>", y + 5,
         width);
    Draw(out, "<text x=\"%.1f\" y=\"%d\">", 186 + width, y + 17);
    out += CountText(bars[i].value) + "</text></g>\n";
  }
  out += "</svg>\n";
  if (shown < bars.size()) {
    out += "<p class=\"note\">The first " + CountText(shown) + " of " +
           CountText(bars.size()) + ".</p>\n";
  }
  out += "</figure>\n";
}

// The exhibits with the most links, in the order of exhibits.
std::vector<uint32_t> MostLinked(const Links& links, size_t most) {
  std::map<uint32_t, uint64_t> sums;
  for (const ExhibitLink& link : links.exhibits) {
    const uint64_t sum =
        std::accumulate(link.counts.begin(), link.counts.end(), uint64_t{0});
    sums[link.a] += sum;
    sums[link.b] += sum;
  }
  std::vector<std::pair<uint64_t, uint32_t>> order;
  for (const auto& [exhibit, sum] : sums) order.emplace_back(sum, exhibit);
  std::ranges::stable_sort(
      order, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<uint32_t> chosen;
  for (size_t i = 0; i < std::min(order.size(), most); ++i) {
    chosen.push_back(order[i].second);
  }
  std::ranges::sort(chosen);
  return chosen;
}

std::string LinkWords(const ExhibitLink& link) {
  constexpr std::string_view kOne[] = {
      "same file", "near group", "same archive", "same series", "same camera"};
  constexpr std::string_view kMany[] = {"same files", "near groups",
                                        "same archives", "same series",
                                        "same cameras"};
  std::string text;
  for (size_t i = 0; i < kLinkKinds; ++i) {
    if (link.counts[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += Counted(link.counts[i], kOne[i], kMany[i]);
  }
  return text;
}

const ExhibitLink* LinkOf(const Links& links, uint32_t a, uint32_t b) {
  if (a > b) std::swap(a, b);
  const auto at = std::ranges::lower_bound(
      links.exhibits, std::make_pair(a, b), {},
      [](const ExhibitLink& link) { return std::make_pair(link.a, link.b); });
  return at != links.exhibits.end() && at->a == a && at->b == b ? &*at
                                                                : nullptr;
}

void AppendMatrix(const Findings& findings, const Links& links,
                  std::string& out) {
  const std::vector<uint32_t> chosen = MostLinked(links, kPageMatrixMax);
  uint64_t most = 1;
  for (const ExhibitLink& link : links.exhibits) {
    most = std::max(most, link.count(LinkKind::kSameFile));
  }
  out +=
      "<figure><figcaption>Contents that two exhibits share</figcaption>\n"
      "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><td></td>";
  for (size_t k = 0; k < chosen.size(); ++k) {
    out += "<th scope=\"col\" title=\"" +
           MarkupText(findings.exhibits()[chosen[k]].id) + "\">" +
           std::to_string(k + 1) + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < chosen.size(); ++i) {
    out += "<tr><th scope=\"row\">" + std::to_string(i + 1) + " " +
           MarkupText(Short(findings.exhibits()[chosen[i]].id, 20)) + "</th>";
    for (size_t k = 0; k < chosen.size(); ++k) {
      const ExhibitLink* link =
          i == k ? nullptr : LinkOf(links, chosen[i], chosen[k]);
      const uint64_t count =
          link == nullptr ? 0 : link->count(LinkKind::kSameFile);
      if (i == k || link == nullptr) {
        out += i == k ? "<td class=\"self\"></td>" : "<td></td>";
        continue;
      }
      const double shade =
          count == 0 ? 0 : 0.12 + 0.6 * std::log1p(count) / std::log1p(most);
      Draw(out, "<td style=\"--s:%.2f\"", shade);
      out += " title=\"" + LinkWords(*link) + "\">" +
             (count == 0 ? "·" : CountText(count)) + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div></figure>\n";
}

// What kind of link is the rarest that a line tells; it has its colour.
std::string_view Strongest(const ExhibitLink& link) {
  for (const LinkKind kind : {LinkKind::kSameSeries, LinkKind::kSameCamera,
                              LinkKind::kNear, LinkKind::kSameFile}) {
    if (link.count(kind) > 0) return LinkKindName(kind);
  }
  return LinkKindName(LinkKind::kSameArchive);
}

struct Point {
  double x = 0;
  double y = 0;
};

Point OnCircle(size_t i, size_t of, double radius) {
  const double angle =
      2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(of) -
      std::numbers::pi / 2;
  return {300 + radius * std::cos(angle), 200 + radius * std::sin(angle)};
}

void AppendNode(const Findings& findings, uint32_t exhibit, size_t i, size_t of,
                std::string& out) {
  const uint64_t hits = findings.totals_of(exhibit).hit_places;
  const Point at = OnCircle(i, of, 140);
  const Point label = OnCircle(i, of, 158);
  const double size = 5 + 3 * std::log10(1 + static_cast<double>(hits));
  const char* anchor = label.x > 305   ? "start"
                       : label.x < 295 ? "end"
                                       : "middle";
  out += "<g><title>" + MarkupText(findings.exhibits()[exhibit].id) + ": " +
         Counted(hits, "hit", "hits") + "</title>";
  Draw(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
       hits > 0 ? "hit" : "", at.x, at.y, size);
  Draw(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", label.x,
       label.y + 4, anchor);
  out +=
      MarkupText(Short(findings.exhibits()[exhibit].id, 18)) + "</text></g>\n";
}

void AppendGraph(const Findings& findings, const Links& links,
                 std::string& out) {
  const std::vector<uint32_t> chosen = MostLinked(links, kPageGraphMax);
  out +=
      "<figure><figcaption>Links of all kinds</figcaption>\n"
      "<svg class=\"graph\" viewBox=\"-50 0 700 400\" role=\"img\">\n";
  for (size_t i = 0; i < chosen.size(); ++i) {
    for (size_t k = i + 1; k < chosen.size(); ++k) {
      const ExhibitLink* link = LinkOf(links, chosen[i], chosen[k]);
      if (link == nullptr) continue;
      const Point a = OnCircle(i, chosen.size(), 140);
      const Point b = OnCircle(k, chosen.size(), 140);
      const double sum = static_cast<double>(std::accumulate(
          link->counts.begin(), link->counts.end(), uint64_t{0}));
      Draw(out,
           "<path class=\"%s\" d=\"M%.1f %.1fQ300 200 %.1f %.1f\" "
           "stroke-width=\"%.1f\"><title>",
           std::string(Strongest(*link)).c_str(), a.x, a.y, b.x, b.y,
           1 + 1.5 * std::log10(sum));
      out += MarkupText(findings.exhibits()[link->a].id) + " and " +
             MarkupText(findings.exhibits()[link->b].id) + ": " +
             LinkWords(*link) + "</title></path>\n";
    }
  }
  for (size_t i = 0; i < chosen.size(); ++i) {
    AppendNode(findings, chosen[i], i, chosen.size(), out);
  }
  out +=
      "</svg>\n<p class=\"key\"><span class=\"same_file\">same file</span> "
      "<span class=\"near\">near pictures</span> "
      "<span class=\"same_archive\">same archive</span> "
      "<span class=\"same_series\">same series</span> "
      "<span class=\"same_camera\">same camera</span></p></figure>\n";
}

}  // namespace

void AppendCharts(const Findings& findings, std::string& out) {
  std::vector<Bar> exhibits;
  for (uint32_t i = 0; i < findings.exhibits().size(); ++i) {
    exhibits.push_back(
        {findings.exhibits()[i].id, findings.totals_of(i).hit_places});
  }
  std::vector<Bar> lists;
  for (const auto& [list, of_list] : findings.totals().lists) {
    lists.push_back({list, of_list.places});
  }
  out += "<section class=\"charts\">\n";
  AppendBars("Hit places by exhibit", std::move(exhibits), out);
  AppendBars("Hit places by list", std::move(lists), out);
  out += "</section>\n";
}

void AppendLinks(const Findings& findings, const Links& links,
                 std::string& out) {
  out += "<section id=\"links\"><h2>Links between exhibits</h2>\n";
  if (links.exhibits.empty()) {
    out +=
        "<p>No two exhibits share a content, a near picture, an archive or "
        "a series, but for empty files and files on lists of known harmless "
        "files.</p></section>\n";
    return;
  }
  out += "<div class=\"charts\">\n";
  AppendMatrix(findings, links, out);
  // Of two exhibits the table tells all.
  if (findings.exhibits().size() > 2) AppendGraph(findings, links, out);
  out +=
      "</div>\n<p class=\"note\">The exhibits with the most links, at most " +
      CountText(kPageMatrixMax) + " and " + CountText(kPageGraphMax) +
      "; every link is in links.graphml. Empty files and files on lists of "
      "known harmless files link nothing. A line has the colour of the "
      "rarest link that it stands for.</p></section>\n";
}

Status AppendStacks(Job& job, const std::vector<Stack>& stacks,
                    std::string& out) {
  Findings& findings = job.findings;
  out +=
      "<section id=\"stacks\"><h2>Stacks of like pictures that no list "
      "knows</h2>\n<p class=\"note\">A suggestion: pictures that are equal "
      "or look alike, so that one decision may cover many. A person has to "
      "confirm each stack.</p>\n";
  if (stacks.empty()) {
    out += "<p>There are none.</p></section>\n";
    return OkStatus();
  }
  out +=
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Stack</th>"
      "<th scope=\"col\" class=\"n\">Places</th>"
      "<th scope=\"col\" class=\"n\">Contents</th>"
      "<th scope=\"col\" class=\"n\">Exhibits</th>"
      "<th scope=\"col\">Its first place</th></tr></thead><tbody>\n";
  const size_t told = std::min(stacks.size(), kPageStacksMax);
  for (size_t i = 0; i < told; ++i) {
    const Stack& stack = stacks[i];
    const uint32_t first = job.places().of(stack.members[0].number)[0];
    KENAL_TRY_ASSIGN(const findings::Place place, findings.ReadPlace(first));
    out += "<tr><td><code>" + stack.id + "</code></td><td class=\"n\">" +
           CountText(stack.places) + "</td><td class=\"n\">" +
           CountText(stack.members.size()) + "</td><td class=\"n\">" +
           CountText(stack.exhibits.size()) + "</td><td class=\"path\">" +
           MarkupText(findings.exhibits()[place.exhibit].id) + ": " +
           MarkupText(PathText(place)) + "</td></tr>\n";
  }
  out +=
      "</tbody></table></div>\n<p class=\"note\">" +
      Counted(stacks.size(), "stack", "stacks") +
      (told < stacks.size() ? "; the largest " + CountText(told) + " are shown"
                            : "") +
      ". Their members are in stacks.jsonl.</p></section>\n";
  return OkStatus();
}

}  // namespace kenal::report
