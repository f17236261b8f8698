#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "bench/scan/plan.h"

namespace kenal::evidence {
namespace {

void Put(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

void PutLittle(Bytes& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

void PutRandom(Bytes& out, size_t size, uint64_t salt) {
  std::mt19937_64 random(salt);
  while (size > 0) {
    const size_t part = std::min<size_t>(size, 8);
    PutLittle(out, random(), static_cast<int>(part));
    size -= part;
  }
}

// Log-uniform, so that most are small.
size_t SizeFor(uint64_t salt, size_t least, size_t doublings) {
  std::mt19937_64 random(salt);
  const size_t base = least << (random() % doublings);
  return base + random() % base;
}

Bytes Text(uint64_t salt) {
  constexpr std::array<std::string_view, 12> kWords = {
      "the ",   "quick ", "ledger ", "of ",   "harbour ", "and ",
      "seven ", "lamps ", "under ",  "rain ", "was ",     "kept\n"};
  std::mt19937_64 random(salt);
  Bytes out;
  const size_t size = SizeFor(salt, 200, 8);
  while (out.size() < size) Put(out, kWords[random() % kWords.size()]);
  return out;
}

uint32_t Crc32(const Bytes& bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
    }
  }
  return ~crc;
}

// One member, stored. An encrypted one holds noise: nobody has its password.
Bytes Zip(const std::string& name, const Bytes& member, bool encrypted) {
  const auto head = [&](Bytes& out) {
    PutLittle(out, 20, 2);
    PutLittle(out, encrypted ? 1 : 0, 2);
    PutLittle(out, 0, 2);            // stored
    PutLittle(out, 0x5821'0000, 4);  // a day of 2024
    PutLittle(out, Crc32(member), 4);
    PutLittle(out, member.size(), 4);
    PutLittle(out, member.size() - (encrypted ? 12 : 0), 4);
    PutLittle(out, name.size(), 2);
    PutLittle(out, 0, 2);
  };
  Bytes out;
  Put(out, "PK\x03\x04");
  head(out);
  Put(out, name);
  out.insert(out.end(), member.begin(), member.end());
  const size_t directory = out.size();
  Put(out, "PK\x01\x02");
  PutLittle(out, 20, 2);
  head(out);
  PutLittle(out, 0, 2 + 2 + 2 + 4);  // no comment, disk 0, no attributes
  PutLittle(out, 0, 4);              // where the member begins
  Put(out, name);
  const size_t end = out.size();
  Put(out, "PK\x05\x06");
  PutLittle(out, 0, 4);
  PutLittle(out, 1, 2);
  PutLittle(out, 1, 2);
  PutLittle(out, end - directory, 4);
  PutLittle(out, directory, 4);
  PutLittle(out, 0, 2);
  return out;
}

Bytes Trailed(Bytes bytes, uint64_t salt) {
  PutLittle(bytes, salt, 8);
  return bytes;
}

Bytes VideoLike(uint64_t salt) {
  Bytes out;
  Put(out, std::string_view("\0\0\0\x18"
                            "ftypisom\0\0\2\0isomiso2",
                            24));
  const size_t size = SizeFor(salt, 100'000, 5);
  for (int i = 3; i >= 0; --i) {
    out.push_back(static_cast<uint8_t>((size + 8) >> (8 * i)));
  }
  Put(out, "mdat");
  PutRandom(out, size, salt);
  return out;
}

Bytes Pdf(uint64_t salt) {
  Bytes out;
  Put(out, "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nstream\n");
  PutRandom(out, SizeFor(salt, 2'000, 6), salt);
  Put(out, "\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n");
  return out;
}

Bytes Truncated(const Bytes& bytes, uint64_t salt) {
  const size_t kept = bytes.size() * (20 + salt % 60) / 100;
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept)};
}

}  // namespace

Bytes BytesOf(const Content& content, const Pictures& pictures) {
  const size_t index = content.index;
  const uint64_t salt = content.salt;
  switch (content.kind) {
    case Kind::kPicture:
    case Kind::kMisnamed:
      return pictures.distinct[index].bytes;
    case Kind::kTrailed:
      return Trailed(pictures.distinct[index].bytes, salt);
    case Kind::kExact:
      return pictures.known[index].original;
    case Kind::kKnownTrailed:
      return Trailed(pictures.known[index].original, salt);
    case Kind::kAltered:
      return pictures.known[index].copies[content.copy].bytes;
    case Kind::kAlteredZipped:
      return Zip("holiday/picture.jpg",
                 pictures.known[index].copies[content.copy].bytes, false);
    case Kind::kLone:
      return pictures.lone.copies[content.copy].bytes;
    case Kind::kText:
      return Text(salt);
    case Kind::kZip:
      return Zip("notes.txt", Text(salt), false);
    case Kind::kVideoLike:
      return VideoLike(salt);
    case Kind::kPdf:
      return Pdf(salt);
    case Kind::kTruncated:
      return Truncated(pictures.distinct[index].bytes, salt);
    case Kind::kRandom:
    case Kind::kEncryptedZip: {
      Bytes noise;
      PutRandom(noise, SizeFor(salt, 500, 7), salt);
      return content.kind == Kind::kRandom ? noise
                                           : Zip("locked.jpg", noise, true);
    }
    case Kind::kEmpty:
      return {};
  }
  return {};
}

}  // namespace kenal::evidence
