#include "src/known/builder.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "kenal/list.h"
#include "src/base/check.h"
#include "src/known/directory_writer.h"
#include "src/known/disk.h"
#include "src/known/layout.h"
#include "src/known/sorter.h"

namespace kenal::known {
namespace {

constexpr uint64_t kDigestsPerReport = uint64_t{1} << 20;

}  // namespace

// The part file: everything but the digests' order.
class KnownBuilder::Output {
 public:
  static StatusOr<std::unique_ptr<Output>> Create(const Workplace& workplace,
                                                  unsigned bucket_bits) {
    KENAL_TRY_ASSIGN(DirectoryWriter directory,
                     DirectoryWriter::Create(workplace, bucket_bits));
    KENAL_TRY_ASSIGN(auto part, workplace.MakePart());
    return std::unique_ptr<Output>(
        new Output(workplace, bucket_bits, std::move(directory),
                   std::move(part.first), std::move(part.second)));
  }
  ~Output() {
    if (!placed_) workplace_.Remove(name_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Status Start(const Head& head) {
    head_ = head;
    return writer_.Add(head);
  }

  Status Add(std::span<const uint8_t> digests, size_t digest_bytes) {
    const size_t dropped = bucket_bits_ / 8;
    const size_t kept = digest_bytes - dropped;
    kept_.resize(digests.size() / digest_bytes * kept);
    uint8_t* to = kept_.data();
    for (size_t at = 0; at < digests.size(); at += digest_bytes, to += kept) {
      const uint8_t* const digest = digests.data() + at;
      KENAL_TRY(directory_.Add(BucketOf(digest, bucket_bits_)));
      std::memcpy(to, digest + dropped, kept);
    }
    return writer_.Add(kept_);
  }

  StatusOr<KnownFileFacts> Finish(const BuildOptions& options) {
    KENAL_TRY(directory_.Finish());
    const Layout layout =
        LayoutOf(options.type, directory_.total(), directory_.crowded_count());
    KENAL_CHECK(layout.bucket_bits == bucket_bits_);
    KENAL_TRY(writer_.PadTo(layout.lines_begin));
    KENAL_TRY(directory_.CopyLines(writer_));
    KENAL_TRY(directory_.CopyCrowded(writer_));
    KENAL_TRY(writer_.PadTo(layout.trailer_begin));
    KENAL_TRY(writer_.Add(TrailerOf(head_, layout)));
    KENAL_TRY(writer_.Flush());
    KENAL_CHECK(writer_.written_bytes() == layout.file_bytes);
    KnownFileFacts facts{.type = options.type,
                         .list = options.list,
                         .count = layout.count,
                         .size_bytes = layout.file_bytes,
                         .sha256 = writer_.Digest()};
    KENAL_TRY(workplace_.Place(part_, name_));
    placed_ = true;
    return facts;
  }

 private:
  Output(const Workplace& workplace, unsigned bucket_bits,
         DirectoryWriter directory, Descriptor part, std::string name)
      : workplace_(workplace),
        bucket_bits_(bucket_bits),
        directory_(std::move(directory)),
        part_(std::move(part)),
        name_(std::move(name)),
        writer_(part_.get(), workplace.target(), true) {}

  const Workplace& workplace_;
  const unsigned bucket_bits_;
  DirectoryWriter directory_;
  Descriptor part_;
  std::string name_;
  Writer writer_;
  Head head_{};
  std::vector<uint8_t> kept_;
  bool placed_ = false;
};

StatusOr<std::unique_ptr<KnownBuilder>> KnownBuilder::Create(
    const std::string& path, const BuildOptions& options) {
  if (!IsDigest(options.type)) {
    return InvalidArgument(
        "a known-good list holds md5, sha1 or sha256; name one of them");
  }
  KENAL_TRY(CheckListName(options.list));
  if (options.memory_bytes < kMemoryBytesMin) {
    return InvalidArgument("sorting needs 1 MiB of memory; give more");
  }
  KENAL_TRY_ASSIGN(Workplace place, Workplace::Open(path));
  return std::unique_ptr<KnownBuilder>(
      new KnownBuilder(options, std::make_unique<Workplace>(std::move(place))));
}

KnownBuilder::KnownBuilder(const BuildOptions& options,
                           std::unique_ptr<Workplace> place)
    : options_(options),
      digest_bytes_(SignalSizeBytes(options.type)),
      place_(std::move(place)),
      sorter_(std::make_unique<DigestSorter>(digest_bytes_,
                                             options.memory_bytes, *place_)) {}

KnownBuilder::~KnownBuilder() = default;

Status KnownBuilder::Report(BuildProgress::Phase phase, uint64_t done,
                            uint64_t most) {
  if (!options_.progress || options_.progress({phase, done, most})) {
    return OkStatus();
  }
  return absl::CancelledError(place_->target() +
                              ": stopped; nothing was changed");
}

Status KnownBuilder::Add(std::span<const uint8_t> digests) {
  if (closed_) {
    return FailedPrecondition(place_->target() +
                              ": this build has ended; begin another");
  }
  if (digests.size() % digest_bytes_ != 0) {
    return InvalidArgument(
        "digests of " + std::string(SignalTypeName(options_.type)) + " come " +
        std::to_string(digest_bytes_) + " bytes each; a part of one was given");
  }
  // Until all went well; an error leaves nothing to go on with.
  closed_ = true;
  Status status = AddSome(digests);
  closed_ = !status.ok();
  if (closed_) sorter_.reset();
  return status;
}

Status KnownBuilder::AddSome(std::span<const uint8_t> digests) {
  while (!digests.empty()) {
    const uint64_t until_report =
        kDigestsPerReport - taken_ % kDigestsPerReport;
    const auto piece = digests.first(
        std::min<uint64_t>(digests.size(), until_report * digest_bytes_));
    KENAL_TRY(sorter_->Add(piece));
    taken_ += piece.size() / digest_bytes_;
    digests = digests.subspan(piece.size());
    if (taken_ % kDigestsPerReport == 0) {
      KENAL_TRY(Report(BuildProgress::Phase::kTaking, taken_, 0));
    }
  }
  return OkStatus();
}

// The number of buckets follows from the number of different digests. When
// the limits of that number do not settle it, they are counted first.
StatusOr<unsigned> KnownBuilder::FindBucketBits() {
  const unsigned bits = BucketBits(sorter_->distinct_max());
  if (BucketBits(sorter_->distinct_min()) == bits) return bits;
  uint64_t count = 0;
  KENAL_TRY(sorter_->Merge([&](std::span<const uint8_t> digests) {
    const uint64_t before = count;
    count += digests.size() / digest_bytes_;
    if (before / kDigestsPerReport == count / kDigestsPerReport) {
      return OkStatus();
    }
    return Report(BuildProgress::Phase::kWriting, 0, sorter_->distinct_max());
  }));
  return BucketBits(count);
}

StatusOr<KnownFileFacts> KnownBuilder::Write() {
  KENAL_TRY(sorter_->Seal());
  const uint64_t most = sorter_->distinct_max();
  if (most > kCountMax) {
    return ResourceExhausted(place_->target() +
                             ": the list is too long for one file; cut it "
                             "into several lists");
  }
  KENAL_TRY(Report(BuildProgress::Phase::kWriting, 0, most));
  KENAL_TRY_ASSIGN(const unsigned bucket_bits, FindBucketBits());
  KENAL_TRY_ASSIGN(auto output, Output::Create(*place_, bucket_bits));
  KENAL_TRY(output->Start(HeadOf(options_.type, options_.list)));
  uint64_t written = 0;
  const Status merged = sorter_->Merge([&](std::span<const uint8_t> digests) {
    KENAL_TRY(output->Add(digests, digest_bytes_));
    const uint64_t before = written;
    written += digests.size() / digest_bytes_;
    if (before / kDigestsPerReport == written / kDigestsPerReport) {
      return OkStatus();
    }
    return Report(BuildProgress::Phase::kWriting, written, most);
  });
  KENAL_TRY(merged);
  return output->Finish(options_);
}

StatusOr<KnownFileFacts> KnownBuilder::Finish() {
  if (closed_) {
    return FailedPrecondition(place_->target() +
                              ": this build has ended; begin another");
  }
  closed_ = true;
  StatusOr<KnownFileFacts> facts = Write();
  sorter_.reset();
  return facts;
}

}  // namespace kenal::known
