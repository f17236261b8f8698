// A file being written: buffered, and there under its name only when whole.
#ifndef KENAL_SRC_FORMATS_OUTPUT_H_
#define KENAL_SRC_FORMATS_OUTPUT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "kenal/status.h"

namespace kenal::formats {

// Where a file is made before it has its name: beside it, readable by its
// owner alone, since hashes are secrets. Removed unless Keep succeeds.
class UnfinishedFile {
 public:
  // Errors: kAlreadyExists, kUnavailable.
  static StatusOr<std::unique_ptr<UnfinishedFile>> Make(const std::string& path,
                                                        bool overwrite);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  const std::string& path() const { return path_; }  // for now
  int descriptor() const { return descriptor_; }

  // Syncs it and gives it its name. Errors: kAlreadyExists, kUnavailable,
  // kResourceExhausted.
  Status Keep();

 private:
  UnfinishedFile() = default;
  std::string final_path_;
  std::string path_;
  bool overwrite_ = false;
  int descriptor_ = -1;
};

// Not thread-safe. After a failure it is only destroyed.
class Output {
 public:
  // "-" is standard output. Errors: as UnfinishedFile::Make.
  static StatusOr<std::unique_ptr<Output>> Open(const std::string& path,
                                                bool overwrite);

  // Append here, and call Flush now and then.
  std::string& text() { return text_; }
  // Hands over what was appended, if that is a good deal.
  Status Flush();
  Status Finish();

 private:
  Output() = default;
  Status WriteOut();

  std::unique_ptr<UnfinishedFile> file_;
  int descriptor_ = -1;
  std::string name_;
  std::string text_;
};

// Text that waits on disk, in a file without a name, until what goes before it
// is known. Not thread-safe. After a failure it is only destroyed.
class Spool {
 public:
  // In the folder of `near`, or in $TMPDIR for "-". Errors: kUnavailable.
  static StatusOr<std::unique_ptr<Spool>> Make(const std::string& near);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // As Output's.
  std::string& text() { return text_; }
  Status Flush();
  // Appends all of it to `output`. Once.
  Status MoveTo(Output& output);

 private:
  Spool(int descriptor, std::string name)
      : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_;
  std::string name_;
  std::string text_;
  uint64_t written_bytes_ = 0;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_OUTPUT_H_
