// Going on after stops: cuts at every byte, and kill -9 at random moments.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <random>
#include <thread>

#include "src/base/digest.h"
#include "src/custody/line_scan.h"
#include "src/custody/log.h"
#include "tests/custody/support.h"

namespace kenal::custody {
namespace {

using ::testing::HasSubstr;

class CustodyStop : public CustodyTest {};

// What a torn line was is told by the record that follows; everything before
// stays as it is.
TEST_F(CustodyStop, GoesOnAfterACutAtEveryByte) {
  MakeOpen(path())->Sync().IgnoreError();
  const std::string whole = TextOf(path());
  const size_t first = LinesOf(whole).front().size();
  for (size_t size = 0; size <= whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    PutText(path(), cut);
    auto log = Log::Continue(path(), Fields(), key_);
    if (size < first) {
      ASSERT_EQ(log.status().code(), StatusCode::kNotFound) << size;
      EXPECT_EQ(TextOf(path()), cut);
      log = Log::Create(path(), Opening(), key_);
    }
    ASSERT_TRUE(log.ok()) << size << ": " << log.status();
    ASSERT_TRUE((*log)->Close({}).ok());
    const Verification found = Check();
    ASSERT_EQ(found.state, State::kWhole)
        << size << ": " << ::testing::PrintToString(found.problems);

    const size_t kept = cut.rfind('\n') == cut.npos ? 0 : cut.rfind('\n') + 1;
    const std::string torn = cut.substr(kept);
    const std::string now = TextOf(path());
    ASSERT_TRUE(now.starts_with(cut.substr(0, kept)));
    const std::string record = LinesOf(now.substr(kept)).front();
    if (torn.empty()) {
      EXPECT_EQ(record.find("cut_bytes"), record.npos);
    } else {
      EXPECT_THAT(record,
                  HasSubstr("\"cut_bytes\":" + std::to_string(torn.size()) +
                            ",\"cut_sha256\":\"" +
                            Hex(base::Sha256Of(base::AsBytes(torn))) + "\""));
    }
  }
}

TEST_F(CustodyStop, GoesOnAfterATornLineOfAnySize) {
  MakeOpen(path()).reset();
  const std::string whole = TextOf(path());
  PutText(path(), whole + std::string(kLineBytesMax + 300'000, '\0'));
  const auto log = Log::Continue(path(), Fields(), key_);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE((*log)->Close({}).ok());
  EXPECT_EQ(Check().state, State::kWhole);
  EXPECT_LT(TextOf(path()).size(), whole.size() + 3000);
}

TEST_F(CustodyStop, RefusesADamagedLogAndLeavesItAlone) {
  MakeOpen(path())->Sync().IgnoreError();
  const std::string whole = TextOf(path());
  for (size_t at = 0; at + 1 < LinesOf(whole)[0].size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    PutText(path(), damaged);
    const auto log = Log::Continue(path(), Fields(), key_);
    // Bytes of the key in the first line read as another key.
    EXPECT_TRUE(log.status().code() == StatusCode::kDataLoss ||
                log.status().code() == StatusCode::kFailedPrecondition)
        << at << ": " << log.status();
    EXPECT_EQ(TextOf(path()), damaged);
  }
}

TEST_F(CustodyStop, RefusesAClosedLogAndAnotherKey) {
  Make();
  EXPECT_EQ(Log::Continue(path(), Fields(), key_).status().code(),
            StatusCode::kFailedPrecondition);
  std::filesystem::remove(path());
  EXPECT_EQ(Log::Continue(path(), Fields(), key_).status().code(),
            StatusCode::kNotFound);
  MakeOpen(path()).reset();
  const auto other = Key::LoadOrMake(folder_ / "other.pem");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(Log::Continue(path(), Fields(), *other).status().code(),
            StatusCode::kFailedPrecondition);
}

// A writer in a process of its own that says through a pipe how many records
// are synced.
void WriteUntilKilled(const std::string& path, const Key& key, int pipe) {
  auto log = Log::Continue(path, Fields(), key);
  if (log.status().code() == StatusCode::kNotFound) {
    log = Log::Create(path, Fields(), key);
  }
  if (!log.ok()) _exit(1);
  for (uint64_t i = 0;; ++i) {
    if (!(*log)->Append("file", Fields().Number("i", i)).ok()) {
      _exit(2);
    }
    if (i % 16 != 0) continue;
    const uint64_t records = (*log)->records();
    if (!(*log)->Sync().ok()) _exit(3);
    if (write(pipe, &records, sizeof records) != sizeof records) _exit(4);
  }
}

TEST_F(CustodyStop, LosesNothingSyncedInTwentyKills) {
  std::mt19937_64 random(::kenal::testing::TestSeed());
  uint64_t synced = 0;
  for (int kill_number = 0; kill_number < 20; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(path(), key_, ends[1]);
    }
    close(ends[1]);
    // So many syncs, and then some moment of what comes next.
    const uint64_t reports_wanted = 1 + random() % 8;
    uint64_t records = 0;
    for (uint64_t i = 0; i < reports_wanted; ++i) {
      ASSERT_EQ(read(ends[0], &records, sizeof records), ssize_t{8});
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    while (read(ends[0], &records, sizeof records) == ssize_t{8}) {
    }
    close(ends[0]);
    EXPECT_GT(records, synced);
    synced = records;
    const Verification found = Check();
    EXPECT_EQ(found.state, State::kOpen)
        << ::testing::PrintToString(found.problems);
    EXPECT_GE(found.records, synced);
  }
  const auto log = Log::Continue(path(), Fields(), key_);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE((*log)->Close({}).ok());
  EXPECT_EQ(Check().state, State::kWhole);
}

}  // namespace
}  // namespace kenal::custody
