// The same picture gives the same views whatever a CPU has: a program that
// prints them is run with fewer and fewer instruction sets.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kenal/signal.h"
#include "src/signal/simd.h"

namespace kenal::decode {
namespace {

// Bits of 576 that a second opinion may differ by from one CPU to another: it
// compares sums of floats, which a CPU with more lanes may add in another
// order. None has been seen to.
constexpr int kMarrBitsMax = 8;

struct Views {
  bool has_avx2 = false;
  std::vector<std::string> views;  // without the second opinion
  std::vector<MarrHash> opinions;
};

std::string Output(const std::string& simd_target,
                   const std::string& disabled) {
  std::string program = KENAL_BIN_DIR "/print_views";
  std::string target = simd_target;
  std::string variable = "OPENCV_CPU_DISABLE=" + disabled;
  std::string threads = "OPENBLAS_NUM_THREADS=1";
  char* const arguments[] = {program.data(),
                             target.empty() ? nullptr : target.data(), nullptr};
  char* const environment[] = {
      threads.data(), disabled.empty() ? nullptr : variable.data(), nullptr};
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments,
                        environment),
            0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  char part[4096];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) {
    out.append(part, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = -1;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  return out;
}

Views ViewsWith(const std::string& simd_target, const std::string& disabled) {
  std::istringstream lines(Output(simd_target, disabled));
  Views run;
  std::string line;
  std::getline(lines, line);
  run.has_avx2 = line == "1";
  while (std::getline(lines, line)) {
    const size_t last = line.rfind(' ');
    run.views.push_back(line.substr(0, last));
    const auto marr = MarrHash::FromHex(line.substr(last + 1));
    EXPECT_TRUE(marr.ok());
    run.opinions.push_back(marr.ok() ? *marr : MarrHash{});
  }
  return run;
}

// Bits that the second opinions of two runs differ by at most.
int WorstOpinion(const Views& a, const Views& b) {
  int worst = 0;
  for (size_t i = 0; i < a.opinions.size() && i < b.opinions.size(); ++i) {
    worst = std::max(worst, HammingDistance(a.opinions[i], b.opinions[i]));
  }
  return worst;
}

TEST(SameViews, WhateverInstructionSetsOpenCvMayUse) {
  const Views best = ViewsWith("", "");
  ASSERT_GT(best.views.size(), 50u);
  for (const char* disabled :
       {"AVX512-SKX", "AVX512-SKX,AVX2,FMA3", "AVX512-SKX,AVX2,FMA3,AVX,FP16",
        "AVX512-SKX,AVX2,FMA3,AVX,FP16,SSE4.2,SSE4.1,SSSE3,POPCNT"}) {
    SCOPED_TRACE(disabled);
    const Views run = ViewsWith("", disabled);
    if (std::string(disabled).find("AVX2") != std::string::npos) {
      EXPECT_FALSE(run.has_avx2);  // So it was heard.
    }
    EXPECT_EQ(run.views, best.views);
    const int worst = WorstOpinion(run, best);
    std::printf("without %s: second opinions differ by up to %d bits\n",
                disabled, worst);
    EXPECT_LE(worst, kMarrBitsMax);
  }
}

TEST(SameViews, WhateverInstructionSetOurKernelsUse) {
  const Views best = ViewsWith("", "");
  for (const std::string& target : signal::SimdTargets()) {
    SCOPED_TRACE(target);
    const Views run = ViewsWith(target, "");
    EXPECT_EQ(run.views, best.views);
    EXPECT_EQ(run.opinions, best.opinions);
  }
}

}  // namespace
}  // namespace kenal::decode
