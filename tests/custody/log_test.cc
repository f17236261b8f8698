// What a log holds, and what a writer refuses.
#include "src/custody/log.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "src/base/digest.h"
#include "src/custody/line_scan.h"
#include "tests/custody/support.h"

namespace kenal::custody {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CustodyLog : public CustodyTest {};

TEST_F(CustodyLog, ChainsEveryLineToTheBytesOfTheLineBefore) {
  Make();
  std::string expected(64, '0');
  uint64_t number = 0;
  for (std::string line : LinesOf(TextOf(path()))) {
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_THAT(line, HasSubstr("\"prev\":\"" + expected + "\""));
    EXPECT_THAT(line, MatchesRegex("\\{\"seq\":" + std::to_string(++number) +
                                   ",\"at\":\"20[0-9-]+T[0-9:]+[.][0-9]{3}Z\""
                                   ",\"event\":\"[a-z]+\".*\\}"));
    expected = Hex(base::Sha256Of(base::AsBytes(line)));
  }
  EXPECT_EQ(number, 6u);
  EXPECT_EQ(Check().head, expected);
}

TEST_F(CustodyLog, TellsHeadAndCountAsTheFileHasThem) {
  const auto log = MakeOpen(path());
  ASSERT_TRUE(log->Sync().ok());
  EXPECT_EQ(log->head(), Check().head);
  EXPECT_EQ(log->records(), Check().records);
  ASSERT_TRUE(log->Close({}).ok());
  EXPECT_EQ(log->head(), Check().head);
  EXPECT_EQ(log->records(), 6u);
}

TEST_F(CustodyLog, KeepsTheExactBytesOfNamesThatAreNotText) {
  Make();
  // base64 of the path in MakeOpen.
  EXPECT_THAT(TextOf(path()),
              HasSubstr("\"path_base64\":\"RENJTS///gouanBn\""));
}

TEST_F(CustodyLog, IsMadeWhereNothingIsOnly) {
  Make();
  const std::string before = TextOf(path());
  EXPECT_EQ(Log::Create(path(), Opening(), key_).status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(TextOf(path()), before);
  EXPECT_FALSE(Log::Create(folder_ / "none/log", Opening(), key_).ok());
}

TEST_F(CustodyLog, HasOneWriterAtATime) {
  auto log = MakeOpen(path());
  EXPECT_EQ(Log::Create(path(), Opening(), key_).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(Log::Continue(path(), Fields(), key_).status().code(),
            StatusCode::kUnavailable);
  log.reset();
  EXPECT_TRUE(Log::Continue(path(), Fields(), key_).ok());
}

TEST_F(CustodyLog, TakesNothingAfterItsClosingRecord) {
  const auto log = MakeOpen(path());
  ASSERT_TRUE(log->Close({}).ok());
  const std::string before = TextOf(path());
  EXPECT_EQ(log->Append("more", Fields()).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(log->Close({}).code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(log->Sync().ok());
  EXPECT_EQ(TextOf(path()), before);
}

TEST_F(CustodyLog, RefusesARecordThatNoReaderWouldHold) {
  const auto log = MakeOpen(path());
  const std::string head = log->head();
  Fields fields;
  fields.Text("text", std::string(kLineBytesMax, 'x'));
  EXPECT_EQ(log->Append("huge", std::move(fields)).code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(log->head(), head);
  ASSERT_TRUE(log->Close({}).ok());
  EXPECT_EQ(Check().state, State::kWhole);
}

TEST_F(CustodyLog, HoldsARecordAsLongAsOneMayBe) {
  const auto log = MakeOpen(path());
  Append(*log, "probe", Fields().Text("text", ""));
  ASSERT_TRUE(log->Sync().ok());
  const size_t probe = LinesOf(TextOf(path())).back().size() - 1;
  Append(*log, "probe",
         Fields().Text("text", std::string(kLineBytesMax - probe, 'x')));
  ASSERT_TRUE(log->Close({}).ok());
  EXPECT_EQ(LinesOf(TextOf(path()))[6].size(), kLineBytesMax + 1);
  EXPECT_EQ(Check().state, State::kWhole);
}

TEST_F(CustodyLog, KeepsRecordsOfManyThreadsWhole) {
  const auto log = MakeOpen(path());
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 500; ++i) {
          Append(*log, "file",
                 Fields().Number("thread", thread).Number("i", i));
          const bool synced = i % 100 != 0 || log->Sync().ok();
          EXPECT_TRUE(synced);
        }
      });
    }
  }
  ASSERT_TRUE(log->Close({}).ok());
  EXPECT_EQ(Check().state, State::kWhole);
  EXPECT_EQ(Check().records, 5u + 4 * 500 + 1);
}

// A limit on the size of files stands for the full disk; in a child, since
// limits are for a whole process.
TEST_F(CustodyLog, SaysThatTheDiskIsFullAndLeavesWholeRecords) {
  for (const rlim_t room : {3000u, 3001u, 3100u, 300'000u}) {
    std::filesystem::remove(path());
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const auto log = MakeOpen(path());
      const rlimit limit{room, room};
      setrlimit(RLIMIT_FSIZE, &limit);
      Status status;
      for (int i = 0; i < 100'000 && status.ok(); ++i) {
        status = log->Append("file", Fields().Number("i", i));
        if (status.ok() && i % 50 == 0) status = log->Sync();
      }
      const bool kept = status.code() == StatusCode::kResourceExhausted &&
                        log->Append("file", Fields()) == status &&
                        log->Sync() == status && log->Close({}) == status;
      _exit(kept ? 0 : 1);
    }
    int ended = -1;
    ASSERT_EQ(waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
    const Verification found = Check();
    EXPECT_EQ(found.state, State::kOpen);
    EXPECT_EQ(found.torn_bytes, 0u);
    EXPECT_GT(found.records, 10u);
    EXPECT_LE(found.end_byte, room);
    EXPECT_GT(found.end_byte + 300, room);
    EXPECT_TRUE(Log::Continue(path(), Fields(), key_).ok());
  }
}

}  // namespace
}  // namespace kenal::custody
