#include "src/container/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "src/base/file.h"
#include "src/container/protocol.h"
#include "src/container/remote.h"
#include "src/sandbox/ready_pool.h"

namespace kenal::container {
namespace {

constexpr int kIdleMax = 64;

bool IsForReadingOnly(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) return true;
  const int seals = fcntl(descriptor, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_WRITE) != 0;
}

StatusOr<uint64_t> SizeOf(int descriptor) {
  struct stat file;
  uint64_t size_bytes = 0;
  if (fstat(descriptor, &file) != 0) {
    return Unavailable(base::WithErrno("container", errno));
  }
  if (S_ISREG(file.st_mode)) return static_cast<uint64_t>(file.st_size);
  if (S_ISBLK(file.st_mode) &&
      ioctl(descriptor, BLKGETSIZE64, &size_bytes) == 0) {
    return size_bytes;
  }
  return FailedPrecondition("container: neither a file nor a disk");
}

StatusOr<Segment> SegmentOf(int descriptor) {
  if (!IsForReadingOnly(descriptor)) {
    return FailedPrecondition(
        "container: open its descriptor for reading only, or seal it");
  }
  KENAL_TRY_ASSIGN(const uint64_t size_bytes, SizeOf(descriptor));
  Segment segment;
  segment.descriptor =
      sandbox::Descriptor(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  segment.size_bytes = size_bytes;
  if (segment.descriptor.is_open()) return segment;
  return Unavailable(base::WithErrno("container: no descriptor", errno));
}

// Counts the open ones.
class Counted final : public Container {
 public:
  Counted(std::atomic<int>& count, std::unique_ptr<Remote> remote)
      : count_(count), remote_(std::move(remote)) {}
  ~Counted() override { --count_; }

  const std::string& format() const override { return remote_->format(); }
  const std::vector<Volume>& volumes() const override {
    return remote_->volumes();
  }
  uint64_t media_bytes() const override { return remote_->media_bytes(); }
  const std::vector<StoredDigest>& stored_digests() const override {
    return remote_->stored_digests();
  }
  bool Next(Entry& entry) override { return remote_->Next(entry); }
  std::optional<Failure> incomplete() const override {
    return remote_->incomplete();
  }
  ReadResult Read(const Entry& entry, const Sink& sink) override {
    return remote_->Read(entry, sink);
  }
  ReadResult ReadImage(const Sink& sink) override {
    return remote_->ReadImage(sink);
  }

 private:
  std::atomic<int>& count_;
  std::unique_ptr<Remote> remote_;
};

class PoolOpener final : public Opener {
 public:
  explicit PoolOpener(const OpenerOptions& options)
      : pool_({.name = "kenal-opener",
               .path = options.program,
               .mark = kMark,
               .environment = {}},
              options.idle_count) {}

  Status AwaitStart() { return pool_.AwaitStart(); }

  StatusOr<std::unique_ptr<Container>> Open(Kind kind,
                                            std::span<const int> descriptors,
                                            const Limits& limits) override {
    if (descriptors.empty() || descriptors.size() > kSegmentsMax) {
      return InvalidArgument(
          absl::StrCat("container: 1 to ", kSegmentsMax, " segments"));
    }
    std::vector<Segment> segments;
    for (int descriptor : descriptors) {
      KENAL_TRY_ASSIGN(Segment segment, SegmentOf(descriptor));
      segments.push_back(std::move(segment));
    }
    if (count_ >= kContainersMax) {
      return ResourceExhausted("container: too many are open");
    }
    auto remote =
        std::make_unique<Remote>(pool_, kind, std::move(segments), limits);
    KENAL_TRY(remote->Open());
    ++count_;
    return std::make_unique<Counted>(count_, std::move(remote));
  }

 private:
  std::atomic<int> count_ = 0;
  sandbox::ReadyPool pool_;
};

}  // namespace

StatusOr<std::unique_ptr<Opener>> Opener::Start(const OpenerOptions& options) {
  if (options.idle_count < 1 || options.idle_count > kIdleMax) {
    return InvalidArgument(absl::StrCat("idle_count must be 1 to ", kIdleMax));
  }
  KENAL_TRY(sandbox::CheckProgram(options.program));
  auto opener = std::make_unique<PoolOpener>(options);
  KENAL_TRY(opener->AwaitStart());
  return opener;
}

Failure ReasonOf(const Status& status) {
  const std::string message(status.message());
  if (const auto reason = status.GetPayload(kReasonPayload)) {
    return {std::string(*reason), message};
  }
  return {"unreadable", message};
}

std::string FindOpener() {
  std::error_code ignored;
  if (const char* named = std::getenv("KENAL_OPENER");
      named != nullptr && *named != '\0') {
    return std::filesystem::absolute(named, ignored);
  }
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return self.parent_path() / "kenal-opener";
}

}  // namespace kenal::container
