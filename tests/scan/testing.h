// Fakes of what a scan works with, and files to scan.
#ifndef KENAL_TESTS_SCAN_TESTING_H_
#define KENAL_TESTS_SCAN_TESTING_H_

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "src/base/digest.h"
#include "src/findings/journal.h"
#include "src/scan/intake.h"
#include "tests/scan/fake_opener.h"
#include "tests/support/support.h"

namespace kenal::scan {

inline void PutFile(const std::string& path, std::string_view bytes) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

// Begins as a picture does; the fake hasher looks no further.
inline std::string FakePicture(const std::string& name) {
  return "\x89PNG\r\n\x1a\n" + name;
}

inline Intake IntakeOf(std::string_view bytes,
                       uint64_t container_bytes_max = 1 << 20) {
  IntakeStream stream(bytes.size(),
                      {.container_bytes_max = container_bytes_max});
  stream.Add(base::AsBytes(bytes));
  return stream.Finish();
}

inline Sha256 Sha256Of(std::string_view bytes) {
  return Sha256{base::Sha256Of(base::AsBytes(bytes))};
}

// In memory. Thread-safe.
class MemoryJournal final : public findings::Journal {
 public:
  Status Put(const findings::Record& record) override {
    const std::lock_guard lock(mutex_);
    if (puts_left == 0) return ResourceExhausted("the disk is full");
    --puts_left;
    records_.push_back(record);
    return OkStatus();
  }
  void WriteAfter(std::function<Status()>) override {}
  Status Sync() override { return OkStatus(); }
  uint64_t torn_bytes() const override { return 0; }

  template <typename Value>
  std::vector<Value> All() const {
    const std::lock_guard lock(mutex_);
    std::vector<Value> values;
    for (const findings::Record& record : records_) {
      if (const auto* value = std::get_if<Value>(&record)) {
        values.push_back(*value);
      }
    }
    return values;
  }

  uint64_t puts_left = UINT64_MAX;

 private:
  mutable std::mutex mutex_;
  std::vector<findings::Record> records_;
};

// Knows digests by heart. Thread-safe; set up before it is used.
class FakeMatcher final : public Matcher {
 public:
  std::set<Sha256> listed;
  std::set<Sha256> known_good;
  std::function<Status()> before = [] { return OkStatus(); };

  StatusOr<std::vector<Answer>> MatchBatch(std::span<const SignalSet> queries,
                                           const MatchOptions&) override {
    KENAL_TRY(before());
    const std::lock_guard lock(mutex_);
    std::vector<Answer> answers;
    for (const SignalSet& query : queries) {
      asked_.emplace_back(*query.sha256, !query.pdq.empty());
      Answer& answer = answers.emplace_back();
      answer.sequence = Sequence{++sequence_};
      answer.verdict = Verdict::kNoKnownMatch;
      if (listed.contains(*query.sha256)) {
        answer.verdict = Verdict::kExact;
        answer.match_count = 1;
        answer.matches.emplace_back().list = "listed";
      }
      if (known_good.contains(*query.sha256)) {
        answer.known_good.push_back({"good", SignalType::kSha256, false});
      }
    }
    return answers;
  }
  StatusOr<Explanation> Explain(const SignalSet&, std::string_view,
                                std::string_view,
                                const MatchOptions&) override {
    return Internal("not asked here");
  }

  // Digests in the order of asking, and whether with a PDQ.
  std::vector<std::pair<Sha256, bool>> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  uint64_t sequence_ = 0;
  std::vector<std::pair<Sha256, bool>> asked_;
};

// Decodes nothing and counts how often it was asked to. Thread-safe.
class FakeHasher final : public Hasher {
 public:
  SignalSet HashBytes(std::span<const uint8_t> bytes,
                      const HashWork& work) override {
    return HashPicture(bytes, work);
  }
  SignalSet HashFile(const std::string&, const HashWork&) override {
    return {};
  }
  SignalSet HashPicture(std::span<const uint8_t> bytes,
                        const HashWork&) override {
    const std::lock_guard lock(mutex_);
    ++decoded_[{base::Sha256Of(bytes)}];
    SignalSet signals;
    PdqView& view = signals.pdq.emplace_back();
    view.hash.bytes = base::Sha256Of(bytes);
    view.quality = 100;
    signals.picture = PictureInfo{.format = "png", .width = 2, .height = 2};
    return signals;
  }
  int worker_count() const override { return 1; }

  std::map<Sha256, int> decoded() const {
    const std::lock_guard lock(mutex_);
    return decoded_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Sha256, int> decoded_;
};

// A list of drives as the system has one, in which the drive of a folder is.
class FakeDevices {
 public:
  explicit FakeDevices(const std::string& folder) {
    struct stat info;
    EXPECT_EQ(stat(folder.c_str(), &info), 0);
    name_ = std::to_string(major(info.st_dev)) + ":" +
            std::to_string(minor(info.st_dev));
    Attach();
  }
  std::string path() const { return devices_.path(); }
  void Attach() { PutFile(devices_ / name_, ""); }
  void PullOut() { std::filesystem::remove(devices_ / name_); }

 private:
  testing::TempDir devices_;
  std::string name_;
};

}  // namespace kenal::scan

#endif  // KENAL_TESTS_SCAN_TESTING_H_
