#include <algorithm>
#include <utility>

#include "src/formats/digest_lines.h"
#include "src/formats/line_source.h"
#include "src/formats/table_field.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kFamily = "hashdeep";
constexpr std::string_view kFirstLine = "%%%% HASHDEEP-1.0";
constexpr std::string_view kColumnsBegin = "%%%% ";
constexpr std::string_view kComment = "comment";
constexpr std::string_view kSize = "size";
constexpr std::string_view kName = "filename";
constexpr size_t kLineBytesMax = 64 * 1024;
constexpr size_t kColumnsMax = 16;

// What a column other than the name is; whirlpool, tiger and the like are
// carried.
StatusOr<TableField> FieldOf(const std::string& column) {
  if (column == kSize) return TableField::Parse("size");
  if (const auto type = SignalTypeOf(column)) {
    return TableField::Parse(SignalTypeName(*type));
  }
  return TableField::Parse("hash:" + column);
}

// Errors: kInvalidArgument, for what is no list of columns.
StatusOr<std::vector<TableField>> FieldsOf(
    const std::vector<std::string>& columns) {
  const bool well_formed =
      columns.size() >= 2 && columns.size() <= kColumnsMax &&
      columns.back() == kName &&
      std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
        return !column.empty() &&
               std::count(columns.begin(), columns.end(), column) == 1;
      });
  if (!well_formed) {
    return InvalidArgument(
        "hashdeep has columns such as size,md5,sha256,filename, each once and "
        "the name last");
  }
  std::vector<TableField> fields;
  for (size_t i = 0; i + 1 < columns.size(); ++i) {
    KENAL_TRY_ASSIGN(TableField field, FieldOf(columns[i]));
    fields.push_back(std::move(field));
  }
  return fields;
}

class HashdeepReader : public LineSource {
 public:
  using LineSource::LineSource;

  Status ReadHeader();

 protected:
  StatusOr<bool> ReadLine(std::string_view line, Item& item) override;

 private:
  std::vector<TableField> fields_;
};

Status HashdeepReader::ReadHeader() {
  KENAL_TRY_ASSIGN(auto line, lines_->Next());
  if (!line || Trimmed(line->text) != kFirstLine) {
    return Wrong("is not %%%% HASHDEEP-1.0");
  }
  KENAL_TRY_ASSIGN(line, lines_->Next());
  if (!line || line->too_long || !line->text.starts_with(kColumnsBegin)) {
    return Wrong("is followed by no line of columns");
  }
  std::string_view rest = Trimmed(line->text.substr(kColumnsBegin.size()));
  while (heading_.columns.size() <= kColumnsMax) {
    const size_t comma = rest.find(',');
    heading_.columns.emplace_back(Trimmed(rest.substr(0, comma)));
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  heading_.version = "1.0";
  auto fields = FieldsOf(heading_.columns);
  if (!fields.ok()) return Wrong(std::string(fields.status().message()));
  fields_ = *std::move(fields);
  return OkStatus();
}

StatusOr<bool> HashdeepReader::ReadLine(std::string_view line, Item& item) {
  if (line.starts_with('#')) {
    item.kind = Item::Kind::kField;
    item.position.record = 0;
    item.field.extra = {std::string(kComment), std::string(line)};
    return true;
  }
  if (Trimmed(line).empty()) return false;
  Record& record = item.record;
  record.family = kFamily;
  for (const TableField& field : fields_) {
    const size_t comma = line.find(',');
    if (comma == line.npos) return InvalidArgument("has too few columns");
    const std::string_view text = line.substr(0, comma);
    KENAL_TRY(field.Read(text, record));
    if (field.part() == Part::kSize && !record.size_bytes) {
      return InvalidArgument("has a size that is no number");
    }
    line.remove_prefix(comma + 1);
  }
  // The name is what is left: commas belong to it.
  if (!line.empty()) record.files.push_back(SplitPath(line));
  KENAL_TRY(CheckRecord(record));
  return true;
}

class HashdeepWriter : public Writer {
 public:
  HashdeepWriter(std::unique_ptr<Output> output,
                 std::vector<std::string> columns,
                 std::vector<TableField> fields);

  Status Write(const Item& item) override;
  Status Finish() override { return output_->Finish(); }
  const WriteReport& report() const override { return report_; }

 private:
  Status WriteRecord(const Record& record);
  Parts PartsTold(const Record& record) const;

  std::unique_ptr<Output> output_;
  std::vector<std::string> columns_;
  std::vector<TableField> fields_;
  WriteReport report_;
};

HashdeepWriter::HashdeepWriter(std::unique_ptr<Output> output,
                               std::vector<std::string> columns,
                               std::vector<TableField> fields)
    : output_(std::move(output)),
      columns_(std::move(columns)),
      fields_(std::move(fields)) {
  std::string& out = output_->text();
  out += kFirstLine;
  out += '\n';
  out += kColumnsBegin;
  for (const std::string& column : columns_) {
    if (&column != &columns_.front()) out += ',';
    out += column;
  }
  out += '\n';
}

Parts HashdeepWriter::PartsTold(const Record& record) const {
  Parts parts = static_cast<Parts>(Part::kFiles);
  size_t carried = 0;
  for (const TableField& field : fields_) {
    if (field.part() == Part::kCarried) {
      ++carried;
    } else {
      parts = parts | field.part();
    }
  }
  if (carried >= record.carried.size()) parts = parts | Part::kCarried;
  return parts;
}

Status HashdeepWriter::WriteRecord(const Record& record) {
  std::string cells;
  for (size_t i = 0; i < fields_.size(); ++i) {
    const std::string text = fields_[i].Write(record);
    if (text.empty() || record.deleted) {
      ++report_.records_left_out[record.deleted ? "is a tombstone"
                                                : "has no " + columns_[i]];
      return OkStatus();
    }
    cells += text + ',';
  }
  std::string& out = output_->text();
  std::vector<FileName> files = record.files;
  if (files.empty()) files.emplace_back();
  for (const FileName& file : files) {
    const std::string name = JoinPath(file);
    if (name.find_first_of("\r\n") != name.npos) {
      ++report_.records_left_out["has an end of line in its name"];
      return OkStatus();
    }
    out += cells + name + '\n';
  }
  ++report_.written;
  CountLeftOut(record, PartsTold(record), report_);
  return output_->Flush();
}

Status HashdeepWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kRecord) return WriteRecord(item.record);
  if (item.kind != Item::Kind::kField) return OkStatus();
  const Extra& extra = item.field.extra;
  if (extra.path == kComment && extra.value.starts_with('#') &&
      extra.value.find_first_of("\r\n") == std::string::npos) {
    output_->text() += extra.value + '\n';
  } else {
    ++report_.fields_left_out["fields of the list"];
  }
  return output_->Flush();
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenHashdeep(const std::string& path) {
  KENAL_TRY_ASSIGN(auto lines, exchange::LineReader::Open(path, kLineBytesMax));
  auto reader = std::make_unique<HashdeepReader>(std::move(lines));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

StatusOr<std::unique_ptr<Writer>> MakeHashdeepWriter(
    std::unique_ptr<Output> output, const std::vector<std::string>& columns) {
  std::vector<std::string> header = columns;
  if (header.empty()) header = {"size", "md5", "sha256", "filename"};
  KENAL_TRY_ASSIGN(auto fields, FieldsOf(header));
  return std::make_unique<HashdeepWriter>(std::move(output), std::move(header),
                                          std::move(fields));
}

}  // namespace kenal::formats
