// Kills builders at random moments and looks at what they left.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/known/support.h"

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;

constexpr int kKills = 60;
constexpr int kVersions = 3;

TEST(KnownBuilderCrash, ABuilderKilledAtAnyMomentLeavesAWholeFile) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const BuildOptions options{.list = "list",
                             .memory_bytes = KnownBuilder::kMemoryBytesMin};
  std::vector<Bytes> versions;
  std::vector<base::Sha256Bytes> digests;
  for (int i = 0; i < kVersions; ++i) {
    const DigestSet set = RandomSet(random, SignalType::kSha1, 120'000);
    versions.push_back(Joined(Shuffled(random, set)));
    const auto facts = Build(path, options, {versions.back()});
    ASSERT_TRUE(facts.ok()) << facts.status();
    digests.push_back(facts->sha256);
  }
  for (int kill_index = 0; kill_index < kKills; ++kill_index) {
    const pid_t child = fork();
    if (child == 0) {
      for (size_t i = 0;; ++i) {
        if (!Build(path, options, {versions[i % kVersions]}).ok()) _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int result = -1;
    ASSERT_EQ(waitpid(child, &result, 0), child);
    ASSERT_TRUE(WIFSIGNALED(result));
    const auto file = KnownFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto digest = (*file)->Digest();
    ASSERT_TRUE(digest.ok()) << digest.status();
    EXPECT_THAT(digests, ::testing::Contains(*digest));
    EXPECT_TRUE((*file)->Verify(*digest).ok());
  }
  ASSERT_TRUE(Build(path, options, {versions[0]}).ok());
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("list"));
}

}  // namespace
}  // namespace kenal::known
