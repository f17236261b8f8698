#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/kenal-demo/demo.h"

namespace kenal::demo {
namespace {

namespace fs = std::filesystem;

constexpr char kNotListed[] = "(not listed)";

struct Row {
  std::string work;
  std::string alteration;
  std::string verdict;
  std::string distance = "-";
  std::string how;
  std::string list = "-";
  bool hit = false;
  bool flat = false;  // too little detail for a near match
};

struct Recall {
  int asked = 0;
  int found = 0;
  int flat = 0;  // asked about and not found
};

// The view and variant of the copy that met the listed picture.
std::string How(const nlohmann::json& transform) {
  const auto view = transform.at("view").get<std::string>();
  const auto variant = transform.at("variant").get<std::string>();
  std::string how = view == "stored" || view == "turned" ? "" : view;
  if (variant != "orig") how += (how.empty() ? "" : " ") + variant;
  return how.empty() ? "as it is" : how;
}

Row RowOf(const nlohmann::json& answer) {
  Row row;
  const fs::path path = answer.at("path").get<std::string>();
  const std::string stem = path.stem().string();
  if (path.parent_path().filename() == "unlisted") {
    row.work = stem;
    row.alteration = kNotListed;
  } else {
    const size_t dot = stem.rfind('.');
    row.work = stem.substr(0, dot);
    row.alteration = dot == std::string::npos ? "?" : stem.substr(dot + 1);
  }
  row.verdict = answer.at("verdict").get<std::string>();
  row.flat = answer.at("checks").at("pdq").value("reason", "") == "flat";
  if (row.flat) row.how = "too flat";
  const auto& matches = answer.at("matches");
  row.hit = !matches.empty();
  for (const auto& match : matches) {
    row.list = match.at("list").get<std::string>();
    if (match.at("signal") != "pdq") {
      row.how = "same file";
      continue;
    }
    row.distance = std::to_string(match.at("distance").get<int>());
    if (row.how != "same file") row.how = How(match.at("transform"));
    break;
  }
  return row;
}

void PrintRow(const Row& row) {
  std::printf("  %-24.24s %-13s %-15s %8s  %-12s %s\n", row.work.c_str(),
              row.alteration.c_str(), row.verdict.c_str(), row.distance.c_str(),
              row.how.c_str(), row.list.c_str());
}

void PrintRows(const std::vector<Row>& rows, int works_max) {
  const Row head{"picture",  "alteration", "verdict",
                 "distance", "seen",       "list"};
  PrintRow(head);
  std::string work;
  int listed = 0;
  int unlisted = 0;
  for (const Row& row : rows) {
    const bool is_listed = row.alteration != kNotListed;
    int& count = is_listed ? listed : unlisted;
    const bool is_next = row.work != work;
    work = row.work;
    count += is_next ? 1 : 0;
    if (works_max > 0 && count > works_max) continue;
    if (is_next && (is_listed || count == 1)) std::printf("\n");
    PrintRow(row);
  }
}

void PrintRecall(const std::vector<Row>& rows) {
  constexpr int kBarWidth = 30;
  std::map<std::string, Recall> recall;
  std::vector<const Row*> false_positives;
  int unlisted = 0;
  for (const Row& row : rows) {
    if (row.alteration == kNotListed) {
      ++unlisted;
      if (row.hit) false_positives.push_back(&row);
      continue;
    }
    Recall& of = recall[row.alteration];
    ++of.asked;
    of.found += row.hit ? 1 : 0;
    of.flat += row.flat && !row.hit ? 1 : 0;
  }
  std::vector<std::pair<std::string, Recall>> sorted(recall.begin(),
                                                     recall.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) {
    return a.second.found * b.second.asked > b.second.found * a.second.asked;
  });
  std::printf("\nRecall by alteration (copies found / copies asked about)\n\n");
  for (const auto& [alteration, of] : sorted) {
    const int bar = kBarWidth * of.found / of.asked;
    std::printf("  %-13s %3d / %-3d %5.1f %%  %s%s", alteration.c_str(),
                of.found, of.asked, 100.0 * of.found / of.asked,
                std::string(static_cast<size_t>(bar), '#').c_str(),
                std::string(static_cast<size_t>(kBarWidth - bar), '.').c_str());
    if (of.flat > 0) std::printf("  %d too flat", of.flat);
    std::printf("\n");
  }
  std::printf("\nFalse positives: %zu of %d pictures that are not listed\n",
              false_positives.size(), unlisted);
  for (const Row* row : false_positives) PrintRow(*row);
}

}  // namespace

Status PrintTable(const std::string& answers, int works_max) {
  std::ifstream lines(answers);
  if (!lines) return NotFound(answers + ": cannot be read");
  std::vector<Row> rows;
  for (std::string line; std::getline(lines, line);) {
    try {
      rows.push_back(RowOf(nlohmann::json::parse(line)));
    } catch (const nlohmann::json::exception& e) {  // How this library reports.
      return InvalidArgument(answers + ": line " +
                             std::to_string(rows.size() + 1) +
                             " is no answer: " + e.what());
    }
  }
  PrintRows(rows, works_max);
  PrintRecall(rows);
  return OkStatus();
}

}  // namespace kenal::demo
