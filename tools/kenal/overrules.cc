#include "tools/kenal/overrules.h"

#include <CLI/CLI.hpp>

#include "src/exchange/entry_line.h"

namespace kenal::cli {

void AddOverrules(CLI::App& command, std::string& text) {
  command
      .add_option("--overrules", text,
                  "The entry that these are near by mistake: only for lists\n"
                  "of own-decisions")
      ->type_name("LIST/ID");
}

StatusOr<std::optional<Overruled>> OverrulesOption(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const StatusOr<Overruled> overruled = exchange::ParseOverruled(text);
  if (overruled.ok()) return *overruled;
  return InvalidArgument("--overrules: " +
                         std::string(overruled.status().message()));
}

}  // namespace kenal::cli
