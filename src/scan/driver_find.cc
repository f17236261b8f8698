// Finding files, drawing samples of them, and what becomes of whole images.
#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "src/base/digest.h"
#include "src/scan/custody_records.h"
#include "src/scan/driver.h"

namespace kenal::scan {
namespace {

using findings::Exhibit;
using findings::Place;
namespace reason = findings::reason;

// Disk images that are open at once, each in a worker of its own.
constexpr int kOpenImagesMax = 4;

}  // namespace

void Driver::FindFiles() {
  for (uint32_t number = 0; number < options_.exhibits.size(); ++number) {
    if (IsOver()) {
      const base::MutexLock lock(mutex_);
      unlisted_.push_back(number);
      continue;
    }
    if (Status status = ListExhibit(number); !status.ok()) {
      Fail(status);
      break;
    }
  }
  if (options_.sample && failure().ok()) DrawSample();
  all_found_ = true;
  queue_.Finish();
}

Status Driver::ListExhibit(uint32_t number) {
  Exhibit exhibit = options_.exhibits[number];
  {
    const base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return open_images_ < kOpenImagesMax || options_.sample ||
             failure_ != StatusCode::kOk || IsOver();
    });
    if (failure_ != StatusCode::kOk) return OkStatus();
  }
  KENAL_TRY_ASSIGN(std::shared_ptr<Source> source,
                   OpenSource(number,
                              {.times = options_.times,
                               .is_over = [this] { return IsOver(); },
                               .large = &large_,
                               .devices = options_.devices},
                              parts_.opener, exhibit));
  const bool is_image = exhibit.kind == findings::ExhibitKind::kDiskImage;
  if (number < exhibits_.size()) {
    const base::MutexLock lock(mutex_);
    Exhibit& before = exhibits_[number];
    exhibit.computed = before.computed;
    // Found when it was hashed, since it could be opened.
    if (exhibit.problem.empty() && !before.volumes.empty()) {
      exhibit.problem = before.problem;
    }
    before = exhibit;
  } else {
    const base::MutexLock lock(mutex_);
    exhibits_.push_back(exhibit);
    KENAL_TRY(log_->Append("exhibit", RecordOf(exhibit)));
  }
  KENAL_TRY(journal_->Put(exhibit));
  if (IsToBeHashed(exhibit)) image_bytes_ += exhibit.size_bytes;
  {
    const base::MutexLock lock(mutex_);
    sources_[number].source = source;
    sources_[number].is_image = is_image;
    open_images_ += is_image ? 1 : 0;
  }
  const WalkEvents events{.files =
                              [&](std::vector<FoundFile>&& files) {
                                return TakeFound(number, std::move(files));
                              },
                          .problem =
                              [&](const std::string& path, Problem&& problem) {
                                if (source->IsGone()) return Drive::Gone(path);
                                Place place{.exhibit = number, .path = {path}};
                                if (earlier_.done.Contains(place))
                                  return OkStatus();
                                return examiner_->Tell(std::move(place),
                                                       std::move(problem));
                              },
                          .is_over = [this] { return IsOver(); }};
  KENAL_TRY(source->List(events));
  if (source->IsGone()) return Drive::Gone(exhibit.path);
  // All exhibits are listed before the first is read.
  if (options_.sample) source->Rest();
  const base::MutexLock lock(mutex_);
  if (IsOver()) unlisted_.push_back(number);
  sources_[number].is_listed = true;
  if (sources_[number].pending == 0) {
    open_images_ -= is_image ? 1 : 0;
    sources_[number].source = nullptr;
  }
  return OkStatus();
}

// A sample is drawn from everything, what is done already included.
Status Driver::TakeFound(uint32_t number, std::vector<FoundFile>&& files) {
  if (!options_.sample) {
    std::erase_if(files, [&](const FoundFile& file) {
      const bool is_done = earlier_.done.Contains(
          {.exhibit = number, .path = {file.path()}, .address = file.address});
      if (is_done) {
        ++done_before_files_;
        done_before_bytes_ += file.size_bytes;
      }
      return is_done;
    });
  }
  {
    const base::MutexLock lock(mutex_);
    sources_[number].pending += files.size();
  }
  queue_.Push(std::move(files));
  return OkStatus();
}

void Driver::DrawSample() {
  struct File {
    std::string key;
    uint64_t size_bytes = 0;
  };
  std::vector<File> files;
  const auto key_of = [](const FoundFile& file) {
    return findings::KeyOf({.exhibit = file.folder->exhibit,
                            .path = {file.path()},
                            .address = file.address});
  };
  queue_.ForEach([&](const FoundFile& file) {
    files.push_back({key_of(file), file.size_bytes});
  });
  std::ranges::sort(files, {}, &File::key);
  std::vector<uint64_t> sizes;
  for (const File& file : files) sizes.push_back(file.size_bytes);
  SampleOrder order = *options_.sample;
  order.seed = run_.sample->seed;
  const std::vector<bool> drawn = DrawFiles(order, sizes);
  const uint64_t population =
      std::accumulate(sizes.begin(), sizes.end(), uint64_t{0});
  run_.sample = {.confidence = order.confidence,
                 .material_bytes = order.material_bytes,
                 .population_bytes = population,
                 .draws = DrawCount(order, population),
                 .seed = order.seed};
  const auto is_drawn = [&](const FoundFile& file) {
    const auto at =
        std::ranges::lower_bound(files, key_of(file), {}, &File::key);
    return drawn[static_cast<size_t>(at - files.begin())];
  };
  const auto is_done = [&](const FoundFile& file) {
    return earlier_.done.Contains({.exhibit = file.folder->exhibit,
                                   .path = {file.path()},
                                   .address = file.address});
  };
  std::vector<FoundFile> others = queue_.Release(
      [&](const FoundFile& file) { return is_drawn(file) && !is_done(file); });
  for (FoundFile& file : others) {
    const uint32_t number = file.folder->exhibit;
    Place place{.exhibit = number,
                .path = {file.path()},
                .address = file.address,
                .size_bytes = file.size_bytes};
    LetGo(number, 1);
    // What an earlier part found there stays, drawn or not.
    if (is_done(file)) {
      ++done_before_files_;
      done_before_bytes_ += file.size_bytes;
      continue;
    }
    Status status = examiner_->Tell(
        std::move(place),
        {std::string(reason::kNotSampled), "not part of the random sample"});
    if (!status.ok()) return Fail(status);
  }
}

bool Driver::IsToBeHashed(const Exhibit& exhibit) const {
  return options_.hashes_images &&
         exhibit.kind == findings::ExhibitKind::kDiskImage &&
         !exhibit.computed.any() && exhibit.problem.empty();
}

Status Driver::HashImages() {
  hashing_began_ = std::chrono::duration<double>(Clock::now() - start_).count();
  for (uint32_t number = 0; number < exhibits_.size(); ++number) {
    if (!IsToBeHashed(exhibits_[number])) continue;
    if (IsOver()) return OkStatus();
    KENAL_TRY(HashImage(number));
  }
  return OkStatus();
}

Status Driver::HashImage(uint32_t number) {
  Exhibit exhibit = exhibits_[number];
  KENAL_TRY_ASSIGN(
      const std::unique_ptr<Source> source,
      OpenSource(number, {.times = options_.times, .devices = options_.devices},
                 parts_.opener, exhibit));
  base::DigestStream digests;
  std::optional<Problem> problem;
  bool is_over = false;
  uint64_t hashed = 0;
  const bool is_read = source->ReadImage(
      [&](std::span<const uint8_t> block) {
        digests.Add(block);
        hashed += block.size();
        image_bytes_hashed_ += block.size();
        is_over = IsOver();
        return !is_over;
      },
      problem);
  if (is_over) return OkStatus();
  if (source->IsGone()) return Drive::Gone(exhibit.path);
  if (!is_read) problem = Problem{exhibit.problem, ""};  // not open any more
  exhibit = exhibits_[number];
  if (problem) {
    exhibit.problem = problem->reason;
    image_bytes_ -= exhibit.size_bytes - std::min(exhibit.size_bytes, hashed);
  } else {
    const base::Digests computed = digests.Finish();
    exhibit.computed = {.md5 = Md5{computed.md5},
                        .sha1 = Sha1{computed.sha1},
                        .sha256 = Sha256{computed.sha256}};
  }
  {
    const base::MutexLock lock(mutex_);
    exhibits_[number] = exhibit;
  }
  KENAL_TRY(log_->Append("image_hashed", RecordOf(exhibit)));
  return journal_->Put(exhibit);
}

Status Driver::TellUnreached() {
  std::vector<FoundFile> files = queue_.Rest();
  std::set<uint32_t> unlisted;
  {
    const base::MutexLock lock(mutex_);
    std::ranges::move(unreached_, std::back_inserter(files));
    unlisted.insert(unlisted_.begin(), unlisted_.end());
  }
  for (const FoundFile& file : files) {
    KENAL_TRY(examiner_->Tell(
        {.exhibit = file.folder->exhibit,
         .path = {file.path()},
         .address = file.address,
         .size_bytes = file.size_bytes},
        {std::string(reason::kNotReached), "the scan ended before it"}));
  }
  for (const uint32_t number : unlisted) {
    if (number >= exhibits_.size()) {
      exhibits_.push_back(options_.exhibits[number]);
      KENAL_TRY(journal_->Put(exhibits_.back()));
    }
    KENAL_TRY(
        examiner_->Tell({.exhibit = number, .path = {"."}},
                        {std::string(reason::kNotReached),
                         "the scan ended before all of its files were found"}));
  }
  return OkStatus();
}

}  // namespace kenal::scan
