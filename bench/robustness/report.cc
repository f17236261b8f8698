#include "bench/robustness/report.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace kenal::robustness {
namespace {

using nlohmann::ordered_json;

ordered_json FactsJson(const CorpusFacts& facts) {
  return {{"pictures", facts.count},
          {"flat", facts.flat_count},
          {"repeated", facts.repeated_count},
          {"unreadable", facts.unreadable.size()}};
}

ordered_json ShareJson(const Share& share) {
  const auto [low, high] = share.interval_percent();
  return {{"found", share.hits},
          {"of", share.count},
          {"percent", share.percent()},
          {"low", low},
          {"high", high}};
}

template <typename MeanFn>
ordered_json MeansJson(const Results& results, const MeanFn& mean_of) {
  ordered_json means;
  for (const std::string& group : GroupsOf(results.alterations)) {
    const Mean mean = mean_of(group);
    means[group] = {{"percent", mean.percent}, {"plus_minus", mean.plus_minus}};
  }
  return means;
}

ordered_json StrategiesJson(const Results& results) {
  ordered_json rows = ordered_json::array();
  for (const Row& row : RowsOf(results.strategies)) {
    const Strategy& strategy = results.strategies[row.strategy];
    const StrategyCost& cost = results.costs[row.strategy];
    ordered_json recall;
    for (size_t i = 0; i < results.alterations.size(); ++i) {
      recall[results.alterations[i].name] = ShareJson(
          FoundOf(results.distances, row.strategy, i, row.review_radius_bits));
    }
    rows.push_back({{"name", row.name},
                    {"entries", strategy.entries},
                    {"query_views", ViewSetName(strategy.query)},
                    {"turned_views", ViewSetName(strategy.turned)},
                    {"entry_views", ViewSetName(strategy.entry)},
                    {"review_radius", row.review_radius_bits},
                    {"queries", cost.queries},
                    {"rows", cost.rows},
                    {"milliseconds", cost.milliseconds},
                    {"mean", MeansJson(results,
                                       [&](const std::string& group) {
                                         return MeanOf(results, group, row);
                                       })},
                    {"recall", recall}});
  }
  return rows;
}

ordered_json RivalsJson(const Results& results) {
  ordered_json rows = ordered_json::array();
  for (size_t r = 0; r < results.rivals.size(); ++r) {
    const RivalResult& rival = results.rivals[r];
    ordered_json recall;
    for (size_t i = 0; i < results.alterations.size(); ++i) {
      recall[results.alterations[i].name] = ShareJson(FoundOf(results, r, i));
    }
    rows.push_back(
        {{"name", ImageHashName(rival.kind)},
         {"threshold", ThresholdName(rival.kind, rival.calibration.threshold)},
         {"graphics_pairs", rival.calibration.pair_count},
         {"milliseconds", rival.milliseconds},
         {"mean", MeansJson(results,
                            [&](const std::string& group) {
                              return MeanOf(results, group, r);
                            })},
         {"recall", recall}});
  }
  return rows;
}

template <typename Counts>
ordered_json ByRadius(const Counts& counts) {
  ordered_json by_radius;
  for (size_t r = 0; r < std::size(kCountedRadii); ++r) {
    by_radius[std::to_string(kCountedRadii[r])] = counts[r];
  }
  return by_radius;
}

ordered_json NearJson(const NearPairs& near) {
  ordered_json by_distance;
  for (size_t bits = 0; bits < near.counts.size(); ++bits) {
    if (near.counts[bits] > 0) {
      by_distance[std::to_string(bits)] = near.counts[bits];
    }
  }
  std::array<uint64_t, std::size(kCountedRadii)> within{};
  for (size_t r = 0; r < within.size(); ++r) {
    within[r] = near.CountWithin(kCountedRadii[r]);
  }
  return {{"comparisons", near.comparison_count},
          {"within", ByRadius(within)},
          {"by_distance", by_distance}};
}

ordered_json MeetingsJson(const std::vector<FalseMeetings>& meetings) {
  ordered_json rows = ordered_json::array();
  for (const FalseMeetings& row : meetings) {
    rows.push_back({{"name", row.name},
                    {"entries", row.entries},
                    {"within", ByRadius(row.within)},
                    {"hits", ByRadius(row.hits)}});
  }
  return rows;
}

ordered_json FlagsJson(const FlagCount& flags) {
  return {{"flagged", flags.flagged}, {"of", flags.count}};
}

ordered_json GraphicsJson(const GraphicsResult& graphics) {
  ordered_json rows = ordered_json::array();
  for (const GraphicsPairs& row : graphics.pairs) {
    rows.push_back({{"name", row.name},
                    {"entries", row.entries},
                    {"plain", row.plain},
                    {"new_without_variants", row.new_views},
                    {"new", row.new_variants},
                    {"new_without_template_like", row.new_unflagged},
                    {"new_by_views", row.new_by_views},
                    {"within", ByRadius(row.within)},
                    {"hits", ByRadius(row.hits)}});
  }
  return {{"corpus", FactsJson(graphics.corpus)},
          {"template_like", FlagsJson(graphics.template_like)},
          {"pairs", rows},
          {"photographs_against_graphics", NearJson(graphics.near_photographs)},
          {"photographs_that_meet_graphics",
           MeetingsJson(graphics.photograph_meetings)}};
}

Status WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Unavailable(path.string() + ": cannot be written");
  return OkStatus();
}

// Position of the strategy that the plot shows under this name.
size_t PlottedStrategy(const Results& results, const std::string& name) {
  for (size_t i = 0; i < results.strategies.size(); ++i) {
    const Strategy& strategy = results.strategies[i];
    if (strategy.name == name && (strategy.entries == "whole" ||
                                  strategy.entries == "trimmed, central-95")) {
      return i;
    }
  }
  return 0;
}

}  // namespace

std::string ToJson(const Results& results) {
  ordered_json alterations = ordered_json::array();
  for (size_t i = 0; i < results.alterations.size(); ++i) {
    const Alteration& alteration = results.alterations[i];
    alterations.push_back(
        {{"name", alteration.name},
         {"family", alteration.family},
         {"group", alteration.group},
         {"median_distance", MedianOf(results.distances, 0, i)}});
  }
  ordered_json all = {
      {"side_pixels_max", results.options.side_pixels_max},
      {"quality_min", results.options.quality_min},
      {"sample", results.options.sample},
      {"threads", results.options.threads},
      {"seconds", results.seconds},
      {"photographs", FactsJson(results.photographs)},
      {"alterations", alterations},
      {"strategies", StrategiesJson(results)},
      {"rival_photographs", results.rival_distances.picture_count()},
      {"rivals", RivalsJson(results)},
      {"template_like", FlagsJson(results.template_like)},
      {"query_hashes", results.query_count},
      {"stored_rows", results.row_count},
      {"other_photographs", NearJson(results.near)},
      {"photographs_that_meet_others", MeetingsJson(results.meetings)}};
  if (results.graphics) all["graphics"] = GraphicsJson(*results.graphics);
  return all.dump(1) + "\n";
}

std::string ToPlotData(const Results& results) {
  constexpr int kPlottedReview = 50;
  const std::pair<size_t, int> plotted[] = {
      {PlottedStrategy(results, "plain PDQ"), kNoReview},
      {PlottedStrategy(results, "normal"), kNoReview},
      {PlottedStrategy(results, "thorough"), kPlottedReview}};
  std::string text = "# row; alteration; family; percent, low, high of each\n";
  std::string family;
  int line = 0;
  for (size_t i = 0; i < results.alterations.size(); ++i) {
    const Alteration& alteration = results.alterations[i];
    const bool is_first = alteration.family != family;
    line += is_first ? 1 : 0;  // room for its name
    family = alteration.family;
    text += std::to_string(line++) + ";" + alteration.name + ";" +
            (is_first ? family : "");
    for (const auto& [strategy, review] : plotted) {
      const Share share = FoundOf(results.distances, strategy, i, review);
      const auto [low, high] = share.interval_percent();
      text += ";" + std::to_string(share.percent()) + ";" +
              std::to_string(low) + ";" + std::to_string(high);
    }
    text += "\n";
  }
  return text;
}

Status WriteReport(const Results& results, const std::string& folder) {
  const std::filesystem::path out(folder);
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) return Unavailable(folder + ": cannot be made");
  KENAL_TRY(WriteFile(out / "results.json", ToJson(results)));
  KENAL_TRY(WriteFile(out / "results.md", ToMarkdown(results)));
  return WriteFile(out / "recall.dat", ToPlotData(results));
}

}  // namespace kenal::robustness
