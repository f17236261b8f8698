#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using nlohmann::json;
using testing::TestSeed;

// Calls `visit` with every object in a JSON value.
template <typename Visit>
void ForEachObject(const json& value, const Visit& visit) {
  if (value.is_object()) visit(value);
  if (!value.is_structured()) return;
  for (const json& each : value) ForEachObject(each, visit);
}

size_t CountOfType(const json& graph, const std::string& type) {
  size_t count = 0;
  ForEachObject(graph, [&](const json& object) {
    count += object.value("@type", json()) == type;
  });
  return count;
}

TEST(Case, EveryIdResolvesAndIsOfOneThing) {
  ReportOptions options{.kinds = {ReportKind::kCase}};
  for (const bool all_files : {false, true}) {
    options.all_files_in_case = all_files;
    const Reported reported(RandomScene(TestSeed(), 120), options);
    const json root = json::parse(reported.text("case.jsonld"));
    std::map<std::string, std::string> types;
    std::set<std::string> named;
    ForEachObject(root.at("@graph"), [&](const json& object) {
      if (!object.contains("@id")) return;
      const std::string id = object.at("@id");
      named.insert(id);
      if (!object.contains("@type")) return;
      EXPECT_TRUE(types.emplace(id, object.at("@type")).second) << id;
    });
    for (const std::string& id : named) EXPECT_TRUE(types.contains(id)) << id;
    // Prefixes of all keys and types are declared.
    ForEachObject(root.at("@graph"), [&](const json& object) {
      for (const auto& [key, value] : object.items()) {
        if (key.front() == '@') continue;
        EXPECT_TRUE(root.at("@context").contains(key.substr(0, key.find(':'))))
            << key;
      }
    });
    const findings::Totals& totals = reported.totals();
    EXPECT_EQ(CountOfType(root, "uco-observable:File"),
              all_files ? totals.all.places : totals.hit_places);
    EXPECT_EQ(CountOfType(root, "uco-analysis:AnalyticResult"),
              totals.hit_contents);
    EXPECT_EQ(CountOfType(root, "uco-analysis:Analysis"), 1u);
  }
}

TEST(Case, CanonicalFormIsJsonWithoutTheTimesOfTheRun) {
  const Reported reported(RandomScene(TestSeed(), 40),
                          {.kinds = {ReportKind::kCase}});
  const std::string text = reported.text("case.jsonld");
  const json root = json::parse(Canonical("case.jsonld", text));
  EXPECT_EQ(root.at("@graph").size() + 1, json::parse(text)["@graph"].size());
  EXPECT_EQ(root.dump().find("uco-core:startTime"), std::string::npos);
}

}  // namespace
}  // namespace kenal::report
