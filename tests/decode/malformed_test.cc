// Thousands of malformed files through one pool: every one is answered, and
// nothing else happens.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "src/decode/limits.h"
#include "src/sandbox/sanitized.h"
#include "tests/decode/malformed.h"
#include "tests/decode/processes.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

constexpr DecodeWork kEverything{
    .views = *ViewSet::FromBits((1u << kViewCount) - 1),
    .second_opinion = true};

uint32_t FromEnvironment(const char* name, uint32_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr
             ? otherwise
             : static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
}

// CPU of all workers so far, the ended ones too.
int64_t AllCpuMs() {
  rusage ended{};
  getrusage(RUSAGE_CHILDREN, &ended);
  int64_t sum = (ended.ru_utime.tv_sec + ended.ru_stime.tv_sec) * 1000 +
                (ended.ru_utime.tv_usec + ended.ru_stime.tv_usec) / 1000;
  for (pid_t pid : Children()) sum += CpuTimeMs(pid);
  return sum;
}

// Looks at the peak memory of all workers again and again.
class MemoryWatch {
 public:
  MemoryWatch()
      : thread_([this] {
          while (!is_done_) {
            Look();
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
          }
        }) {}
  ~MemoryWatch() {
    is_done_ = true;
    thread_.join();
  }
  int64_t peak_bytes() {
    Look();
    return peak_bytes_;
  }

 private:
  void Look() {
    for (pid_t pid : Children()) {
      int64_t bytes = PeakResidentBytes(pid);
      int64_t seen = peak_bytes_;
      while (bytes > seen && !peak_bytes_.compare_exchange_weak(seen, bytes)) {
      }
    }
  }
  std::atomic<bool> is_done_ = false;
  std::atomic<int64_t> peak_bytes_ = 0;
  std::thread thread_;
};

// A folder of its own, which is the current and the temporary one.
class EmptyFolder {
 public:
  EmptyFolder() {
    char pattern[] = "/tmp/kenal-malformed-XXXXXX";
    path_ = mkdtemp(pattern);
    std::filesystem::current_path(path_);
    setenv("TMPDIR", path_.c_str(), 1);
  }
  ~EmptyFolder() {
    std::filesystem::current_path("/");
    std::filesystem::remove_all(path_);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// From the whole picture alone to everything there is.
DecodeWork WorkOf(uint32_t number) {
  if (number % 8 == 7) return kEverything;
  if (number % 2 == 0) return {};
  return {.views = QueryViews(number % 4 == 1 ? Effort::kNormal
                                              : Effort::kThorough)};
}

TEST(MalformedFiles, AreAllAnsweredAndChangeNothing) {
  const uint32_t count = FromEnvironment("KENAL_MALFORMED_COUNT", 5000);
  const uint32_t seed = FromEnvironment("KENAL_TEST_SEED", 1);
  EmptyFolder folder;
  std::vector<std::string> root_before = FilesIn("/");
  MalformedFiles files(seed);
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  FileBytes good = ReadVectorFile("gen/a-photo.tif");
  std::vector<PdqView> good_views = pool->Decode(good, kEverything).views;
  MemoryWatch watch;
  std::map<std::string, int> codes;
  int64_t cpu_max_ms = 0;
  for (uint32_t number = 0; number < count; ++number) {
    int64_t before_ms = AllCpuMs();
    Decoded decoded = pool->Decode(files.Make(number), WorkOf(number));
    cpu_max_ms = std::max(cpu_max_ms, AllCpuMs() - before_ms);
    ASSERT_NE(decoded.views.empty(), !decoded.failure)
        << "seed " << seed << ", file " << number;
    ++codes[decoded.failure
                ? decoded.failure->code
                : (decoded.picture->damaged ? "damaged, hashed" : "hashed")];
    if (decoded.failure && (decoded.failure->code == "decoder_died" ||
                            decoded.failure->code == "timed_out")) {
      std::printf("file %u of seed %u: %s\n", number, seed,
                  decoded.failure->message.c_str());
    }
    if (number % 500 == 0) {
      EXPECT_EQ(pool->Decode(good, kEverything).views, good_views)
          << "after " << number;
    }
  }
  for (const auto& [code, times] : codes) {
    std::printf("%-16s %d\n", code.c_str(), times);
  }
  std::printf("peak resident memory %lld MiB, most CPU for a file %lld ms\n",
              static_cast<long long>(watch.peak_bytes()) >> 20,
              static_cast<long long>(cpu_max_ms));
  if (!sandbox::kIsSanitized) {
    EXPECT_LE(watch.peak_bytes(), static_cast<int64_t>(kWorkerBytesMax));
  }
  EXPECT_LE(cpu_max_ms, 5000);
  EXPECT_TRUE(FilesIn(folder.path()).empty());
  EXPECT_EQ(FilesIn("/"), root_before);
}

}  // namespace
}  // namespace kenal::decode
