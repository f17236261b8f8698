#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "src/index/live_index.h"
#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

using ::testing::HasSubstr;

class Snapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("kenal-snapshot-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "index.snapshot";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Segments with dead slots, postings in the fresh part, every type.
  void Fill() {
    Delta many{.sequence = Sequence{1}};
    for (uint64_t i = 0; i < 9000; ++i) {
      many.added.push_back(PdqPosting(RandomHash(random_), 1 + i % 3000,
                                      static_cast<View>(i % kViewCount),
                                      i % 4 == 1));
      Posting digest{.type = static_cast<SignalType>(2 + i % 3),
                     .entry = EntryId{1 + i}};
      const PdqHash bits = RandomHash(random_);
      std::copy_n(bits.bytes.begin(), SignalSizeBytes(digest.type),
                  digest.bits.begin());
      many.added.push_back(digest);
    }
    many.added.push_back(PdqPosting(PdqHash{many.added[0].bits}, 77'777));
    Delta few{.sequence = Sequence{2}};
    for (uint64_t i = 0; i < 50; ++i) {
      few.added.push_back(PdqPosting(RandomHash(random_), 100'000 + i,
                                     static_cast<View>(i % kViewCount),
                                     i % 3 == 1));
      few.removed.push_back(many.added[3 * i]);
    }
    Delta last{.sequence = Sequence{3}, .removed = {few.added[7]}};
    for (const Delta& delta : {many, few, last}) {
      index_->Fold(delta);
      model_.Apply(delta);
    }
    for (uint64_t i = 0; i < 200; ++i) {
      queries_.push_back(AtDistance(PdqHash{many.added[2 * i].bits},
                                    static_cast<int>(i % 40), random_));
      digests_.push_back(
          {many.added[2 * i + 1].type, many.added[2 * i + 1].bits});
    }
    for (const Posting& posting : few.added) {
      queries_.push_back(PdqHash{posting.bits});
    }
    origin_.sequence = Sequence{3};
  }

  void ExpectAgrees(const IndexSet& set) {
    EXPECT_EQ(SortedNear(set, queries_, Radius{31}),
              model_.FindNear(queries_, Radius{31}));
    EXPECT_EQ(SortedDigests(set, digests_), model_.FindDigests(digests_));
    EXPECT_EQ(set.pdq_rows(), model_.Rows(true));
    EXPECT_EQ(set.digest_rows(), model_.Rows(false));
  }

  Random random_{TestSeed()};
  std::filesystem::path folder_;
  std::string path_;
  SnapshotOrigin origin_{
      .store_id = std::string(32, 'a'), .incarnation = 4, .chain = {1, 2, 3}};
  std::unique_ptr<LiveIndex> index_ =
      *LiveIndex::Build(Sequence{0}, [](const auto&) { return OkStatus(); });
  Model model_;
  std::vector<PdqHash> queries_;
  std::vector<DigestQuery> digests_;
};

TEST_F(Snapshot, AnswersAsTheIndexThatWasSavedAndGoesOnFolding) {
  Fill();
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  EXPECT_EQ(*ReadSnapshotOrigin(path_), origin_);
  auto loaded = LiveIndex::Load(path_, origin_);
  ASSERT_EQ(loaded.status(), OkStatus());
  EXPECT_EQ((*loaded)->Current()->sequence(), Sequence{3});
  ExpectAgrees(*(*loaded)->Current());
  Delta next{.sequence = Sequence{4},
             .added = {PdqPosting(queries_[0], 5)},
             .removed = {*model_.postings().begin()}};
  model_.Apply(next);
  (*loaded)->Fold(next);
  ExpectAgrees(*(*loaded)->Current());
}

TEST_F(Snapshot, AnEmptyIndexIsKeptToo) {
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  auto loaded = LiveIndex::Load(path_, origin_);
  ASSERT_EQ(loaded.status(), OkStatus());
  EXPECT_EQ((*loaded)->Current()->pdq_rows(), 0);
}

TEST_F(Snapshot, AMissingOneIsNotFound) {
  EXPECT_EQ(LiveIndex::Load(path_, origin_).status().code(),
            StatusCode::kNotFound);
}

TEST_F(Snapshot, AForeignOrStaleOneIsRefusedWithTheReason) {
  Fill();
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  struct Case {
    SnapshotOrigin expected;
    const char* reason;
  };
  std::vector<Case> cases(4, {origin_, ""});
  cases[0] = {origin_, "another store"};
  cases[0].expected.store_id[5] = 'b';
  cases[1] = {origin_, "before the store was restored"};
  cases[1].expected.incarnation = 5;
  cases[2] = {origin_, "at sequence 3, not at 9"};
  cases[2].expected.sequence = Sequence{9};
  cases[3] = {origin_, "another history"};
  cases[3].expected.chain[31] = 1;
  for (const Case& wrong : cases) {
    const Status status = LiveIndex::Load(path_, wrong.expected).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.reason));
  }
}

// A whole file of the format before or after this one, by docs/index.md.
TEST_F(Snapshot, OneOfAnotherFormatIsRefused) {
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  std::array<char, 48> header{};
  file.read(header.data(), header.size());
  ASSERT_EQ(header[8], 2);
  for (const char format : {'\1', '\3', '\2'}) {
    header[8] = format;
    const uint64_t sum = XXH3_64bits(header.data(), 40);
    std::memcpy(header.data() + 40, &sum, sizeof sum);
    file.seekp(0);
    file.write(header.data(), header.size());
    file.flush();
    const Status status = LiveIndex::Load(path_, origin_).status();
    EXPECT_EQ(status.code(), format == '\2' ? StatusCode::kOk
                                            : StatusCode::kFailedPrecondition);
  }
}

TEST_F(Snapshot, IsNotSavedForAnotherSequence) {
  Fill();
  origin_.sequence = Sequence{2};
  EXPECT_EQ(index_->Save(path_, origin_).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Snapshot, AFailedSaveKeepsTheOldOneAndLeavesNothingElse) {
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  const auto size = std::filesystem::file_size(path_);
  Fill();
  std::filesystem::create_directory(path_ + ".new");  // in the way
  EXPECT_EQ(index_->Save(path_, origin_).code(), StatusCode::kUnavailable);
  EXPECT_EQ(std::filesystem::file_size(path_), size);
}

// Cut anywhere, it is damaged, and never half an index.
TEST_F(Snapshot, ATornOneIsDamaged) {
  Fill();
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  const uint64_t size = std::filesystem::file_size(path_);
  for (const uint64_t keep :
       {uint64_t{0}, uint64_t{1}, uint64_t{47}, uint64_t{48}, uint64_t{100},
        uint64_t{5000}, size / 2, size - 4096, size - 1}) {
    std::filesystem::copy_file(path_, path_ + ".torn");
    std::filesystem::resize_file(path_ + ".torn", keep);
    EXPECT_EQ(LiveIndex::Load(path_ + ".torn", origin_).status().code(),
              StatusCode::kDataLoss)
        << keep << " bytes kept";
    std::filesystem::remove(path_ + ".torn");
  }
}

// A flipped bit is seen wherever it is, but between sections, where nothing
// is read.
TEST_F(Snapshot, AFlippedBitIsDamageOrChangesNothing) {
  Fill();
  ASSERT_EQ(index_->Save(path_, origin_), OkStatus());
  const uint64_t size = std::filesystem::file_size(path_);
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    const uint64_t at =
        round < 60 ? static_cast<uint64_t>(round * 7) : random_() % size;
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(old ^ (1 << (random_() % 8))));
    file.flush();
    const auto loaded = LiveIndex::Load(path_, origin_);
    if (loaded.ok()) {
      ExpectAgrees(*(*loaded)->Current());
    } else {
      EXPECT_EQ(loaded.status().code(), StatusCode::kDataLoss);
      ++refused;
    }
    file.seekp(static_cast<std::streamoff>(at));
    file.put(old);
  }
  EXPECT_GT(refused, 200);
  EXPECT_TRUE(LiveIndex::Load(path_, origin_).ok());
}

}  // namespace
}  // namespace kenal::index
