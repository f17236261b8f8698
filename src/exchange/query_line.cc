#include "src/exchange/query_line.h"

#include "src/exchange/signal_line.h"

namespace kenal::exchange {

StatusOr<std::optional<HashLine>> ParseQueryLine(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first != std::string_view::npos && line[first] == '{') {
    KENAL_TRY_ASSIGN(HashLine parsed, ParseHashLine(line.substr(first)));
    return parsed;
  }
  const std::string_view text = WithoutComment(line);
  if (text.empty()) return std::nullopt;
  HashLine parsed;
  KENAL_TRY_ASSIGN(parsed.signals, ParseSignalLine(text));
  return parsed;
}

}  // namespace kenal::exchange
