// The report for people: tables in Markdown, and a summary for the console.
#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "bench/robustness/report.h"

namespace kenal::robustness {
namespace {

__attribute__((format(printf, 1, 2))) std::string Format(const char* format,
                                                         ...) {
  char text[600];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof(text), format, values);
  va_end(values);
  return text;
}

unsigned long long Number(uint64_t value) { return value; }

std::string Count(uint64_t value) {
  std::string digits = std::to_string(value);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string Cell(const Share& share) {
  const auto [low, high] = share.interval_percent();
  return Format("%.0f (%.0f-%.0f)", share.percent(), low, high);
}

// None in N still leaves this much room, with 95 % confidence.
std::string NoneMeans(uint64_t comparisons) {
  return Format("none in %s leaves room for up to %.1e a comparison",
                Count(comparisons).c_str(),
                3.0 / static_cast<double>(std::max<uint64_t>(comparisons, 1)));
}

std::string Corpora(const Results& results) {
  const CorpusFacts& facts = results.photographs;
  std::string text = Format(
      "%zu photographs, reduced to at most %d pixels a side; left out: %d "
      "below quality %d, %d near an earlier one, %zu not readable.\n",
      facts.count, results.options.side_pixels_max, facts.flat_count,
      results.options.quality_min, facts.repeated_count,
      facts.unreadable.size());
  if (results.graphics) {
    const CorpusFacts& graphics = results.graphics->corpus;
    text += Format(
        "%zu graphics; left out: %d below quality %d, %zu not readable.\n",
        graphics.count, graphics.flat_count, results.options.quality_min,
        graphics.unreadable.size());
  }
  return text + Format("%.0f seconds on %d threads.\n\n", results.seconds,
                       results.options.threads);
}

std::string StrategyTable(const Results& results) {
  const auto groups = GroupsOf(results.alterations);
  std::string text = "| strategy | entries store |";
  for (const std::string& group : groups) text += " mean, " + group + " |";
  text += " queries | rows | ms |\n|---|---|";
  for (size_t i = 0; i < groups.size(); ++i) text += "---|";
  text += "---|---|---|\n";
  for (const Row& row : RowsOf(results.strategies)) {
    const Strategy& strategy = results.strategies[row.strategy];
    text += "| " + row.name + " | " + strategy.entries + " |";
    for (const std::string& group : groups) {
      const Mean mean = MeanOf(results, group, row);
      text += Format(" %.1f ± %.1f |", mean.percent, mean.plus_minus);
    }
    const StrategyCost& cost = results.costs[row.strategy];
    text += Format(" %.1f | %.2f | %.1f |\n", cost.queries, cost.rows,
                   cost.milliseconds);
  }
  for (size_t i = 0; i < results.rivals.size(); ++i) {
    const RivalResult& rival = results.rivals[i];
    text += "| " + ImageHashName(rival.kind) + ", " +
            ThresholdName(rival.kind, rival.calibration.threshold) +
            " | whole |";
    for (const std::string& group : groups) {
      const Mean mean = MeanOf(results, group, i);
      text += Format(" %.1f ± %.1f |", mean.percent, mean.plus_minus);
    }
    text += Format(" 1.0 | 1.00 | %.1f |\n", rival.milliseconds);
  }
  return text + "\n";
}

// Rows that the table by alteration shows.
std::vector<Row> ShownRows(const Results& results) {
  const std::string shown_entries = "trimmed, central-95";
  const std::pair<const char*, int> wanted[] = {
      {"plain PDQ", kNoReview}, {"PDQ, 8 variants", kNoReview},
      {"fast", kNoReview},      {"normal", kNoReview},
      {"thorough", kNoReview},  {"thorough", 50},
      {"thorough", 60}};
  std::vector<Row> shown;
  for (const auto& [name, radius] : wanted) {
    for (const Row& row : RowsOf(results.strategies)) {
      const Strategy& strategy = results.strategies[row.strategy];
      if (strategy.name != name || row.review_radius_bits != radius) continue;
      if (strategy.entries != "whole" && strategy.entries != shown_entries) {
        continue;
      }
      shown.push_back(row);
    }
  }
  return shown;
}

std::string AlterationTable(const Results& results, const std::string& group) {
  const std::vector<Row> rows = ShownRows(results);
  std::string head = "| alteration | median |";
  std::string rule = "|---|---|";
  for (const Row& row : rows) {
    head += " " + row.name + " |";
    rule += "---|";
  }
  for (const RivalResult& rival : results.rivals) {
    head += " " + ImageHashName(rival.kind) + " |";
    rule += "---|";
  }
  std::string text = head + "\n" + rule + "\n";
  for (size_t i = 0; i < results.alterations.size(); ++i) {
    const Alteration& alteration = results.alterations[i];
    if (alteration.group != group) continue;
    text += "| " + alteration.name + " |";
    text += Format(" %d |", MedianOf(results.distances, 0, i));
    for (const Row& row : rows) {
      text += " " +
              Cell(FoundOf(results.distances, row.strategy, i,
                           row.review_radius_bits)) +
              " |";
    }
    for (size_t rival = 0; rival < results.rivals.size(); ++rival) {
      text += " " + Cell(FoundOf(results, rival, i)) + " |";
    }
    text += "\n";
  }
  return text + "\n";
}

std::string Smallest(const NearPairs& near) {
  std::string text;
  int listed = 0;
  for (size_t bits = 0; bits < near.counts.size() && listed < 6; ++bits) {
    if (near.counts[bits] == 0) continue;
    text += Format("%s%zu (%s)", listed == 0 ? "" : ", ", bits,
                   Count(near.counts[bits]).c_str());
    ++listed;
  }
  return text.empty() ? Format("none up to %d", kCountedBitsMax) : text;
}

std::string ComparisonTable(const Results& results) {
  std::string text = "| queries | rows | comparisons |";
  for (int radius : kCountedRadii) text += Format(" within %d |", radius);
  text += " smallest distances (how many) |\n|---|---|---|";
  for (size_t i = 0; i < std::size(kCountedRadii); ++i) text += "---|";
  text += "---|\n";
  const auto line = [&](const char* rows, const NearPairs& near) {
    text += Format("| %s hashes of altered photographs | %s | %s |",
                   Count(results.query_count).c_str(), rows,
                   Count(near.comparison_count).c_str());
    for (int radius : kCountedRadii) {
      text += " " + Count(near.CountWithin(radius)) + " |";
    }
    text += " " + Smallest(near) + " |\n";
  };
  line("other photographs", results.near);
  if (results.graphics) line("graphics", results.graphics->near_photographs);
  return text + "\n";
}

std::string MeetingTable(const std::vector<FalseMeetings>& meetings) {
  std::string text = "| strategy | entries store | within 31 |";
  for (size_t r = 1; r < std::size(kCountedRadii); ++r) {
    text += Format(" within %d | hits |", kCountedRadii[r]);
  }
  text += "\n|---|---|---|";
  for (size_t r = 1; r < std::size(kCountedRadii); ++r) text += "---|---|";
  text += "\n";
  for (const FalseMeetings& row : meetings) {
    text += "| " + row.name + " | " + row.entries + " | " +
            Count(row.within[0]) + " |";
    for (size_t r = 1; r < std::size(kCountedRadii); ++r) {
      text += " " + Count(row.within[r]) + " | " + Count(row.hits[r]) + " |";
    }
    text += "\n";
  }
  return text + "\n";
}

// The views that give most new pairs.
std::string ByViews(const GraphicsPairs& pairs) {
  constexpr size_t kShown = 12;
  std::vector<std::pair<uint64_t, std::string>> by_views;
  for (const auto& [views, count] : pairs.new_by_views) {
    by_views.emplace_back(count, views);
  }
  std::ranges::sort(by_views, std::greater<>());
  std::string text = "\nNew pairs of \"" + pairs.name + "\", entries " +
                     pairs.entries + ", by view of the query and of the entry:";
  const char* separator = " ";
  for (size_t i = 0; i < std::min(kShown, by_views.size()); ++i) {
    text += separator + by_views[i].second + " " + Count(by_views[i].first);
    separator = "; ";
  }
  return text + ".\n";
}

std::string GraphicsTables(const GraphicsResult& graphics) {
  std::string text =
      "| strategy | entries store | plain, 31 | new, no variants | new | "
      "unflagged |";
  for (size_t r = 1; r < std::size(kCountedRadii); ++r) {
    text += Format(" within %d | hits |", kCountedRadii[r]);
  }
  text += "\n|---|---|---|---|---|---|";
  for (size_t r = 1; r < std::size(kCountedRadii); ++r) text += "---|---|";
  text += "\n";
  for (const GraphicsPairs& row : graphics.pairs) {
    text += "| " + row.name + " | " + row.entries +
            Format(" | %llu | %llu | %llu | %llu |", Number(row.plain),
                   Number(row.new_views), Number(row.new_variants),
                   Number(row.new_unflagged));
    for (size_t r = 1; r < std::size(kCountedRadii); ++r) {
      text += " " + Count(row.within[r]) + " | " + Count(row.hits[r]) + " |";
    }
    text += "\n";
  }
  for (const GraphicsPairs& row : graphics.pairs) {
    if (row.entries == "trimmed, central-95") text += ByViews(row);
  }
  return text + "\n";
}

std::string Flags(const char* what, const FlagCount& flags) {
  const Share share{static_cast<int64_t>(flags.flagged),
                    static_cast<int64_t>(flags.count)};
  const auto [low, high] = share.interval_percent();
  return Format(
      "%llu of %llu %s are flagged template-like: %.1f %% "
      "(%.1f-%.1f).\n",
      Number(flags.flagged), Number(flags.count), what, share.percent(), low,
      high);
}

}  // namespace

std::string ToMarkdown(const Results& results) {
  std::string text = Corpora(results);
  text +=
      "Means are unweighted, in percent, ± half of a 95 % interval over the "
      "pictures. *queries*: hashes asked for an unaltered picture; *rows*: "
      "stored of it; *ms*: JPEG bytes to hashes, one thread.\n\n";
  text += StrategyTable(results);
  for (const std::string& group : GroupsOf(results.alterations)) {
    text += "## Recall by alteration: " + group +
            "\n\nPercent, with the 95 % interval (Wilson). Entries store "
            "trimmed, central-95 from \"fast\" on. *median*: distance of "
            "plain PDQ.\n\n" +
            AlterationTable(results, group);
  }
  text += "## Different photographs\n\n" + ComparisonTable(results);
  text +=
      "Copies that meet another photograph. *hits* leaves out pairs "
      "beyond 31 with a template-like side.\n\n" +
      MeetingTable(results.meetings);
  text += Flags("photographs", results.template_like);
  if (results.graphics) {
    text += Flags("graphics", results.graphics->template_like) +
            "\nCopies of photographs that meet a graphic (entries: whole and "
            "trimmed):\n\n" +
            MeetingTable(results.graphics->photograph_meetings);
    text +=
        "## Graphics\n\nPairs of graphics, copies of each other among "
        "them. *new*: within 31 and not by plain PDQ; *unflagged*: of these, "
        "with "
        "no template-like side.\n\n" +
        GraphicsTables(*results.graphics);
  }
  return text;
}

std::string ToSummary(const Results& results) {
  std::string text = "\n" + Corpora(results);
  const std::string group = GroupsOf(results.alterations).front();
  text += Format("%-30s %-30s %14s %8s %6s\n", "strategy", "entries store",
                 "found", "queries", "ms");
  for (const Row& row : RowsOf(results.strategies)) {
    const Strategy& strategy = results.strategies[row.strategy];
    const Mean mean = MeanOf(results, group, row);
    const StrategyCost& cost = results.costs[row.strategy];
    text += Format("%-30s %-30s %5.1f %% ± %3.1f %8.1f %6.1f\n",
                   row.name.c_str(), strategy.entries.c_str(), mean.percent,
                   mean.plus_minus, cost.queries, cost.milliseconds);
  }
  text +=
      "\n\"found\" is the mean over the alterations; ± is where the mean "
      "over other pictures of this kind would lie, 95 times in 100. It "
      "says nothing of other alterations.\n\n";
  const uint64_t within = results.near.CountWithin(kDefaultRadius.bits);
  text += Format("Different photographs within 31 bits: %s of %s comparisons",
                 Count(within).c_str(),
                 Count(results.near.comparison_count).c_str());
  text +=
      within == 0
          ? ".\nThat is not zero: " + NoneMeans(results.near.comparison_count) +
                " (95 %),\nand comparisons of the same few "
                "pictures are less than so many independent "
                "ones.\n"
          : ".\n";
  text += "Smallest distances: " + Smallest(results.near) + "\n";
  return text;
}

}  // namespace kenal::robustness
