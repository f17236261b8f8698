#include "src/findings/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "src/base/descriptor.h"
#include "src/base/file.h"
#include "src/base/mutex.h"

namespace kenal::findings {
namespace {

// The file begins with this line; the number is the format's.
constexpr std::string_view kMagic = "kenal findings 1\n";

// A frame: size of the record, XXH3 of the record (both little endian), then
// the record.
struct FrameHead {
  uint32_t size_bytes;
  uint32_t mark;  // kFrameMark: a run of zeros is no frame
  uint64_t checksum;
};
constexpr uint32_t kFrameMark = 0x4b464e44;  // "DNFK"
static_assert(sizeof(FrameHead) == 16);

// Larger than any record: a path of some levels and a hundred matches.
constexpr uint32_t kRecordBytesMax = 16 << 20;
constexpr size_t kWriteBytes = 1 << 20;

Status Failed(const std::string& path, const char* what, int error_number) {
  const std::string message = base::WithErrno(path + ": " + what, error_number);
  return error_number == ENOSPC || error_number == EDQUOT ||
                 error_number == EFBIG
             ? ResourceExhausted(message)
             : Unavailable(message);
}

struct File {
  std::string path;
  base::Descriptor descriptor;
};

std::string JournalPath(const std::string& folder) {
  return folder + "/" + std::string(kJournalName);
}

StatusOr<File> OpenFile(const std::string& folder, int flags) {
  const std::string path = JournalPath(folder);
  base::Descriptor descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (descriptor.is_open()) return File{path, std::move(descriptor)};
  if (errno == ENOENT) {
    return NotFound(folder + ": holds no scan (no " +
                    std::string(kJournalName) + ")");
  }
  if (errno == EEXIST) {
    return AlreadyExists(folder + ": holds a scan already");
  }
  return Failed(path, "cannot be opened", errno);
}

Status LockFile(const File& file) {
  if (flock(file.descriptor.number(), LOCK_EX | LOCK_NB) == 0)
    return OkStatus();
  return Unavailable(file.path + ": another scan is writing there");
}

// Reads the file in pieces and hands out frames.
class FrameReader {
 public:
  FrameReader(int descriptor, const std::string& path, uint64_t from_bytes,
              size_t piece_bytes)
      : descriptor_(descriptor),
        path_(path),
        piece_bytes_(piece_bytes),
        at_(from_bytes) {}

  // True when `size` bytes are there from at_; they are at data().
  StatusOr<bool> Have(size_t size) {
    while (buffer_.size() - begin_ < size) {
      buffer_.erase(0, begin_);
      begin_ = 0;
      const size_t had = buffer_.size();
      const size_t wanted = std::max(size - had, piece_bytes_);
      buffer_.resize(had + wanted);
      const ssize_t got = pread(descriptor_, buffer_.data() + had, wanted,
                                static_cast<off_t>(at_ + had));
      buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed(path_, "cannot be read", errno);
      if (got == 0) return false;
    }
    return true;
  }
  std::string_view data() const {
    return std::string_view(buffer_).substr(begin_);
  }
  void Skip(size_t size) {
    begin_ += size;
    at_ += size;
  }
  uint64_t at() const { return at_; }

 private:
  const int descriptor_;
  const std::string& path_;
  const size_t piece_bytes_;
  std::string buffer_;
  size_t begin_ = 0;
  uint64_t at_;  // in the file, of data()
};

// The record of the next frame; empty when no whole one is there. Records are
// never empty.
StatusOr<std::string_view> NextRecord(FrameReader& reader) {
  KENAL_TRY_ASSIGN(const bool has_head, reader.Have(sizeof(FrameHead)));
  if (!has_head) return std::string_view();
  FrameHead head;
  std::memcpy(&head, reader.data().data(), sizeof head);
  if (head.mark != kFrameMark || head.size_bytes == 0 ||
      head.size_bytes > kRecordBytesMax) {
    return std::string_view();
  }
  KENAL_TRY_ASSIGN(const bool has_record,
                   reader.Have(sizeof head + head.size_bytes));
  if (!has_record) return std::string_view();
  const std::string_view record =
      reader.data().substr(sizeof head, head.size_bytes);
  if (XXH3_64bits(record.data(), record.size()) != head.checksum) {
    return std::string_view();
  }
  return record;
}

// Where whole frames end.
StatusOr<uint64_t> ReadFrames(const File& file, const Journal::Visitor& visit) {
  FrameReader reader(file.descriptor.number(), file.path, 0, kWriteBytes);
  KENAL_TRY_ASSIGN(const bool has_magic, reader.Have(kMagic.size()));
  if (!has_magic || !reader.data().starts_with(kMagic)) {
    return DataLoss(file.path + ": is not the journal of a scan");
  }
  reader.Skip(kMagic.size());
  for (;;) {
    KENAL_TRY_ASSIGN(const std::string_view bytes, NextRecord(reader));
    if (bytes.empty()) return reader.at();
    auto record = DecodeRecord(bytes);
    if (!record.ok()) {
      return DataLoss(file.path + ": damaged at byte " +
                      std::to_string(reader.at()));
    }
    const size_t frame = sizeof(FrameHead) + bytes.size();
    KENAL_TRY(visit(*std::move(record), reader.at()));
    reader.Skip(frame);
  }
}

// A torn end is short: what one write had begun. More than that after the
// last whole frame is damage, and cutting it off would lose findings.
Status CheckTail(const File& file, uint64_t good_bytes, uint64_t size_bytes) {
  constexpr uint64_t kTornBytesMax = kWriteBytes + kRecordBytesMax + 64;
  if (size_bytes - good_bytes <= kTornBytesMax) {
    // Whole frames behind a bad one were written after it.
    FrameReader reader(file.descriptor.number(), file.path, good_bytes,
                       kWriteBytes);
    for (uint64_t at = good_bytes; at < size_bytes; ++at) {
      KENAL_TRY_ASSIGN(const std::string_view record, NextRecord(reader));
      if (!record.empty()) break;
      reader.Skip(1);
      if (at + 1 == size_bytes) return OkStatus();
    }
    if (good_bytes == size_bytes) return OkStatus();
  }
  return DataLoss(file.path + ": damaged at byte " +
                  std::to_string(good_bytes) +
                  "; its disk is failing or somebody changed it");
}

StatusOr<uint64_t> SizeOf(const File& file) {
  struct stat info;
  if (fstat(file.descriptor.number(), &info) != 0) {
    return Failed(file.path, "cannot be looked at", errno);
  }
  return static_cast<uint64_t>(info.st_size);
}

class FileJournal final : public Journal {
 public:
  FileJournal(File file, uint64_t torn_bytes)
      : file_(std::move(file)), torn_bytes_(torn_bytes) {}

  ~FileJournal() override {
    base::MutexLock lock(mutex_);
    if (failure_ == StatusCode::kOk) (void)WriteOut();
  }

  void WriteAfter(std::function<Status()> first) override {
    base::MutexLock lock(mutex_);
    first_ = std::move(first);
  }

  Status Put(const Record& record) override {
    std::string bytes;
    std::visit([&](const auto& value) { EncodeRecord(value, bytes); }, record);
    if (bytes.size() > kRecordBytesMax) {
      return InvalidArgument("a finding is too large for the journal");
    }
    const FrameHead head{static_cast<uint32_t>(bytes.size()), kFrameMark,
                         XXH3_64bits(bytes.data(), bytes.size())};
    base::MutexLock lock(mutex_);
    if (failure_ != StatusCode::kOk) return Status(failure_, message_);
    pending_.append(reinterpret_cast<const char*>(&head), sizeof head);
    pending_ += bytes;
    return pending_.size() < kWriteBytes ? OkStatus() : WriteOut();
  }

  Status Sync() override {
    base::MutexLock lock(mutex_);
    if (failure_ != StatusCode::kOk) return Status(failure_, message_);
    KENAL_TRY(WriteOut());
    if (fdatasync(file_.descriptor.number()) == 0) return OkStatus();
    return Keep(Failed(file_.path, "cannot be made durable", errno));
  }

  uint64_t torn_bytes() const override { return torn_bytes_; }

 private:
  Status WriteOut() KENAL_REQUIRES(mutex_) {
    if (pending_.empty()) return OkStatus();
    if (first_ != nullptr) {
      if (Status status = first_(); !status.ok()) return Keep(status);
    }
    std::string_view left = pending_;
    while (!left.empty()) {
      const ssize_t put =
          write(file_.descriptor.number(), left.data(), left.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        return Keep(Failed(file_.path, "cannot be written", errno));
      }
      left.remove_prefix(static_cast<size_t>(put));
    }
    pending_.clear();
    return OkStatus();
  }

  Status Keep(const Status& status) KENAL_REQUIRES(mutex_) {
    failure_ = status.code();
    message_ = std::string(status.message());
    return status;
  }

  const File file_;
  const uint64_t torn_bytes_;
  base::Mutex mutex_;
  std::function<Status()> first_ KENAL_GUARDED_BY(mutex_);
  std::string pending_ KENAL_GUARDED_BY(mutex_);
  StatusCode failure_ KENAL_GUARDED_BY(mutex_) = StatusCode::kOk;
  std::string message_ KENAL_GUARDED_BY(mutex_);
};

Status SyncFolder(const std::string& folder) {
  const base::Descriptor descriptor(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return Failed(folder, "cannot be opened", errno);
  if (fsync(descriptor.number()) == 0) return OkStatus();
  return Failed(folder, "cannot be made durable", errno);
}

}  // namespace

StatusOr<std::unique_ptr<Journal>> Journal::Create(const std::string& folder) {
  KENAL_TRY_ASSIGN(File file,
                   OpenFile(folder, O_WRONLY | O_CREAT | O_EXCL | O_APPEND));
  KENAL_TRY(LockFile(file));
  const std::string path = file.path;
  const auto give_up = [&](int error_number) {
    unlink(path.c_str());
    return Failed(path, "cannot be written", error_number);
  };
  const ssize_t put =
      write(file.descriptor.number(), kMagic.data(), kMagic.size());
  if (put != static_cast<ssize_t>(kMagic.size())) {
    return give_up(put < 0 ? errno : ENOSPC);
  }
  if (fsync(file.descriptor.number()) != 0) return give_up(errno);
  KENAL_TRY(SyncFolder(folder));
  return std::make_unique<FileJournal>(std::move(file), 0);
}

StatusOr<std::unique_ptr<Journal>> Journal::Continue(const std::string& folder,
                                                     const Visitor& visit) {
  KENAL_TRY_ASSIGN(File file, OpenFile(folder, O_RDWR | O_APPEND));
  KENAL_TRY(LockFile(file));
  KENAL_TRY_ASSIGN(const uint64_t good_bytes, ReadFrames(file, visit));
  KENAL_TRY_ASSIGN(const uint64_t size_bytes, SizeOf(file));
  KENAL_TRY(CheckTail(file, good_bytes, size_bytes));
  if (size_bytes > good_bytes &&
      (ftruncate(file.descriptor.number(), static_cast<off_t>(good_bytes)) !=
           0 ||
       fsync(file.descriptor.number()) != 0)) {
    return Failed(file.path, "its torn end cannot be cut off", errno);
  }
  return std::make_unique<FileJournal>(std::move(file),
                                       size_bytes - good_bytes);
}

bool Journal::IsIn(const std::string& folder) {
  return access(JournalPath(folder).c_str(), F_OK) == 0;
}

Status Journal::Read(const std::string& folder, const Visitor& visit) {
  KENAL_TRY_ASSIGN(const File file, OpenFile(folder, O_RDONLY));
  KENAL_TRY_ASSIGN(const uint64_t good_bytes, ReadFrames(file, visit));
  KENAL_TRY_ASSIGN(const uint64_t size_bytes, SizeOf(file));
  return CheckTail(file, good_bytes, size_bytes);
}

StatusOr<Record> ReadRecordAt(int descriptor, const std::string& path,
                              uint64_t offset_bytes) {
  constexpr size_t kUsualBytes = 2048;
  FrameReader reader(descriptor, path, offset_bytes, kUsualBytes);
  KENAL_TRY_ASSIGN(const std::string_view bytes, NextRecord(reader));
  if (bytes.empty()) {
    return DataLoss(path + ": damaged at byte " + std::to_string(offset_bytes));
  }
  return DecodeRecord(bytes);
}

}  // namespace kenal::findings
