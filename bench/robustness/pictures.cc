#include "bench/robustness/pictures.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>

#include "bench/robustness/parallel.h"
#include "bench/robustness/read.h"
#include "bench/robustness/views_of.h"

namespace kenal::robustness {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSampleSeed = 1;

std::vector<std::string> NamesBelow(const fs::path& folder) {
  std::vector<std::string> names;
  const auto options = fs::directory_options::skip_permission_denied |
                       fs::directory_options::follow_directory_symlink;
  for (const auto& found : fs::recursive_directory_iterator(folder, options)) {
    if (found.is_regular_file()) {
      names.push_back(fs::relative(found.path(), folder).string());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::vector<size_t> Chosen(size_t count, size_t sample) {
  std::vector<size_t> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = i;
  if (sample == 0 || sample >= count) return numbers;
  std::mt19937_64 random(kSampleSeed);
  for (size_t i = 0; i < sample; ++i) {
    std::swap(numbers[i], numbers[i + random() % (count - i)]);
  }
  numbers.resize(sample);
  std::ranges::sort(numbers);
  return numbers;
}

bool IsFarApart(const PdqView& a, const PdqView& b, int bits) {
  if (HammingDistance(a.hash, b.hash) <= bits) return false;
  if (!a.dihedral) return true;
  return std::ranges::none_of(*a.dihedral, [&](const PdqHash& variant) {
    return HammingDistance(variant, b.hash) <= bits;
  });
}

}  // namespace

StatusOr<Corpus> LoadCorpus(const std::string& folder,
                            const LoadOptions& options) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return NotFound(folder + ": is no folder");
  }
  const std::vector<std::string> names = NamesBelow(folder);
  const std::vector<size_t> chosen = Chosen(names.size(), options.sample);
  std::vector<Picture> read(chosen.size());
  std::vector<std::string> failures(chosen.size());
  ForEach("reading " + folder, chosen.size(), options.threads, [&](size_t i) {
    Picture& picture = read[i];
    picture.number = chosen[i];
    picture.name = names[chosen[i]];
    auto pixels = ReadPicture((fs::path(folder) / picture.name).string(),
                              options.side_pixels_max);
    if (!pixels.ok()) {
      if (pixels.status().code() == StatusCode::kNotFound) return;
      failures[i] =
          picture.name + ": " + std::string(pixels.status().message());
      return;
    }
    picture.views = ViewsOf(*pixels, options.work);
    if (options.keep_pixels) picture.pixels = *std::move(pixels);
  });
  Corpus corpus;
  for (size_t i = 0; i < read.size(); ++i) {
    if (!failures[i].empty()) {
      corpus.unreadable.push_back(std::move(failures[i]));
    }
    if (read[i].views.empty()) continue;
    const PdqView& whole = read[i].views.front();
    if (whole.quality.value_or(100) < options.quality_min) {
      ++corpus.flat_count;
      continue;
    }
    const bool is_new =
        std::ranges::all_of(corpus.pictures, [&](const Picture& other) {
          return IsFarApart(whole, other.views.front(), options.apart_bits);
        });
    if (!is_new) {
      ++corpus.repeated_count;
      continue;
    }
    corpus.pictures.push_back(std::move(read[i]));
  }
  return corpus;
}

}  // namespace kenal::robustness
