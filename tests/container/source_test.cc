// A source of several segments is the same as all of them in one.
#include "src/container/source.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/support.h"

namespace kenal::container {
namespace {

using kenal::testing::TestSeed;
using Bytes = std::vector<uint8_t>;

SegmentSource::Segment ToSegment(std::span<const uint8_t> bytes) {
  const int file = memfd_create("segment", MFD_CLOEXEC);
  EXPECT_EQ(write(file, bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  return {file, bytes.size()};
}

TEST(SegmentSource, IsItsSegmentsInARow) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 30; ++round) {
    Bytes whole(1 + random() % 3'000);
    for (uint8_t& byte : whole) byte = static_cast<uint8_t>(random());
    std::vector<SegmentSource::Segment> segments;
    for (size_t at = 0; at < whole.size();) {
      // Empty ones among them, and ones of a single byte.
      const size_t size = std::min<size_t>(
          random() % 5 == 0 ? random() % 2 : random() % 500, whole.size() - at);
      segments.push_back(ToSegment(std::span(whole).subspan(at, size)));
      at += size;
    }
    SegmentSource source(segments, [] {});
    MemorySource memory(whole);
    ASSERT_EQ(source.size_bytes(), memory.size_bytes());
    for (int i = 0; i < 200; ++i) {
      const uint64_t offset = random() % (whole.size() + 10);
      Bytes got(random() % 2'000);
      Bytes expected(got.size());
      ASSERT_EQ(source.ReadAt(offset, got), memory.ReadAt(offset, expected));
      ASSERT_EQ(got, expected);
    }
    for (const SegmentSource::Segment& segment : segments) {
      close(segment.descriptor);
    }
  }
}

// Its size was taken before; what it lost since is no content.
TEST(SegmentSource, ASegmentThatWasCutEndsARead) {
  const Bytes bytes(100, 7);
  std::vector<SegmentSource::Segment> segments = {ToSegment(bytes),
                                                  ToSegment(bytes)};
  ASSERT_EQ(ftruncate(segments[0].descriptor, 60), 0);
  SegmentSource source(segments, [] {});
  Bytes got(200);
  EXPECT_EQ(source.ReadAt(0, got), 60);
  EXPECT_EQ(source.ReadAt(100, got), 100);
  for (const SegmentSource::Segment& segment : segments) {
    close(segment.descriptor);
  }
}

TEST(SegmentSource, TellsOfWhatCannotBeRead) {
  SegmentSource source({{.descriptor = -1, .size_bytes = 10}}, [] {});
  Bytes got(5);
  EXPECT_EQ(source.ReadAt(0, got), -1);
}

TEST(SegmentSource, GivesSignsOfLife) {
  const Bytes bytes(1'000'000, 7);
  const SegmentSource::Segment segment = ToSegment(bytes);
  int sign_count = 0;
  SegmentSource source({segment}, [&sign_count] { ++sign_count; });
  Bytes got(bytes.size());
  for (int i = 0; i < 100; ++i) source.ReadAt(0, got);
  EXPECT_GE(sign_count, 1);
  close(segment.descriptor);
}

}  // namespace
}  // namespace kenal::container
