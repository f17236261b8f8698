// Where a reader of changes is, as text that people and scripts keep:
//
//   17                sequence 17 was read whole
//   17+250            and 250 entries of what comes next
//   9f3c01d2:17+250   in the store of that id
//   start             before the first change
#ifndef KENAL_SRC_EXCHANGE_CURSOR_H_
#define KENAL_SRC_EXCHANGE_CURSOR_H_

#include <string>
#include <string_view>

#include "kenal/curator.h"
#include "kenal/status.h"

namespace kenal::exchange {

struct PlacedCursor {
  std::string store_id;  // hex; may be empty
  ChangeCursor cursor;
  friend bool operator==(const PlacedCursor&, const PlacedCursor&) = default;
};

std::string WriteCursor(const PlacedCursor& cursor);
// Errors: kInvalidArgument, with the accepted forms.
StatusOr<PlacedCursor> ParseCursor(std::string_view text);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_CURSOR_H_
