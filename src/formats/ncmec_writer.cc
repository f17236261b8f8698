#include <algorithm>
#include <array>
#include <utility>

#include "src/formats/ncmec.h"
#include "src/formats/ncmec_entry.h"
#include "src/formats/output.h"
#include "src/formats/value_text.h"
#include "src/formats/xml_stream.h"

namespace kenal::formats {
namespace {

// Entries of one kind. They wait in a file without a name, because the count
// of them comes first.
struct Section {
  std::string name;
  std::unique_ptr<Spool> entries;
  uint64_t count = 0;
  std::optional<int64_t> latest_unix_ms;
  std::vector<Extra> attributes;
};

class NcmecWriter : public Writer {
 public:
  NcmecWriter(std::unique_ptr<Output> output, std::unique_ptr<Spool> images,
              std::unique_ptr<Spool> videos, MediaKind unknown_kind)
      : output_(std::move(output)), unknown_kind_(unknown_kind) {
    sections_[0] = {.name = "images", .entries = std::move(images)};
    sections_[1] = {.name = "videos", .entries = std::move(videos)};
  }

  Status Write(const Item& item) override;
  Status Finish() override;
  const WriteReport& report() const override { return report_; }

 private:
  Status WriteRecord(const Record& record);
  void WriteField(const Field& field);
  void LeaveOut(std::string_view why) {
    ++report_.records_left_out[std::string(why)];
  }
  Status FinishSection(Section& section);

  std::unique_ptr<Output> output_;
  MediaKind unknown_kind_;
  std::array<Section, 2> sections_;
  std::vector<Extra> root_attributes_;
  std::vector<Extra> children_;
  size_t kept_bytes_ = 0;
  WriteReport report_;
};

Status NcmecWriter::WriteRecord(const Record& record) {
  const MediaKind kind =
      record.kind == MediaKind::kUnknown ? unknown_kind_ : record.kind;
  if (kind != MediaKind::kImage && kind != MediaKind::kVideo) {
    LeaveOut("is not known to be of an image or a video");
    return OkStatus();
  }
  if (record.source_id.empty()) {
    LeaveOut("has no id of its source");
    return OkStatus();
  }
  Section& section = sections_[kind == MediaKind::kImage ? 0 : 1];
  if (kind == record.kind) {
    AppendNcmecEntry(record, section.entries->text());
  } else {
    Record told = record;
    told.kind = kind;
    AppendNcmecEntry(told, section.entries->text());
  }
  section.entries->text() += '\n';
  ++section.count;
  if (record.updated_unix_ms) {
    section.latest_unix_ms =
        std::max(section.latest_unix_ms.value_or(*record.updated_unix_ms),
                 *record.updated_unix_ms);
  }
  ++report_.written;
  CountLeftOut(record, NcmecParts(record), report_);
  return section.entries->Flush();
}

void NcmecWriter::WriteField(const Field& field) {
  constexpr size_t kKeptBytesMax = 8 << 20;
  const Extra& extra = field.extra;
  kept_bytes_ += extra.path.size() + extra.value.size();
  const size_t at = extra.path.find('@');
  const bool named =
      at == extra.path.npos || IsXmlName(extra.path.substr(at + 1));
  if (field.group != 0 || kept_bytes_ > kKeptBytesMax || !named ||
      extra.kind == Extra::Kind::kJson) {
    ++report_.fields_left_out["fields of the list"];
    return;
  }
  for (Section& section : sections_) {
    if (!extra.path.starts_with(section.name + "/@")) continue;
    section.attributes.push_back(
        {extra.path.substr(section.name.size() + 2), extra.value});
    return;
  }
  if (extra.path.starts_with('@')) {
    root_attributes_.push_back({extra.path.substr(1), extra.value});
  } else if (extra.kind == Extra::Kind::kXml || extra.path == kNcmecNextPage) {
    children_.push_back(extra);
  } else {
    ++report_.fields_left_out["fields of the list"];
  }
}

Status NcmecWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kRecord) return WriteRecord(item.record);
  if (item.kind == Item::Kind::kField) WriteField(item.field);
  return OkStatus();
}

void AppendAttribute(std::string_view name, std::string_view value,
                     std::string& out) {
  out += ' ';
  out += name;
  out += "=\"";
  AppendXmlText(value, out);
  out += '"';
}

Status NcmecWriter::FinishSection(Section& section) {
  std::string& out = output_->text();
  out += '<' + section.name;
  AppendAttribute("count", std::to_string(section.count), out);
  bool timed = false;
  for (const Extra& each : section.attributes) {
    if (each.path == "count") continue;
    timed = timed || each.path == "maxTimestamp";
    AppendAttribute(each.path, each.value, out);
  }
  if (!timed && section.latest_unix_ms) {
    AppendAttribute("maxTimestamp", WriteTime(*section.latest_unix_ms), out);
  }
  out += ">\n";
  KENAL_TRY(section.entries->MoveTo(*output_));
  output_->text() += "</" + section.name + ">\n";
  return OkStatus();
}

Status NcmecWriter::Finish() {
  std::string& out = output_->text();
  out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<queryResult";
  AppendAttribute("xmlns", kNcmecNamespace, out);
  for (const Extra& each : root_attributes_) {
    AppendAttribute(each.path, each.value, out);
  }
  out += ">\n";
  for (Section& section : sections_) KENAL_TRY(FinishSection(section));
  for (const Extra& each : children_) {
    if (each.kind == Extra::Kind::kXml) {
      output_->text() += each.value + "\n";
      continue;
    }
    output_->text() += "<paging><next>";
    AppendXmlText(each.value, output_->text());
    output_->text() += "</next></paging>\n";
  }
  output_->text() += "</queryResult>\n";
  return output_->Finish();
}

bool IsGuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                     (c >= 'A' && c <= 'F');
    if (kForm[i] == '-' ? c != '-' : !hex) return false;
  }
  return true;
}

// The service's word for a type of fingerprint.
std::string TypeCode(std::string_view signal) {
  std::string code = Upper(std::string(signal));
  std::replace(code.begin(), code.end(), '-', '_');
  if (code == "PHOTODNA") return "PDNA";
  constexpr std::string_view kCodes[] = {
      "MD5",        "SHA1",     "PDNA",      "PDQ",
      "NETCLEAN",   "TMK_PDQF", "SSVH_PDNA", "SSVH_SAFER_HASH",
      "VIDENTIFIER"};
  return std::find(std::begin(kCodes), std::end(kCodes), code) ==
                 std::end(kCodes)
             ? ""
             : code;
}

// As part of a URL's path.
std::string Escaped(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                       (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace

StatusOr<NcmecFeedback> MakeNcmecFeedback(const Record& record,
                                          const Opinion& opinion) {
  if (record.member_id.empty() || record.source_id.empty()) {
    return InvalidArgument("feedback needs the member and the id of an entry");
  }
  const std::string type = TypeCode(opinion.signal);
  if (type.empty()) {
    return InvalidArgument(
        "feedback is on a type of fingerprint: MD5, SHA1, PDNA, PDQ, NETCLEAN, "
        "VIDENTIFIER, TMK_PDQF, SSVH_PDNA or SSVH_SAFER_HASH");
  }
  if (!opinion.affirms && !IsGuid(opinion.reason_id)) {
    return InvalidArgument(
        "negative feedback needs the GUID of a reason that the service gave");
  }
  NcmecFeedback feedback;
  feedback.path = "/v2/entries/" + Escaped(record.member_id) + "/" +
                  Escaped(record.source_id) + "/" + type + "/feedback";
  feedback.body = "<feedbackSubmission";
  AppendAttribute("xmlns", kNcmecNamespace, feedback.body);
  feedback.body +=
      opinion.affirms
          ? "><affirmative/></feedbackSubmission>"
          : "><negative><reasonIds><guid>" + opinion.reason_id +
                "</guid></reasonIds></negative></feedbackSubmission>";
  return feedback;
}

StatusOr<std::unique_ptr<Writer>> OpenNcmecWriter(const std::string& path,
                                                  bool overwrite,
                                                  MediaKind unknown_kind) {
  KENAL_TRY_ASSIGN(auto output, Output::Open(path, overwrite));
  KENAL_TRY_ASSIGN(auto images, Spool::Make(path));
  KENAL_TRY_ASSIGN(auto videos, Spool::Make(path));
  return std::make_unique<NcmecWriter>(std::move(output), std::move(images),
                                       std::move(videos), unknown_kind);
}

}  // namespace kenal::formats
