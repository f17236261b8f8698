#include <cctype>
#include <optional>

#include "src/decode/codecs.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint64_t kNumberMax = 1'000'000'000;  // stays clear of overflow
constexpr uint64_t kSampleMax = 65'535;

// Takes the next number of the header, with white space and comments before
// it.
std::optional<uint64_t> TakeNumber(Bytes& rest) {
  size_t at = 0;
  while (at < rest.size() && (std::isspace(rest[at]) || rest[at] == '#')) {
    if (rest[at] == '#') {
      while (at < rest.size() && rest[at] != '\n') ++at;
    } else {
      ++at;
    }
  }
  if (at == rest.size() || !std::isdigit(rest[at])) return std::nullopt;
  uint64_t value = 0;
  for (; at < rest.size() && std::isdigit(rest[at]); ++at) {
    value = value * 10 + U64(rest[at] - '0');
    if (value > kNumberMax) return std::nullopt;
  }
  rest = rest.subspan(at);
  return value;
}

uint8_t Scale(unsigned value, unsigned sample_max) {
  value = value > sample_max ? sample_max : value;
  return static_cast<uint8_t>((value * 255 + sample_max / 2) / sample_max);
}

}  // namespace

// Binary greymaps (P5) and pixmaps (P6), 8 or 16 bits a sample.
void DecodePnm(Job& job) {
  Bytes rest = job.bytes().subspan(2);
  std::optional<uint64_t> width = TakeNumber(rest);
  std::optional<uint64_t> height = width ? TakeNumber(rest) : std::nullopt;
  std::optional<uint64_t> sample_max = height ? TakeNumber(rest) : std::nullopt;
  if (!sample_max || *sample_max == 0 || *sample_max > kSampleMax ||
      rest.empty() || !std::isspace(rest[0])) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  rest = rest.subspan(1);
  Shape shape{.channel_count = job.bytes()[1] == '5' ? 1 : 3};
  if (!job.Admit(*width, *height, *width * 3)) return;
  shape.width = static_cast<int>(*width);
  shape.height = static_cast<int>(*height);
  size_t sample_count = *width * U64(shape.channel_count);
  size_t sample_bytes = *sample_max > 255 ? 2 : 1;
  if (rest.size() / (sample_count * sample_bytes) < *height) {
    job.Fail(Reason::kDamaged);
    return;
  }
  unsigned top = static_cast<unsigned>(*sample_max);
  ViewHasher hasher(shape, job.work(), 1);
  std::vector<uint8_t> row(sample_count);
  for (uint64_t y = 0; y < *height; ++y) {
    for (size_t i = 0; i < sample_count; ++i) {
      unsigned value = rest[i * sample_bytes];
      if (sample_bytes == 2) value = (value << 8) | rest[i * 2 + 1];
      row[i] = Scale(value, top);
    }
    rest = rest.subspan(sample_count * sample_bytes);
    hasher.AddRow(row.data());
  }
  job.Succeed(hasher.Finish());
}

}  // namespace kenal::decode
