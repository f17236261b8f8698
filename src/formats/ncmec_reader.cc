#include <deque>
#include <utility>

#include "src/formats/ncmec.h"
#include "src/formats/ncmec_entry.h"
#include "src/formats/value_text.h"
#include "src/formats/xml_stream.h"

namespace kenal::formats {
namespace {

bool IsSection(std::string_view name) {
  return name == "images" || name == "videos";
}

bool IsEntryOf(std::string_view section, std::string_view name) {
  if (section == "images") return name == "image" || name == "deletedImage";
  return name == "video" || name == "deletedVideo";
}

class NcmecReader : public Reader {
 public:
  explicit NcmecReader(std::unique_ptr<XmlStream> xml) : xml_(std::move(xml)) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    return xml_->source().consumed_bytes();
  }
  std::optional<uint64_t> size_bytes() const override {
    return xml_->source().size_bytes();
  }

  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  void TellAttributes(const std::string& path, const xmlNode* element);
  Status BeginChild();
  Status ReadEntry(Item& item);

  std::unique_ptr<XmlStream> xml_;
  Heading heading_{.version = "2"};
  std::string section_;
  std::deque<Field> fields_;  // read and not yet told
  uint64_t fields_line_ = 0;
  uint64_t record_ = 0;
};

Status NcmecReader::ReadHeader() {
  KENAL_TRY_ASSIGN(const bool any, xml_->Next());
  if (!any) return xml_->Wrong("holds nothing");
  const xmlNode* root = xml_->node();
  if (XmlName(root) != "queryResult" || XmlNamespace(root) != kNcmecNamespace) {
    return xml_->Wrong(
        "is not a queryResult of NCMEC's hash sharing, version 2");
  }
  TellAttributes("", root);
  return OkStatus();
}

void NcmecReader::TellAttributes(const std::string& path,
                                 const xmlNode* element) {
  fields_line_ = xml_->line();
  for (const xmlAttr* each = element->properties; each; each = each->next) {
    if (each->ns != nullptr) continue;
    const std::string name(reinterpret_cast<const char*>(each->name));
    fields_.push_back(
        {0, {path + "@" + name, XmlAttribute(element, name).value_or("")}});
  }
}

// A child of the root, which is where the stream is.
Status NcmecReader::BeginChild() {
  const std::string name(XmlName(xml_->node()));
  const bool ours = XmlNamespace(xml_->node()) == kNcmecNamespace;
  if (ours && IsSection(name)) {
    section_ = name;
    TellAttributes(name + "/", xml_->node());
    return OkStatus();
  }
  section_.clear();
  fields_line_ = xml_->line();
  KENAL_TRY_ASSIGN(const xmlNode* tree, xml_->Tree());
  const xmlNode* child = FirstElement(tree);
  if (ours && name == "paging" && child != nullptr &&
      XmlName(child) == "next" && NextElement(child) == nullptr) {
    fields_.push_back({0, {std::string(kNcmecNextPage), XmlText(child)}});
    return OkStatus();
  }
  Field field{0, {.path = name, .kind = Extra::Kind::kXml}};
  AppendXml(tree, kNcmecNamespace, field.extra.value);
  fields_.push_back(std::move(field));
  return OkStatus();
}

Status NcmecReader::ReadEntry(Item& item) {
  item.position = {.record = ++record_, .line = xml_->line()};
  const bool known = IsEntryOf(section_, XmlName(xml_->node())) &&
                     XmlNamespace(xml_->node()) == kNcmecNamespace;
  KENAL_TRY_ASSIGN(const xmlNode* tree, xml_->Tree());
  item.kind = Item::Kind::kRecord;
  const Status read = known ? ReadNcmecEntry(tree, item.record)
                            : InvalidArgument("is no entry that is known here");
  if (read.ok()) return OkStatus();
  item.kind = Item::Kind::kRefused;
  item.why = std::string(read.message());
  return OkStatus();
}

StatusOr<bool> NcmecReader::Next(Item& item) {
  item = {};
  while (fields_.empty()) {
    KENAL_TRY_ASSIGN(const bool more, xml_->Next());
    if (!more) return false;
    if (!xml_->at_begin()) continue;
    if (xml_->depth() == 1) {
      KENAL_TRY(BeginChild());
    } else if (xml_->depth() == 2 && !section_.empty()) {
      KENAL_TRY(ReadEntry(item));
      return true;
    }
  }
  item.kind = Item::Kind::kField;
  item.position.line = fields_line_;
  item.field = std::move(fields_.front());
  fields_.pop_front();
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenNcmec(const std::string& path) {
  KENAL_TRY_ASSIGN(auto xml, XmlStream::Open(path));
  auto reader = std::make_unique<NcmecReader>(std::move(xml));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

}  // namespace kenal::formats
