// Times as people write them.
#ifndef KENAL_SRC_EXCHANGE_TIME_TEXT_H_
#define KENAL_SRC_EXCHANGE_TIME_TEXT_H_

#include <cstdint>
#include <string_view>

#include "kenal/status.h"

namespace kenal::exchange {

// Milliseconds since 1970-01-01 UTC of a time as RFC 3339 has it,
// "2027-01-31T09:30:00Z" or "2027-01-31T16:30:00.250+07:00", or of the first
// moment of a day in UTC, "2027-01-31". Years 1970 to 9999; no leap seconds.
// Errors: kInvalidArgument, with the accepted forms.
StatusOr<int64_t> ParseTime(std::string_view text);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_TIME_TEXT_H_
