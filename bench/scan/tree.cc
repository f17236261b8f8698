#include <algorithm>
#include <string>

#include "bench/scan/for_each.h"
#include "bench/scan/put_file.h"
#include "bench/scan/settle.h"

namespace kenal::evidence {
namespace {

constexpr uint64_t kFolderFiles = 1000;
constexpr size_t kTextBytesMax = 1500;

Status WriteFolder(const std::string& parent, uint64_t number, uint64_t files) {
  const std::string folder = parent + "/" + std::to_string(number / 100) + "/" +
                             std::to_string(number % 100);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable(folder + ": " + error.message());
  for (uint64_t i = 0; i < files; ++i) {
    const uint64_t file = number * kFolderFiles + i;
    std::string text = "entry " + std::to_string(file) + "\n";
    text.resize(text.size() + file * 7919 % kTextBytesMax, 'x');
    KENAL_TRY(PutFile(folder + "/" + std::to_string(i) + ".txt", text));
  }
  return OkStatus();
}

}  // namespace

Status WriteTree(const std::string& folder, uint64_t files, int threads) {
  KENAL_TRY(MakeEmptyFolder(folder));
  const uint64_t folders = (files + kFolderFiles - 1) / kFolderFiles;
  std::vector<Status> results(folders);
  ForEach(threads, folders, [&](size_t i) {
    const uint64_t before = i * kFolderFiles;
    results[i] = WriteFolder(folder, i, std::min(kFolderFiles, files - before));
  });
  for (const Status& one : results) KENAL_TRY(one);
  return OkStatus();
}

}  // namespace kenal::evidence
