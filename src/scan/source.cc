#include "src/scan/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "src/base/file.h"
#include "src/container/segments.h"
#include "src/scan/image_source.h"

namespace kenal::scan {
namespace {

using findings::Exhibit;
using findings::ExhibitKind;
using findings::Place;
namespace reason = findings::reason;

constexpr size_t kBlockBytes = 1 << 20;

int64_t ToUnixMs(const struct statx_timestamp& time) {
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

struct FileFacts {
  struct statx info {};
  bool Get(int descriptor) {
    return statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT,
                 STATX_BASIC_STATS | STATX_BTIME, &info) == 0;
  }
  uint64_t size() const { return info.stx_size; }
  bool IsRegular() const { return S_ISREG(info.stx_mode); }
  bool SameAs(const FileFacts& other) const {
    return info.stx_size == other.info.stx_size &&
           info.stx_mtime.tv_sec == other.info.stx_mtime.tv_sec &&
           info.stx_mtime.tv_nsec == other.info.stx_mtime.tv_nsec &&
           info.stx_ctime.tv_sec == other.info.stx_ctime.tv_sec &&
           info.stx_ctime.tv_nsec == other.info.stx_ctime.tv_nsec;
  }
  void Tell(Place& place) const {
    place.size_bytes = info.stx_size;
    place.modified_unix_ms = ToUnixMs(info.stx_mtime);
    place.accessed_unix_ms = ToUnixMs(info.stx_atime);
    if ((info.stx_mask & STATX_BTIME) != 0) {
      place.created_unix_ms = ToUnixMs(info.stx_btime);
    }
  }
};

// One pass over an open file, into reading.intake.
void ReadOpenFile(const SourceOptions& options, Reading& reading) {
  const int descriptor = reading.descriptor.number();
  FileFacts before;
  if (!before.Get(descriptor)) {
    reading.problem = ProblemOf(errno);
    return;
  }
  if (!before.IsRegular()) {
    reading.problem =
        Problem{std::string(reason::kSpecial), "no regular file any more"};
    return;
  }
  before.Tell(reading.place);
  // The file is at hand, so containers are not kept in memory.
  IntakeStream intake(before.size(), {.large = options.large});
  thread_local std::vector<uint8_t> block(kBlockBytes);
  uint64_t read_bytes = 0;
  for (;;) {
    const ssize_t got = pread(descriptor, block.data(), block.size(),
                              static_cast<off_t>(read_bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      // What was read before a bad sector is judged all the same.
      reading.problem = ProblemOf(errno);
      reading.intake = intake.Finish();
      reading.has_intake = read_bytes > 0;
      return;
    }
    if (got == 0) break;
    intake.Add(std::span(block).first(static_cast<size_t>(got)));
    read_bytes += static_cast<uint64_t>(got);
    // The end is where it was said to be, or there is no telling where.
    if (read_bytes == before.size() && got < ssize_t{kBlockBytes}) break;
    if (options.is_over()) {
      reading.problem = Problem{std::string(reason::kNotReached),
                                "the scan ended before all of it was read"};
      return;
    }
  }
  reading.intake = intake.Finish();
  reading.has_intake = true;
  FileFacts after;
  if (!after.Get(descriptor) || !after.SameAs(before) ||
      read_bytes != before.size()) {
    reading.problem =
        Problem{std::string(reason::kChanged), "it changed while it was read"};
  }
}

class FolderSource final : public Source {
 public:
  FolderSource(uint32_t number, Root root, SourceOptions options)
      : number_(number),
        root_(std::move(root)),
        options_(std::move(options)),
        drive_(root_.number(), options_.devices) {}

  bool IsGone() const override { return drive_.IsGone(); }

  Status List(const WalkEvents& events) override {
    return WalkFolder(root_, number_, events);
  }

  StatusOr<Reading> Read(const FoundFile& file) override {
    Reading reading;
    reading.place.exhibit = number_;
    reading.place.path = {file.path()};
    reading.place.size_bytes = file.size_bytes;
    Opened opened = root_.OpenFile(file.path());
    if (opened.would_change) {
      return FailedPrecondition(
          file.path() +
          ": reading it would change its access time, since it belongs to "
          "another user; mount the evidence read-only or with noatime, scan as "
          "root, or give --accept-atime, which the custody log will record");
    }
    if (opened.problem) {
      reading.problem = std::move(opened.problem);
    } else {
      reading.descriptor = std::move(opened.descriptor);
      ReadOpenFile(options_, reading);
    }
    return reading;
  }

  std::vector<base::Descriptor> Segments(const FoundFile& file) override {
    std::vector<base::Descriptor> segments;
    for (int n = 1;; ++n) {
      const std::string name =
          n == 1 ? file.name : container::SegmentName(file.name, n);
      if (name.empty() || segments.size() >= container::kSegmentsMax) break;
      // Opening alone does things to some devices.
      if (!root_.IsRegular(file.folder->path + name)) break;
      Opened opened = root_.OpenFile(file.folder->path + name);
      if (!opened.descriptor.is_open()) break;
      segments.push_back(std::move(opened.descriptor));
      if (!container::IsFirstSegment(file.name)) break;
    }
    return segments;
  }

  bool HasBeside(const FoundFile& file, const std::string& name) override {
    return root_.IsRegular(file.folder->path + name);
  }

  bool ReadImage(const container::Sink&, std::optional<Problem>&) override {
    return false;
  }

 private:
  const uint32_t number_;
  const Root root_;
  const SourceOptions options_;
  const Drive drive_;
};

// One file that is no disk image: its only place is its name.
class FileSource final : public Source {
 public:
  FileSource(uint32_t number, const Exhibit& exhibit, base::Descriptor file,
             SourceOptions options)
      : number_(number),
        path_(exhibit.path),
        size_bytes_(exhibit.size_bytes),
        options_(std::move(options)),
        file_(std::move(file)),
        drive_(file_.number(), options_.devices) {}

  bool IsGone() const override { return drive_.IsGone(); }

  Status List(const WalkEvents& events) override {
    FoundFile file;
    file.folder =
        std::make_shared<const FoundFolder>(FoundFolder{.exhibit = number_});
    file.name = std::filesystem::path(path_).filename().string();
    file.hint = HintOf(file.name);
    file.size_bytes = size_bytes_;
    std::vector<FoundFile> files;
    files.push_back(std::move(file));
    return events.files(std::move(files));
  }

  StatusOr<Reading> Read(const FoundFile& file) override {
    Reading reading;
    reading.place.exhibit = number_;
    reading.place.path = {file.path()};
    reading.place.size_bytes = file.size_bytes;
    auto opened = OpenExhibitFile(path_, options_.times);
    if (opened.status().code() == StatusCode::kFailedPrecondition) {
      return opened.status();
    }
    if (!opened.ok()) {
      const bool is_gone = opened.status().code() == StatusCode::kNotFound;
      reading.problem = Problem{
          std::string(is_gone ? reason::kVanished : reason::kUnreadable),
          std::string(opened.status().message())};
      return reading;
    }
    reading.descriptor = *std::move(opened);
    ReadOpenFile(options_, reading);
    return reading;
  }

  std::vector<base::Descriptor> Segments(const FoundFile&) override {
    std::vector<base::Descriptor> segments;
    auto file = OpenExhibitFile(path_, options_.times);
    if (file.ok()) segments.push_back(*std::move(file));
    return segments;
  }

  bool HasBeside(const FoundFile&, const std::string&) override {
    return false;
  }

  bool ReadImage(const container::Sink&, std::optional<Problem>&) override {
    return false;
  }

 private:
  const uint32_t number_;
  const std::string path_;
  const uint64_t size_bytes_;
  const SourceOptions options_;
  const base::Descriptor file_;
  const Drive drive_;
};

StatusOr<std::vector<uint8_t>> ReadHead(int descriptor) {
  std::vector<uint8_t> head(container::kLongHeadBytes);
  size_t used = 0;
  while (used < head.size()) {
    const ssize_t got = pread(descriptor, head.data() + used,
                              head.size() - used, static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Unavailable(base::WithErrno("it cannot be read", errno));
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  head.resize(used);
  return head;
}

uint64_t SizeOfDrive(int descriptor) {
  const off_t end = lseek(descriptor, 0, SEEK_END);
  return end > 0 ? static_cast<uint64_t>(end) : 0;
}

// The folder itself, wherever it is attached, as far as its file system tells.
std::string IdentityOfFolder(int descriptor) {
  FileFacts facts;
  if (!facts.Get(descriptor)) return "";
  std::string identity = "inode " + std::to_string(facts.info.stx_ino);
  if ((facts.info.stx_mask & STATX_BTIME) != 0) {
    identity += " made " + std::to_string(facts.info.stx_btime.tv_sec) + "." +
                std::to_string(facts.info.stx_btime.tv_nsec);
  }
  return identity;
}

// Images, drives and files by their beginning: partitions, serial numbers.
std::string IdentityOfFile(uint64_t size_bytes, std::span<const uint8_t> head) {
  const base::Sha256Bytes digest = base::Sha256Of(head);
  return "size " + std::to_string(size_bytes) + " begins " +
         Sha256{digest}.ToHex();
}

struct OpenedFile {
  base::Descriptor file;
  bool is_regular = false;
  uint64_t size_bytes = 0;
  std::vector<uint8_t> head;
};

StatusOr<OpenedFile> OpenFileOf(const Exhibit& exhibit, AccessTimes times) {
  OpenedFile opened;
  KENAL_TRY_ASSIGN(opened.file, OpenExhibitFile(exhibit.path, times));
  FileFacts facts;
  if (!facts.Get(opened.file.number())) {
    return Unavailable(
        base::WithErrno(exhibit.path + ": cannot be looked at", errno));
  }
  opened.is_regular = facts.IsRegular();
  if (!opened.is_regular && !S_ISBLK(facts.info.stx_mode)) {
    return InvalidArgument(exhibit.path +
                           ": is neither a folder nor a file nor a drive");
  }
  opened.size_bytes =
      opened.is_regular ? facts.size() : SizeOfDrive(opened.file.number());
  auto head = ReadHead(opened.file.number());
  if (!head.ok()) {
    return Status(head.status().code(),
                  exhibit.path + ": " + std::string(head.status().message()));
  }
  opened.head = *std::move(head);
  return opened;
}

bool IsImage(container::Kind kind) {
  return kind == container::Kind::kDisk || kind == container::Kind::kEwf ||
         kind == container::Kind::kEncrypted;
}

}  // namespace

StatusOr<std::string> IdentityOf(const Exhibit& exhibit, AccessTimes times) {
  std::error_code ignored;
  if (std::filesystem::is_directory(exhibit.path, ignored)) {
    KENAL_TRY_ASSIGN(const Root root, Root::Open(exhibit.path, times));
    return IdentityOfFolder(root.number());
  }
  KENAL_TRY_ASSIGN(const OpenedFile opened, OpenFileOf(exhibit, times));
  return IdentityOfFile(opened.size_bytes, opened.head);
}

StatusOr<std::unique_ptr<Source>> OpenSource(uint32_t number,
                                             const SourceOptions& options,
                                             container::Opener& opener,
                                             Exhibit& exhibit) {
  std::error_code ignored;
  if (std::filesystem::is_directory(exhibit.path, ignored)) {
    KENAL_TRY_ASSIGN(Root root, Root::Open(exhibit.path, options.times));
    exhibit.identity = IdentityOfFolder(root.number());
    exhibit.kind = ExhibitKind::kFolder;
    exhibit.format = "folder";
    return std::make_unique<FolderSource>(number, std::move(root), options);
  }
  KENAL_TRY_ASSIGN(OpenedFile opened, OpenFileOf(exhibit, options.times));
  exhibit.identity = IdentityOfFile(opened.size_bytes, opened.head);
  exhibit.size_bytes = opened.size_bytes;
  const container::Recognised recognised =
      container::Recognise(opened.head, exhibit.size_bytes);
  if (!IsImage(recognised.kind) &&
      !container::IsFirstSegment(
          std::filesystem::path(exhibit.path).filename().string()) &&
      opened.is_regular) {
    exhibit.kind = ExhibitKind::kFile;
    exhibit.format = recognised.format;
    return std::make_unique<FileSource>(number, exhibit, std::move(opened.file),
                                        options);
  }
  exhibit.kind = ExhibitKind::kDiskImage;
  exhibit.format = recognised.format;
  return OpenImageSource(number, recognised.kind, options, opener, exhibit);
}

}  // namespace kenal::scan
