#include "src/scan/intake.h"

#include <algorithm>
#include <utility>

#include "src/decode/sniff.h"
#include "src/findings/findings.h"

namespace kenal::scan {
namespace {

namespace reason = findings::reason;
using decode::Kind;

bool HasAt(std::span<const uint8_t> bytes, size_t offset,
           std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::equal(
             magic.begin(), magic.end(),
             bytes.begin() + static_cast<std::ptrdiff_t>(offset),
             [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

struct Named {
  std::string_view kind;
  std::string_view reason;
};

// What the decoder has no word for.
Named NameOther(std::span<const uint8_t> head) {
  using namespace std::string_view_literals;
  if (HasAt(head, 0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv)) {
    return {"a Windows Media file", reason::kVideo};
  }
  if (HasAt(head, 0, "FLV\x01"sv)) return {"a Flash video", reason::kVideo};
  if (HasAt(head, 0, "\0\0\1\xBA"sv) || HasAt(head, 0, "\0\0\1\xB3"sv)) {
    return {"an MPEG video", reason::kVideo};
  }
  if (HasAt(head, 0, "\x47"sv) && HasAt(head, 188, "\x47"sv)) {
    return {"an MPEG transport stream", reason::kVideo};
  }
  if (HasAt(head, 4, "moov"sv) || HasAt(head, 4, "mdat"sv)) {
    return {"a QuickTime video", reason::kVideo};
  }
  if (HasAt(head, 0, "fLaC"sv)) return {"FLAC audio", reason::kAudio};
  if (HasAt(head, 0, "#!AMR"sv)) return {"AMR audio", reason::kAudio};
  if (HasAt(head, 0, "{\\rtf"sv)) return {"an RTF document", reason::kDocument};
  if (HasAt(head, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv)) {
    return {"an OLE document", reason::kDocument};
  }
  return {"", reason::kOther};
}

std::string_view ReasonOf(Kind kind) {
  switch (kind) {
    case Kind::kText:
    case Kind::kXml:
      return reason::kText;
    case Kind::kPdf:
      return reason::kDocument;
    case Kind::kZip:
    case Kind::kGzip:
    case Kind::kSevenZip:
    case Kind::kRar:
      return reason::kArchive;
    case Kind::kMp4:
    case Kind::kMatroska:
    case Kind::kAvi:
      return reason::kVideo;
    case Kind::kWave:
    case Kind::kOgg:
    case Kind::kMp3:
      return reason::kAudio;
    case Kind::kElf:
    case Kind::kWindowsProgram:
      return reason::kProgram;
    case Kind::kSqlite:
      return reason::kDatabase;
    default:
      return reason::kOther;
  }
}

void Name(std::span<const uint8_t> head, Intake& intake) {
  const Kind kind = decode::Sniff(head);
  const Named other = NameOther(head);
  intake.is_picture = decode::IsPicture(kind);
  // RTF is text, too.
  if (kind == Kind::kUnknown ||
      (kind == Kind::kText && other.reason == reason::kDocument)) {
    intake.kind = other.kind;
    intake.reason = other.reason;
  } else {
    intake.kind = decode::KindName(kind);
    intake.reason = ReasonOf(kind);
  }
  const container::Kind container = intake.container.kind;
  if (container == container::Kind::kNone || intake.is_picture) return;
  if (intake.kind.empty()) intake.kind = intake.container.format;
  if (container != container::Kind::kThumbnails) {
    intake.reason = reason::kArchive;
  }
}

}  // namespace

IntakeStream::IntakeStream(uint64_t size_bytes, const IntakeLimits& limits)
    : expected_bytes_(size_bytes), limits_(limits) {}

void IntakeStream::Add(std::span<const uint8_t> block) {
  digests_.Add(block);
  intake_.size_bytes += block.size();
  if (is_decided_) {
    if (!intake_.is_kept) return;
    const uint64_t most =
        std::max(kPictureBytesMax, limits_.container_bytes_max);
    if (intake_.size_bytes > most) {
      // It grew, or said nothing of its size.
      intake_.is_kept = false;
      intake_.DropBytes();
      return;
    }
    AwaitTurn(intake_.size_bytes);
    intake_.bytes.insert(intake_.bytes.end(), block.begin(), block.end());
    return;
  }
  head_.insert(head_.end(), block.begin(), block.end());
  if (head_.size() >= container::kLongHeadBytes) Decide();
}

void IntakeStream::Decide() {
  is_decided_ = true;
  const std::span<const uint8_t> head(head_);
  const uint64_t size = std::max<uint64_t>(expected_bytes_, head.size());
  intake_.container = container::Recognise(
      head.first(std::min(head.size(), container::kHeadBytes)), size);
  if (intake_.container.wants_bytes != 0) {
    intake_.container = container::Recognise(head, size);
  }
  Name(head, intake_);
  const uint64_t most = intake_.is_picture ? kPictureBytesMax
                        : intake_.container.kind != container::Kind::kNone
                            ? limits_.container_bytes_max
                            : 0;
  intake_.is_kept = size <= most;
  if (intake_.is_kept) {
    AwaitTurn(size);
    head_.reserve(size);
    intake_.bytes = std::move(head_);
  }
  head_ = {};
}

void IntakeStream::AwaitTurn(uint64_t bytes) {
  if (limits_.large == nullptr || intake_.turn != nullptr) return;
  if (bytes > limits_.small_bytes_max) intake_.turn = limits_.large->Take();
}

Intake IntakeStream::Finish() {
  if (!is_decided_) Decide();
  intake_.digests = digests_.Finish();
  if (intake_.size_bytes == 0) intake_.reason = reason::kEmpty;
  return std::move(intake_);
}

}  // namespace kenal::scan
