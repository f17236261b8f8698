#include <algorithm>
#include <utility>

#include "src/formats/exchange_pages.h"
#include "src/formats/json_fields.h"
#include "src/formats/page_reader.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kFamily = "threatexchange";
constexpr std::string_view kStatusScheme = "threatexchange-status";

struct TypeName {
  std::string_view name;
  std::string_view type;  // as AddHash takes it
  MediaKind kind = MediaKind::kUnknown;
};
constexpr TypeName kTypes[] = {
    {"HASH_PDQ", "pdq", MediaKind::kImage},
    {"HASH_VIDEO_MD5", "md5", MediaKind::kVideo},
    {"HASH_MD5", "md5"},
    {"HASH_SHA1", "sha1"},
    {"HASH_SHA256", "sha256"},
};

template <std::string Record::*kMember>
constexpr JsonField TextField(std::string_view key) {
  return {key,
          [](const JsonNode& node, Record& record) -> Status {
            KENAL_TRY_ASSIGN(record.*kMember, JsonText(node));
            return OkStatus();
          },
          [](const Record& record, std::string& out) {
            if (!(record.*kMember).empty()) {
              AppendJsonText(record.*kMember, out);
            }
          }};
}

std::optional<int64_t> SecondsOf(std::string_view text) {
  constexpr uint64_t kSecondsMax = 253'402'300'799;  // the year 9999
  const auto seconds = ReadCount(text);
  if (!seconds || *seconds > kSecondsMax) return std::nullopt;
  return static_cast<int64_t>(*seconds) * 1000;
}

// A text, or a number of seconds since 1970, as updates have it.
StatusOr<std::optional<int64_t>> TimeOf(const JsonNode& node) {
  KENAL_TRY_ASSIGN(const std::string_view text, JsonText(node));
  return node.kind == Kind::kNumber ? SecondsOf(text) : ReadTime(text);
}

template <std::optional<int64_t> Record::*kMember>
constexpr JsonField TimeField(std::string_view key) {
  return {key,
          [](const JsonNode& node, Record& record) -> Status {
            KENAL_TRY_ASSIGN(record.*kMember, TimeOf(node));
            return OkStatus();
          },
          [](const Record& record, std::string& out) {
            if (record.*kMember) {
              AppendJsonText(WriteTime(*(record.*kMember)), out);
            }
          }};
}

std::string_view TypeOf(const Record& record) {
  if (!record.carried.empty()) return record.carried.front().type;
  for (const TypeName& each : kTypes) {
    const bool kind = each.kind == MediaKind::kUnknown ||
                      each.kind == record.kind || each.type == "pdq";
    if (kind && !HashHex(record, *SignalTypeOf(each.type)).empty()) {
      return each.name;
    }
  }
  return {};
}

// Until its value is read, a type waits as a carried hash without one.
Status ReadType(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view type, JsonText(node));
  if (!type.empty()) record.carried.push_back({std::string(type), ""});
  return OkStatus();
}

void WriteType(const Record& record, std::string& out) {
  const std::string_view type = TypeOf(record);
  if (!type.empty()) AppendJsonText(type, out);
}

bool IsType(const JsonNode& node, const Record& record) {
  return node.is_text() && SameWord(node.text, TypeOf(record));
}

// An indicator may be an object that says it in a field of the same name.
StatusOr<std::string_view> IndicatorText(const JsonNode& node) {
  const JsonNode* inner = FindMember(node, "indicator");
  return JsonText(inner == nullptr ? node : *inner);
}

Status ReadIndicator(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, IndicatorText(node));
  if (text.empty()) return OkStatus();
  if (record.signals.HasSignal()) return OkStatus();  // the other one told it
  if (record.carried.empty()) return InvalidArgument("has no type beside it");
  for (const TypeName& each : kTypes) {
    if (!SameWord(each.name, record.carried.front().type)) continue;
    record.carried.clear();
    record.kind = each.kind;
    return AddHash(each.type, text, record);
  }
  record.carried.front().value = text;
  return OkStatus();
}

std::string IndicatorOf(const Record& record) {
  if (!record.carried.empty()) return record.carried.front().value;
  for (const SignalType type : {SignalType::kPdq, SignalType::kMd5,
                                SignalType::kSha1, SignalType::kSha256}) {
    std::string hex = HashHex(record, type);
    if (!hex.empty()) return hex;
  }
  return "";
}

void WriteIndicator(const Record& record, std::string& out) {
  const std::string text = IndicatorOf(record);
  if (!text.empty()) AppendJsonText(text, out);
}

void WriteNothing(const Record&, std::string&) {}

bool IsIndicator(const JsonNode& node, const Record& record) {
  const StatusOr<std::string_view> text = IndicatorText(node);
  return text.ok() && SameWord(Trimmed(*text), IndicatorOf(record));
}

Status ReadOwner(const JsonNode& node, Record& record) {
  if (const JsonNode* id = FindMember(node, "id")) {
    KENAL_TRY_ASSIGN(record.member_id, JsonText(*id));
  }
  if (const JsonNode* name = FindMember(node, "name")) {
    KENAL_TRY_ASSIGN(record.member, JsonText(*name));
  }
  return OkStatus();
}

void WriteOwner(const Record& record, std::string& out) {
  if (record.member_id.empty() && record.member.empty()) return;
  out += "{\"id\":";
  AppendJsonText(record.member_id, out);
  out += ",\"name\":";
  AppendJsonText(record.member, out);
  out += '}';
}

// An array of texts, or {"data":[{"text":...}]}.
Status ReadTags(const JsonNode& node, Record& record) {
  const JsonNode* data = FindMember(node, "data");
  for (const JsonNode* each = (data == nullptr ? node : *data).first; each;
       each = each->next) {
    const JsonNode* text = FindMember(*each, "text");
    KENAL_TRY_ASSIGN(const std::string_view tag,
                     JsonText(text == nullptr ? *each : *text));
    if (!tag.empty()) record.tags.emplace_back(tag);
  }
  return OkStatus();
}

void WriteTags(const Record& record, std::string& out) {
  for (const std::string& tag : record.tags) {
    out += &tag == &record.tags.front() ? '[' : ',';
    AppendJsonText(tag, out);
  }
  if (!record.tags.empty()) out += ']';
}

Status ReadStatus(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, JsonText(node));
  if (text.empty()) return OkStatus();
  record.classifications.push_back(
      {std::string(kStatusScheme), std::string(text)});
  return OkStatus();
}

void WriteStatus(const Record& record, std::string& out) {
  for (const Classification& each : record.classifications) {
    if (each.scheme == kStatusScheme) {
      return AppendJsonText(each.raw_value, out);
    }
  }
}

Status ReadDeleted(const JsonNode& node, Record& record) {
  record.deleted = node.kind == Kind::kTrue ||
                   (node.is_text() && ReadFlag(node.text).value_or(false));
  return OkStatus();
}

void WriteDeleted(const Record& record, std::string& out) {
  if (record.deleted) out += "true";
}

constexpr JsonField kFields[] = {
    TextField<&Record::source_id>("id"),
    {"type", ReadType, WriteType, IsType},
    {"indicator", ReadIndicator, WriteIndicator, IsIndicator},
    {"raw_indicator", ReadIndicator, WriteNothing, IsIndicator},
    {"owner", ReadOwner, WriteOwner},
    {"tags", ReadTags, WriteTags},
    {"status", ReadStatus, WriteStatus},
    TextField<&Record::comment>("description"),
    TimeField<&Record::updated_unix_ms>("last_updated"),
    TimeField<&Record::expires_unix_ms>("expired_on"),
    {"should_delete", ReadDeleted, WriteDeleted},
};

Status ReadDescriptor(const JsonNode& node, Record& record) {
  KENAL_TRY(ReadJsonFields(node, kFamily, kFields, record));
  std::erase_if(record.carried,
                [](const CarriedHash& hash) { return hash.value.empty(); });
  return CheckRecord(record);
}

class DescriptorWriter : public Writer {
 public:
  explicit DescriptorWriter(std::unique_ptr<Output> output)
      : output_(std::move(output)) {
    output_->text() += "{\"data\":[";
  }

  Status Write(const Item& item) override;
  Status Finish() override;
  const WriteReport& report() const override { return report_; }

 private:
  void WriteOne(const Record& record);
  void KeepField(const Field& field);

  std::unique_ptr<Output> output_;
  std::vector<Extra> fields_;
  size_t field_bytes_ = 0;
  uint64_t descriptors_ = 0;
  WriteReport report_;
};

void DescriptorWriter::WriteOne(const Record& record) {
  if (descriptors_++ > 0) output_->text() += ",\n";
  AppendJsonFields(record, kFamily, kFields, output_->text());
}

// One page is written of however many: of their fields the last stands.
void DescriptorWriter::KeepField(const Field& field) {
  constexpr size_t kFieldsMax = 1024;
  constexpr size_t kFieldBytesMax = 8 << 20;
  const Extra& extra = field.extra;
  field_bytes_ += extra.path.size() + extra.value.size();
  if (extra.kind != Extra::Kind::kJson || field.group != 0 ||
      SameWord(extra.path, "data") || fields_.size() == kFieldsMax ||
      field_bytes_ > kFieldBytesMax) {
    ++report_.fields_left_out["fields of the list"];
    return;
  }
  for (Extra& there : fields_) {
    if (there.path == extra.path) {
      there = extra;
      return;
    }
  }
  fields_.push_back(extra);
}

Status DescriptorWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kField) KeepField(item.field);
  if (item.kind != Item::Kind::kRecord) return OkStatus();
  const Record& record = item.record;
  // One descriptor says one hash.
  std::vector<Record> each;
  Record alone = record;
  alone.signals = {};
  alone.carried.clear();
  const auto add = [&]() -> Record& { return each.emplace_back(alone); };
  if (record.signals.md5) add().signals.md5 = record.signals.md5;
  if (record.signals.sha1) add().signals.sha1 = record.signals.sha1;
  if (record.signals.sha256) add().signals.sha256 = record.signals.sha256;
  if (PdqOf(record) != nullptr) {
    add().signals.pdq = {{.hash = PdqOf(record)->hash}};
  }
  for (const CarriedHash& hash : record.carried) add().carried = {hash};
  if (each.empty()) add();
  for (const Record& one : each) WriteOne(one);
  ++report_.written;
  Parts told = Part::kSourceId | Part::kMd5 | Part::kSha1 | Part::kSha256 |
               Part::kPdq | Part::kCarried | Part::kComment | Part::kTags |
               Part::kMember | Part::kUpdated | Part::kExpires | Part::kDeleted;
  std::string status;
  WriteStatus(record, status);
  if (!status.empty() && record.classifications.size() == 1) {
    told = told | Part::kClassification;
  }
  if (record.family == kFamily) told = told | Part::kExtra | Part::kKind;
  CountLeftOut(record, told, report_);
  return output_->Flush();
}

Status DescriptorWriter::Finish() {
  std::string& out = output_->text();
  out += ']';
  for (const Extra& extra : fields_) {
    out += ',';
    AppendJsonText(extra.path, out);
    out += ':' + extra.value;
  }
  out += "}\n";
  return output_->Finish();
}

constexpr std::string_view kStopNciiFamily = "stopncii";

Status ReadStopNciiType(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view type, JsonText(node));
  if (SameWord(type, "ImagePDQ")) {
    record.kind = MediaKind::kImage;
    record.carried.push_back({"HASH_PDQ", ""});
  } else if (SameWord(type, "VideoMD5")) {
    record.kind = MediaKind::kVideo;
    record.carried.push_back({"HASH_VIDEO_MD5", ""});
  } else if (!type.empty()) {
    record.carried.push_back({std::string(type), ""});
  }
  return OkStatus();
}

Status ReadStopNciiStatus(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view status, JsonText(node));
  record.deleted = SameWord(status, "Withdrawn") || SameWord(status, "Deleted");
  return OkStatus();
}

Status ReadModified(const JsonNode& node, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, JsonText(node));
  record.updated_unix_ms = SecondsOf(text);
  return OkStatus();
}

// Nothing is written in this form, so every field stays an extra.
constexpr JsonField kStopNciiFields[] = {
    {"signalType", ReadStopNciiType, WriteNothing},
    {"hashValue", ReadIndicator, WriteNothing},
    {"hashStatus", ReadStopNciiStatus, WriteNothing},
    {"lastModtimestamp", ReadModified, WriteNothing},
};

Status ReadStopNciiRecord(const JsonNode& node, Record& record) {
  KENAL_TRY(ReadJsonFields(node, kStopNciiFamily, kStopNciiFields, record));
  std::erase_if(record.carried,
                [](const CarriedHash& hash) { return hash.value.empty(); });
  return CheckRecord(record);
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenThreatExchange(
    std::unique_ptr<Input> input) {
  auto reader = std::make_unique<PageReader>(
      std::move(input), PageShape{.array = "data", .read = ReadDescriptor});
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

StatusOr<std::unique_ptr<Reader>> OpenThreatExchangePages(
    std::unique_ptr<Input> input) {
  auto reader = std::make_unique<PageReader>(
      std::move(input),
      PageShape{.array = "data", .pages_only = true, .read = ReadDescriptor});
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

StatusOr<std::unique_ptr<Writer>> MakeThreatExchangeWriter(
    std::unique_ptr<Output> output) {
  return std::make_unique<DescriptorWriter>(std::move(output));
}

StatusOr<std::unique_ptr<Reader>> OpenStopNcii(std::unique_ptr<Input> input) {
  auto reader = std::make_unique<PageReader>(
      std::move(input), PageShape{.array = "hashRecords",
                                  .pages_only = true,
                                  .read = ReadStopNciiRecord});
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

}  // namespace kenal::formats
