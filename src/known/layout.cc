#include "src/known/layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kenal/list.h"
#include "src/base/check.h"
#include "src/base/digest.h"

namespace kenal::known {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "KENALKG\n";
constexpr std::string_view kEndMagic = "KENALKGE";
constexpr uint32_t kFormat = 1;

// The head: magic, format, type, length of the list id, list id, zeros.
constexpr size_t kFormatAt = 8;
constexpr size_t kTypeAt = 12;
constexpr size_t kListLengthAt = 13;
constexpr size_t kListAt = 16;

// The trailer: count, crowded buckets, bucket bits, size of the file, zeros,
// sum, magic.
constexpr size_t kCountAt = 0;
constexpr size_t kCrowdedAt = 8;
constexpr size_t kBitsAt = 16;
constexpr size_t kFileBytesAt = 24;
constexpr size_t kSumAt = 48;
constexpr size_t kEndMagicAt = 56;

uint64_t AlignedToLine(uint64_t offset) {
  return (offset + kLineBytes - 1) / kLineBytes * kLineBytes;
}

uint64_t SumOf(const Head& head, const Trailer& trailer) {
  base::Sha256Stream stream;
  stream.Add(head);
  stream.Add(std::span(trailer).first(kSumAt));
  return Load64(stream.Finish().data());
}

}  // namespace

uint64_t Load64(const uint8_t* from) {
  uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void Store64(uint8_t* to, uint64_t value) {
  std::memcpy(to, &value, sizeof value);
}

bool IsDigest(SignalType type) {
  return type == SignalType::kMd5 || type == SignalType::kSha1 ||
         type == SignalType::kSha256;
}

unsigned BucketBits(uint64_t count) {
  if (count == 0) return 0;
  const auto log2 = static_cast<unsigned>(std::bit_width(count)) - 1;
  const unsigned few_a_bucket = log2 > 2 ? log2 - 2 : 0;
  return std::max(few_a_bucket, log2 / 8 * 8);
}

uint64_t BucketOf(const uint8_t* digest, unsigned bits) {
  if (bits == 0) return 0;
  return __builtin_bswap64(Load64(digest)) >> (64 - bits);
}

Layout LayoutOf(SignalType type, uint64_t count, uint64_t crowded_count) {
  KENAL_CHECK(IsDigest(type) && count <= kCountMax);
  KENAL_CHECK(crowded_count <= count / kCrowded);
  Layout out{.type = type, .count = count, .crowded_count = crowded_count};
  out.digest_bytes = SignalSizeBytes(type);
  out.bucket_bits = BucketBits(count);
  out.dropped_bytes = out.bucket_bits / 8;
  out.kept_bytes = out.digest_bytes - out.dropped_bytes;
  const uint64_t buckets = uint64_t{1} << out.bucket_bits;
  out.line_count = (buckets + kLineBuckets - 1) / kLineBuckets;
  out.kept_end = kHeadBytes + count * out.kept_bytes;
  out.lines_begin = AlignedToLine(out.kept_end);
  out.crowded_begin = out.lines_begin + out.line_count * kLineBytes;
  out.trailer_begin =
      AlignedToLine(out.crowded_begin + crowded_count * kCrowdedBytes);
  out.file_bytes = out.trailer_begin + kTrailerBytes;
  return out;
}

Head HeadOf(SignalType type, std::string_view list) {
  KENAL_CHECK(list.size() <= kListBytesMax);
  Head head{};
  std::memcpy(head.data(), kMagic.data(), kMagic.size());
  std::memcpy(&head[kFormatAt], &kFormat, sizeof kFormat);
  head[kTypeAt] = static_cast<uint8_t>(type);
  head[kListLengthAt] = static_cast<uint8_t>(list.size());
  std::memcpy(&head[kListAt], list.data(), list.size());
  return head;
}

Trailer TrailerOf(const Head& head, const Layout& layout) {
  Trailer trailer{};
  Store64(&trailer[kCountAt], layout.count);
  Store64(&trailer[kCrowdedAt], layout.crowded_count);
  Store64(&trailer[kBitsAt], layout.bucket_bits);
  Store64(&trailer[kFileBytesAt], layout.file_bytes);
  Store64(&trailer[kSumAt], SumOf(head, trailer));
  std::memcpy(&trailer[kEndMagicAt], kEndMagic.data(), kEndMagic.size());
  return trailer;
}

Status Damaged(const std::string& path, std::string_view what) {
  return DataLoss("known-good file " + path + " is damaged: " +
                  std::string(what) + "; build it again from its source");
}

StatusOr<Opening> ReadOpening(const std::string& path, const Head& head,
                              const Trailer& trailer, uint64_t size_bytes) {
  if (std::memcmp(head.data(), kMagic.data(), kMagic.size()) != 0) {
    return DataLoss(path + " is not a known-good file; name one that `kenal` " +
                    "built");
  }
  uint32_t format = 0;
  std::memcpy(&format, &head[kFormatAt], sizeof format);
  if (format > kFormat) {
    return FailedPrecondition("known-good file " + path + " has format " +
                              std::to_string(format) + "; this version reads " +
                              std::to_string(kFormat) +
                              ": use a later version of kenal");
  }
  const auto type = static_cast<SignalType>(head[kTypeAt]);
  const size_t list_length = head[kListLengthAt];
  if (!IsDigest(type) || list_length > kListBytesMax) {
    return Damaged(path, "its head is wrong");
  }
  Opening out;
  out.list.assign(head.begin() + kListAt,
                  head.begin() + kListAt + static_cast<ptrdiff_t>(list_length));
  if (!CheckListName(out.list).ok() || HeadOf(type, out.list) != head) {
    return Damaged(path, "its head is wrong");
  }
  const uint64_t count = Load64(&trailer[kCountAt]);
  const uint64_t crowded_count = Load64(&trailer[kCrowdedAt]);
  if (count > kCountMax || crowded_count > count / kCrowded) {
    return Damaged(path, "it is cut off or its end is wrong");
  }
  out.layout = LayoutOf(type, count, crowded_count);
  if (TrailerOf(head, out.layout) != trailer) {
    return Damaged(path, "it is cut off or its end is wrong");
  }
  if (out.layout.file_bytes != size_bytes) {
    return Damaged(path, "its size is not what its end says");
  }
  return out;
}

}  // namespace kenal::known
