// A plot of the views of the user's own pictures, as SVG.
//
// Nothing of a picture is read, decoded or written here: the SVG names the
// file, and whoever opens it shows the file from where it lies.
#ifndef KENAL_TOOLS_KENAL_PLOT_H_
#define KENAL_TOOLS_KENAL_PLOT_H_

#include <map>
#include <optional>
#include <span>
#include <string>

#include "kenal/explain.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::cli {

struct PictureSize {
  int width = 0;
  int height = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

// What came of a view.
struct PlotNote {
  Finding finding = Finding::kTooFar;
  int distance = 0;
};

struct PlotPicture {
  std::string title;  // "A"
  std::string path;
  SignalSet signals;  // with regions
  PictureSize size;   // upright, in pixels
  std::map<View, PlotNote> notes;
};

// Of the upright picture: the stored size, with its sides swapped when the
// EXIF orientation turns it by a quarter. 0 x 0 when it is not known.
// middle  the region of View::kCentral95, which tells it best, when known.
PictureSize UprightSizeOf(const SignalSet& signals,
                          const std::optional<Region>& middle);

// `path` relative to `folder`, as a reference within an SVG.
std::string ReferenceTo(const std::string& path, const std::string& folder);

std::string PlotSvg(std::span<const PlotPicture> pictures,
                    const std::string& folder);

// kInvalidArgument when `path` does not end in .svg or is one of the pictures.
Status CheckPlotPath(const std::string& path,
                     std::span<const std::string> pictures);

// Errors: kResourceExhausted  disk full
//         kUnavailable        cannot be written
Status WritePlot(const std::string& path,
                 std::span<const PlotPicture> pictures);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_PLOT_H_
