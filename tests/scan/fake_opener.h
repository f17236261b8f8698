// An opener whose containers are given, not opened.
#ifndef KENAL_TESTS_SCAN_FAKE_OPENER_H_
#define KENAL_TESTS_SCAN_FAKE_OPENER_H_

#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/digest.h"
#include "src/container/opener.h"
#include "src/container/remote.h"

namespace kenal::scan {

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
  std::function<void()> at_image = [] {};  // when it is read as a whole
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
    box_.at_image();
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

#endif  // KENAL_TESTS_SCAN_FAKE_OPENER_H_
