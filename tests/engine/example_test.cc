// Runs the worked example of kenal/engine.h, cut out of its comment by the
// build.
#include <gtest/gtest.h>

#include "example.inc"
#include "tests/support/support.h"

namespace {

TEST(EngineHeader, ItsWorkedExampleCompilesAndRuns) {
  kenal::testing::TempDir folder;
  const kenal::Status status = Example(
      folder / "store", KENAL_TEST_DATA "/pdq-vectors/gen/a-420-q90.jpg");
  ASSERT_TRUE(status.ok()) << status;
  const auto engine = kenal::Engine::Open(folder / "store");
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ((*engine)->GetList("demo")->counts.active, 1U);
}

TEST(EngineHeader, SaysWhatTheExampleAnswers) {
  kenal::testing::TempDir folder;
  const std::string picture = KENAL_TEST_DATA "/pdq-vectors/gen/a-420-q90.jpg";
  ASSERT_TRUE(Example(folder / "store", picture).ok());
  const auto engine = kenal::Engine::Open(folder / "store");
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto hasher = kenal::Hasher::Start({});
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  const auto answer = (*engine)->Match((*hasher)->HashFile(picture));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->verdict, kenal::Verdict::kTest);
  EXPECT_EQ(answer->matches.at(0).list, "demo");
}

}  // namespace
