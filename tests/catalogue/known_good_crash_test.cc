// Stops a change of known-good files at each of its points with kill -9. The
// processes that touch RocksDB are children: this one only forks.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/catalogue/known_good_testing.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;

const Options kOptions{.space_reserve_bytes = 0};

template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(3);
  }
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  return result;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Status SetSha1(Catalogue& catalogue, const std::string& folder,
               const std::string& bytes) {
  const KnownGoodEdit edit = Built(folder, "good", SignalType::kSha1, bytes);
  return catalogue.EditKnownGood("good", {&edit, 1}, kBy).status();
}

// What is wrong with a store whose only known-good file should be `bytes`.
std::string FaultOf(const std::string& folder, const std::string& bytes) {
  const auto catalogue = OpenWith(folder, kOptions);
  if (!catalogue.ok()) return catalogue.status().ToString();
  const std::vector<std::string> problems = Problems(**catalogue);
  if (!problems.empty()) return problems[0];
  const auto list = (*catalogue)->GetList("good");
  if (!list.ok() || list->known_good.size() != 1) return "not one row";
  const KnownGoodFile& row = list->known_good[0];
  if (row.sha256 != base::Sha256Of(base::AsBytes(bytes))) {
    return "not the row of: " + bytes;
  }
  std::set<std::string> names;
  for (const auto& at : fs::directory_iterator(KnownFolder(folder))) {
    names.insert(at.path().filename().string());
  }
  const std::string name = KnownFileName("good", row);
  if (names != std::set<std::string>{name}) return "not that file alone";
  if (Contents(KnownFolder(folder) + "/" + name) == bytes) return "";
  return "the file is not the one that was set";
}

// Before the record the store is as it was, after it as it will be, and
// nothing is left over.
TEST(KnownGoodCrash, AKilledChangeIsThereWithItsFileOrNotAtAll) {
  TestFolder folder;
  ASSERT_EQ(
      InChild([&] {
        if (!Catalogue::Create(folder.path()).ok()) _exit(1);
        auto catalogue = OpenWith(folder.path(), kOptions);
        if (!catalogue.ok()) _exit(1);
        const auto list =
            (*catalogue)->CreateList("good", Purpose::kKnownBenign, {}, kBy);
        if (!list.ok()) _exit(1);
        _exit(SetSha1(**catalogue, folder.path(), "old").ok() ? 0 : 2);
      }),
      0);
  const std::string said = folder.root() + "/point";
  std::set<std::string> points;
  std::string expected = "old";
  for (int stop_at = 1, stopped = 1; stopped != 0; ++stop_at) {
    const std::string bytes = "new " + std::to_string(stop_at);
    const int result = InChild([&] {
      Options options = kOptions;
      int at = 0;
      options.at_point = [&](std::string_view point) {
        if (++at != stop_at) return;
        std::ofstream(said) << point << std::flush;
        raise(SIGKILL);
      };
      auto catalogue = OpenWith(folder.path(), options);
      if (!catalogue.ok()) _exit(1);
      _exit(SetSha1(**catalogue, folder.path(), bytes).ok() ? 0 : 2);
    });
    stopped = WIFSIGNALED(result);
    const std::string point = stopped != 0 ? Contents(said) : "";
    if (stopped != 0) points.insert(point);
    if (stopped == 0) {
      ASSERT_EQ(result, 0);
    }
    if (point != "known files placed" && point != "before commit") {
      expected = bytes;
    }
    ASSERT_EQ(InChild([&] {
                const std::string fault = FaultOf(folder.path(), expected);
                std::fprintf(stderr, "%s\n", fault.c_str());
                _exit(fault.empty() ? 0 : 1);
              }),
              0)
        << point;
  }
  EXPECT_THAT(points, ElementsAre("after commit", "before commit",
                                  "known files placed", "known files removed"));
}

}  // namespace
}  // namespace kenal::catalogue
