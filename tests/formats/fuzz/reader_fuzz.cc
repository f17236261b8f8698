// The reader of the format that the program is named after: it comes to an end
// without a crash, every record that it tells is one that it may tell, and all
// of it goes through Kenal's own lines without loss.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "src/base/check.h"
#include "src/formats/format.h"
#include "src/formats/record_lines.h"
#include "tests/formats/fuzz/temporary.h"

namespace {

using namespace kenal::formats;

Format format;

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

// formats_nsrl_sqlite_fuzz fuzzes nsrl-sqlite.
extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  constexpr std::string_view kBefore = "formats_";
  constexpr std::string_view kAfter = "_fuzz";
  std::string name = std::filesystem::path(**arguments).filename();
  KENAL_CHECK(name.starts_with(kBefore) && name.ends_with(kAfter));
  name =
      name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
  std::replace(name.begin(), name.end(), '_', '-');
  const auto parsed = ParseFormat(name);
  KENAL_CHECK(parsed.ok());
  format = *parsed;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  WriteTemporary(data, size);
  auto reader = OpenReader(format, TemporaryPath(), {.converting = true});
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
