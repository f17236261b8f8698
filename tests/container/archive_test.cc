// Archives made by the usual tools, opened behind the lock: names, sizes and
// bytes are those of the files that went in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using ::testing::ElementsAre;
using Contents = std::map<std::string, std::string>;

// A folder of files, some in folders, with what is in them.
class Files {
 public:
  Files() {
    std::filesystem::create_directories(folder_ / "in/deep/er");
    Put("empty.bin", "");
    Put("letter.txt", std::string(50'000, 'x'));
    Put("deep/er/noise.bin", Noise(700'000, 1));
    Put("deep/M\xC3\xBCller \xE6\x98\xA5.jpg", Noise(3'000, 2));
  }
  // Runs a command in the folder of the files; OUT is the archive.
  std::string Make(const std::string& command, const std::string& name) {
    const std::string out = folder_ / name;
    RunShell("cd " + (folder_ / "in") + "; export OUT=" + out + "; " + command);
    return out;
  }
  const Contents& contents() const { return contents_; }
  const kenal::testing::TempDir& folder() const { return folder_; }

 private:
  void Put(const std::string& name, std::string content) {
    WriteText(folder_ / ("in/" + name), content);
    contents_[name] = std::move(content);
  }
  kenal::testing::TempDir folder_;
  Contents contents_;
};

struct Format {
  const char* word;
  const char* file;
  const char* command;
};
const Format kFormats[] = {
    {"zip", "a.zip", "python3 -m zipfile -c $OUT *"},
    {"zip", "stored.zip", "7z a -mx0 $OUT ."},
    {"7z", "a.7z", "7z a $OUT ."},
    {"7z", "solid.7z", "7z a -ms=on -m0=lzma2 $OUT ."},
    {"tar", "a.tar", "tar cf $OUT *"},
    {"tar", "gnu.tar", "tar c --format=gnu -f $OUT *"},
    {"tar", "a.tar.gz", "tar czf $OUT *"},
    {"tar", "a.tar.bz2", "tar cjf $OUT *"},
    {"tar", "a.tar.xz", "tar cJf $OUT *"},
    {"tar", "a.tar.zst", "tar c --zstd -f $OUT *"},
    {"tar", "old.tar", "tar c --format=v7 -f $OUT *"},
    {"iso9660", "rock-ridge.iso", "genisoimage -quiet -R -o $OUT ."},
    {"cpio", "a.cpio", "find * | cpio -o -H newc >$OUT"},
};

class ArchiveFormat : public ::testing::TestWithParam<Format> {};

TEST_P(ArchiveFormat, GivesTheFilesThatWentIn) {
  Files files;
  const std::string path = files.Make(GetParam().command, GetParam().file);
  const auto opened = OpenPaths(Kind::kArchive, {path});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->format(), GetParam().word);
  EXPECT_EQ(RecogniseFile(path).kind, Kind::kArchive);
  EXPECT_EQ(ReadAll(**opened), files.contents());
  EXPECT_EQ((*opened)->incomplete(), std::nullopt);
}

TEST_P(ArchiveFormat, ListsSizesAndTimesWithoutReading) {
  Files files;
  files.Make("find . -exec touch -d '2020-02-02 02:02:02 UTC' {} +", "none");
  const std::string path = files.Make(
      std::string("export TZ=UTC; ") + GetParam().command, GetParam().file);
  const auto opened = OpenPaths(Kind::kArchive, {path});
  ASSERT_TRUE(opened.ok()) << opened.status();
  size_t count = 0;
  for (const Entry& entry : ListAll(**opened)) {
    EXPECT_EQ(entry.modified_ms, 1'580'608'922'000) << entry.path;
    if (entry.type != EntryType::kFile) continue;
    ++count;
    EXPECT_EQ(entry.size_bytes, files.contents().at(entry.path).size());
  }
  EXPECT_EQ(count, files.contents().size());
}

INSTANTIATE_TEST_SUITE_P(All, ArchiveFormat, ::testing::ValuesIn(kFormats));

struct Compressed {
  const char* word;
  const char* command;
};
const Compressed kCompressed[] = {{"gzip", "gzip -c letter.txt >$OUT"},
                                  {"bzip2", "bzip2 -c letter.txt >$OUT"},
                                  {"xz", "xz -c letter.txt >$OUT"},
                                  {"zstd", "zstd -c letter.txt >$OUT"},
                                  {"lz4", "lz4 -c letter.txt >$OUT"}};

TEST(Archive, ACompressedFileIsItsOneMember) {
  Files files;
  for (const Compressed& compressed : kCompressed) {
    const std::string path = files.Make(compressed.command, "one");
    const auto opened = OpenPaths(Kind::kArchive, {path});
    ASSERT_TRUE(opened.ok()) << compressed.word << opened.status();
    EXPECT_EQ((*opened)->format(), compressed.word);
    EXPECT_EQ(RecogniseFile(path),
              (Recognised{Kind::kArchive, compressed.word}));
    const Contents contents = ReadAll(**opened);
    ASSERT_EQ(contents.size(), 1u) << compressed.word;
    EXPECT_EQ(contents.begin()->second, files.contents().at("letter.txt"));
  }
}

TEST(Archive, NamesAreOnlyNames) {
  Files files;
  const std::string path = files.Make(
      "python3 -c \"import zipfile,os; z=zipfile.ZipFile(os.environ['OUT'],"
      "'w'); [z.writestr(n,n) for n in ('/etc/passwd','../../up','a//b')]\"",
      "names.zip");
  ASSERT_FALSE(ReadText(path).empty());
  const auto opened = OpenPaths(Kind::kArchive, {path});
  ASSERT_TRUE(opened.ok()) << opened.status();
  std::vector<std::string> names;
  for (const Entry& entry : ListAll(**opened)) names.push_back(entry.path);
  EXPECT_THAT(names, ElementsAre("/etc/passwd", "../../up", "a//b"));
}

TEST(Archive, NamesThatAreNotUtf8KeepTheirBytes) {
  Files files;
  const std::string path = files.Make(
      "printf x >\"$(printf 'n\\377\\376.jpg')\"; tar cf $OUT n*", "bytes.tar");
  const auto opened = OpenPaths(Kind::kArchive, {path});
  ASSERT_TRUE(opened.ok()) << opened.status();
  Entry entry;
  ASSERT_TRUE((*opened)->Next(entry));
  EXPECT_EQ(entry.path, "n\xFF\xFE.jpg");
}

TEST(Archive, EncryptedMembersAreSaid) {
  Files files;
  for (const char* command :
       {"7z a -psecret $OUT letter.txt deep",
        "7z a -psecret -mem=AES256 $OUT letter.txt deep"}) {
    const std::string path = files.Make(command, "secret.zip");
    const auto opened = OpenPaths(Kind::kArchive, {path});
    ASSERT_TRUE(opened.ok()) << opened.status();
    int file_count = 0;
    for (Entry entry; (*opened)->Next(entry);) {
      if (entry.type != EntryType::kFile) continue;
      ++file_count;
      EXPECT_TRUE(entry.encrypted) << entry.path;
      ReadResult result;
      EXPECT_EQ(ReadEntry(**opened, entry, &result), "");
      ASSERT_TRUE(result.failure) << entry.path;
      EXPECT_EQ(result.failure->reason, "encrypted_archive");
    }
    EXPECT_EQ(file_count, 3);
    std::filesystem::remove(path);
  }
}

TEST(Archive, EncryptedSevenZipIsSaidWithAndWithoutItsNames) {
  Files files;
  const auto hidden = OpenPaths(
      Kind::kArchive, {files.Make("7z a -psecret -mhe=on $OUT .", "h.7z")});
  EXPECT_EQ(WhyNot(hidden), "encrypted_archive");
  const auto named = OpenPaths(
      Kind::kArchive, {files.Make("7z a -psecret $OUT letter.txt", "n.7z")});
  if (!named.ok()) {
    EXPECT_EQ(WhyNot(named), "encrypted_archive");
    return;
  }
  Entry entry;
  ASSERT_TRUE((*named)->Next(entry));
  ReadResult result;
  ReadEntry(**named, entry, &result);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "encrypted_archive");
}

TEST(Archive, WhatComesBeforeTheDamageIsRead) {
  Files files;
  const std::string path = files.Make("tar czf $OUT letter.txt deep", "a.tgz");
  const std::string bytes = ReadText(path);
  const auto opened =
      OpenBytes(Kind::kArchive, bytes.substr(0, bytes.size() / 2));
  ASSERT_TRUE(opened.ok()) << opened.status();
  Entry entry;
  ASSERT_TRUE((*opened)->Next(entry));
  EXPECT_EQ(ReadEntry(**opened, entry), files.contents().at("letter.txt"));
  bool has_damage = false;
  while ((*opened)->Next(entry)) {
    ReadResult result;
    ReadEntry(**opened, entry, &result);
    has_damage = has_damage || result.failure.has_value();
  }
  EXPECT_TRUE(has_damage || (*opened)->incomplete());
}

TEST(Archive, AFlippedByteInAMemberIsSaid) {
  Files files;
  const std::string path =
      files.Make("7z a -tzip -mx0 $OUT letter.txt", "f.zip");
  std::string bytes = ReadText(path);
  bytes[bytes.size() / 2] ^= 1;
  const auto opened = OpenBytes(Kind::kArchive, bytes);
  ASSERT_TRUE(opened.ok()) << opened.status();
  Entry entry;
  ASSERT_TRUE((*opened)->Next(entry));
  ReadResult result;
  ReadEntry(**opened, entry, &result);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "damaged");
}

TEST(Archive, OtherFilesAreNoArchives) {
  EXPECT_EQ(WhyNot(OpenBytes(Kind::kArchive, "just a letter")),
            "not_a_container");
  EXPECT_NE(WhyNot(OpenBytes(Kind::kArchive, Noise(100'000, 7))), "");
  EXPECT_NE(WhyNot(OpenBytes(Kind::kArchive, "")), "");
}

// 2 GiB of one letter in 9 MB: a gzip file of many parts.
TEST(Archive, ABombEndsAtItsExpansion) {
  Files files;
  const std::string path = files.Make(
      "head -c 64M /dev/zero | tr '\\0' A | gzip >part; "
      "for i in $(seq 32); do cat part; done >$OUT",
      "bomb.gz");
  const auto opened = OpenPaths(Kind::kArchive, {path}, {.expansion_max = 100});
  ASSERT_TRUE(opened.ok()) << opened.status();
  Entry entry;
  ASSERT_TRUE((*opened)->Next(entry));
  uint64_t count = 0;
  const ReadResult result =
      (*opened)->Read(entry, [&count](std::span<const uint8_t> bytes) {
        count += bytes.size();
        return true;
      });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "expands_too_much");
  const uint64_t allowed = std::max<uint64_t>(
      uint64_t{1} << 30, 100 * std::filesystem::file_size(path));
  EXPECT_LE(count, allowed);
  EXPECT_FALSE((*opened)->Next(entry));
  EXPECT_EQ((*opened)->incomplete()->reason, "expands_too_much");
}

TEST(Archive, LimitsOnMembersAreSaid) {
  Files files;
  const std::string path = files.Make("tar cf $OUT *", "a.tar");
  const auto few = OpenPaths(Kind::kArchive, {path}, {.entries_max = 2});
  ASSERT_TRUE(few.ok());
  EXPECT_EQ(ListAll(**few).size(), 2u);
  ASSERT_TRUE((*few)->incomplete());
  EXPECT_EQ((*few)->incomplete()->reason, "too_many_members");

  const auto small =
      OpenPaths(Kind::kArchive, {path}, {.member_bytes_max = 60'000});
  ASSERT_TRUE(small.ok());
  for (Entry entry; (*small)->Next(entry);) {
    if (entry.type != EntryType::kFile) continue;
    ReadResult result;
    ReadEntry(**small, entry, &result);
    EXPECT_EQ(result.failure.has_value(), *entry.size_bytes > 60'000);
    if (result.failure) {
      EXPECT_EQ(result.failure->reason, "member_too_large");
    }
  }
}

TEST(Archive, ASinkMayStopAndTheNextMemberFollows) {
  Files files;
  const std::string path =
      files.Make("tar cf $OUT deep/er/noise.bin letter.txt", "a.tar");
  const auto opened = OpenPaths(Kind::kArchive, {path});
  ASSERT_TRUE(opened.ok());
  Entry entry;
  ASSERT_TRUE((*opened)->Next(entry));
  const ReadResult result =
      (*opened)->Read(entry, [](std::span<const uint8_t>) { return false; });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "stopped");
  EXPECT_LT(result.size_bytes, 200'000u);
  ASSERT_TRUE((*opened)->Next(entry));
  EXPECT_EQ(ReadEntry(**opened, entry), files.contents().at("letter.txt"));
}

TEST(Archive, OnlyTheMemberListedLastIsReadAndOnce) {
  Files files;
  const auto opened = OpenPaths(
      Kind::kArchive, {files.Make("tar cf $OUT letter.txt deep", "a.tar")});
  ASSERT_TRUE(opened.ok());
  Entry first;
  Entry second;
  ASSERT_TRUE((*opened)->Next(first));
  EXPECT_EQ(ReadEntry(**opened, first).size(), 50'000u);
  ReadResult result;
  EXPECT_EQ(ReadEntry(**opened, first, &result), "");
  EXPECT_TRUE(result.failure);
  ASSERT_TRUE((*opened)->Next(second));
  EXPECT_EQ(ReadEntry(**opened, first, &result), "");
  EXPECT_TRUE(result.failure);
}

}  // namespace
}  // namespace kenal::container
