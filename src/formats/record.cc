#include "src/formats/record.h"

#include <algorithm>
#include <array>

#include "src/base/check.h"
#include "src/base/digest.h"

namespace kenal::formats {
namespace {

const base::Digests& OfEmptyInput() {
  static const base::Digests digests = base::DigestAll({});
  return digests;
}

bool IsZero(const PdqHash& hash) { return hash == PdqHash{}; }

// Text forms of a perceptual hash that is all zeros: hex 0 or base64 A.
bool IsZeroText(std::string_view text) {
  constexpr size_t kShort = 32;
  return text.size() >= kShort && (text.find_first_not_of('0') == text.npos ||
                                   text.find_first_not_of("A=") == text.npos);
}

}  // namespace

std::string_view MediaKindName(MediaKind kind) {
  switch (kind) {
    case MediaKind::kUnknown:
      return "unknown";
    case MediaKind::kImage:
      return "image";
    case MediaKind::kVideo:
      return "video";
    case MediaKind::kAudio:
      return "audio";
  }
  KENAL_CHECK(false && "value outside its enum");
  return {};
}

std::optional<bool> FlagOf(const Record& record, std::string_view name) {
  for (const Flag& flag : record.flags) {
    if (flag.name == name) return flag.value;
  }
  return std::nullopt;
}

void SetFlag(std::string_view name, bool value, Record& record) {
  for (Flag& flag : record.flags) {
    if (flag.name != name) continue;
    flag.value = value;
    return;
  }
  record.flags.push_back({std::string(name), value});
}

const PdqView* PdqOf(const Record& record) {
  return record.signals.pdq.empty() ? nullptr : &record.signals.pdq.front();
}

const CarriedHash* CarriedOf(const Record& record, std::string_view type) {
  for (const CarriedHash& hash : record.carried) {
    if (hash.type == type) return &hash;
  }
  return nullptr;
}

Status CheckRecord(const Record& record) {
  const SignalSet& signals = record.signals;
  if (!signals.HasSignal() && record.carried.empty() && !record.deleted) {
    return InvalidArgument("has no hash");
  }
  const base::Digests& empty = OfEmptyInput();
  if ((signals.md5 && signals.md5->bytes == empty.md5) ||
      (signals.sha1 && signals.sha1->bytes == empty.sha1) ||
      (signals.sha256 && signals.sha256->bytes == empty.sha256)) {
    return InvalidArgument("has the digest of an empty file");
  }
  for (const PdqView& view : signals.pdq) {
    if (IsZero(view.hash)) return InvalidArgument("has a pdq of zeros");
  }
  for (const CarriedHash& hash : record.carried) {
    if (hash.type == kPhotoDna && IsZeroText(hash.value)) {
      return InvalidArgument("has a PhotoDNA of zeros");
    }
  }
  return OkStatus();
}

}  // namespace kenal::formats
