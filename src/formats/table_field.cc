#include "src/formats/table_field.h"

#include <algorithm>

#include "src/formats/json_tree.h"
#include "src/formats/value_text.h"

namespace kenal::formats {

struct TableField::Member {
  std::string_view name;
  Kind kind;
  Part part;
  std::string Record::*text = nullptr;
  std::optional<int64_t> Record::*time = nullptr;
};

namespace {

// Splits at the first `mark` that no backslash hides, and takes backslashes
// out of what is before it.
std::string TakeUpTo(char mark, std::string_view& text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == mark) break;
    if (c == '\\' && !text.empty()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += c;
    }
  }
  return out;
}

void AppendHidden(std::string_view text, std::string_view marks,
                  std::string& out) {
  for (const char c : text) {
    if (c == '\\' || marks.find(c) != marks.npos) out += '\\';
    out += c;
  }
}

MediaKind ParseKind(std::string_view text) {
  for (const MediaKind kind :
       {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio}) {
    if (SameWord(text, MediaKindName(kind))) return kind;
  }
  return MediaKind::kUnknown;
}

}  // namespace

const TableField::Member* TableField::Find(std::string_view name) {
  static constexpr Member kMembers[] = {
      {"source_id", Kind::kText, Part::kSourceId, &Record::source_id},
      {"file_id", Kind::kText, Part::kFileId, &Record::file_id},
      {"kind", Kind::kKind, Part::kKind},
      {"md5", Kind::kSignal, Part::kMd5},
      {"sha1", Kind::kSignal, Part::kSha1},
      {"sha256", Kind::kSignal, Part::kSha256},
      {"pdq", Kind::kSignal, Part::kPdq},
      {"pdq_quality", Kind::kQuality, Part::kPdqDetail},
      {"series", Kind::kText, Part::kSeries, &Record::series},
      {"tags", Kind::kTags, Part::kTags},
      {"comment", Kind::kText, Part::kComment, &Record::comment},
      {"mime_type", Kind::kText, Part::kMimeType, &Record::mime_type},
      {"size", Kind::kSize, Part::kSize},
      {"file_name", Kind::kFileName, Part::kFiles},
      {"file_folder", Kind::kFileFolder, Part::kFiles},
      {"source", Kind::kText, Part::kSource, &Record::source},
      {"member_id", Kind::kText, Part::kMember, &Record::member_id},
      {"member", Kind::kText, Part::kMember, &Record::member},
      {"updated", Kind::kTime, Part::kUpdated, nullptr,
       &Record::updated_unix_ms},
      {"expires", Kind::kTime, Part::kExpires, nullptr,
       &Record::expires_unix_ms},
      {"deleted", Kind::kDeleted, Part::kDeleted},
      {"classifications", Kind::kClasses, Part::kClassification},
      {"flags", Kind::kFlags, Part::kFlags},
      {"hash", Kind::kCarried, Part::kCarried},
      {"class", Kind::kClass, Part::kClassification},
      {"flag", Kind::kFlag, Part::kFlags},
  };
  for (const Member& each : kMembers) {
    if (SameWord(each.name, name)) return &each;
  }
  return nullptr;
}

StatusOr<TableField> TableField::Parse(std::string_view name) {
  const size_t colon = name.find(':');
  const Member* member = Find(name.substr(0, colon));
  const bool takes_more =
      member != nullptr &&
      (member->kind == Kind::kCarried || member->kind == Kind::kClass ||
       member->kind == Kind::kFlag);
  const std::string_view more =
      colon == name.npos ? std::string_view() : name.substr(colon + 1);
  if (member == nullptr || takes_more == more.empty()) {
    return InvalidArgument(
        "unknown member of a record; use source_id, file_id, kind, md5, sha1, "
        "sha256, pdq, pdq_quality, hash:NAME, class:SCHEME, classifications, "
        "flag:NAME, flags, series, tags, comment, mime_type, size, file_name, "
        "file_folder, source, member_id, member, updated, expires or deleted");
  }
  TableField field;
  field.kind_ = member->kind;
  field.part_ = member->part;
  field.name_ = name;
  field.argument_ = member->kind == Kind::kSignal ? member->name : more;
  if (member->kind == Kind::kCarried) field.argument_ = CarriedType(more);
  field.text_ = member->text;
  field.time_ = member->time;
  return field;
}

Status TableField::ReadClasses(std::string_view text, Record& record) const {
  while (!text.empty()) {
    std::string_view rest = text;
    std::string scheme = TakeUpTo('=', rest);
    if (rest.empty() || scheme.empty()) {
      return InvalidArgument("has a classification that is not SCHEME=VALUE");
    }
    std::string value = TakeUpTo(';', rest);
    record.classifications.push_back({std::move(scheme), std::move(value)});
    text = rest;
  }
  return OkStatus();
}

std::string TableField::WriteClasses(const Record& record) const {
  std::string out;
  for (const Classification& each : record.classifications) {
    if (!out.empty()) out += ';';
    AppendHidden(each.scheme, "=;", out);
    out += '=';
    AppendHidden(each.raw_value, ";", out);
  }
  return out;
}

void TableField::ReadFlags(std::string_view text, Record& record) const {
  for (const std::string& each : SplitTags(text)) {
    const size_t equal = each.find('=');
    const auto value =
        ReadFlag(equal == each.npos ? "yes" : each.substr(equal + 1));
    if (value) SetFlag(each.substr(0, equal), *value, record);
  }
}

Status TableField::Read(std::string_view text, Record& record) const {
  if (text.empty()) return OkStatus();
  switch (kind_) {
    case Kind::kText:
      record.*text_ = text;
      break;
    case Kind::kSignal:
    case Kind::kCarried:
      return AddHash(argument_, text, record);
    case Kind::kQuality: {
      constexpr uint64_t kQualityMax = 100;
      const auto quality = ReadCount(text);
      if (!quality || *quality > kQualityMax) {
        return InvalidArgument("has a pdq_quality that is not 0 to 100");
      }
      if (record.signals.pdq.empty()) record.signals.pdq.emplace_back();
      record.signals.pdq.front().quality = static_cast<int>(*quality);
      break;
    }
    case Kind::kClass:
      record.classifications.push_back({argument_, std::string(text)});
      break;
    case Kind::kClasses:
      return ReadClasses(text, record);
    case Kind::kFlag:
      if (const auto value = ReadFlag(text)) SetFlag(argument_, *value, record);
      break;
    case Kind::kFlags:
      ReadFlags(text, record);
      break;
    case Kind::kKind:
      record.kind = ParseKind(Trimmed(text));
      break;
    case Kind::kTags:
      record.tags = SplitTags(text);
      break;
    case Kind::kSize:
      record.size_bytes = ReadCount(text);
      break;
    case Kind::kFileName:
    case Kind::kFileFolder:
      if (record.files.empty()) record.files.emplace_back();
      (kind_ == Kind::kFileName ? record.files.front().name
                                : record.files.front().folder) = text;
      break;
    case Kind::kTime:
      record.*time_ = ReadTime(text);
      break;
    case Kind::kDeleted:
      record.deleted = ReadFlag(text).value_or(false);
      break;
  }
  return OkStatus();
}

std::string TableField::Write(const Record& record) const {
  const auto yes_or_no = [](std::optional<bool> value) {
    return std::string(!value ? "" : *value ? "yes" : "no");
  };
  switch (kind_) {
    case Kind::kText:
      return record.*text_;
    case Kind::kSignal:
      return HashHex(record, *SignalTypeOf(argument_));
    case Kind::kQuality: {
      const PdqView* pdq = PdqOf(record);
      return pdq != nullptr && pdq->quality ? std::to_string(*pdq->quality)
                                            : "";
    }
    case Kind::kCarried: {
      const CarriedHash* hash = CarriedOf(record, argument_);
      return hash == nullptr ? "" : hash->value;
    }
    case Kind::kClass:
      for (const Classification& each : record.classifications) {
        if (each.scheme == argument_) return each.raw_value;
      }
      return "";
    case Kind::kClasses:
      return WriteClasses(record);
    case Kind::kFlag:
      return yes_or_no(FlagOf(record, argument_));
    case Kind::kFlags: {
      std::string out;
      for (const Flag& flag : record.flags) {
        out +=
            (out.empty() ? "" : ",") + flag.name + "=" + yes_or_no(flag.value);
      }
      return out;
    }
    case Kind::kKind:
      return record.kind == MediaKind::kUnknown
                 ? ""
                 : std::string(MediaKindName(record.kind));
    case Kind::kTags:
      return JoinTags(record.tags);
    case Kind::kSize:
      return record.size_bytes ? std::to_string(*record.size_bytes) : "";
    case Kind::kFileName:
      return record.files.empty() ? "" : record.files.front().name;
    case Kind::kFileFolder:
      return record.files.empty() ? "" : record.files.front().folder;
    case Kind::kTime:
      return record.*time_ ? WriteTime(*(record.*time_)) : "";
    case Kind::kDeleted:
      return record.deleted ? "yes" : "";
  }
  return "";
}

}  // namespace kenal::formats
