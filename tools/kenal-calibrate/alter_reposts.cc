#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/kenal-calibrate/alter.h"
#include "tools/kenal-calibrate/draw.h"

namespace kenal::robustness {
namespace {

struct Pair {
  Colour first, last;
};

const std::array<Pair, 4> kGrounds = {{{{220, 120, 40}, {150, 40, 160}},
                                       {{80, 190, 250}, {110, 90, 240}},
                                       {{200, 210, 90}, {170, 110, 30}},
                                       {{60, 50, 45}, {150, 135, 120}}}};
const std::array<std::string, 5> kPeople = {"Nora", "Emil", "Dad", "Club chat",
                                            "Lea & Jan"};
const std::array<std::string, 5> kReplies = {
    "haha, where is that?", "send me the other one too", "look what I found",
    "no way", "that is so good"};
const std::array<std::string, 5> kHooks = {
    "you will not believe this", "3 things nobody tells you",
    "POV: the last day of summer", "part 2 is on my profile",
    "wait until the end"};

struct ChatTheme {
  Colour wall, bar, own, others, quote, text, faint;
};

ChatTheme DrawChatTheme(cv::RNG& rng) {
  if (rng.uniform(0, 2) == 0) {
    return {{214, 224, 232}, {94, 120, 20}, {200, 248, 218}, kWhite,
            {184, 228, 200}, {32, 30, 28},  {130, 130, 120}};
  }
  return {{28, 22, 16}, {46, 38, 30},    {78, 92, 12},   {56, 46, 38},
          {62, 74, 10}, {236, 234, 230}, {160, 150, 140}};
}

int Share(int pixels, double percent) {
  return std::max(1, static_cast<int>(std::lround(pixels * percent / 100)));
}

void ChatWall(cv::Mat& screen, const ChatTheme& theme, int unit, cv::RNG& rng) {
  const Colour ink = theme.wall * 0.94;
  for (int y = 0; y < screen.rows; y += unit * 2) {
    for (int x = 0; x < screen.cols; x += unit * 2) {
      const cv::Point at(x + rng.uniform(0, unit), y + rng.uniform(0, unit));
      cv::circle(screen, at, rng.uniform(unit / 5, unit / 2) + 1, ink, 1,
                 cv::LINE_AA);
    }
  }
}

void ChatHeader(cv::Mat& screen, int height, const ChatTheme& theme,
                cv::RNG& rng) {
  Box(screen, {0, 0, screen.cols, height}, theme.bar);
  const int radius = height * 3 / 10;
  cv::circle(screen, {height * 4 / 5, height / 2}, radius, {170, 150, 130},
             cv::FILLED, cv::LINE_AA);
  DrawText(screen, OneOf(kPeople, rng), {height * 5 / 4, height * 11 / 20},
           height * 0.24, kWhite, 12);
  TextLine(screen, height * 5 / 4, height * 7 / 10, height, height / 10,
           {200, 200, 195});
}

// What is answered: a strip of colour, a name and a line, in a fainter box.
void Quote(cv::Mat& screen, cv::Rect box, const ChatTheme& theme,
           cv::RNG& rng) {
  const Colour accent(40, 140, 250);
  RoundedBox(screen, box, box.height / 10, theme.quote);
  Box(screen, {box.x, box.y, std::max(2, box.height / 12), box.height}, accent);
  const int x = box.x + box.height / 4;
  DrawText(screen, OneOf(kPeople, rng), {x, box.y + box.height * 2 / 5},
           box.height * 0.2, accent, 12);
  DrawText(screen, OneOf(kReplies, rng), {x, box.y + box.height * 4 / 5},
           box.height * 0.2, theme.faint, 9);
}

// The stem, the desk and the wall that a monitor stands before.
cv::Mat Room(cv::Size size, cv::Rect monitor, cv::RNG& rng) {
  const double light = rng.uniform(120.0, 210.0);
  cv::Mat room = Gradient(size, Colour(light, light, light),
                          Colour(light * 0.7, light * 0.75, light * 0.8));
  const int desk = monitor.y + monitor.height +
                   (size.height - monitor.y - monitor.height) / 3;
  Box(room, {0, desk, size.width, size.height - desk}, {60, 95, 140});
  const int stem = monitor.width / 8;
  Box(room,
      {monitor.x + (monitor.width - stem) / 2, monitor.y + monitor.height, stem,
       desk - monitor.y - monitor.height + stem / 6},
      {40, 38, 38});
  cv::ellipse(room, {monitor.x + monitor.width / 2, desk + stem / 6},
              {stem, stem / 4}, 0, 0, 360, {45, 42, 42}, cv::FILLED,
              cv::LINE_AA);
  return room;
}

// A window that is mirrored in the glass.
void Glare(cv::Mat& photograph, cv::Rect screen, cv::RNG& rng) {
  cv::Mat mask(photograph.size(), CV_8U, Colour(0));
  const int side = std::min(screen.width, screen.height) / 4;
  const cv::Point at(screen.x + rng.uniform(side, screen.width - side),
                     screen.y + rng.uniform(side, screen.height - side));
  cv::ellipse(mask, at, {side, side / 2}, rng.uniform(0, 180), 0, 360,
              Colour(70), cv::FILLED);
  cv::GaussianBlur(mask, mask, {}, side / 3.0);
  Blend(photograph, cv::Mat(photograph.size(), CV_8UC3, kWhite), mask);
}

// Lines of a caption in the middle of a box.
void Caption(cv::Mat& canvas, cv::Rect box, const Colour& ground,
             const Colour& ink, cv::RNG& rng) {
  Box(canvas, box, ground);
  const std::string& text = OneOf(kHooks, rng);
  const double fits = 0.9 * box.width / std::max(1, TextWidth(text, 100)) * 100;
  const double height = std::min(0.4 * box.height, fits);
  DrawText(canvas, text,
           {box.x + (box.width - TextWidth(text, height)) / 2,
            box.y + static_cast<int>((box.height + height) / 2)},
           height, ink, 14);
}

}  // namespace

cv::Mat OnGradientCard(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kMarginPercent = 12;
  constexpr double kRadiusPercent = 6;
  const int margin =
      Share(std::max(picture.cols, picture.rows), kMarginPercent);
  const int radius =
      Share(std::min(picture.cols, picture.rows), kRadiusPercent);
  const Pair& ground = kGrounds[static_cast<size_t>(rng.uniform(0, 4))];
  cv::Mat canvas =
      Gradient({picture.cols + 2 * margin, picture.rows + 2 * margin},
               ground.first, ground.last);
  const cv::Mat card = RoundedMask(picture.size(), radius);
  cv::Mat shadow(canvas.size(), CV_8U, Colour(0));
  Place(shadow, card * 0.55, {margin, margin + margin / 5});
  cv::GaussianBlur(shadow, shadow, {}, margin / 5.0);
  Blend(canvas, cv::Mat(canvas.size(), CV_8UC3, kBlack), shadow);
  Blend(canvas({margin, margin, picture.cols, picture.rows}), picture, card);
  return canvas;
}

cv::Mat InChatBubble(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kShareOfWidth = 0.72;
  const ChatTheme theme = DrawChatTheme(rng);
  const int width = static_cast<int>(std::lround(picture.cols / kShareOfWidth));
  const int unit = std::max(4, width / 40);
  const int header = 5 * unit;
  const int quote = 4 * unit;
  const cv::Rect bubble(width - unit - picture.cols - 2 * unit, header + unit,
                        picture.cols + 2 * unit,
                        picture.rows + quote + 3 * unit);
  const int bottom = bubble.y + bubble.height;
  cv::Mat screen(bottom + 6 * unit, width, CV_8UC3, theme.wall);
  ChatWall(screen, theme, unit, rng);
  ChatHeader(screen, header, theme, rng);
  RoundedBox(screen, bubble, unit, theme.own);
  const int left = bubble.x + unit;
  Quote(screen, {left, bubble.y + unit, picture.cols, quote}, theme, rng);
  const cv::Rect place(left, bubble.y + quote + 2 * unit, picture.cols,
                       picture.rows);
  Blend(screen(place), picture, RoundedMask(picture.size(), unit * 2 / 3));
  DrawText(screen, "14:" + std::to_string(rng.uniform(10, 60)),
           {place.x + place.width - 4 * unit, place.y + place.height - unit},
           unit * 0.7, kWhite, 12);
  const std::string& reply = OneOf(kReplies, rng);
  const double letter = unit * 0.9;
  RoundedBox(screen,
             {unit, bottom + 2 * unit,
              std::min(width - 2 * unit, TextWidth(reply, letter) + 2 * unit),
              3 * unit},
             unit, theme.others);
  DrawText(screen, reply, {2 * unit, bottom + 4 * unit}, letter, theme.text, 9);
  return screen;
}

cv::Mat AmongNine(const cv::Mat& picture, const cv::Mat& beside, cv::RNG& rng) {
  constexpr int kTiles = 9;
  constexpr double kTilePercent = 50;
  constexpr double kGapPercent = 2.5;
  const cv::Mat tile = Resized(picture, kTilePercent);
  const int gap = Share(std::max(tile.cols, tile.rows), kGapPercent);
  cv::Mat canvas(3 * tile.rows + 4 * gap, 3 * tile.cols + 4 * gap, CV_8UC3,
                 rng.uniform(0, 2) == 0 ? kWhite : kBlack);
  const int own = rng.uniform(0, kTiles);
  for (int i = 0; i < kTiles; ++i) {
    const cv::Point at(gap + i % 3 * (tile.cols + gap),
                       gap + i / 3 * (tile.rows + gap));
    const int width = Share(beside.cols, rng.uniform(35.0, 80.0));
    const int height = Share(beside.rows, rng.uniform(35.0, 80.0));
    const cv::Mat part =
        beside({rng.uniform(0, beside.cols - width + 1),
                rng.uniform(0, beside.rows - height + 1), width, height});
    Place(canvas, i == own ? tile : Covering(part, tile.size()), at);
  }
  return canvas;
}

cv::Mat WithInset(const cv::Mat& picture, const cv::Mat& beside,
                  double area_percent, cv::RNG& rng) {
  const double side = 10 * std::sqrt(area_percent);
  const cv::Size size(Share(picture.cols, side), Share(picture.rows, side));
  const int rim = Share(std::max(size.width, size.height), 1.5);
  const int margin = Share(std::min(picture.cols, picture.rows), 2);
  const bool is_right = rng.uniform(0, 2) == 1;
  const bool is_bottom = rng.uniform(0, 2) == 1;
  const cv::Point at(is_right ? picture.cols - size.width - margin : margin,
                     is_bottom ? picture.rows - size.height - margin : margin);
  cv::Mat copy = picture.clone();
  Box(copy, {at, size}, kWhite);
  Place(copy,
        Covering(beside, {std::max(1, size.width - 2 * rim),
                          std::max(1, size.height - 2 * rim)}),
        {at.x + rim, at.y + rim});
  return copy;
}

cv::Mat OnMonitor(const cv::Mat& picture, double degrees, cv::RNG& rng) {
  constexpr int kSideMax = 1400;
  constexpr double kBezelPercent = 2.5;
  const cv::Mat shown = Letterboxed(picture, 16, 9, kBlack);
  const int bezel = Share(shown.cols, kBezelPercent);
  const cv::Rect monitor(Share(shown.cols, rng.uniform(8.0, 14.0)),
                         Share(shown.rows, rng.uniform(10.0, 16.0)),
                         shown.cols + 2 * bezel, shown.rows + 2 * bezel);
  const cv::Size size(monitor.width + 2 * monitor.x,
                      monitor.y + monitor.height + Share(shown.rows, 28));
  cv::Mat scene = Room(size, monitor, rng);
  Box(scene, monitor, {26, 24, 24});
  Place(scene, shown, {monitor.x + bezel, monitor.y + bezel});
  Glare(scene, monitor, rng);
  const double turn = rng.uniform(0, 2) == 1 ? degrees : -degrees;
  const cv::Point2f middle(static_cast<float>(size.width) / 2,
                           static_cast<float>(size.height) / 2);
  cv::Mat turned;
  cv::warpAffine(scene, turned, cv::getRotationMatrix2D(middle, turn, 1), size,
                 cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  const cv::Mat seen = InPerspective(turned, 3, rng);
  const int longest = std::max(seen.cols, seen.rows);
  return Noisy(
      Blurred(
          longest > kSideMax ? Resized(seen, 100.0 * kSideMax / longest) : seen,
          0.7),
      5, rng);
}

cv::Mat InVerticalVideo(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kCaptionPercent = 13;  // of the width
  const int bar = Share(picture.cols, kCaptionPercent);
  const int height = std::max(picture.cols * 16 / 9, picture.rows + 3 * bar);
  const Pair& ground = kGrounds[static_cast<size_t>(rng.uniform(0, 4))];
  cv::Mat canvas =
      Gradient({picture.cols, height}, ground.first * 0.5, ground.last * 0.5);
  const int top = (height - picture.rows) / 2;
  const bool is_dark = rng.uniform(0, 2) == 1;
  const Colour paper = is_dark ? kBlack : kWhite;
  const Colour ink = is_dark ? Colour(60, 230, 255) : kBlack;
  Caption(canvas, {0, top - bar, picture.cols, bar}, paper, ink, rng);
  Place(canvas, picture, {0, top});
  Caption(canvas, {0, top + picture.rows, picture.cols, bar}, paper, ink, rng);
  const int radius = Share(picture.cols, 4);
  const int x = picture.cols - 2 * radius;
  for (int i = 0; i < 4; ++i) {
    const cv::Point at(x, height * 45 / 100 + i * 4 * radius);
    cv::circle(canvas, at, radius, kWhite, i == 0 ? cv::FILLED : radius / 4 + 1,
               cv::LINE_AA);
    TextLine(canvas, x - radius / 2, at.y + radius * 3 / 2, radius, radius / 3,
             kWhite);
  }
  const int line = std::max(2, radius / 5);
  Box(canvas, {0, height - 2 * line, picture.cols, line}, {120, 120, 120});
  Box(canvas,
      {0, height - 2 * line, Share(picture.cols, rng.uniform(10.0, 90.0)),
       line},
      kWhite);
  return canvas;
}

}  // namespace kenal::robustness
