// What was found, for people and for programs.
#ifndef KENAL_BENCH_ROBUSTNESS_REPORT_H_
#define KENAL_BENCH_ROBUSTNESS_REPORT_H_

#include <string>

#include "bench/robustness/measure.h"
#include "kenal/status.h"

namespace kenal::robustness {

// One line of the table of strategies: a strategy under a review radius.
struct Row {
  size_t strategy = 0;
  int review_radius_bits = kNoReview;
  std::string name;  // "normal, review 50"
};

// Means over one group of alterations. The interval is of the mean over the
// pictures: it says what other pictures of this kind would give, nothing of
// other alterations.
struct Mean {
  double percent = 0;
  double plus_minus = 0;  // 95 %
};

std::vector<Row> RowsOf(const std::vector<Strategy>& strategies);
std::vector<std::string> GroupsOf(const std::vector<Alteration>& alterations);
Mean MeanOf(const Results& results, const std::string& group, const Row& row);
// The same of a rival, at its threshold.
Mean MeanOf(const Results& results, const std::string& group, size_t rival);
Share FoundOf(const Results& results, size_t rival, size_t alteration);

// Everything, as results.json.
std::string ToJson(const Results& results);
// Tables, as results.md.
std::string ToMarkdown(const Results& results);
// What plot_recall.gp draws: recall by alteration of three strategies.
std::string ToPlotData(const Results& results);
// A few lines for the console.
std::string ToSummary(const Results& results);

// Writes results.json, results.md and recall.dat into `folder`, which is made
// when it is not there.
Status WriteReport(const Results& results, const std::string& folder);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_REPORT_H_
