// Thousands of damaged containers of every kind: each gets an answer in words
// that are known, the parent lives on, and what is whole is read as before.
//
// $KENAL_MUTATIONS says how many of each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "src/container/limits.h"
#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using kenal::testing::TempDir;
using kenal::testing::TestSeed;

constexpr Limits kLimits{.entries_max = 500,
                         .silent_cpu_ms = 3'000,
                         .silent_wall_ms = 60'000,
                         .listing_cpu_ms = 6'000};
constexpr uint64_t kReadBytesMax = 1 << 20;

const std::set<std::string> kReasons = {
    "encrypted_archive", "bitlocker",        "luks",
    "filevault",         "damaged",          "not_a_container",
    "not_supported",     "too_many_members", "member_too_large",
    "expands_too_much",  "too_deep",         "needs_too_much_memory",
    "timed_out",         "opener_died",      "reallocated",
    "unreadable",        "stopped"};

// A disk image has a worker started for itself alone, which takes its time.
int MutationCount(Kind kind) {
  const char* given = std::getenv("KENAL_MUTATIONS");
  if (given != nullptr) return std::atoi(given);
  return kind == Kind::kDisk || kind == Kind::kEwf ? 100 : 500;
}

std::string Jpeg() {
  return ReadText(KENAL_TEST_DATA
                  "/pdq-vectors/upstream/reg-test-input/labelme-subset/"
                  "q0003.jpg");
}

struct Sample {
  const char* name;
  Kind kind;
  const char* command;  // writes $OUT from files a and b/c
};
const Sample kSamples[] = {
    {"zip", Kind::kArchive, "7z a -tzip $OUT a b"},
    {"tar", Kind::kArchive, "tar cf $OUT a b"},
    {"tgz", Kind::kArchive, "tar czf $OUT a b"},
    {"sevenzip", Kind::kArchive, "7z a -t7z $OUT a b"},
    {"fat", Kind::kDisk,
     "truncate -s 200k $OUT; mkfs.fat -F12 $OUT; mcopy -s -i $OUT a b ::; "
     "mdel -i $OUT ::a"},
    {"ext4", Kind::kDisk,
     "mkdir in; cp -r a b in; mke2fs -q -t ext4 -O ^has_journal -d in $OUT "
     "256k"},
    {"ntfs", Kind::kDisk,
     "truncate -s 1200k $OUT; mkntfs -FqL x -c 512 -s 512 $OUT; "
     "ntfscp -f $OUT a a"},
    {"gpt", Kind::kDisk,
     "truncate -s 256k $OUT; printf 'label: gpt\\nfirst-lba: "
     "34\\nstart=64,size=64\\nstart=128,size=64\\n' | sfdisk -q $OUT"},
    {"ewf", Kind::kEwf,
     "mkdir in; cp -r a b in; mke2fs -q -t ext4 -O ^has_journal -d in x 256k; "
     "ewfacquirestream -q -t y <x; mv y.E01 $OUT"},
    {"thumbsdb", Kind::kThumbnails, "gsf createole $OUT a thumb"},
    {"exif", Kind::kThumbnails,
     "cp thumb $OUT; exiftool -overwrite_original -Make=K "
     "'-ThumbnailImage<=thumb' $OUT"},
};

std::string Make(const Sample& sample) {
  TempDir folder;
  std::filesystem::create_directory(folder / "b");
  WriteText(folder / "a", "some text " + Noise(300, 1));
  WriteText(folder / "thumb", Jpeg());
  WriteText(folder / "b/c", Jpeg());
  RunShell("cd " + folder.path() + "; OUT=out; " + sample.command +
           "; [ -e out ] || mv out.* out");
  return ReadText(folder / "out");
}

class Mutator {
 public:
  Mutator(std::string good, uint64_t seed)
      : good_(std::move(good)), random_(seed) {}

  std::string Next() {
    std::string bytes = good_;
    const uint64_t count = 1 + random_() % 8;
    for (uint64_t i = 0; i < count; ++i) Change(bytes);
    if (random_() % 8 == 0) bytes.resize(random_() % (bytes.size() + 1));
    return bytes;
  }

 private:
  // Mostly where there is something: a random place of an image is empty.
  size_t Place(const std::string& bytes) {
    size_t at = random_() % bytes.size();
    if (random_() % 4 == 0) at %= 1024;
    for (int i = 0; i < 200 && bytes[at] == 0; ++i) {
      at = random_() % bytes.size();
    }
    return at;
  }

  void Change(std::string& bytes) {
    const size_t at = Place(bytes);
    switch (random_() % 5) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random_() % 8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random_());
        break;
      case 2:
        for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i) {
          bytes[i] = random_() % 2 == 0 ? '\xFF' : '\0';
        }
        break;
      case 3:
        for (size_t i = at; i < std::min(at + 8, bytes.size()); ++i) {
          bytes[i] = static_cast<char>(random_());
        }
        break;
      default: {
        const size_t from = random_() % bytes.size();
        const size_t length =
            std::min<size_t>(random_() % 64, bytes.size() - std::max(at, from));
        std::copy_n(good_.begin() + static_cast<long>(from), length,
                    bytes.begin() + static_cast<long>(at));
      }
    }
  }

  const std::string good_;
  std::mt19937_64 random_;
};

// What one container came to: counts of reasons, and what was read.
struct Outcome {
  std::map<std::string, int> reasons;
  std::map<std::string, std::string> contents;
};

void Note(const std::optional<Failure>& failure, Outcome& outcome) {
  if (!failure) return;
  EXPECT_TRUE(kReasons.contains(failure->reason)) << failure->reason;
  EXPECT_NE(failure->message, "");
  ++outcome.reasons[failure->reason];
}

Outcome LookInto(Kind kind, const std::string& bytes) {
  Outcome outcome;
  const auto opened = OpenBytes(kind, bytes, kLimits);
  if (!opened.ok()) {
    Note(ReasonOf(opened.status()), outcome);
    return outcome;
  }
  for (const Volume& volume : (*opened)->volumes()) {
    if (!volume.problem.empty()) ++outcome.reasons["volume " + volume.problem];
  }
  for (Entry entry; (*opened)->Next(entry);) {
    std::string content;
    const ReadResult read =
        (*opened)->Read(entry, [&content](std::span<const uint8_t> piece) {
          content.append(piece.begin(), piece.end());
          return content.size() < kReadBytesMax;
        });
    Note(read.failure, outcome);
    outcome.contents[entry.path] = std::move(content);
  }
  Note((*opened)->incomplete(), outcome);
  return outcome;
}

class Mutations : public ::testing::TestWithParam<Sample> {};

TEST_P(Mutations, AreAllAnswered) {
  const Sample& sample = GetParam();
  const uint64_t seed = TestSeed();
  const std::string good = Make(sample);
  ASSERT_FALSE(good.empty());
  const Outcome expected = LookInto(sample.kind, good);
  ASSERT_FALSE(expected.reasons.contains("opener_died"));
  Mutator mutator(good, seed);
  std::map<std::string, int> reasons;
  int other_count = 0;
  const int count = MutationCount(sample.kind);
  for (int i = 0; i < count; ++i) {
    const Outcome outcome = LookInto(sample.kind, mutator.Next());
    for (const auto& [reason, times] : outcome.reasons) {
      reasons[reason] += times;
    }
    const bool is_other = outcome.reasons != expected.reasons ||
                          outcome.contents != expected.contents;
    other_count += is_other ? 1 : 0;
    if (i % 200 == 0) {
      const Outcome again = LookInto(sample.kind, good);
      ASSERT_EQ(again.reasons, expected.reasons) << "after " << i;
      ASSERT_TRUE(again.contents == expected.contents) << "after " << i;
    }
  }
  EXPECT_GT(other_count, 0);  // Or nothing was changed that matters.
  for (const auto& [reason, times] : reasons) {
    std::printf("%-12s %-22s %d\n", sample.name, reason.c_str(), times);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Mutations, ::testing::ValuesIn(kSamples),
                         [](const auto& sample) {
                           return std::string(sample.param.name);
                         });

}  // namespace
}  // namespace kenal::container
