// From found files to findings: containers are looked into, members come
// before their holder, and whatever is not looked at is named.
#include "src/scan/examiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using findings::Content;
using findings::Coverage;
using findings::Place;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
namespace reason = findings::reason;

// A zip to whoever looks at its first bytes only.
std::string FakeZip(const std::string& name) {
  return std::string("PK\x03\x04\x14\0\0\0\0\0", 10) + name;
}

class Examining : public ::testing::Test {
 protected:
  Examining() : judge_(matcher_, hasher_, {}, stop_.get_token()) {
    judge_.Begin(journal_);
    events_.hit = [this](const Place& place, const Content&) {
      const std::lock_guard lock(mutex_);
      hits_.push_back(findings::PathText(place));
    };
    events_.not_examined = [this](const Place& place) {
      const std::lock_guard lock(mutex_);
      not_examined_.push_back(findings::PathText(place));
      return OkStatus();
    };
    events_.is_over = [this] { return is_over_.load(); };
  }

  // Examines all files of folder_; returns what was handed back.
  std::vector<FoundFile> Examine() {
    findings::Exhibit exhibit{.id = "x", .path = folder_.path()};
    auto source = OpenSource(0, {.devices = devices_.path()}, opener_, exhibit);
    EXPECT_TRUE(source.ok());
    std::vector<FoundFile> found;
    EXPECT_TRUE((*source)
                    ->List({.files =
                                [&](std::vector<FoundFile>&& files) {
                                  std::ranges::move(files,
                                                    std::back_inserter(found));
                                  return OkStatus();
                                },
                            .problem = [](const std::string&,
                                          Problem&&) { return OkStatus(); },
                            .is_over = [] { return false; }})
                    .ok());
    std::ranges::sort(found, {}, &FoundFile::name);
    at_examine_();
    Examiner examiner(judge_, journal_, opener_, done_, options_, events_,
                      tally_);
    auto rest = examiner.Examine(**source, std::move(found));
    status_ = rest.status();
    return rest.ok() ? *std::move(rest) : std::vector<FoundFile>();
  }

  // As told, in order.
  std::vector<std::string> Told() const {
    std::vector<std::string> paths;
    for (const Place& place : journal_.All<Place>()) {
      paths.push_back(findings::PathText(place));
    }
    return paths;
  }
  Place PlaceAt(const std::string& path) const {
    for (const Place& place : journal_.All<Place>()) {
      if (findings::PathText(place) == path) return place;
    }
    ADD_FAILURE() << "no place " << path;
    return {};
  }
  void PutZip(const std::string& name, std::vector<FakeBox::Member> members) {
    PutFile(folder_ / name, FakeZip(name));
    opener_.boxes[FakeZip(name)].members = std::move(members);
  }

  testing::TempDir folder_;
  FakeDevices devices_{folder_.path()};
  std::function<void()> at_examine_ = [] {};  // when files are found
  MemoryJournal journal_;
  FakeMatcher matcher_;
  FakeHasher hasher_;
  FakeOpener opener_;
  std::stop_source stop_;
  Judge judge_;
  DonePlaces done_;
  ExamineOptions options_;
  ExamineEvents events_;
  Tally tally_;
  std::atomic<bool> is_over_{false};
  std::mutex mutex_;
  std::vector<std::string> hits_;
  std::vector<std::string> not_examined_;
  Status status_;
};

TEST_F(Examining, MembersComeBeforeTheirHolderHoweverDeep) {
  opener_.boxes[FakeZip("inner")].members = {
      MemberOf("kite.png", FakePicture("kite")), MemberOf("note", "words")};
  PutZip("a.zip", {MemberOf("first", "1"), MemberOf("inner", FakeZip("inner")),
                   MemberOf("last", "2")});
  matcher_.listed = {Sha256Of(FakePicture("kite"))};
  Examine();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_THAT(Told(), ElementsAre("a.zip » first", "a.zip » inner » kite.png",
                                  "a.zip » inner » note", "a.zip » inner",
                                  "a.zip » last", "a.zip"));
  EXPECT_THAT(hits_, ElementsAre("a.zip » inner » kite.png"));
  EXPECT_EQ(PlaceAt("a.zip").reason, reason::kArchive);
  EXPECT_EQ(PlaceAt("a.zip » inner » kite.png").coverage, Coverage::kExamined);
  EXPECT_EQ(tally_.files, 1U);
  EXPECT_EQ(tally_.places, 6U);
  EXPECT_EQ(tally_.hit_places, 1U);
}

TEST_F(Examining, EqualFilesAreOneContentAtEachOfTheirPlaces) {
  PutFile(folder_ / "a.png", FakePicture("kite"));
  PutFile(folder_ / "b.png", FakePicture("kite"));
  PutZip("c.zip", {MemberOf("kite", FakePicture("kite"))});
  matcher_.listed = {Sha256Of(FakePicture("kite"))};
  Examine();
  EXPECT_THAT(hits_, UnorderedElementsAre("a.png", "b.png", "c.zip » kite"));
  EXPECT_EQ(hasher_.decoded().at(Sha256Of(FakePicture("kite"))), 1);
  EXPECT_EQ(PlaceAt("a.png").content, PlaceAt("c.zip » kite").content);
}

TEST_F(Examining, WhatAnEarlierPartDidIsSkipped) {
  PutZip("a.zip", {MemberOf("done", "1"), MemberOf("left", "2")});
  done_.Add({.exhibit = 0, .path = {"a.zip", "done"}, .address = 1});
  Examine();
  EXPECT_THAT(Told(), ElementsAre("a.zip » left", "a.zip"));
}

TEST_F(Examining, WhatCannotBeLookedIntoIsNotTakenForExamined) {
  PutZip("cut.zip", {MemberOf("a", "a")});
  opener_.boxes[FakeZip("cut.zip")].incomplete =
      container::Failure{"damaged", "it ends early"};
  PutFile(folder_ / "locked.zip", FakeZip("locked.zip"));
  opener_.otherwise = NoContainer("encrypted_archive");
  PutZip("partly.zip", {MemberOf("open", "o"), MemberOf("locked", "l"),
                        MemberOf("bad", "half"), MemberOf("none", "")});
  auto& partly = opener_.boxes[FakeZip("partly.zip")].members;
  partly[1].entry.encrypted = true;
  partly[2].failure = container::Failure{"damaged", "its checksum is wrong"};
  partly[3].failure = container::Failure{"member_too_large", "too large"};
  Examine();
  ASSERT_TRUE(status_.ok()) << status_;
  const auto is_not_examined = [&](const std::string& path,
                                   std::string_view why) {
    const Place place = PlaceAt(path);
    return place.coverage == Coverage::kNotExamined && place.reason == why;
  };
  EXPECT_TRUE(is_not_examined("cut.zip", reason::kDamaged));
  EXPECT_TRUE(is_not_examined("locked.zip", reason::kEncryptedArchive));
  EXPECT_TRUE(
      is_not_examined("partly.zip » locked", reason::kEncryptedArchive));
  EXPECT_TRUE(is_not_examined("partly.zip » bad", reason::kDamaged));
  EXPECT_TRUE(is_not_examined("partly.zip » none", reason::kTooLarge));
  EXPECT_EQ(PlaceAt("partly.zip » open").coverage, Coverage::kDigestOnly);
  EXPECT_EQ(PlaceAt("partly.zip").coverage, Coverage::kDigestOnly);
  // What was read of a damaged member is judged all the same.
  EXPECT_TRUE(PlaceAt("partly.zip » bad").content.has_value());
  EXPECT_EQ(not_examined_.size(), 5U);
  EXPECT_EQ(tally_.not_examined, 5U);
}

TEST_F(Examining, AHitInADamagedMemberIsAHit) {
  PutZip("a.zip", {MemberOf("kite", FakePicture("kite"))});
  opener_.boxes[FakeZip("a.zip")].members[0].failure =
      container::Failure{"damaged", "its checksum is wrong"};
  matcher_.listed = {Sha256Of(FakePicture("kite"))};
  Examine();
  EXPECT_THAT(hits_, ElementsAre("a.zip » kite"));
  EXPECT_EQ(PlaceAt("a.zip » kite").coverage, Coverage::kNotExamined);
}

// Each level holds the next.
TEST_F(Examining, ContainersWithinContainersEndSomewhere) {
  constexpr int kLevels = kDepthMax + 5;
  PutFile(folder_ / "level-0", FakeZip("level-0"));
  for (int level = 0; level < kLevels; ++level) {
    const std::string next = "level-" + std::to_string(level + 1);
    opener_.boxes[FakeZip("level-" + std::to_string(level))].members = {
        MemberOf(next, FakeZip(next))};
  }
  Examine();
  ASSERT_TRUE(status_.ok());
  const auto places = journal_.All<Place>();
  ASSERT_FALSE(places.empty());
  EXPECT_EQ(places.front().reason, reason::kTooDeep);
  EXPECT_EQ(places.front().coverage, Coverage::kNotExamined);
  EXPECT_EQ(opener_.opened().size(), size_t{kDepthMax});
  EXPECT_EQ(places.size(), size_t{kDepthMax} + 1);
}

TEST_F(Examining, WorkersThatCannotBeHadAreNamedAndEndNothing) {
  PutFile(folder_ / "a.zip", FakeZip("a.zip"));
  PutFile(folder_ / "b.txt", "words");
  Examine();
  ASSERT_TRUE(status_.ok());
  EXPECT_EQ(PlaceAt("a.zip").reason, reason::kOpenerFailed);
  EXPECT_EQ(PlaceAt("b.txt").coverage, Coverage::kDigestOnly);
}

TEST_F(Examining, ContainersStayClosedWhenAskedTo) {
  options_.scope.containers = false;
  PutZip("a.zip", {MemberOf("a", "a")});
  Examine();
  EXPECT_THAT(opener_.opened(), IsEmpty());
  EXPECT_THAT(Told(), ElementsAre("a.zip"));
  EXPECT_EQ(PlaceAt("a.zip").coverage, Coverage::kNotExamined);
  EXPECT_EQ(PlaceAt("a.zip").reason, reason::kNotOpened);
}

// Whatever goes wrong then says nothing of the evidence, so nothing is told.
TEST_F(Examining, APulledDriveEndsItWithoutAPlace) {
  container::Failure failure{"unreadable", "input/output error"};
  FakeBox::Member broken = MemberOf("b", "");
  broken.failure = failure;
  const std::vector<std::function<void()>> wrongs{
      // A file that cannot be read.
      [&] { std::filesystem::create_symlink("nowhere", folder_ / "z"); },
      // A member of an archive.
      [&] { PutZip("z", {broken}); },
      // An archive within another, whose listing ends early.
      [&] {
        PutZip("z", {MemberOf("inner.zip", FakeZip("inner"))});
        opener_.boxes[FakeZip("inner")].incomplete = failure;
      },
      // An archive that cannot be opened.
      [&] { PutFile(folder_ / "z", FakeZip("unknown")); },
  };
  bool is_pulled = false;
  for (size_t i = 0; i < wrongs.size(); ++i) {
    std::filesystem::remove(folder_ / "z");
    opener_.boxes.clear();
    PutFile(folder_ / "z", "as it was found");
    at_examine_ = [&] {
      if (is_pulled) devices_.PullOut();
      std::filesystem::remove(folder_ / "z");
      wrongs[i]();
    };
    const size_t told = Told().size();
    is_pulled = true;
    Examine();
    EXPECT_EQ(status_.code(), StatusCode::kUnavailable) << i << status_;
    EXPECT_EQ(Told().size(), told) << i;
    devices_.Attach();
    is_pulled = false;
    std::filesystem::remove(folder_ / "z");
    PutFile(folder_ / "z", "as it was found");
    Examine();
    EXPECT_TRUE(status_.ok()) << i << status_;
    EXPECT_GT(Told().size(), told) << i;
  }
}

TEST_F(Examining, WhatWasNotBegunIsHandedBack) {
  for (int i = 0; i < 10; ++i) {
    PutFile(folder_ / std::to_string(i), std::to_string(i));
  }
  int asked = 0;
  events_.is_over = [&] { return ++asked > 4; };
  const auto rest = Examine();
  ASSERT_TRUE(status_.ok());
  EXPECT_THAT(Told(), ElementsAre("0", "1", "2", "3"));
  ASSERT_EQ(rest.size(), 6U);
  EXPECT_EQ(rest.front().name, "4");
  EXPECT_EQ(tally_.files, 4U);
}

TEST_F(Examining, AContainerThatWasNotEndedIsDoneAgain) {
  PutZip("a.zip", {MemberOf("a", "a"), MemberOf("b", "b")});
  opener_.boxes[FakeZip("a.zip")].at_next = [this] { is_over_ = true; };
  Examine();
  const Place place = PlaceAt("a.zip");
  EXPECT_EQ(place.coverage, Coverage::kNotExamined);
  EXPECT_EQ(place.reason, reason::kNotReached);
  EXPECT_TRUE(place.content.has_value());
}

TEST_F(Examining, AFullDiskEndsIt) {
  for (int i = 0; i < 5; ++i) {
    PutFile(folder_ / std::to_string(i), std::to_string(i));
  }
  journal_.puts_left = 7;
  Examine();
  EXPECT_EQ(status_.code(), StatusCode::kResourceExhausted);
}

TEST_F(Examining, AVolumeThatCannotBeReadIsAPlaceOfItsOwn) {
  PutZip("disk.zip", {MemberOf("a", "a")});
  FakeBox& box = opener_.boxes[FakeZip("disk.zip")];
  box.volumes = {{.number = 1, .file_system = "ntfs"},
                 {.number = 2, .problem = "luks"}};
  box.members[0].entry.place.volume = 1;
  Examine();
  EXPECT_THAT(Told(), ElementsAre("disk.zip » vol-2", "disk.zip » vol-1/a",
                                  "disk.zip"));
  EXPECT_EQ(PlaceAt("disk.zip » vol-2").reason, reason::kLuks);
}

TEST_F(Examining, APartOfAnImageWithoutItsFirstIsNotExamined) {
  const std::string ewf("EVF\x09\x0d\x0a\xff\0\1\2\0\0\0", 13);
  for (const char* name : {"a.E01", "a.E02", "b.E02"}) {
    PutFile(folder_ / name, ewf + name);
  }
  opener_.boxes[ewf + "a.E01"] = {};
  Examine();
  EXPECT_EQ(PlaceAt("a.E02").coverage, Coverage::kDigestOnly);
  EXPECT_EQ(PlaceAt("b.E02").coverage, Coverage::kNotExamined);
  EXPECT_EQ(PlaceAt("b.E02").reason, reason::kDamaged);
}

// Else nobody would come back for what lies within.
TEST_F(Examining, AContainerAroundOneThatWasNotEndedIsDoneAgain) {
  opener_.boxes[FakeZip("inner")].members = {MemberOf("a", "a")};
  opener_.boxes[FakeZip("inner")].at_next = [this] { is_over_ = true; };
  PutZip("a.zip", {MemberOf("inner", FakeZip("inner"))});
  Examine();
  EXPECT_EQ(PlaceAt("a.zip » inner").reason, reason::kNotReached);
  EXPECT_EQ(PlaceAt("a.zip").reason, reason::kNotReached);
}

TEST_F(Examining, AMemberThatWasNotReadToItsEndIsDoneAgain) {
  PutZip("a.zip", {MemberOf("long", std::string(50'000, 'x'))});
  int asked = 0;
  events_.is_over = [&] { return ++asked > 5; };
  Examine();
  EXPECT_EQ(PlaceAt("a.zip » long").reason, reason::kNotReached);
  EXPECT_FALSE(PlaceAt("a.zip » long").content.has_value());
  EXPECT_EQ(PlaceAt("a.zip").reason, reason::kNotReached);
}

TEST_F(Examining, ManyThreadsTellEachPlaceOnce) {
  constexpr int kThreads = 4;
  PutZip("a.zip",
         {MemberOf("same", "same"), MemberOf("kite", FakePicture("k"))});
  for (int i = 0; i < 100; ++i) {
    PutFile(folder_ / ("f" + std::to_string(i)), std::to_string(i % 20));
  }
  findings::Exhibit exhibit{.id = "x", .path = folder_.path()};
  auto source = OpenSource(0, {}, opener_, exhibit);
  FoundQueue queue;
  ASSERT_TRUE((*source)
                  ->List({.files =
                              [&](std::vector<FoundFile>&& files) {
                                queue.Push(std::move(files));
                                return OkStatus();
                              },
                          .problem = [](const std::string&,
                                        Problem&&) { return OkStatus(); },
                          .is_over = [] { return false; }})
                  .ok());
  queue.Finish();
  Examiner examiner(judge_, journal_, opener_, done_, options_, events_,
                    tally_);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (;;) {
        auto files = queue.Take(3, UINT64_MAX);
        if (files.empty()) return;
        EXPECT_TRUE(examiner.Examine(**source, std::move(files)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> told = Told();
  EXPECT_EQ(told.size(), 103U);
  std::ranges::sort(told);
  EXPECT_EQ(std::ranges::adjacent_find(told), told.end());
  EXPECT_EQ(tally_.files, 101U);
  EXPECT_EQ(tally_.places, 103U);
  EXPECT_EQ(judge_.counts().contents, 23U);
}

}  // namespace
}  // namespace kenal::scan
