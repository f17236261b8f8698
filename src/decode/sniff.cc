#include "src/decode/sniff.h"

#include <algorithm>
#include <array>

namespace kenal::decode {
namespace {

constexpr size_t kLookedAtBytes = 4096;

using Bytes = std::span<const uint8_t>;
using namespace std::string_view_literals;

bool HasAt(Bytes bytes, size_t offset, std::string_view magic) {
  if (bytes.size() < offset + magic.size()) return false;
  return std::equal(
      magic.begin(), magic.end(), bytes.begin() + static_cast<long>(offset),
      [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

struct Magic {
  std::string_view bytes;
  Kind kind;
};

constexpr Magic kMagics[] = {
    {"\xFF\xD8\xFF"sv, Kind::kJpeg},
    {"\x89PNG\r\n\x1A\n"sv, Kind::kPng},
    {"GIF87a"sv, Kind::kGif},
    {"GIF89a"sv, Kind::kGif},
    {"II*\0"sv, Kind::kTiff},
    {"MM\0*"sv, Kind::kTiff},
    {"II+\0"sv, Kind::kTiff},
    {"MM\0+"sv, Kind::kTiff},
    {"\xFF\x0A"sv, Kind::kJpegXl},
    {"\0\0\0\x0CJXL \r\n\x87\n"sv, Kind::kJpegXl},
    {"\0\0\0\x0CjP  \r\n\x87\n"sv, Kind::kJpeg2000},
    {"\xFF\x4F\xFF\x51"sv, Kind::kJpeg2000},
    {"8BPS"sv, Kind::kPhotoshop},
    {"\0\0\1\0"sv, Kind::kIcon},
    {"\x76\x2F\x31\x01"sv, Kind::kOpenExr},
    {"%PDF-"sv, Kind::kPdf},
    {"PK\3\4"sv, Kind::kZip},
    {"PK\5\6"sv, Kind::kZip},
    {"\x1F\x8B"sv, Kind::kGzip},
    {"7z\xBC\xAF\x27\x1C"sv, Kind::kSevenZip},
    {"Rar!\x1A\x07"sv, Kind::kRar},
    {"\x1A\x45\xDF\xA3"sv, Kind::kMatroska},
    {"OggS"sv, Kind::kOgg},
    {"ID3"sv, Kind::kMp3},
    {"\x7F"
     "ELF"sv,
     Kind::kElf},
    {"MZ"sv, Kind::kWindowsProgram},
    {"SQLite format 3\0"sv, Kind::kSqlite},
};

// In the order of Kind.
constexpr std::string_view kKindNames[] = {
    "unknown data",
    "jpeg",
    "png",
    "webp",
    "gif",
    "bmp",
    "tiff",
    "heic",
    "avif",
    "pnm",
    "a JPEG XL picture",
    "a JPEG 2000 picture",
    "a Photoshop picture",
    "a Windows icon",
    "an OpenEXR picture",
    "a DICOM picture",
    "an SVG drawing",
    "text",
    "XML or HTML",
    "a PDF document",
    "a ZIP archive",
    "gzip data",
    "a 7-Zip archive",
    "a RAR archive",
    "an MP4 or QuickTime video",
    "a Matroska or WebM video",
    "an AVI video",
    "WAVE audio",
    "Ogg audio or video",
    "MP3 audio",
    "a Linux program",
    "a Windows program",
    "an SQLite database",
};
static_assert(std::size(kKindNames) == kKindCount);

Kind SniffRiff(Bytes bytes) {
  if (!HasAt(bytes, 0, "RIFF")) return Kind::kUnknown;
  if (HasAt(bytes, 8, "WEBP")) return Kind::kWebp;
  if (HasAt(bytes, 8, "AVI ")) return Kind::kAvi;
  if (HasAt(bytes, 8, "WAVE")) return Kind::kWave;
  return Kind::kUnknown;
}

// The brand decides, else the compatible brands in their order.
Kind SniffBaseMedia(Bytes bytes) {
  if (!HasAt(bytes, 4, "ftyp") || bytes.size() < 16) return Kind::kUnknown;
  size_t box_bytes = (size_t{bytes[0]} << 24) | (size_t{bytes[1]} << 16) |
                     (size_t{bytes[2]} << 8) | bytes[3];
  size_t end = std::min(std::max<size_t>(box_bytes, 16), bytes.size());
  for (size_t at = 8; at + 4 <= end; at += 4) {
    if (at == 12) continue;  // The version of the brand.
    if (HasAt(bytes, at, "avif") || HasAt(bytes, at, "avis")) {
      return Kind::kAvif;
    }
    for (std::string_view brand :
         {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}) {
      if (HasAt(bytes, at, brand)) return Kind::kHeic;
    }
  }
  if (HasAt(bytes, 8, "mif1") || HasAt(bytes, 8, "msf1")) return Kind::kHeic;
  return Kind::kMp4;
}

// "BM" alone is two letters of text; the size of the header makes it sure.
bool IsBmp(Bytes bytes) {
  if (!HasAt(bytes, 0, "BM") || bytes.size() < 18) return false;
  constexpr std::array<uint8_t, 7> kHeaderSizes = {12, 40,  52, 56,
                                                   64, 108, 124};
  return bytes[15] == 0 && bytes[16] == 0 && bytes[17] == 0 &&
         std::find(kHeaderSizes.begin(), kHeaderSizes.end(), bytes[14]) !=
             kHeaderSizes.end();
}

bool IsBlank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Plain, binary greymap or pixmap: "P5" or "P6", white space, then a digit or
// a comment.
bool IsPnm(Bytes bytes) {
  if (bytes.size() < 4 || bytes[0] != 'P') return false;
  if ((bytes[1] != '5' && bytes[1] != '6') || !IsBlank(bytes[2])) return false;
  return IsBlank(bytes[3]) || bytes[3] == '#' ||
         (bytes[3] >= '0' && bytes[3] <= '9');
}

Kind SniffText(Bytes bytes) {
  size_t start = HasAt(bytes, 0, "\xEF\xBB\xBF") ? 3 : 0;
  while (start < bytes.size() && IsBlank(bytes[start])) ++start;
  if (HasAt(bytes, start, "<svg")) return Kind::kSvg;
  bool is_text = std::all_of(bytes.begin(), bytes.end(), [](uint8_t c) {
    return IsBlank(c) || c == '\f' || c == 0x1B || (c >= 0x20 && c != 0x7F);
  });
  if (!is_text) return Kind::kUnknown;
  if (!HasAt(bytes, start, "<")) return Kind::kText;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                        bytes.size());
  return text.find("<svg") != text.npos ? Kind::kSvg : Kind::kXml;
}

}  // namespace

Kind Sniff(Bytes bytes) {
  bytes = bytes.first(std::min(bytes.size(), kLookedAtBytes));
  if (bytes.empty()) return Kind::kUnknown;
  if (IsBmp(bytes)) return Kind::kBmp;
  if (IsPnm(bytes)) return Kind::kPnm;
  for (const Magic& magic : kMagics) {
    if (HasAt(bytes, 0, magic.bytes)) return magic.kind;
  }
  if (Kind kind = SniffRiff(bytes); kind != Kind::kUnknown) return kind;
  if (Kind kind = SniffBaseMedia(bytes); kind != Kind::kUnknown) return kind;
  if (HasAt(bytes, 128, "DICM")) return Kind::kDicom;
  return SniffText(bytes);
}

bool IsDecoded(Kind kind) { return kind >= Kind::kJpeg && kind <= Kind::kPnm; }

bool IsPicture(Kind kind) { return kind >= Kind::kJpeg && kind <= Kind::kSvg; }

std::string_view KindName(Kind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

}  // namespace kenal::decode
