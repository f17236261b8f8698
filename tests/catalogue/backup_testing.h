// What the tests of backups share.
#ifndef KENAL_TESTS_CATALOGUE_BACKUP_TESTING_H_
#define KENAL_TESTS_CATALOGUE_BACKUP_TESTING_H_

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "kenal/backup.h"
#include "src/catalogue/backup.h"
#include "tests/catalogue/workload.h"

namespace kenal::catalogue {

inline uint64_t TestSeed() {
  const char* const text = std::getenv("KENAL_TEST_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10)
                                        : std::random_device()();
  std::fprintf(stderr, "KENAL_TEST_SEED=%llu\n",
               static_cast<unsigned long long>(seed));
  return seed;
}

// All changes up to `last`, with the signals of their entries.
inline std::vector<ListChange> ChangesUpTo(const Catalogue& catalogue,
                                           Sequence last) {
  std::vector<ListChange> changes;
  ChangeCursor cursor;
  for (;;) {
    StatusOr<ChangePage> page = catalogue.ReadChanges(
        cursor, Curator::kChangedEntriesMax, /*with_signals=*/true, last);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return changes;
    for (ListChange& change : page->changes) {
      changes.push_back(std::move(change));
    }
    cursor = page->next;
    if (page->caught_up) return changes;
  }
}

// Every regular file under a folder, sorted.
inline std::vector<std::string> FilesUnder(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& at : std::filesystem::recursive_directory_iterator(folder)) {
    if (at.is_regular_file()) files.push_back(at.path().string());
  }
  std::ranges::sort(files);
  return files;
}

inline std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void Replace(const std::string& path, const std::string& contents) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
}

inline uint64_t BytesUnder(const std::string& folder) {
  uint64_t bytes = 0;
  for (const std::string& path : FilesUnder(folder)) {
    bytes += std::filesystem::file_size(path);
  }
  return bytes;
}

// What is wrong with a folder of backups; empty when nothing is.
inline std::string FaultOfBackups(const std::string& folder) {
  const StatusOr<BackupCheck> check =
      CheckBackups(folder, {.verify = true}, {});
  if (!check.ok()) return check.status().ToString();
  return check->problems.empty() ? "" : check->problems[0];
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_BACKUP_TESTING_H_
