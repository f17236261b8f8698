// The directory of a known-good file while its digests go by.
#ifndef KENAL_SRC_KNOWN_DIRECTORY_WRITER_H_
#define KENAL_SRC_KNOWN_DIRECTORY_WRITER_H_

#include <array>
#include <cstdint>

#include "kenal/status.h"
#include "src/known/disk.h"
#include "src/known/layout.h"

namespace kenal::known {

// Writes lines and the crowded table to files without a name, since they
// follow the digests in the file and need not fit in memory. Not thread-safe.
class DirectoryWriter {
 public:
  static StatusOr<DirectoryWriter> Create(const Workplace& workplace,
                                          unsigned bucket_bits);

  // One digest more in `bucket`, never below the bucket before.
  Status Add(uint64_t bucket);
  Status Finish();

  uint64_t total() const { return total_; }
  uint64_t crowded_count() const { return crowded_count_; }
  // After Finish.
  Status CopyLines(Writer& to) const;
  Status CopyCrowded(Writer& to) const;

 private:
  DirectoryWriter(const Workplace& workplace, unsigned bucket_bits,
                  Descriptor lines_file, Descriptor crowded_file);
  Status CloseBucket();
  Status MoveToLine(uint64_t line);
  Status Copy(const Descriptor& from, uint64_t size_bytes, Writer& to) const;

  std::string path_;
  uint64_t bucket_end_;
  Descriptor lines_file_;
  Descriptor crowded_file_;
  Writer lines_;
  Writer crowded_;
  std::array<uint8_t, kLineBytes> line_{};
  uint64_t line_index_ = 0;
  uint64_t bucket_ = 0;
  uint64_t in_bucket_ = 0;
  uint64_t total_ = 0;
  uint64_t crowded_count_ = 0;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_DIRECTORY_WRITER_H_
