// The bytes of a container, as its reader asks for them. Worker's side.
#ifndef KENAL_SRC_CONTAINER_SOURCE_H_
#define KENAL_SRC_CONTAINER_SOURCE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace kenal::container {

class Source {
 public:
  virtual ~Source() = default;
  virtual uint64_t size_bytes() const = 0;
  // How many bytes from `offset` on were put into `out`: all of it but at the
  // end, none beyond the end. -1 when they cannot be read.
  virtual int64_t ReadAt(uint64_t offset, std::span<uint8_t> out) = 0;

  // All of `out`, or false.
  bool ReadAll(uint64_t offset, std::span<uint8_t> out) {
    return ReadAt(offset, out) == static_cast<int64_t>(out.size());
  }
};

class MemorySource final : public Source {
 public:
  // `bytes` must outlive it.
  explicit MemorySource(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t size_bytes() const override { return bytes_.size(); }
  int64_t ReadAt(uint64_t offset, std::span<uint8_t> out) override;

 private:
  std::span<const uint8_t> bytes_;
};

// Descriptors one after the other, as if they were one file.
class SegmentSource final : public Source {
 public:
  struct Segment {
    int descriptor = -1;
    uint64_t size_bytes = 0;
  };
  // The descriptors stay the caller's. `sign_of_life` is called every few
  // hundred reads or tens of megabytes.
  SegmentSource(std::vector<Segment> segments,
                std::function<void()> sign_of_life);
  uint64_t size_bytes() const override { return ends_.back(); }
  int64_t ReadAt(uint64_t offset, std::span<uint8_t> out) override;

  size_t segment_count() const { return segments_.size(); }
  uint64_t segment_bytes(size_t segment) const {
    return segments_[segment].size_bytes;
  }
  // The same within one segment.
  int64_t ReadSegment(size_t segment, uint64_t offset, std::span<uint8_t> out);

 private:
  const std::vector<Segment> segments_;
  std::vector<uint64_t> ends_;  // of each segment; one at least
  const std::function<void()> sign_of_life_;
  uint64_t read_bytes_ = 0;
};

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_SOURCE_H_
