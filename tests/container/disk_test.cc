// Disk images made by the usual tools, without being mounted: what went in
// comes out, deleted files too.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using Contents = std::map<std::string, std::string>;
using kenal::testing::TempDir;

// Files for an image, in a folder `in`.
class Files {
 public:
  Files() {
    std::filesystem::create_directories(folder_ / "in/DCIM/100");
    Put("empty.bin", "");
    Put("letter.txt", std::string(50'000, 'x'));
    Put("DCIM/100/a long name of a picture.jpg", Noise(300'000, 1));
    Put("DCIM/small.jpg", Noise(700, 2));
  }
  // Runs a command in the folder above `in`; returns the path of the image.
  std::string Make(const std::string& command) {
    RunShell("cd " + folder_.path() + "; IMG=image.dd; " + command);
    return folder_ / "image.dd";
  }
  const Contents& contents() const { return contents_; }
  std::string operator/(const std::string& name) const {
    return folder_ / name;
  }

 private:
  void Put(const std::string& name, std::string content) {
    WriteText(folder_ / ("in/" + name), content);
    contents_[name] = std::move(content);
  }
  TempDir folder_;
  Contents contents_;
};

constexpr char kFill[] = "mcopy -s -i $IMG in/* ::; ";
constexpr char kNtfsFill[] =
    "ntfscp -f $IMG in/letter.txt letter.txt; "
    "ntfscp -f $IMG in/empty.bin empty.bin; ";

const Entry* Find(const std::vector<Entry>& entries, const std::string& path) {
  const auto at = std::ranges::find(entries, path, &Entry::path);
  return at == entries.end() ? nullptr : &*at;
}

// Whole files that were neither deleted nor made up by libtsk.
Contents LiveFiles(Container& image) {
  Contents contents;
  for (const Entry& entry : ListAll(image)) {
    if (entry.type != EntryType::kFile || entry.deleted || entry.is_virtual ||
        entry.path[0] == '$' || entry.path.ends_with(" (Volume Label Entry)")) {
      continue;
    }
    ReadResult result;
    contents[entry.path] = ReadEntry(image, entry, &result);
    EXPECT_EQ(result.failure, std::nullopt) << entry.path;
  }
  return contents;
}

struct Format {
  const char* word;
  const char* command;
};
const Format kFormats[] = {
    {"fat12", "truncate -s 2M $IMG; mkfs.fat -F12 $IMG; "},
    {"fat16", "truncate -s 20M $IMG; mkfs.fat -F16 $IMG; "},
    {"fat32", "truncate -s 40M $IMG; mkfs.fat -F32 -s1 $IMG; "},
    {"ext2", "mke2fs -q -t ext2 -d in $IMG 16M"},
    {"ext3", "mke2fs -q -t ext3 -d in $IMG 16M"},
    {"ext4", "mke2fs -q -t ext4 -d in $IMG 16M"},
};

class DiskFormat : public ::testing::TestWithParam<Format> {
 protected:
  static std::string Command() {
    const std::string command = GetParam().command;
    return std::string(GetParam().word).starts_with("fat") ? command + kFill
                                                           : command;
  }
};

TEST_P(DiskFormat, GivesTheFilesThatWentIn) {
  Files files;
  const std::string path = files.Make(Command());
  EXPECT_EQ(RecogniseFile(path), (Recognised{Kind::kDisk, "disk"}));
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ((*image)->volumes().size(), 1u);
  EXPECT_EQ((*image)->volumes()[0].file_system, GetParam().word);
  EXPECT_EQ((*image)->volumes()[0].problem, "");
  EXPECT_EQ(LiveFiles(**image), files.contents());
  EXPECT_EQ((*image)->incomplete(), std::nullopt);
}

TEST_P(DiskFormat, IsTheSameInAPartitionAndInPieces) {
  Files files;
  const std::string path = files.Make(Command());
  const auto whole = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(whole.ok());
  std::vector<Entry> expected = ListAll(**whole);
  // One partition at 1 MiB, in an image that is cut in unequal pieces.
  files.Make(
      "mv $IMG part; truncate -s 1M $IMG; cat part >>$IMG; "
      "truncate -s +1M $IMG; printf 'start=2048, size=%d, type=c' "
      "$(($(stat -c %s part) / 512)) | sfdisk -q $IMG; "
      "head -c 1234567 $IMG >p1; tail -c +1234568 $IMG | head -c 4096 >p2; "
      "tail -c +1238664 $IMG >p3");
  const auto pieces =
      OpenPaths(Kind::kDisk, {files / "p1", files / "p2", files / "p3"});
  ASSERT_TRUE(pieces.ok()) << pieces.status();
  const auto& volumes = (*pieces)->volumes();
  const auto volume =
      std::ranges::find(volumes, GetParam().word, &Volume::file_system);
  ASSERT_NE(volume, volumes.end());
  EXPECT_EQ(volume->offset_bytes, uint64_t{1} << 20);
  EXPECT_EQ(volume->size_bytes, std::filesystem::file_size(files / "part"));
  std::vector<Entry> entries = ListAll(**pieces);
  for (Entry& entry : entries) {
    EXPECT_EQ(entry.place.volume, volume->number);
    entry.place.volume = 0;
  }
  EXPECT_EQ(entries, expected);
  for (const Entry& entry : expected) {
    Entry there = entry;
    there.place.volume = volume->number;
    EXPECT_EQ(ReadEntry(**pieces, there), ReadEntry(**whole, entry));
  }
}

INSTANTIATE_TEST_SUITE_P(All, DiskFormat, ::testing::ValuesIn(kFormats));

TEST(Disk, NtfsGivesFilesAndTheirStreams) {
  Files files;
  const std::string path = files.Make(
      std::string("truncate -s 16M $IMG; mkntfs -Fq $IMG; ") + kNtfsFill +
      "ntfscp -f -N hidden $IMG in/DCIM/small.jpg letter.txt");
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ((*image)->volumes()[0].file_system, "ntfs");
  EXPECT_EQ(RecogniseFile(path).kind, Kind::kDisk);
  const std::vector<Entry> entries = ListAll(**image);
  EXPECT_EQ((*image)->incomplete(), std::nullopt);
  const Entry* letter = Find(entries, "letter.txt");
  const Entry* hidden = Find(entries, "letter.txt:hidden");
  ASSERT_NE(letter, nullptr);
  ASSERT_NE(hidden, nullptr);
  EXPECT_FALSE(letter->is_stream);
  EXPECT_TRUE(hidden->is_stream);
  EXPECT_EQ(letter->size_bytes, 50'000u);
  EXPECT_EQ(hidden->size_bytes, 700u);
  EXPECT_EQ(ReadEntry(**image, *letter), files.contents().at("letter.txt"));
  EXPECT_EQ(ReadEntry(**image, *hidden), files.contents().at("DCIM/small.jpg"));
  EXPECT_EQ(Find(entries, "$BadClus:$Bad"), nullptr);
}

TEST(Disk, DeletedFilesComeBackFromFat) {
  Files files;
  const std::string path = files.Make(
      std::string("truncate -s 20M $IMG; mkfs.fat -F16 $IMG; ") + kFill +
      "mdel -i $IMG ::letter.txt; "
      "mdel -i $IMG '::DCIM/100/a long name of a picture.jpg'");
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok()) << image.status();
  int found = 0;
  for (const Entry& entry : ListAll(**image)) {
    if (!entry.deleted || entry.type != EntryType::kFile) continue;
    const std::string content = ReadEntry(**image, entry);
    for (const char* name :
         {"letter.txt", "DCIM/100/a long name of a picture.jpg"}) {
      found += content == files.contents().at(name) ? 1 : 0;
    }
  }
  EXPECT_EQ(found, 2);
}

TEST(Disk, FilesOfADeletedFolderAreOrphans) {
  Files files;
  const std::string path = files.Make(
      std::string("truncate -s 20M $IMG; mkfs.fat -F16 $IMG; ") + kFill +
      // The folder's entries are overwritten; what was in it stays.
      "mdeltree -i $IMG ::DCIM; for i in $(seq 40); do "
      "mcopy -i $IMG in/empty.bin ::f$i; done");
  const auto with = OpenPaths(Kind::kDisk, {path});
  const auto without = OpenPaths(Kind::kDisk, {path}, {.with_orphans = false});
  ASSERT_TRUE(with.ok() && without.ok());
  // In the folder itself, and in one below it.
  std::set<std::string> found;
  for (const Entry& entry : ListAll(**with)) {
    if (!entry.orphan) continue;
    EXPECT_TRUE(entry.deleted);
    EXPECT_TRUE(entry.path.starts_with("$OrphanFiles/")) << entry.path;
    if (entry.type == EntryType::kFile) found.insert(ReadEntry(**with, entry));
  }
  EXPECT_TRUE(found.contains(files.contents().at("DCIM/small.jpg")));
  EXPECT_TRUE(found.contains(
      files.contents().at("DCIM/100/a long name of a picture.jpg")));
  for (const Entry& entry : ListAll(**without)) EXPECT_FALSE(entry.orphan);
}

TEST(Disk, DeletedFilesComeBackFromNtfs) {
  Files files;
  const std::string path = files.Make(
      std::string("truncate -s 16M $IMG; mkntfs -Fq $IMG; ") + kNtfsFill);
  // Marks the record of letter.txt free, as a deletion does.
  std::string bytes = ReadText(path);
  const std::string name("l\0e\0t\0t\0e\0r\0.\0t\0x\0t\0", 20);
  for (size_t at = bytes.find(name); at != bytes.npos;
       at = bytes.find(name, at + 1)) {
    const size_t record = at / 1024 * 1024;
    if (bytes.compare(record, 4, "FILE") == 0) bytes[record + 22] &= ~1;
  }
  const auto image = OpenBytes(Kind::kDisk, bytes);
  ASSERT_TRUE(image.ok()) << image.status();
  const std::vector<Entry> entries = ListAll(**image);
  const auto letter = std::ranges::find_if(entries, [](const Entry& entry) {
    return entry.deleted && entry.path.ends_with("letter.txt");
  });
  ASSERT_NE(letter, entries.end());
  EXPECT_EQ(ReadEntry(**image, *letter), files.contents().at("letter.txt"));
}

// In ext2: a deleted file comes back until its inode is given to another.
TEST(Disk, WhatBelongsToAnotherFileNowIsNotReadAsTheDeletedOne) {
  Files files;
  const std::string path = files.Make(
      "mke2fs -q -t ext2 -d in $IMG 16M; debugfs -w -R 'rm letter.txt' $IMG");
  const auto find = [&path](Entry& letter, ReadResult& result) {
    const auto image = OpenPaths(Kind::kDisk, {path});
    ASSERT_TRUE(image.ok()) << image.status();
    const std::vector<Entry> entries = ListAll(**image);
    const Entry* found = Find(entries, "letter.txt");
    ASSERT_NE(found, nullptr);
    letter = *found;
    const std::string content = ReadEntry(**image, letter, &result);
    if (!result.failure) {
      EXPECT_EQ(content, std::string(50'000, 'x'));
    }
  };
  Entry before;
  Entry after;
  ReadResult result;
  find(before, result);
  EXPECT_TRUE(before.deleted);
  EXPECT_FALSE(before.reallocated);
  EXPECT_EQ(result.failure, std::nullopt);
  files.Make(
      "printf 'cd /DCIM\\nwrite in/DCIM/small.jpg other.jpg\\n' >do; "
      "debugfs -w -f do $IMG");
  find(after, result);
  EXPECT_EQ(after.place, before.place);
  EXPECT_TRUE(after.reallocated);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "reallocated");
}

TEST(Disk, TimesAreThoseOfTheFiles) {
  Files files;
  const std::string path = files.Make(
      "find in -exec touch -d '2020-02-02 02:02:02 UTC' {} +; "
      "mke2fs -q -t ext4 -d in $IMG 16M");
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok());
  const std::vector<Entry> entries = ListAll(**image);
  const Entry* letter = Find(entries, "letter.txt");
  ASSERT_NE(letter, nullptr);
  EXPECT_EQ(letter->modified_ms, 1'580'608'922'000);
}

TEST(Disk, EveryPartitionIsToldAndWhyItIsNotOpened) {
  Files files;
  files.Make(
      "truncate -s 40M $IMG; printf 'label: gpt\\nstart=2048,size=8192\\n"
      "size=8192\\nsize=8192\\nsize=8192\\nsize=8192\\n' | sfdisk -q $IMG; "
      "mke2fs -q -t ext4 -d in fs 4M; "
      "dd if=fs of=$IMG bs=512 seek=2048 conv=notrunc; "
      "printf '\\353\\130\\220-FVE-FS-' | dd of=$IMG bs=512 seek=10240 "
      "conv=notrunc; "
      "printf 'LUKS\\272\\276' | dd of=$IMG bs=512 seek=18432 conv=notrunc; "
      "head -c 1M /dev/urandom | dd of=$IMG bs=512 seek=26624 conv=notrunc");
  EXPECT_EQ(RecogniseFile(files / "image.dd").kind, Kind::kDisk);
  const auto image = OpenPaths(Kind::kDisk, {files / "image.dd"});
  ASSERT_TRUE(image.ok()) << image.status();
  std::vector<std::string> told;
  for (const Volume& volume : (*image)->volumes()) {
    told.push_back(volume.file_system + volume.problem);
  }
  EXPECT_THAT(told,
              ::testing::ElementsAre("ext4", "bitlocker", "luks", "unknown",
                                     "unknown", "unallocated"));
  EXPECT_EQ(LiveFiles(**image), files.contents());
}

TEST(Disk, TheMediumIsReadFromEndToEnd) {
  Files files;
  const std::string path = files.Make("mke2fs -q -t ext4 -d in $IMG 16M");
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok());
  std::string medium;
  const ReadResult result =
      (*image)->ReadImage([&medium](std::span<const uint8_t> bytes) {
        medium.append(bytes.begin(), bytes.end());
        return true;
      });
  EXPECT_EQ(result.failure, std::nullopt);
  EXPECT_EQ((*image)->media_bytes(), medium.size());
  EXPECT_TRUE(medium == ReadText(path));
}

TEST(Disk, OpeningLeavesTheImageAsItWas) {
  Files files;
  const std::string path = files.Make(
      "mke2fs -q -t ext4 -d in $IMG 16M; touch -a -d 2001-01-01 $IMG");
  const std::string before = ReadText(path);
  RunShell("touch -a -d 2001-01-01 " + path);
  struct stat then;
  struct stat now;
  ASSERT_EQ(stat(path.c_str(), &then), 0);
  const auto image = OpenPaths(Kind::kDisk, {path});
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(LiveFiles(**image), files.contents());
  ASSERT_EQ(stat(path.c_str(), &now), 0);
  EXPECT_EQ(then.st_atim.tv_sec, now.st_atim.tv_sec);
  EXPECT_EQ(then.st_mtim.tv_sec, now.st_mtim.tv_sec);
  EXPECT_TRUE(ReadText(path) == before);
}

TEST(Disk, ADescriptorThatCanWriteIsRefused) {
  Files files;
  const std::string path = files.Make("truncate -s 1M $IMG");
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const int descriptors[] = {file};
  EXPECT_EQ(TestOpener().Open(Kind::kDisk, descriptors, {}).status().code(),
            StatusCode::kFailedPrecondition);
  close(file);
}

}  // namespace
}  // namespace kenal::container
