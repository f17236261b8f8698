#include <algorithm>
#include <utility>

#include "src/exchange/text.h"
#include "src/formats/json_tree.h"
#include "src/formats/table.h"
#include "src/formats/table_rows.h"

namespace kenal::formats {
namespace {

class TableReader : public Reader {
 public:
  TableReader(std::unique_ptr<Input> input, TableMapping mapping)
      : rows_(std::move(input), mapping.delimiter, mapping.loose_quotes),
        mapping_(std::move(mapping)) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    return rows_.input().source().consumed_bytes();
  }
  std::optional<uint64_t> size_bytes() const override {
    return rows_.input().source().size_bytes();
  }

  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  // What one cell of each row is.
  struct Cell {
    const TableColumn* column = nullptr;  // of the mapping, if it is there
    std::optional<TableField> field;
  };

  Status Wrong(const std::string& why) const {
    return InvalidArgument(rows_.input().name() + ", line 1: " + why);
  }
  Status BindColumns();
  Status ReadRow(Record& record);
  Status ReadCell(size_t at, Record& record);
  void KeepSpellings(Record& record);
  bool Repeats(const Record& record);

  TableRows rows_;
  TableMapping mapping_;
  Heading heading_;
  TableRow row_;
  std::vector<Cell> cells_;
  uint64_t record_ = 0;
  SignalSet last_;
  uint64_t merged_ = 0;
};

Status TableReader::ReadHeader() {
  KENAL_TRY_ASSIGN(const bool any, rows_.Next(row_));
  if (!any) return Wrong("holds no header row");
  if (!row_.wrong.empty()) return Wrong("the header row " + row_.wrong);
  for (size_t i = 0; i < row_.count; ++i) {
    if (!exchange::IsUtf8(row_.cells[i])) {
      return Wrong("the header row is not UTF-8");
    }
    heading_.columns.push_back(row_.cells[i]);
  }
  return BindColumns();
}

Status TableReader::BindColumns() {
  const auto count_of = [this](std::string_view name) {
    return std::count_if(
        heading_.columns.begin(), heading_.columns.end(),
        [name](const std::string& each) { return SameWord(each, name); });
  };
  const auto shown = [](const std::string& name) {
    return exchange::ForDisplay(name.substr(0, 64));
  };
  // A name that the file gives may be a hash, when it has no header row.
  for (size_t i = 0; i < heading_.columns.size(); ++i) {
    if (count_of(heading_.columns[i]) > 1) {
      return Wrong("column " + std::to_string(i + 1) +
                   " has the name of another column");
    }
  }
  for (const std::string& name : mapping_.required) {
    if (count_of(name) == 0) {
      return Wrong("has no column " + shown(name) +
                   "; it is not of this format or has no header row");
    }
  }
  for (const TableColumn& column : mapping_.columns) {
    if (mapping_.required.empty() && count_of(column.name) == 0) {
      return Wrong("has no column " + shown(column.name) +
                   ", which the mapping names");
    }
  }
  bool means = false;
  for (const std::string& name : heading_.columns) {
    Cell& cell = cells_.emplace_back();
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
    means = means || cell.field.has_value();
  }
  return means
             ? OkStatus()
             : Wrong("has no column of a name that is known; write a mapping");
}

Status TableReader::ReadCell(size_t at, Record& record) {
  const Cell& cell = cells_[at];
  const std::string& text = row_.cells[at];
  if (!exchange::IsUtf8(text)) return InvalidArgument("is not UTF-8");
  if (cell.field) {
    if (cell.column != nullptr && !cell.column->values.empty()) {
      const auto value = cell.column->values.find(text);
      if (value != cell.column->values.end()) {
        return cell.field->Read(value->second, record);
      }
    }
    return cell.field->Read(text, record);
  }
  if (cell.column == nullptr && !text.empty()) {
    record.extra.push_back({heading_.columns[at], text});
  }
  return OkStatus();
}

// Each cell that writing the record would not give again.
void TableReader::KeepSpellings(Record& record) {
  for (size_t i = 0; i < cells_.size(); ++i) {
    const std::string& text = row_.cells[i];
    if (!cells_[i].field || cells_[i].field->Write(record) == text) continue;
    record.extra.push_back({heading_.columns[i], text});
  }
}

Status TableReader::ReadRow(Record& record) {
  if (!row_.wrong.empty()) return InvalidArgument(row_.wrong);
  if (row_.count != cells_.size()) {
    return InvalidArgument("has " + std::to_string(row_.count) +
                           " cells where the header has " +
                           std::to_string(cells_.size()));
  }
  record = {};
  record.family = mapping_.family;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const Status read = ReadCell(i, record);
    if (read.ok()) continue;
    return InvalidArgument("column " + std::to_string(i + 1) + " " +
                           std::string(read.message()));
  }
  for (const auto& [field, value] : mapping_.constants) {
    KENAL_TRY(field.Read(value, record));
  }
  KENAL_TRY(CheckRecord(record));
  KeepSpellings(record);
  return OkStatus();
}

bool TableReader::Repeats(const Record& record) {
  if (!mapping_.merge_repeated) return false;
  if (record.signals == last_) {
    ++merged_;
    return true;
  }
  last_ = record.signals;
  return false;
}

StatusOr<bool> TableReader::Next(Item& item) {
  while (true) {
    item.kind = Item::Kind::kRecord;
    KENAL_TRY_ASSIGN(const bool more, rows_.Next(row_));
    if (!more && merged_ == 0) return false;
    if (!more) {
      item = {.kind = Item::Kind::kField};
      item.field.extra = {"repeated rows", std::to_string(merged_)};
      merged_ = 0;
      return true;
    }
    item.position = {.record = ++record_, .byte = row_.byte, .line = row_.line};
    const Status read = ReadRow(item.record);
    if (read.ok() && Repeats(item.record)) continue;
    if (read.ok()) return true;
    item.kind = Item::Kind::kRefused;
    item.why = std::string(read.message());
    return true;
  }
}

TableColumn Column(std::string_view name, std::string_view field) {
  return {.name = std::string(name), .field = *TableField::Parse(field)};
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenTable(std::unique_ptr<Input> input,
                                            TableMapping mapping) {
  auto reader =
      std::make_unique<TableReader>(std::move(input), std::move(mapping));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

TableMapping IcseMapping() {
  return {.delimiter = ';',
          .columns = {Column("MD5", "md5"), Column("SHA1", "sha1"),
                      Column("PhotoDNA", "hash:photodna"),
                      Column("Image ID", "source_id"),
                      Column("Is distributed", "flag:distributed"),
                      Column("Victim identified", "flag:victim_identified"),
                      Column("Offender identified", "flag:offender_identified"),
                      Column("Series name", "series"),
                      Column("File Available", "flag:file_available"),
                      Column("Media Type", "kind"),
                      Column("Baseline", "class:interpol-baseline")},
          .required = {"MD5", "Image ID", "Baseline"},
          .family = "icse"};
}

TableMapping HashKeeperMapping() {
  return {
      .columns = {Column("file_id", "file_id"), Column("hash", "md5"),
                  Column("file_name", "file_name"),
                  Column("directory", "file_folder"),
                  Column("file_size", "size"), Column("comments", "comment")},
      .loose_quotes = true,
      .required = {"file_id", "hashset_id", "hash"},
      .family = "hashkeeper"};
}

TableMapping NsrlMapping() {
  return {
      .columns = {Column("SHA-1", "sha1"), Column("MD5", "md5"),
                  Column("MD4", "hash:md4"), Column("FileName", "file_name"),
                  Column("FileSize", "size")},
      .loose_quotes = true,
      .merge_repeated = true,
      .required = {"SHA-1", "MD5", "FileName", "ProductCode"},
      .family = "nsrl"};
}

}  // namespace kenal::formats
