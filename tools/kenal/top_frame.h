// What `kenal top` shows: two pages of metrics as lines for a terminal, or as
// one JSON object.
#ifndef KENAL_TOOLS_KENAL_TOP_FRAME_H_
#define KENAL_TOOLS_KENAL_TOP_FRAME_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/operate/prometheus_text.h"

namespace kenal::cli {

// Pages are a server's and may hold anything.
struct TopView {
  std::string server;  // its address
  std::optional<operate::Page> now;
  // Of the same server, earlier: counts are shown as rates since then, and as
  // totals without it, or when the server was started in between.
  std::optional<operate::Page> before;
  std::string trouble;  // why there is no page of this moment; may be empty
};

// At most `rows` lines, none wider than `columns`: what matters most comes
// first, and the last line says so when something had to be left out. rows of
// 0: as many as it takes.
std::vector<std::string> TopFrame(const TopView& view, size_t columns,
                                  size_t rows);

// One line; `view.now` must be there. Counts as "total", and as "per_second"
// where there is a page from before.
std::string TopJson(const TopView& view);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_TOP_FRAME_H_
