// Changes as lines of JSON: what `kenal watch --json` prints. docs/cli.md
// lists the fields. None has an end of line.
//
//   {"sequence":13,"change":"entries_put","list":"demo","entries":[
//    {"entry":"1","source_id":"case-2","state":"active"},...],"last":true}
//   {"cursor":"9f3c01d2:13","caught_up":true,"head":13}
#ifndef KENAL_SRC_EXCHANGE_CHANGE_JSON_H_
#define KENAL_SRC_EXCHANGE_CHANGE_JSON_H_

#include <string>

#include "kenal/curator.h"
#include "src/exchange/cursor.h"

namespace kenal::exchange {

// Signals are written where they are told: such a line is as secret as the
// hashes in it.
std::string WriteChangeLine(const ListChange& change);

// After the changes of a page: where to go on.
std::string WriteCursorLine(const PlacedCursor& next, bool caught_up,
                            Sequence head);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_CHANGE_JSON_H_
