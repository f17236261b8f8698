#include "src/formats/vics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/formats/support.h"
#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using formats::Format;
using formats::Record;
using formats::Told;
using nlohmann::json;
using testing::TestSeed;

const ReportOptions kOnlyVics{.kinds = {ReportKind::kVics}};
constexpr const char* kNames[] = {"vics-1.3.json", "vics-2.0.json"};

Told Read(const Reported& reported, const std::string& name) {
  Told told = formats::ReadPath(Format::kVics, reported.path(name));
  EXPECT_TRUE(told.status.ok()) << name << ": " << told.status;
  EXPECT_TRUE(told.refused().empty()) << name;
  EXPECT_TRUE(told.heading.has_groups);
  return told;
}

TEST(Vics, OurOwnReaderFindsEveryHitAndEveryPlaceOfIt) {
  const Reported reported(RandomScene(TestSeed(), 300), kOnlyVics);
  std::multiset<Sha256> expected;
  for (size_t i = 0; i < reported.findings().place_count(); ++i) {
    const auto number = reported.findings().content_of(i);
    if (!number) continue;
    const auto content = reported.findings().ReadContent(*number);
    ASSERT_TRUE(content.ok());
    if (content->is_hit()) expected.insert(content->sha256);
  }
  for (const char* name : kNames) {
    const Told told = Read(reported, name);
    std::multiset<Sha256> found;
    std::set<std::string> ids;
    for (const Record& record : told.records()) {
      EXPECT_TRUE(ids.insert(record.file_id).second) << "MediaID twice";
      for (size_t i = 0; i < record.files.size(); ++i) {
        found.insert(*record.signals.sha256);
      }
    }
    EXPECT_EQ(found, expected) << name;
    const json root = json::parse(reported.text(name));
    EXPECT_EQ(root.at("value").size(), 1u);
    EXPECT_EQ(root.at("value")[0].at("TotalMediaFiles"), expected.size());
  }
}

TEST(Vics, CategoriesAreThoseOfListsThatKnowTheVeryBytes) {
  std::mt19937_64 random(TestSeed());
  Scene scene;
  scene.exhibits.push_back({.id = "EXH1", .path = "x"});
  const auto add = [&](Verdict verdict, const std::string& scheme,
                       const std::string& raw_value) {
    scene.AddContent(random, verdict)
        .matches[0]
        .classifications.push_back({scheme, raw_value});
    scene.AddPlace(0, {"DCIM/" + std::to_string(scene.places.size())},
                   static_cast<uint32_t>(scene.contents.size() - 1));
  };
  add(Verdict::kExact, "vics-us", "2");
  add(Verdict::kNear, "vics-us", "2");
  add(Verdict::kExact, "other-scheme", "2");
  add(Verdict::kExact, "vics", "0");
  scene.AddPlace(0, {"old/box.zip", "in/kite.jpg"}, 0);
  const Reported reported(scene, kOnlyVics);
  for (const char* name : kNames) {
    Read(reported, name);
    const json media = json::parse(reported.text(name))["value"][0]["Media"];
    ASSERT_EQ(media.size(), 4u);
    EXPECT_EQ(media[0].at("Category"), 2) << name;
    EXPECT_EQ(media[0].at("IsPrecategorized"), true);
    EXPECT_EQ(media[0].at("PrecategorizationSource"), "list-a");
    EXPECT_EQ(media[1].at("Category"), nullptr);
    EXPECT_FALSE(media[1].contains("IsPrecategorized"));
    EXPECT_EQ(media[2].at("Category"), nullptr);
    EXPECT_EQ(media[3].at("Category"), 0);
    EXPECT_EQ(media[3].at("IsPrecategorized"), true);
    EXPECT_EQ(media[0].at("MediaFiles")[0].at("FilePath"), "EXH1/DCIM");
    const json& member = media[0].at("MediaFiles")[1];
    EXPECT_EQ(member.at("FilePath"), "EXH1/old/box.zip/in");
    EXPECT_EQ(member.at("FileName"), "kite.jpg");
    EXPECT_EQ(member.at("ParentFilePath"), "EXH1/old");
    EXPECT_EQ(member.at("ParentFileName"), "box.zip");
    EXPECT_THAT(media[1].at("Comments").get<std::string>(),
                ::testing::HasSubstr("at distance"));
  }
  EXPECT_THAT(reported.text("vics-2.0.json"),
              ::testing::HasSubstr("2.0.xml/US/$metadata#Cases"));
}

// Readers hold one media in memory, ours too.
TEST(Vics, AContentAtVeryManyPlacesIsToldBySeveralMedia) {
  std::mt19937_64 random(TestSeed());
  Scene scene;
  scene.exhibits.push_back({.id = "EXH1", .path = "x"});
  scene.AddContent(random, Verdict::kNear);
  constexpr size_t kPlaces = 12'345;
  for (size_t i = 0; i < kPlaces; ++i) {
    scene.AddPlace(0, {"copy-" + std::to_string(i)}, 0).deleted = i % 2 == 0;
  }
  const Reported reported(scene, kOnlyVics);
  for (const char* name : kNames) {
    size_t files = 0;
    for (const Record& record : Read(reported, name).records()) {
      files += record.files.size();
    }
    EXPECT_EQ(files, kPlaces) << name;
  }
}

}  // namespace
}  // namespace kenal::report
