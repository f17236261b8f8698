// Lists that are tables with a header row: generic CSV with a mapping that an
// operator wrote, and the formats that are tables of known columns. Extras are
// of the family "csv": one a column, by its name.
#ifndef KENAL_SRC_FORMATS_TABLE_H_
#define KENAL_SRC_FORMATS_TABLE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/formats/input.h"
#include "src/formats/output.h"
#include "src/formats/reader.h"
#include "src/formats/table_field.h"
#include "src/formats/writer.h"

namespace kenal::formats {

inline constexpr std::string_view kTableFamily = "csv";

struct TableColumn {
  std::string name;  // in the header; matched without regard to case
  std::optional<TableField> field;  // unset: passed over, and not kept
  // What a cell is replaced with before it is read. Not for classifications,
  // which are never translated.
  std::map<std::string, std::string> values;
};

// What the columns of a table mean. Columns that are not named here mean the
// member of their own name when `by_name`, else they are kept as extras.
struct TableMapping {
  char delimiter = ',';
  std::vector<TableColumn> columns;
  std::vector<std::pair<TableField, std::string>> constants;
  bool by_name = false;
  bool loose_quotes = false;
  // Rows that follow one of the same hashes are counted and not told again.
  bool merge_repeated = false;
  // Columns that make a file one of this format: at least these are there.
  std::vector<std::string> required;
  std::string family = std::string(kTableFamily);
};

// Reads a mapping file; docs/formats.md describes it. Empty `path`: columns
// have the names of members.
// Errors: kInvalidArgument names the file and the column.
StatusOr<TableMapping> ReadTableMapping(const std::string& path);

StatusOr<std::unique_ptr<Reader>> OpenTable(std::unique_ptr<Input> input,
                                            TableMapping mapping);

// `columns`: the header to write; when empty, the columns of the mapping, and
// without those one column for each member.
StatusOr<std::unique_ptr<Writer>> MakeTableWriter(
    std::unique_ptr<Output> output, TableMapping mapping,
    const std::vector<std::string>& columns);

TableMapping IcseMapping();
TableMapping HashKeeperMapping();
TableMapping NsrlMapping();

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_TABLE_H_
