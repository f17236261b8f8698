// Fakes of what a scan works with, and files to scan.
#ifndef KENAL_TESTS_SCAN_TESTING_H_
#define KENAL_TESTS_SCAN_TESTING_H_

#include <gtest/gtest.h>

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
#include "src/container/opener.h"
#include "src/container/remote.h"
#include "src/findings/journal.h"
#include "src/scan/intake.h"

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

// What a fake container holds and does.
struct FakeBox {
  struct Member {
    container::Entry entry;
    std::string bytes;
    std::optional<container::Failure> failure;  // after the bytes
  };
  std::string format = "zip";
  std::vector<Member> members;
  std::vector<container::Volume> volumes;
  std::vector<container::StoredDigest> stored;
  std::optional<container::Failure> incomplete;
  std::string medium;  // of images
  std::function<void()> at_next = [] {};
};

inline FakeBox::Member MemberOf(std::string path, std::string bytes) {
  FakeBox::Member member;
  member.entry.path = std::move(path);
  member.entry.size_bytes = bytes.size();
  member.bytes = std::move(bytes);
  return member;
}

// How many there are, and were at most.
struct OpenCount {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
};

class FakeContainer final : public container::Container {
 public:
  FakeContainer(FakeBox box, OpenCount& count)
      : box_(std::move(box)), count_(count) {
    const int now = ++count_.now;
    for (int most = count_.most; now > most;) {
      if (count_.most.compare_exchange_weak(most, now)) break;
    }
  }
  ~FakeContainer() override { --count_.now; }
  const std::string& format() const override { return box_.format; }
  const std::vector<container::Volume>& volumes() const override {
    return box_.volumes;
  }
  uint64_t media_bytes() const override { return box_.medium.size(); }
  const std::vector<container::StoredDigest>& stored_digests() const override {
    return box_.stored;
  }
  bool Next(container::Entry& entry) override {
    box_.at_next();
    if (next_ == box_.members.size()) return false;
    entry = box_.members[next_].entry;
    // Reading finds the member by it.
    entry.place.address = ++next_;
    return true;
  }
  std::optional<container::Failure> incomplete() const override {
    return box_.incomplete;
  }
  container::ReadResult Read(const container::Entry& entry,
                             const container::Sink& sink) override {
    const FakeBox::Member& member = box_.members.at(entry.place.address - 1);
    return Give(member.bytes, member.failure, sink);
  }
  container::ReadResult ReadImage(const container::Sink& sink) override {
    return Give(box_.medium, std::nullopt, sink);
  }

 private:
  static container::ReadResult Give(
      std::string_view bytes, const std::optional<container::Failure>& failure,
      const container::Sink& sink) {
    container::ReadResult result{.failure = failure};
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, 1000);
      result.size_bytes += piece.size();
      if (!sink(base::AsBytes(piece))) {
        result.failure = container::Failure{"stopped", "stopped"};
        return result;
      }
      bytes.remove_prefix(piece.size());
    }
    return result;
  }

  FakeBox box_;
  OpenCount& count_;
  size_t next_ = 0;
};

// What an opener says of bytes that it cannot open.
inline Status NoContainer(std::string_view why) {
  Status status = InvalidArgument("it cannot be opened");
  status.SetPayload(container::kReasonPayload,
                    absl::Cord({why.data(), why.size()}));
  return status;
}

// Opens boxes by the bytes that a descriptor holds. Thread-safe.
class FakeOpener final : public container::Opener {
 public:
  std::map<std::string, FakeBox> boxes;
  // For what no box is given; not as container::ReasonOf reads it.
  Status otherwise = Unavailable("no worker could be started");

  StatusOr<std::unique_ptr<container::Container>> Open(
      container::Kind, std::span<const int> descriptors,
      const container::Limits&) override {
    std::string bytes(1 << 20, '\0');
    const ssize_t got = pread(descriptors[0], bytes.data(), bytes.size(), 0);
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    const std::lock_guard lock(mutex_);
    opened_.push_back(bytes);
    const auto at = boxes.find(bytes);
    if (at == boxes.end()) return otherwise;
    return std::make_unique<FakeContainer>(at->second, count_);
  }

  std::vector<std::string> opened() const {
    const std::lock_guard lock(mutex_);
    return opened_;
  }
  int open_count_max() const { return count_.most; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> opened_;
  OpenCount count_;
};

}  // namespace kenal::scan

#endif  // KENAL_TESTS_SCAN_TESTING_H_
