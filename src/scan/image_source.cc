#include "src/scan/image_source.h"

#include <algorithm>
#include <utility>

#include "src/base/mutex.h"
#include "src/container/segments.h"

namespace kenal::scan {
namespace {

using findings::Coverage;
using findings::Exhibit;
using findings::Place;
namespace reason = findings::reason;

constexpr size_t kFilesAtOnce = 256;

struct Image {
  std::string path;  // of its first segment
  container::Kind kind = container::Kind::kDisk;
  SourceOptions options;
  container::Opener* opener = nullptr;

  std::string Name() const {
    const std::string name = path.substr(path.rfind('/') + 1);
    return name.empty() ? "image" : name;
  }
};

StatusOr<std::vector<base::Descriptor>> SegmentsOf(const Image& image) {
  KENAL_TRY_ASSIGN(const std::vector<std::string> paths,
                   container::SegmentNames(image.path));
  std::vector<base::Descriptor> segments;
  for (const std::string& path : paths) {
    KENAL_TRY_ASSIGN(base::Descriptor segment,
                     OpenExhibitFile(path, image.options.times));
    segments.push_back(std::move(segment));
  }
  return segments;
}

// Errors: as Opener::Open.
StatusOr<std::unique_ptr<container::Container>> Open(
    const Image& image, std::span<const base::Descriptor> segments) {
  std::vector<int> descriptors;
  for (const base::Descriptor& segment : segments) {
    descriptors.push_back(segment.number());
  }
  return image.opener->Open(image.kind, descriptors, image.options.limits);
}

Problem ProblemOf(const Status& status) {
  const container::Failure failure = container::ReasonOf(status);
  return {ReasonOf(failure), failure.message};
}

class ImageSource final : public Source {
 public:
  // `file`: its first segment.
  ImageSource(uint32_t number, Image image, base::Descriptor file,
              std::unique_ptr<container::Container> opened, Problem problem)
      : number_(number),
        image_(std::move(image)),
        file_(std::move(file)),
        drive_(file_.number(), image_.options.devices),
        problem_(std::move(problem)),
        opened_(std::move(opened)) {}

  bool IsGone() const override { return drive_.IsGone(); }

  Status List(const WalkEvents& events) override {
    if (opened_ == nullptr)
      return events.problem(image_.Name(), Problem(problem_));
    for (const container::Volume& volume : opened_->volumes()) {
      const auto place = PlaceOfVolume(number_, volume);
      if (!place) continue;
      KENAL_TRY(events.problem(
          place->path[0], {place->reason, place->message, place->size_bytes}));
    }
    std::vector<FoundFile> found;
    container::Entry entry;
    while (!events.is_over() && Next(entry)) {
      KENAL_TRY(Take(std::move(entry), events, found));
      entry = {};
      if (found.size() < kFilesAtOnce) continue;
      KENAL_TRY(events.files(std::exchange(found, {})));
    }
    if (!found.empty()) KENAL_TRY(events.files(std::move(found)));
    std::optional<container::Failure> incomplete;
    {
      const base::MutexLock lock(mutex_);
      incomplete = opened_->incomplete();
    }
    if (!incomplete || events.is_over()) return OkStatus();
    return events.problem(
        image_.Name(),
        {ReasonOf(*incomplete),
         "not everything in it could be listed: " + incomplete->message});
  }

  StatusOr<Reading> Read(const FoundFile& file) override {
    Reading reading;
    const base::MutexLock lock(mutex_);
    const container::Entry& entry = entries_[file.entry];
    reading.place = PlaceOf(file, entry);
    if (entry.encrypted) {
      reading.problem = Problem{std::string(reason::kEncryptedVolume),
                                "its file system keeps it encrypted"};
      return reading;
    }
    KENAL_TRY(OpenAnew(reading.problem));
    if (reading.problem) return reading;
    IntakeStream intake(file.size_bytes,
                        {.container_bytes_max = kNestedBytesMax,
                         .large = image_.options.large});
    bool is_stopped = false;
    const container::ReadResult result =
        opened_->Read(entry, [&](std::span<const uint8_t> block) {
          intake.Add(block);
          is_stopped = image_.options.is_over();
          return !is_stopped;
        });
    reading.intake = intake.Finish();
    reading.has_intake =
        !is_stopped && (result.size_bytes > 0 || !result.failure);
    if (result.failure) {
      reading.problem =
          Problem{ReasonOf(*result.failure), result.failure->message};
    }
    return reading;
  }

  std::vector<base::Descriptor> Segments(const FoundFile&) override {
    return {};
  }

  bool HasBeside(const FoundFile&, const std::string&) override {
    return false;
  }

  void Rest() override {
    const base::MutexLock lock(mutex_);
    opened_ = nullptr;
  }

  bool ReadImage(const container::Sink& sink,
                 std::optional<Problem>& problem) override {
    if (opened_ == nullptr) return false;
    const base::MutexLock lock(mutex_);
    const container::ReadResult result = opened_->ReadImage(sink);
    if (result.failure) {
      problem = Problem{ReasonOf(*result.failure), result.failure->message};
    }
    return true;
  }

 private:
  // What it holds is named well enough to be read without being listed again.
  Status OpenAnew(std::optional<Problem>& problem) KENAL_REQUIRES(mutex_) {
    if (opened_ != nullptr) return OkStatus();
    KENAL_TRY_ASSIGN(const std::vector<base::Descriptor> segments,
                     SegmentsOf(image_));
    auto opened = Open(image_, segments);
    if (opened.ok()) {
      opened_ = *std::move(opened);
    } else if (opened.status().code() == StatusCode::kInvalidArgument) {
      problem = ProblemOf(opened.status());
    } else {
      return opened.status();
    }
    return OkStatus();
  }

  bool Next(container::Entry& entry) {
    const base::MutexLock lock(mutex_);
    return opened_->Next(entry);
  }

  Status Take(container::Entry&& entry, const WalkEvents& events,
              std::vector<FoundFile>& found) {
    if (entry.type == container::EntryType::kFolder || entry.is_virtual) {
      return OkStatus();
    }
    const std::string path = PathInImage(entry);
    if (entry.type == container::EntryType::kOther) {
      return events.problem(
          path, {std::string(reason::kSpecial), "neither a file nor a folder"});
    }
    const size_t slash = path.rfind('/') + 1;  // 0 when there is none
    const std::string folder = path.substr(0, slash);
    if (folder_ == nullptr || folder_->path != folder) {
      folder_ = std::make_shared<const FoundFolder>(
          FoundFolder{.exhibit = number_, .path = folder});
      rank_ = RankOfFolder(folder);
    }
    const Hint hint = HintOf(path);
    found.push_back({.folder = folder_,
                     .name = path.substr(slash),
                     .size_bytes = entry.size_bytes.value_or(0),
                     .address = entry.place.address,
                     .rank = RankOfFile(rank_, hint),
                     .hint = hint});
    entry.path = std::string();  // clear() would keep its memory
    const base::MutexLock lock(mutex_);
    found.back().entry = entries_.size();
    entries_.push_back(std::move(entry));
    return OkStatus();
  }

  static Place PlaceOf(const FoundFile& file, const container::Entry& entry) {
    return {.exhibit = file.folder->exhibit,
            .path = {file.path()},
            .address = file.address,
            .deleted = entry.deleted,
            .size_bytes = file.size_bytes,
            .modified_unix_ms = entry.modified_ms,
            .created_unix_ms = entry.created_ms,
            .accessed_unix_ms = entry.accessed_ms};
  }

  const uint32_t number_;
  const Image image_;
  const base::Descriptor file_;
  const Drive drive_;
  const Problem problem_;  // when it cannot be opened
  base::Mutex mutex_;
  std::unique_ptr<container::Container> opened_;  // under mutex_
  // By FoundFile::entry; without their paths.
  std::vector<container::Entry> entries_ KENAL_GUARDED_BY(mutex_);
  // Of the last entry: those of one folder come together. List alone uses it.
  std::shared_ptr<const FoundFolder> folder_;
  Rank rank_ = Rank::kOther;
};

void TellDigests(const container::Container& image, Exhibit& exhibit) {
  for (const container::StoredDigest& digest : image.stored_digests()) {
    if (digest.algorithm == "md5") {
      if (auto md5 = Md5::FromHex(digest.hex); md5.ok()) {
        exhibit.stored.md5 = *md5;
      }
    } else if (digest.algorithm == "sha1") {
      if (auto sha1 = Sha1::FromHex(digest.hex); sha1.ok()) {
        exhibit.stored.sha1 = *sha1;
      }
    }
  }
}

}  // namespace

std::string ReasonOf(const container::Failure& failure) {
  if (failure.reason == "member_too_large" ||
      failure.reason == "needs_too_much_memory") {
    return std::string(reason::kTooLarge);
  }
  if (failure.reason == "timed_out" || failure.reason == "opener_died") {
    return std::string(reason::kOpenerFailed);
  }
  if (failure.reason == "unknown") return std::string(reason::kUnknownVolume);
  if (failure.reason == "stopped") return std::string(reason::kNotReached);
  return failure.reason;
}

std::string PathInImage(const container::Entry& entry) {
  return "vol-" + std::to_string(entry.place.volume) + "/" + entry.path;
}

std::optional<Place> PlaceOfVolume(uint32_t exhibit,
                                   const container::Volume& volume) {
  if (volume.problem.empty() || volume.problem == "unallocated") {
    return std::nullopt;
  }
  return Place{.exhibit = exhibit,
               .path = {"vol-" + std::to_string(volume.number)},
               .size_bytes = volume.size_bytes,
               .coverage = Coverage::kNotExamined,
               .reason = ReasonOf({.reason = volume.problem}),
               .message = volume.description};
}

StatusOr<std::unique_ptr<Source>> OpenImageSource(uint32_t number,
                                                  container::Kind kind,
                                                  const SourceOptions& options,
                                                  container::Opener& opener,
                                                  Exhibit& exhibit) {
  const Image image{
      .path = exhibit.path,
      .kind = kind == container::Kind::kEwf ? kind : container::Kind::kDisk,
      .options = options,
      .opener = &opener};
  KENAL_TRY_ASSIGN(std::vector<base::Descriptor> segments, SegmentsOf(image));
  auto opened = Open(image, segments);
  Problem problem;
  if (!opened.ok()) {
    if (opened.status().code() != StatusCode::kInvalidArgument) {
      return opened.status();
    }
    problem = ProblemOf(opened.status());
    exhibit.problem = problem.reason;
    return std::make_unique<ImageSource>(number, image,
                                         std::move(segments.front()), nullptr,
                                         std::move(problem));
  }
  exhibit.format = (*opened)->format();
  exhibit.size_bytes = (*opened)->media_bytes();
  TellDigests(**opened, exhibit);
  for (const container::Volume& volume : (*opened)->volumes()) {
    exhibit.volumes.push_back({.number = volume.number,
                               .offset_bytes = volume.offset_bytes,
                               .size_bytes = volume.size_bytes,
                               .file_system = volume.file_system,
                               .problem = volume.problem});
  }
  return std::make_unique<ImageSource>(number, image,
                                       std::move(segments.front()),
                                       *std::move(opened), Problem());
}

}  // namespace kenal::scan
