// The folder of a run: never within evidence, never somebody else's, and
// whatever an earlier part left is there when the run goes on.
#include "src/scan/run_folder.h"

#include <gtest/gtest.h>

#include "src/custody/format.h"
#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using findings::Content;
using findings::Coverage;
using findings::Exhibit;
using findings::Place;

namespace reason = findings::reason;
namespace fs = std::filesystem;

class RunFolder : public ::testing::Test {
 protected:
  RunFolder() {
    PutFile(work_ / "evidence/in/file", "x");
    exhibits_ = {{.id = "a", .path = work_ / "evidence"},
                 {.id = "b", .path = work_ / "image.dd"}};
    PutFile(work_ / "image.dd", "x");
    about_ = {.case_number = "7", .lists_from = "store"};
  }

  StatusOr<std::unique_ptr<findings::Journal>> Open(const std::string& folder) {
    earlier_ = Earlier{};
    judge_ = std::make_unique<Judge>(matcher_, hasher_, JudgeOptions{},
                                     std::stop_token{});
    return OpenRunFolder(folder, about_, exhibits_, *judge_, earlier_);
  }
  StatusCode CodeOf(const std::string& folder) {
    return Open(folder).status().code();
  }

  testing::TempDir work_;
  std::vector<Exhibit> exhibits_;
  findings::Run about_;
  FakeMatcher matcher_;
  FakeHasher hasher_;
  std::unique_ptr<Judge> judge_;
  Earlier earlier_;
};

TEST_F(RunFolder, NothingIsWrittenIntoExhibits) {
  fs::create_directory_symlink(work_ / "evidence/in", work_ / "way in");
  fs::create_directories(work_ / "evidence/is there");
  for (const char* name :
       {"evidence", "evidence/", "evidence/out", "evidence/in/out",
        "evidence/is there", "way in", "way in/out", "other/../evidence/out",
        "evidence/./in/../out", "way in/../out"}) {
    EXPECT_EQ(CodeOf(work_ / name), StatusCode::kFailedPrecondition) << name;
  }
  fs::current_path(work_ / "evidence");
  EXPECT_EQ(CodeOf("out"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("."), StatusCode::kFailedPrecondition);
  fs::current_path("/");
  size_t there = 0;
  for ([[maybe_unused]] const auto& entry :
       fs::recursive_directory_iterator(work_ / "evidence")) {
    ++there;
  }
  EXPECT_EQ(there, 3U);  // in, in/file, is there
}

TEST_F(RunFolder, NorAreOtherFilesOfTheScan) {
  EXPECT_EQ(CheckIsNoEvidence(work_ / "evidence/key.pem", exhibits_).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_TRUE(CheckIsNoEvidence(work_ / "key.pem", exhibits_).ok());
}

TEST_F(RunFolder, ANeighbourWhoseNameBeginsAlikeIsNoExhibit) {
  EXPECT_EQ(CodeOf(work_ / "evidence-out"), StatusCode::kOk);
}

TEST_F(RunFolder, AFolderWithOtherFilesIsLeftAlone) {
  PutFile(work_ / "full/letter.txt", "x");
  EXPECT_EQ(CodeOf(work_ / "full"), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(work_ / "full/findings.journal"));
  // What is left of a run that ended as it began is none.
  PutFile(work_ / ("begun/" + std::string(custody::kLogName)), "x");
  EXPECT_EQ(CodeOf(work_ / "begun"), StatusCode::kOk);
}

TEST_F(RunFolder, TwoAtOnceAreRefused) {
  const auto first = Open(work_ / "out");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(CodeOf(work_ / "out"), StatusCode::kUnavailable);
}

TEST_F(RunFolder, GoesOnWhereItWas) {
  const Place done{.path = {"zip", "member"},
                   .address = 3,
                   .coverage = Coverage::kDigestOnly,
                   .reason = std::string(reason::kText),
                   .content = 0};
  Place unreached = done;
  unreached.path = {"unreached"};
  unreached.reason = reason::kNotReached;
  Place unsampled = done;
  unsampled.path = {"unsampled"};
  unsampled.reason = reason::kNotSampled;
  const std::string picture = FakePicture("kite");
  {
    const auto journal = Open(work_ / "out");
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_FALSE(earlier_.run.has_value());
    EXPECT_EQ(earlier_.done.size(), 0U);
    findings::Run run = about_;
    run.part_count = 1;
    ASSERT_TRUE((*journal)->Put(run).ok());
    ASSERT_TRUE((*journal)->Put(exhibits_[0]).ok());
    Exhibit hashed = exhibits_[0];
    hashed.computed.md5 = Md5{};
    ASSERT_TRUE((*journal)->Put(hashed).ok());
    Content content{.sha256 = Sha256Of(picture)};
    ASSERT_TRUE((*journal)->Put(content).ok());
    for (const Place& place : {done, unreached, unsampled}) {
      ASSERT_TRUE((*journal)->Put(place).ok());
    }
    run.part_count = 2;
    ASSERT_TRUE((*journal)->Put(run).ok());
    ASSERT_TRUE((*journal)->Sync().ok());
  }
  const auto journal = Open(work_ / "out");
  ASSERT_TRUE(journal.ok()) << journal.status();
  ASSERT_TRUE(earlier_.run.has_value());
  EXPECT_EQ(earlier_.run->part_count, 2U);
  ASSERT_EQ(earlier_.exhibits.size(), 1U);
  EXPECT_TRUE(earlier_.exhibits[0].computed.md5.has_value());
  EXPECT_TRUE(earlier_.done.Contains(done));
  EXPECT_FALSE(earlier_.done.Contains(unreached));
  EXPECT_FALSE(earlier_.done.Contains(unsampled));
  Place other = done;
  other.address = 4;
  EXPECT_FALSE(earlier_.done.Contains(other));
  other = done;
  other.exhibit = 1;
  EXPECT_FALSE(earlier_.done.Contains(other));
  EXPECT_EQ(judge_->counts().contents, 1U);
}

TEST_F(RunFolder, AnotherScanIsNotGoneOnWith) {
  {
    const auto journal = Open(work_ / "out");
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE((*journal)->Put(about_).ok());
    ASSERT_TRUE((*journal)->Put(exhibits_[0]).ok());
  }
  EXPECT_EQ(CodeOf(work_ / "out"), StatusCode::kOk);
  const auto refused = [&](const std::function<void()>& change) {
    const findings::Run about = about_;
    const std::vector<Exhibit> exhibits = exhibits_;
    change();
    const bool is_refused =
        CodeOf(work_ / "out") == StatusCode::kInvalidArgument;
    about_ = about;
    exhibits_ = exhibits;
    return is_refused;
  };
  EXPECT_TRUE(refused([&] { about_.case_number = "8"; }));
  EXPECT_TRUE(refused([&] { about_.effort = Effort::kThorough; }));
  EXPECT_TRUE(refused([&] { about_.lists_from = "service"; }));
  EXPECT_TRUE(refused([&] { about_.scope.containers = false; }));
  EXPECT_TRUE(refused([&] { about_.scope.thumbnails = false; }));
  EXPECT_TRUE(refused([&] { about_.scope.cameras = true; }));
  EXPECT_TRUE(refused([&] { exhibits_[0].id = "c"; }));
  EXPECT_TRUE(refused([&] { exhibits_[0].path += "2"; }));
  EXPECT_TRUE(refused([&] { exhibits_.clear(); }));
  EXPECT_TRUE(refused([&] { std::swap(exhibits_[0], exhibits_[1]); }));
  // Exhibits that it has not come to may be others.
  EXPECT_FALSE(refused([&] { exhibits_[1].id = "c"; }));
  EXPECT_EQ(CodeOf(work_ / "out"), StatusCode::kOk);
}

TEST_F(RunFolder, AScanThatIsOverTakesNoMoreExhibits) {
  {
    const auto journal = Open(work_ / "out");
    ASSERT_TRUE(journal.ok());
    findings::Run over = about_;
    over.ending = findings::Ending::kComplete;
    ASSERT_TRUE((*journal)->Put(exhibits_[0]).ok());
    ASSERT_TRUE((*journal)->Put(over).ok());
  }
  EXPECT_EQ(CodeOf(work_ / "out"), StatusCode::kInvalidArgument);
  exhibits_.resize(1);
  EXPECT_EQ(CodeOf(work_ / "out"), StatusCode::kOk);
}

}  // namespace
}  // namespace kenal::scan
