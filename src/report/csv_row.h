// Rows of CSV as RFC 4180 has it, which spreadsheets open without harm.
#ifndef KENAL_SRC_REPORT_CSV_ROW_H_
#define KENAL_SRC_REPORT_CSV_ROW_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kenal::report {

// Appends one row to a string that the caller owns.
class CsvRow {
 public:
  explicit CsvRow(std::string& out) : out_(out) {}

  // Bytes that are not UTF-8, and NUL, become U+FFFD. What a spreadsheet may
  // take for a formula gets an apostrophe before it.
  CsvRow& Text(std::string_view text);
  CsvRow& Number(uint64_t number);
  void End();

  // True when the cell holds this very text.
  static bool TellsAsIs(std::string_view text);

 private:
  void Separate();

  std::string& out_;
  bool is_first_ = true;
};

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_CSV_ROW_H_
