// Flipped bits and cut ends in every file of a store: each is refused, found
// on reading, or changes nothing. Each trial runs in a child, so that an
// abort is a failed trial and no more.
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/catalogue/workload.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

// Two rounds: rows in ingested files, in flushed ones and in the log.
constexpr uint64_t kRecords = 1 + 2 * Workload::kRound;
constexpr int kTrialsPerFile = 8;

enum Result : int {
  kHarmless = 0,
  kRefused = 1,
  kFoundOnReading = 2,
  kWrongAnswer = 3,
  kUncleanStatus = 4,
};

template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) body();
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  return WIFEXITED(result) ? WEXITSTATUS(result) : 1000 + WTERMSIG(result);
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteAll(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// In the child: what opening and reading everything makes of the store.
[[noreturn]] void Try(const std::string& folder) {
  const auto catalogue = OpenWith(folder, Workload::StoreOptions());
  if (!catalogue.ok()) {
    const StatusCode code = catalogue.status().code();
    if (code == StatusCode::kDataLoss ||
        code == StatusCode::kFailedPrecondition ||
        code == StatusCode::kUnavailable) {
      _exit(kRefused);
    }
    std::fprintf(stderr, "%s\n", catalogue.status().ToString().c_str());
    _exit(kUncleanStatus);
  }
  std::vector<Posting> postings;
  const Status visited =
      (*catalogue)->VisitPostings([&](const Posting& posting) {
        postings.push_back(posting);
      });
  std::ranges::sort(postings);
  if (visited.ok() && ((*catalogue)->head().sequence.value != kRecords ||
                       postings != Workload::Expected(kRecords))) {
    _exit(kWrongAnswer);
  }
  const StatusOr<VerifyReport> report = (*catalogue)->Verify({});
  const bool found = !visited.ok() || !report.ok() || !report->problems.empty();
  _exit(found ? kFoundOnReading : kHarmless);
}

struct Tally {
  int trials = 0;
  int refused = 0;
  int found = 0;
  int harmless = 0;
};

class CatalogueCorrupt : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(InChild([&] {
                if (!Catalogue::Create(original_.path()).ok()) _exit(1);
                const std::string& path = original_.path();
                for (const uint64_t last : {kRecords / 2, kRecords}) {
                  auto catalogue = OpenWith(path, Workload::StoreOptions());
                  const Status status =
                      Workload::Run(**catalogue, last, [](uint64_t) {});
                  if (!status.ok()) _exit(1);
                }
                _exit(0);
              }),
              0);
  }

  // Damages one file of a copy with `damage` and takes note of the result.
  void Trial(const fs::path& name,
             const std::function<void(std::string&)>& damage, Tally& tally) {
    const fs::path copy = original_.root() + "/copy";
    fs::remove_all(copy);
    fs::copy(original_.path(), copy, fs::copy_options::recursive);
    const std::string bytes = ReadAll(copy / name);
    std::string damaged = bytes;
    damage(damaged);
    if (damaged == bytes) return;
    WriteAll(copy / name, damaged);
    const int result = InChild([&] { Try(copy); });
    ++tally.trials;
    tally.refused += result == kRefused;
    tally.found += result == kFoundOnReading;
    tally.harmless += result == kHarmless;
    EXPECT_LE(result, kFoundOnReading) << name << " result " << result;
    if (result != kRefused) return;
    // Refusing changed nothing: with the damage undone all is there.
    WriteAll(copy / name, bytes);
    EXPECT_EQ(InChild([&] { Try(copy); }), kHarmless) << name;
  }

  std::vector<fs::path> Files() {
    std::vector<fs::path> files;
    for (const auto& at : fs::recursive_directory_iterator(original_.path())) {
      if (at.is_regular_file() && at.file_size() > 0) {
        files.push_back(fs::relative(at.path(), original_.path()));
      }
    }
    std::ranges::sort(files);
    return files;
  }

  static void Print(const char* what, const Tally& tally) {
    std::printf("%s: %d trials, %d refused, %d found on reading, %d harmless\n",
                what, tally.trials, tally.refused, tally.found, tally.harmless);
  }

  TestFolder original_;
  std::mt19937_64 random_{std::random_device{}()};
};

TEST_F(CatalogueCorrupt, AFlippedBitIsNeverAWrongAnswer) {
  Tally tally;
  for (const fs::path& file : Files()) {
    for (int i = 0; i < kTrialsPerFile; ++i) {
      Trial(
          file,
          [&](std::string& bytes) {
            const size_t at = random_() % bytes.size();
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random_() % 8)));
          },
          tally);
    }
  }
  Print("flips", tally);
  EXPECT_GT(tally.refused + tally.found, tally.trials / 4);
}

TEST_F(CatalogueCorrupt, ACutEndIsNeverAWrongAnswer) {
  Tally tally;
  for (const fs::path& file : Files()) {
    for (int i = 0; i < kTrialsPerFile / 2; ++i) {
      Trial(
          file,
          [&](std::string& bytes) { bytes.resize(random_() % bytes.size()); },
          tally);
    }
  }
  Print("cuts", tally);
  EXPECT_GT(tally.refused + tally.found, tally.trials / 4);
}

// The last bytes of the newest write-ahead log: a torn tail to RocksDB, but an
// acknowledged record to the witness.
TEST_F(CatalogueCorrupt, ALostTailOfTheLogIsRefused) {
  fs::path newest;
  for (const fs::path& file : Files()) {
    if (file.extension() == ".log") newest = file;
  }
  ASSERT_FALSE(newest.empty());
  for (size_t cut = 1; cut < 40; cut += 6) {
    Tally tally;
    Trial(
        newest, [&](std::string& bytes) { bytes.resize(bytes.size() - cut); },
        tally);
    EXPECT_EQ(tally.refused, 1) << newest << " without " << cut << " bytes";
  }
}

TEST_F(CatalogueCorrupt, AMissingFileIsNeverAWrongAnswer) {
  Tally tally;
  for (const fs::path& file : Files()) {
    const fs::path copy = original_.root() + "/missing";
    fs::remove_all(copy);
    fs::copy(original_.path(), copy, fs::copy_options::recursive);
    fs::remove(copy / file);
    const int result = InChild([&] { Try(copy); });
    ++tally.trials;
    tally.refused += result == kRefused;
    tally.found += result == kFoundOnReading;
    tally.harmless += result == kHarmless;
    EXPECT_LE(result, kFoundOnReading) << file << " result " << result;
  }
  Print("missing", tally);
}

}  // namespace
}  // namespace kenal::catalogue
