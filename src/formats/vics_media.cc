// One media of VICS to a record and back. A field is canonical when writing
// the record gives it again; every other one is kept as an extra.
#include <algorithm>
#include <array>

#include "src/exchange/text.h"
#include "src/formats/value_text.h"
#include "src/formats/vics.h"

namespace kenal::formats {
namespace {

using Kind = JsonNode::Kind;

// Hashes that a media tells in fields of their own, so that its
// AlternativeHashes need not.
struct ToldHashes {
  bool md5 = false;
  bool sha1 = false;
  bool sha256 = false;
  bool photodna = false;
};

struct MediaField {
  std::string_view key;
  Status (*read)(const JsonNode&, const VicsDialect&, Record&);
  // True when `said` (read from this field alone) is what `record` says.
  bool (*same)(const Record& said, const Record& record);
  // Appends the canonical JSON; false, and nothing, when there is no value.
  bool (*write)(const Record&, const VicsDialect&, const ToldHashes&,
                std::string& out);
};

// Null and absent are the same: not known.
StatusOr<std::string_view> TextOf(const JsonNode& node) {
  if (node.is_text() || node.kind == Kind::kNumber) return node.text;
  if (node.is_null()) return std::string_view();
  return InvalidArgument("is not text");
}

template <std::string Record::*kMember>
constexpr MediaField TextField(std::string_view key) {
  return {key,
          [](const JsonNode& node, const VicsDialect&, Record& record) {
            KENAL_TRY_ASSIGN(record.*kMember, TextOf(node));
            return OkStatus();
          },
          [](const Record& said, const Record& record) {
            return said.*kMember == record.*kMember;
          },
          [](const Record& record, const VicsDialect&, const ToldHashes&,
             std::string& out) {
            if ((record.*kMember).empty()) return false;
            AppendJsonText(record.*kMember, out);
            return true;
          }};
}

struct FlagName {
  std::string_view key;
  std::string_view flag;
};
constexpr FlagName kVictim{"VictimIdentified", "victim_identified"};
constexpr FlagName kOffender{"OffenderIdentified", "offender_identified"};
constexpr FlagName kDistributed{"IsDistributed", "distributed"};
constexpr FlagName kSuspected{"IsSuspected", "suspected"};
constexpr FlagName kSelfGenerated{"SelfGenerated", "self_generated"};
constexpr FlagName kPrecategorized{"IsPrecategorized", "precategorized"};

template <const FlagName& kName>
constexpr MediaField FlagField() {
  return {kName.key,
          [](const JsonNode& node, const VicsDialect&, Record& record) {
            std::optional<bool> value;
            if (node.kind == Kind::kTrue) value = true;
            if (node.kind == Kind::kFalse) value = false;
            if (node.is_text()) value = ReadFlag(node.text);
            if (value) SetFlag(kName.flag, *value, record);
            return OkStatus();
          },
          [](const Record& said, const Record& record) {
            return FlagOf(said, kName.flag) == FlagOf(record, kName.flag);
          },
          [](const Record& record, const VicsDialect&, const ToldHashes&,
             std::string& out) {
            const auto value = FlagOf(record, kName.flag);
            if (value) out += *value ? "true" : "false";
            return value.has_value();
          }};
}

bool AppendHex(const Record& record, SignalType type, std::string& out) {
  const std::string hex = UpperHashHex(record, type);
  if (!hex.empty()) out += '"' + hex + '"';
  return !hex.empty();
}

template <typename HashType, std::optional<HashType> SignalSet::*kMember>
constexpr MediaField HashField(std::string_view key, bool canonical) {
  constexpr auto kRead = [](const JsonNode& node, const VicsDialect&,
                            Record& record) -> Status {
    KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
    return AddHash(SignalTypeName(HashType::kType), text, record);
  };
  constexpr auto kSame = [](const Record& said, const Record& record) {
    return said.signals.*kMember == record.signals.*kMember;
  };
  if (!canonical) {
    return {key, kRead, kSame,
            [](const Record&, const VicsDialect&, const ToldHashes&,
               std::string&) { return false; }};
  }
  return {
      key, kRead, kSame,
      [](const Record& record, const VicsDialect&, const ToldHashes&,
         std::string& out) { return AppendHex(record, HashType::kType, out); }};
}

Status ReadId(const JsonNode& node, const VicsDialect&, Record& record) {
  KENAL_TRY_ASSIGN(record.file_id, TextOf(node));
  return OkStatus();
}

bool IsNumber(std::string_view text) {
  const auto value = ReadCount(text);
  return value && std::to_string(*value) == text;
}

bool WriteId(const Record& record, const VicsDialect&, const ToldHashes&,
             std::string& out) {
  if (record.file_id.empty()) return false;
  if (IsNumber(record.file_id)) {
    out += record.file_id;
  } else {
    AppendJsonText(record.file_id, out);
  }
  return true;
}

Status ReadSize(const JsonNode& node, const VicsDialect&, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
  record.size_bytes = ReadCount(text);  // what is no number stays an extra
  return OkStatus();
}

bool WriteSize(const Record& record, const VicsDialect&, const ToldHashes&,
               std::string& out) {
  if (record.size_bytes) out += std::to_string(*record.size_bytes);
  return record.size_bytes.has_value();
}

Status ReadCategory(const JsonNode& node, const VicsDialect& dialect,
                    Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
  if (text.empty()) return OkStatus();
  record.classifications.push_back({dialect.scheme(), std::string(text)});
  return OkStatus();
}

bool IsVicsScheme(std::string_view scheme) {
  return scheme == kVicsFamily || scheme.starts_with("vics-");
}

// A number means something else in each region, so it moves only where one
// side names none.
const Classification* CategoryOf(const Record& record,
                                 const VicsDialect& dialect) {
  const std::string scheme = dialect.scheme();
  for (const Classification& each : record.classifications) {
    const bool moves = each.scheme == kVicsFamily || scheme == kVicsFamily;
    if (each.scheme == scheme || (moves && IsVicsScheme(each.scheme))) {
      return &each;
    }
  }
  return nullptr;
}

bool WriteCategory(const Record& record, const VicsDialect& dialect,
                   const ToldHashes&, std::string& out) {
  const Classification* category = CategoryOf(record, dialect);
  if (category == nullptr) return false;
  if (IsNumber(category->raw_value)) {
    out += category->raw_value;
  } else {
    AppendJsonText(category->raw_value, out);
  }
  return true;
}

bool SameCategory(const Record& said, const Record& record) {
  if (said.classifications.empty()) {
    return std::none_of(
        record.classifications.begin(), record.classifications.end(),
        [](const Classification& each) { return IsVicsScheme(each.scheme); });
  }
  return std::any_of(
      record.classifications.begin(), record.classifications.end(),
      [&said](const Classification& each) {
        return IsVicsScheme(each.scheme) &&
               each.raw_value == said.classifications.front().raw_value;
      });
}

Status ReadTags(const JsonNode& node, const VicsDialect&, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
  record.tags = SplitTags(text);
  return OkStatus();
}

bool WriteTags(const Record& record, const VicsDialect&, const ToldHashes&,
               std::string& out) {
  if (record.tags.empty()) return false;
  AppendJsonText(JoinTags(record.tags), out);
  return true;
}

Status ReadUpdated(const JsonNode& node, const VicsDialect&, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
  record.updated_unix_ms = ReadTime(text);
  return OkStatus();
}

bool WriteUpdated(const Record& record, const VicsDialect&, const ToldHashes&,
                  std::string& out) {
  if (!record.updated_unix_ms) return false;
  AppendJsonText(WriteTime(*record.updated_unix_ms), out);
  return true;
}

Status ReadPhotoDna(const JsonNode& node, const VicsDialect&, Record& record) {
  KENAL_TRY_ASSIGN(const std::string_view text, TextOf(node));
  return AddHash(kPhotoDna, text, record);
}

bool WritePhotoDna(const Record& record, const VicsDialect& dialect,
                   const ToldHashes&, std::string& out) {
  const CarriedHash* hash = CarriedOf(record, kPhotoDna);
  if (!dialect.odata_4 || hash == nullptr) return false;
  AppendJsonText(hash->value, out);
  return true;
}

bool SamePhotoDna(const Record& said, const Record& record) {
  return said.carried.empty() ||
         std::find(record.carried.begin(), record.carried.end(),
                   said.carried.front()) != record.carried.end();
}

Status ReadAlternatives(const JsonNode& node, const VicsDialect&,
                        Record& record) {
  if (node.is_null()) return OkStatus();
  if (node.kind != Kind::kArray) return InvalidArgument("is not an array");
  for (const JsonNode* each = node.first; each; each = each->next) {
    const JsonNode* name = FindMember(*each, "HashName");
    const JsonNode* value = FindMember(*each, "HashValue");
    if (name == nullptr || value == nullptr) continue;
    KENAL_TRY_ASSIGN(const std::string_view type, TextOf(*name));
    KENAL_TRY_ASSIGN(const std::string_view text, TextOf(*value));
    KENAL_TRY(AddHash(type, text, record));
  }
  return OkStatus();
}

bool Within(const Record& said, const Record& record) {
  const SignalSet& some = said.signals;
  const SignalSet& all = record.signals;
  const PdqView* pdq = PdqOf(said);
  return (!some.md5 || some.md5 == all.md5) &&
         (!some.sha1 || some.sha1 == all.sha1) &&
         (!some.sha256 || some.sha256 == all.sha256) &&
         (pdq == nullptr ||
          (PdqOf(record) != nullptr && PdqOf(record)->hash == pdq->hash)) &&
         std::all_of(said.carried.begin(), said.carried.end(),
                     [&record](const CarriedHash& each) {
                       return std::find(record.carried.begin(),
                                        record.carried.end(),
                                        each) != record.carried.end();
                     });
}

bool WriteAlternatives(const Record& record, const VicsDialect&,
                       const ToldHashes& told, std::string& out) {
  const std::string md5 = UpperHashHex(record, SignalType::kMd5);
  bool any = false;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += any ? ",{" : "[{";
    any = true;
    if (!md5.empty()) out += "\"MD5\":\"" + md5 + "\",";
    out += "\"HashName\":";
    AppendJsonText(name, out);
    out += ",\"HashValue\":";
    AppendJsonText(value, out);
    out += '}';
  };
  if (!told.md5) add("MD5", md5);
  if (!told.sha1) add("SHA1", UpperHashHex(record, SignalType::kSha1));
  if (!told.sha256) add("SHA256", UpperHashHex(record, SignalType::kSha256));
  add("PDQ", UpperHashHex(record, SignalType::kPdq));
  for (const CarriedHash& hash : record.carried) {
    const bool photodna = hash.type == kPhotoDna;
    if (photodna && told.photodna) continue;
    add(photodna ? "PhotoDNA" : hash.type, hash.value);
  }
  if (any) out += ']';
  return any;
}

Status ReadFiles(const JsonNode& node, const VicsDialect&, Record& record) {
  if (node.is_null()) return OkStatus();
  if (node.kind != Kind::kArray) return InvalidArgument("is not an array");
  for (const JsonNode* each = node.first; each; each = each->next) {
    FileName file;
    if (const JsonNode* name = FindMember(*each, "FileName")) {
      KENAL_TRY_ASSIGN(file.name, TextOf(*name));
    }
    if (const JsonNode* folder = FindMember(*each, "FilePath")) {
      KENAL_TRY_ASSIGN(file.folder, TextOf(*folder));
    }
    record.files.push_back(std::move(file));
  }
  return OkStatus();
}

bool WriteFiles(const Record& record, const VicsDialect&, const ToldHashes&,
                std::string& out) {
  const std::string md5 = UpperHashHex(record, SignalType::kMd5);
  bool any = false;
  for (const FileName& file : record.files) {
    out += any ? ",{" : "[{";
    any = true;
    if (!md5.empty()) out += "\"MD5\":\"" + md5 + "\",";
    out += "\"FileName\":";
    AppendJsonText(file.name, out);
    out += ",\"FilePath\":";
    AppendJsonText(file.folder, out);
    out += '}';
  }
  if (any) out += ']';
  return any;
}

template <auto kMember>
bool SameMember(const Record& said, const Record& record) {
  return said.*kMember == record.*kMember;
}

// AlternativeHashes comes after the fields that tell hashes.
constexpr MediaField kFields[] = {
    {"MediaID", ReadId, SameMember<&Record::file_id>, WriteId},
    {"Category", ReadCategory, SameCategory, WriteCategory},
    HashField<Md5, &SignalSet::md5>("MD5", true),
    HashField<Sha1, &SignalSet::sha1>("SHA1", true),
    HashField<Sha256, &SignalSet::sha256>("SHA256", false),
    {"MediaSize", ReadSize, SameMember<&Record::size_bytes>, WriteSize},
    TextField<&Record::mime_type>("MimeType"),
    FlagField<kVictim>(),
    FlagField<kOffender>(),
    FlagField<kDistributed>(),
    FlagField<kSuspected>(),
    FlagField<kSelfGenerated>(),
    FlagField<kPrecategorized>(),
    TextField<&Record::source>("PrecategorizationSource"),
    TextField<&Record::series>("Series"),
    {"Tags", ReadTags, SameMember<&Record::tags>, WriteTags},
    TextField<&Record::comment>("Comments"),
    {"DateUpdated", ReadUpdated, SameMember<&Record::updated_unix_ms>,
     WriteUpdated},
    {"PhotoDNA", ReadPhotoDna, SamePhotoDna, WritePhotoDna},
    {"AlternativeHashes", ReadAlternatives, Within, WriteAlternatives},
    {"MediaFiles", ReadFiles, SameMember<&Record::files>, WriteFiles},
};
constexpr size_t kFieldCount = std::size(kFields);
constexpr size_t kAlternatives = kFieldCount - 2;
static_assert(kFields[kAlternatives].key == "AlternativeHashes");

// Index in kFields, or kFieldCount. Files mostly keep one order of fields, so
// the search begins after the field that was met last.
size_t FieldOf(std::string_view key, size_t after) {
  for (size_t i = 0; i < kFieldCount; ++i) {
    const size_t at = (after + i) % kFieldCount;
    if (SameWord(kFields[at].key, key)) return at;
  }
  return kFieldCount;
}

void Tell(std::string_view key, ToldHashes& told) {
  if (key == "MD5") told.md5 = true;
  if (key == "SHA1") told.sha1 = true;
  if (key == "SHA256") told.sha256 = true;
  if (key == "PhotoDNA") told.photodna = true;
}

// Keeps each field that writing the record would not give again.
void KeepSpellings(const std::array<const JsonNode*, kFieldCount>& members,
                   const VicsDialect& dialect, Record& record) {
  static thread_local std::string spelled;
  static thread_local std::string canonical;
  ToldHashes told;
  for (size_t i = 0; i < kFieldCount; ++i) {
    canonical.clear();
    const bool written = kFields[i].write(record, dialect, told, canonical);
    if (members[i] == nullptr) {
      if (!written) continue;
      record.extra.push_back(
          {std::string(kFields[i].key), "", Extra::Kind::kAbsent});
      continue;
    }
    Tell(kFields[i].key, told);
    spelled.clear();
    AppendJson(*members[i], spelled);
    if (written && spelled == canonical && members[i]->key == kFields[i].key) {
      continue;
    }
    record.extra.push_back(
        {std::string(members[i]->key), spelled, Extra::Kind::kJson});
  }
}

// True when a spelling still says what the record says.
bool StillSays(const Extra& extra, const MediaField& field,
               const VicsDialect& dialect, const Record& record) {
  static thread_local JsonTree tree;
  if (!ParseJson(extra.value, tree).ok()) return false;
  Record said;
  if (!field.read(tree.root(), dialect, said).ok()) return false;
  // A category that may not move does not do so in its spelling either.
  const bool stays =
      !said.classifications.empty() && CategoryOf(record, dialect) == nullptr;
  return !stays && field.same(said, record);
}

class MediaWriter {
 public:
  MediaWriter(const Record& record, const VicsDialect& dialect,
              std::string& out)
      : record_(record), dialect_(dialect), out_(out) {
    if (record.family != kVicsFamily) return;
    for (const Extra& extra : record.extra) {
      if (extra.kind == Extra::Kind::kXml) continue;
      const size_t at = FieldOf(extra.path, 0);
      if (at == kFieldCount) {
        unknown_.push_back(&extra);
      } else {
        spellings_[at] = &extra;
      }
    }
  }

  void Write(uint64_t number) {
    out_ += '{';
    const size_t begin = out_.size();
    for (size_t i = 0; i < kFieldCount; ++i) WriteField(i, number, begin);
    for (const Extra* extra : unknown_) {
      if (extra->kind != Extra::Kind::kJson) continue;
      Key(extra->path, begin);
      out_ += extra->value;
    }
    out_ += '}';
  }

 private:
  void Key(std::string_view key, size_t begin) {
    if (out_.size() > begin) out_ += ',';
    AppendJsonText(key, out_);
    out_ += ':';
  }

  // A hash may be missing in its own field only where AlternativeHashes, as
  // it was spelled, tells it.
  bool StaysAbsent() const {
    const Extra* alternatives = spellings_[kAlternatives];
    return alternatives != nullptr &&
           alternatives->kind == Extra::Kind::kJson &&
           StillSays(*alternatives, kFields[kAlternatives], dialect_, record_);
  }

  void WriteField(size_t at, uint64_t number, size_t begin) {
    const MediaField& field = kFields[at];
    const Extra* spelling = spellings_[at];
    if (spelling != nullptr && spelling->kind == Extra::Kind::kJson &&
        StillSays(*spelling, field, dialect_, record_)) {
      Key(spelling->path, begin);
      out_ += spelling->value;
      Tell(field.key, told_);
      return;
    }
    if (spelling != nullptr && spelling->kind == Extra::Kind::kAbsent &&
        StaysAbsent()) {
      return;
    }
    const size_t undo = out_.size();
    Key(field.key, begin);
    if (field.write(record_, dialect_, told_, out_)) {
      Tell(field.key, told_);
      return;
    }
    out_.resize(undo);
    if (field.key == "MediaID" && record_.family != kVicsFamily) {
      Key(field.key, begin);
      out_ += std::to_string(number);
    }
  }

  const Record& record_;
  const VicsDialect& dialect_;
  std::string& out_;
  ToldHashes told_;
  std::array<const Extra*, kFieldCount> spellings_{};
  std::vector<const Extra*> unknown_;
};

}  // namespace

Status ReadVicsMedia(const JsonNode& media, const VicsDialect& dialect,
                     Record& record) {
  if (media.kind != Kind::kObject) return InvalidArgument("is not an object");
  record = {};
  record.family = kVicsFamily;
  std::array<const JsonNode*, kFieldCount> members{};
  size_t last = 0;
  for (const JsonNode* each = media.first; each; each = each->next) {
    const size_t at = FieldOf(each->key, last);
    if (at == kFieldCount) {
      std::string json;
      AppendJson(*each, json);
      record.extra.push_back(
          {std::string(each->key), std::move(json), Extra::Kind::kJson});
      continue;
    }
    last = at + 1;
    const std::string field = "field " + std::string(kFields[at].key) + " ";
    if (members[at] != nullptr)
      return InvalidArgument(field + "is there twice");
    members[at] = each;
    const Status read = kFields[at].read(*each, dialect, record);
    if (!read.ok()) return InvalidArgument(field + std::string(read.message()));
  }
  record.kind = KindOfMime(record.mime_type);
  KENAL_TRY(CheckRecord(record));
  KeepSpellings(members, dialect, record);
  return OkStatus();
}

void AppendVicsMedia(const Record& record, const VicsDialect& dialect,
                     uint64_t number, std::string& out) {
  const bool supplied = record.family != kVicsFamily &&
                        CategoryOf(record, dialect) != nullptr &&
                        !FlagOf(record, kPrecategorized.flag);
  if (!supplied) return MediaWriter(record, dialect, out).Write(number);
  Record marked = record;
  SetFlag(kPrecategorized.flag, true, marked);
  MediaWriter(marked, dialect, out).Write(number);
}

Parts VicsParts(const Record& record, const VicsDialect& dialect) {
  Parts parts = Part::kFileId | Part::kMd5 | Part::kSha1 | Part::kSha256 |
                Part::kPdq | Part::kCarried | Part::kSeries | Part::kTags |
                Part::kComment | Part::kMimeType | Part::kSize | Part::kFiles |
                Part::kSource | Part::kUpdated;
  const auto told = [](const Flag& flag) {
    constexpr std::string_view kTold[] = {
        kVictim.flag,    kOffender.flag,      kDistributed.flag,
        kSuspected.flag, kSelfGenerated.flag, kPrecategorized.flag};
    return std::find(std::begin(kTold), std::end(kTold), flag.name) !=
           std::end(kTold);
  };
  if (std::all_of(record.flags.begin(), record.flags.end(), told)) {
    parts = parts | Part::kFlags;
  }
  if (record.classifications.size() == 1 && CategoryOf(record, dialect)) {
    parts = parts | Part::kClassification;
  }
  if (KindOfMime(record.mime_type) == record.kind) parts = parts | Part::kKind;
  if (record.family == kVicsFamily) parts = parts | Part::kExtra;
  return parts;
}

}  // namespace kenal::formats
