#include <algorithm>
#include <cmath>

#include "bench/robustness/report.h"

namespace kenal::robustness {
namespace {

// Of the shares found of each picture.
Mean MeanOfShares(const std::vector<double>& shares) {
  const auto n = static_cast<double>(shares.size());
  double sum = 0;
  for (double share : shares) sum += share;
  const double mean = shares.empty() ? 0 : sum / n;
  double squares = 0;
  for (double share : shares) squares += (share - mean) * (share - mean);
  const double error = shares.size() < 2 ? 0 : std::sqrt(squares / (n - 1) / n);
  return {.percent = 100 * mean, .plus_minus = 100 * 1.96 * error};
}

template <typename IsFoundFn>
Mean MeanOver(const std::vector<Alteration>& alterations,
              const std::string& group, size_t picture_count,
              const IsFoundFn& is_found) {
  std::vector<double> shares;
  for (size_t picture = 0; picture < picture_count; ++picture) {
    int found = 0;
    int count = 0;
    for (size_t i = 0; i < alterations.size(); ++i) {
      if (alterations[i].group != group) continue;
      ++count;
      if (is_found(i, picture)) ++found;
    }
    shares.push_back(count == 0 ? 0 : static_cast<double>(found) / count);
  }
  return MeanOfShares(shares);
}

}  // namespace

std::vector<Row> RowsOf(const std::vector<Strategy>& strategies) {
  std::vector<Row> rows;
  for (size_t i = 0; i < strategies.size(); ++i) {
    for (int radius : kReviewRadii) {
      std::string name = strategies[i].name;
      if (radius != kNoReview) {
        name += strategies[i].spares_template_like ? ", review " : ", radius ";
        name += std::to_string(radius);
      }
      rows.push_back({i, radius, std::move(name)});
    }
  }
  return rows;
}

std::vector<std::string> GroupsOf(const std::vector<Alteration>& alterations) {
  std::vector<std::string> groups;
  for (const Alteration& alteration : alterations) {
    if (std::ranges::find(groups, alteration.group) == groups.end()) {
      groups.push_back(alteration.group);
    }
  }
  return groups;
}

Mean MeanOf(const Results& results, const std::string& group, const Row& row) {
  return MeanOver(results.alterations, group, results.distances.picture_count(),
                  [&](size_t alteration, size_t picture) {
                    return IsFound(
                        results.distances.At(row.strategy, alteration, picture),
                        row.review_radius_bits);
                  });
}

Mean MeanOf(const Results& results, const std::string& group, size_t rival) {
  const int threshold = results.rivals[rival].calibration.threshold;
  return MeanOver(
      results.alterations, group, results.rival_distances.picture_count(),
      [&](size_t alteration, size_t picture) {
        return results.rival_distances.At(rival, alteration, picture).any <=
               threshold;
      });
}

Share FoundOf(const Results& results, size_t rival, size_t alteration) {
  Share share;
  const Distances& distances = results.rival_distances;
  for (size_t i = 0; i < distances.picture_count(); ++i) {
    ++share.count;
    if (distances.At(rival, alteration, i).any <=
        results.rivals[rival].calibration.threshold) {
      ++share.hits;
    }
  }
  return share;
}

}  // namespace kenal::robustness
