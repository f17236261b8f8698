// The altering itself, by kind. All take and give BGR pixels of 8 bits, and
// draw what is random from the generator that they are given.
//
// Percentages are of the picture's own sides: a central crop of k removes k %
// of the width and of the height, border k adds k % on every side.
#ifndef KENAL_BENCH_ROBUSTNESS_ALTER_H_
#define KENAL_BENCH_ROBUSTNESS_ALTER_H_

#include <opencv2/core.hpp>
#include <string>

namespace kenal::robustness {

using Colour = cv::Scalar;
inline const Colour kBlack{0, 0, 0};
inline const Colour kWhite{255, 255, 255};

// Tones and sizes (alter_tones.cc).
cv::Mat Resized(const cv::Mat& picture, double percent);
cv::Mat ThereAndBack(const cv::Mat& picture, int side_pixels);
cv::Mat Squeezed(const cv::Mat& picture, double percent);  // width only
cv::Mat Greyed(const cv::Mat& picture);
cv::Mat Saturated(const cv::Mat& picture, double factor);
cv::Mat Brightened(const cv::Mat& picture, double factor);
cv::Mat Contrasted(const cv::Mat& picture, double factor);
cv::Mat GammaCorrected(const cv::Mat& picture, double gamma);
cv::Mat WarmFadedVignette(const cv::Mat& picture);
cv::Mat Blurred(const cv::Mat& picture, double sigma_pixels);
cv::Mat Noisy(const cv::Mat& picture, double sigma, cv::RNG& rng);
cv::Mat Sharpened(const cv::Mat& picture);

// Geometry (alter_geometry.cc).
cv::Mat CroppedCentre(const cv::Mat& picture, double percent);
// Cuts so many percent of the width or of the height, from one of the sides.
cv::Mat CroppedOneSide(const cv::Mat& picture, double percent, cv::RNG& rng);
cv::Mat Bordered(const cv::Mat& picture, double percent, const Colour& colour);
cv::Mat Letterboxed(const cv::Mat& picture, int aspect_width, int aspect_height,
                    const Colour& colour);
cv::Mat Mirrored(const cv::Mat& picture);
// Turned either way and cut to the largest part of the same shape that has no
// corner, or with black corners.
cv::Mat TiltedCropped(const cv::Mat& picture, double degrees, cv::RNG& rng);
cv::Mat TiltedBlackCorners(const cv::Mat& picture, double degrees,
                           cv::RNG& rng);
// Each corner is drawn in by up to so many percent of each side, and what lies
// between the four fills the picture.
cv::Mat InPerspective(const cv::Mat& picture, double percent, cv::RNG& rng);
// A photograph of a screen, which it fills, or whose edge is seen around it.
cv::Mat Rephotographed(const cv::Mat& picture, bool edge_seen, cv::RNG& rng);

// Overlays (alter_overlays.cc).
cv::Mat CaptionedSmall(const cv::Mat& picture, cv::RNG& rng);
cv::Mat TextAcross(const cv::Mat& picture, cv::RNG& rng);
cv::Mat WithEmoji(const cv::Mat& picture, double area_percent, cv::RNG& rng);
cv::Mat Watermarked(const cv::Mat& picture, cv::RNG& rng);

// Frames (alter_frames.cc).
// The picture fills the width and 80 % of the height of a phone's screen.
cv::Mat PhoneScreenshot(const cv::Mat& picture, cv::RNG& rng);
// The picture takes 80 % of the width and of the height of a desktop.
cv::Mat DesktopScreenshot(const cv::Mat& picture, cv::RNG& rng);
// A strip with a sentence on top, of so many percent of the height.
cv::Mat MemeStripped(const cv::Mat& picture, double percent, cv::RNG& rng);
// Two tiles of one size; the picture is whole in one of them.
cv::Mat Collaged(const cv::Mat& picture, const cv::Mat& beside, cv::RNG& rng);
// A canvas of this shape, filled with an enlarged, blurred copy.
cv::Mat OnBlurredFill(const cv::Mat& picture, int aspect_width,
                      int aspect_height);

// Text whose capitals are `height_pixels` high, from its lower left corner.
void DrawText(cv::Mat& canvas, const std::string& text, cv::Point at,
              double height_pixels, const Colour& colour,
              double weight_percent);
// Width that DrawText takes.
int TextWidth(const std::string& text, double height_pixels);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_ALTER_H_
