// The reader of one format (KENAL_FUZZED_FORMAT): it comes to an end without a
// crash, every record that it tells is one that it may tell, and all of it goes
// through Kenal's own lines without loss.
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/formats/format.h"
#include "src/formats/record_lines.h"

namespace {

using namespace kenal::formats;

// A file on a disk in memory: SQLite wants a path of its own.
const std::string& Path() {
  // Never destroyed: it is needed at exit.
  static const std::string* const path = [] {
    std::string pattern = std::filesystem::exists("/dev/shm")
                              ? "/dev/shm/kenal-fuzz-XXXXXX"
                              : "/tmp/kenal-fuzz-XXXXXX";
    close(mkstemp(pattern.data()));
    std::atexit([] { std::filesystem::remove(Path()); });
    return new std::string(std::move(pattern));
  }();
  return *path;
}

void CheckLossless(const Record& record) {
  std::string json;
  AppendRecordJson(record, json);
  static JsonTree tree;
  KENAL_CHECK(ParseJson(json, tree).ok());
  Record again;
  KENAL_CHECK(ReadRecordJson(tree.root(), again).ok());
  KENAL_CHECK(again == record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::FILE* file = std::fopen(Path().c_str(), "wb");
  KENAL_CHECK(file != nullptr);
  KENAL_CHECK(std::fwrite(data, 1, size, file) == size);
  KENAL_CHECK(std::fclose(file) == 0);
  static const Format format = *ParseFormat(KENAL_FUZZED_FORMAT);
  auto reader = OpenReader(format, Path(), {.converting = true});
  if (!reader.ok()) return 0;
  Item item;
  while (true) {
    const auto more = (*reader)->Next(item);
    if (!more.ok() || !*more) return 0;
    if (item.kind == Item::Kind::kRefused) KENAL_CHECK(!item.why.empty());
    if (item.kind != Item::Kind::kRecord) continue;
    KENAL_CHECK(CheckRecord(item.record).ok());
    CheckLossless(item.record);
  }
}
