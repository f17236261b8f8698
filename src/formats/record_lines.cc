#include "src/formats/record_lines.h"

#include <utility>

#include "src/formats/line_source.h"
#include "src/formats/ncmec_entry.h"
#include "src/formats/value_text.h"
#include "src/formats/xml_stream.h"

namespace kenal::formats {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kMark = "kenal_list";
constexpr std::string_view kVersion = "1";
// A record of the largest size, with every character escaped.
constexpr size_t kLineBytesMax = 8 << 20;
constexpr std::string_view kExtraKinds[] = {"text", "json", "xml", "absent"};

std::string_view TextOf(const JsonNode* node) {
  return node == nullptr ? std::string_view() : node->text;
}

// What writers put into their files as it is must be whole.
Status CheckExtra(const Extra& extra) {
  JsonTree tree;
  Status whole;
  if (extra.kind == Extra::Kind::kJson) whole = ParseJson(extra.value, tree);
  if (extra.kind == Extra::Kind::kXml) {
    whole = ParseXml(
        extra.value, kNcmecNamespace, [](const xmlNode*, void*) {}, nullptr);
  }
  if (whole.ok()) return whole;
  return InvalidArgument("has an extra field that " +
                         std::string(whole.message()));
}

class RecordLinesReader : public LineSource {
 public:
  using LineSource::LineSource;

  Status ReadHeader();

 protected:
  StatusOr<bool> ReadLine(std::string_view line, Item& item) override;

 private:
  Status ReadField(const JsonNode& node, Item& item);

  JsonTree tree_;
};

Status RecordLinesReader::ReadHeader() {
  KENAL_TRY_ASSIGN(const auto line, lines_->Next());
  const auto wrong = [this] {
    return Wrong("is not the first line of a list of Kenal");
  };
  if (!line || line->too_long || !ParseJson(line->text, tree_).ok()) {
    return wrong();
  }
  const JsonNode& root = tree_.root();
  const JsonNode* mark = FindMember(root, kMark);
  if (mark == nullptr) return wrong();
  if (mark->text != kVersion) {
    return FailedPrecondition(lines_->name() +
                              ", line 1: was written by a newer Kenal");
  }
  heading_.version = TextOf(FindMember(root, "version"));
  heading_.region = TextOf(FindMember(root, "region"));
  const JsonNode* groups = FindMember(root, "has_groups");
  heading_.has_groups = groups != nullptr && groups->kind == Kind::kTrue;
  if (const JsonNode* columns = FindMember(root, "columns")) {
    for (const JsonNode* each = columns->first; each; each = each->next) {
      heading_.columns.emplace_back(each->text);
    }
  }
  return OkStatus();
}

Status RecordLinesReader::ReadField(const JsonNode& node, Item& item) {
  const JsonNode* path = FindMember(node, "path");
  if (path == nullptr) return InvalidArgument("has a field without path");
  if (const JsonNode* group = FindMember(node, "group")) {
    const auto number = ReadCount(group->text);
    if (!number) return InvalidArgument("has a field of no group");
    item.field.group = *number;
  }
  item.field.extra = {std::string(path->text),
                      std::string(TextOf(FindMember(node, "value")))};
  const std::string_view kind = TextOf(FindMember(node, "kind"));
  for (size_t i = 0; i < std::size(kExtraKinds); ++i) {
    if (kind == kExtraKinds[i]) {
      item.field.extra.kind = static_cast<Extra::Kind>(i);
    }
  }
  return CheckExtra(item.field.extra);
}

StatusOr<bool> RecordLinesReader::ReadLine(std::string_view line, Item& item) {
  if (Trimmed(line).empty()) return false;
  KENAL_TRY(ParseJson(line, tree_));
  if (!tree_.is_utf8()) return InvalidArgument("is not UTF-8");
  const JsonNode& root = tree_.root();
  const JsonNode* only = root.first != nullptr && root.first->next == nullptr
                             ? root.first
                             : nullptr;
  if (root.kind == Kind::kObject && only != nullptr && only->key == "group") {
    const auto group = ReadCount(only->text);
    if (!group) return InvalidArgument("begins no group");
    item.kind = Item::Kind::kGroup;
    item.field.group = *group;
    return true;
  }
  if (root.kind == Kind::kObject && only != nullptr && only->key == "field") {
    KENAL_TRY(ReadField(*only, item));
    item.kind = Item::Kind::kField;
    return true;
  }
  KENAL_TRY(ReadRecordJson(root, item.record));
  for (const Extra& extra : item.record.extra) KENAL_TRY(CheckExtra(extra));
  return true;
}

class RecordLinesWriter : public Writer {
 public:
  RecordLinesWriter(std::unique_ptr<Output> output, const Heading& heading);

  Status Write(const Item& item) override;
  Status Finish() override { return output_->Finish(); }
  const WriteReport& report() const override { return report_; }

 private:
  void WriteField(const Field& field);

  std::unique_ptr<Output> output_;
  WriteReport report_;
};

RecordLinesWriter::RecordLinesWriter(std::unique_ptr<Output> output,
                                     const Heading& heading)
    : output_(std::move(output)) {
  std::string& out = output_->text();
  const auto text = [&out](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    out += ",\"" + std::string(key) + "\":";
    AppendJsonText(value, out);
  };
  out += "{\"" + std::string(kMark) + "\":" + std::string(kVersion);
  text("version", heading.version);
  text("region", heading.region);
  if (heading.has_groups) out += ",\"has_groups\":true";
  for (const std::string& column : heading.columns) {
    out += &column == &heading.columns.front() ? ",\"columns\":[" : ",";
    AppendJsonText(column, out);
  }
  out += heading.columns.empty() ? "}\n" : "]}\n";
}

void RecordLinesWriter::WriteField(const Field& field) {
  std::string& out = output_->text();
  out += "{\"field\":{\"group\":" + std::to_string(field.group) + ",\"path\":";
  AppendJsonText(field.extra.path, out);
  out += ",\"kind\":";
  AppendJsonText(kExtraKinds[static_cast<size_t>(field.extra.kind)], out);
  out += ",\"value\":";
  AppendJsonText(field.extra.value, out);
  out += "}}\n";
}

Status RecordLinesWriter::Write(const Item& item) {
  std::string& out = output_->text();
  switch (item.kind) {
    case Item::Kind::kRecord:
      AppendRecordJson(item.record, out);
      out += '\n';
      ++report_.written;
      break;
    case Item::Kind::kField:
      WriteField(item.field);
      break;
    case Item::Kind::kGroup:
      out += "{\"group\":" + std::to_string(item.field.group) + "}\n";
      break;
    case Item::Kind::kRefused:
      break;
  }
  return output_->Flush();
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenRecordLines(const std::string& path) {
  KENAL_TRY_ASSIGN(auto lines, exchange::LineReader::Open(path, kLineBytesMax));
  auto reader = std::make_unique<RecordLinesReader>(std::move(lines));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

StatusOr<std::unique_ptr<Writer>> MakeRecordLinesWriter(
    std::unique_ptr<Output> output, const Heading& heading) {
  return std::make_unique<RecordLinesWriter>(std::move(output), heading);
}

}  // namespace kenal::formats
