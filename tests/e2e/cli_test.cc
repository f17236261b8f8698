// The parts of the command line that need no store.
#include <gtest/gtest.h>

#include <cstdint>

#include "tools/kenal/context.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

TEST(ExitCode, IsTheContractForEveryKindOfError) {
  EXPECT_EQ(ExitCodeOf(OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(InvalidArgument("x")), 2);
  EXPECT_EQ(ExitCodeOf(NotFound("x")), 2);
  EXPECT_EQ(ExitCodeOf(AlreadyExists("x")), 3);
  EXPECT_EQ(ExitCodeOf(DataLoss("x")), 3);
  EXPECT_EQ(ExitCodeOf(FailedPrecondition("x")), 3);
  EXPECT_EQ(ExitCodeOf(Unavailable("x")), 4);
  EXPECT_EQ(ExitCodeOf(ResourceExhausted("x")), 5);
}

// Whatever code a newer library makes, a failure is never done, a match or a
// partial success.
TEST(ExitCode, OfAnErrorIsNeverOneOfSuccess) {
  for (int code = 1; code <= 20; ++code) {
    const int exit_code =
        ExitCodeOf(Status(static_cast<StatusCode>(code), "x"));
    EXPECT_GE(exit_code, 2) << code;
    EXPECT_LE(exit_code, 5) << code;
  }
}

TEST(ExitCode, OfManyInputsTellsFailuresAndMatchesApart) {
  EXPECT_EQ(ExitCodeOf(false, false), 0);
  EXPECT_EQ(ExitCodeOf(true, false), 1);
  EXPECT_EQ(ExitCodeOf(false, true), 10);
  EXPECT_EQ(ExitCodeOf(true, true), 11);
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1,000");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Count(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(Bytes(0), "0 bytes");
  EXPECT_EQ(Bytes(1023), "1023 bytes");
  EXPECT_EQ(Bytes(1536), "1.5 KiB");
  EXPECT_EQ(Bytes(uint64_t{3} << 40), "3.0 TiB");
}

TEST(Words, ThatCouldBeHashesAreNotRepeated) {
  EXPECT_EQ(WordForMessage("source:case-2"), "source:case-2");
  for (const size_t size : {25u, 32u, 64u}) {
    EXPECT_EQ(WordForMessage(std::string(size, 'a')).find("aaa"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace kenal::cli
