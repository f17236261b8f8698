#include <utility>

#include "src/exchange/text.h"
#include "src/formats/json_stream.h"
#include "src/formats/json_tree.h"
#include "src/formats/table.h"
#include "src/formats/table_rows.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kAllColumns[] = {
    "source_id", "file_id",   "kind",        "md5",           "sha1",
    "sha256",    "pdq",       "pdq_quality", "hash:photodna", "classifications",
    "flags",     "series",    "tags",        "comment",       "mime_type",
    "size",      "file_name", "file_folder", "source",        "member_id",
    "member",    "updated",   "expires",     "deleted"};

class TableWriter : public Writer {
 public:
  TableWriter(std::unique_ptr<Output> output, TableMapping mapping)
      : output_(std::move(output)), mapping_(std::move(mapping)) {}

  void WriteHeader(const std::vector<std::string>& columns);
  Status Write(const Item& item) override;
  Status Finish() override { return output_->Finish(); }
  const WriteReport& report() const override { return report_; }

 private:
  struct Cell {
    std::string name;
    const TableColumn* column = nullptr;
    std::optional<TableField> field;
  };

  std::string TextOf(const Cell& cell, const Record& record) const;
  Parts PartsTold(const Record& record) const;

  std::unique_ptr<Output> output_;
  TableMapping mapping_;
  std::vector<Cell> cells_;
  WriteReport report_;
};

void TableWriter::WriteHeader(const std::vector<std::string>& columns) {
  for (const std::string& name : columns) {
    Cell& cell = cells_.emplace_back();
    cell.name = name;
    for (const TableColumn& column : mapping_.columns) {
      if (!SameWord(column.name, name)) continue;
      cell.column = &column;
      cell.field = column.field;
    }
    if (cell.column == nullptr && mapping_.by_name) {
      if (auto field = TableField::Parse(name); field.ok()) {
        cell.field = *std::move(field);
      }
    }
    if (cells_.size() > 1) output_->text() += mapping_.delimiter;
    AppendCell(name, mapping_.delimiter, output_->text());
  }
  output_->text() += '\n';
}

std::string TableWriter::TextOf(const Cell& cell, const Record& record) const {
  const Extra* extra = nullptr;
  if (record.family == mapping_.family) {
    for (const Extra& each : record.extra) {
      if (SameWord(each.path, cell.name)) extra = &each;
    }
  }
  if (!cell.field) return extra == nullptr ? "" : extra->value;
  std::string canonical = cell.field->Write(record);
  std::string value = canonical;
  if (cell.column != nullptr) {
    for (const auto& [told, meant] : cell.column->values) {
      if (meant == canonical) value = told;
    }
  }
  if (extra == nullptr) return value;
  // A spelling is used while it still says the same.
  std::string meant = extra->value;
  if (cell.column != nullptr) {
    const auto found = cell.column->values.find(meant);
    if (found != cell.column->values.end()) meant = found->second;
  }
  Record said;
  const bool holds = cell.field->Read(meant, said).ok() &&
                     cell.field->Write(said) == canonical;
  return holds ? extra->value : value;
}

Parts TableWriter::PartsTold(const Record& record) const {
  Parts parts = 0;
  for (const Cell& cell : cells_) {
    if (!cell.field) continue;
    // A column for one class, flag or hash tells no other one.
    const Part part = cell.field->part();
    const bool one = cell.field->name().find(':') != std::string::npos;
    const size_t count = part == Part::kClassification
                             ? record.classifications.size()
                         : part == Part::kFlags   ? record.flags.size()
                         : part == Part::kCarried ? record.carried.size()
                                                  : 1;
    if (!one || (count == 1 && !cell.field->Write(record).empty())) {
      parts = parts | part;
    }
  }
  for (const auto& [field, value] : mapping_.constants) {
    if (field.Write(record) == value) parts = parts | field.part();
  }
  if (record.files.size() > 1) parts &= ~static_cast<Parts>(Part::kFiles);
  if (record.family == mapping_.family) parts = parts | Part::kExtra;
  return parts;
}

Status TableWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kField) {
    ++report_.fields_left_out["fields of the list"];
  }
  if (item.kind != Item::Kind::kRecord) return OkStatus();
  std::string& out = output_->text();
  const size_t begin = out.size();
  for (const Cell& cell : cells_) {
    if (out.size() > begin || &cell != &cells_.front()) {
      out += mapping_.delimiter;
    }
    AppendCell(TextOf(cell, item.record), mapping_.delimiter, out);
  }
  if (out.size() == begin) {
    ++report_.records_left_out["says nothing that has a column"];
    return OkStatus();
  }
  out += '\n';
  ++report_.written;
  CountLeftOut(item.record, PartsTold(item.record), report_);
  return output_->Flush();
}

Status WrongMapping(const std::string& path, const std::string& why) {
  return InvalidArgument(path + ", mapping: " + why);
}

std::string Shown(std::string_view key) {
  constexpr size_t kShownBytesMax = 64;
  return exchange::ForDisplay(std::string(key.substr(0, kShownBytesMax)));
}

StatusOr<TableColumn> ReadColumn(const JsonNode& node) {
  TableColumn column{.name = std::string(node.key)};
  if (node.is_null()) return column;
  const JsonNode* to = node.is_text() ? &node : FindMember(node, "to");
  if (to == nullptr || !to->is_text()) {
    return InvalidArgument("takes a member, null, or {\"to\":...}");
  }
  KENAL_TRY_ASSIGN(column.field, TableField::Parse(to->text));
  const JsonNode* values = FindMember(node, "values");
  if (values == nullptr) return column;
  if (column.field->part() == Part::kClassification) {
    return InvalidArgument(
        "may not replace values: classifications are never "
        "translated");
  }
  for (const JsonNode* each = values->first; each; each = each->next) {
    if (!each->is_text())
      return InvalidArgument("has a value that is not text");
    column.values[std::string(each->key)] = std::string(each->text);
  }
  return column;
}

Status ReadMembers(const JsonNode& root, const std::string& path,
                   TableMapping& mapping) {
  for (const JsonNode* each = root.first; each; each = each->next) {
    const std::string key(each->key);
    if (key == "delimiter") {
      if (each->text.size() != 1 || each->text == "\"" || each->text == "\n" ||
          each->text == "\r") {
        return WrongMapping(path, "delimiter is not one character");
      }
      mapping.delimiter = each->text.front();
    } else if (key == "columns") {
      for (const JsonNode* of = each->first; of; of = of->next) {
        auto column = ReadColumn(*of);
        if (!column.ok()) {
          return WrongMapping(path, "column " + Shown(of->key) + ": " +
                                        std::string(column.status().message()));
        }
        mapping.columns.push_back(*std::move(column));
      }
    } else if (key == "constants") {
      for (const JsonNode* of = each->first; of; of = of->next) {
        auto field = TableField::Parse(of->key);
        Record probe;
        if (!field.ok() || !of->is_text() ||
            !field->Read(of->text, probe).ok()) {
          return WrongMapping(path, "constant " + Shown(of->key) +
                                        " is not a member with its text");
        }
        mapping.constants.emplace_back(*std::move(field), of->text);
      }
    } else {
      return WrongMapping(path,
                          "has a field that is not delimiter, columns or "
                          "constants");
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<TableMapping> ReadTableMapping(const std::string& path) {
  TableMapping mapping;
  mapping.by_name = path.empty();
  if (path.empty()) return mapping;
  KENAL_TRY_ASSIGN(const auto input, Input::Open(path));
  JsonStream json(*input);
  JsonTree tree;
  KENAL_TRY(json.Read(tree));
  KENAL_TRY(json.Close());
  if (tree.too_large()) return WrongMapping(path, "is too large");
  if (tree.root().kind != JsonNode::Kind::kObject || !tree.is_utf8()) {
    return WrongMapping(path, "is not a JSON object in UTF-8");
  }
  KENAL_TRY(ReadMembers(tree.root(), path, mapping));
  if (mapping.columns.empty()) return WrongMapping(path, "names no columns");
  return mapping;
}

StatusOr<std::unique_ptr<Writer>> MakeTableWriter(
    std::unique_ptr<Output> output, TableMapping mapping,
    const std::vector<std::string>& columns) {
  std::vector<std::string> header = columns;
  if (header.empty()) {
    for (const TableColumn& column : mapping.columns) {
      if (column.field) header.push_back(column.name);
    }
  }
  if (header.empty()) {
    for (const std::string_view name : kAllColumns) header.emplace_back(name);
  }
  auto writer =
      std::make_unique<TableWriter>(std::move(output), std::move(mapping));
  writer->WriteHeader(header);
  return writer;
}

}  // namespace kenal::formats
