// As in vics_media.cc, each child of an entry is canonical when writing the
// record gives it again, and else an extra.
#include "src/formats/ncmec_entry.h"

#include <algorithm>
#include <array>

#include "src/formats/ncmec.h"
#include "src/formats/value_text.h"
#include "src/formats/xml_stream.h"

namespace kenal::formats {
namespace {

struct EntryField {
  std::string_view name;
  Status (*read)(const xmlNode*, Record&);
  bool (*same)(const Record& said, const Record& record);
  bool (*write)(const Record&, std::string& out);
};

void AppendAttribute(std::string_view name, std::string_view value,
                     std::string& out) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "=\"";
  AppendXmlText(value, out);
  out += '"';
}

void AppendLeaf(std::string_view name, std::string_view text,
                std::string& out) {
  out += '<';
  out += name;
  out += '>';
  AppendXmlText(text, out);
  out += "</";
  out += name;
  out += '>';
}

void AppendMember(std::string_view id, std::string_view name,
                  std::string& out) {
  out += "<member";
  AppendAttribute("id", id, out);
  if (name.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  AppendXmlText(name, out);
  out += "</member>";
}

Status ReadMember(const xmlNode* node, Record& record) {
  record.member_id = XmlAttribute(node, "id").value_or("");
  record.member = XmlText(node);
  return OkStatus();
}

bool SameMember(const Record& said, const Record& record) {
  return said.member_id == record.member_id && said.member == record.member;
}

bool WriteMember(const Record& record, std::string& out) {
  if (record.member.empty() && record.member_id.empty()) return false;
  AppendMember(record.member_id, record.member, out);
  return true;
}

Status ReadTimestamp(const xmlNode* node, Record& record) {
  record.updated_unix_ms = ReadTime(XmlText(node));
  return OkStatus();
}

bool SameTimestamp(const Record& said, const Record& record) {
  return said.updated_unix_ms == record.updated_unix_ms;
}

bool WriteTimestamp(const Record& record, std::string& out) {
  if (!record.updated_unix_ms) return false;
  AppendLeaf("timestamp", WriteTime(*record.updated_unix_ms), out);
  return true;
}

Status ReadId(const xmlNode* node, Record& record) {
  record.source_id = XmlText(node);
  return OkStatus();
}

bool SameId(const Record& said, const Record& record) {
  return said.source_id == record.source_id;
}

bool WriteId(const Record& record, std::string& out) {
  AppendLeaf("id", record.source_id, out);
  return true;
}

const Classification* ClassOf(const Record& record) {
  for (const Classification& each : record.classifications) {
    if (each.scheme == kNcmecScheme) return &each;
  }
  return nullptr;
}

Status ReadClass(const xmlNode* node, Record& record) {
  std::string value = XmlText(node);
  if (value.empty()) return OkStatus();
  record.classifications.push_back(
      {std::string(kNcmecScheme), std::move(value)});
  return OkStatus();
}

bool SameClass(const Record& said, const Record& record) {
  const Classification* a = ClassOf(said);
  const Classification* b = ClassOf(record);
  return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}

bool WriteClass(const Record& record, std::string& out) {
  const Classification* value = ClassOf(record);
  if (value != nullptr) AppendLeaf("classification", value->raw_value, out);
  return value != nullptr;
}

Status ReadFingerprints(const xmlNode* node, Record& record) {
  for (const xmlNode* each = FirstElement(node); each;
       each = NextElement(each)) {
    KENAL_TRY(AddHash(XmlName(each), XmlText(each), record));
  }
  return OkStatus();
}

bool SameFingerprints(const Record& said, const Record& record) {
  return said.signals == record.signals && said.carried == record.carried;
}

bool WriteFingerprints(const Record& record, std::string& out) {
  const size_t begin = out.size();
  out += "<fingerprints>";
  const size_t none = out.size();
  for (const SignalType type : {SignalType::kMd5, SignalType::kSha1,
                                SignalType::kSha256, SignalType::kPdq}) {
    const std::string hex = HashHex(record, type);
    if (!hex.empty()) AppendLeaf(SignalTypeName(type), hex, out);
  }
  for (const CarriedHash& hash : record.carried) {
    const std::string_view name =
        hash.type == kPhotoDna ? std::string_view("pdna") : hash.type;
    if (IsXmlName(name)) AppendLeaf(name, hash.value, out);
  }
  if (out.size() == none) {
    out.resize(begin);
    return false;
  }
  out += "</fingerprints>";
  return true;
}

// The members of one vote, each with what they say alike.
void ReadVoters(const xmlNode* members, const Opinion& alike, Record& record) {
  Opinion opinion = alike;
  if (const auto time = XmlAttribute(members, "timestamp")) {
    opinion.at_unix_ms = ReadTime(*time);
  }
  for (const xmlNode* each = FirstElement(members); each;
       each = NextElement(each)) {
    opinion.member_id = XmlAttribute(each, "id").value_or("");
    opinion.member = XmlText(each);
    record.opinions.push_back(opinion);
  }
}

void ReadVotes(const xmlNode* node, Opinion& opinion, Record& record) {
  for (const xmlNode* each = FirstElement(node); each;
       each = NextElement(each)) {
    const std::string_view name = XmlName(each);
    if (name == "members") ReadVoters(each, opinion, record);
    if (name == "reason") {
      opinion.reason_id = XmlAttribute(each, "guid").value_or("");
      opinion.reason = XmlAttribute(each, "name").value_or("");
    }
    if (name == "reasons") ReadVotes(each, opinion, record);
  }
}

Status ReadFeedback(const xmlNode* node, Record& record) {
  for (const xmlNode* each = FirstElement(node); each;
       each = NextElement(each)) {
    const std::string_view name = XmlName(each);
    if (name != "affirmativeFeedback" && name != "negativeFeedback") continue;
    Opinion opinion{.affirms = name == "affirmativeFeedback",
                    .signal = XmlAttribute(each, "type").value_or("")};
    ReadVotes(each, opinion, record);
  }
  return OkStatus();
}

bool SameFeedback(const Record& said, const Record& record) {
  return said.opinions == record.opinions;
}

void AppendVoters(const Opinion& opinion, std::string& out) {
  out += "<members";
  if (opinion.at_unix_ms) {
    AppendAttribute("timestamp", WriteTime(*opinion.at_unix_ms), out);
  }
  out += '>';
  AppendMember(opinion.member_id, opinion.member, out);
  out += "</members>";
}

bool WriteFeedback(const Record& record, std::string& out) {
  if (record.opinions.empty()) return false;
  out += "<feedback>";
  for (const Opinion& opinion : record.opinions) {
    const std::string_view name =
        opinion.affirms ? "affirmativeFeedback" : "negativeFeedback";
    out += '<';
    out += name;
    AppendAttribute("type", opinion.signal, out);
    out += '>';
    if (!opinion.affirms) {
      out += "<reasons><reason";
      AppendAttribute("guid", opinion.reason_id, out);
      AppendAttribute("name", opinion.reason, out);
      out += "/>";
    }
    AppendVoters(opinion, out);
    if (!opinion.affirms) out += "</reasons>";
    out += "</";
    out += name;
    out += '>';
  }
  out += "</feedback>";
  return true;
}

constexpr EntryField kFields[] = {
    {"member", ReadMember, SameMember, WriteMember},
    {"timestamp", ReadTimestamp, SameTimestamp, WriteTimestamp},
    {"id", ReadId, SameId, WriteId},
    {"classification", ReadClass, SameClass, WriteClass},
    {"fingerprints", ReadFingerprints, SameFingerprints, WriteFingerprints},
    {"feedback", ReadFeedback, SameFeedback, WriteFeedback},
};
constexpr size_t kFieldCount = std::size(kFields);

size_t FieldOf(std::string_view name) {
  for (size_t i = 0; i < kFieldCount; ++i) {
    if (kFields[i].name == name) return i;
  }
  return kFieldCount;
}

bool IsOurs(const xmlNode* node) {
  return XmlNamespace(node) == kNcmecNamespace;
}

void Keep(const xmlNode* node, Record& record) {
  Extra extra{.path = std::string(XmlName(node)), .kind = Extra::Kind::kXml};
  AppendXml(node, kNcmecNamespace, extra.value);
  record.extra.push_back(std::move(extra));
}

void KeepAttributes(const xmlNode* element, Record& record) {
  for (const xmlAttr* each = element->properties; each; each = each->next) {
    const std::string name(reinterpret_cast<const char*>(each->name));
    if (each->ns != nullptr) continue;
    record.extra.push_back(
        {"@" + name, XmlAttribute(element, name).value_or("")});
  }
}

struct Question {
  const EntryField& field;
  const Record& record;
  bool holds = false;
};

bool StillSays(const Extra& extra, const EntryField& field,
               const Record& record) {
  Question question{field, record};
  const Status parsed = ParseXml(
      extra.value, kNcmecNamespace,
      [](const xmlNode* node, void* context) {
        auto* asked = static_cast<Question*>(context);
        Record said;
        asked->holds = asked->field.read(node, said).ok() &&
                       asked->field.same(said, asked->record);
      },
      &question);
  return parsed.ok() && question.holds;
}

}  // namespace

Status ReadNcmecEntry(const xmlNode* element, Record& record) {
  record = {};
  record.family = kNcmecFamily;
  const std::string_view name = XmlName(element);
  record.deleted = name.starts_with("deleted");
  record.kind = name == "image" || name == "deletedImage" ? MediaKind::kImage
                                                          : MediaKind::kVideo;
  std::array<const xmlNode*, kFieldCount> children{};
  for (const xmlNode* each = FirstElement(element); each;
       each = NextElement(each)) {
    const size_t at = IsOurs(each) ? FieldOf(XmlName(each)) : kFieldCount;
    if (at == kFieldCount) {
      Keep(each, record);
      continue;
    }
    const std::string field = "field " + std::string(kFields[at].name) + " ";
    if (children[at] != nullptr) {
      return InvalidArgument(field + "is there twice");
    }
    children[at] = each;
    const Status read = kFields[at].read(each, record);
    if (!read.ok()) return InvalidArgument(field + std::string(read.message()));
  }
  if (record.source_id.empty()) return InvalidArgument("field id is missing");
  KENAL_TRY(CheckRecord(record));
  KeepAttributes(element, record);
  static thread_local std::string spelled;
  static thread_local std::string canonical;
  for (size_t i = 0; i < kFieldCount; ++i) {
    if (children[i] == nullptr) continue;
    spelled.clear();
    canonical.clear();
    AppendXml(children[i], kNcmecNamespace, spelled);
    kFields[i].write(record, canonical);
    if (spelled != canonical) Keep(children[i], record);
  }
  return OkStatus();
}

void AppendNcmecEntry(const Record& record, std::string& out) {
  const bool image = record.kind == MediaKind::kImage;
  const std::string_view name = record.deleted
                                    ? (image ? "deletedImage" : "deletedVideo")
                                    : (image ? "image" : "video");
  const bool ours = record.family == kNcmecFamily;
  std::array<const Extra*, kFieldCount> spellings{};
  std::vector<const Extra*> unknown;
  out += '<';
  out += name;
  for (const Extra& extra : record.extra) {
    if (!ours) break;
    const size_t at = FieldOf(extra.path);
    if (extra.path.starts_with('@') && IsXmlName(extra.path.substr(1))) {
      AppendAttribute(extra.path.substr(1), extra.value, out);
    } else if (extra.kind == Extra::Kind::kXml && at < kFieldCount) {
      spellings[at] = &extra;
    } else if (extra.kind == Extra::Kind::kXml) {
      unknown.push_back(&extra);
    }
  }
  out += '>';
  for (size_t i = 0; i < kFieldCount; ++i) {
    if (spellings[i] != nullptr &&
        StillSays(*spellings[i], kFields[i], record)) {
      out += spellings[i]->value;
    } else {
      kFields[i].write(record, out);
    }
  }
  for (const Extra* extra : unknown) out += extra->value;
  out += "</";
  out += name;
  out += '>';
}

Parts NcmecParts(const Record& record) {
  Parts parts = Part::kSourceId | Part::kKind | Part::kMd5 | Part::kSha1 |
                Part::kSha256 | Part::kPdq | Part::kMember | Part::kOpinions |
                Part::kUpdated | Part::kDeleted;
  if (record.classifications.size() == 1 && ClassOf(record) != nullptr) {
    parts = parts | Part::kClassification;
  }
  if (std::all_of(
          record.carried.begin(), record.carried.end(),
          [](const CarriedHash& hash) { return IsXmlName(hash.type); })) {
    parts = parts | Part::kCarried;
  }
  if (record.family == kNcmecFamily) parts = parts | Part::kExtra;
  return parts;
}

}  // namespace kenal::formats
