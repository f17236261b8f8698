#include "src/report/csv_row.h"

#include "src/exchange/text.h"

namespace kenal::report {
namespace {

// Programs begin formulas with the first four, and cut the others off before
// they look.
bool MayBeFormula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r\n ").find(text.front()) !=
                              std::string_view::npos;
}

}  // namespace

void CsvRow::Separate() {
  if (!is_first_) out_ += ',';
  is_first_ = false;
}

CsvRow& CsvRow::Text(std::string_view text) {
  Separate();
  std::string cell = MayBeFormula(text) ? "'" : "";
  cell += exchange::IsUtf8(text) ? std::string(text) : exchange::ToUtf8(text);
  for (size_t at = 0; (at = cell.find('\0', at)) != std::string::npos;) {
    cell.replace(at, 1, "\xEF\xBF\xBD");
  }
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    out_ += cell;
    return *this;
  }
  out_ += '"';
  for (const char letter : cell) {
    if (letter == '"') out_ += '"';
    out_ += letter;
  }
  out_ += '"';
  return *this;
}

CsvRow& CsvRow::Number(uint64_t number) {
  Separate();
  out_ += std::to_string(number);
  return *this;
}

void CsvRow::End() { out_ += "\r\n"; }

bool CsvRow::TellsAsIs(std::string_view text) {
  return !MayBeFormula(text) && exchange::IsUtf8(text) &&
         text.find('\0') == std::string_view::npos;
}

}  // namespace kenal::report
