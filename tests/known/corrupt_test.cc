// Damaged and hostile files: refused, found out, or at least answered without
// reading beside the file.
#include <gmock/gmock.h>

#include <fstream>

#include "src/known/layout.h"
#include "tests/known/support.h"

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::HasSubstr;

void Put(const std::string& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

class KnownFileDamage : public ::testing::Test {
 protected:
  // One crowded bucket among others, all sections in use.
  KnownFileDamage() {
    set_ = SharedPrefixSet(random_, SignalType::kMd5, 300, 4);
    set_.merge(RandomSet(random_, SignalType::kMd5, 30));
    const auto facts = BuildSet(path_, SignalType::kMd5, set_);
    EXPECT_TRUE(facts.ok()) << facts.status();
    facts_ = *facts;
    whole_ = ContentOf(path_);
    layout_ = LayoutOf(SignalType::kMd5, set_.size(), 1);
    EXPECT_EQ(layout_.file_bytes, whole_.size());
    questions_ = Joined(std::vector<Bytes>(set_.begin(), set_.end()));
  }

  // Both residences: a byte beside the memory is seen by ASan, one beside the
  // map by its end.
  void Ask(const KnownFile& file) {
    if (file.digest_bytes() != 16) return;
    Bytes found(questions_.size() / 16);
    file.ContainsEach(questions_, found);
    for (size_t i = 0; i < found.size(); ++i) {
      const auto one = std::span(questions_).subspan(16 * i, 16);
      EXPECT_EQ(file.Contains(one), found[i] == 1);
    }
  }

  void ExpectFoundOut(const Bytes& damaged) {
    Put(path_, damaged);
    for (const Residence where : {Residence::kMapped, Residence::kMemory}) {
      const auto file = KnownFile::Open(path_, where);
      if (!file.ok()) {
        EXPECT_TRUE(file.status().code() == StatusCode::kDataLoss ||
                    file.status().code() == StatusCode::kFailedPrecondition)
            << file.status();
        EXPECT_THAT(std::string(file.status().message()), HasSubstr(path_));
        continue;
      }
      Ask(**file);
      const Status status = (*file)->Verify(facts_.sha256);
      EXPECT_EQ(status.code(), StatusCode::kDataLoss);
      EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    }
  }

  std::mt19937_64 random_{TestSeed()};
  const TempDir folder_;
  const std::string path_ = folder_ / "list";
  DigestSet set_;
  KnownFileFacts facts_;
  Bytes whole_;
  Layout layout_;
  Bytes questions_;
};

TEST_F(KnownFileDamage, EachChangedByteIsFoundOut) {
  for (size_t at = 0; at < whole_.size(); ++at) {
    SCOPED_TRACE(at);
    Bytes damaged = whole_;
    damaged[at] ^= static_cast<uint8_t>(1 + random_() % 255);
    ExpectFoundOut(damaged);
  }
}

TEST_F(KnownFileDamage, EachLengthButItsOwnIsRefused) {
  for (size_t size = 0; size < whole_.size() + 200; ++size) {
    if (size == whole_.size()) continue;
    Bytes damaged = whole_;
    damaged.resize(size);
    Put(path_, damaged);
    EXPECT_EQ(KnownFile::Open(path_).status().code(), StatusCode::kDataLoss)
        << size;
  }
}

TEST_F(KnownFileDamage, APageOfZerosIsFoundOut) {
  for (size_t at = 0; at < whole_.size(); at += 512) {
    Bytes damaged = whole_;
    const size_t end = std::min(at + 512, damaged.size());
    std::fill(damaged.begin() + static_cast<ptrdiff_t>(at),
              damaged.begin() + static_cast<ptrdiff_t>(end), uint8_t{0});
    ExpectFoundOut(damaged);
  }
}

// Whoever makes a file on purpose has its SHA-256 right as well; order and
// counts are checked without it.
TEST_F(KnownFileDamage, AHostileDirectoryIsAnsweredAndFoundOut) {
  for (int round = 0; round < 2000; ++round) {
    Bytes hostile = whole_;
    const size_t size = layout_.trailer_begin - layout_.lines_begin;
    const size_t changes = 1 + random_() % 64;
    for (size_t i = 0; i < changes; ++i) {
      uint8_t& byte = hostile[layout_.lines_begin + random_() % size];
      byte =
          random_() % 4 == 0 ? uint8_t{255} : static_cast<uint8_t>(random_());
    }
    if (hostile == whole_) continue;
    Put(path_, hostile);
    for (const Residence where : {Residence::kMapped, Residence::kMemory}) {
      const auto file = KnownFile::Open(path_, where);
      ASSERT_TRUE(file.ok()) << file.status();
      Ask(**file);
      const Status status = (*file)->Verify(base::Sha256Of(hostile));
      EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    }
  }
}

TEST_F(KnownFileDamage, DigestsOutOfOrderAreFoundOut) {
  const size_t width = layout_.kept_bytes;
  for (size_t i = 0; i + 1 < set_.size(); ++i) {
    Bytes hostile = whole_;
    const auto one =
        hostile.begin() + static_cast<ptrdiff_t>(kHeadBytes + i * width);
    const auto next = one + static_cast<ptrdiff_t>(width);
    if (i % 2 == 0) {
      std::copy_n(one, width, next);  // the same twice
    } else {
      std::swap_ranges(one, next, next);
    }
    Put(path_, hostile);
    const auto file = KnownFile::Open(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    const Status status = (*file)->Verify(base::Sha256Of(hostile));
    // Neighbours in different buckets are not in the wrong order, only others.
    const auto bucket_of = [&](size_t n) {
      return BucketOf(
          std::next(set_.begin(), static_cast<ptrdiff_t>(n))->data(),
          layout_.bucket_bits);
    };
    if (bucket_of(i) == bucket_of(i + 1)) {
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << i;
    }
  }
}

TEST_F(KnownFileDamage, EndsThatPromiseMoreThanTheFileHoldsAreRefused) {
  const Head head = HeadOf(SignalType::kMd5, "list");
  for (int round = 0; round < 1000; ++round) {
    Layout layout = layout_;
    // Right in itself for half of them, and not for this file.
    if (round % 2 == 0) {
      layout = LayoutOf(SignalType::kMd5, random_() % kCountMax, 0);
      if (layout.file_bytes == whole_.size()) continue;
    } else {
      layout.count = random_() >> (random_() % 64);
      layout.crowded_count = random_() >> (random_() % 64);
      layout.bucket_bits = static_cast<unsigned>(random_() % 65);
      if (layout.count == layout_.count) continue;
    }
    const Trailer trailer = TrailerOf(head, layout);
    Bytes hostile = whole_;
    std::copy(trailer.begin(), trailer.end(),
              hostile.end() - static_cast<ptrdiff_t>(kTrailerBytes));
    Put(path_, hostile);
    EXPECT_EQ(KnownFile::Open(path_).status().code(), StatusCode::kDataLoss);
  }
}

TEST_F(KnownFileDamage, ALaterFormatIsToldFromDamage) {
  Bytes later = whole_;
  later[8] = 2;
  Put(path_, later);
  const Status status = KnownFile::Open(path_).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("later version"));
}

}  // namespace
}  // namespace kenal::known
