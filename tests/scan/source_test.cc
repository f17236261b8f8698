// Files of exhibits as they are read: what changed, vanished or was put in
// their place since they were listed is named and never followed.
#include "src/scan/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using findings::Exhibit;
using findings::ExhibitKind;
namespace reason = findings::reason;
namespace fs = std::filesystem;

class Sources : public ::testing::Test {
 protected:
  std::unique_ptr<Source> Open(const std::string& path) {
    exhibit_ = {.id = "x", .path = path};
    auto source = OpenSource(0, {}, opener_, exhibit_);
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *std::move(source) : nullptr;
  }

  std::vector<FoundFile> List(Source& source) {
    std::vector<FoundFile> all;
    const Status status = source.List(
        {.files =
             [&](std::vector<FoundFile>&& files) {
               std::ranges::move(files, std::back_inserter(all));
               return OkStatus();
             },
         .problem = [](const std::string&, Problem&&) { return OkStatus(); },
         .is_over = [] { return false; }});
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  // What comes of the one file of a folder once `change` was done to it.
  Reading ReadAfter(const std::function<void(const std::string&)>& change) {
    const testing::TempDir folder;
    PutFile(folder / "in/file", "content");
    const auto source = Open(folder.path());
    const auto files = List(*source);
    EXPECT_EQ(files.size(), 1U);
    change(folder / "in");
    auto reading = source->Read(files[0]);
    EXPECT_TRUE(reading.ok()) << reading.status();
    return *std::move(reading);
  }

  FakeOpener opener_;
  Exhibit exhibit_;
};

TEST_F(Sources, AFileIsReadOnceWithItsTimes) {
  const Reading reading = ReadAfter([](const std::string& in) {
    const timespec times[2] = {{.tv_sec = 5, .tv_nsec = 6'000'000},
                               {.tv_sec = 7, .tv_nsec = 8'999'999}};
    ASSERT_EQ(utimensat(AT_FDCWD, (in + "/file").c_str(), times, 0), 0);
  });
  EXPECT_FALSE(reading.problem.has_value());
  EXPECT_TRUE(reading.has_intake);
  EXPECT_EQ(reading.intake.digests.sha256, Sha256Of("content").bytes);
  EXPECT_EQ(reading.place.path, std::vector<std::string>{"in/file"});
  EXPECT_EQ(reading.place.size_bytes, 7U);
  EXPECT_EQ(reading.place.accessed_unix_ms, 5'006);
  EXPECT_EQ(reading.place.modified_unix_ms, 7'008);
}

TEST_F(Sources, AFileThatVanishedIsNamed) {
  const Reading reading =
      ReadAfter([](const std::string& in) { fs::remove(in + "/file"); });
  ASSERT_TRUE(reading.problem.has_value());
  EXPECT_EQ(reading.problem->reason, reason::kVanished);
  EXPECT_FALSE(reading.has_intake);
  EXPECT_EQ(reading.place.size_bytes, 7U);
}

TEST_F(Sources, ALinkInItsPlaceIsNotFollowed) {
  const testing::TempDir elsewhere;
  PutFile(elsewhere / "file", "secret");
  Reading reading = ReadAfter([&](const std::string& in) {
    fs::remove(in + "/file");
    fs::create_symlink(elsewhere / "file", in + "/file");
  });
  ASSERT_TRUE(reading.problem.has_value());
  EXPECT_EQ(reading.problem->reason, reason::kSpecial);
  EXPECT_FALSE(reading.has_intake);
  // Nor one in place of its folder.
  reading = ReadAfter([&](const std::string& in) {
    fs::remove_all(in);
    fs::create_directory_symlink(elsewhere.path(), in);
  });
  ASSERT_TRUE(reading.problem.has_value());
  EXPECT_EQ(reading.problem->reason, reason::kSpecial);
  EXPECT_FALSE(reading.has_intake);
}

TEST_F(Sources, APipeInItsPlaceStopsNobody) {
  const Reading reading = ReadAfter([](const std::string& in) {
    fs::remove(in + "/file");
    ASSERT_EQ(mkfifo((in + "/file").c_str(), 0600), 0);
  });
  ASSERT_TRUE(reading.problem.has_value());
  EXPECT_EQ(reading.problem->reason, reason::kSpecial);
  EXPECT_FALSE(reading.has_intake);
}

TEST_F(Sources, AFolderInItsPlaceIsNoFile) {
  const Reading reading = ReadAfter([](const std::string& in) {
    fs::remove(in + "/file");
    fs::create_directory(in + "/file");
  });
  ASSERT_TRUE(reading.problem.has_value());
  EXPECT_EQ(reading.problem->reason, reason::kSpecial);
}

TEST_F(Sources, AFileThatGrewSinceIsReadAsItIs) {
  const Reading reading = ReadAfter(
      [](const std::string& in) { PutFile(in + "/file", "content and more"); });
  EXPECT_FALSE(reading.problem.has_value());
  EXPECT_EQ(reading.intake.digests.sha256, Sha256Of("content and more").bytes);
  EXPECT_EQ(reading.place.size_bytes, 16U);
}

TEST_F(Sources, AFileCanBeAnExhibit) {
  const testing::TempDir folder;
  PutFile(folder / "letter.txt", "words");
  const auto source = Open(folder / "letter.txt");
  EXPECT_EQ(exhibit_.kind, ExhibitKind::kFile);
  EXPECT_EQ(exhibit_.size_bytes, 5U);
  const auto files = List(*source);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path(), "letter.txt");
  EXPECT_EQ(files[0].size_bytes, 5U);
  auto reading = source->Read(files[0]);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->intake.digests.sha256, Sha256Of("words").bytes);
}

TEST_F(Sources, AnExhibitThatVanishesIsNamedAndFailsNothing) {
  const testing::TempDir folder;
  PutFile(folder / "letter.txt", "words");
  const auto source = Open(folder / "letter.txt");
  fs::remove(folder / "letter.txt");
  const auto files = List(*source);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].size_bytes, 5U);
  auto reading = source->Read(files[0]);
  ASSERT_TRUE(reading.ok()) << reading.status();
  ASSERT_TRUE(reading->problem.has_value());
  EXPECT_EQ(reading->problem->reason, reason::kVanished);
  EXPECT_FALSE(reading->has_intake);
}

// A large file does not outlast the scan.
TEST_F(Sources, ReadingEndsWithTheScan) {
  const testing::TempDir folder;
  PutFile(folder / "large", std::string(5 << 20, 'x'));
  int asked = 0;
  Exhibit exhibit{.id = "x", .path = folder.path()};
  const auto source = OpenSource(0, {.is_over = [&] { return ++asked == 2; }},
                                 opener_, exhibit);
  ASSERT_TRUE(source.ok());
  const auto files = List(**source);
  ASSERT_EQ(files.size(), 1U);
  const auto reading = (*source)->Read(files[0]);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(asked, 2);
  ASSERT_TRUE(reading->problem.has_value());
  EXPECT_EQ(reading->problem->reason, reason::kNotReached);
  EXPECT_FALSE(reading->has_intake);
}

TEST_F(Sources, SegmentsAreTheRegularFilesInARow) {
  const testing::TempDir folder;
  for (const char* name : {"a.E01", "a.E02", "a.E04", "b.E01"}) {
    PutFile(folder / name, "x");
  }
  ASSERT_EQ(mkfifo((folder / "b.E02").c_str(), 0600), 0);
  fs::create_symlink(folder / "a.E01", folder / "c.E01");
  const auto source = Open(folder.path());
  for (const FoundFile& file : List(*source)) {
    const size_t expected = file.name == "a.E01" ? 2 : 1;
    EXPECT_EQ(source->Segments(file).size(), expected) << file.name;
    EXPECT_TRUE(source->HasBeside(file, "a.E04"));
    EXPECT_FALSE(source->HasBeside(file, "a.E03"));
    EXPECT_FALSE(source->HasBeside(file, "b.E02"));
    EXPECT_FALSE(source->HasBeside(file, "c.E01"));
  }
}

TEST_F(Sources, WhatIsNoExhibitIsRefused) {
  const testing::TempDir folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto code_of = [&](const std::string& path) {
    Exhibit exhibit{.id = "x", .path = path};
    return OpenSource(0, {}, opener_, exhibit).status().code();
  };
  EXPECT_EQ(code_of(folder / "nothing"), StatusCode::kNotFound);
  EXPECT_EQ(code_of(folder / "pipe"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of("/dev/null"), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::scan
