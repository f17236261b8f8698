// SQLite databases of strangers, read-only and on a short lead, and small ones
// of our own.
#ifndef KENAL_SRC_FORMATS_SQLITE_H_
#define KENAL_SRC_FORMATS_SQLITE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::formats {

// Not thread-safe; outlives its statements.
class Database {
 public:
  // Opens a file that nobody writes meanwhile, without locks or side files;
  // only SELECT runs on it, and no step of one takes more work than is in
  // proportion to the file. `views`: SELECT may look at views.
  // Errors: kNotFound, kInvalidArgument (not SQLite, or not closed well),
  // kUnavailable.
  static StatusOr<std::unique_ptr<Database>> OpenForeign(
      const std::string& path, bool views);
  // Makes a database in an empty file, to be thrown away if anything fails.
  static StatusOr<std::unique_ptr<Database>> Make(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status Run(const char* sql);
  // True when there is a table or view of that name.
  bool Has(std::string_view name);
  int64_t last_row_id() const;
  // Rows that the last statement changed.
  int changes() const;
  uint64_t size_bytes() const { return size_bytes_; }

  // Where in the file the next errors are: ("record", 7), or ("header", 0).
  // `what` outlives the database.
  void At(std::string_view what, uint64_t number) {
    place_ = what;
    place_number_ = number;
  }
  // "FILE, record 7: WHY".
  Status Wrong(std::string_view why) const;
  // From what SQLite last said; without its message, which may quote data.
  Status Failed(std::string_view what) const;

 private:
  friend class Statement;
  explicit Database(std::string name) : name_(std::move(name)) {}
  Status Restrain(bool views);
  std::string Place() const;
  static int Authorize(void* self, int action, const char* first,
                       const char* second, const char* schema,
                       const char* trigger);
  static int Progress(void* self);

  std::string name_;
  sqlite3* handle_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint64_t work_left_ = 0;
  std::string_view place_;  // empty: a file of our own
  uint64_t place_number_ = 0;
};

class Statement {
 public:
  static StatusOr<std::unique_ptr<Statement>> Prepare(Database& database,
                                                      const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void Bind(int parameter, std::string_view text);
  void BindBytes(int parameter, const void* bytes, size_t size);
  void BindNumber(int parameter, int64_t value);
  void BindNull(int parameter);
  void Reset();

  // True: there is a row. Errors: kInvalidArgument, kResourceExhausted.
  StatusOr<bool> Step();

  int columns() const;
  std::string_view column_name(int column) const;
  bool is_null(int column) const;
  bool is_bytes(int column) const;
  int64_t number(int column) const;
  // As text or bytes; valid until the next step.
  std::string_view text(int column) const;

 private:
  explicit Statement(Database& database) : database_(database) {}
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_SQLITE_H_
