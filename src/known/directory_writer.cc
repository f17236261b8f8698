#include "src/known/directory_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/check.h"

namespace kenal::known {

StatusOr<DirectoryWriter> DirectoryWriter::Create(const Workplace& workplace,
                                                  unsigned bucket_bits) {
  KENAL_TRY_ASSIGN(Descriptor lines, workplace.MakeNameless());
  KENAL_TRY_ASSIGN(Descriptor crowded, workplace.MakeNameless());
  return DirectoryWriter(workplace, bucket_bits, std::move(lines),
                         std::move(crowded));
}

DirectoryWriter::DirectoryWriter(const Workplace& workplace,
                                 unsigned bucket_bits, Descriptor lines_file,
                                 Descriptor crowded_file)
    : path_(workplace.target() + " (directory)"),
      bucket_end_(uint64_t{1} << bucket_bits),
      lines_file_(std::move(lines_file)),
      crowded_file_(std::move(crowded_file)),
      lines_(lines_file_.get(), path_, false),
      crowded_(crowded_file_.get(), path_, false) {}

Status DirectoryWriter::Add(uint64_t bucket) {
  KENAL_CHECK(bucket >= bucket_ && bucket < bucket_end_);
  if (bucket != bucket_) {
    KENAL_TRY(CloseBucket());
    KENAL_TRY(MoveToLine(bucket / kLineBuckets));
    bucket_ = bucket;
  }
  ++in_bucket_;
  ++total_;
  return OkStatus();
}

Status DirectoryWriter::CloseBucket() {
  uint8_t& size = line_[kLineBaseBytes + bucket_ % kLineBuckets];
  size = static_cast<uint8_t>(std::min<uint64_t>(in_bucket_, kCrowded));
  if (in_bucket_ >= kCrowded) {
    Store64(line_.data(), Load64(line_.data()) | kCrowdedFlag);
    std::array<uint8_t, kCrowdedBytes> entry{};
    Store64(entry.data(), bucket_);
    Store64(entry.data() + 8, in_bucket_);
    KENAL_TRY(crowded_.Add(entry));
    ++crowded_count_;
  }
  in_bucket_ = 0;
  return OkStatus();
}

Status DirectoryWriter::MoveToLine(uint64_t line) {
  for (; line_index_ < line; ++line_index_) {
    KENAL_TRY(lines_.Add(line_));
    line_.fill(0);
    Store64(line_.data(), total_);
  }
  return OkStatus();
}

Status DirectoryWriter::Finish() {
  KENAL_TRY(CloseBucket());
  KENAL_TRY(MoveToLine((bucket_end_ + kLineBuckets - 1) / kLineBuckets));
  KENAL_TRY(lines_.Flush());
  return crowded_.Flush();
}

Status DirectoryWriter::CopyLines(Writer& to) const {
  return Copy(lines_file_, lines_.written_bytes(), to);
}

Status DirectoryWriter::CopyCrowded(Writer& to) const {
  return Copy(crowded_file_, crowded_.written_bytes(), to);
}

Status DirectoryWriter::Copy(const Descriptor& from, uint64_t size_bytes,
                             Writer& to) const {
  std::vector<uint8_t> buffer(
      std::min<uint64_t>(size_bytes, uint64_t{1} << 20));
  for (uint64_t offset = 0; offset < size_bytes;) {
    const std::span<uint8_t> piece = std::span(buffer).first(
        std::min<uint64_t>(buffer.size(), size_bytes - offset));
    KENAL_TRY(ReadAt(from.get(), path_, offset, piece));
    KENAL_TRY(to.Add(piece));
    offset += piece.size();
  }
  return OkStatus();
}

}  // namespace kenal::known
