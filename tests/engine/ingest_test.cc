#include "src/engine/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "kenal/engine.h"
#include "src/base/digest.h"
#include "tests/support/support.h"

namespace kenal::engine {
namespace {

using ::kenal::testing::TempDir;

const IngestOptions kOptions{.list = "mine",
                             .by = {.actor = "test", .reason = "testing"},
                             .provenance = {.source = "test"}};

// Signals from the file name alone: bad* fails, flat* has quality 10, copies
// of a name before '@' are the same bytes.
class NameHasher final : public Hasher {
 public:
  SignalSet HashBytes(std::span<const uint8_t>, const HashWork&) override {
    return {};
  }
  SignalSet HashPicture(std::span<const uint8_t>, const HashWork&) override {
    return {};
  }
  SignalSet HashFile(const std::string& path, const HashWork& work) override {
    views_ = work.views;
    second_opinion_ = work.second_opinion;
    const std::string name = path.substr(0, path.find('@'));
    SignalSet signals;
    signals.sha256 = Sha256{base::Sha256Of(base::AsBytes(name))};
    if (name.starts_with("bad")) {
      signals.pdq_failure = {"not_a_picture", path + ": no picture"};
      return signals;
    }
    signals.pdq.push_back(
        {.hash = PdqHash{base::Sha256Of(base::AsBytes(name + pdq_salt_))},
         .quality = name.starts_with("flat") ? 10 : 100});
    return signals;
  }
  int worker_count() const override { return 2; }

  std::string pdq_salt_ = "pdq";
  std::atomic<ViewSet> views_;  // of the last work
  std::atomic<bool> second_opinion_ = false;
};

class IngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(folder_.path()).ok());
    auto engine = Engine::Open(folder_.path());
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
    ASSERT_TRUE(
        engine_->CreateList("mine", Purpose::kTest, {}, kOptions.by).ok());
  }

  TempDir folder_;
  std::unique_ptr<Engine> engine_;
  NameHasher hasher_;
};

TEST_F(IngestTest, CountsEachKindAndReportsEveryFileInOrder) {
  const std::vector<std::string> files = {"a", "bad", "b", "flat", "a@copy"};
  std::vector<std::string> reported;
  const auto report =
      Ingest(hasher_, *engine_, files, kOptions, [&](const IngestedFile& f) {
        reported.push_back(f.path);
        EXPECT_EQ(f.result.has_value(), !f.signals.pdq_failure);
      });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(reported, files);
  EXPECT_EQ(report->added, 3U);
  EXPECT_EQ(report->unchanged, 1U);
  EXPECT_EQ(report->failed, 1U);
  EXPECT_EQ(report->flat, 1U);
}

TEST_F(IngestTest, OfTheSameFilesAgainChangesNothing) {
  std::vector<std::string> files;
  for (int i = 0; i < 600; ++i) files.push_back("f" + std::to_string(i));
  const auto first =
      Ingest(hasher_, *engine_, files, kOptions, [](const auto&) {});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->added, 600U);
  const auto second =
      Ingest(hasher_, *engine_, files, kOptions, [](const auto&) {});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->unchanged, 600U);
  EXPECT_EQ(engine_->Stats()->head, first->sequence);
}

TEST_F(IngestTest, TheSameBytesHashedOtherwiseReplaceTheirEntry) {
  const std::vector<std::string> files = {"a", "b"};
  ASSERT_TRUE(
      Ingest(hasher_, *engine_, files, kOptions, [](const auto&) {}).ok());
  hasher_.pdq_salt_ = "another";
  const auto report =
      Ingest(hasher_, *engine_, files, kOptions, [](const auto&) {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->replaced, 2U);
  EXPECT_EQ(report->added, 0U);
  EXPECT_EQ(engine_->Stats()->pdq_rows, 2U);
}

TEST_F(IngestTest, AReportedFileIsAlreadyMatched) {
  const std::vector<std::string> files = {"a", "b"};
  const auto report =
      Ingest(hasher_, *engine_, files, kOptions, [&](const IngestedFile& f) {
        const auto answer = engine_->Match(f.signals);
        ASSERT_TRUE(answer.ok());
        EXPECT_EQ(answer->verdict, Verdict::kTest);
        EXPECT_EQ(answer->matches[0].provenance.reference, f.path);
      });
  EXPECT_TRUE(report.ok());
}

TEST_F(IngestTest, AnUnknownListFailsBeforeAnythingIsHashed) {
  IngestOptions options = kOptions;
  options.list = "nobody";
  const std::vector<std::string> files = {"a"};
  const auto report =
      Ingest(hasher_, *engine_, files, options,
             [](const auto&) { FAIL() << "a file was reported"; });
  EXPECT_EQ(report.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(report.status().message()),
              ::testing::HasSubstr("nobody"));
}

TEST_F(IngestTest, HashesWhatTheListStores) {
  const ListPolicy policy{.stored_views = {View::kTrimmed, View::kAspect1x1},
                          .second_opinion = true};
  const std::vector<std::string> files = {"a"};
  ASSERT_TRUE(Ingest(hasher_, *engine_, files, kOptions, [](auto&) {}).ok());
  EXPECT_EQ(hasher_.views_.load(), ListPolicy{}.stored_views);
  EXPECT_FALSE(hasher_.second_opinion_);
  ASSERT_TRUE(engine_->SetListPolicy("mine", policy, kOptions.by).ok());
  ASSERT_TRUE(Ingest(hasher_, *engine_, files, kOptions, [](auto&) {}).ok());
  EXPECT_EQ(hasher_.views_.load(), policy.stored_views | kWholeViews);
  EXPECT_TRUE(hasher_.second_opinion_);
}

}  // namespace
}  // namespace kenal::engine
