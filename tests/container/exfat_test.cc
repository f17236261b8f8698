// exFAT, as memory cards have it. No tool writes files into such an image
// without mounting it, so this test does, as the specification says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using kenal::testing::TempDir;

class ExfatImage {
 public:
  ExfatImage() {
    RunShell("cd " + folder_.path() + "; truncate -s 8M x.dd; mkfs.exfat x.dd");
    bytes_ = ReadText(folder_ / "x.dd");
    if (bytes_.size() < 512) return;
    const uint64_t sector_bytes = uint64_t{1} << Get(108, 1);
    cluster_bytes_ = sector_bytes << Get(109, 1);
    heap_ = Get(88, 4) * sector_bytes;
    directory_ = At(Get(96, 4));
    while (Get(directory_, 1) != 0) {
      if (Get(directory_, 1) == 0x81) bitmap_ = At(Get(directory_ + 20, 4));
      directory_ += 32;
    }
  }

  bool is_made() const { return bitmap_ != 0; }
  const std::string& bytes() const { return bytes_; }

  // A file of one run, whose content lies where nothing else does. Deleted:
  // its entries and clusters are marked free, and its content stays.
  void Add(const std::string& name, const std::string& content,
           bool is_deleted) {
    const size_t name_count = (name.size() + 14) / 15;
    std::string set(32 * (2 + name_count), '\0');
    const auto in_use = static_cast<uint8_t>(is_deleted ? 0 : 0x80);
    Put(set, 0, 0x05 | in_use, 1);
    Put(set, 1, 1 + name_count, 1);
    Put(set, 4, 0x20, 2);          // An archive, as all files are.
    Put(set, 12, 0x5042'1041, 4);  // Modified 2020-02-02 02:02:02.
    Put(set, 32, 0x40 | in_use, 1);
    Put(set, 33, 3, 1);  // It has clusters, one after the other.
    Put(set, 35, name.size(), 1);
    Put(set, 40, content.size(), 8);
    Put(set, 52, cluster_, 4);
    Put(set, 56, content.size(), 8);
    for (size_t i = 0; i < name_count; ++i) {
      Put(set, 64 + 32 * i, 0x41 | in_use, 1);
    }
    for (size_t i = 0; i < name.size(); ++i) {
      set[64 + 32 * (i / 15) + 2 + 2 * (i % 15)] = name[i];
    }
    uint16_t sum = 0;
    for (size_t i = 0; i < set.size(); ++i) {
      if (i == 2 || i == 3) continue;
      sum = static_cast<uint16_t>(((sum << 15) | (sum >> 1)) +
                                  static_cast<uint8_t>(set[i]));
    }
    Put(set, 2, sum, 2);
    bytes_.replace(directory_, set.size(), set);
    directory_ += set.size();
    bytes_.replace(At(cluster_), content.size(), content);
    const uint64_t count =
        (content.size() + cluster_bytes_ - 1) / cluster_bytes_;
    for (uint64_t i = 0; i < count && !is_deleted; ++i) {
      const uint64_t bit = cluster_ + i - 2;
      bytes_[bitmap_ + bit / 8] =
          static_cast<char>(bytes_[bitmap_ + bit / 8] | (1 << (bit % 8)));
    }
    cluster_ += count;
  }

 private:
  static void Put(std::string& out, size_t at, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      out[at + i] = static_cast<char>(value >> (8 * i));
    }
  }
  uint64_t Get(size_t at, size_t count) const {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value |= uint64_t{static_cast<uint8_t>(bytes_[at + i])} << (8 * i);
    }
    return value;
  }
  uint64_t At(uint64_t cluster) const {
    return heap_ + (cluster - 2) * cluster_bytes_;
  }

  TempDir folder_;
  std::string bytes_;
  uint64_t cluster_bytes_ = 0;
  uint64_t heap_ = 0;
  uint64_t directory_ = 0;  // where the next entry goes
  uint64_t bitmap_ = 0;
  uint64_t cluster_ = 20;
};

TEST(Exfat, GivesFilesAndDeletedOnes) {
  ExfatImage image;
  ASSERT_TRUE(image.is_made());
  const std::string live = Noise(100'000, 1);
  const std::string deleted = Noise(50'000, 2);
  image.Add("IMG_0001 with a long name.jpg", live, false);
  image.Add("IMG_0002.jpg", deleted, true);
  const auto disk = OpenBytes(Kind::kDisk, image.bytes());
  ASSERT_TRUE(disk.ok()) << disk.status();
  EXPECT_EQ((*disk)->volumes().at(0).file_system, "exfat");
  int found = 0;
  for (const Entry& entry : ListAll(**disk)) {
    if (!entry.path.starts_with("IMG_")) continue;
    ++found;
    EXPECT_EQ(entry.deleted, entry.path == "IMG_0002.jpg") << entry.path;
    EXPECT_EQ(entry.modified_ms, 1'580'608'922'000) << entry.path;
    const std::string content = ReadEntry(**disk, entry);
    EXPECT_TRUE(content == (entry.deleted ? deleted : live)) << entry.path;
  }
  EXPECT_EQ(found, 2);
  EXPECT_EQ((*disk)->incomplete(), std::nullopt);
}

}  // namespace
}  // namespace kenal::container
