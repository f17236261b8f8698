#include "src/exchange/pytx.h"

#include <utility>

#include "src/exchange/signal_line.h"

namespace kenal::exchange {

StatusOr<std::unique_ptr<PytxReader>> PytxReader::Open(const std::string& path,
                                                       Provenance provenance) {
  KENAL_TRY_ASSIGN(auto lines, LineReader::Open(path, kLineBytesMax));
  return std::make_unique<PytxReader>(std::move(lines), std::move(provenance));
}

PytxReader::PytxReader(std::unique_ptr<LineReader> lines, Provenance provenance)
    : lines_(std::move(lines)), provenance_(std::move(provenance)) {}

StatusOr<std::optional<ImportItem>> PytxReader::Next() {
  while (true) {
    KENAL_TRY_ASSIGN(const std::optional<Line> line, lines_->Next());
    if (!line) return std::nullopt;
    std::optional<ImportItem> item(std::in_place);
    item->position = line->number;
    if (line->too_long) {
      item->refused = "is longer than " + std::to_string(kLineBytesMax) +
                      " bytes; write one TYPE HEX a line";
      return item;
    }
    const std::string_view text = WithoutComment(line->text);
    if (text.empty()) continue;
    StatusOr<SignalSet> signals = ParseSignalLine(text);
    if (!signals.ok()) {
      item->refused = std::string(signals.status().message());
      return item;
    }
    item->draft.signals = *std::move(signals);
    item->draft.provenance = provenance_;
    return item;
  }
}

}  // namespace kenal::exchange
