#include "tests/decode/drawings.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>

#include "src/base/check.h"
#include "src/decode/parts.h"

namespace kenal::decode {
namespace {

int Below(std::mt19937& random, int limit) {
  return static_cast<int>(random() % static_cast<uint32_t>(limit));
}

void Put(Picture& picture, int x, int y, Colour colour) {
  std::ranges::copy(colour, picture.at(x, y));
}

uint8_t Between(const Picture& picture, double x, double y, int channel) {
  const int left = std::clamp(static_cast<int>(x), 0, picture.width - 1);
  const int top = std::clamp(static_cast<int>(y), 0, picture.height - 1);
  const int right = std::min(left + 1, picture.width - 1);
  const int bottom = std::min(top + 1, picture.height - 1);
  const double u = std::clamp(x - left, 0.0, 1.0);
  const double v = std::clamp(y - top, 0.0, 1.0);
  const double upper = picture.at(left, top)[channel] * (1 - u) +
                       picture.at(right, top)[channel] * u;
  const double lower = picture.at(left, bottom)[channel] * (1 - u) +
                       picture.at(right, bottom)[channel] * u;
  return static_cast<uint8_t>(std::lround(upper * (1 - v) + lower * v));
}

// What `pixel(x, y)` says, in all three channels.
template <typename Pixel>
Picture Grey(int width, int height, Pixel pixel) {
  Picture picture = Plain(width, height, kBlack);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto tone = static_cast<uint8_t>(pixel(x, y));
      Put(picture, x, y, {tone, tone, tone});
    }
  }
  return picture;
}

}  // namespace

Picture Plain(int width, int height, Colour colour) {
  Picture picture{width, height,
                  std::vector<uint8_t>(3 * static_cast<size_t>(width) *
                                       static_cast<size_t>(height))};
  Fill(picture, {0, 0, width, height}, colour);
  return picture;
}

void Fill(Picture& picture, const Region& region, Colour colour) {
  for (int y = region.y; y < region.y + region.height; ++y) {
    for (int x = region.x; x < region.x + region.width; ++x) {
      Put(picture, x, y, colour);
    }
  }
}

void Paste(Picture& picture, const Picture& part, int x, int y) {
  KENAL_CHECK(x >= 0 && y >= 0 && x + part.width <= picture.width &&
              y + part.height <= picture.height);
  for (int row = 0; row < part.height; ++row) {
    std::copy_n(part.at(0, row), 3 * part.width, picture.at(x, y + row));
  }
}

Picture Bordered(const Picture& picture, const Margins& margins,
                 Colour colour) {
  Picture out = Plain(margins.left + picture.width + margins.right,
                      margins.top + picture.height + margins.bottom, colour);
  Paste(out, picture, margins.left, margins.top);
  return out;
}

Picture Tilted(const Picture& picture, double degrees, Colour ground) {
  const double angle = degrees * std::numbers::pi / 180;
  const double along = std::cos(angle);
  const double across = std::sin(angle);
  const double w = picture.width;
  const double h = picture.height;
  Picture out =
      Plain(static_cast<int>(w * along + h * std::abs(across)) + 2,
            static_cast<int>(h * along + w * std::abs(across)) + 2, ground);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const double from_x = x + 0.5 - out.width / 2.0;
      const double from_y = y + 0.5 - out.height / 2.0;
      const double u = along * from_x + across * from_y + w / 2 - 0.5;
      const double v = along * from_y - across * from_x + h / 2 - 0.5;
      if (u < -0.5 || v < -0.5 || u > w - 0.5 || v > h - 0.5) continue;
      for (int i = 0; i < 3; ++i) {
        out.at(x, y)[i] = Between(picture, u, v, i);
      }
    }
  }
  return out;
}

void WriteText(Picture& picture, const Region& region, uint32_t seed) {
  std::mt19937 random(seed);
  constexpr int kLinePixels = 18;
  for (int y = region.y + 4; y + 10 <= region.y + region.height;
       y += kLinePixels) {
    int x = region.x + 8;
    while (x + 60 < region.x + region.width) {
      const int letters = 2 + Below(random, 7);
      for (int i = 0; i < letters; ++i, x += 6) {
        const int tall = 5 + Below(random, 5);
        Fill(picture, {x, y + 10 - tall, 2, tall}, {40, 40, 40});
        Fill(picture, {x, y + Below(random, 8), 4, 2}, {40, 40, 40});
      }
      x += 8;
    }
  }
}

Picture Screenshot(const Picture& photo, uint32_t seed, Region* where) {
  constexpr int kBar = 70;
  constexpr int kBeside = 24;
  const int text = photo.height / 4;
  Picture out = Plain(photo.width + 2 * kBeside, photo.height + kBar + 2 * text,
                      {245, 245, 247});
  Fill(out, {0, 0, out.width, kBar}, {60, 90, 150});
  WriteText(out, {kBeside, kBar, photo.width, text - 10}, seed);
  WriteText(out,
            {kBeside, kBar + text + photo.height + 10, photo.width, text - 10},
            seed + 1);
  *where = {kBeside, kBar + text, photo.width, photo.height};
  Paste(out, photo, where->x, where->y);
  return out;
}

Picture Drawing(int width, int height, uint32_t seed) {
  std::mt19937 random(seed);
  Picture out = Plain(width, height, kWhite);
  for (int shape = 0; shape < 4; ++shape) {
    const Colour colour =
        shape % 2 == 0 ? Colour{20, 40, 160} : Colour{220, 60, 30};
    const int radius = height / 12 + Below(random, height / 8);
    const int middle_x = radius + Below(random, width - 2 * radius);
    const int middle_y = radius + Below(random, height - 2 * radius);
    for (int y = middle_y - radius; y < middle_y + radius; ++y) {
      for (int x = middle_x - radius; x < middle_x + radius; ++x) {
        const int dx = x - middle_x;
        const int dy = y - middle_y;
        if (shape < 2 || dx * dx + dy * dy < radius * radius) {
          Put(out, x, y, colour);
        }
      }
    }
  }
  return out;
}

Picture Noise(int width, int height, uint32_t seed) {
  std::mt19937 random(seed);
  Picture out = Plain(width, height, kBlack);
  for (uint8_t& sample : out.rgb) sample = static_cast<uint8_t>(random());
  return out;
}

Picture Gradient(int width, int height, bool is_across) {
  return Grey(width, height, [&](int x, int y) {
    return is_across ? x * 255 / width : y * 255 / height;
  });
}

Picture Stripes(int width, int height) {
  return Grey(width, height, [](int x, int) { return x % 2 * 255; });
}

Picture Checkerboard(int width, int height) {
  return Grey(width, height, [](int x, int y) { return (x + y) % 2 * 255; });
}

signal::ReducedLuma CopyOf(const Picture& picture) {
  int factor = 1;
  while ((picture.width / factor) * (picture.height / factor) >
         kCopyPixelsMax) {
    ++factor;
  }
  signal::ReducedLuma out{.width = picture.width / factor,
                          .height = picture.height / factor,
                          .factor = factor};
  const int box = factor * factor;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int sum = 0;
      for (int i = 0; i < box; ++i) {
        const uint8_t* rgb =
            picture.at(x * factor + i % factor, y * factor + i / factor);
        sum += (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) / 256;
      }
      out.pixels.push_back(static_cast<uint8_t>((2 * sum + box) / (2 * box)));
    }
  }
  return out;
}

FileBytes EncodePnm(const Picture& picture) {
  const std::string head = "P6 " + std::to_string(picture.width) + " " +
                           std::to_string(picture.height) + " 255\n";
  FileBytes file(head.begin(), head.end());
  file.insert(file.end(), picture.rgb.begin(), picture.rgb.end());
  return file;
}

}  // namespace kenal::decode
