// Disk images as exhibits: what they say, what they hold, and all that cannot
// be looked at.
#include "src/scan/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using container::EntryType;
using findings::Exhibit;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
namespace reason = findings::reason;

FakeBox::Member Entry(std::string path, std::string bytes, uint32_t volume = 1,
                      EntryType type = EntryType::kFile) {
  FakeBox::Member member = MemberOf(std::move(path), std::move(bytes));
  member.entry.place.volume = volume;
  member.entry.type = type;
  return member;
}

class ImageSources : public ::testing::Test {
 protected:
  ImageSources() { PutFile(folder_ / "phone.dd", "the image"); }

  StatusOr<std::unique_ptr<Source>> Open() {
    exhibit_ = {.id = "x", .path = folder_ / "phone.dd"};
    return OpenImageSource(3, container::Kind::kDisk, {}, opener_, exhibit_);
  }

  void List(
      Source& source, std::function<bool()> is_over = [] { return false; }) {
    const Status status =
        source.List({.files =
                         [&](std::vector<FoundFile>&& files) {
                           std::ranges::move(files, std::back_inserter(files_));
                           return OkStatus();
                         },
                     .problem =
                         [&](const std::string& path, Problem&& problem) {
                           problems_[path] = problem.reason;
                           return OkStatus();
                         },
                     .is_over = std::move(is_over)});
    ASSERT_TRUE(status.ok()) << status;
  }

  std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const FoundFile& file : files_) paths.push_back(file.path());
    return paths;
  }

  testing::TempDir folder_;
  FakeOpener opener_;
  FakeBox box_;
  Exhibit exhibit_;
  std::vector<FoundFile> files_;
  std::map<std::string, std::string> problems_;
};

TEST_F(ImageSources, ListsFilesAndNamesWhatIsNone) {
  box_.format = "raw";
  box_.medium = std::string(5'000, 'm');
  box_.stored = {{"md5", Md5{}.ToHex()}, {"sha1", "no digest"}};
  box_.volumes = {{.number = 1, .file_system = "ntfs"},
                  {.number = 2, .size_bytes = 77, .problem = "bitlocker"},
                  {.number = 3, .problem = "unallocated"},
                  {.number = 4, .problem = "unknown"}};
  box_.members = {Entry("DCIM", "", 1, EntryType::kFolder),
                  Entry("DCIM/kite.jpg", "kite"),
                  Entry("DCIM/boat.jpg", "boat"),
                  Entry("dev", "", 1, EntryType::kOther), Entry("top", "t")};
  box_.members[2].entry.deleted = true;
  box_.members.push_back(Entry("$MBR", "m"));
  box_.members.back().entry.is_virtual = true;
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(exhibit_.format, "raw");
  EXPECT_EQ(exhibit_.size_bytes, 5'000U);
  EXPECT_EQ(exhibit_.volumes.size(), 4U);
  EXPECT_EQ(exhibit_.stored.md5, Md5{});
  EXPECT_FALSE(exhibit_.stored.sha1.has_value());
  EXPECT_TRUE(exhibit_.problem.empty());

  List(**source);
  EXPECT_THAT(Paths(),
              ::testing::ElementsAre("vol-1/DCIM/kite.jpg",
                                     "vol-1/DCIM/boat.jpg", "vol-1/top"));
  EXPECT_THAT(
      problems_,
      UnorderedElementsAre(Pair("vol-1/dev", std::string(reason::kSpecial)),
                           Pair("vol-2", std::string(reason::kBitLocker)),
                           Pair("vol-4", std::string(reason::kUnknownVolume))));
  EXPECT_EQ(files_[0].rank, Rank::kCamera);
  // Read in any order, each with what belongs to it.
  for (const size_t i : {2U, 0U, 1U, 0U}) {
    const auto reading = (*source)->Read(files_[i]);
    ASSERT_TRUE(reading.ok());
    EXPECT_FALSE(reading->problem.has_value());
    const char* content[] = {"kite", "boat", "t"};
    EXPECT_EQ(reading->intake.digests.sha256, Sha256Of(content[i]).bytes);
    EXPECT_EQ(reading->place.deleted, i == 1);
    EXPECT_EQ(reading->place.exhibit, 3U);
    EXPECT_EQ(reading->place.path, std::vector<std::string>{files_[i].path()});
    EXPECT_EQ(reading->place.address, files_[i].address);
  }
}

TEST_F(ImageSources, AreOpenedAnewAfterTheyRested) {
  box_.members = {Entry("kite.jpg", "kite"), Entry("boat.jpg", "boat")};
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  List(**source);
  ASSERT_EQ(files_.size(), 2U);
  (*source)->Rest();
  ASSERT_EQ(opener_.opened().size(), 1U);
  for (const size_t i : {1U, 0U}) {
    const auto reading = (*source)->Read(files_[i]);
    ASSERT_TRUE(reading.ok());
    EXPECT_EQ(reading->intake.digests.sha256,
              Sha256Of(i == 0 ? "kite" : "boat").bytes);
  }
  EXPECT_EQ(opener_.opened().size(), 2U);
  (*source)->Rest();
  opener_.boxes.clear();
  opener_.otherwise = NoContainer("damaged");
  const auto reading = (*source)->Read(files_[0]);
  ASSERT_TRUE(reading.ok());
  ASSERT_TRUE(reading->problem.has_value());
  EXPECT_EQ(reading->problem->reason, reason::kDamaged);
  EXPECT_EQ(reading->place.path, std::vector<std::string>{"vol-1/kite.jpg"});
}

TEST_F(ImageSources, WhatCannotBeListedIsNamed) {
  box_.members = {Entry("a", "a")};
  box_.incomplete = container::Failure{"damaged", "its table ends early"};
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  List(**source);
  EXPECT_EQ(files_.size(), 1U);
  EXPECT_THAT(problems_, UnorderedElementsAre(
                             Pair("phone.dd", std::string(reason::kDamaged))));
}

TEST_F(ImageSources, AScanThatEndsBlamesNoImage) {
  box_.members = {Entry("a", "a"), Entry("b", "b")};
  box_.incomplete = container::Failure{"damaged", "its table ends early"};
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  List(**source, [&] { return true; });
  EXPECT_TRUE(problems_.empty());
}

TEST_F(ImageSources, WhatCannotBeReadIsNamed) {
  box_.members = {Entry("whole", "w"), Entry("cut", "half of it"),
                  Entry("gone", ""), Entry("locked", "l")};
  box_.members[1].failure = container::Failure{"unreadable", "a bad sector"};
  box_.members[2].failure = container::Failure{"reallocated", "overwritten"};
  box_.members[3].entry.encrypted = true;
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  List(**source);
  ASSERT_EQ(files_.size(), 4U);
  const auto read = [&](size_t i) { return *(*source)->Read(files_[i]); };
  EXPECT_FALSE(read(0).problem.has_value());
  EXPECT_EQ(read(1).problem->reason, reason::kUnreadable);
  EXPECT_TRUE(read(1).has_intake);
  EXPECT_EQ(read(2).problem->reason, reason::kReallocated);
  EXPECT_FALSE(read(2).has_intake);
  EXPECT_EQ(read(3).problem->reason, reason::kEncryptedVolume);
  EXPECT_FALSE(read(3).has_intake);
}

TEST_F(ImageSources, TheWholeMediumCanBeHashed) {
  box_.medium = std::string(5'000, 'm');
  opener_.boxes["the image"] = box_;
  const auto source = Open();
  std::string bytes;
  std::optional<Problem> problem;
  EXPECT_TRUE((*source)->ReadImage(
      [&](std::span<const uint8_t> block) {
        bytes.append(block.begin(), block.end());
        return true;
      },
      problem));
  EXPECT_EQ(bytes, box_.medium);
  EXPECT_FALSE(problem.has_value());
}

TEST_F(ImageSources, NoWorkerIsNoImagesFault) {
  EXPECT_EQ(Open().status().code(), StatusCode::kUnavailable);
}

TEST_F(ImageSources, AnImageThatCannotBeOpenedIsNamedAndHasNoDigest) {
  opener_.otherwise = NoContainer("damaged");
  const auto source = Open();
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(exhibit_.problem, reason::kDamaged);
  List(**source);
  EXPECT_TRUE(files_.empty());
  EXPECT_THAT(problems_, UnorderedElementsAre(
                             Pair("phone.dd", std::string(reason::kDamaged))));
  std::optional<Problem> problem;
  EXPECT_FALSE((*source)->ReadImage(
      [](std::span<const uint8_t>) { return true; }, problem));
}

}  // namespace
}  // namespace kenal::scan
