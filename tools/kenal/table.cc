#include "tools/kenal/table.h"

#include <algorithm>
#include <cstdio>

#include "src/base/check.h"
#include "src/exchange/text.h"

namespace kenal::cli {
namespace {

using exchange::DisplayPrefix;
using exchange::DisplayWidth;
using exchange::ForDisplay;

constexpr std::string_view kGap = "  ";
constexpr size_t kShrunkWidthMin = 12;

std::string_view ColourCode(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kBold:
      return "\x1B[1m";
    case Colour::kRed:
      return "\x1B[1;31m";
    case Colour::kYellow:
      return "\x1B[1;33m";
    case Colour::kMagenta:
      return "\x1B[1;35m";
    case Colour::kCyan:
      return "\x1B[36m";
  }
  return "";
}

std::string Painted(const std::string& text, Colour colour, bool has_colour) {
  if (!has_colour || colour == Colour::kPlain || text.empty()) return text;
  return std::string(ColourCode(colour)) + text + "\x1B[0m";
}

// The end of a path tells more than its beginning.
std::string CutAtFront(const std::string& text, size_t columns) {
  std::string_view rest = text;
  while (DisplayWidth(rest) + 1 > columns) {
    const size_t first = std::max<size_t>(DisplayPrefix(rest, 1).size(), 1);
    rest.remove_prefix(std::min(first, rest.size()));
  }
  return "…" + std::string(rest);
}

// Narrows the columns that shrink until a line fits the terminal.
void Fit(std::vector<Column>& columns, size_t available) {
  size_t total = kGap.size() * (columns.size() - 1);
  for (const Column& column : columns) total += column.width;
  for (Column& column : columns) {
    if (!column.shrinks || total <= available) continue;
    const size_t floor = std::min(column.width, kShrunkWidthMin);
    const size_t width = std::max(
        floor, column.width - std::min(column.width, total - available));
    total -= column.width - width;
    column.width = width;
  }
}

}  // namespace

std::string Count(uint64_t value) {
  std::string digits = std::to_string(value);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string Bytes(uint64_t value) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(value);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", amount,
                kUnits[unit]);
  return text;
}

RowPrinter::RowPrinter(Console& console, std::vector<Column> columns)
    : console_(console), columns_(std::move(columns)) {
  for (Column& column : columns_) {
    column.width = std::max(column.width, DisplayWidth(column.heading));
  }
  if (console_.output_is_terminal()) Fit(columns_, console_.columns());
}

Status RowPrinter::PutHeadings() {
  std::vector<Cell> headings;
  for (const Column& column : columns_) {
    headings.push_back({column.heading, Colour::kBold});
  }
  return PutRow(headings);
}

Status RowPrinter::PutRow(const std::vector<Cell>& cells) {
  KENAL_CHECK(cells.size() == columns_.size());
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const Column& column = columns_[i];
    std::string text = ForDisplay(cells[i].text);
    const bool last = i + 1 == cells.size();
    if (console_.output_is_terminal() && !last &&
        DisplayWidth(text) > column.width) {
      text = CutAtFront(text, column.width);
    }
    const size_t width = DisplayWidth(text);
    const std::string padding(column.width > width ? column.width - width : 0,
                              ' ');
    const std::string painted =
        Painted(text, cells[i].colour, console_.output_has_colour());
    if (i > 0) line += kGap;
    line += column.right ? padding + painted : painted + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return console_.Put(line);
}

Status PutTable(Console& console, std::vector<Column> columns,
                const std::vector<std::vector<Cell>>& rows) {
  for (const std::vector<Cell>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      columns[i].width =
          std::max(columns[i].width, DisplayWidth(ForDisplay(row[i].text)));
    }
  }
  RowPrinter printer(console, std::move(columns));
  KENAL_TRY(printer.PutHeadings());
  for (const std::vector<Cell>& row : rows) KENAL_TRY(printer.PutRow(row));
  return console.Flush();
}

}  // namespace kenal::cli
