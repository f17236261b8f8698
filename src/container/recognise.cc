#include "src/container/recognise.h"

#include <algorithm>

#include "src/container/bytes.h"

namespace kenal::container {
namespace {

using Bytes = std::span<const uint8_t>;
using namespace std::string_view_literals;

constexpr size_t kSectorBytes = 512;
// A floppy's least: nothing smaller is taken for a disk.
constexpr uint64_t kDiskBytesMin = 64 * 1024;
constexpr size_t kIsoAt = 32'768;
// Slots of an Android cache of thumbnails (MiniThumbFile).
constexpr uint64_t kThumbdataSlotBytes = 10'000;
constexpr size_t kThumbdataHeaderBytes = 13;

bool HasAt(Bytes bytes, size_t offset, std::string_view magic) {
  if (bytes.size() < offset + magic.size()) return false;
  return std::equal(
      magic.begin(), magic.end(), bytes.begin() + static_cast<long>(offset),
      [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool Holds(Bytes bytes, std::string_view magic) {
  const auto found = std::search(
      bytes.begin(), bytes.end(), magic.begin(), magic.end(),
      [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  return found != bytes.end();
}

struct Magic {
  size_t offset;
  std::string_view bytes;
  Recognised is;
};

constexpr Magic kMagics[] = {
    {0, "EVF\x09\x0D\x0A\xFF\0"sv, {Kind::kEwf, "ewf"}},
    {0, "EVF2\x0D\x0A\x81\0"sv, {Kind::kEwf, "ewf"}},
    {0, "PK\3\4"sv, {Kind::kArchive, "zip"}},
    {0, "PK\5\6"sv, {Kind::kArchive, "zip"}},
    {0, "PK\7\x08PK\3\4"sv, {Kind::kArchive, "zip"}},
    {0, "7z\xBC\xAF\x27\x1C"sv, {Kind::kArchive, "7z"}},
    {0, "Rar!\x1A\x07\1\0"sv, {Kind::kArchive, "rar5"}},
    {0, "Rar!\x1A\x07\0"sv, {Kind::kArchive, "rar"}},
    {0, "\x1F\x8B\x08"sv, {Kind::kArchive, "gzip"}},
    {0, "BZh"sv, {Kind::kArchive, "bzip2"}},
    {0, "\xFD\x37zXZ\0"sv, {Kind::kArchive, "xz"}},
    {0, "\x28\xB5\x2F\xFD"sv, {Kind::kArchive, "zstd"}},
    {0, "\x04\x22\x4D\x18"sv, {Kind::kArchive, "lz4"}},
    {0, "LZIP\1"sv, {Kind::kArchive, "lzip"}},
    {0, "\x1F\x9D"sv, {Kind::kArchive, "compress"}},
    {0, "MSCF\0\0\0\0"sv, {Kind::kArchive, "cab"}},
    {0, "070701"sv, {Kind::kArchive, "cpio"}},
    {0, "070702"sv, {Kind::kArchive, "cpio"}},
    {0, "070707"sv, {Kind::kArchive, "cpio"}},
    {0, "!<arch>\n"sv, {Kind::kArchive, "ar"}},
    {0, "xar!\0\x1C"sv, {Kind::kArchive, "xar"}},
    {0, "\xED\xAB\xEE\xDB"sv, {Kind::kArchive, "rpm"}},
    {0, "WARC/"sv, {Kind::kArchive, "warc"}},
    {257, "ustar"sv, {Kind::kArchive, "tar"}},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {Kind::kThumbnails, "thumbs.db"}},
    {0, "CMMM"sv, {Kind::kThumbnails, "thumbcache"}},
    {0, "LUKS\xBA\xBE"sv, {Kind::kEncrypted, "luks"}},
    {3, "-FVE-FS-"sv, {Kind::kEncrypted, "bitlocker"}},
    {kIsoAt, "\1CD001"sv, {Kind::kArchive, "iso9660"}},
};

// "-lh5-" after the size and checksum of a header.
bool IsLha(Bytes head) {
  return head.size() >= 21 && HasAt(head, 2, "-l") && head[6] == '-' &&
         (head[4] == 'h' || head[4] == 'z') && head[20] <= 2;
}

// A tar without "ustar" in it: its checksum must fit.
bool IsOldTar(Bytes head) {
  if (head.size() < kSectorBytes || head[0] == 0) return false;
  uint64_t sum = 8 * ' ';
  for (size_t i = 0; i < kSectorBytes; ++i) {
    if (i < 148 || i >= 156) sum += head[i];
  }
  uint64_t said = 0;
  size_t digit_count = 0;
  for (size_t i = 148; i < 156; ++i) {
    const uint8_t c = head[i];
    if (c >= '0' && c <= '7') {
      said = said * 8 + (c - '0');
      ++digit_count;
    } else if (c != ' ' && c != 0) {
      return false;
    }
  }
  return digit_count > 0 && said == sum;
}

bool HasBootSignature(Bytes head) {
  return head.size() >= kSectorBytes && head[510] == 0x55 && head[511] == 0xAA;
}

bool IsPowerOfTwo(uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

// NTFS, exFAT, or a FAT whose numbers make sense.
bool IsBootSector(Bytes head) {
  if (!HasBootSignature(head)) return false;
  if (HasAt(head, 3, "NTFS    ") || HasAt(head, 3, "EXFAT   ")) return true;
  const uint64_t sector_bytes = LittleAt(head, 11, 2);
  const uint64_t fat_count = head[16];
  return (head[0] == 0xEB || head[0] == 0xE9) && sector_bytes >= 512 &&
         sector_bytes <= 4096 && IsPowerOfTwo(sector_bytes) &&
         IsPowerOfTwo(head[13]) && LittleAt(head, 14, 2) > 0 &&
         (fat_count == 1 || fat_count == 2);
}

// At least one entry of a type, with a beginning and a length, and flags as
// they can be. Boot code of other things has the same signature.
bool HasPartitions(Bytes head) {
  if (!HasBootSignature(head)) return false;
  bool has_one = false;
  for (size_t at = 446; at < 510; at += 16) {
    if ((head[at] & 0x7F) != 0) return false;
    const bool is_used = head[at + 4] != 0 && LittleAt(head, at + 8, 4) != 0 &&
                         LittleAt(head, at + 12, 4) != 0;
    has_one = has_one || is_used;
  }
  return has_one;
}

bool IsDisk(Bytes head, uint64_t size_bytes) {
  if (size_bytes < kDiskBytesMin) return false;
  const bool is_ext =
      HasAt(head, 1024 + 56, "\x53\xEF"sv) && LittleAt(head, 1024 + 24, 4) < 16;
  return IsBootSector(head) || HasPartitions(head) || is_ext ||
         HasAt(head, 512, "EFI PART") ||                      // GPT
         HasAt(head, 1024, "H+\0\4"sv) ||                     // HFS+
         HasAt(head, 1024, "HX\0\5"sv) ||                     // HFSX
         (HasAt(head, 0, "ER") && HasAt(head, 512, "PM")) ||  // Apple's map
         HasAt(head, 32, "NXSB");                             // APFS
}

bool IsThumbdata(Bytes head, uint64_t size_bytes) {
  return size_bytes >= kThumbdataSlotBytes &&
         size_bytes % kThumbdataSlotBytes == 0 &&
         HasAt(head, kThumbdataHeaderBytes, "\xFF\xD8\xFF"sv);
}

bool IsEmpty(Bytes bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

Recognised ByContent(Bytes head, uint64_t size_bytes) {
  for (const Magic& magic : kMagics) {
    if (HasAt(head, magic.offset, magic.bytes)) return magic.is;
  }
  if (HasAt(head, 0, "\xFF\xD8\xFF"sv)) {
    if (Holds(head, "Exif\0\0"sv)) return {Kind::kThumbnails, "exif"};
    return {};
  }
  if (HasAt(head, 0, "II*\0"sv) || HasAt(head, 0, "MM\0*"sv)) {
    return {Kind::kThumbnails, "exif"};
  }
  if (IsLha(head)) return {Kind::kArchive, "lha"};
  if (IsOldTar(head)) return {Kind::kArchive, "tar"};
  if (IsThumbdata(head, size_bytes)) return {Kind::kThumbnails, "thumbdata"};
  if (IsDisk(head, size_bytes)) return {Kind::kDisk, "disk"};
  return {};
}

}  // namespace

Recognised Recognise(Bytes head, uint64_t size_bytes) {
  head = head.first(std::min(head.size(), kLongHeadBytes));
  Recognised found = ByContent(head, size_bytes);
  // An ISO 9660 image begins with 32 KiB of nothing, or with what lets it
  // start from a disk.
  const bool may_be_iso =
      found.kind == Kind::kDisk ||
      (found.kind == Kind::kNone &&
       IsEmpty(head.first(std::min(head.size(), kHeadBytes))));
  if (may_be_iso && head.size() < kLongHeadBytes &&
      size_bytes >= kLongHeadBytes) {
    found.wants_bytes = kLongHeadBytes;
  }
  if (found.kind == Kind::kNone && found.wants_bytes == 0 && !head.empty() &&
      IsEmpty(head) && size_bytes % kThumbdataSlotBytes == 0) {
    return {Kind::kThumbnails, "thumbdata"};  // Its first slots are free.
  }
  return found;
}

}  // namespace kenal::container
