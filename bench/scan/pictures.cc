#include "bench/scan/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <random>

#include "bench/scan/for_each.h"
#include "src/signal/pdq.h"

namespace kenal::evidence {
namespace {

namespace fs = std::filesystem;

constexpr int kSourceSidePixels = 1000;
constexpr int kPlantedBitsMax = 24;
constexpr int kApartBits = 70;
constexpr int kQualityMin = 60;
constexpr int kTriesMax = 50;

struct Draw {
  explicit Draw(uint64_t seed) : random(seed) {}
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random);
  }
  int Below(int count) {
    return std::uniform_int_distribution<>(0, count - 1)(random);
  }
  std::mt19937_64 random;
};

uint64_t SeedOf(uint64_t seed, uint64_t kind, uint64_t i, uint64_t attempt) {
  std::seed_seq sequence{seed, kind, i, attempt};
  std::array<uint32_t, 2> words{};
  sequence.generate(words.begin(), words.end());
  return (uint64_t{words[0]} << 32) | words[1];
}

signal::PdqResult PdqOf(const cv::Mat& picture) {
  cv::Mat rgb;
  cv::cvtColor(picture, rgb, cv::COLOR_BGR2RGB);
  signal::PdqStream stream(rgb.cols, rgb.rows);
  for (int y = 0; y < rgb.rows; ++y) stream.AddRgbRow(rgb.ptr<uint8_t>(y));
  return stream.Finish();
}

int Apart(const signal::PdqResult& one, const signal::PdqResult& other) {
  int least = HammingDistance(one.hash, other.hash);
  for (const PdqHash& variant : one.dihedral) {
    least = std::min(least, HammingDistance(variant, other.hash));
  }
  return least;
}

Bytes Encode(const cv::Mat& picture, const char* ending, int quality) {
  Bytes out;
  const std::string kind = ending;
  std::vector<int> parameters;
  if (kind == ".jpg") parameters = {cv::IMWRITE_JPEG_QUALITY, quality};
  if (kind == ".webp") parameters = {cv::IMWRITE_WEBP_QUALITY, quality};
  cv::imencode(kind, picture, out, parameters);
  return out;
}

cv::Size SizeOf(const PictureOptions& options, Draw& draw) {
  constexpr std::array<double, 6> kAspects = {4.0 / 3, 3.0 / 2, 16.0 / 9,
                                              1.0,     3.0 / 4, 2.0 / 3};
  const double mpx =
      options.median_mpx *
      std::exp(options.sigma * std::normal_distribution<>()(draw.random));
  const double pixels = std::clamp(mpx, 0.02, 12.0) * 1e6;
  const double aspect = kAspects[static_cast<size_t>(draw.Below(6))];
  const double width = std::sqrt(pixels * aspect);
  return {static_cast<int>(width), static_cast<int>(pixels / width)};
}

// Shapes on a gradient, with grain.
cv::Mat Drawn(cv::Size size, Draw& draw) {
  const auto colour = [&] {
    return cv::Scalar(draw.Below(256), draw.Below(256), draw.Below(256));
  };
  cv::Mat corners(2, 2, CV_8UC3);
  for (int i = 0; i < 4; ++i) {
    corners.at<cv::Vec3b>(i / 2, i % 2) = {
        static_cast<uint8_t>(draw.Below(256)),
        static_cast<uint8_t>(draw.Below(256)),
        static_cast<uint8_t>(draw.Below(256))};
  }
  cv::Mat out;
  cv::resize(corners, out, size, 0, 0, cv::INTER_LINEAR);
  const int shapes = 12 + draw.Below(30);
  for (int i = 0; i < shapes; ++i) {
    const cv::Point at(draw.Below(size.width), draw.Below(size.height));
    const int reach = 3 + draw.Below(std::max(4, size.width / 4));
    if (i % 3 == 0) {
      cv::circle(out, at, reach, colour(), cv::FILLED, cv::LINE_AA);
    } else if (i % 3 == 1) {
      cv::ellipse(out, at, {reach, reach / 2 + 1}, draw.Below(180), 0, 360,
                  colour(), cv::FILLED, cv::LINE_AA);
    } else {
      cv::line(out, at, {draw.Below(size.width), draw.Below(size.height)},
               colour(), 1 + reach / 12, cv::LINE_AA);
    }
  }
  return out;
}

cv::Mat CutOut(const cv::Mat& source, cv::Size size, double share_min,
               Draw& draw) {
  const double aspect = static_cast<double>(size.width) / size.height;
  const double widest = std::min<double>(source.cols, source.rows * aspect);
  const double width = std::max(16.0, widest * draw.Uniform(share_min, 1.0));
  const cv::Size cut(
      std::min(source.cols, static_cast<int>(width)),
      std::clamp(static_cast<int>(width / aspect), 8, source.rows));
  const cv::Point at(draw.Below(source.cols - cut.width + 1),
                     draw.Below(source.rows - cut.height + 1));
  cv::Mat out;
  cv::resize(source(cv::Rect(at, cut)), out, size, 0, 0,
             size.width < cut.width ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out;
}

std::vector<cv::Mat> Photographs(const PictureOptions& options) {
  std::vector<std::string> paths;
  for (const auto& found :
       fs::recursive_directory_iterator(options.photographs)) {
    if (found.is_regular_file()) paths.push_back(found.path().string());
  }
  std::ranges::sort(paths);
  std::vector<cv::Mat> read(paths.size());
  ForEach(options.threads, paths.size(), [&](size_t i) {
    cv::Mat picture = cv::imread(paths[i], cv::IMREAD_COLOR);
    if (picture.empty()) return;
    const double shrink =
        std::min(1.0, static_cast<double>(kSourceSidePixels) /
                          std::max(picture.cols, picture.rows));
    cv::resize(picture, read[i], {}, shrink, shrink, cv::INTER_AREA);
  });
  std::erase_if(
      read, [](const cv::Mat& one) { return one.cols < 64 || one.rows < 64; });
  std::ranges::shuffle(read, Draw(SeedOf(options.seed, 0, 0, 0)).random);
  return read;
}

cv::Mat Scaled(const cv::Mat& picture, double scale) {
  cv::Mat out;
  cv::resize(picture, out, {}, scale, scale, cv::INTER_AREA);
  return out;
}

cv::Mat Lighter(const cv::Mat& picture, double added) {
  cv::Mat out;
  picture.convertTo(out, -1, 1.0, added);
  return out;
}

// The kinds of copy that docs/robustness.md gives as always found.
Known WithCopies(Bytes original) {
  const cv::Mat picture = cv::imdecode(original, cv::IMREAD_COLOR);
  Known out{.original = std::move(original)};
  const auto add = [&](const char* name, const cv::Mat& copy, int quality) {
    out.copies.push_back({name, Encode(copy, ".jpg", quality)});
  };
  add("jpeg-75", picture, 75);
  add("jpeg-50", picture, 50);
  add("scale-75", Scaled(picture, 0.75), 85);
  add("scale-50", Scaled(picture, 0.5), 85);
  add("lighter", Lighter(picture, 12), 85);
  add("darker", Lighter(picture, -12), 85);
  return out;
}

struct Candidate {
  Known known;
  signal::PdqResult pdq;
};

class Maker {
 public:
  explicit Maker(const PictureOptions& options) : options_(options) {}

  StatusOr<Pictures> Make() {
    if (!options_.photographs.empty()) {
      std::error_code error;
      if (!fs::is_directory(options_.photographs, error)) {
        return NotFound(options_.photographs + ": is no folder");
      }
      photographs_ = Photographs(options_);
      if (photographs_.size() < 2) {
        return NotFound(options_.photographs + ": holds no photographs");
      }
    }
    // Half of the photographs are for known originals and nothing else.
    for_known_ = photographs_.size() / 2;
    KENAL_TRY(MakeKnown());
    MakeDistinct();
    return std::move(out_);
  }

 private:
  std::optional<Candidate> TryKnown(size_t number, uint64_t attempt) const;
  Status MakeKnown();
  void MakeDistinct();
  cv::Mat DrawDistinct(size_t i, uint64_t attempt) const;

  const PictureOptions options_;
  std::vector<cv::Mat> photographs_;
  size_t for_known_ = 0;
  std::vector<signal::PdqResult> known_pdqs_;
  Pictures out_;
};

// nullopt: of too little detail, or altered copies would be too far away.
std::optional<Candidate> Maker::TryKnown(size_t number,
                                         uint64_t attempt) const {
  Draw draw(SeedOf(options_.seed, 1, number, attempt));
  const cv::Size size = SizeOf(options_, draw);
  const cv::Mat picture = number < for_known_ && attempt == 0
                              ? CutOut(photographs_[number], size, 0.9, draw)
                              : Drawn(size, draw);
  Candidate out{.known = WithCopies(Encode(picture, ".jpg", 85))};
  out.pdq = PdqOf(cv::imdecode(out.known.original, cv::IMREAD_COLOR));
  if (out.pdq.quality < kQualityMin) return std::nullopt;
  for (const Copy& copy : out.known.copies) {
    const auto pdq = PdqOf(cv::imdecode(copy.bytes, cv::IMREAD_COLOR));
    if (HammingDistance(pdq.hash, out.pdq.hash) > kPlantedBitsMax ||
        pdq.quality < kQualityMin) {
      return std::nullopt;
    }
  }
  for (const auto& other : known_pdqs_) {
    if (Apart(other, out.pdq) <= kApartBits) return std::nullopt;
  }
  return out;
}

Status Maker::MakeKnown() {
  size_t number = 0;
  for (uint64_t attempt = 0; out_.known.size() <= options_.known;) {
    auto candidate = TryKnown(number, attempt);
    if (candidate) {
      known_pdqs_.push_back(candidate->pdq);
      out_.known.push_back(std::move(candidate->known));
    } else if (++attempt < kTriesMax && number >= for_known_) {
      continue;
    }
    if (attempt >= kTriesMax) {
      return Internal("no picture could be drawn that is far from the others");
    }
    ++number;
    attempt = 0;
  }
  out_.lone = std::move(out_.known.back());
  out_.known.pop_back();
  return OkStatus();
}

cv::Mat Maker::DrawDistinct(size_t i, uint64_t attempt) const {
  Draw draw(SeedOf(options_.seed, 2, i, attempt));
  const cv::Size size = SizeOf(options_, draw);
  const int others = static_cast<int>(photographs_.size() - for_known_);
  if (others == 0 || draw.Below(5) == 0) return Drawn(size, draw);
  const auto any = [&]() -> const cv::Mat& {
    return photographs_[for_known_ + static_cast<size_t>(draw.Below(others))];
  };
  cv::Mat out = CutOut(any(), size, 0.35, draw);
  if (draw.Below(2) == 0) {
    const cv::Mat second = CutOut(any(), size, 0.35, draw);
    const double share = draw.Uniform(0.1, 0.4);
    cv::addWeighted(out, 1 - share, second, share, 0, out);
  }
  if (draw.Below(2) == 0) cv::flip(out, out, 1);
  out.convertTo(out, -1, draw.Uniform(0.7, 1.2), draw.Uniform(-25, 25));
  return out;
}

void Maker::MakeDistinct() {
  out_.distinct.resize(options_.distinct);
  ForEach(options_.threads, options_.distinct, [&](size_t i) {
    for (uint64_t attempt = 0; attempt < kTriesMax; ++attempt) {
      const cv::Mat picture = DrawDistinct(i, attempt);
      const signal::PdqResult pdq = PdqOf(picture);
      const bool far = std::ranges::all_of(known_pdqs_, [&](const auto& known) {
        return Apart(known, pdq) > kApartBits;
      });
      if (!far) continue;
      const bool small = picture.total() < 150'000;
      Picture& out = out_.distinct[i];
      out.ending = i % 20 == 7 && small ? ".png"
                   : i % 33 == 5        ? ".webp"
                                        : ".jpg";
      out.bytes = Encode(picture, out.ending, options_.jpeg_quality);
      return;
    }
  });
}

}  // namespace

StatusOr<Pictures> MakePictures(const PictureOptions& options) {
  cv::setNumThreads(1);
  return Maker(options).Make();
}

}  // namespace kenal::evidence
