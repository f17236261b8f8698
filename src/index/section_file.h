// Section file: large arrays on disk with a checksum for each chunk, read
// straight into their place in memory by several threads.
//
// The bytes are described in docs/index.md, "Snapshot bytes". A section file
// is a cache: whatever is wrong with it is reported and it is made again.
#ifndef KENAL_SRC_INDEX_SECTION_FILE_H_
#define KENAL_SRC_INDEX_SECTION_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kenal/status.h"

namespace kenal::index {

using Bytes = std::span<const uint8_t>;

// Writes `path` whole or not at all: beside it first, synced, then renamed.
// preamble  small; what the reader needs to make room for the sections.
// Errors: kResourceExhausted  disk or quota full
//         kUnavailable        anything else the system says
Status WriteSectionFile(const std::string& path, Bytes preamble,
                        std::span<const Bytes> sections);

class SectionFile {
 public:
  // Reads and checks everything but the sections.
  // Errors: kNotFound            no such file
  //         kDataLoss            not such a file, torn or changed
  //         kFailedPrecondition  of another format version
  //         kUnavailable         cannot be read
  static StatusOr<SectionFile> Open(const std::string& path);
  SectionFile(SectionFile&& other) noexcept;
  SectionFile& operator=(SectionFile&& other) = delete;
  ~SectionFile();

  const std::vector<uint8_t>& preamble() const { return preamble_; }
  const std::vector<uint64_t>& section_bytes() const { return section_bytes_; }

  // Fills one destination a section, each of that section's size.
  // Errors: kDataLoss, kUnavailable
  Status Read(std::span<uint8_t* const> destinations, int threads) const;

 private:
  explicit SectionFile(const std::string& path) : path_(path) {}
  Status ReadDirectory();
  Status Damaged(const char* what) const;

  std::string path_;
  int file_ = -1;
  uint64_t data_begin_ = 0;
  std::vector<uint8_t> preamble_;
  std::vector<uint64_t> section_bytes_;
  std::vector<uint64_t> chunk_sums_;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_SECTION_FILE_H_
