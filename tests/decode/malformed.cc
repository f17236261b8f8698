#include "tests/decode/malformed.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "src/base/check.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

using namespace std::string_view_literals;

// Larger ones are slow to decode and no harder on the decoder.
constexpr size_t kGoodBytesMax = 120'000;

constexpr uint32_t kEdges[] = {
    0,      1,      2,       0x7F,       0x80,       0xFF,       0x7FFF,
    0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF};

constexpr std::string_view kMarks[] = {
    "\xFF\xD8\xFF\xE0"sv,
    "\x89PNG\r\n\x1A\n"sv,
    "GIF89a"sv,
    "RIFF\xFF\xFF\xFF\xFFWEBPVP8 "sv,
    "RIFF\x10\0\0\0WEBPVP8X"sv,
    "II*\0\x08\0\0\0"sv,
    "MM\0*"sv,
    "II+\0\x08\0\0\0"sv,
    "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"sv,
    "\0\0\0\x18"
    "ftypheic\0\0\0\0mif1heic"sv,
    "\0\0\0\x18"
    "ftypavif\0\0\0\0mif1avif"sv,
    "P6 100 100 255\n"sv,
    "DICM"sv,
    "%PDF-1.4"sv,
    "PK\3\4"sv,
    "SIMPLE  ="sv,
    "NITF02.10"sv,
    "#?RADIANCE\n"sv,
    "\x76\x2F\x31\x01"sv,
    "<VRTDataset>"sv,
    "<svg xmlns=\"\">"sv};

uint32_t Below(std::mt19937& random, size_t limit) {
  return limit == 0 ? 0 : static_cast<uint32_t>(random() % limit);
}

long Offset(std::mt19937& random, const FileBytes& file) {
  // Half of the time near the start, where the headers are.
  size_t limit =
      random() % 2 == 0 ? std::min<size_t>(file.size(), 600) : file.size();
  return static_cast<long>(Below(random, limit));
}

void Write(FileBytes& file, size_t at, std::string_view bytes) {
  if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
  std::memcpy(file.data() + at, bytes.data(), bytes.size());
}

void FlipBits(std::mt19937& random, FileBytes& file) {
  for (uint32_t i = 0; i <= Below(random, 12) && !file.empty(); ++i) {
    file[static_cast<size_t>(Offset(random, file))] ^=
        static_cast<uint8_t>(1U << Below(random, 8));
  }
}

void WriteEdge(std::mt19937& random, FileBytes& file) {
  uint32_t value = kEdges[Below(random, std::size(kEdges))];
  size_t size = size_t{1} << Below(random, 3);
  bool is_big = random() % 2 == 0;
  size_t at = static_cast<size_t>(Offset(random, file));
  for (size_t i = 0; i < size && at + i < file.size(); ++i) {
    size_t shift = 8 * (is_big ? size - 1 - i : i);
    file[at + i] = static_cast<uint8_t>(value >> shift);
  }
}

void Overwrite(std::mt19937& random, FileBytes& file) {
  size_t at = static_cast<size_t>(Offset(random, file));
  size_t end = std::min<size_t>(file.size(), at + Below(random, 64));
  for (; at < end; ++at) file[at] = static_cast<uint8_t>(random());
}

void Insert(std::mt19937& random, FileBytes& file) {
  FileBytes added(Below(random, 300), static_cast<uint8_t>(random()));
  file.insert(file.begin() + Offset(random, file), added.begin(), added.end());
}

void Delete(std::mt19937& random, FileBytes& file) {
  auto first = file.begin() + Offset(random, file);
  file.erase(first,
             first + std::min<long>(file.end() - first,
                                    static_cast<long>(Below(random, 300))));
}

void Duplicate(std::mt19937& random, FileBytes& file) {
  long first = Offset(random, file);
  long count = std::min<long>(static_cast<long>(file.size()) - first,
                              static_cast<long>(Below(random, 4000)));
  FileBytes part(file.begin() + first, file.begin() + first + count);
  file.insert(file.begin() + Offset(random, file), part.begin(), part.end());
}

uint32_t Crc(const uint8_t* bytes, size_t size) {
  uint32_t sum = 0xFFFFFFFF;
  for (size_t i = 0; i < size; ++i) {
    sum ^= bytes[i];
    for (int k = 0; k < 8; ++k) sum = (sum >> 1) ^ (0xEDB88320 & -(sum & 1));
  }
  return ~sum;
}

// Makes the sums of a PNG right again, so that what is wrong in it gets past
// them.
void FixPngSums(FileBytes& file) {
  size_t at = 8;
  while (at + 12 <= file.size()) {
    size_t size = (size_t{file[at]} << 24) | (size_t{file[at + 1]} << 16) |
                  (size_t{file[at + 2]} << 8) | file[at + 3];
    if (size > file.size() - at - 12) return;
    uint32_t sum = Crc(file.data() + at + 4, size + 4);
    for (size_t i = 0; i < 4; ++i) {
      file[at + 8 + size + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    }
    at += 12 + size;
  }
}

}  // namespace

MalformedFiles::MalformedFiles(uint32_t seed) : seed_(seed) {
  for (const Vector& vector : ReadVectors()) {
    FileBytes file = ReadVectorFile(vector.file);
    if (!file.empty() && file.size() <= kGoodBytesMax) good_.push_back(file);
  }
  Picture picture = Clouds(150, 100, 1);
  for (bool is_set : {false, true}) {
    good_.push_back(
        EncodePng(picture, {.is_interlaced = is_set, .orientation = 6}));
    good_.push_back(
        EncodeJpeg(picture, {.is_progressive = is_set, .orientation = 8}));
    good_.push_back(EncodeTiff(picture, is_set ? 32 : 0, true, 5));
    good_.push_back(EncodeTiff(picture, is_set ? 32 : 0, false, 3));
    good_.push_back(EncodeBmp(picture, is_set));
    good_.push_back(EncodeWebpAnimation(picture, 2));
    good_.push_back(EncodeHeif(picture, HeifKind::kHeic));
    good_.push_back(EncodeHeif(picture, HeifKind::kAvif));
  }
}

const FileBytes& MalformedFiles::Any(Random& random) const {
  return good_[Below(random, good_.size())];
}

FileBytes MalformedFiles::Mutated(Random& random) const {
  FileBytes file = Any(random);
  using Change = void (*)(Random&, FileBytes&);
  constexpr Change kChanges[] = {FlipBits,  FlipBits, WriteEdge, WriteEdge,
                                 Overwrite, Insert,   Delete,    Duplicate};
  for (uint32_t i = 0; i <= Below(random, 3); ++i) {
    kChanges[Below(random, std::size(kChanges))](random, file);
  }
  if (random() % 6 == 0) file.resize(Below(random, file.size() + 1));
  if (file.size() > 8 && file[1] == 'P' && random() % 4 != 0) {
    FixPngSums(file);
  }
  return file;
}

// The head of one file and the tail of another.
FileBytes MalformedFiles::Spliced(Random& random) const {
  FileBytes file = Any(random);
  const FileBytes& other = Any(random);
  file.resize(Below(random, file.size() + 1));
  file.insert(file.end(),
              other.begin() + static_cast<long>(Below(random, other.size())),
              other.end());
  return file;
}

// Marks of other formats where other readers look for them.
FileBytes MalformedFiles::Polyglot(Random& random) const {
  FileBytes file = Any(random);
  switch (Below(random, 4)) {
    case 0:
      Write(file, 128, "DICM");
      break;
    case 1: {
      std::string_view mark = kMarks[Below(random, std::size(kMarks))];
      file.insert(file.begin(), mark.begin(), mark.end());
      break;
    }
    case 2: {
      std::string_view mark = kMarks[Below(random, std::size(kMarks))];
      Write(file, static_cast<size_t>(Offset(random, file)), mark);
      break;
    }
    default: {
      // A mark that its own reader turns down, with DICOM's behind it.
      file = FileBytes(135 + Below(random, 400));
      Write(file, 0, kMarks[Below(random, std::size(kMarks))]);
      Write(file, 128, "DICM");
    }
  }
  return file;
}

FileBytes MalformedFiles::Bomb(Random& random) {
  constexpr int kSides[] = {1,      5,      4'000,  16'384,
                            30'000, 32'768, 65'500, 65'535};
  int width = kSides[Below(random, std::size(kSides))];
  int height = kSides[Below(random, std::size(kSides))];
  bool is_set = random() % 2 == 0;
  switch (Below(random, 4)) {
    case 0:
      return PngHeader(static_cast<uint32_t>(width),
                       static_cast<uint32_t>(height), is_set);
    case 1:
      return JpegHeader(width, height, is_set);
    case 2:
      return GifHeader(width, height);
    default: {
      FileBytes file = BmpHeader(width, height, is_set ? 1 : 0);
      file.resize(file.size() + Below(random, 3000),
                  static_cast<uint8_t>(random()));
      return file;
    }
  }
}

FileBytes MalformedFiles::Noise(Random& random) {
  FileBytes file(Below(random, 3000));
  for (uint8_t& byte : file) byte = static_cast<uint8_t>(random());
  if (random() % 4 != 0) {
    Write(file, 0, kMarks[Below(random, std::size(kMarks))]);
  }
  return file;
}

FileBytes MalformedFiles::Make(uint32_t number) const {
  std::seed_seq sequence{seed_, number};
  Random random(sequence);
  switch (Below(random, 20)) {
    case 0:
      return Bomb(random);
    case 1:
      return Noise(random);
    case 2:
    case 3:
      return Polyglot(random);
    case 4:
      return Spliced(random);
    default:
      return Mutated(random);
  }
}

}  // namespace kenal::decode
