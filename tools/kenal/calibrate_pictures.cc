#include "tools/kenal/calibrate_pictures.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <random>
#include <set>
#include <utility>

#include "src/engine/comparing.h"
#include "src/exchange/text.h"
#include "tools/kenal/progress.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSampleSeed = 1;

Status CheckFolder(const std::string& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) {
    return NotFound(exchange::ForDisplay(folder) + ": no such folder");
  }
  if (error) {
    return Unavailable(exchange::ForDisplay(folder) + ": " + error.message());
  }
  if (!fs::is_directory(status)) {
    return InvalidArgument(exchange::ForDisplay(folder) +
                           ": is not a folder; give the folder that your "
                           "pictures are in");
  }
  return OkStatus();
}

bool IsFlat(const SignalSet& signals) {
  return std::ranges::none_of(signals.pdq, [](const PdqView& pdq) {
    return kWholeViews.Contains(pdq.view) && MakesNearMatches(pdq);
  });
}

void AddHashes(const SignalSet& signals, Effort effort,
               CalibratedPicture& picture) {
  const ViewSet stored = CalibratedPolicy().stored_views | kWholeViews;
  for (const PdqView& pdq : signals.pdq) {
    if (!MakesNearMatches(pdq)) continue;
    const bool template_like = pdq.template_like.value_or(false);
    engine::ForEachHash(
        signals, pdq, [&](const PdqHash& hash, Variant variant) {
          if (!engine::Compares(effort, pdq.view, variant)) return;
          picture.queries.push_back({hash, pdq.view, template_like});
        });
    if (!stored.Contains(pdq.view)) continue;
    picture.rows.push_back({pdq.hash, pdq.view, template_like});
  }
}

class Collector {
 public:
  Collector(Context& context, const PicturesAsked& asked,
            CalibratedFolder& folder)
      : context_(context), asked_(asked), folder_(folder) {}

  void Add(const std::string& path, const SignalSet& signals) {
    if (signals.pdq_failure) {
      SayFailure(context_.console, path, *signals.pdq_failure);
      ++folder_.failed_count;
    } else if (signals.picture && signals.picture->damaged) {
      // What is left of it is not what its copies would be made of.
      SayDamaged(context_.console, path);
      ++folder_.failed_count;
    } else if (!seen_.insert(*signals.sha256).second) {
      ++folder_.equal_count;
    } else if (IsFlat(signals)) {
      ++folder_.flat_count;
    } else {
      CalibratedPicture picture{
          .path = path,
          .name = fs::path(path).lexically_relative(asked_.folder).string(),
          .digest = *signals.sha256};
      AddHashes(signals, asked_.effort, picture);
      folder_.pictures.push_back(std::move(picture));
    }
  }

 private:
  Context& context_;
  const PicturesAsked& asked_;
  CalibratedFolder& folder_;
  std::set<Sha256> seen_;
};

}  // namespace

ListPolicy CalibratedPolicy() {
  ListPolicy policy;
  policy.review_radius = Radius{kRadiusBitsMax};
  return policy;
}

std::vector<size_t> ChosenOf(size_t count, size_t sample) {
  std::vector<size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (sample == 0 || sample >= count) return numbers;
  std::mt19937_64 random(kSampleSeed);
  for (size_t i = 0; i < sample; ++i) {
    std::swap(numbers[i], numbers[i + random() % (count - i)]);
  }
  numbers.resize(sample);
  std::ranges::sort(numbers);
  return numbers;
}

StatusOr<CalibratedFolder> HashFolder(Context& context,
                                      const PicturesAsked& asked,
                                      const std::stop_token& stop) {
  KENAL_TRY(CheckFolder(asked.folder));
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = asked.workers}));
  const engine::FoundFiles found = FindFilesAndSay(context, {asked.folder});
  std::vector<std::string> files;
  for (const size_t i : ChosenOf(found.files.size(), asked.sample)) {
    files.push_back(found.files[i]);
  }
  CalibratedFolder folder{.folder = asked.folder,
                          .file_count = files.size(),
                          .found_count = found.files.size()};
  Collector collector(context, asked, folder);
  Progress progress(context.console, "hash", "files", files.size());
  const HashWork work{.views = QueryViews(asked.effort) |
                               CalibratedPolicy().stored_views};
  KENAL_TRY(engine::HashFiles(
      *hasher, files, work, [&](size_t i, SignalSet&& signals) -> Status {
        if (stop.stop_requested()) {
          return Status(StatusCode::kCancelled,
                        "interrupted before everything was hashed; nothing was "
                        "measured");
        }
        collector.Add(files[i], signals);
        progress.Update(i + 1);
        return OkStatus();
      }));
  folder.some_failed = folder.failed_count > 0 || !found.errors.empty();
  return folder;
}

}  // namespace kenal::cli
