#include "bench/robustness/recall.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "bench/robustness/parallel.h"
#include "bench/robustness/views_of.h"

namespace kenal::robustness {

size_t BesideOf(const std::vector<Picture>& pictures, size_t at) {
  std::mt19937_64 random(pictures[at].number);
  random.discard(1);
  return (at + 1 + random() % (pictures.size() - 1)) % pictures.size();
}

void ForEachCopy(const std::vector<Picture>& pictures,
                 const std::vector<Alteration>& alterations,
                 const decode::DecodeWork& work, int threads,
                 const VisitCopy& visit) {
  ForEach("altering", pictures.size(), threads, [&](size_t at) {
    const size_t beside = BesideOf(pictures, at);
    for (size_t i = 0; i < alterations.size(); ++i) {
      const Copy copy = MakeCopy(alterations[i], pictures[at].pixels,
                                 pictures[beside].pixels, pictures[at].number);
      visit({at, beside, i}, copy, ViewsOf(copy, work));
    }
  });
}

double Share::percent() const {
  return count == 0
             ? 0
             : 100.0 * static_cast<double>(hits) / static_cast<double>(count);
}

std::array<double, 2> Share::interval_percent() const {
  constexpr double kZ = 1.959964;
  if (count == 0) return {0, 100};
  const auto n = static_cast<double>(count);
  const double p = static_cast<double>(hits) / n;
  const double scale = 1 + kZ * kZ / n;
  const double middle = (p + kZ * kZ / (2 * n)) / scale;
  const double half =
      kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / scale;
  const double low = hits == 0 ? 0 : 100 * (middle - half);
  const double high = hits == count ? 100 : 100 * (middle + half);
  return {low, high};
}

Share FoundOf(const Distances& distances, size_t strategy, size_t alteration,
              int review_radius_bits) {
  Share share;
  for (size_t i = 0; i < distances.picture_count(); ++i) {
    ++share.count;
    const Nearest& nearest = distances.At(strategy, alteration, i);
    share.hits += IsFound(nearest, review_radius_bits) ? 1 : 0;
  }
  return share;
}

int MedianOf(const Distances& distances, size_t strategy, size_t alteration) {
  std::vector<int> all;
  for (size_t i = 0; i < distances.picture_count(); ++i) {
    all.push_back(distances.At(strategy, alteration, i).any);
  }
  const auto middle =
      all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

}  // namespace kenal::robustness
