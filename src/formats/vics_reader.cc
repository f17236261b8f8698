#include <utility>

#include "src/formats/json_stream.h"
#include "src/formats/vics.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kModels = "ProjectVic/DataModels/";
constexpr std::string_view kModelEnd = ".xml";
constexpr std::string_view kMetadata = "/$metadata";
// Fields before the one that declares the version are kept until it is known.
constexpr size_t kEarlyFieldsMax = 256;
constexpr size_t kEarlyBytesMax = 8 << 20;

bool IsDeclaringKey(std::string_view key) {
  return SameWord(key, "odata.metadata") || SameWord(key, "@odata.context");
}

class VicsReader : public Reader {
 public:
  explicit VicsReader(std::unique_ptr<Input> input)
      : input_(std::move(input)), json_(*input_) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    return input_->source().consumed_bytes();
  }
  std::optional<uint64_t> size_bytes() const override {
    return input_->source().size_bytes();
  }

  // Up to the array of cases or media.
  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  enum class Place { kRoot, kValues, kCase, kMedia, kEnd };

  Status Declare(const JsonNode& value);
  StatusOr<bool> StepRoot(Item& item);
  StatusOr<bool> StepValues(Item& item);
  StatusOr<bool> StepCase(Item& item);
  StatusOr<bool> StepMedia(Item& item);
  Status ReadMedia(Item& item);
  Status ReadField(uint64_t group, Item& item);
  void Refuse(std::string why, Item& item) {
    item.kind = Item::Kind::kRefused;
    item.why = std::move(why);
  }

  std::unique_ptr<Input> input_;
  JsonStream json_;
  JsonTree tree_;
  std::string key_;
  std::vector<Field> early_;
  size_t early_told_ = 0;
  bool declared_ = false;
  VicsDialect dialect_;
  Heading heading_;
  Place place_ = Place::kRoot;
  uint64_t record_ = 0;
  uint64_t group_ = 0;
  bool media_met_ = false;
};

Status VicsReader::Declare(const JsonNode& value) {
  if (declared_) return json_.Wrong("declares its version twice");
  StatusOr<VicsDialect> dialect = ParseVicsDeclaration(value.text);
  if (!dialect.ok())
    return json_.Wrong(std::string(dialect.status().message()));
  if (SameWord(key_, dialect->declaring_key())) {
    dialect_ = *std::move(dialect);
    heading_ = {.version = dialect_.version,
                .region = dialect_.region,
                .has_groups = dialect_.cases};
    declared_ = true;
    return OkStatus();
  }
  return json_.Wrong("declares version " + dialect->version +
                     " in a field of another version");
}

Status VicsReader::ReadHeader() {
  KENAL_TRY(json_.Open('{'));
  size_t bytes = 0;
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, json_.More('}'));
    if (!more) return json_.Wrong("has no field value with cases or media");
    KENAL_TRY(json_.ReadKey(key_));
    if (SameWord(key_, "value")) break;
    KENAL_TRY(json_.Read(tree_));
    if (IsDeclaringKey(key_)) {
      KENAL_TRY(Declare(tree_.root()));
      continue;
    }
    std::string json;
    AppendJson(tree_.root(), json);
    bytes += key_.size() + json.size();
    if (tree_.too_large() || early_.size() == kEarlyFieldsMax ||
        bytes > kEarlyBytesMax) {
      return json_.Wrong("has too much before the field value");
    }
    early_.push_back({0, {key_, std::move(json), Extra::Kind::kJson}});
  }
  if (!declared_) {
    return json_.Wrong(
        "has no odata.metadata or @odata.context before its field value, so it "
        "is not known to be a VICS file");
  }
  KENAL_TRY(json_.Open('['));
  place_ = Place::kValues;
  return OkStatus();
}

StatusOr<bool> VicsReader::Next(Item& item) {
  item = {};
  if (early_told_ < early_.size()) {
    item.kind = Item::Kind::kField;
    item.field = std::move(early_[early_told_++]);
    return true;
  }
  // A step that comes to the end of its level yields nothing.
  while (place_ != Place::kEnd) {
    StatusOr<bool> told = false;
    switch (place_) {
      case Place::kRoot:
        told = StepRoot(item);
        break;
      case Place::kValues:
        told = StepValues(item);
        break;
      case Place::kCase:
        told = StepCase(item);
        break;
      default:
        told = StepMedia(item);
    }
    if (!told.ok() || *told) return told;
  }
  return false;
}

Status VicsReader::ReadField(uint64_t group, Item& item) {
  item.position.byte = json_.offset();
  KENAL_TRY(json_.Read(tree_));
  if (tree_.too_large() || !tree_.is_utf8()) {
    Refuse("field of the list or case: is too large or not UTF-8", item);
    return OkStatus();
  }
  item.kind = Item::Kind::kField;
  item.field = {group, {key_, "", Extra::Kind::kJson}};
  AppendJson(tree_.root(), item.field.extra.value);
  return OkStatus();
}

StatusOr<bool> VicsReader::StepRoot(Item& item) {
  KENAL_TRY_ASSIGN(const bool more, json_.More('}'));
  if (!more) {
    KENAL_TRY(json_.Close());
    place_ = Place::kEnd;
    return false;
  }
  KENAL_TRY(json_.ReadKey(key_));
  if (IsDeclaringKey(key_) || SameWord(key_, "value")) {
    return json_.Wrong("has a second field of its header");
  }
  KENAL_TRY(ReadField(0, item));
  return true;
}

StatusOr<bool> VicsReader::StepValues(Item& item) {
  KENAL_TRY_ASSIGN(const bool more, json_.More(']'));
  if (!more) {
    place_ = Place::kRoot;
    return false;
  }
  if (!dialect_.cases) {
    KENAL_TRY(ReadMedia(item));
    return true;
  }
  item.position.byte = json_.offset();
  if (json_.Peek() != '{') {
    KENAL_TRY(json_.Read(tree_));
    Refuse("is not a case", item);
    return true;
  }
  KENAL_TRY(json_.Open('{'));
  item.kind = Item::Kind::kGroup;
  item.field.group = ++group_;
  media_met_ = false;
  place_ = Place::kCase;
  return true;
}

StatusOr<bool> VicsReader::StepCase(Item& item) {
  KENAL_TRY_ASSIGN(const bool more, json_.More('}'));
  if (!more) {
    place_ = Place::kValues;
    return false;
  }
  KENAL_TRY(json_.ReadKey(key_));
  if (!SameWord(key_, "Media") || json_.Peek() != '[') {
    KENAL_TRY(ReadField(group_, item));
    return true;
  }
  if (media_met_) return json_.Wrong("has Media twice in one case");
  media_met_ = true;
  KENAL_TRY(json_.Open('['));
  place_ = Place::kMedia;
  return false;
}

StatusOr<bool> VicsReader::StepMedia(Item& item) {
  KENAL_TRY_ASSIGN(const bool more, json_.More(']'));
  if (!more) {
    place_ = Place::kCase;
    return false;
  }
  KENAL_TRY(ReadMedia(item));
  return true;
}

Status VicsReader::ReadMedia(Item& item) {
  json_.Peek();
  item.position = {.record = ++record_, .byte = json_.offset()};
  KENAL_TRY(json_.Read(tree_));
  if (tree_.too_large()) {
    Refuse("is larger than a record may be", item);
    return OkStatus();
  }
  if (!tree_.is_utf8()) {
    Refuse("holds text that is not UTF-8", item);
    return OkStatus();
  }
  const Status read = ReadVicsMedia(tree_.root(), dialect_, item.record);
  item.record.group = group_;
  if (!read.ok()) Refuse(std::string(read.message()), item);
  return OkStatus();
}

}  // namespace

std::string VicsDialect::declaration() const {
  const std::string what = cases ? "#Cases" : "#Media";
  if (!odata_4) {
    return "http://github.com/ICMEC/ProjectVic/DataModels/" + version + ".xml" +
           what;
  }
  return "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/" + version +
         ".xml/" + region + "/$metadata" + what;
}

std::string VicsDialect::scheme() const {
  std::string scheme(kVicsFamily);
  if (region.empty()) return scheme;
  scheme += '-';
  for (const char c : region) {
    scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return scheme;
}

StatusOr<VicsDialect> VicsDialectOf(const Heading& heading) {
  VicsDialect dialect{.version = heading.version,
                      .region = heading.region,
                      .cases = heading.has_groups};
  if (dialect.version.empty()) dialect.version = "2.0";
  constexpr std::string_view kVersions[] = {"1.1", "1.2", "1.3", "2.0"};
  bool known = false;
  for (const std::string_view each : kVersions) {
    known = known || each == dialect.version;
  }
  if (!known) {
    return InvalidArgument(
        "VICS has no version of that name here; use 1.1, 1.2, 1.3 or 2.0");
  }
  dialect.odata_4 = dialect.version == "2.0";
  if (!dialect.odata_4) dialect.region.clear();
  if (dialect.odata_4 && dialect.region.empty()) dialect.region = "CUSTOM";
  constexpr size_t kRegionSizeMax = 32;
  for (const char c : dialect.region) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain || dialect.region.size() > kRegionSizeMax) {
      return InvalidArgument(
          "the region of a VICS file is a short word of letters, digits, - "
          "and _, such as US, UK or CUSTOM");
    }
  }
  return dialect;
}

StatusOr<VicsDialect> ParseVicsDeclaration(std::string_view text) {
  const auto wrong = [] {
    return InvalidArgument(
        "declares no VICS version that is read here (1.1, 1.2, 1.3 or 2.0, "
        "with #Cases or #Media)");
  };
  const size_t begin = text.find(kModels);
  if (begin == text.npos) return wrong();
  std::string_view rest = text.substr(begin + kModels.size());
  const size_t end = rest.find(kModelEnd);
  const size_t hash = rest.find('#');
  if (end == rest.npos || hash == rest.npos || hash < end) return wrong();
  Heading heading{.version = std::string(rest.substr(0, end))};
  const std::string_view what = rest.substr(hash);
  heading.has_groups = what == "#Cases";
  if (!heading.has_groups && what != "#Media") return wrong();
  rest = rest.substr(end + kModelEnd.size(), hash - end - kModelEnd.size());
  if (rest.ends_with(kMetadata)) rest.remove_suffix(kMetadata.size());
  if (rest.starts_with('/')) heading.region = rest.substr(1);
  const StatusOr<VicsDialect> dialect = VicsDialectOf(heading);
  return dialect.ok() ? dialect : wrong();
}

StatusOr<std::unique_ptr<Reader>> OpenVics(std::unique_ptr<Input> input) {
  auto reader = std::make_unique<VicsReader>(std::move(input));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

}  // namespace kenal::formats
