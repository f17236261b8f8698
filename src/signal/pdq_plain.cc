#include "src/signal/pdq_plain.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/check.h"

namespace kenal::signal {
namespace {

constexpr int kSideMin = 5;  // smaller pictures are not hashed, section 0

// A line of a picture: every `stride`-th value.
struct Line {
  const float* from;
  float* to;
  size_t stride;
};

// Section 3, with its order of additions and subtractions.
void BoxAverage(const Line& line, int length, int window) {
  const int ahead = (window + 2) / 2;
  const auto in = [&](int at) {
    return line.from[static_cast<size_t>(at) * line.stride];
  };
  const auto out = [&](int at) -> float& {
    return line.to[static_cast<size_t>(at) * line.stride];
  };
  float sum = 0;
  int count = 0;
  int entering = 0;
  int leaving = 0;
  int at = 0;
  for (; entering < ahead - 1; ++count) sum += in(entering++);
  for (; at <= window - ahead; ++at) {
    sum += in(entering++);
    ++count;
    out(at) = sum / static_cast<float>(count);
  }
  for (; entering < length; ++at) {
    sum += in(entering++);
    sum -= in(leaving++);
    out(at) = sum / static_cast<float>(window);
  }
  for (; at < length; ++at) {
    sum -= in(leaving++);
    --count;
    out(at) = sum / static_cast<float>(count);
  }
}

std::vector<float> TentFilter(std::span<const float> luma, int width,
                              int height) {
  const size_t stride = static_cast<size_t>(width);
  std::vector<float> first(luma.begin(), luma.end());
  std::vector<float> second(luma.size());
  for (int round = 0; round < 2; ++round) {
    for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
      BoxAverage({&first[y * stride], &second[y * stride], 1}, width,
                 (width + 127) / 128);
    }
    for (size_t x = 0; x < stride; ++x) {
      BoxAverage({&second[x], &first[x], stride}, height, (height + 127) / 128);
    }
  }
  return first;
}

SampleGrid PickSamples(std::span<const float> filtered, int width, int height) {
  SampleGrid samples{};
  for (int i = 0; i < kSampleSide; ++i) {
    for (int j = 0; j < kSampleSide; ++j) {
      const int64_t y = (2 * i + 1) * int64_t{height} / (2 * kSampleSide);
      const int64_t x = (2 * j + 1) * int64_t{width} / (2 * kSampleSide);
      samples[static_cast<size_t>(i * kSampleSide + j)] =
          filtered[static_cast<size_t>(y * width + x)];
    }
  }
  return samples;
}

int Quality(const SampleGrid& samples) {
  const auto step = [&](int at, int next) {
    const float difference = (samples[static_cast<size_t>(at)] -
                              samples[static_cast<size_t>(next)]) *
                             100.0f / 255.0f;
    return std::abs(static_cast<int>(difference));
  };
  int sum = 0;
  for (int i = 0; i < kSampleSide; ++i) {
    for (int j = 0; j < kSampleSide; ++j) {
      const int at = i * kSampleSide + j;
      if (i + 1 < kSampleSide) sum += step(at, at + kSampleSide);
      if (j + 1 < kSampleSide) sum += step(at, at + 1);
    }
  }
  return std::min(100, sum / 90);
}

void Transform(PlainTaps& taps) {
  const CosineMatrix& cosines = Cosines();
  for (size_t i = 0; i < kBlockSide; ++i) {
    for (size_t j = 0; j < kSampleSide; ++j) {
      float sum = 0;
      for (size_t k = 0; k < kSampleSide; ++k) {
        sum += cosines[i * kSampleSide + k] * taps.samples[k * kSampleSide + j];
      }
      taps.transformed[i * kSampleSide + j] = sum;
    }
  }
  for (size_t i = 0; i < kBlockSide; ++i) {
    for (size_t j = 0; j < kBlockSide; ++j) {
      float sum = 0;
      for (size_t k = 0; k < kSampleSide; ++k) {
        sum += taps.transformed[i * kSampleSide + k] *
               cosines[j * kSampleSide + k];
      }
      taps.block[i * kBlockSide + j] = sum;
    }
  }
}

float LowerMedian(BlockGrid block) {
  std::sort(block.begin(), block.end());
  return block[block.size() / 2 - 1];
}

// Sections 7 and 8: bit 0 is the lowest bit of the last byte.
PdqHash HashOf(const BlockGrid& block) {
  const float median = LowerMedian(block);
  PdqHash hash;
  for (size_t bit = 0; bit < block.size(); ++bit) {
    if (block[bit] > median) {
      hash.bytes[PdqHash::kSizeBytes - 1 - bit / 8] |=
          static_cast<uint8_t>(1u << (bit % 8));
    }
  }
  return hash;
}

// Section 9.1.
BlockGrid Turned(const BlockGrid& block, Variant variant) {
  BlockGrid turned{};
  for (size_t i = 0; i < kBlockSide; ++i) {
    for (size_t j = 0; j < kBlockSide; ++j) {
      bool swap = false;
      bool keep = true;
      switch (variant) {
        case Variant::kOrig:
          break;
        case Variant::kRot90:
          swap = true;
          keep = j % 2 == 1;
          break;
        case Variant::kRot180:
          keep = (i + j) % 2 == 0;
          break;
        case Variant::kRot270:
          swap = true;
          keep = i % 2 == 1;
          break;
        case Variant::kFlipX:
          keep = i % 2 == 1;
          break;
        case Variant::kFlipY:
          keep = j % 2 == 1;
          break;
        case Variant::kFlipPlus1:
          swap = true;
          break;
        case Variant::kFlipMinus1:
          swap = true;
          keep = (i + j) % 2 == 0;
          break;
      }
      const float value = block[i * kBlockSide + j];
      turned[swap ? j * kBlockSide + i : i * kBlockSide + j] =
          keep ? value : -value;
    }
  }
  return turned;
}

PlainTaps TapsOf(std::span<const float> filtered, int width, int height) {
  PlainTaps taps;
  taps.samples = PickSamples(filtered, width, height);
  Transform(taps);
  taps.median = LowerMedian(taps.block);
  return taps;
}

}  // namespace

float PlainLuma(uint8_t red, uint8_t green, uint8_t blue) {
  return 0.299f * static_cast<float>(red) + 0.587f * static_cast<float>(green) +
         0.114f * static_cast<float>(blue);
}

PdqResult PlainPdq(std::span<const float> luma, int width, int height,
                   PlainTaps* taps) {
  KENAL_CHECK(width > 0 && height > 0);
  KENAL_CHECK(luma.size() ==
              static_cast<size_t>(width) * static_cast<size_t>(height));
  PdqResult result;
  if (width < kSideMin || height < kSideMin) return result;

  const std::vector<float> filtered = TentFilter(luma, width, height);
  const PlainTaps eight = TapsOf(filtered, width, height);
  for (int v = 0; v < kVariantCount; ++v) {
    result.dihedral[static_cast<size_t>(v)] =
        HashOf(Turned(eight.block, static_cast<Variant>(v)));
  }
  // The plain path takes a 64 x 64 picture as its own samples, section 4.
  const bool unfiltered = width == kSampleSide && height == kSampleSide;
  const PlainTaps plain = unfiltered ? TapsOf(luma, width, height) : eight;
  result.hash = HashOf(plain.block);
  result.quality = Quality(plain.samples);
  if (taps != nullptr) *taps = plain;
  return result;
}

}  // namespace kenal::signal
