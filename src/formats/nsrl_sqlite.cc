#include <atomic>
#include <utility>

#include "src/exchange/text.h"
#include "src/formats/digest_lines.h"
#include "src/formats/json_tree.h"
#include "src/formats/kdb.h"
#include "src/formats/sqlite.h"
#include "src/formats/table_field.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kFamily = "nsrl";

class NsrlSqliteReader : public Reader {
 public:
  explicit NsrlSqliteReader(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}

  const Heading& heading() const override { return heading_; }
  // How far a view has been read cannot be told.
  uint64_t consumed_bytes() const override { return 0; }
  std::optional<uint64_t> size_bytes() const override { return std::nullopt; }

  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  Status ReadRow(Record& record);

  std::unique_ptr<Database> database_;
  std::unique_ptr<Statement> rows_;
  std::vector<std::optional<TableField>> fields_;  // one a column
  Heading heading_{.version = "3"};
  uint64_t record_ = 0;
  SignalSet last_;
  uint64_t repeated_ = 0;
};

Status NsrlSqliteReader::ReadHeader() {
  struct Meaning {
    std::string_view column;
    std::string_view field;
  };
  constexpr Meaning kMeanings[] = {{"sha256", "sha256"},
                                   {"sha1", "sha1"},
                                   {"md5", "md5"},
                                   {"file_name", "file_name"},
                                   {"file_size", "size"}};
  KENAL_TRY_ASSIGN(rows_, Statement::Prepare(*database_, "SELECT * FROM FILE"));
  bool hash = false;
  bool package = false;
  for (int i = 0; i < rows_->columns(); ++i) {
    const std::string_view name = rows_->column_name(i);
    heading_.columns.emplace_back(exchange::ToUtf8(name));
    fields_.emplace_back();
    package = package || SameWord(name, "package_id");
    for (const Meaning& each : kMeanings) {
      if (!SameWord(name, each.column)) continue;
      hash = hash || each.column == "sha1";
      KENAL_TRY_ASSIGN(fields_.back(), TableField::Parse(each.field));
    }
  }
  return hash && package
             ? OkStatus()
             : database_->Wrong(
                   "has no table FILE with sha1 and package_id, so it is no "
                   "RDSv3");
}

Status NsrlSqliteReader::ReadRow(Record& record) {
  record = {};
  record.family = kFamily;
  for (size_t i = 0; i < fields_.size(); ++i) {
    const std::string_view text = rows_->text(static_cast<int>(i));
    if (text.empty()) continue;
    if (!exchange::IsUtf8(text)) {
      return InvalidArgument("holds text that is not UTF-8");
    }
    if (fields_[i]) {
      KENAL_TRY(fields_[i]->Read(text, record));
    } else {
      record.extra.push_back({heading_.columns[i], std::string(text)});
    }
  }
  return CheckRecord(record);
}

StatusOr<bool> NsrlSqliteReader::Next(Item& item) {
  item = {};
  while (true) {
    database_->At("record", record_ + 1);
    KENAL_TRY_ASSIGN(const bool more, rows_->Step());
    if (!more && repeated_ == 0) return false;
    if (!more) {
      item = {.kind = Item::Kind::kField};
      item.field.extra = {"repeated rows", std::to_string(repeated_)};
      repeated_ = 0;
      rows_ = nullptr;
      KENAL_TRY_ASSIGN(rows_,
                       Statement::Prepare(*database_, "SELECT 1 WHERE 0"));
      return true;
    }
    item.position = {.record = ++record_};
    const Status read = ReadRow(item.record);
    if (!read.ok()) {
      item.kind = Item::Kind::kRefused;
      item.why = std::string(read.message());
      return true;
    }
    if (item.record.signals != last_) {
      last_ = item.record.signals;
      return true;
    }
    ++repeated_;
  }
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenNsrlSqlite(const std::string& path) {
  KENAL_TRY_ASSIGN(auto database, Database::OpenForeign(path, true));
  auto reader = std::make_unique<NsrlSqliteReader>(std::move(database));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

}  // namespace kenal::formats
