// What scans are held against, on the same files in the same run:
//
//   scan_ceiling hash FOLDER...      digests and PDQ of every file, by
//                                    engine::HashFiles, with nothing else
//   scan_ceiling digest FOLDER...    MD5, SHA-1 and SHA-256 of every file
//
// Prints {"files":N,"bytes":N,"seconds":S} as JSON. FOLDER is walked first;
// that is not in the seconds. One worker a core.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kenal/hasher.h"
#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/engine/files.h"

namespace kenal {
namespace {

// The answer of both: files that could be read.
StatusOr<size_t> HashAll(const std::vector<std::string>& files) {
  KENAL_TRY_ASSIGN(const auto hasher, Hasher::Start({}));
  size_t count = 0;
  KENAL_TRY(engine::HashFiles(*hasher, files, HashWork{},
                              [&](size_t, SignalSet&& signals) {
                                count += signals.sha256 ? 1 : 0;
                                return OkStatus();
                              }));
  return count;
}

StatusOr<size_t> DigestAll(const std::vector<std::string>& files) {
  std::atomic<size_t> next = 0;
  std::atomic<size_t> count = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
      threads.emplace_back([&] {
        for (size_t file = next++; file < files.size(); file = next++) {
          base::DigestStream digests;
          const Status read = base::ReadBlocks(
              files[file],
              [&](std::span<const uint8_t> block) { digests.Add(block); });
          const base::Digests found = digests.Finish();
          // Looked at, so that the work is not left out.
          count += read.ok() && found.md5 != base::Md5Bytes{} ? 1 : 0;
        }
      });
    }
  }
  return count.load();
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2 ||
      (arguments[0] != "hash" && arguments[0] != "digest")) {
    std::fprintf(stderr, "usage: scan_ceiling hash|digest FOLDER...\n");
    return 2;
  }
  const engine::FoundFiles found =
      engine::FindFiles(std::span(arguments).subspan(1));
  uint64_t bytes = 0;
  for (const std::string& file : found.files) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(file, error);
    bytes += error ? 0 : size;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto count =
      arguments[0] == "hash" ? HashAll(found.files) : DigestAll(found.files);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  if (!count.ok()) {
    std::fprintf(stderr, "scan_ceiling: %s\n",
                 std::string(count.status().message()).c_str());
    return 1;
  }
  std::printf("{\"files\":%zu,\"bytes\":%llu,\"seconds\":%.3f}\n", *count,
              static_cast<unsigned long long>(bytes), seconds);
  return 0;
}

}  // namespace
}  // namespace kenal

int main(int argc, char** argv) { return kenal::Main(argc, argv); }
