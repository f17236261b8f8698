#include "src/formats/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "src/base/file.h"
#include "src/base/write_all.h"

namespace kenal::formats {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

Status Failed(const std::string& path, int error_number) {
  const std::string message =
      base::WithErrno(path + ": cannot be written", error_number);
  const bool full =
      error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  return full ? ResourceExhausted(message) : Unavailable(message);
}

Status There(const std::string& path) {
  return AlreadyExists(path +
                       ": is there already; remove it or allow overwriting");
}

Status WriteText(int descriptor, std::string_view text,
                 const std::string& name) {
  return base::WriteAll(descriptor, text) ? OkStatus() : Failed(name, errno);
}

}  // namespace

StatusOr<std::unique_ptr<UnfinishedFile>> UnfinishedFile::Make(
    const std::string& path, bool overwrite) {
  struct stat info {};
  if (!overwrite && lstat(path.c_str(), &info) == 0) return There(path);
  std::unique_ptr<UnfinishedFile> file(new UnfinishedFile);
  file->final_path_ = path;
  file->overwrite_ = overwrite;
  std::string name = path + ".unfinished-XXXXXX";
  file->descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (file->descriptor_ < 0) return Failed(path, errno);
  file->path_ = std::move(name);
  return file;
}

UnfinishedFile::~UnfinishedFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
}

Status UnfinishedFile::Keep() {
  if (fsync(descriptor_) != 0) return Failed(final_path_, errno);
  if (overwrite_) {
    if (rename(path_.c_str(), final_path_.c_str()) != 0) {
      return Failed(final_path_, errno);
    }
    path_.clear();
    return OkStatus();
  }
  // Unlike rename, link does not take the place of a file made meanwhile.
  if (link(path_.c_str(), final_path_.c_str()) != 0) {
    return errno == EEXIST ? There(final_path_) : Failed(final_path_, errno);
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<Output>> Output::Open(const std::string& path,
                                               bool overwrite) {
  std::unique_ptr<Output> output(new Output);
  output->name_ = path == "-" ? "standard output" : path;
  output->descriptor_ = STDOUT_FILENO;
  if (path != "-") {
    KENAL_TRY_ASSIGN(output->file_, UnfinishedFile::Make(path, overwrite));
    output->descriptor_ = output->file_->descriptor();
  }
  return output;
}

Status Output::WriteOut() {
  KENAL_TRY(WriteText(descriptor_, text_, name_));
  text_.clear();
  return OkStatus();
}

Status Output::Flush() {
  return text_.size() < kBlockBytes ? OkStatus() : WriteOut();
}

Status Output::Finish() {
  KENAL_TRY(WriteOut());
  return file_ == nullptr ? OkStatus() : file_->Keep();
}

StatusOr<std::unique_ptr<Spool>> Spool::Make(const std::string& near) {
  const char* folder = std::getenv("TMPDIR");
  std::string name = folder == nullptr ? "/tmp/kenal" : folder;
  name = (near == "-" ? name : near) + ".part-XXXXXX";
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return Failed(name, errno);
  unlink(name.c_str());
  return std::unique_ptr<Spool>(new Spool(descriptor, std::move(name)));
}

Spool::~Spool() { close(descriptor_); }

Status Spool::Flush() {
  if (text_.size() < kBlockBytes) return OkStatus();
  KENAL_TRY(WriteText(descriptor_, text_, name_));
  written_bytes_ += text_.size();
  text_.clear();
  return OkStatus();
}

Status Spool::MoveTo(Output& output) {
  std::string block(kBlockBytes, '\0');
  for (uint64_t at = 0; at < written_bytes_;) {
    const ssize_t got =
        pread(descriptor_, block.data(), block.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return Unavailable(base::WithErrno(name_ + ": cannot be read", errno));
    }
    at += static_cast<uint64_t>(got);
    output.text().append(block, 0, static_cast<size_t>(got));
    KENAL_TRY(output.Flush());
  }
  output.text() += text_;
  return output.Flush();
}

}  // namespace kenal::formats
