#include "src/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "src/base/digest.h"
#include "tests/formats/child.h"
#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using testing::TempDir;
using testing::TestSeed;

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

TEST(Reports, AreAllThereWithTheirDigests) {
  const Reported reported(RandomScene(TestSeed(), 50));
  std::vector<std::string> names;
  for (const WrittenFile& file : reported.written.files) {
    const std::string text = reported.text(file.name);
    EXPECT_EQ(file.size_bytes, text.size()) << file.name;
    EXPECT_EQ(file.sha256.bytes, base::Sha256Of(base::AsBytes(text)))
        << file.name;
    struct stat info {};
    ASSERT_EQ(stat(reported.path(file.name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << file.name;
    names.push_back(file.name);
  }
  EXPECT_EQ(names, ReportNames({}));
  EXPECT_THAT(FilesIn(reported.path("")),
              ::testing::UnorderedElementsAreArray(names));
}

TEST(Reports, OfNothingAreMadeToo) {
  const Reported reported{Scene()};
  EXPECT_EQ(reported.written.files.size(), ReportNames({}).size());
}

// What was found is the same, in another order and with other content numbers,
// in three parts, later, elsewhere and with other arguments.
TEST(Reports, OfABrokenAndAnUnbrokenRunAreTheSameInCanonicalForm) {
  const uint64_t seed = TestSeed();
  Scene scene = RandomScene(seed, 400);
  const Reported unbroken(scene);
  std::mt19937_64 random(seed + 1);
  scene.Shuffle(random);
  scene.run.host = "another";
  scene.run.arguments = {"scan", "--resume", "<script>\n\"host\""};
  scene.run.started_unix_ms += 86'400'000;
  scene.run.ended_unix_ms += 99'400'000;
  scene.run.working_ms += 5'000;
  scene.run.part_count = 4;
  const Reported broken(scene);
  for (const std::string& name : ReportNames({})) {
    EXPECT_EQ(Canonical(name, broken.text(name)),
              Canonical(name, unbroken.text(name)))
        << name;
    EXPECT_GT(Canonical(name, broken.text(name)).size(), 20u) << name;
  }
  EXPECT_NE(broken.text("report.jsonl"), unbroken.text("report.jsonl"));
  scene.places.pop_back();
  const Reported less(scene);
  EXPECT_NE(Canonical("report.jsonl", less.text("report.jsonl")),
            Canonical("report.jsonl", broken.text("report.jsonl")));
}

TEST(Reports, TheOneThatDoesNotFitTheDiskIsNamedAndHarmsNoOther) {
  const Scene scene = RandomScene(TestSeed(), 400);
  TempDir folder;
  scene.Save(folder.path());
  formats::InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20'000, 20'000};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    auto findings = findings::Findings::Open(folder.path());
    ASSERT_TRUE(findings.ok()) << findings.status();
    const auto written = WriteReports(
        **findings, {.out = folder / "reports",
                     .kinds = {ReportKind::kJsonLines, ReportKind::kCsv}});
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_EQ(written->failed.size(), 2u);
    for (const FailedFile& file : written->failed) {
      EXPECT_EQ(file.status.code(), StatusCode::kResourceExhausted);
      EXPECT_THAT(std::string(file.status.message()),
                  ::testing::HasSubstr(file.name));
    }
    ASSERT_EQ(written->files.size(), 1u);
    EXPECT_EQ(written->files[0].name, "coverage.csv");
    EXPECT_THAT(FilesIn(folder / "reports"),
                ::testing::ElementsAre("coverage.csv"));
  });
}

TEST(Reports, APageThatDoesNotShowAllHitsSaysSo) {
  const Scene scene = RandomScene(TestSeed(), 300);
  const Reported all(scene, {.kinds = {ReportKind::kPage}});
  const uint64_t hits = all.totals().hit_places;
  ASSERT_GT(hits, 20u);
  EXPECT_EQ(all.text("report.html").find("This page shows"), std::string::npos);
  const Reported some(scene,
                      {.kinds = {ReportKind::kPage}, .page_hits_max = 20});
  EXPECT_THAT(some.text("report.html"),
              ::testing::HasSubstr("This page shows 20 of " +
                                   std::to_string(hits) + " hit places"));
}

TEST(Reports, KindsGoByTheirNames) {
  for (int i = 0; i < 7; ++i) {
    const auto kind = static_cast<ReportKind>(i);
    const auto parsed = ParseReportKind(ReportKindName(kind));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, kind);
    EXPECT_FALSE(ReportNames({kind}).empty()) << ReportKindName(kind);
  }
  EXPECT_EQ(ParseReportKind("pdf").status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::report
