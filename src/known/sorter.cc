#include "src/known/sorter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "src/base/check.h"
#include "src/known/layout.h"

namespace kenal::known {
namespace {

// Smaller reads of a run would cost a seek each on a turning disk.
constexpr size_t kRunBufferBytesMin = size_t{8} << 10;

uint64_t Leading(const uint8_t* digest) {
  return __builtin_bswap64(Load64(digest));
}

template <size_t kBytes>
size_t SortEachOnce(uint8_t* memory, size_t used_bytes) {
  using Digest = std::array<uint8_t, kBytes>;
  static_assert(sizeof(Digest) == kBytes && alignof(Digest) == 1);
  auto* const begin = reinterpret_cast<Digest*>(memory);
  auto* const end = begin + used_bytes / kBytes;
  std::sort(begin, end, [](const Digest& a, const Digest& b) {
    const uint64_t left = Leading(a.data());
    const uint64_t right = Leading(b.data());
    if (left != right) return left < right;
    return std::memcmp(a.data() + 8, b.data() + 8, kBytes - 8) < 0;
  });
  return static_cast<size_t>(std::unique(begin, end) - begin) * kBytes;
}

}  // namespace

DigestSorter::DigestSorter(size_t digest_bytes, uint64_t memory_bytes,
                           const Workplace& workplace)
    : digest_bytes_(digest_bytes),
      capacity_bytes_(memory_bytes / digest_bytes * digest_bytes),
      workplace_(workplace),
      memory_(std::make_unique_for_overwrite<uint8_t[]>(capacity_bytes_)) {}

Status DigestSorter::Add(std::span<const uint8_t> digests) {
  KENAL_CHECK(digests.size() % digest_bytes_ == 0);
  while (!digests.empty()) {
    if (used_bytes_ == capacity_bytes_) KENAL_TRY(Spill());
    const auto piece =
        digests.first(std::min(digests.size(), capacity_bytes_ - used_bytes_));
    std::memcpy(memory_.get() + used_bytes_, piece.data(), piece.size());
    used_bytes_ += piece.size();
    digests = digests.subspan(piece.size());
  }
  return OkStatus();
}

void DigestSorter::SortBlock() {
  switch (digest_bytes_) {
    case 16:
      used_bytes_ = SortEachOnce<16>(memory_.get(), used_bytes_);
      break;
    case 20:
      used_bytes_ = SortEachOnce<20>(memory_.get(), used_bytes_);
      break;
    default:
      KENAL_CHECK(digest_bytes_ == 32);
      used_bytes_ = SortEachOnce<32>(memory_.get(), used_bytes_);
  }
  const uint64_t distinct = used_bytes_ / digest_bytes_;
  distinct_min_ = std::max(distinct_min_, distinct);
  distinct_max_ += distinct;
}

Status DigestSorter::Spill() {
  if ((runs_.size() + 1) * kRunBufferBytesMin > capacity_bytes_) {
    return ResourceExhausted(
        workplace_.target() + ": the list is too long to be sorted in " +
        std::to_string(capacity_bytes_ >> 20) + " MiB; give more memory");
  }
  SortBlock();
  if (!spill_.valid()) {
    KENAL_TRY_ASSIGN(spill_, workplace_.MakeNameless());
  }
  KENAL_TRY(WriteAll(spill_.get(), workplace_.target() + " (sorting)",
                     {memory_.get(), used_bytes_}));
  const uint64_t begin = runs_.empty() ? 0 : runs_.back().end;
  runs_.push_back({begin, begin + used_bytes_});
  used_bytes_ = 0;
  return OkStatus();
}

Status DigestSorter::Seal() {
  if (!runs_.empty()) return used_bytes_ == 0 ? OkStatus() : Spill();
  SortBlock();
  return OkStatus();
}

// The runs being merged, as a heap with the smallest next digest on top. Each
// reads through its share of the sorter's memory.
class DigestSorter::Merger {
 public:
  explicit Merger(DigestSorter& sorter)
      : width_(sorter.digest_bytes_),
        fd_(sorter.spill_.get()),
        path_(sorter.workplace_.target() + " (sorting)") {
    const size_t share =
        sorter.capacity_bytes_ / sorter.runs_.size() / width_ * width_;
    uint8_t* buffer = sorter.memory_.get();
    for (const Run& run : sorter.runs_) {
      sources_.push_back({.rest = run, .buffer = {buffer, share}});
      buffer += share;
    }
  }

  Status Start() {
    for (Source& source : sources_) KENAL_TRY(Fill(source));
    for (size_t i = sources_.size(); i-- > 0;) SiftDown(i);
    return OkStatus();
  }
  bool empty() const { return sources_.empty(); }
  const uint8_t* top() const { return sources_.front().next; }
  Status Pop() {
    Source& source = sources_.front();
    source.next += width_;
    if (source.next == source.end) {
      KENAL_TRY(Fill(source));
      if (source.next == source.end) {
        std::swap(source, sources_.back());
        sources_.pop_back();
        if (sources_.empty()) return OkStatus();
      }
    }
    sources_.front().leading = Leading(sources_.front().next);
    SiftDown(0);
    return OkStatus();
  }

 private:
  struct Source {
    Run rest;
    std::span<uint8_t> buffer;
    const uint8_t* next = nullptr;
    const uint8_t* end = nullptr;
    uint64_t leading = 0;
  };

  Status Fill(Source& source) {
    const size_t bytes = std::min<uint64_t>(
        source.buffer.size(), source.rest.end - source.rest.begin);
    KENAL_TRY(
        ReadAt(fd_, path_, source.rest.begin, source.buffer.first(bytes)));
    source.rest.begin += bytes;
    source.next = source.buffer.data();
    source.end = source.next + bytes;
    if (bytes > 0) source.leading = Leading(source.next);
    return OkStatus();
  }

  bool Before(const Source& a, const Source& b) const {
    if (a.leading != b.leading) return a.leading < b.leading;
    return std::memcmp(a.next + 8, b.next + 8, width_ - 8) < 0;
  }

  void SiftDown(size_t at) {
    while (true) {
      size_t least = at;
      for (size_t child = 2 * at + 1;
           child <= 2 * at + 2 && child < sources_.size(); ++child) {
        if (Before(sources_[child], sources_[least])) least = child;
      }
      if (least == at) return;
      std::swap(sources_[at], sources_[least]);
      at = least;
    }
  }

  const size_t width_;
  const int fd_;
  const std::string path_;
  std::vector<Source> sources_;
};

Status DigestSorter::MergeRuns(const Block& block) {
  Merger merger(*this);
  KENAL_TRY(merger.Start());
  std::vector<uint8_t> out(kBlockDigests * digest_bytes_);
  size_t used = 0;
  std::array<uint8_t, kDigestBytesMax> last{};
  bool first = true;
  while (!merger.empty()) {
    if (first || std::memcmp(last.data(), merger.top(), digest_bytes_) != 0) {
      std::memcpy(last.data(), merger.top(), digest_bytes_);
      std::memcpy(&out[used], merger.top(), digest_bytes_);
      used += digest_bytes_;
      first = false;
    }
    KENAL_TRY(merger.Pop());
    if (used == out.size()) {
      KENAL_TRY(block(out));
      used = 0;
    }
  }
  return used == 0 ? OkStatus() : block(std::span(out).first(used));
}

Status DigestSorter::Merge(const Block& block) {
  if (!runs_.empty()) return MergeRuns(block);
  std::span<const uint8_t> rest(memory_.get(), used_bytes_);
  while (!rest.empty()) {
    const auto piece =
        rest.first(std::min(rest.size(), kBlockDigests * digest_bytes_));
    KENAL_TRY(block(piece));
    rest = rest.subspan(piece.size());
  }
  return OkStatus();
}

}  // namespace kenal::known
