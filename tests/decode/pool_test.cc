// The pool as a whole: workers that die, hang or lie, and a parent that ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/decode/limits.h"
#include "src/decode/worker_process.h"
#include "src/sandbox/sanitized.h"
#include "tests/decode/pictures.h"
#include "tests/decode/processes.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

StatusCode StartCode(const std::string& path, int worker_count = 1) {
  return DecoderPool::Start(
             {.worker_count = worker_count, .decoder_path = path})
      .status()
      .code();
}

int64_t MsSince(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start)
      .count();
}

bool EndsWithin(pid_t pid, milliseconds limit) {
  auto start = steady_clock::now();
  while (IsRunning(pid)) {
    if (steady_clock::now() - start > limit) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

std::string Fake(const std::string& way) {
  return KENAL_BIN_DIR "/decode_fake_" + way;
}

TEST(DecoderPoolStart, NeedsAnExecutableFile) {
  EXPECT_EQ(StartCode("/nonexistent/kenal-decoder"), StatusCode::kNotFound);
  EXPECT_EQ(StartCode("/"), StatusCode::kNotFound);
  EXPECT_EQ(StartCode("/etc/passwd"), StatusCode::kNotFound);
}

TEST(DecoderPoolStart, RefusesAProgramThatDoesNotProveItsLock) {
  EXPECT_EQ(StartCode("/bin/true"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(StartCode(Fake("not_locked")), StatusCode::kFailedPrecondition);
  EXPECT_EQ(StartCode(Fake("other_version")), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Children().empty());
}

TEST(DecoderPoolStart, RefusesAWorkerCountOutOfRange) {
  EXPECT_EQ(StartCode(KENAL_BIN_DIR "/kenal-decoder", 0),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(StartCode(KENAL_BIN_DIR "/kenal-decoder", kWorkersMax + 1),
            StatusCode::kInvalidArgument);
}

// One more than can be busy, so that a spare is warm.
TEST(DecoderPool, KeepsOneSpareAndLeavesNoProcessBehind) {
  std::unique_ptr<DecoderPool> pool = StartPool(2);
  EXPECT_EQ(Children().size(), 3u);
  pool.reset();
  EXPECT_TRUE(Children().empty());
}

TEST(DecoderPool, EmptyInputNeedsNoWorker) {
  Decoded decoded = StartPool(1)->Decode({}, {});
  ASSERT_TRUE(decoded.failure);
  EXPECT_EQ(decoded.failure->code, "empty");
}

TEST(DecoderPool, InputOverTheLimitIsTooLarge) {
  std::vector<uint8_t> bytes(kInputBytesMax + 1);
  Decoded decoded = StartPool(1)->Decode(bytes, {});
  ASSERT_TRUE(decoded.failure);
  EXPECT_EQ(decoded.failure->code, "too_large");
  EXPECT_THAT(decoded.failure->message,
              HasSubstr(std::to_string(kInputBytesMax)));
}

TEST(DecoderPool, ManyCallersGetTheirOwnAnswers) {
  std::unique_ptr<DecoderPool> pool = StartPool(2);
  std::vector<std::thread> callers;
  std::atomic<int> wrong = 0;
  for (uint32_t seed = 0; seed < 8; ++seed) {
    callers.emplace_back([&pool, &wrong, seed] {
      Picture picture = Clouds(80, 60, seed);
      FileBytes file = EncodeBmp(picture, false);
      PdqHash expected = PdqOf(picture).hash;
      for (int i = 0; i < 20; ++i) {
        Decoded decoded = pool->Decode(file, {});
        if (decoded.failure || decoded.views[0].hash != expected) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

// Pixels of one picture never leak into the next: what B gives does not
// depend on what came before it.
TEST(DecoderPool, HashOfAPictureIsTheSameAfterBrokenOnes) {
  FileBytes b = EncodeJpeg(Clouds(300, 200, 2), {});
  b.resize(b.size() / 2);  // Half of it is filled in by the codec.
  std::vector<PdqView> alone = StartPool(1)->Decode(b, {}).views;
  ASSERT_EQ(alone.size(), 1u);
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  for (uint32_t seed = 3; seed < 10; ++seed) {
    Picture a = Clouds(300, 200, seed);
    for (FileBytes broken :
         {EncodeJpeg(a, {}), EncodeJpeg(a, {.is_progressive = true}),
          EncodePng(a, {}), EncodePng(a, {.is_interlaced = true}),
          EncodeWebpLossless(a), EncodeTiff(a, 32, false, 1)}) {
      broken.resize(broken.size() * 2 / 3);
      pool->Decode(broken, {});
      EXPECT_EQ(pool->Decode(b, {}).views, alone);
    }
  }
}

// Also a codec that reads what it never wrote must find nothing.
TEST(DecoderPool, TruncatedFilesGiveTheSameHashWhateverCameBefore) {
  Picture picture = Clouds(160, 120, 20);
  for (bool is_progressive : {false, true}) {
    FileBytes file = EncodeJpeg(picture, {.is_progressive = is_progressive});
    for (size_t size = file.size(); size > 700; size -= size / 9) {
      FileBytes cut(file.begin(), file.begin() + static_cast<long>(size));
      std::unique_ptr<DecoderPool> fresh = StartPool(1);
      std::vector<PdqView> alone = fresh->Decode(cut, {}).views;
      fresh->Decode(EncodeJpeg(Clouds(160, 120, 21), {}), {});
      EXPECT_EQ(fresh->Decode(cut, {}).views, alone) << size;
    }
  }
}

TEST(DecoderPool, AnIdleWorkerFitsWhatIsSetAsideForTheProgram) {
  if (sandbox::kIsSanitized)
    GTEST_SKIP() << "shadow memory is address space too";
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  for (pid_t pid : Children()) {
    EXPECT_GT(PeakAddressBytes(pid), 0);
    EXPECT_LE(PeakAddressBytes(pid), static_cast<int64_t>(kProgramBytes));
  }
}

// The largest progressive picture that the header check lets pass, also when
// the input takes a part of the worker's memory.
TEST(DecoderPool, WhatTheHeaderCheckAdmitsDoesNotRunOutOfMemory) {
  if (sandbox::kIsSanitized)
    GTEST_SKIP() << "a sanitizer needs memory of its own";
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  for (const size_t input_bytes : {size_t{0}, size_t{50'000'000}}) {
    Decoded decoded;
    for (int height = 14'000; height > 0; height -= 250) {
      FileBytes file = JpegHeader(11'000, height, true);
      file.resize(std::max(file.size(), input_bytes));
      decoded = pool->Decode(file, {.views = QueryViews(Effort::kThorough),
                                    .second_opinion = true});
      const bool is_refused =
          decoded.failure &&
          decoded.failure->message.find("; the limit is") != std::string::npos;
      if (!is_refused) break;
    }
    EXPECT_FALSE(decoded.failure) << decoded.failure->message;
    EXPECT_GT(decoded.picture->height, 5'000);
  }
}

// Kills every worker again and again while two callers decode. Each file is
// answered, rightly or as a death; and afterwards the pool is as before.
TEST(DecoderPool, SurvivesTheDeathOfItsWorkers) {
  std::unique_ptr<DecoderPool> pool = StartPool(2);
  std::atomic<bool> is_done = false;
  std::thread killer([&is_done] {
    while (!is_done) {
      for (pid_t pid : Children()) {
        std::this_thread::sleep_for(milliseconds(15));
        kill(pid, SIGKILL);
      }
    }
  });
  std::atomic<int> wrong = 0;
  std::atomic<int> died = 0;
  std::vector<std::thread> callers;
  for (uint32_t caller = 0; caller < 2; ++caller) {
    callers.emplace_back([&, caller] {
      for (uint32_t i = 0; i < 30; ++i) {
        Picture picture = Clouds(700, 500, 1000 * caller + i);
        Decoded decoded = pool->Decode(EncodeBmp(picture, false), {});
        if (decoded.failure) {
          ++died;
          if (decoded.failure->code != "decoder_died") ++wrong;
        } else if (decoded.views[0].hash != PdqOf(picture).hash) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  is_done = true;
  killer.join();
  EXPECT_EQ(wrong, 0);
  Picture picture = Clouds(50, 50, 99);
  Decoded decoded = pool->Decode(EncodeBmp(picture, false), {});
  while (decoded.failure) {  // A last kill may have hit it.
    picture = Clouds(50, 51, 98);
    decoded = pool->Decode(EncodeBmp(picture, false), {});
  }
  EXPECT_EQ(decoded.views[0].hash, PdqOf(picture).hash);
  pool.reset();
  EXPECT_TRUE(Children().empty());
}

// A file whose decoding was cut short by a killed worker, and the time until
// the next file is answered. The best of five counts, since other work on
// the machine is not what is measured.
TEST(DecoderPool, AWarmSpareTakesTheNextFileWithin50Ms) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  FileBytes slow = EncodeJpeg(Clouds(2500, 2000, 1), {.is_progressive = true});
  FileBytes quick = EncodeBmp(Clouds(50, 50, 1), false);
  int64_t best_ms = INT64_MAX;
  int death_count = 0;
  for (int round = 0; round < 40 && death_count < 5; ++round) {
    slow.push_back(static_cast<uint8_t>(round));  // Another file each time.
    std::vector<pid_t> workers = Children();
    std::thread killer([&workers, round] {
      std::this_thread::sleep_for(milliseconds(10 + round));
      auto uses_more = [](pid_t a, pid_t b) {
        return CpuTimeMs(a) < CpuTimeMs(b);
      };
      kill(*std::max_element(workers.begin(), workers.end(), uses_more),
           SIGKILL);
    });
    Decoded died = pool->Decode(slow, {});
    auto start = steady_clock::now();
    killer.join();
    Decoded next = pool->Decode(quick, {});
    if (died.failure) {
      ++death_count;
      best_ms = std::min(best_ms, MsSince(start));
      EXPECT_FALSE(next.failure);
    }
    std::this_thread::sleep_for(milliseconds(100));  // For a new spare.
  }
  ASSERT_GT(death_count, 0);
  EXPECT_LE(best_ms, 50);
}

TEST(DecoderPool, AFileThatEndedAWorkerIsNotTriedAgain) {
  StatusOr<std::unique_ptr<DecoderPool>> pool =
      DecoderPool::Start({.worker_count = 1, .decoder_path = Fake("too_long")});
  ASSERT_TRUE(pool.ok());
  FileBytes file = {1, 2, 3};
  EXPECT_THAT((*pool)->Decode(file, {}).failure->message,
              HasSubstr("too long"));
  Decoded again = (*pool)->Decode(file, {});
  EXPECT_EQ(again.failure->code, "decoder_died");
  EXPECT_THAT(again.failure->message, HasSubstr("not tried again"));
  FileBytes other = {1, 2, 4};
  EXPECT_THAT((*pool)->Decode(other, {}).failure->message,
              HasSubstr("too long"));
}

// The program is gone when its workers die, as in a botched upgrade, and
// comes back.
TEST(DecoderPool, SaysSoWhileNoDecoderCanBeStartedAndRecovers) {
  namespace fs = std::filesystem;
  std::string path =
      fs::temp_directory_path() / ("kenal-decoder-" + std::to_string(getpid()));
  fs::copy_file(KENAL_BIN_DIR "/kenal-decoder", path);
  auto pool = DecoderPool::Start({.worker_count = 1, .decoder_path = path});
  ASSERT_TRUE(pool.ok());
  fs::remove(path);
  for (pid_t pid : Children()) {
    kill(pid, SIGKILL);
    ASSERT_TRUE(EndsWithin(pid, milliseconds(5000)));
  }
  FileBytes file = EncodeBmp(Clouds(50, 50, 1), false);
  Decoded decoded = (*pool)->Decode(file, {});
  ASSERT_TRUE(decoded.failure);
  EXPECT_EQ(decoded.failure->code, "decoder_died");
  EXPECT_THAT(decoded.failure->message, HasSubstr("could be started"));
  fs::copy_file(KENAL_BIN_DIR "/kenal-decoder", path);
  EXPECT_FALSE((*pool)->Decode(file, {}).failure);
  fs::remove(path);
}

// Answers that no honest worker sends cost the file and the worker.
TEST(DecoderPool, LiesAreNotBelieved) {
  for (const char* way : {"wrong_id", "too_long", "contradiction"}) {
    SCOPED_TRACE(way);
    StatusOr<std::unique_ptr<DecoderPool>> pool =
        DecoderPool::Start({.worker_count = 1, .decoder_path = Fake(way)});
    ASSERT_TRUE(pool.ok());
    std::vector<pid_t> before = Children();
    FileBytes file = {1, 2, 3};
    Decoded decoded = (*pool)->Decode(file, {});
    ASSERT_TRUE(decoded.failure);
    EXPECT_EQ(decoded.failure->code, "decoder_died");
    EXPECT_TRUE(decoded.views.empty());
    EXPECT_NE(Children(), before);
  }
}

// A worker that fails over what was asked beside the whole picture does not
// cost the whole picture, and one file costs one worker.
TEST(DecoderPool, TheWholePictureIsHashedWhenItsPartsAreNotBelieved) {
  const DecodeWork work{.views = {View::kTrimmed, View::kCentral90}};
  StatusOr<std::unique_ptr<DecoderPool>> pool = DecoderPool::Start(
      {.worker_count = 1, .decoder_path = Fake("out_of_order")});
  ASSERT_TRUE(pool.ok());
  std::vector<pid_t> before = Children();
  FileBytes file = {1, 2, 3};
  for (int round = 0; round < 3; ++round) {
    Decoded decoded = (*pool)->Decode(file, work);
    ASSERT_FALSE(decoded.failure) << decoded.failure->message;
    ASSERT_EQ(decoded.views.size(), 1u);
    EXPECT_EQ(decoded.views[0].view, View::kStored);
    if (round == 0) {
      EXPECT_NE(Children(), before);
      while (Children().size() < before.size()) std::this_thread::yield();
      before = Children();
    }
  }
  EXPECT_EQ(Children(), before);
}

// The same worker is believed when what it sends is what was asked for.
TEST(DecoderPool, ViewsAndSecondOpinionsThatWereAskedForAreBelieved) {
  const ViewSet views{View::kTrimmed, View::kCentral90, View::kAspect16x9};
  for (const bool second_opinion : {false, true}) {
    StatusOr<std::unique_ptr<DecoderPool>> pool =
        DecoderPool::Start({.worker_count = 1, .decoder_path = Fake("chatty")});
    ASSERT_TRUE(pool.ok());
    FileBytes file = {1, 2, 3};
    Decoded decoded = (*pool)->Decode(file, {views, second_opinion});
    ASSERT_EQ(decoded.views.size(), 4u);
    EXPECT_EQ(decoded.views[3].view, View::kAspect16x9);
    EXPECT_EQ(decoded.views[3].marr.has_value(), second_opinion);
  }
}

// A worker that speaks out of turn is replaced before it gets another file,
// so its second answer cannot be taken for that of the next file.
TEST(DecoderPool, AnAnswerThatNobodyAskedForIsThrownAway) {
  StatusOr<std::unique_ptr<DecoderPool>> pool =
      DecoderPool::Start({.worker_count = 1, .decoder_path = Fake("chatty")});
  ASSERT_TRUE(pool.ok());
  for (uint8_t i = 0; i < 5; ++i) {
    FileBytes file = {1, 2, i};
    EXPECT_FALSE((*pool)->Decode(file, {}).failure);
    std::this_thread::sleep_for(milliseconds(30));
  }
}

class WorkerLimits : public testing::Test {
 protected:
  static SignalFailure FailureOf(const std::string& way,
                                 const FileLimits& limits,
                                 const DecodeWork& work = {}) {
    auto worker = WorkerProcess::Launch(Fake(way));
    EXPECT_TRUE(worker.ok());
    EXPECT_TRUE((*worker)->AwaitHello().ok());
    FileBytes file = {1, 2, 3};
    return (*worker)
        ->Decode(file, work, limits)
        .failure.value_or(SignalFailure{});
  }
};

TEST_F(WorkerLimits, AWorkerThatBurnsCpuIsEndedByItsParent) {
  SignalFailure failure =
      FailureOf("spinning", {.cpu_ms = 300, .wall_ms = 60'000});
  EXPECT_EQ(failure.code, "timed_out");
  EXPECT_THAT(failure.message, HasSubstr("CPU"));
}

TEST_F(WorkerLimits, AWorkerThatSleepsIsEndedByItsParent) {
  SignalFailure failure =
      FailureOf("silent", {.cpu_ms = 60'000, .wall_ms = 300});
  EXPECT_EQ(failure.code, "timed_out");
}

// The parent looks at every view before it believes one.
TEST_F(WorkerLimits, ViewsThatNoHonestWorkerSendsAreRefused) {
  const DecodeWork work{.views = {View::kTrimmed, View::kCentral90}};
  const DecodeWork with_opinion{.views = work.views, .second_opinion = true};
  const std::pair<const char*, DecodeWork> lies[] = {
      {"not_asked", work},      {"not_asked", with_opinion},
      {"out_of_order", work},   {"outside", work},
      {"marr_not_asked", work}, {"marr_missing", with_opinion}};
  for (const auto& [way, asked] : lies) {
    SCOPED_TRACE(way);
    SignalFailure failure =
        FailureOf(way, {.cpu_ms = 60'000, .wall_ms = 60'000}, asked);
    EXPECT_EQ(failure.code, "decoder_died");
    EXPECT_THAT(failure.message, HasSubstr("view that cannot be"));
  }
}

// The parent of the pool is killed; nobody is left to end the workers.
TEST(DecoderPool, WorkersEndWithTheirParent) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t parent = fork();
  if (parent == 0) {
    std::unique_ptr<DecoderPool> pool = StartPool(2);
    for (pid_t pid : Children()) {
      if (write(ends[1], &pid, sizeof pid) < 0) _exit(1);
    }
    close(ends[1]);
    for (;;) pause();
  }
  close(ends[1]);
  std::vector<pid_t> workers;
  pid_t pid = 0;
  while (workers.size() < 3 && read(ends[0], &pid, sizeof pid) == sizeof pid) {
    workers.push_back(pid);
  }
  close(ends[0]);
  ASSERT_EQ(workers.size(), 3u);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  for (pid_t worker : workers) {
    EXPECT_TRUE(EndsWithin(worker, milliseconds(5000)));
  }
}

// The thread that called Start may end; the workers must not end with it.
TEST(DecoderPool, OutlivesTheThreadThatStartedIt) {
  std::unique_ptr<DecoderPool> pool;
  std::thread([&pool] { pool = StartPool(1); }).join();
  std::vector<pid_t> workers = Children();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(pool->Decode(EncodeBmp(Clouds(9, 9, 1), false), {}).failure);
  EXPECT_EQ(Children(), workers);
}

TEST(DecoderPool, RunsByHandOnlyToSayWhoStartsIt) {
  pid_t pid = fork();
  if (pid == 0) {
    close(2);  // What it says is not for the test's log.
    close(3);
    close(4);
    execl(KENAL_BIN_DIR "/kenal-decoder", "kenal-decoder", nullptr);
    _exit(1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace kenal::decode
