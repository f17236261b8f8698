#include "src/formats/sqlite.h"

#include <sys/stat.h>

#include <array>

#include "src/formats/byte_source.h"

namespace kenal::formats {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
// Steps of SQLite's machine that one row may take: a sort of all rows fits, an
// endless query does not.
constexpr uint64_t kWorkLeast = 10'000'000;
constexpr uint64_t kWorkPerByte = 16;
constexpr int kProgressSteps = 1000;
constexpr int kValueBytesMax = 1 << 20;

// SQLite takes a path with options as a URI.
std::string UriOf(const std::string& path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%' || byte < 0x20 || byte >= 0x7F) {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Status CheckFile(const std::string& path, uint64_t& size_bytes) {
  if (path == "-") {
    return InvalidArgument("a database cannot be read from standard input");
  }
  KENAL_TRY_ASSIGN(const auto source, ByteSource::Open(path));
  if (!source->size_bytes()) {
    return InvalidArgument(path + ": is no regular file");
  }
  size_bytes = *source->size_bytes();
  std::array<char, kMagic.size()> begin{};
  size_t have = 0;
  while (have < begin.size()) {
    KENAL_TRY_ASSIGN(const size_t got,
                     source->Read(std::span(begin).subspan(have)));
    if (got == 0) break;
    have += got;
  }
  if (std::string_view(begin.data(), have) != kMagic) {
    return InvalidArgument(path + ", byte 0: is no SQLite database");
  }
  struct stat side {};
  for (const char* suffix : {"-wal", "-journal"}) {
    if (stat((path + suffix).c_str(), &side) == 0 && side.st_size > 0) {
      return InvalidArgument(path + ": was not closed, and has a file " +
                             suffix +
                             " beside it; open and close it with its own "
                             "program first");
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Database>> Database::OpenForeign(
    const std::string& path, bool views) {
  std::unique_ptr<Database> database(new Database(path));
  database->At("header", 0);
  KENAL_TRY(CheckFile(path, database->size_bytes_));
  const int opened =
      sqlite3_open_v2(UriOf(path).c_str(), &database->handle_,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                          SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX,
                      nullptr);
  if (opened != SQLITE_OK) return database->Failed("cannot be opened");
  KENAL_TRY(database->Restrain(views));
  return database;
}

Status Database::Restrain(bool views) {
  struct Setting {
    int what;
    int value;
  };
  const Setting settings[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                              {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                              {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                              {SQLITE_DBCONFIG_ENABLE_VIEW, views ? 1 : 0},
                              {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}};
  for (const Setting& each : settings) {
    if (sqlite3_db_config(handle_, each.what, each.value, nullptr) !=
        SQLITE_OK) {
      return Failed("cannot be read safely");
    }
  }
  const Setting limits[] = {
      {SQLITE_LIMIT_LENGTH, kValueBytesMax},
      {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
      {SQLITE_LIMIT_COLUMN, 200},
      {SQLITE_LIMIT_EXPR_DEPTH, 50},
      {SQLITE_LIMIT_COMPOUND_SELECT, 4},
      {SQLITE_LIMIT_VDBE_OP, 25'000},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  for (const Setting& each : limits) {
    sqlite3_limit(handle_, each.what, each.value);
  }
  KENAL_TRY(Run("PRAGMA cell_size_check=ON"));
  KENAL_TRY(Run("PRAGMA mmap_size=0"));
  KENAL_TRY(Run("PRAGMA cache_size=-8192"));
  sqlite3_set_authorizer(handle_, Authorize, this);
  sqlite3_progress_handler(handle_, kProgressSteps, Progress, this);
  return OkStatus();
}

StatusOr<std::unique_ptr<Database>> Database::Make(const std::string& path) {
  std::unique_ptr<Database> database(new Database(path));
  const int opened =
      sqlite3_open_v2(path.c_str(), &database->handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (opened != SQLITE_OK) return database->Failed("cannot be made");
  KENAL_TRY(database->Run("PRAGMA journal_mode=OFF"));
  KENAL_TRY(database->Run("PRAGMA synchronous=OFF"));
  KENAL_TRY(database->Run("PRAGMA cache_size=-65536"));
  return database;
}

Database::~Database() {
  // Also for a handle that could not be opened.
  sqlite3_close(handle_);
}

int Database::Authorize(void*, int action, const char*, const char*,
                        const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

int Database::Progress(void* self) {
  auto* database = static_cast<Database*>(self);
  if (database->work_left_ < kProgressSteps) return 1;
  database->work_left_ -= kProgressSteps;
  return 0;
}

Status Database::Run(const char* sql) {
  work_left_ = kWorkLeast + kWorkPerByte * size_bytes_;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failed("cannot be used");
  }
  return OkStatus();
}

bool Database::Has(std::string_view name) {
  auto statement = Statement::Prepare(
      *this,
      "SELECT 1 FROM sqlite_schema WHERE type IN ('table','view') AND "
      "name=?1 COLLATE NOCASE");
  if (!statement.ok()) return false;
  (*statement)->Bind(1, name);
  const StatusOr<bool> found = (*statement)->Step();
  return found.ok() && *found;
}

int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

int Database::changes() const { return sqlite3_changes(handle_); }

std::string Database::Place() const {
  if (place_.empty()) return name_;
  std::string place = name_ + ", " + std::string(place_);
  if (place_number_ > 0) place += " " + std::to_string(place_number_);
  return place;
}

Status Database::Wrong(std::string_view why) const {
  return InvalidArgument(Place() + ": " + std::string(why));
}

Status Database::Failed(std::string_view what) const {
  const int code =
      handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  const std::string message = Place() + ": " + std::string(what) +
                              " (SQLite says: " + sqlite3_errstr(code) + ")";
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ResourceExhausted(message);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Unavailable(message);
    default:
      return InvalidArgument(message);
  }
}

StatusOr<std::unique_ptr<Statement>> Statement::Prepare(
    Database& database, const std::string& sql) {
  std::unique_ptr<Statement> statement(new Statement(database));
  database.work_left_ = kWorkLeast;
  if (sqlite3_prepare_v2(database.handle_, sql.data(),
                         static_cast<int>(sql.size()), &statement->handle_,
                         nullptr) != SQLITE_OK) {
    return database.Failed("is not laid out as it should be");
  }
  return statement;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::Bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(handle_, parameter, text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::BindBytes(int parameter, const void* bytes, size_t size) {
  sqlite3_bind_blob64(handle_, parameter, bytes, size, SQLITE_TRANSIENT);
}

void Statement::BindNumber(int parameter, int64_t value) {
  sqlite3_bind_int64(handle_, parameter, value);
}

void Statement::BindNull(int parameter) {
  sqlite3_bind_null(handle_, parameter);
}

void Statement::Reset() { sqlite3_reset(handle_); }

StatusOr<bool> Statement::Step() {
  database_.work_left_ = kWorkLeast + kWorkPerByte * database_.size_bytes_;
  switch (sqlite3_step(handle_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    case SQLITE_INTERRUPT:
      return database_.Failed("needs more work than a list of its size may");
    default:
      return database_.Failed("cannot be read or written on");
  }
}

int Statement::columns() const { return sqlite3_column_count(handle_); }

std::string_view Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? "" : name;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

bool Statement::is_bytes(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_BLOB;
}

int64_t Statement::number(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const {
  const void* bytes = is_bytes(column) ? sqlite3_column_blob(handle_, column)
                                       : sqlite3_column_text(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

}  // namespace kenal::formats
