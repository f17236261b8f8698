#include <algorithm>
#include <array>

#include "src/exchange/hash_json.h"
#include "src/formats/record_lines.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

using Kind = JsonNode::Kind;

// Members of an object, in the order that they are written.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void Key(std::string_view key) {
    if (any_) out_ += ',';
    any_ = true;
    AppendJsonText(key, out_);
    out_ += ':';
  }
  void Text(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    Key(key);
    AppendJsonText(text, out_);
  }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    out_ += std::to_string(value);
  }
  void True(std::string_view key, bool value) {
    if (!value) return;
    Key(key);
    out_ += "true";
  }
  void End() { out_ += '}'; }

 private:
  std::string& out_;
  bool any_ = false;
};

Status WantText(const JsonNode& node, std::string& out) {
  if (!node.is_text()) return InvalidArgument("is not text");
  out = node.text;
  return OkStatus();
}

Status WantBool(const JsonNode& node, bool& out) {
  if (node.kind != Kind::kTrue && node.kind != Kind::kFalse) {
    return InvalidArgument("is not true or false");
  }
  out = node.kind == Kind::kTrue;
  return OkStatus();
}

Status WantCount(const JsonNode& node, uint64_t& out) {
  const auto count = node.kind == Kind::kNumber ? ReadCount(node.text)
                                                : std::optional<uint64_t>();
  if (!count) return InvalidArgument("is not a whole number");
  out = *count;
  return OkStatus();
}

Status WantTime(const JsonNode& node, std::optional<int64_t>& out) {
  if (node.is_text()) out = ReadTime(node.text);
  return out ? OkStatus() : InvalidArgument("is not a time");
}

// One member of an object that an array holds.
template <typename Object>
struct Member {
  std::string_view key;
  Status (*read)(const JsonNode&, Object&);
};

// Every member must be known, and be there once at most.
template <typename Object, size_t kCount>
Status ReadObject(const JsonNode& node, const Member<Object> (&parts)[kCount],
                  Object& out) {
  if (node.kind != Kind::kObject) return InvalidArgument("is not an object");
  std::array<bool, kCount> seen{};
  for (const JsonNode* each = node.first; each; each = each->next) {
    const auto part = std::find_if(
        std::begin(parts), std::end(parts),
        [each](const Member<Object>& one) { return one.key == each->key; });
    if (part == std::end(parts)) {
      return InvalidArgument("has a member that is not known here");
    }
    bool& was = seen[static_cast<size_t>(part - std::begin(parts))];
    if (was) return InvalidArgument("has a member twice");
    was = true;
    const Status read = part->read(*each, out);
    if (!read.ok()) {
      return InvalidArgument("member " + std::string(part->key) + " " +
                             std::string(read.message()));
    }
  }
  return OkStatus();
}

template <typename Object, size_t kCount>
Status ReadArray(const JsonNode& node, const Member<Object> (&parts)[kCount],
                 std::vector<Object>& out) {
  if (node.kind != Kind::kArray) return InvalidArgument("is not an array");
  for (const JsonNode* each = node.first; each; each = each->next) {
    KENAL_TRY(ReadObject(*each, parts, out.emplace_back()));
  }
  return OkStatus();
}

template <typename Object, typename Write>
void AppendArray(std::string_view key, const std::vector<Object>& objects,
                 ObjectWriter& record, std::string& out, const Write& write) {
  if (objects.empty()) return;
  record.Key(key);
  out += '[';
  for (const Object& each : objects) {
    if (&each != &objects.front()) out += ',';
    ObjectWriter object(out);
    write(each, object);
    object.End();
  }
  out += ']';
}

template <typename Object, std::string Object::*kMember>
constexpr Member<Object> TextPart(std::string_view key) {
  return {key, [](const JsonNode& node, Object& object) {
            return WantText(node, object.*kMember);
          }};
}

template <typename Object, bool Object::*kMember>
constexpr Member<Object> BoolPart(std::string_view key) {
  return {key, [](const JsonNode& node, Object& object) {
            return WantBool(node, object.*kMember);
          }};
}

template <typename Object, std::optional<int64_t> Object::*kMember>
constexpr Member<Object> TimePart(std::string_view key) {
  return {key, [](const JsonNode& node, Object& object) {
            return WantTime(node, object.*kMember);
          }};
}

constexpr Member<CarriedHash> kCarriedParts[] = {
    TextPart<CarriedHash, &CarriedHash::type>("type"),
    TextPart<CarriedHash, &CarriedHash::value>("value"),
    BoolPart<CarriedHash, &CarriedHash::quarantined>("quarantined")};
constexpr Member<Classification> kClassParts[] = {
    TextPart<Classification, &Classification::scheme>("scheme"),
    TextPart<Classification, &Classification::raw_value>("raw_value")};
constexpr Member<Flag> kFlagParts[] = {TextPart<Flag, &Flag::name>("name"),
                                       BoolPart<Flag, &Flag::value>("value")};
constexpr Member<FileName> kFileParts[] = {
    TextPart<FileName, &FileName::name>("name"),
    TextPart<FileName, &FileName::folder>("folder")};
constexpr Member<Opinion> kOpinionParts[] = {
    BoolPart<Opinion, &Opinion::affirms>("affirms"),
    TextPart<Opinion, &Opinion::member_id>("member_id"),
    TextPart<Opinion, &Opinion::member>("member"),
    TextPart<Opinion, &Opinion::signal>("signal"),
    TextPart<Opinion, &Opinion::reason_id>("reason_id"),
    TextPart<Opinion, &Opinion::reason>("reason"),
    TimePart<Opinion, &Opinion::at_unix_ms>("at")};

constexpr std::string_view kExtraKinds[] = {"text", "json", "xml", "absent"};

Status ReadExtraKind(const JsonNode& node, Extra& extra) {
  for (size_t i = 0; i < std::size(kExtraKinds); ++i) {
    if (!node.is_text() || node.text != kExtraKinds[i]) continue;
    extra.kind = static_cast<Extra::Kind>(i);
    return OkStatus();
  }
  return InvalidArgument("is not text, json, xml or absent");
}

constexpr Member<Extra> kExtraParts[] = {
    TextPart<Extra, &Extra::path>("path"),
    TextPart<Extra, &Extra::value>("value"),
    {"kind", ReadExtraKind}};

template <auto kMember, const auto& kParts>
constexpr Member<Record> ArrayPart(std::string_view key) {
  return {key, [](const JsonNode& node, Record& record) {
            return ReadArray(node, kParts, record.*kMember);
          }};
}

Status ReadContent(const JsonNode& node, Record& record) {
  std::string json;
  AppendJson(node, json);
  KENAL_TRY_ASSIGN(exchange::HashLine line, exchange::ParseHashLine(json));
  if (!line.path.empty()) return InvalidArgument("has a path");
  record.signals = std::move(line.signals);
  return OkStatus();
}

Status ReadTags(const JsonNode& node, Record& record) {
  if (node.kind != Kind::kArray) return InvalidArgument("is not an array");
  for (const JsonNode* each = node.first; each; each = each->next) {
    KENAL_TRY(WantText(*each, record.tags.emplace_back()));
  }
  return OkStatus();
}

Status ReadKind(const JsonNode& node, Record& record) {
  for (const MediaKind kind :
       {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio}) {
    if (!node.is_text() || node.text != MediaKindName(kind)) continue;
    record.kind = kind;
    return OkStatus();
  }
  return InvalidArgument("is not image, video or audio");
}

Status ReadState(const JsonNode& node, Record& record) {
  for (const EntryState state :
       {EntryState::kActive, EntryState::kDisputed, EntryState::kWithdrawn,
        EntryState::kQuarantined, EntryState::kRetracted}) {
    if (!node.is_text() || node.text != EntryStateName(state)) continue;
    record.state = state;
    return OkStatus();
  }
  return InvalidArgument("is no state of an entry");
}

Status ReadGroup(const JsonNode& node, Record& record) {
  return WantCount(node, record.group);
}

Status ReadSize(const JsonNode& node, Record& record) {
  return WantCount(node, record.size_bytes.emplace());
}

constexpr Member<Record> kRecordParts[] = {
    TextPart<Record, &Record::family>("family"),
    {"group", ReadGroup},
    TextPart<Record, &Record::source_id>("source_id"),
    TextPart<Record, &Record::file_id>("file_id"),
    {"kind", ReadKind},
    {"content", ReadContent},
    ArrayPart<&Record::carried, kCarriedParts>("carried"),
    ArrayPart<&Record::classifications, kClassParts>("classifications"),
    ArrayPart<&Record::flags, kFlagParts>("flags"),
    TextPart<Record, &Record::series>("series"),
    {"tags", ReadTags},
    TextPart<Record, &Record::comment>("comment"),
    TextPart<Record, &Record::mime_type>("mime_type"),
    {"size", ReadSize},
    ArrayPart<&Record::files, kFileParts>("files"),
    TextPart<Record, &Record::source>("source"),
    TextPart<Record, &Record::member_id>("member_id"),
    TextPart<Record, &Record::member>("member"),
    ArrayPart<&Record::opinions, kOpinionParts>("opinions"),
    TimePart<Record, &Record::updated_unix_ms>("updated"),
    TimePart<Record, &Record::expires_unix_ms>("expires"),
    {"state", ReadState},
    BoolPart<Record, &Record::deleted>("deleted"),
    ArrayPart<&Record::extra, kExtraParts>("extra"),
};

void AppendTime(std::string_view key, const std::optional<int64_t>& time,
                ObjectWriter& object) {
  if (time) object.Text(key, WriteTime(*time));
}

void AppendLists(const Record& record, ObjectWriter& object, std::string& out) {
  AppendArray("carried", record.carried, object, out,
              [](const CarriedHash& each, ObjectWriter& one) {
                one.Text("type", each.type);
                one.Text("value", each.value);
                one.True("quarantined", each.quarantined);
              });
  AppendArray("classifications", record.classifications, object, out,
              [](const Classification& each, ObjectWriter& one) {
                one.Text("scheme", each.scheme);
                one.Text("raw_value", each.raw_value);
              });
  AppendArray("flags", record.flags, object, out,
              [&out](const Flag& each, ObjectWriter& one) {
                one.Text("name", each.name);
                one.Key("value");
                out += each.value ? "true" : "false";
              });
  AppendArray("files", record.files, object, out,
              [](const FileName& each, ObjectWriter& one) {
                one.Text("name", each.name);
                one.Text("folder", each.folder);
              });
  AppendArray("opinions", record.opinions, object, out,
              [](const Opinion& each, ObjectWriter& one) {
                one.True("affirms", each.affirms);
                one.Text("member_id", each.member_id);
                one.Text("member", each.member);
                one.Text("signal", each.signal);
                one.Text("reason_id", each.reason_id);
                one.Text("reason", each.reason);
                AppendTime("at", each.at_unix_ms, one);
              });
  AppendArray("extra", record.extra, object, out,
              [](const Extra& each, ObjectWriter& one) {
                one.Text("path", each.path);
                one.Text("kind", kExtraKinds[static_cast<size_t>(each.kind)]);
                one.Text("value", each.value);
              });
}

}  // namespace

void AppendRecordJson(const Record& record, std::string& out) {
  ObjectWriter object(out);
  object.Text("family", record.family);
  if (record.group != 0) {
    object.Key("group");
    out += std::to_string(record.group);
  }
  object.Text("source_id", record.source_id);
  object.Text("file_id", record.file_id);
  if (record.kind != MediaKind::kUnknown) {
    object.Text("kind", MediaKindName(record.kind));
  }
  if (record.signals.HasSignal()) {
    object.Key("content");
    out += exchange::WriteHashLine({.signals = record.signals}, true);
  }
  object.Text("series", record.series);
  if (!record.tags.empty()) {
    object.Key("tags");
    for (const std::string& tag : record.tags) {
      out += &tag == &record.tags.front() ? '[' : ',';
      AppendJsonText(tag, out);
    }
    out += ']';
  }
  object.Text("comment", record.comment);
  object.Text("mime_type", record.mime_type);
  if (record.size_bytes) {
    object.Key("size");
    out += std::to_string(*record.size_bytes);
  }
  object.Text("source", record.source);
  object.Text("member_id", record.member_id);
  object.Text("member", record.member);
  AppendTime("updated", record.updated_unix_ms, object);
  AppendTime("expires", record.expires_unix_ms, object);
  if (record.state != EntryState::kActive) {
    object.Text("state", EntryStateName(record.state));
  }
  object.True("deleted", record.deleted);
  AppendLists(record, object, out);
  object.End();
}

Status ReadRecordDetails(const JsonNode& object, Record& record) {
  record = {};
  return ReadObject(object, kRecordParts, record);
}

Status ReadRecordJson(const JsonNode& object, Record& record) {
  KENAL_TRY(ReadRecordDetails(object, record));
  return CheckRecord(record);
}

}  // namespace kenal::formats
