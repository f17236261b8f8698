#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/kenal-calibrate/alter.h"
#include "tools/kenal-calibrate/draw.h"

namespace kenal::robustness {
namespace {

constexpr double kShareOfScreen = 0.8;

const std::array<std::string, 6> kNames = {
    "mara.travels", "Tom K.", "daily_views", "Our Garden", "jo", "city walks"};
const std::array<std::string, 6> kSentences = {
    "when the weekend is finally here",  "nobody told me about this place",
    "me explaining my holiday plans",    "how it started and how it goes",
    "that one friend every single time", "you had one job"};
const std::array<std::string, 4> kTabs = {"Inbox (3)", "Photos", "News today",
                                          "Route map"};

struct Theme {
  Colour page, bar, line, text, faint, accent;
};

Theme DrawTheme(cv::RNG& rng) {
  const std::array<Colour, 3> accents = {
      Colour(235, 120, 30), Colour(80, 175, 60), Colour(90, 60, 230)};
  const Colour accent = accents[static_cast<size_t>(rng.uniform(0, 3))];
  if (rng.uniform(0, 2) == 0) {
    return {kWhite,       {248, 247, 246}, {222, 220, 218},
            {30, 28, 27}, {140, 136, 132}, accent};
  }
  return {{20, 18, 18},    {36, 32, 31},    {62, 58, 56},
          {238, 236, 235}, {140, 134, 130}, accent};
}

std::string Clock(cv::RNG& rng) {
  const int hour = rng.uniform(7, 23);
  const int minute = rng.uniform(0, 60);
  return std::to_string(hour) + (minute < 10 ? ":0" : ":") +
         std::to_string(minute);
}

// Battery, bars of reception and a fan, from the right end of a status bar.
void StatusIcons(cv::Mat& screen, int right, int middle_y, int size,
                 const Colour& colour) {
  const int height = std::max(3, size / 2);
  const cv::Rect battery(right - size, middle_y - height / 2, size, height);
  cv::rectangle(screen, battery, colour, 1, cv::LINE_AA);
  Box(screen,
      {battery.x + 1, battery.y + 1, battery.width * 2 / 3,
       std::max(1, battery.height - 2)},
      colour);
  const int bar = std::max(1, size / 8);
  for (int i = 0; i < 4; ++i) {
    const int rise = std::max(1, height * (i + 1) / 4);
    Box(screen,
        {right - 3 * size + i * 2 * bar, middle_y + height / 2 - rise, bar,
         rise},
        colour);
  }
  for (int i = 1; i <= 2; ++i) {
    cv::ellipse(screen, {right - size * 3 / 2, middle_y + height / 2},
                {height * i / 2, height * i / 2}, 0, 225, 315, colour, 1,
                cv::LINE_AA);
  }
}

// The top of a phone's app: a status bar, then a title bar.
void PhoneTop(cv::Mat& screen, int height, const Theme& theme, bool is_feed,
              cv::RNG& rng) {
  const int status = height * 2 / 5;
  const int title = height - status;
  const int margin = std::max(4, screen.cols / 30);
  Box(screen, {0, 0, screen.cols, height}, theme.bar);
  const int middle = status / 2;
  DrawText(screen, Clock(rng), {margin, middle + status / 5}, status * 0.4,
           theme.text, 12);
  StatusIcons(screen, screen.cols - margin, middle, status * 3 / 5, theme.text);
  const int y = status + title / 2;
  int x = margin;
  if (is_feed) {
    const int radius = title / 3;
    cv::circle(screen, {x + radius, y}, radius, theme.accent, cv::FILLED,
               cv::LINE_AA);
    x += 2 * radius + margin;
  } else {
    const int arm = title / 5;
    cv::line(screen, {x, y}, {x + arm, y - arm}, theme.text, 2, cv::LINE_AA);
    cv::line(screen, {x, y}, {x + arm, y + arm}, theme.text, 2, cv::LINE_AA);
    x += 2 * arm + margin;
  }
  DrawText(screen, OneOf(kNames, rng), {x, y + title / 7}, title * 0.3,
           theme.text, 13);
  for (int i = -1; i <= 1; ++i) {
    cv::circle(screen, {screen.cols - margin, y + i * title / 6},
               std::max(1, title / 24), theme.text, cv::FILLED, cv::LINE_AA);
  }
}

// Under the picture: buttons in a row, and in a feed some lines of text.
void PhoneBottom(cv::Mat& screen, int top, const Theme& theme, bool is_feed,
                 cv::RNG& rng) {
  const int height = screen.rows - top;
  const int margin = std::max(4, screen.cols / 30);
  Box(screen, {0, top, screen.cols, height}, is_feed ? theme.page : theme.bar);
  const int buttons = is_feed ? height / 3 : height * 2 / 3;
  const int radius = std::max(2, buttons / 4);
  const int count = is_feed ? 3 : 4;
  for (int i = 0; i < count; ++i) {
    const int x = is_feed ? margin + radius + i * 3 * radius
                          : screen.cols * (2 * i + 1) / (2 * count);
    const cv::Point at(x, top + buttons / 2);
    cv::circle(screen, at, radius, theme.text, 1 + radius / 8, cv::LINE_AA);
    if (i % 2 == 1) {
      cv::line(screen, {at.x - radius / 2, at.y}, {at.x + radius / 2, at.y},
               theme.text, 1 + radius / 8, cv::LINE_AA);
    }
  }
  if (is_feed) {
    const int step = std::max(4, height / 6);
    DrawText(screen, std::to_string(rng.uniform(3, 990)) + " likes",
             {margin, top + buttons + step}, step * 0.6, theme.text, 14);
    for (int y = top + buttons + 2 * step; y + step < screen.rows; y += step) {
      TextLine(screen, margin, y,
               rng.uniform(screen.cols / 3, screen.cols - 2 * margin),
               std::max(2, step / 3), theme.faint);
    }
  }
  const int bar = std::max(2, height / 30);
  TextLine(screen, screen.cols / 3, screen.rows - 3 * bar, screen.cols / 3, bar,
           theme.text);
}

void BrowserTop(cv::Mat& screen, int height, const Theme& theme, cv::RNG& rng) {
  const int tabs = height * 2 / 5;
  const int margin = std::max(3, height / 8);
  Box(screen, {0, 0, screen.cols, tabs}, theme.line);
  Box(screen, {0, tabs, screen.cols, height - tabs}, theme.bar);
  const int tab_width = screen.cols / 6;
  for (int i = 0; i < 3; ++i) {
    const int x = margin + i * (tab_width + margin / 2);
    if (i == 0)
      Box(screen, {x, tabs / 6, tab_width, tabs - tabs / 6}, theme.bar);
    DrawText(screen, OneOf(kTabs, rng), {x + margin, tabs * 2 / 3}, tabs * 0.3,
             i == 0 ? theme.text : theme.faint, 10);
  }
  for (int i = 0; i < 3; ++i) {
    const cv::Point at(screen.cols - margin - i * tabs, tabs / 2);
    cv::line(screen, {at.x - tabs / 8, at.y}, {at.x + tabs / 8, at.y},
             theme.text, 1, cv::LINE_AA);
  }
  const int bar = height - tabs;
  for (int i = 0; i < 3; ++i) {
    cv::circle(screen, {margin + bar / 3 + i * bar * 2 / 3, tabs + bar / 2},
               bar / 6, theme.text, 1, cv::LINE_AA);
  }
  const int address = margin + 2 * bar + margin;
  Pill(screen,
       {address, tabs + bar / 5, screen.cols - address - 2 * bar, bar * 3 / 5},
       theme.line);
  DrawText(
      screen,
      "https://example.org/pictures/" + std::to_string(rng.uniform(1000, 9999)),
      {address + bar / 2, tabs + bar * 5 / 8}, bar * 0.25, theme.text, 10);
}

void Taskbar(cv::Mat& screen, int top, const Theme& theme, cv::RNG& rng) {
  const int height = screen.rows - top;
  Box(screen, {0, top, screen.cols, height}, theme.bar);
  for (int i = 0; i < 7; ++i) {
    const int side = height * 3 / 5;
    const Colour colour = i % 3 == 0 ? theme.accent : theme.faint;
    Box(screen, {height / 3 + i * height, top + height / 5, side, side},
        colour);
  }
  DrawText(screen, Clock(rng), {screen.cols - 3 * height, top + height * 2 / 3},
           height * 0.35, theme.text, 10);
}

// Lines of text and small buttons down a column of a page.
void SideColumn(cv::Mat& screen, cv::Rect column, const Theme& theme,
                cv::RNG& rng) {
  const int line = std::max(3, screen.rows / 90);
  for (int y = column.y + 2 * line; y + 4 * line < column.y + column.height;) {
    const int width = std::max(2 * line, column.width - 4 * line);
    if (width <= 2 * line) return;
    if (rng.uniform(0, 5) == 0) {
      Pill(screen, {column.x + 2 * line, y, width * 2 / 3, 2 * line},
           theme.accent);
      y += 4 * line;
    } else {
      TextLine(screen, column.x + 2 * line, y,
               rng.uniform(width / 2, width + 1), line, theme.faint);
      y += 2 * line;
    }
  }
}

}  // namespace

cv::Mat PhoneScreenshot(const cv::Mat& picture, cv::RNG& rng) {
  const int height =
      static_cast<int>(std::lround(picture.rows / kShareOfScreen));
  const Theme theme = DrawTheme(rng);
  const bool is_feed = rng.uniform(0, 2) == 1;
  const int rest = height - picture.rows;
  const int top = static_cast<int>(
      rest * (is_feed ? rng.uniform(0.35, 0.5) : rng.uniform(0.45, 0.65)));
  cv::Mat screen(height, picture.cols, CV_8UC3, theme.page);
  PhoneTop(screen, top, theme, is_feed, rng);
  PhoneBottom(screen, top + picture.rows, theme, is_feed, rng);
  Place(screen, picture, {0, top});
  return screen;
}

cv::Mat DesktopScreenshot(const cv::Mat& picture, cv::RNG& rng) {
  const int width =
      static_cast<int>(std::lround(picture.cols / kShareOfScreen));
  const int height =
      static_cast<int>(std::lround(picture.rows / kShareOfScreen));
  const Theme theme = DrawTheme(rng);
  cv::Mat screen(height, width, CV_8UC3, theme.page);
  const int rest_x = width - picture.cols;
  const int rest_y = height - picture.rows;
  const int left = static_cast<int>(rest_x * rng.uniform(0.15, 0.85));
  const int top = rest_y / 2 + static_cast<int>(rest_y * rng.uniform(0.0, 0.1));
  const int taskbar = height - rest_y / 4;
  BrowserTop(screen, rest_y * 2 / 5, theme, rng);
  const int page = rest_y * 2 / 5;
  SideColumn(screen, {0, page, left, taskbar - page}, theme, rng);
  const int right = left + picture.cols;
  SideColumn(screen, {right, page, width - right, taskbar - page}, theme, rng);
  Taskbar(screen, taskbar, theme, rng);
  Place(screen, picture, {left, top});
  return screen;
}

cv::Mat MemeStripped(const cv::Mat& picture, double percent, cv::RNG& rng) {
  const int strip =
      std::max(1, static_cast<int>(std::lround(picture.rows * percent / 100)));
  cv::Mat canvas(picture.rows + strip, picture.cols, CV_8UC3, kWhite);
  const std::string& text = OneOf(kSentences, rng);
  const double fits = 0.4 * strip * 0.92 * picture.cols /
                      std::max(1, TextWidth(text, 0.4 * strip));
  const double height = std::min(0.4 * strip, fits);
  DrawText(canvas, text,
           {(picture.cols - TextWidth(text, height)) / 2,
            static_cast<int>(strip / 2 + height / 2)},
           height, kBlack, 14);
  Place(canvas, picture, {0, strip});
  return canvas;
}

cv::Mat Collaged(const cv::Mat& picture, const cv::Mat& beside, cv::RNG& rng) {
  const cv::Mat other = Covering(beside, picture.size());
  const bool is_left = rng.uniform(0, 2) == 1;
  cv::Mat canvas;
  cv::hconcat(is_left ? picture : other, is_left ? other : picture, canvas);
  return canvas;
}

cv::Mat OnBlurredFill(const cv::Mat& picture, int aspect_width,
                      int aspect_height) {
  constexpr int kReduction = 8;  // blurring a small copy is quick
  constexpr double kSigma = 4;   // of that copy
  const double aspect = static_cast<double>(aspect_width) / aspect_height;
  const int width = std::max(
      picture.cols, static_cast<int>(std::lround(picture.rows * aspect)));
  const int height = std::max(
      picture.rows, static_cast<int>(std::lround(picture.cols / aspect)));
  const cv::Mat small = Covering(picture, {std::max(1, width / kReduction),
                                           std::max(1, height / kReduction)});
  cv::Mat soft;
  cv::GaussianBlur(small, soft, {}, kSigma);
  cv::Mat canvas;
  cv::resize(soft, canvas, {width, height}, 0, 0, cv::INTER_CUBIC);
  Place(canvas, picture,
        {(width - picture.cols) / 2, (height - picture.rows) / 2});
  return canvas;
}

}  // namespace kenal::robustness
