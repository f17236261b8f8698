#include "src/findings/findings.h"

#include "src/base/codec.h"

namespace kenal::findings {

std::string_view ExhibitKindName(ExhibitKind kind) {
  switch (kind) {
    case ExhibitKind::kFolder:
      return "folder";
    case ExhibitKind::kDiskImage:
      return "disk_image";
    case ExhibitKind::kFile:
      return "file";
  }
  return "";
}

std::string_view CoverageName(Coverage coverage) {
  switch (coverage) {
    case Coverage::kExamined:
      return "examined";
    case Coverage::kDigestOnly:
      return "digest_only";
    case Coverage::kNotExamined:
      return "not_examined";
  }
  return "";
}

std::string_view ThumbnailName(Thumbnail thumbnail) {
  switch (thumbnail) {
    case Thumbnail::kNone:
      return "";
    case Thumbnail::kExif:
      return "exif";
    case Thumbnail::kCache:
      return "cache";
  }
  return "";
}

std::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kRunning:
      return "running";
    case Ending::kComplete:
      return "complete";
    case Ending::kTimeBudget:
      return "time_budget";
    case Ending::kEnoughHits:
      return "enough_hits";
    case Ending::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::optional<bool> Exhibit::stored_digests_hold() const {
  std::optional<bool> hold;
  const auto compare = [&](const auto& said, const auto& is) {
    if (said && is) hold = hold.value_or(true) && *said == *is;
  };
  compare(stored.md5, computed.md5);
  compare(stored.sha1, computed.sha1);
  compare(stored.sha256, computed.sha256);
  return hold;
}

std::string PathText(const Place& place) {
  std::string text;
  for (const std::string& part : place.path) {
    if (!text.empty()) text += " » ";
    text += part;
  }
  return text;
}

std::string KeyOf(const Place& place) {
  // The end of a path comes before a further part, and the end of a part before
  // any byte of it; NUL within a part is escaped.
  std::string key;
  base::Encoder(key).Fixed64(place.exhibit);
  for (const std::string& part : place.path) {
    key += '\x01';
    for (const char byte : part) {
      key += byte;
      if (byte == '\0') key += '\x01';
    }
    key.append(2, '\0');
  }
  key += '\0';
  base::Encoder(key).Fixed64(place.address);
  return key;
}

}  // namespace kenal::findings
