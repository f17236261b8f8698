// One signal as a line of text: TYPE HEX [QUALITY], such as
//
//   pdq f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22 100
//   md5 d41d8cd98f00b204e9800998ecf8427e
//
// Parts are separated by blanks; "#" starts a comment; hex digits and the type
// may be of either case. QUALITY, 0 to 100, is for PDQ only.
#ifndef KENAL_SRC_EXCHANGE_SIGNAL_LINE_H_
#define KENAL_SRC_EXCHANGE_SIGNAL_LINE_H_

#include <string_view>

#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::exchange {

// `line` without its comment and the blanks around it; empty: says nothing.
std::string_view WithoutComment(std::string_view line);

// Parses what WithoutComment left, which is not empty. "video_md5", as
// other tools call it, is read as md5.
// Errors: kInvalidArgument; the message does not repeat the line.
StatusOr<SignalSet> ParseSignalLine(std::string_view line);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_SIGNAL_LINE_H_
