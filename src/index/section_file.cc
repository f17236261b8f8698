#include "src/index/section_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "src/base/file.h"

namespace kenal::index {
namespace {

constexpr std::array<char, 8> kMagic = {'K', 'E', 'N', 'A', 'L', 'I', 'D', 'X'};
constexpr uint32_t kFormat = 2;

// Sections begin at multiples of a page, so that reads are aligned.
constexpr uint64_t kAlignment = 4096;

// Large enough that a read is efficient, small enough to share among threads.
constexpr uint64_t kChunkBytes = uint64_t{8} << 20;

// Far above what a snapshot needs; keeps a wrong size from taking memory.
constexpr uint64_t kDirectoryBytesMax = uint64_t{64} << 20;

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t format = kFormat;
  uint32_t zero = 0;
  uint64_t directory_bytes = 0;  // right after the header
  uint64_t directory_sum = 0;
  uint64_t file_bytes = 0;
  uint64_t header_sum = 0;  // of all before it
};
static_assert(sizeof(Header) == 48);

uint64_t Sum(const void* data, size_t size) { return XXH3_64bits(data, size); }
uint64_t SumOf(const Header& header) {
  return Sum(&header, offsetof(Header, header_sum));
}

uint64_t Align(uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

// Part of one section that has a checksum of its own.
struct Chunk {
  size_t section = 0;
  uint64_t offset = 0;  // in the section
  uint64_t bytes = 0;
  uint64_t file_offset = 0;
};

std::vector<Chunk> ChunksOf(std::span<const uint64_t> section_bytes,
                            uint64_t data_begin) {
  std::vector<Chunk> chunks;
  uint64_t begin = data_begin;
  for (size_t i = 0; i < section_bytes.size(); ++i) {
    for (uint64_t offset = 0; offset < section_bytes[i];
         offset += kChunkBytes) {
      chunks.push_back({i, offset,
                        std::min(kChunkBytes, section_bytes[i] - offset),
                        begin + offset});
    }
    begin = Align(begin + section_bytes[i]);
  }
  return chunks;
}

Status FileError(const std::string& path, const char* doing, int error) {
  const std::string message = base::WithErrno(
      std::string("index snapshot ") + path + ": cannot " + doing, error);
  return error == ENOSPC || error == EDQUOT ? ResourceExhausted(message)
                                            : Unavailable(message);
}

Status WriteAt(int file, const std::string& path, const void* data, size_t size,
               uint64_t offset) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written =
        pwrite(file, next, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path, "write", errno);
    next += written;
    offset += static_cast<uint64_t>(written);
    size -= static_cast<size_t>(written);
  }
  return OkStatus();
}

// False: the file ends before.
StatusOr<bool> ReadAt(int file, const std::string& path, void* data,
                      size_t size, uint64_t offset) {
  char* next = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = pread(file, next, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path, "read", errno);
    if (got == 0) return false;
    next += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

void Put(std::vector<uint8_t>& out, const void* data, size_t size) {
  if (size == 0) return;
  const auto* bytes = static_cast<const uint8_t*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

Status WriteAll(int file, const std::string& path, Bytes preamble,
                std::span<const Bytes> sections) {
  std::vector<uint64_t> sizes;
  for (const Bytes& section : sections) sizes.push_back(section.size());
  const uint64_t chunk_count = ChunksOf(sizes, 0).size();
  const std::array<uint64_t, 3> counts = {preamble.size(), sizes.size(),
                                          chunk_count};
  Header header;
  header.directory_bytes =
      sizeof(counts) + preamble.size() + 8 * (sizes.size() + chunk_count);
  const uint64_t data_begin = Align(sizeof(header) + header.directory_bytes);
  std::vector<uint64_t> sums;
  uint64_t end = data_begin;
  for (const Chunk& chunk : ChunksOf(sizes, data_begin)) {
    const uint8_t* data = sections[chunk.section].data() + chunk.offset;
    sums.push_back(Sum(data, chunk.bytes));
    KENAL_TRY(WriteAt(file, path, data, chunk.bytes, chunk.file_offset));
    end = chunk.file_offset + chunk.bytes;
  }
  std::vector<uint8_t> directory;
  Put(directory, counts.data(), sizeof(counts));
  Put(directory, preamble.data(), preamble.size());
  Put(directory, sizes.data(), 8 * sizes.size());
  Put(directory, sums.data(), 8 * sums.size());
  header.directory_sum = Sum(directory.data(), directory.size());
  header.file_bytes = std::max(end, data_begin);
  header.header_sum = SumOf(header);
  if (ftruncate(file, static_cast<off_t>(header.file_bytes)) != 0) {
    return FileError(path, "resize", errno);
  }
  KENAL_TRY(
      WriteAt(file, path, directory.data(), directory.size(), sizeof(header)));
  KENAL_TRY(WriteAt(file, path, &header, sizeof(header), 0));
  if (fsync(file) != 0) return FileError(path, "sync", errno);
  return OkStatus();
}

Status SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return FileError(path, "open the folder", errno);
  const int failed = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (failed != 0) return FileError(path, "sync the folder", failed);
  return OkStatus();
}

}  // namespace

Status WriteSectionFile(const std::string& path, Bytes preamble,
                        std::span<const Bytes> sections) {
  const std::string beside = path + ".new";
  const int file =
      open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return FileError(beside, "create", errno);
  Status status = WriteAll(file, beside, preamble, sections);
  close(file);
  if (status.ok() && rename(beside.c_str(), path.c_str()) != 0) {
    status = FileError(path, "rename", errno);
  }
  if (!status.ok()) {
    unlink(beside.c_str());
    return status;
  }
  return SyncFolderOf(path);
}

StatusOr<SectionFile> SectionFile::Open(const std::string& path) {
  SectionFile opened(path);
  opened.file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened.file_ < 0) {
    if (errno == ENOENT) return NotFound("no index snapshot " + path);
    return FileError(path, "open", errno);
  }
  KENAL_TRY(opened.ReadDirectory());
  return opened;
}

Status SectionFile::ReadDirectory() {
  Header header;
  KENAL_TRY_ASSIGN(bool whole,
                   ReadAt(file_, path_, &header, sizeof(header), 0));
  if (!whole) return Damaged("its header is cut off");
  if (header.magic != kMagic) return Damaged("it is not an index snapshot");
  if (header.header_sum != SumOf(header)) return Damaged("its header changed");
  if (header.format != kFormat) {
    return FailedPrecondition("index snapshot " + path_ + " has format " +
                              std::to_string(header.format) +
                              "; it will be made again");
  }
  struct stat facts {};
  if (fstat(file_, &facts) != 0) return FileError(path_, "stat", errno);
  if (header.file_bytes != static_cast<uint64_t>(facts.st_size)) {
    return Damaged("its size is not what its header says");
  }
  std::array<uint64_t, 3> counts{};
  if (header.directory_bytes > kDirectoryBytesMax ||
      header.directory_bytes < sizeof(counts)) {
    return Damaged("its directory has an impossible size");
  }
  std::vector<uint8_t> directory(header.directory_bytes);
  KENAL_TRY_ASSIGN(whole, ReadAt(file_, path_, directory.data(),
                                 directory.size(), sizeof(header)));
  if (!whole ||
      Sum(directory.data(), directory.size()) != header.directory_sum) {
    return Damaged("its directory changed");
  }
  std::memcpy(counts.data(), directory.data(), sizeof(counts));
  const auto [preamble_bytes, sections, chunks] = counts;
  if (preamble_bytes > directory.size() || sections > directory.size() ||
      chunks > directory.size() ||
      sizeof(counts) + preamble_bytes + 8 * (sections + chunks) !=
          directory.size()) {
    return Damaged("its directory does not add up");
  }
  const uint8_t* next = directory.data() + sizeof(counts);
  preamble_.assign(next, next + preamble_bytes);
  next += preamble_bytes;
  section_bytes_.resize(sections);
  if (sections > 0) std::memcpy(section_bytes_.data(), next, 8 * sections);
  next += 8 * sections;
  chunk_sums_.resize(chunks);
  if (chunks > 0) std::memcpy(chunk_sums_.data(), next, 8 * chunks);
  for (const uint64_t bytes : section_bytes_) {
    if (bytes > header.file_bytes) return Damaged("a section is too large");
  }
  data_begin_ = Align(sizeof(header) + header.directory_bytes);
  if (ChunksOf(section_bytes_, data_begin_).size() != chunks) {
    return Damaged("its sections do not add up");
  }
  return OkStatus();
}

Status SectionFile::Read(std::span<uint8_t* const> destinations,
                         int threads) const {
  const std::vector<Chunk> chunks = ChunksOf(section_bytes_, data_begin_);
  std::atomic<size_t> next{0};
  std::vector<Status> results(static_cast<size_t>(std::max(threads, 1)));
  const auto work = [&](Status& result) {
    for (size_t i = next++; i < chunks.size() && result.ok(); i = next++) {
      const Chunk& chunk = chunks[i];
      uint8_t* place = destinations[chunk.section] + chunk.offset;
      const StatusOr<bool> whole =
          ReadAt(file_, path_, place, chunk.bytes, chunk.file_offset);
      if (!whole.ok()) {
        result = whole.status();
      } else if (!*whole || Sum(place, chunk.bytes) != chunk_sums_[i]) {
        result = Damaged("a section changed");
      }
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < results.size(); ++i) {
    helpers.emplace_back([&, i] { work(results[i]); });
  }
  work(results[0]);
  for (std::thread& helper : helpers) helper.join();
  for (const Status& result : results) KENAL_TRY(result);
  return OkStatus();
}

Status SectionFile::Damaged(const char* what) const {
  return DataLoss("index snapshot " + path_ + " is damaged: " + what +
                  "; it will be made again from the catalogue");
}

SectionFile::SectionFile(SectionFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      data_begin_(other.data_begin_),
      preamble_(std::move(other.preamble_)),
      section_bytes_(std::move(other.section_bytes_)),
      chunk_sums_(std::move(other.chunk_sums_)) {}

SectionFile::~SectionFile() {
  if (file_ >= 0) close(file_);
}

}  // namespace kenal::index
