// The altering itself, by kind. All take and give BGR pixels of 8 bits, and
// draw what is random from the generator that they are given.
//
// Percentages are of the picture's own sides: a central crop of k removes k %
// of the width and of the height, border k adds k % on every side.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_ALTER_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_ALTER_H_

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

// What people make of a picture to pass it on (alter_reposts.cc).
// A card with rounded corners and a shadow, on a ground of two colours.
cv::Mat OnGradientCard(const cv::Mat& picture, cv::RNG& rng);
// A chat: the picture in a bubble, under a quote of what it answers.
cv::Mat InChatBubble(const cv::Mat& picture, cv::RNG& rng);
// Whole in one of 3 x 3 tiles with gaps; the others are cuts of `beside`.
cv::Mat AmongNine(const cv::Mat& picture, const cv::Mat& beside, cv::RNG& rng);
// `beside` with a rim in a corner, over so many percent of the area.
cv::Mat WithInset(const cv::Mat& picture, const cv::Mat& beside,
                  double area_percent, cv::RNG& rng);
// A photograph of a 16:9 monitor that shows the picture, turned either way.
cv::Mat OnMonitor(const cv::Mat& picture, double degrees, cv::RNG& rng);
// A 9:16 video with caption bars above and below, and buttons on the right.
cv::Mat InVerticalVideo(const cv::Mat& picture, cv::RNG& rng);

// What is done to the picture itself (alter_edits.cc).
// Grey values as a blend of a dark and a light ink.
cv::Mat Duotoned(const cv::Mat& picture, cv::RNG& rng);
// A triangle of so many percent of the area is torn off a print.
cv::Mat CornerTornOff(const cv::Mat& picture, double area_percent,
                      cv::RNG& rng);
// Headline, tag and ticker over the lower part, and a station's logo.
cv::Mat OnTheNews(const cv::Mat& picture, cv::RNG& rng);
// Faded, with grain, a light leak and a date.
cv::Mat AsOldFilm(const cv::Mat& picture, cv::RNG& rng);

// Text whose capitals are `height_pixels` high, from its lower left corner.
void DrawText(cv::Mat& canvas, const std::string& text, cv::Point at,
              double height_pixels, const Colour& colour,
              double weight_percent);
// Width that DrawText takes.
int TextWidth(const std::string& text, double height_pixels);

}  // namespace kenal::robustness

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_ALTER_H_
