// What the tests of all list formats share: reading text as a list, converting
// it, and damaging it.
#ifndef KENAL_TESTS_FORMATS_SUPPORT_H_
#define KENAL_TESTS_FORMATS_SUPPORT_H_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
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

// `text` with one to four small damages: bytes changed, parts removed, doubled
// or moved, an end cut off.
inline std::string Damage(const std::string& text, std::mt19937_64& random) {
  std::string out = text;
  const auto upto = [&random](size_t most) {
    return std::uniform_int_distribution<size_t>(0, most)(random);
  };
  constexpr std::string_view kNasty = "\"\\{}[]<>&;:,%\n\r\t '()/-=\x01\xff";
  const size_t times = 1 + upto(3);
  for (size_t i = 0; i < times && !out.empty(); ++i) {
    const size_t at = upto(out.size() - 1);
    const size_t size = std::min(upto(40), out.size() - at);
    switch (upto(6)) {
      case 0:
        out[at] = static_cast<char>(random());
        break;
      case 1:
        out[at] = static_cast<char>(out[at] ^ (1 << upto(7)));
        break;
      case 2:
        out.insert(at, 1, kNasty[upto(kNasty.size() - 1)]);
        break;
      case 3:
        out.erase(at, size);
        break;
      case 4:
        out.insert(upto(out.size()), out.substr(at, size));
        break;
      case 5:
        out.resize(at);
        break;
      default:
        out[at] = '\0';
    }
  }
  return out;
}

// A file in memory, for tests that write one thousands of times.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("list", MFD_CLOEXEC)) {
    EXPECT_GE(descriptor_, 0);
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }
  void Write(const std::string& bytes) const {
    ASSERT_EQ(ftruncate(descriptor_, 0), 0);
    ASSERT_EQ(pwrite(descriptor_, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  int descriptor_;
};

// One on a disk in memory, for readers that look for files beside theirs.
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

// Reads so many damaged forms of a sample. Each must come to an end, name its
// file in what it refuses whole, give positions to what it refuses in part,
// and keep hashes out of every message.
template <typename File = MemoryFile>
void SurvivesDamage(Format format, const std::string& sample, size_t times,
                    const ReadOptions& options) {
  std::mt19937_64 random(testing::TestSeed());
  const File file;
  const std::string path = file.path();
  size_t whole = 0;
  for (size_t i = 0; i < times; ++i) {
    const std::string damaged = Damage(sample, random);
    file.Write(damaged);
    const Told told = ReadPath(format, path, options);
    ASSERT_LE(told.items.size(), damaged.size() + 1);
    whole += told.status.ok();
    if (!told.status.ok()) {
      const std::string message(told.status.message());
      ASSERT_NE(message.find(path), message.npos) << message;
      ASSERT_FALSE(MayHoldHash(message)) << message;
    }
    for (const Item& item : told.refused()) {
      ASSERT_NE(PositionText(item.position), "");
      ASSERT_FALSE(MayHoldHash(item.why)) << item.why;
      ASSERT_FALSE(item.why.empty());
    }
    for (const Record& record : told.records()) {
      ASSERT_TRUE(CheckRecord(record).ok());
    }
  }
  // Some damage is harmless and some is not: else the test tests nothing.
  EXPECT_GT(whole, 0u);
}

}  // namespace kenal::formats

#endif  // KENAL_TESTS_FORMATS_SUPPORT_H_
