// What a file is, by its content. Names and extensions play no part.
#ifndef KENAL_SRC_DECODE_SNIFF_H_
#define KENAL_SRC_DECODE_SNIFF_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace kenal::decode {

// Sent between processes of one build; never stored.
enum class Kind : uint8_t {
  kUnknown = 0,
  // Decoded.
  kJpeg,
  kPng,
  kWebp,
  kGif,
  kBmp,
  kTiff,
  kHeic,
  kAvif,
  kPnm,
  // Pictures of formats that are not decoded.
  kJpegXl,
  kJpeg2000,
  kPhotoshop,
  kIcon,
  kOpenExr,
  kDicom,
  kSvg,
  // Not pictures.
  kText,
  kXml,
  kPdf,
  kZip,
  kGzip,
  kSevenZip,
  kRar,
  kMp4,
  kMatroska,
  kAvi,
  kWave,
  kOgg,
  kMp3,
  kElf,
  kWindowsProgram,
  kSqlite,
};
inline constexpr int kKindCount = static_cast<int>(Kind::kSqlite) + 1;

// Looks at no more than the first 4 KiB. A signature is taken at the start of
// the file only, so that a second format hidden further in changes nothing.
Kind Sniff(std::span<const uint8_t> bytes);

// True for the kinds that have a codec.
bool IsDecoded(Kind kind);
// True for pictures of any format.
bool IsPicture(Kind kind);

// Format word of a decoded kind ("jpeg"), else a phrase for people ("a PDF
// document").
std::string_view KindName(Kind kind);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_SNIFF_H_
