#include "bench/robustness/alterations.h"

#include <opencv2/core.hpp>

#include "tools/kenal-calibrate/alter.h"

namespace kenal::robustness {
namespace {

constexpr uint64_t kSeedBase = 1000;
constexpr int kFramedQuality = 85;  // of copies that are made to be posted

using Pixels = std::function<cv::Mat(const Scene&)>;

class Table {
 public:
  explicit Table(std::string group) : group_(std::move(group)) {}

  void Family(std::string name) { family_ = std::move(name); }
  void AddCopy(std::string name, std::function<Copy(const Scene&)> apply) {
    alterations_.push_back(
        {std::move(name), family_, group_, std::move(apply)});
  }
  void Add(std::string name, Pixels apply) {
    AddCopy(std::move(name), [apply = std::move(apply)](const Scene& scene) {
      return AsIs(apply(scene));
    });
  }
  void AddJpeg(std::string name, int quality, Pixels apply) {
    AddCopy(std::move(name),
            [quality, apply = std::move(apply)](const Scene& scene) {
              return AsJpeg(apply(scene), quality);
            });
  }
  std::vector<Alteration> Take() { return std::move(alterations_); }

 private:
  std::string group_;
  std::string family_;
  std::vector<Alteration> alterations_;
};

std::string Named(const char* what, int amount, const char* unit) {
  return what + std::to_string(amount) + unit;
}

void AddEncodings(Table& table) {
  table.Family("re-encoding");
  table.AddCopy("unaltered, as PNG",
                [](const Scene& s) { return AsPng(s.picture); });
  for (int quality : {90, 50, 20}) {
    table.AddJpeg(Named("jpeg q", quality, ""), quality,
                  [](const Scene& s) { return s.picture; });
  }
  table.AddCopy("webp q50",
                [](const Scene& s) { return AsWebp(s.picture, 50); });
  table.AddCopy("gif 256", [](const Scene& s) { return AsGif(s.picture); });
  table.AddJpeg("repost chain", 50, [](const Scene& s) {
    const Copy first = AsJpeg(Resized(s.picture, 60), 50);
    return CaptionedSmall(PixelsOf(first), s.rng);
  });
}

void AddSizes(Table& table) {
  table.Family("size");
  for (int percent : {75, 50, 25, 10}) {
    table.Add(Named("resize ", percent, "%"), [percent](const Scene& s) {
      return Resized(s.picture, percent);
    });
  }
  table.Add("480 px and back",
            [](const Scene& s) { return ThereAndBack(s.picture, 480); });
  table.Add("squeeze 75%",
            [](const Scene& s) { return Squeezed(s.picture, 75); });
}

void AddTones(Table& table) {
  table.Family("tone");
  table.Add("grey", [](const Scene& s) { return Greyed(s.picture); });
  table.Add("saturation x1.8",
            [](const Scene& s) { return Saturated(s.picture, 1.8); });
  table.Add("brightness +20%",
            [](const Scene& s) { return Brightened(s.picture, 1.2); });
  table.Add("brightness -20%",
            [](const Scene& s) { return Brightened(s.picture, 0.8); });
  table.Add("contrast x1.5",
            [](const Scene& s) { return Contrasted(s.picture, 1.5); });
  table.Add("contrast x0.6",
            [](const Scene& s) { return Contrasted(s.picture, 0.6); });
  table.Add("gamma 0.6",
            [](const Scene& s) { return GammaCorrected(s.picture, 0.6); });
  table.Add("gamma 1.6",
            [](const Scene& s) { return GammaCorrected(s.picture, 1.6); });
  table.Add("warm, faded, vignette",
            [](const Scene& s) { return WarmFadedVignette(s.picture); });
}

void AddDetail(Table& table) {
  table.Family("detail");
  table.Add("blur s1", [](const Scene& s) { return Blurred(s.picture, 1); });
  table.Add("blur s3", [](const Scene& s) { return Blurred(s.picture, 3); });
  table.Add("noise s10",
            [](const Scene& s) { return Noisy(s.picture, 10, s.rng); });
  table.Add("noise s25",
            [](const Scene& s) { return Noisy(s.picture, 25, s.rng); });
  table.Add("sharpen", [](const Scene& s) { return Sharpened(s.picture); });
}

void AddCrops(Table& table) {
  table.Family("crop");
  for (int percent : {2, 5, 10, 20}) {
    table.Add(Named("crop centre ", percent, "%"), [percent](const Scene& s) {
      return CroppedCentre(s.picture, percent);
    });
  }
  for (int percent : {2, 5, 10, 20}) {
    table.Add(Named("crop one side ", percent, "%"), [percent](const Scene& s) {
      return CroppedOneSide(s.picture, percent, s.rng);
    });
  }
}

void AddBorders(Table& table) {
  table.Family("border, letterbox");
  for (int percent : {2, 5, 10}) {
    table.AddJpeg(Named("black border ", percent, "%"), kFramedQuality,
                  [percent](const Scene& s) {
                    return Bordered(s.picture, percent, kBlack);
                  });
  }
  table.AddJpeg("white border 5%", kFramedQuality,
                [](const Scene& s) { return Bordered(s.picture, 5, kWhite); });
  table.AddJpeg("letterbox 1:1 white", kFramedQuality, [](const Scene& s) {
    return Letterboxed(s.picture, 1, 1, kWhite);
  });
  table.AddJpeg("letterbox 16:9", kFramedQuality, [](const Scene& s) {
    return Letterboxed(s.picture, 16, 9, kBlack);
  });
  table.AddJpeg("letterbox 9:16", kFramedQuality, [](const Scene& s) {
    return Letterboxed(s.picture, 9, 16, kBlack);
  });
  table.AddJpeg("blurred fill 9:16", kFramedQuality,
                [](const Scene& s) { return OnBlurredFill(s.picture, 9, 16); });
}

void AddFrames(Table& table) {
  table.Family("screenshot, collage");
  table.AddJpeg("screenshot phone", kFramedQuality, [](const Scene& s) {
    return PhoneScreenshot(s.picture, s.rng);
  });
  table.AddJpeg("screenshot desktop", kFramedQuality, [](const Scene& s) {
    return DesktopScreenshot(s.picture, s.rng);
  });
  table.AddJpeg("meme strip 15%", kFramedQuality, [](const Scene& s) {
    return MemeStripped(s.picture, 15, s.rng);
  });
  table.AddJpeg("collage 2x1", kFramedQuality, [](const Scene& s) {
    return Collaged(s.picture, s.beside, s.rng);
  });
}

void AddOverlays(Table& table) {
  table.Family("overlay");
  table.Add("caption small",
            [](const Scene& s) { return CaptionedSmall(s.picture, s.rng); });
  table.Add("text across, large",
            [](const Scene& s) { return TextAcross(s.picture, s.rng); });
  table.Add("emoji 5% of area",
            [](const Scene& s) { return WithEmoji(s.picture, 5, s.rng); });
  table.Add("emoji 10% of area",
            [](const Scene& s) { return WithEmoji(s.picture, 10, s.rng); });
  table.Add("tiled watermark",
            [](const Scene& s) { return Watermarked(s.picture, s.rng); });
}

void AddTurns(Table& table) {
  table.Family("rotation, perspective");
  for (int degrees : {1, 2, 5}) {
    table.Add(Named("rotate ", degrees, " deg, cropped"),
              [degrees](const Scene& s) {
                return TiltedCropped(s.picture, degrees, s.rng);
              });
  }
  for (int degrees : {2, 5}) {
    table.Add(Named("rotate ", degrees, " deg, black corners"),
              [degrees](const Scene& s) {
                return TiltedBlackCorners(s.picture, degrees, s.rng);
              });
  }
  table.Add("perspective 4%",
            [](const Scene& s) { return InPerspective(s.picture, 4, s.rng); });
  table.AddJpeg("re-photo, cropped", 70, [](const Scene& s) {
    return Rephotographed(s.picture, false, s.rng);
  });
  table.AddJpeg("re-photo, edge seen", 70, [](const Scene& s) {
    return Rephotographed(s.picture, true, s.rng);
  });
  table.Family("quarter turn, mirror");
  table.Add("rotate 90 deg", [](const Scene& s) {
    cv::Mat copy;
    cv::rotate(s.picture, copy, cv::ROTATE_90_CLOCKWISE);
    return copy;
  });
  table.Add("rotate 180 deg", [](const Scene& s) {
    cv::Mat copy;
    cv::rotate(s.picture, copy, cv::ROTATE_180);
    return copy;
  });
  table.Add("mirror", [](const Scene& s) { return Mirrored(s.picture); });
  table.AddJpeg("mirror, crop 5%, q50", 50, [](const Scene& s) {
    return CroppedCentre(Mirrored(s.picture), 5);
  });
}

void AddReposts(Table& table) {
  table.Family("untuned: passed on");
  table.AddJpeg("card on gradient", kFramedQuality, [](const Scene& s) {
    return OnGradientCard(s.picture, s.rng);
  });
  table.AddJpeg("chat bubble, quote", kFramedQuality,
                [](const Scene& s) { return InChatBubble(s.picture, s.rng); });
  table.AddJpeg("collage 3x3, gaps", kFramedQuality, [](const Scene& s) {
    return AmongNine(s.picture, s.beside, s.rng);
  });
  table.AddJpeg("inset 25% of area", kFramedQuality, [](const Scene& s) {
    return WithInset(s.picture, s.beside, 25, s.rng);
  });
  table.AddJpeg("photo of monitor, 3 deg", 75,
                [](const Scene& s) { return OnMonitor(s.picture, 3, s.rng); });
  table.AddJpeg("vertical video, captions", 70, [](const Scene& s) {
    return InVerticalVideo(s.picture, s.rng);
  });
}

void AddEdits(Table& table) {
  table.Family("untuned: edited");
  table.Add("duotone",
            [](const Scene& s) { return Duotoned(s.picture, s.rng); });
  table.AddJpeg("corner torn off 15%", kFramedQuality, [](const Scene& s) {
    return CornerTornOff(s.picture, 15, s.rng);
  });
  table.AddJpeg("news lower third", 75,
                [](const Scene& s) { return OnTheNews(s.picture, s.rng); });
  table.AddJpeg("old film, light leak", kFramedQuality,
                [](const Scene& s) { return AsOldFilm(s.picture, s.rng); });
}

uint64_t Mixed(uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

uint64_t SeedOf(const std::string& name, uint64_t picture_number) {
  uint64_t seed = Mixed(kSeedBase + picture_number);
  for (char letter : name) {
    seed = Mixed(seed ^ static_cast<unsigned char>(letter));
  }
  return seed;
}

}  // namespace

std::vector<Alteration> AllAlterations() {
  Table table("reference");
  AddEncodings(table);
  AddSizes(table);
  AddTones(table);
  AddDetail(table);
  AddCrops(table);
  AddBorders(table);
  AddFrames(table);
  AddOverlays(table);
  AddTurns(table);
  std::vector<Alteration> all = table.Take();
  Table untuned("untuned");
  AddReposts(untuned);
  AddEdits(untuned);
  for (Alteration& alteration : untuned.Take()) {
    all.push_back(std::move(alteration));
  }
  return all;
}

Copy MakeCopy(const Alteration& alteration, const cv::Mat& picture,
              const cv::Mat& beside, uint64_t picture_number) {
  cv::RNG rng(SeedOf(alteration.name, picture_number));
  return alteration.apply(Scene{picture, beside, rng});
}

}  // namespace kenal::robustness
