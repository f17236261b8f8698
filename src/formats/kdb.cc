#include "src/formats/kdb.h"

#include <atomic>
#include <utility>

#include "src/exchange/text.h"
#include "src/formats/digest_lines.h"
#include "src/formats/output.h"
#include "src/formats/sqlite.h"
#include "src/formats/value_text.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kFamily = "kdb";
constexpr std::string_view kSchemaVersion = "Schema Version";
// Names, or comments, of one hash; a hash with more is passed over.
constexpr size_t kTextsMax = 4096;
constexpr size_t kTextBytesMax = 2 << 20;

template <typename HashType>
Status ReadBlob(const Statement& row, int column,
                std::optional<HashType>& out) {
  if (row.is_null(column)) return OkStatus();
  const std::string_view bytes = row.text(column);
  if (!row.is_bytes(column) || bytes.size() != HashType::kSizeBytes) {
    return InvalidArgument("has a " +
                           std::string(SignalTypeName(HashType::kType)) +
                           " of a wrong size or type");
  }
  KENAL_TRY_ASSIGN(
      out, HashType::FromBytes(
               {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  return OkStatus();
}

// Texts that belong to hashes, in the order of the hashes' ids.
class TextsByHash {
 public:
  // `sql` gives (hash id, text), ordered.
  static StatusOr<TextsByHash> Begin(Database& database,
                                     const std::string& sql) {
    TextsByHash texts;
    KENAL_TRY_ASSIGN(texts.row_, Statement::Prepare(database, sql));
    KENAL_TRY_ASSIGN(texts.there_, texts.row_->Step());
    return texts;
  }

  // Calls `use` for each text of this hash; ids only grow. False: there were
  // more than kTextsMax or kTextBytesMax.
  template <typename Use>
  StatusOr<bool> Each(int64_t id, const Use& use) {
    size_t count = 0;
    size_t bytes = 0;
    const auto fits = [&] {
      return count <= kTextsMax && bytes <= kTextBytesMax;
    };
    while (there_ && row_->number(0) <= id) {
      if (row_->number(0) == id) {
        ++count;
        bytes += row_->text(1).size();
        if (fits()) use(row_->text(1));
      }
      KENAL_TRY_ASSIGN(there_, row_->Step());
    }
    return fits();
  }

 private:
  std::unique_ptr<Statement> row_;
  bool there_ = false;
};

class KdbReader : public Reader {
 public:
  explicit KdbReader(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    const uint64_t last = last_id_.load();
    return last == 0 ? 0 : database_->size_bytes() * read_.load() / last;
  }
  std::optional<uint64_t> size_bytes() const override {
    return database_->size_bytes();
  }

  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  StatusOr<bool> ReadProperty(Item& item);
  StatusOr<Status> ReadRecord(Record& record);

  std::unique_ptr<Database> database_;
  std::unique_ptr<Statement> properties_;
  std::unique_ptr<Statement> hashes_;
  TextsByHash names_;
  TextsByHash comments_;
  Heading heading_{.version = "1"};
  uint64_t property_ = 0;
  uint64_t record_ = 0;
  std::atomic<uint64_t> read_ = 0;
  std::atomic<uint64_t> last_id_ = 0;
};

Status KdbReader::ReadHeader() {
  KENAL_TRY_ASSIGN(
      auto version,
      Statement::Prepare(*database_,
                         "SELECT value FROM db_properties WHERE name='" +
                             std::string(kSchemaVersion) + "'"));
  KENAL_TRY_ASSIGN(const bool any, version->Step());
  if (!any || version->text(0) != "1") {
    return database_->Wrong("is no hash set of TSK, schema version 1");
  }
  KENAL_TRY_ASSIGN(
      auto last, Statement::Prepare(*database_, "SELECT max(id) FROM hashes"));
  KENAL_TRY_ASSIGN(const bool counted, last->Step());
  if (counted && last->number(0) > 0) {
    last_id_ = static_cast<uint64_t>(last->number(0));
  }
  KENAL_TRY_ASSIGN(
      properties_,
      Statement::Prepare(*database_, "SELECT name, value FROM db_properties"));
  KENAL_TRY_ASSIGN(
      hashes_, Statement::Prepare(*database_,
                                  "SELECT id, md5, sha1, sha2_256 FROM hashes "
                                  "ORDER BY id"));
  KENAL_TRY_ASSIGN(names_,
                   TextsByHash::Begin(*database_,
                                      "SELECT hash_id, name FROM file_names "
                                      "ORDER BY hash_id, name"));
  KENAL_TRY_ASSIGN(comments_,
                   TextsByHash::Begin(*database_,
                                      "SELECT hash_id, comment FROM comments "
                                      "ORDER BY hash_id, comment"));
  return OkStatus();
}

// A property other than the version; false after the last.
StatusOr<bool> KdbReader::ReadProperty(Item& item) {
  while (properties_ != nullptr) {
    database_->At("property", ++property_);
    KENAL_TRY_ASSIGN(const bool more, properties_->Step());
    if (!more) {
      properties_.reset();
      return false;
    }
    if (properties_->text(0) == kSchemaVersion) continue;
    item.kind = Item::Kind::kField;
    item.field.extra = {exchange::ToUtf8(properties_->text(0)),
                        exchange::ToUtf8(properties_->text(1))};
    return true;
  }
  return false;
}

// The outer status is of the file, the inner one of the record.
StatusOr<Status> KdbReader::ReadRecord(Record& record) {
  const int64_t id = hashes_->number(0);
  record.family = kFamily;
  record.file_id = std::to_string(id);
  bool text = true;
  KENAL_TRY_ASSIGN(const bool names_fit,
                   names_.Each(id, [&](std::string_view name) {
                     text = text && exchange::IsUtf8(name);
                     record.files.push_back(SplitPath(name));
                   }));
  KENAL_TRY_ASSIGN(
      const bool comments_fit,
      comments_.Each(id, [&](std::string_view comment) {
        text = text && exchange::IsUtf8(comment);
        if (record.comment.empty()) {
          record.comment = comment;
        } else {
          record.extra.push_back({"comments", std::string(comment)});
        }
      }));
  for (const Status& read : {ReadBlob(*hashes_, 1, record.signals.md5),
                             ReadBlob(*hashes_, 2, record.signals.sha1),
                             ReadBlob(*hashes_, 3, record.signals.sha256)}) {
    if (!read.ok()) return read;
  }
  if (!text) return InvalidArgument("has a name that is not UTF-8");
  if (!names_fit || !comments_fit) {
    return InvalidArgument("has more than " + std::to_string(kTextsMax) +
                           " names or comments, or longer ones than " +
                           std::to_string(kTextBytesMax) + " bytes together");
  }
  return CheckRecord(record);
}

StatusOr<bool> KdbReader::Next(Item& item) {
  item = {};
  KENAL_TRY_ASSIGN(const bool property, ReadProperty(item));
  if (property) return true;
  database_->At("record", record_ + 1);
  KENAL_TRY_ASSIGN(const bool more, hashes_->Step());
  if (!more) return false;
  item.position = {.record = ++record_};
  read_ = static_cast<uint64_t>(std::max<int64_t>(hashes_->number(0), 0));
  StatusOr<Status> read = ReadRecord(item.record);
  if (!read.ok()) return read.status();
  if (read->ok()) return true;
  item.kind = Item::Kind::kRefused;
  item.why = std::string(read->message());
  return true;
}

// Table and column names are TSK's.
constexpr char kSchema[] =
    "CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);"
    "INSERT INTO db_properties VALUES ('Schema Version', '1');"
    "CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) "
    "UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32));"
    "CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, "
    "PRIMARY KEY(name, hash_id));"
    "CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, "
    "PRIMARY KEY(comment, hash_id));"
    "CREATE INDEX md5_index ON hashes(md5);"
    "BEGIN;";

class KdbWriter : public Writer {
 public:
  explicit KdbWriter(std::unique_ptr<UnfinishedFile> file)
      : file_(std::move(file)) {}

  Status Begin();
  Status Write(const Item& item) override;
  Status Finish() override;
  const WriteReport& report() const override { return report_; }

 private:
  Status WriteRecord(const Record& record);
  StatusOr<int64_t> WriteHashes(const Record& record);
  Status WriteText(Statement& statement, std::string_view text, int64_t id);
  Status WriteProperty(const Extra& extra);

  std::unique_ptr<UnfinishedFile> file_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statement> hash_;
  std::unique_ptr<Statement> find_;
  std::unique_ptr<Statement> name_;
  std::unique_ptr<Statement> comment_;
  WriteReport report_;
};

Status KdbWriter::Begin() {
  KENAL_TRY_ASSIGN(database_, Database::Make(file_->path()));
  KENAL_TRY(database_->Run(kSchema));
  KENAL_TRY_ASSIGN(
      hash_, Statement::Prepare(*database_,
                                "INSERT OR IGNORE INTO hashes "
                                "(md5, sha1, sha2_256) VALUES (?1, ?2, ?3)"));
  KENAL_TRY_ASSIGN(
      find_,
      Statement::Prepare(*database_, "SELECT id FROM hashes WHERE md5=?1"));
  KENAL_TRY_ASSIGN(
      name_,
      Statement::Prepare(*database_,
                         "INSERT OR IGNORE INTO file_names VALUES (?1, ?2)"));
  KENAL_TRY_ASSIGN(
      comment_,
      Statement::Prepare(*database_,
                         "INSERT OR IGNORE INTO comments VALUES (?1, ?2)"));
  return OkStatus();
}

template <typename HashType>
void BindHash(Statement& statement, int parameter,
              const std::optional<HashType>& hash) {
  if (hash) {
    statement.BindBytes(parameter, hash->bytes.data(), hash->bytes.size());
  } else {
    statement.BindNull(parameter);
  }
}

StatusOr<int64_t> KdbWriter::WriteHashes(const Record& record) {
  hash_->Reset();
  BindHash(*hash_, 1, record.signals.md5);
  BindHash(*hash_, 2, record.signals.sha1);
  BindHash(*hash_, 3, record.signals.sha256);
  KENAL_TRY(hash_->Step().status());
  if (database_->changes() > 0) {
    ++report_.written;
    return database_->last_row_id();
  }
  ++report_.records_left_out["has the md5 of an earlier record"];
  find_->Reset();
  BindHash(*find_, 1, record.signals.md5);
  KENAL_TRY_ASSIGN(const bool found, find_->Step());
  if (!found) return Internal("a hash that is there was not found");
  return find_->number(0);
}

Status KdbWriter::WriteText(Statement& statement, std::string_view text,
                            int64_t id) {
  if (text.empty()) return OkStatus();
  statement.Reset();
  statement.Bind(1, text);
  statement.BindNumber(2, id);
  return statement.Step().status();
}

Status KdbWriter::WriteRecord(const Record& record) {
  const SignalSet& signals = record.signals;
  if (record.deleted || (!signals.md5 && !signals.sha1 && !signals.sha256)) {
    ++report_.records_left_out[record.deleted ? "is a tombstone"
                                              : "has no digest"];
    return OkStatus();
  }
  KENAL_TRY_ASSIGN(const int64_t id, WriteHashes(record));
  for (const FileName& file : record.files) {
    KENAL_TRY(WriteText(*name_, JoinPath(file), id));
  }
  KENAL_TRY(WriteText(*comment_, record.comment, id));
  Parts parts =
      Part::kMd5 | Part::kSha1 | Part::kSha256 | Part::kFiles | Part::kComment;
  if (record.family == kFamily) {
    parts = parts | Part::kExtra | Part::kFileId;
    for (const Extra& extra : record.extra) {
      KENAL_TRY(WriteText(*comment_, extra.value, id));
    }
  }
  CountLeftOut(record, parts, report_);
  return OkStatus();
}

Status KdbWriter::WriteProperty(const Extra& extra) {
  if (extra.kind != Extra::Kind::kText || extra.path == kSchemaVersion) {
    ++report_.fields_left_out["fields of the list"];
    return OkStatus();
  }
  KENAL_TRY_ASSIGN(
      auto statement,
      Statement::Prepare(*database_,
                         "INSERT INTO db_properties VALUES (?1, ?2)"));
  statement->Bind(1, extra.path);
  statement->Bind(2, extra.value);
  return statement->Step().status();
}

Status KdbWriter::Write(const Item& item) {
  if (item.kind == Item::Kind::kRecord) return WriteRecord(item.record);
  if (item.kind == Item::Kind::kField) return WriteProperty(item.field.extra);
  return OkStatus();
}

Status KdbWriter::Finish() {
  hash_.reset();
  find_.reset();
  name_.reset();
  comment_.reset();
  KENAL_TRY(database_->Run("COMMIT"));
  database_.reset();
  return file_->Keep();
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenKdb(const std::string& path) {
  KENAL_TRY_ASSIGN(auto database, Database::OpenForeign(path, false));
  auto reader = std::make_unique<KdbReader>(std::move(database));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

StatusOr<std::unique_ptr<Writer>> OpenKdbWriter(const std::string& path,
                                                bool overwrite) {
  if (path == "-") {
    return InvalidArgument("a database cannot be written to standard output");
  }
  KENAL_TRY_ASSIGN(auto file, UnfinishedFile::Make(path, overwrite));
  auto writer = std::make_unique<KdbWriter>(std::move(file));
  KENAL_TRY(writer->Begin());
  return writer;
}

}  // namespace kenal::formats
