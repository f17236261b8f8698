#include "src/base/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace kenal::base {
namespace {

int Niceness() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
}

// Of the calling thread, by the kernel's own account; unset where it gives
// none.
std::optional<double> TurnMs() {
  std::ifstream file("/proc/self/task/" + std::to_string(gettid()) + "/sched");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("se.slice")) {
      return std::stod(line.substr(line.find(':') + 1)) / 1e6;
    }
  }
  return std::nullopt;
}

// On a thread of its own, so that it is undone.
template <typename Function>
void Aside(Function function) {
  std::thread(function).join();
}

TEST(Scheduling, LowPriorityIsOfTheCallingThreadAndWhatItStarts) {
  const int usual = Niceness();
  Aside([] {
    EXPECT_FALSE(HasLowPriority());
    LowerPriority(7);
    EXPECT_TRUE(HasLowPriority());
    EXPECT_EQ(Niceness(), 7);
    Aside([] { EXPECT_EQ(Niceness(), 7); });
  });
  EXPECT_EQ(Niceness(), usual);
  EXPECT_FALSE(HasLowPriority());
}

TEST(Scheduling, APriorityIsNeverRaised) {
  Aside([] {
    LowerPriority(12);
    LowerPriority(5);
    EXPECT_EQ(Niceness(), 12);
    LowerPriority(0);
    EXPECT_EQ(Niceness(), 12);
  });
}

TEST(Scheduling, ShortTurnsAreInheritedAndGivenUpWithLowPriority) {
  const std::optional<double> usual = TurnMs();
  if (!usual) GTEST_SKIP() << "this kernel does not tell the length of turns";
  Aside([&] {
    AskForShortTurns();
    const std::optional<double> shortened = TurnMs();
    ASSERT_TRUE(shortened.has_value());
    if (*shortened == *usual) GTEST_SKIP() << "this kernel has one length";
    EXPECT_DOUBLE_EQ(*shortened, 0.1);
    Aside([] { EXPECT_DOUBLE_EQ(TurnMs().value_or(0), 0.1); });
    LowerPriority(3);
    EXPECT_DOUBLE_EQ(TurnMs().value_or(0), *usual);
  });
}

TEST(Scheduling, APinnedThreadStaysWhereItIs) {
  Aside([] {
    const int here = sched_getcpu();
    PinTo(here);
    for (int i = 0; i < 100; ++i) {
      std::this_thread::yield();
      ASSERT_EQ(sched_getcpu(), here);
    }
  });
}

}  // namespace
}  // namespace kenal::base
