#include "src/findings/journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/findings/testing.h"

namespace kenal::findings {
namespace {

using testing::TempDir;
using testing::TestSeed;

std::string PathIn(const std::string& folder) {
  return folder + "/" + std::string(kJournalName);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<Record> AnyRecords(RandomFindings& random, size_t count) {
  std::vector<Record> records;
  for (size_t i = 0; i < count; ++i) {
    switch (random.Below(4)) {
      case 0:
        records.emplace_back(random.AnyRun());
        break;
      case 1:
        records.emplace_back(random.AnyExhibit("e"));
        break;
      case 2:
        records.emplace_back(random.AnyContent());
        break;
      default:
        records.emplace_back(random.AnyPlace(0, i));
    }
  }
  return records;
}

// What is read, and what became of it.
struct Reading {
  std::vector<Record> records;
  Status status;
};

Reading ReadBack(const std::string& folder) {
  Reading reading;
  reading.status = Journal::Read(folder, [&](Record&& record, uint64_t) {
    reading.records.push_back(std::move(record));
    return OkStatus();
  });
  return reading;
}

Reading Continue(const std::string& folder, std::unique_ptr<Journal>& journal) {
  Reading reading;
  auto made = Journal::Continue(folder, [&](Record&& record, uint64_t) {
    reading.records.push_back(std::move(record));
    return OkStatus();
  });
  reading.status = made.status();
  if (made.ok()) journal = *std::move(made);
  return reading;
}

void Make(const std::string& folder, const std::vector<Record>& records) {
  auto journal = Journal::Create(folder);
  ASSERT_TRUE(journal.ok()) << journal.status();
  for (const Record& record : records) {
    ASSERT_TRUE((*journal)->Put(record).ok());
  }
  ASSERT_TRUE((*journal)->Sync().ok());
}

bool IsPrefix(const std::vector<Record>& a, const std::vector<Record>& b) {
  return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
}

TEST(Journal, GivesBackWhatWasPut) {
  RandomFindings random(TestSeed());
  const TempDir folder;
  const std::vector<Record> records = AnyRecords(random, 500);
  Make(folder.path(), records);
  const Reading reading = ReadBack(folder.path());
  EXPECT_TRUE(reading.status.ok()) << reading.status;
  EXPECT_EQ(reading.records, records);
}

TEST(Journal, CutAtAnyByteGoesOnFromItsLastWholeRecord) {
  RandomFindings random(TestSeed());
  const TempDir folder;
  const std::vector<Record> records = AnyRecords(random, 6);
  Make(folder.path(), records);
  const std::string bytes = ReadAll(PathIn(folder.path()));
  const Record next = random.AnyRun();
  for (size_t size = 0; size < bytes.size(); ++size) {
    WriteAll(PathIn(folder.path()), bytes.substr(0, size));
    std::unique_ptr<Journal> journal;
    const Reading reading = Continue(folder.path(), journal);
    if (journal == nullptr) {
      // Not even its first line is whole.
      EXPECT_EQ(reading.status.code(), StatusCode::kDataLoss) << size;
      EXPECT_LT(size, 17u);
      continue;
    }
    EXPECT_TRUE(IsPrefix(reading.records, records)) << size;
    EXPECT_TRUE(journal->Put(next).ok());
    EXPECT_TRUE(journal->Sync().ok());
    std::vector<Record> expected = reading.records;
    expected.push_back(next);
    EXPECT_EQ(ReadBack(folder.path()).records, expected) << size;
  }
}

// A changed byte in the last record looks like a torn end; before that it is
// damage, and never another finding.
TEST(Journal, TellsDamageFromATornEnd) {
  RandomFindings random(TestSeed());
  const TempDir folder;
  const std::vector<Record> records = AnyRecords(random, 5);
  Make(folder.path(), records);
  const std::string bytes = ReadAll(PathIn(folder.path()));
  size_t damaged = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << random.Below(8)));
    WriteAll(PathIn(folder.path()), changed);
    const Reading reading = ReadBack(folder.path());
    EXPECT_TRUE(IsPrefix(reading.records, records)) << i;
    EXPECT_LT(reading.records.size(), records.size()) << i;
    if (reading.status.code() == StatusCode::kDataLoss) {
      ++damaged;
    } else {
      EXPECT_EQ(reading.records.size() + 1, records.size()) << i;
    }
  }
  EXPECT_GT(damaged, bytes.size() / 2);
}

TEST(Journal, HasOneWriter) {
  const TempDir folder;
  auto journal = Journal::Create(folder.path());
  ASSERT_TRUE(journal.ok());
  std::unique_ptr<Journal> second;
  EXPECT_EQ(Continue(folder.path(), second).status.code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(Journal::Create(folder.path()).status().code(),
            StatusCode::kAlreadyExists);
}

TEST(Journal, SaysThatAFolderHoldsNoScan) {
  const TempDir folder;
  EXPECT_EQ(ReadBack(folder.path()).status.code(), StatusCode::kNotFound);
  WriteAll(PathIn(folder.path()), "something else altogether\n");
  EXPECT_EQ(ReadBack(folder.path()).status.code(), StatusCode::kDataLoss);
}

// The child says how many it synced; all of these must be there.
TEST(Journal, KeepsWhatItSyncedThroughKills) {
  RandomFindings random(TestSeed());
  const std::vector<Record> records = AnyRecords(random, 400);
  for (int round = 0; round < 20; ++round) {
    const TempDir folder;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto journal = Journal::Create(folder.path());
      for (size_t i = 0; journal.ok() && i < records.size(); ++i) {
        if (!(*journal)->Put(records[i]).ok() || !(*journal)->Sync().ok())
          break;
        const char byte = 1;
        if (write(ends[1], &byte, 1) != 1) break;
      }
      _exit(0);
    }
    close(ends[1]);
    const size_t kill_after = 1 + random.Below(records.size() - 1);
    size_t synced = 0;
    char byte;
    while (read(ends[0], &byte, 1) == 1) {
      if (++synced == kill_after) kill(child, SIGKILL);
    }
    close(ends[0]);
    waitpid(child, nullptr, 0);
    std::unique_ptr<Journal> journal;
    const Reading reading = Continue(folder.path(), journal);
    ASSERT_TRUE(reading.status.ok()) << reading.status;
    EXPECT_GE(reading.records.size(), synced);
    EXPECT_TRUE(IsPrefix(reading.records, records));
  }
}

TEST(Journal, SaysThatTheDiskIsFull) {
  RandomFindings random(TestSeed());
  const TempDir folder;
  auto journal = Journal::Create(folder.path());
  ASSERT_TRUE(journal.ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status status = OkStatus();
  for (int i = 0; status.ok() && i < 1000; ++i) {
    status = (*journal)->Put(random.AnyContent());
    if (status.ok()) status = (*journal)->Sync();
  }
  const Status after = (*journal)->Sync();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(after.code(), StatusCode::kResourceExhausted);
  journal->reset();
  std::unique_ptr<Journal> again;
  const Reading reading = Continue(folder.path(), again);
  EXPECT_TRUE(reading.status.ok()) << reading.status;
  EXPECT_FALSE(reading.records.empty());
}

TEST(Journal, WritesAfterWhatMustBeOnRecordFirst) {
  const TempDir folder;
  RandomFindings random(TestSeed());
  const std::vector<Record> records = AnyRecords(random, 40'000);
  const std::string path = PathIn(folder.path());
  auto journal = Journal::Create(folder.path());
  ASSERT_TRUE(journal.ok());
  const uintmax_t empty_bytes = std::filesystem::file_size(path);
  uintmax_t bytes = empty_bytes;
  int asked = 0;
  Status answer = OkStatus();
  (*journal)->WriteAfter([&] {
    ++asked;
    bytes = std::filesystem::file_size(path);
    return answer;
  });
  size_t put = 0;
  while (asked == 0 && put < records.size()) {
    ASSERT_TRUE((*journal)->Put(records[put++]).ok());
  }
  ASSERT_EQ(asked, 1) << "it never wrote by itself";
  EXPECT_EQ(bytes, empty_bytes);
  ASSERT_TRUE((*journal)->Put(records[0]).ok());
  ASSERT_TRUE((*journal)->Sync().ok());
  EXPECT_EQ(asked, 2);
  ASSERT_TRUE((*journal)->Sync().ok());
  EXPECT_EQ(asked, 2) << "there was nothing to write";

  const uintmax_t before = std::filesystem::file_size(path);
  answer = ResourceExhausted("the log is full");
  ASSERT_TRUE((*journal)->Put(records[1]).ok());
  EXPECT_EQ((*journal)->Sync(), answer);
  EXPECT_EQ((*journal)->Put(records[2]), answer);
  journal->reset();
  EXPECT_EQ(std::filesystem::file_size(path), before);
  EXPECT_EQ(ReadBack(folder.path()).records.size(), put + 1);
}

}  // namespace
}  // namespace kenal::findings
