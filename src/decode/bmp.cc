// A strict reader of our own: the format is a table of rows, and the library
// that would read it (OpenCV) brings some 140 others and their readers along.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "src/decode/codecs.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t kFileHeaderBytes = 14;
constexpr uint32_t kCoreHeader = 12;

enum Compression : uint32_t {
  kPlain = 0,
  kRunLength8 = 1,
  kRunLength4 = 2,
  kBitFields = 3,
  kAlphaBitFields = 6,
};

uint32_t Little(Bytes bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i)
    value |= uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

// One colour of a bit-field pixel.
struct Field {
  uint32_t mask = 0;
  uint8_t Of(uint32_t pixel) const {
    if (mask == 0) return 0;
    uint64_t value = (pixel & mask) >> std::countr_zero(mask);
    uint64_t top = mask >> std::countr_zero(mask);
    return static_cast<uint8_t>((value * 255 + top / 2) / top);
  }
};

struct BmpHeader {
  uint64_t width = 0;
  uint64_t height = 0;
  bool is_top_down = false;
  uint32_t bit_count = 0;
  uint32_t compression = kPlain;
  size_t pixels_at = 0;
  std::array<Field, 3> fields{};
  std::array<std::array<uint8_t, 3>, 256> colors{};
};

bool ReadSizes(Bytes file, uint32_t header_bytes, BmpHeader& header) {
  if (header_bytes == kCoreHeader) {
    header.width = Little(file, 18, 2);
    header.height = Little(file, 20, 2);
    header.bit_count = Little(file, 24, 2);
    return true;
  }
  int64_t width = static_cast<int32_t>(Little(file, 18, 4));
  int64_t height = static_cast<int32_t>(Little(file, 22, 4));
  if (width <= 0 || height == 0) return false;
  header.width = U64(width);
  header.height = U64(height < 0 ? -height : height);
  header.is_top_down = height < 0;
  header.bit_count = Little(file, 28, 2);
  header.compression = Little(file, 30, 4);
  return true;
}

void ReadFields(Bytes file, uint32_t header_bytes, BmpHeader& header) {
  bool is_16_bit = header.bit_count == 16;
  header.fields =
      is_16_bit
          ? std::array<Field, 3>{Field{0x7C00}, Field{0x03E0}, Field{0x001F}}
          : std::array<Field, 3>{Field{0xFF0000}, Field{0x00FF00},
                                 Field{0x0000FF}};
  bool has_masks =
      header.compression == kBitFields || header.compression == kAlphaBitFields;
  size_t masks_at = kFileHeaderBytes + 40;  // In or right behind the header.
  if (!has_masks || header_bytes < 40 || file.size() < masks_at + 12) return;
  for (size_t i = 0; i < 3; ++i) {
    header.fields[i].mask = Little(file, masks_at + 4 * i, 4);
  }
}

void ReadColors(Bytes file, uint32_t header_bytes, BmpHeader& header) {
  size_t entry_bytes = header_bytes == kCoreHeader ? 3 : 4;
  size_t count = size_t{1} << header.bit_count;
  if (header_bytes >= 40) {
    uint32_t used = Little(file, 46, 4);
    if (used > 0) count = std::min<size_t>(count, used);
  }
  size_t at = kFileHeaderBytes + header_bytes;
  for (size_t i = 0; i < count && at + entry_bytes <= file.size(); ++i) {
    header.colors[i] = {file[at + 2], file[at + 1], file[at]};
    at += entry_bytes;
  }
}

bool IsKnownForm(const BmpHeader& header) {
  switch (header.compression) {
    case kPlain:
      return header.bit_count == 1 || header.bit_count == 4 ||
             header.bit_count == 8 || header.bit_count == 16 ||
             header.bit_count == 24 || header.bit_count == 32;
    case kRunLength8:
      return header.bit_count == 8 && !header.is_top_down;
    case kRunLength4:
      return header.bit_count == 4 && !header.is_top_down;
    case kBitFields:
    case kAlphaBitFields:
      return header.bit_count == 16 || header.bit_count == 32;
    default:
      return false;
  }
}

// Sets the reason in the job when it gives nothing.
std::optional<BmpHeader> ReadHeader(Job& job) {
  Bytes file = job.bytes();
  BmpHeader header;
  uint32_t header_bytes = Little(file, 14, 4);  // The sniffer saw it.
  if (file.size() < kFileHeaderBytes + header_bytes ||
      !ReadSizes(file, header_bytes, header)) {
    job.Fail(Reason::kDamagedHeader);
    return std::nullopt;
  }
  if (!IsKnownForm(header)) {
    job.Fail(Reason::kFeatureNotDecoded);
    return std::nullopt;
  }
  header.pixels_at = std::min<size_t>(Little(file, 10, 4), file.size());
  ReadFields(file, header_bytes, header);
  if (header.bit_count <= 8) ReadColors(file, header_bytes, header);
  return header;
}

void ConvertRow(const BmpHeader& header, const uint8_t* in, uint8_t* out) {
  uint32_t bits = header.bit_count;
  for (uint64_t x = 0; x < header.width; ++x, out += 3) {
    if (bits <= 8) {
      unsigned per_byte = 8 / bits;
      unsigned shift = static_cast<unsigned>(
          8 - bits * (1 + static_cast<unsigned>(x % per_byte)));
      unsigned index =
          (unsigned{in[x / per_byte]} >> shift) & ((1U << bits) - 1);
      std::memcpy(out, header.colors[index].data(), 3);
    } else if (bits == 24) {
      out[0] = in[3 * x + 2];
      out[1] = in[3 * x + 1];
      out[2] = in[3 * x];
    } else {
      size_t size = bits / 8;
      uint32_t pixel = Little({in + size * x, size}, 0, size);
      for (size_t i = 0; i < 3; ++i) out[i] = header.fields[i].Of(pixel);
    }
  }
}

void DecodePlain(Job& job, const BmpHeader& header) {
  uint64_t row_bytes = (header.width * header.bit_count + 31) / 32 * 4;
  Bytes pixels = job.bytes().subspan(header.pixels_at);
  if (!job.Admit(header.width, header.height, header.width * 3)) return;
  if (pixels.size() < row_bytes * header.height) {
    job.Fail(Reason::kDamaged);
    return;
  }
  ViewHasher hasher({.width = static_cast<int>(header.width),
                     .height = static_cast<int>(header.height)},
                    job.work(), 1);
  std::vector<uint8_t> rgb(header.width * 3);
  for (uint64_t y = 0; y < header.height; ++y) {
    uint64_t line = header.is_top_down ? y : header.height - 1 - y;
    ConvertRow(header, pixels.data() + line * row_bytes, rgb.data());
    hasher.AddRow(rgb.data());
  }
  job.Succeed(hasher.Finish());
}

// Palette indices of a run-length picture, from the bottom row up. Pixels
// that no run names keep index 0, as the format says.
class RunLengths {
 public:
  RunLengths(const BmpHeader& header, Bytes codes)
      : header_(header),
        codes_(codes),
        indices_(header.width * header.height) {}

  // False when the codes break off before the end mark.
  bool Read() {
    while (codes_.size() >= 2) {
      unsigned count = codes_[0];
      unsigned value = codes_[1];
      codes_ = codes_.subspan(2);
      if (count > 0) {
        for (unsigned i = 0; i < count; ++i) Put(Part(value, i));
      } else if (value == 0) {
        x_ = 0;
        ++y_;
      } else if (value == 1) {
        return true;
      } else if (value == 2) {
        if (codes_.size() < 2) return false;
        x_ += codes_[0];
        y_ += codes_[1];
        codes_ = codes_.subspan(2);
      } else if (!ReadLiterals(value)) {
        return false;
      }
    }
    return y_ >= header_.height ||
           (y_ + 1 == header_.height && x_ >= header_.width);
  }

  const uint8_t* Row(uint64_t line) const {
    return indices_.data() + line * header_.width;
  }

 private:
  bool IsNibbles() const { return header_.compression == kRunLength4; }
  uint8_t Part(unsigned value, unsigned i) const {
    if (!IsNibbles()) return static_cast<uint8_t>(value);
    return static_cast<uint8_t>(i % 2 == 0 ? value >> 4 : value & 15);
  }
  void Put(uint8_t index) {
    if (x_ < header_.width && y_ < header_.height) {
      indices_[y_ * header_.width + x_] = index;
    }
    ++x_;
  }
  bool ReadLiterals(unsigned count) {
    size_t size = IsNibbles() ? (count + 1) / 2 : count;
    size_t padded = size + (size & 1);
    if (codes_.size() < size) return false;
    for (unsigned i = 0; i < count; ++i) {
      Put(Part(codes_[IsNibbles() ? i / 2 : i], i));
    }
    codes_ = codes_.subspan(std::min(padded, codes_.size()));
    return true;
  }

  const BmpHeader& header_;
  Bytes codes_;
  std::vector<uint8_t> indices_;
  uint64_t x_ = 0;
  uint64_t y_ = 0;
};

void DecodeRunLengths(Job& job, BmpHeader header) {
  constexpr uint64_t kSideSafe = uint64_t{1} << 31;  // No product overflows.
  uint64_t need =
      std::min(header.width, kSideSafe) * std::min(header.height, kSideSafe);
  if (!job.Admit(header.width, header.height, need)) return;
  RunLengths runs(header, job.bytes().subspan(header.pixels_at));
  if (!runs.Read()) {
    job.Fail(Reason::kDamaged);
    return;
  }
  header.bit_count = 8;  // What the indices are now.
  ViewHasher hasher({.width = static_cast<int>(header.width),
                     .height = static_cast<int>(header.height)},
                    job.work(), 1);
  std::vector<uint8_t> rgb(header.width * 3);
  for (uint64_t y = 0; y < header.height; ++y) {
    ConvertRow(header, runs.Row(header.height - 1 - y), rgb.data());
    hasher.AddRow(rgb.data());
  }
  job.Succeed(hasher.Finish());
}

}  // namespace

void DecodeBmp(Job& job) {
  std::optional<BmpHeader> header = ReadHeader(job);
  if (!header) return;
  if (header->compression == kRunLength8 ||
      header->compression == kRunLength4) {
    DecodeRunLengths(job, *header);
  } else {
    DecodePlain(job, *header);
  }
}

}  // namespace kenal::decode
