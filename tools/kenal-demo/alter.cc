#include <algorithm>
#include <filesystem>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "tools/kenal-demo/demo.h"

namespace kenal::demo {
namespace {

namespace fs = std::filesystem;

constexpr int kJpegQuality = 90;

struct Alteration {
  std::string name;
  std::function<cv::Mat(const cv::Mat&)> apply;
  int jpeg_quality = kJpegQuality;
};

cv::Mat Grey(const cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

cv::Mat Text(const cv::Mat& picture) {
  constexpr double kHeightShare = 0.04;
  constexpr double kFontHeightPx = 22.0;  // of Hershey simplex at scale 1
  cv::Mat copy = picture.clone();
  const double scale = picture.rows * kHeightShare / kFontHeightPx;
  const int thickness = std::max(1, static_cast<int>(scale * 2));
  cv::putText(copy, "seen at example.org",
              {picture.cols / 20, picture.rows - picture.rows / 20},
              cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar::all(255), thickness,
              cv::LINE_AA);
  return copy;
}

cv::Mat Border(const cv::Mat& picture) {
  const int width = std::max(1, std::min(picture.rows, picture.cols) / 100);
  cv::Mat copy;
  cv::copyMakeBorder(picture, copy, width, width, width, width,
                     cv::BORDER_CONSTANT, cv::Scalar::all(0));
  return copy;
}

// As a picture looks within a post: a bar above, lines of text below.
cv::Mat Post(const cv::Mat& picture) {
  const int bar = picture.rows / 10;
  cv::Mat copy;
  cv::copyMakeBorder(picture, copy, bar, 2 * bar, bar / 2, bar / 2,
                     cv::BORDER_CONSTANT, cv::Scalar::all(245));
  const double scale = bar / 60.0;
  const int thickness = std::max(1, static_cast<int>(scale * 2));
  const auto write = [&](const char* text, int y) {
    cv::putText(copy, text, {bar, y}, cv::FONT_HERSHEY_SIMPLEX, scale,
                cv::Scalar::all(40), thickness, cv::LINE_AA);
  };
  write("somebody posted this", bar * 2 / 3);
  write("and somebody else liked it", copy.rows - bar * 5 / 4);
  write("17 comments", copy.rows - bar / 2);
  return copy;
}

// As an editor leaves it that turns within the canvas.
cv::Mat Tilted(const cv::Mat& picture) {
  constexpr double kDegrees = 4;
  const cv::Point2f middle(static_cast<float>(picture.cols) / 2,
                           static_cast<float>(picture.rows) / 2);
  cv::Mat copy;
  cv::warpAffine(picture, copy,
                 cv::getRotationMatrix2D(middle, kDegrees, 1.0),
                 picture.size());
  return copy;
}

std::vector<Alteration> Alterations() {
  const auto turned = [](int how) {
    return [how](const cv::Mat& picture) {
      cv::Mat copy;
      cv::rotate(picture, copy, how);
      return copy;
    };
  };
  return {
      {"half-size",
       [](const cv::Mat& picture) {
         cv::Mat copy;
         cv::resize(picture, copy, {}, 0.5, 0.5, cv::INTER_AREA);
         return copy;
       }},
      {"jpeg-30", [](const cv::Mat& picture) { return picture; }, 30},
      {"greyscale", Grey},
      {"mirrored",
       [](const cv::Mat& picture) {
         cv::Mat copy;
         cv::flip(picture, copy, 1);
         return copy;
       }},
      {"quarter-turn", turned(cv::ROTATE_90_CLOCKWISE)},
      {"small-text", Text},
      {"brighter-20",
       [](const cv::Mat& picture) {
         cv::Mat copy;
         picture.convertTo(copy, -1, 1.2, 0);
         return copy;
       }},
      {"border-1", Border},
      {"in-a-post", Post},
      {"tilted-4", Tilted},
  };
}

Status AlterOne(const fs::path& source, const fs::path& out) {
  const std::string work = source.stem().string();
  const fs::path same =
      out / (work + ".unchanged" + source.extension().string());
  fs::copy_file(source, same, fs::copy_options::skip_existing);
  cv::Mat picture;  // decoded when the first copy is missing
  for (const Alteration& alteration : Alterations()) {
    const fs::path copy = out / (work + "." + alteration.name + ".jpg");
    if (fs::exists(copy)) continue;
    if (picture.empty()) {
      picture = cv::imread(source.string(), cv::IMREAD_COLOR);
      if (picture.empty()) {
        return InvalidArgument(source.string() + ": OpenCV cannot read it");
      }
    }
    // Renamed when whole, so that a broken run leaves no half copy behind.
    const fs::path part = out / (work + "." + alteration.name + ".part.jpg");
    if (!cv::imwrite(part.string(), alteration.apply(picture),
                     {cv::IMWRITE_JPEG_QUALITY, alteration.jpeg_quality})) {
      return Unavailable(part.string() + ": cannot be written");
    }
    fs::rename(part, copy);
  }
  return OkStatus();
}

}  // namespace

Status MakeCopies(const std::string& listed, const std::string& out) {
  fs::create_directories(out);
  for (const auto& source : fs::directory_iterator(listed)) {
    try {
      KENAL_TRY(AlterOne(source.path(), out));
    } catch (const cv::Exception& e) {  // OpenCV reports everything this way.
      return Internal(source.path().string() + ": " + e.what());
    }
  }
  return OkStatus();
}

}  // namespace kenal::demo
