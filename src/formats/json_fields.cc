#include "src/formats/json_fields.h"

#include <vector>

namespace kenal::formats {
namespace {

size_t FieldOf(std::span<const JsonField> fields, std::string_view key) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (SameWord(fields[i].key, key)) return i;
  }
  return fields.size();
}

bool StillSays(const Extra& extra, const JsonField& field, const Record& record,
               const std::string& canonical) {
  JsonTree tree;
  Record said;
  std::string written;
  if (!ParseJson(extra.value, tree).ok()) return false;
  if (field.still_says != nullptr) {
    return field.still_says(tree.root(), record);
  }
  if (!field.read(tree.root(), said).ok()) return false;
  field.write(said, written);
  return written == canonical;
}

}  // namespace

StatusOr<std::string_view> JsonText(const JsonNode& node) {
  if (node.is_text() || node.kind == JsonNode::Kind::kNumber) return node.text;
  if (node.is_null()) return std::string_view();
  return InvalidArgument("is not text");
}

Status ReadJsonFields(const JsonNode& object, std::string_view family,
                      std::span<const JsonField> fields, Record& record) {
  if (object.kind != JsonNode::Kind::kObject) {
    return InvalidArgument("is not an object");
  }
  record = {};
  record.family = family;
  std::vector<const JsonNode*> members(fields.size());
  for (const JsonNode* each = object.first; each; each = each->next) {
    const size_t at = FieldOf(fields, each->key);
    if (at == fields.size()) {
      Extra& extra = record.extra.emplace_back();
      extra = {std::string(each->key), "", Extra::Kind::kJson};
      AppendJson(*each, extra.value);
      continue;
    }
    const std::string name = "field " + std::string(fields[at].key) + " ";
    if (members[at] != nullptr) return InvalidArgument(name + "is there twice");
    members[at] = each;
  }
  // In the order of the table: a value may need what its type says.
  for (size_t i = 0; i < fields.size(); ++i) {
    if (members[i] == nullptr) continue;
    const Status read = fields[i].read(*members[i], record);
    if (read.ok()) continue;
    return InvalidArgument("field " + std::string(fields[i].key) + " " +
                           std::string(read.message()));
  }
  std::string spelled;
  std::string canonical;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (members[i] == nullptr) continue;
    spelled.clear();
    canonical.clear();
    AppendJson(*members[i], spelled);
    fields[i].write(record, canonical);
    if (spelled == canonical && members[i]->key == fields[i].key) continue;
    record.extra.push_back(
        {std::string(members[i]->key), spelled, Extra::Kind::kJson});
  }
  return OkStatus();
}

void AppendJsonFields(const Record& record, std::string_view family,
                      std::span<const JsonField> fields, std::string& out) {
  std::vector<const Extra*> spellings(fields.size());
  std::vector<const Extra*> unknown;
  if (record.family == family) {
    for (const Extra& extra : record.extra) {
      if (extra.kind != Extra::Kind::kJson) continue;
      const size_t at = FieldOf(fields, extra.path);
      if (at == fields.size()) {
        unknown.push_back(&extra);
      } else {
        spellings[at] = &extra;
      }
    }
  }
  out += '{';
  const size_t begin = out.size();
  const auto member = [&](std::string_view key, std::string_view json) {
    if (out.size() > begin) out += ',';
    AppendJsonText(key, out);
    out += ':';
    out += json;
  };
  std::string canonical;
  for (size_t i = 0; i < fields.size(); ++i) {
    canonical.clear();
    fields[i].write(record, canonical);
    const Extra* spelling = spellings[i];
    if (spelling != nullptr &&
        StillSays(*spelling, fields[i], record, canonical)) {
      member(spelling->path, spelling->value);
    } else if (!canonical.empty()) {
      member(fields[i].key, canonical);
    }
  }
  for (const Extra* extra : unknown) member(extra->path, extra->value);
  out += '}';
}

}  // namespace kenal::formats
