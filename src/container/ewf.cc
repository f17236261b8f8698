// E01 images by libewf.
//
// libewf wants names of files. Debian's exports the libbfio that it is built
// with, through which it takes a pool of handles with callbacks instead; those
// here read from the descriptors that the parent handed in.
// Its header leaves the pool out unless told that libbfio is there.
#define HAVE_LIBBFIO 1
#include <libewf.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "src/container/disk.h"

namespace kenal::container {
namespace {

// One segment as libbfio sees it: a file with a position.
struct SegmentFile {
  SegmentSource* source = nullptr;
  size_t segment = 0;
  uint64_t at = 0;
};

SegmentFile& FileOf(intptr_t* handle) {
  return *reinterpret_cast<SegmentFile*>(handle);
}

int FreeFile(intptr_t** handle, libbfio_error_t** /*error*/) {
  if (handle == nullptr || *handle == nullptr) return 1;
  delete &FileOf(*handle);
  *handle = nullptr;
  return 1;
}

int CloneFile(intptr_t** out, intptr_t* handle, libbfio_error_t** /*error*/) {
  *out = reinterpret_cast<intptr_t*>(new SegmentFile(FileOf(handle)));
  return 1;
}

int OpenFile(intptr_t* handle, int /*flags*/, libbfio_error_t** /*error*/) {
  FileOf(handle).at = 0;
  return 1;
}

int CloseFile(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 0; }

ssize_t ReadFile(intptr_t* handle, uint8_t* buffer, size_t size,
                 libbfio_error_t** /*error*/) {
  SegmentFile& file = FileOf(handle);
  const int64_t got =
      file.source->ReadSegment(file.segment, file.at, {buffer, size});
  if (got > 0) file.at += static_cast<uint64_t>(got);
  return static_cast<ssize_t>(got);
}

ssize_t WriteFile(intptr_t* /*handle*/, const uint8_t* /*buffer*/,
                  size_t /*size*/, libbfio_error_t** /*error*/) {
  return -1;
}

off64_t SeekFile(intptr_t* handle, off64_t offset, int whence,
                 libbfio_error_t** /*error*/) {
  SegmentFile& file = FileOf(handle);
  const auto end =
      static_cast<off64_t>(file.source->segment_bytes(file.segment));
  const off64_t base = whence == SEEK_SET   ? 0
                       : whence == SEEK_CUR ? static_cast<off64_t>(file.at)
                                            : end;
  off64_t at = 0;
  if (__builtin_add_overflow(base, offset, &at) || at < 0) return -1;
  file.at = static_cast<uint64_t>(at);
  return at;
}

int FileExists(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 1; }
int FileIsOpen(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 1; }

int FileSize(intptr_t* handle, size64_t* size, libbfio_error_t** /*error*/) {
  const SegmentFile& file = FileOf(handle);
  *size = file.source->segment_bytes(file.segment);
  return 1;
}

class EwfMedium final : public Source {
 public:
  explicit EwfMedium(std::unique_ptr<SegmentSource> segments)
      : segments_(std::move(segments)) {}
  ~EwfMedium() override {
    if (handle_ != nullptr) {
      libewf_handle_close(handle_, nullptr);
      libewf_handle_free(&handle_, nullptr);
    }
    if (pool_ != nullptr) libbfio_pool_free(&pool_, nullptr);
  }

  Reason Open() {
    const auto count = static_cast<int>(segments_->segment_count());
    if (libbfio_pool_initialize(&pool_, 0,
                                LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES,
                                nullptr) != 1) {
      return Reason::kNeedsTooMuchMemory;
    }
    for (int i = 0; i < count; ++i) {
      if (!AddSegment(static_cast<size_t>(i))) {
        return Reason::kNeedsTooMuchMemory;
      }
    }
    size64_t size_bytes = 0;
    if (libewf_handle_initialize(&handle_, nullptr) != 1 ||
        libewf_handle_open_file_io_pool(
            handle_, pool_, libewf_get_access_flags_read(), nullptr) != 1 ||
        libewf_handle_get_media_size(handle_, &size_bytes, nullptr) != 1) {
      return Reason::kDamaged;
    }
    libewf_handle_set_read_zero_chunk_on_error(handle_, 1, nullptr);
    size_bytes_ = size_bytes;
    return Reason::kNone;
  }

  uint64_t size_bytes() const override { return size_bytes_; }

  int64_t ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    if (offset >= size_bytes_) return 0;
    out = out.first(std::min<uint64_t>(out.size(), size_bytes_ - offset));
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = libewf_handle_read_random(
          handle_, out.data() + done, out.size() - done,
          static_cast<off64_t>(offset + done), nullptr);
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    if (done == 0 && !out.empty()) return -1;
    return static_cast<int64_t>(done);
  }

  std::vector<StoredDigest> Digests() {
    std::vector<StoredDigest> digests;
    uint8_t md5[16];
    uint8_t sha1[20];
    if (libewf_handle_get_md5_hash(handle_, md5, sizeof md5, nullptr) == 1) {
      digests.push_back({"md5", Hex(md5)});
    }
    if (libewf_handle_get_sha1_hash(handle_, sha1, sizeof sha1, nullptr) == 1) {
      digests.push_back({"sha1", Hex(sha1)});
    }
    return digests;
  }

  // Of all that was read so far.
  Reason Check() {
    uint32_t count = 0;
    if (libewf_handle_get_number_of_checksum_errors(handle_, &count, nullptr) ==
            1 &&
        count > 0) {
      return Reason::kDamaged;
    }
    return Reason::kNone;
  }

 private:
  static std::string Hex(std::span<const uint8_t> bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (uint8_t byte : bytes) {
      hex.push_back(kDigits[byte >> 4]);
      hex.push_back(kDigits[byte & 15]);
    }
    return hex;
  }

  bool AddSegment(size_t segment) {
    auto* file = new SegmentFile{segments_.get(), segment, 0};
    libbfio_handle_t* handle = nullptr;
    if (libbfio_handle_initialize(
            &handle, reinterpret_cast<intptr_t*>(file), FreeFile, CloneFile,
            OpenFile, CloseFile, ReadFile, WriteFile, SeekFile, FileExists,
            FileIsOpen, FileSize, LIBBFIO_FLAG_IO_HANDLE_MANAGED,
            nullptr) != 1) {
      delete file;
      return false;
    }
    int place = 0;
    if (libbfio_pool_append_handle(pool_, &place, handle, LIBBFIO_OPEN_READ,
                                   nullptr) == 1) {
      return true;
    }
    libbfio_handle_free(&handle, nullptr);
    return false;
  }

  std::unique_ptr<SegmentSource> segments_;
  libbfio_pool_t* pool_ = nullptr;
  libewf_handle_t* handle_ = nullptr;
  uint64_t size_bytes_ = 0;
};

}  // namespace

BookOr OpenEwf(std::unique_ptr<SegmentSource> source, const Limits& limits) {
  auto medium = std::make_unique<EwfMedium>(std::move(source));
  if (Reason reason = medium->Open(); reason != Reason::kNone) {
    return {nullptr, reason};
  }
  EwfMedium& ewf = *medium;
  Opened opened{.format = "ewf", .digests = ewf.Digests()};
  return OpenMedium(std::move(medium), std::move(opened), limits,
                    [&ewf] { return ewf.Check(); });
}

}  // namespace kenal::container
