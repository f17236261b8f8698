#include "src/known/walk.h"

#include <algorithm>
#include <cstring>

namespace kenal::known {
namespace {

constexpr size_t kBlockDigests = 4096;

}  // namespace

Walk::Walk(const Content& content, const Layout& layout, const Block& block)
    : content_(content),
      layout_(layout),
      block_(block),
      kept_(content, kHeadBytes, layout.kept_end),
      lines_(content, layout.lines_begin, layout.crowded_begin),
      crowded_(content, layout.crowded_begin,
               layout.crowded_begin + layout.crowded_count * kCrowdedBytes),
      out_(kBlockDigests * layout.digest_bytes) {}

Status Walk::Wrong(std::string_view what) const {
  return Damaged(content_.path(), what);
}

Status Walk::Run() {
  KENAL_TRY(CheckPad(layout_.kept_end, layout_.lines_begin));
  KENAL_TRY(
      CheckPad(layout_.crowded_begin + layout_.crowded_count * kCrowdedBytes,
               layout_.trailer_begin));
  for (uint64_t i = 0; i < layout_.line_count && !stopped_; ++i) {
    KENAL_TRY(TakeLine(i));
  }
  if (stopped_) return OkStatus();
  if (total_ != layout_.count) return Wrong("its directory lacks digests");
  if (crowded_used_ != layout_.crowded_count) {
    return Wrong("its table of crowded buckets is too long");
  }
  GiveBlock();
  return OkStatus();
}

Status Walk::CheckPad(uint64_t begin, uint64_t end) const {
  std::array<uint8_t, kLineBytes> pad{};
  const std::span<uint8_t> used = std::span(pad).first(end - begin);
  KENAL_TRY(content_.Read(begin, used));
  const bool zero =
      std::all_of(used.begin(), used.end(), [](uint8_t b) { return b == 0; });
  return zero ? OkStatus() : Wrong("bytes between its sections are not zero");
}

Status Walk::TakeLine(uint64_t line_index) {
  KENAL_TRY_ASSIGN(const uint8_t* const next, lines_.Next(kLineBytes));
  std::array<uint8_t, kLineBytes> line;
  std::memcpy(line.data(), next, line.size());
  const auto sizes = std::span(line).subspan(kLineBaseBytes);
  const bool crowded =
      std::find(sizes.begin(), sizes.end(), kCrowded) != sizes.end();
  if (Load64(line.data()) != (total_ | (crowded ? kCrowdedFlag : 0))) {
    return Wrong("its directory does not add up");
  }
  const uint64_t bucket_end = uint64_t{1} << layout_.bucket_bits;
  for (size_t slot = 0; slot < kLineBuckets && !stopped_; ++slot) {
    uint64_t size = sizes[slot];
    if (size == 0) continue;
    const uint64_t bucket = line_index * kLineBuckets + slot;
    if (bucket >= bucket_end) return Wrong("its directory is too long");
    if (size == kCrowded) {
      KENAL_TRY_ASSIGN(size, CrowdedSize(bucket));
    }
    KENAL_TRY(TakeBucket(bucket, size));
  }
  return OkStatus();
}

StatusOr<uint64_t> Walk::CrowdedSize(uint64_t bucket) {
  if (crowded_used_ == layout_.crowded_count) {
    return Wrong("its table of crowded buckets is too short");
  }
  ++crowded_used_;
  KENAL_TRY_ASSIGN(const uint8_t* const entry, crowded_.Next(kCrowdedBytes));
  const uint64_t size = Load64(entry + 8);
  if (Load64(entry) != bucket || size < kCrowded) {
    return Wrong("its table of crowded buckets is wrong");
  }
  return size;
}

Status Walk::TakeBucket(uint64_t bucket, uint64_t size) {
  if (size > layout_.count - total_) {
    return Wrong("its directory names more digests than there are");
  }
  for (uint64_t i = 0; i < size && !stopped_; ++i) {
    KENAL_TRY(TakeDigest(bucket, i == 0));
  }
  total_ += size;
  return OkStatus();
}

Status Walk::TakeDigest(uint64_t bucket, bool first) {
  KENAL_TRY_ASSIGN(const uint8_t* const kept, kept_.Next(layout_.kept_bytes));
  uint8_t* const digest = &out_[out_used_];
  for (size_t i = 0; i < layout_.dropped_bytes; ++i) {
    const size_t shift = layout_.bucket_bits - 8 * (i + 1);
    digest[i] = static_cast<uint8_t>(bucket >> shift);
  }
  std::memcpy(digest + layout_.dropped_bytes, kept, layout_.kept_bytes);
  if (BucketOf(digest, layout_.bucket_bits) != bucket) {
    return Wrong("a digest is in a bucket that is not its own");
  }
  if (!first && std::memcmp(last_.data(), digest, layout_.digest_bytes) >= 0) {
    return Wrong("its digests are out of order");
  }
  std::memcpy(last_.data(), digest, layout_.digest_bytes);
  out_used_ += layout_.digest_bytes;
  if (out_used_ == out_.size()) GiveBlock();
  return OkStatus();
}

void Walk::GiveBlock() {
  if (out_used_ > 0 && !block_({out_.data(), out_used_})) stopped_ = true;
  out_used_ = 0;
}

}  // namespace kenal::known
