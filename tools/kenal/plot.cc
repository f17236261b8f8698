#include "tools/kenal/plot.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "src/base/file.h"
#include "src/report/page_text.h"
#include "tools/kenal/explain_text.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kPictureSide = 640;  // of the longer side in the plot
constexpr int kMargin = 24;
constexpr int kLineHeight = 20;
constexpr int kLegendWidth = 420;

constexpr std::array<const char*, kViewCount> kColours = {
    "#111111", "#555555", "#d62728", "#1f77b4", "#2ca02c", "#9467bd",
    "#8c564b", "#ff7f0e", "#e377c2", "#17becf", "#bcbd22", "#393b79",
    "#637939", "#843c39", "#7b4173", "#555555"};
static_assert(kColours.back() != nullptr, "a colour for each view");

const char* ColourOf(View view) { return kColours[static_cast<size_t>(view)]; }

std::string Attribute(const char* name, int value) {
  return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

std::string Text(int x, int y, const std::string& colour,
                 const std::string& text) {
  return "<text" + Attribute("x", x) + Attribute("y", y) + " fill=\"" + colour +
         "\">" + report::MarkupText(text) + "</text>\n";
}

// True when the upright picture's sides are those of the stored one swapped.
bool IsQuarterTurn(const SignalSet& signals,
                   const std::optional<Region>& middle) {
  const auto of_view = [&](View view) {
    return std::ranges::find(signals.pdq, view, &PdqView::view);
  };
  const auto stored = of_view(View::kStored);
  const auto upright = of_view(View::kUpright);
  if (stored == signals.pdq.end() || upright == signals.pdq.end()) return false;
  const PictureInfo& picture = *signals.picture;
  if (middle && picture.width != picture.height) {
    return (middle->width > middle->height) != (picture.width > picture.height);
  }
  if (!stored->dihedral) return false;
  const auto nearest =
      std::ranges::min_element(*stored->dihedral, {}, [&](const PdqHash& hash) {
        return HammingDistance(hash, upright->hash);
      });
  const auto variant =
      static_cast<Variant>(nearest - stored->dihedral->begin());
  return variant == Variant::kRot90 || variant == Variant::kRot270 ||
         variant == Variant::kFlipPlus1 || variant == Variant::kFlipMinus1;
}

// Places labels so that none lies on another.
class Labels {
 public:
  // The baseline of a label at `x` that wants to be at `y`.
  int Place(int x, int y) {
    const auto taken = [&](const std::pair<int, int>& other) {
      return std::abs(other.first - x) < 150 &&
             std::abs(other.second - y) < kLineHeight - 4;
    };
    while (std::ranges::any_of(placed_, taken)) y += kLineHeight - 4;
    placed_.emplace_back(x, y);
    return y;
  }

 private:
  std::vector<std::pair<int, int>> placed_;
};

struct Panel {
  std::string svg;
  int width = 0;
  int height = 0;
};

std::string LegendOf(const PlotPicture& picture, int x, int y) {
  std::string svg = Text(x, y, "#111111", picture.title + ": " + picture.path);
  for (const PdqView& pdq : picture.signals.pdq) {
    y += kLineHeight;
    std::string text(ViewName(pdq.view));
    if (pdq.region) {
      text += "  " + std::to_string(pdq.region->width) + " x " +
              std::to_string(pdq.region->height);
    }
    if (pdq.quality) text += "  quality " + std::to_string(*pdq.quality);
    const auto note = picture.notes.find(pdq.view);
    if (note != picture.notes.end()) {
      text += "  " + FindingText(note->second.finding) + " at " +
              std::to_string(note->second.distance) + " bits";
    }
    svg += Text(x, y, ColourOf(pdq.view), text);
  }
  return svg;
}

// Thick for what met, dashed for what was not compared.
std::string LineOf(const PlotPicture& picture, View view) {
  const auto note = picture.notes.find(view);
  const Finding finding =
      note == picture.notes.end() ? Finding::kTooFar : note->second.finding;
  const bool hit = finding == Finding::kMatch || finding == Finding::kReview;
  return std::string(" stroke=\"") + ColourOf(view) + "\"" +
         Attribute("stroke-width", hit ? 5 : 2) +
         (finding == Finding::kNotCompared ? " stroke-dasharray=\"6 4\"" : "");
}

Panel PanelOf(const PlotPicture& picture, int left, const std::string& folder) {
  const PictureSize& size = picture.size;
  const double longer = std::max({size.width, size.height, 1});
  const double scale = kPictureSide / longer;
  const auto scaled = [&](int value) {
    return static_cast<int>(value * scale + 0.5);
  };
  const int width = scaled(size.width);
  const int height = scaled(size.height);
  std::string svg = "<image" + Attribute("x", left) + Attribute("y", kMargin) +
                    Attribute("width", width) + Attribute("height", height) +
                    " style=\"image-orientation: from-image\" href=\"" +
                    ReferenceTo(picture.path, folder) + "\"/>\n";
  Labels labels;
  std::string words;  // Over all lines.
  for (const PdqView& pdq : picture.signals.pdq) {
    const Region region =
        pdq.region.value_or(Region{0, 0, size.width, size.height});
    const int x = left + scaled(region.x);
    const int y = kMargin + scaled(region.y);
    svg += "<rect" + Attribute("x", x) + Attribute("y", y) +
           Attribute("width", scaled(region.width)) +
           Attribute("height", scaled(region.height)) + " fill=\"none\"" +
           LineOf(picture, pdq.view) + "/>\n";
    words += Text(x + 6, labels.Place(x + 6, y + kLineHeight),
                  ColourOf(pdq.view), std::string(ViewName(pdq.view)));
  }
  svg += words;
  const int legend = kMargin + height + kLineHeight + kMargin;
  svg += LegendOf(picture, left, legend);
  return {.svg = std::move(svg),
          .width = std::max(width, kLegendWidth),
          .height = legend + kLineHeight * static_cast<int>(
                                               picture.signals.pdq.size() + 1)};
}

}  // namespace

PictureSize UprightSizeOf(const SignalSet& signals,
                          const std::optional<Region>& middle) {
  if (!signals.picture) return {};
  const PictureSize stored{signals.picture->width, signals.picture->height};
  if (!IsQuarterTurn(signals, middle)) return stored;
  return {stored.height, stored.width};
}

std::string ReferenceTo(const std::string& path, const std::string& folder) {
  std::error_code error;
  const fs::path from = fs::absolute(folder.empty() ? "." : folder, error);
  fs::path relative = fs::absolute(path, error).lexically_normal();
  relative = relative.lexically_relative(from.lexically_normal());
  if (relative.empty()) relative = fs::absolute(path, error);
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string reference;
  for (const char c : relative.string()) {
    if (kPlain.find(c) != std::string_view::npos) {
      reference += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      reference += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return reference;
}

std::string PlotSvg(std::span<const PlotPicture> pictures,
                    const std::string& folder) {
  int left = kMargin;
  int height = 0;
  std::string panels;
  for (const PlotPicture& picture : pictures) {
    const Panel panel = PanelOf(picture, left, folder);
    panels += panel.svg;
    left += panel.width + kMargin;
    height = std::max(height, panel.height);
  }
  return "<svg xmlns=\"http://www.w3.org/2000/svg\"" +
         Attribute("width", left) + Attribute("height", height) +
         " font-family=\"sans-serif\" font-size=\"14\" paint-order=\"stroke\" "
         "stroke-linejoin=\"round\">\n"
         "<style>text { stroke: #ffffff; stroke-width: 3px; }</style>\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         panels + "</svg>\n";
}

Status CheckPlotPath(const std::string& path,
                     std::span<const std::string> pictures) {
  if (!path.ends_with(".svg")) {
    return InvalidArgument(
        "--plot writes an SVG; give it a name that ends in "
        ".svg");
  }
  for (const std::string& picture : pictures) {
    std::error_code error;
    if (fs::equivalent(path, picture, error)) {
      return InvalidArgument("--plot would overwrite " + picture +
                             "; give it another name");
    }
  }
  return OkStatus();
}

Status WritePlot(const std::string& path,
                 std::span<const PlotPicture> pictures) {
  const std::string svg = PlotSvg(pictures, fs::path(path).parent_path());
  const auto close = [](std::FILE* file) { std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> file(
      std::fopen(path.c_str(), "wbe"), close);
  const bool written =
      file != nullptr &&
      std::fwrite(svg.data(), 1, svg.size(), file.get()) == svg.size() &&
      std::fflush(file.get()) == 0;
  if (written) return OkStatus();
  const std::string message =
      base::WithErrno(path + ": the plot cannot be written", errno);
  return errno == ENOSPC ? ResourceExhausted(message) : Unavailable(message);
}

}  // namespace kenal::cli
