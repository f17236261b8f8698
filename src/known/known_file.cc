#include "src/known/known_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "src/base/check.h"
#include "src/known/walk.h"

namespace kenal::known {
namespace {

// Enough misses in flight to fill a core's queue, few enough to stay in L1.
constexpr size_t kBatch = 32;
constexpr uint64_t kScanMax = 16;  // digests that are compared one by one
constexpr uint64_t kCacheLineBytes = 64;
constexpr uint64_t kPrefetchBytesMax = 4 * kCacheLineBytes;

// The sum of the first `size` bytes, 0..kLineBuckets.
uint64_t SumOfBytes(const uint8_t* bytes, size_t size) {
  constexpr uint64_t kEven = 0x00ff00ff00ff00ff;
  uint64_t pairs = 0;  // four sums of 16 bits
  const auto add = [&pairs](uint64_t word) {
    pairs += (word & kEven) + ((word >> 8) & kEven);
  };
  size_t at = 0;
  for (; at + 8 <= size; at += 8) add(Load64(bytes + at));
  if (at < size) {
    add(Load64(bytes + at) & ((uint64_t{1} << (8 * (size - at))) - 1));
  }
  return (pairs * 0x0001000100010001) >> 48;
}

}  // namespace

StatusOr<std::unique_ptr<KnownFile>> KnownFile::Open(const std::string& path,
                                                     Residence residence) {
  KENAL_TRY_ASSIGN(Content content, Content::Open(path));
  if (content.size_bytes() < kHeadBytes + kTrailerBytes) {
    return DataLoss(path + " is not a known-good file, or only the beginning " +
                    "of one; build it again from its source");
  }
  Head head;
  Trailer trailer;
  KENAL_TRY(content.Read(0, head));
  KENAL_TRY(content.Read(content.size_bytes() - kTrailerBytes, trailer));
  KENAL_TRY_ASSIGN(Opening opening,
                   ReadOpening(path, head, trailer, content.size_bytes()));
  KENAL_TRY(residence == Residence::kMapped ? content.Map() : content.Load());
  return std::unique_ptr<KnownFile>(
      new KnownFile(std::move(content), std::move(opening)));
}

KnownFile::KnownFile(Content content, Opening opening)
    : content_(std::move(content)),
      list_(std::move(opening.list)),
      layout_(opening.layout),
      kept_(content_.data() + kHeadBytes),
      lines_(content_.data() + layout_.lines_begin),
      crowded_(content_.data() + layout_.crowded_begin) {}

const uint8_t* KnownFile::LineOf(uint64_t bucket) const {
  return lines_ + bucket / kLineBuckets * kLineBytes;
}

KnownFile::Range KnownFile::RangeOf(uint64_t bucket) const {
  const uint8_t* const line = LineOf(bucket);
  const uint64_t base = Load64(line);
  if ((base & kCrowdedFlag) != 0) [[unlikely]] {
    return CrowdedRangeOf(bucket, line);
  }
  const size_t slot = bucket % kLineBuckets;
  const uint64_t begin = base + SumOfBytes(line + kLineBaseBytes, slot);
  const uint64_t size = line[kLineBaseBytes + slot];
  if (begin > layout_.count || size > layout_.count - begin) return {};
  return {begin, size};
}

KnownFile::Range KnownFile::CrowdedRangeOf(uint64_t bucket,
                                           const uint8_t* line) const {
  const auto bucket_at = [&](uint64_t i) {
    return Load64(crowded_ + i * kCrowdedBytes);
  };
  const uint64_t first = bucket / kLineBuckets * kLineBuckets;
  uint64_t entry = 0;
  for (uint64_t end = layout_.crowded_count; entry < end;) {
    const uint64_t middle = entry + (end - entry) / 2;
    if (bucket_at(middle) < first) {
      entry = middle + 1;
    } else {
      end = middle;
    }
  }
  uint64_t begin = Load64(line) & ~kCrowdedFlag;
  for (uint64_t at = first;; ++at) {
    uint64_t size = line[kLineBaseBytes + (at - first)];
    if (size == kCrowded) {
      if (entry >= layout_.crowded_count || bucket_at(entry) != at) return {};
      size = Load64(crowded_ + entry * kCrowdedBytes + 8);
      ++entry;
    }
    if (begin > layout_.count || size > layout_.count - begin) return {};
    if (at == bucket) return {begin, size};
    begin += size;
  }
}

bool KnownFile::Find(const uint8_t* kept, Range range) const {
  const size_t width = layout_.kept_bytes;
  const auto at = [&](uint64_t i) { return kept_ + i * width; };
  while (range.size > kScanMax) {
    const uint64_t half = range.size / 2;
    if (std::memcmp(at(range.begin + half), kept, width) <= 0) {
      range.begin += half;
      range.size -= half;
    } else {
      range.size = half;
    }
  }
  const uint64_t leading = Load64(kept);
  const uint8_t* const end = at(range.begin + range.size);
  for (const uint8_t* one = at(range.begin); one < end; one += width) {
    if (Load64(one) == leading && std::memcmp(one, kept, width) == 0) {
      return true;
    }
  }
  return false;
}

bool KnownFile::Contains(std::span<const uint8_t> digest) const {
  KENAL_CHECK(digest.size() == layout_.digest_bytes);
  const uint64_t bucket = BucketOf(digest.data(), layout_.bucket_bits);
  return Find(digest.data() + layout_.dropped_bytes, RangeOf(bucket));
}

void KnownFile::ContainsEach(std::span<const uint8_t> digests,
                             std::span<uint8_t> found) const {
  const size_t width = layout_.digest_bytes;
  KENAL_CHECK(digests.size() == found.size() * width);
  std::array<uint64_t, kBatch> buckets;
  std::array<Range, kBatch> ranges;
  for (size_t first = 0; first < found.size(); first += kBatch) {
    const size_t size = std::min(kBatch, found.size() - first);
    const uint8_t* const batch = digests.data() + first * width;
    for (size_t i = 0; i < size; ++i) {
      buckets[i] = BucketOf(batch + i * width, layout_.bucket_bits);
      __builtin_prefetch(LineOf(buckets[i]));
    }
    for (size_t i = 0; i < size; ++i) {
      ranges[i] = RangeOf(buckets[i]);
      const uint64_t bytes =
          std::min(ranges[i].size * layout_.kept_bytes, kPrefetchBytesMax);
      const uint8_t* const begin = kept_ + ranges[i].begin * layout_.kept_bytes;
      for (uint64_t at = 0; at < bytes; at += kCacheLineBytes) {
        __builtin_prefetch(begin + at);
      }
      if (bytes > 0) __builtin_prefetch(begin + bytes - 1);
    }
    for (size_t i = 0; i < size; ++i) {
      found[first + i] = static_cast<uint8_t>(
          Find(batch + i * width + layout_.dropped_bytes, ranges[i]));
    }
  }
}

StatusOr<base::Sha256Bytes> KnownFile::Digest(
    const std::function<bool()>& keep_going) const {
  base::Sha256Stream stream;
  std::vector<uint8_t> buffer(
      std::min<uint64_t>(size_bytes(), uint64_t{1} << 20));
  for (uint64_t offset = 0; offset < size_bytes();) {
    if (keep_going && !keep_going()) {
      return absl::CancelledError(path() + ": checking was stopped");
    }
    const auto piece = std::span(buffer).first(
        std::min<uint64_t>(buffer.size(), size_bytes() - offset));
    KENAL_TRY(content_.Read(offset, piece));
    stream.Add(piece);
    offset += piece.size();
  }
  return stream.Finish();
}

Status KnownFile::Verify(const base::Sha256Bytes& expected,
                         const std::function<bool()>& keep_going) const {
  KENAL_TRY_ASSIGN(const base::Sha256Bytes digest, Digest(keep_going));
  if (digest != expected) {
    return Damaged(path(), "its SHA-256 is not the expected one");
  }
  return ForEach([](std::span<const uint8_t>) { return true; });
}

Status KnownFile::ForEach(const Block& block) const {
  return Walk(content_, layout_, block).Run();
}

}  // namespace kenal::known
