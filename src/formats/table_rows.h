// Rows of a table as text: comma-separated values and their kin (RFC 4180).
#ifndef KENAL_SRC_FORMATS_TABLE_ROWS_H_
#define KENAL_SRC_FORMATS_TABLE_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/formats/input.h"
#include "src/formats/reader.h"

namespace kenal::formats {

struct TableRow {
  static constexpr size_t kCellsMax = 1024;

  std::vector<std::string> cells;  // the first `count` count
  size_t count = 0;
  uint64_t byte = 0;
  uint64_t line = 0;
  std::string wrong;  // not empty: the row cannot be read, and why
};

// Not thread-safe.
class TableRows {
 public:
  static constexpr size_t kRowBytesMax = Input::kTokenBytesMax;

  // `loose`: a quote that no delimiter follows is a part of its cell, as some
  // writers leave quotes in names.
  TableRows(std::unique_ptr<Input> input, char delimiter, bool loose)
      : input_(std::move(input)), delimiter_(delimiter), loose_(loose) {}

  // The next row that is not empty. False at the end.
  // Errors: as Input::status.
  StatusOr<bool> Next(TableRow& row);

  const Input& input() const { return *input_; }

 private:
  void ReadQuoted(std::string& cell, TableRow& row);
  void ReadPlain(std::string& cell);
  bool AtLineEnd() const;
  void PassLineEnd();
  void PassLine();
  void Count(char c) { line_ += c == '\n'; }

  std::unique_ptr<Input> input_;
  char delimiter_;
  bool loose_;
  uint64_t line_ = 1;
  size_t row_bytes_ = 0;
};

// Appends a cell, in quotes if it needs them.
void AppendCell(std::string_view text, char delimiter, std::string& out);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_TABLE_ROWS_H_
