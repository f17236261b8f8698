// Tables for people.
#ifndef KENAL_TOOLS_KENAL_TABLE_H_
#define KENAL_TOOLS_KENAL_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/kenal/console.h"

namespace kenal::cli {

// "1,234,567".
std::string Count(uint64_t value);
// "1.5 GiB".
std::string Bytes(uint64_t value);

enum class Colour : uint8_t { kPlain, kBold, kRed, kYellow, kMagenta, kCyan };

struct Cell {
  std::string text;  // bytes of any kind; shown as exchange::ForDisplay does
  Colour colour = Colour::kPlain;
};

struct Column {
  std::string heading;
  bool right = false;    // numbers
  size_t width = 0;      // at least; as far as it is known before the rows
  bool shrinks = false;  // gives way on a terminal that is too narrow
};

// Rows that are printed as they come: widths are fixed by the columns, and a
// longer cell is cut on a terminal only. The last column is never padded.
class RowPrinter {
 public:
  RowPrinter(Console& console, std::vector<Column> columns);
  Status PutHeadings();
  Status PutRow(const std::vector<Cell>& cells);

 private:
  Console& console_;
  std::vector<Column> columns_;
};

// A whole table, as wide as its cells.
Status PutTable(Console& console, std::vector<Column> columns,
                const std::vector<std::vector<Cell>>& rows);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_TABLE_H_
