// What the tests of all list formats share: reading text as a list, and
// converting it.
#ifndef KENAL_TESTS_FORMATS_SUPPORT_H_
#define KENAL_TESTS_FORMATS_SUPPORT_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "src/formats/format.h"
#include "tests/support/support.h"

namespace kenal::formats {

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string ReadFile(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

// A sample of tests/formats/data.
inline std::string DataPath(const std::string& name) {
  return std::string(KENAL_FORMATS_DATA) + "/" + name;
}
inline std::string Sample(const std::string& name) {
  const std::string text = ReadFile(DataPath(name));
  EXPECT_FALSE(text.empty()) << name;
  return text;
}

// Everything that a reader told of one file.
struct Told {
  Status status;  // of opening or of the first error
  bool opened = false;
  Heading heading;
  std::vector<Item> items;

  std::vector<Record> records() const {
    std::vector<Record> out;
    for (const Item& item : items) {
      if (item.kind == Item::Kind::kRecord) out.push_back(item.record);
    }
    return out;
  }
  std::vector<Item> refused() const {
    std::vector<Item> out;
    for (const Item& item : items) {
      if (item.kind == Item::Kind::kRefused) out.push_back(item);
    }
    return out;
  }
};

inline Told ReadPath(Format format, const std::string& path,
                     const ReadOptions& options = {.converting = true}) {
  Told told;
  auto reader = OpenReader(format, path, options);
  told.status = reader.status();
  if (!reader.ok()) return told;
  told.opened = true;
  Item item;
  while (true) {
    const StatusOr<bool> more = (*reader)->Next(item);
    told.status = more.status();
    if (!more.ok() || !*more) break;
    told.items.push_back(item);
  }
  told.heading = (*reader)->heading();
  return told;
}

inline Told ReadText(Format format, const std::string& text,
                     const ReadOptions& options = {.converting = true}) {
  const testing::TempDir folder;
  WriteFile(folder / "list", text);
  return ReadPath(format, folder / "list", options);
}

struct Converted {
  std::string text;
  WriteReport report;
};

// Writes what was told; the heading is the told one unless another is given.
inline Converted WriteAs(Format format, const Told& told,
                         WriteOptions options) {
  const testing::TempDir folder;
  Converted out;
  auto writer = OpenWriter(format, folder / "out", options);
  EXPECT_TRUE(writer.ok()) << writer.status();
  if (!writer.ok()) return out;
  for (const Item& item : told.items) {
    const Status written = (*writer)->Write(item);
    EXPECT_TRUE(written.ok()) << written;
  }
  const Status finished = (*writer)->Finish();
  EXPECT_TRUE(finished.ok()) << finished;
  out.report = (*writer)->report();
  out.text = ReadFile(folder / "out");
  return out;
}

inline Converted WriteAs(Format format, const Told& told) {
  return WriteAs(format, told, {.heading = told.heading});
}

// True when `text` holds so many hex digits in a row that they may be a hash.
inline bool MayHoldHash(std::string_view text) {
  constexpr size_t kRun = 16;
  size_t run = 0;
  for (const char c : text) {
    run = isxdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
    if (run == kRun) return true;
  }
  return false;
}

// A file on a disk in memory, for tests that write one thousands of times.
class ShortLivedFile {
 public:
  ShortLivedFile() {
    const bool shm = std::filesystem::exists("/dev/shm");
    std::string pattern =
        (shm ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
        std::string("/kenal-test-XXXXXX");
    close(mkstemp(pattern.data()));
    path_ = pattern;
  }
  ~ShortLivedFile() { std::filesystem::remove(path_); }
  ShortLivedFile(const ShortLivedFile&) = delete;
  ShortLivedFile& operator=(const ShortLivedFile&) = delete;

  const std::string& path() const { return path_; }
  void Write(const std::string& bytes) const { WriteFile(path_, bytes); }

 private:
  std::string path_;
};

}  // namespace kenal::formats

#endif  // KENAL_TESTS_FORMATS_SUPPORT_H_
