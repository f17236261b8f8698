// Exit codes of `kenal`: a contract that scripts rely on (docs/cli.md).
#ifndef KENAL_TOOLS_KENAL_EXIT_CODE_H_
#define KENAL_TOOLS_KENAL_EXIT_CODE_H_

#include "kenal/status.h"

namespace kenal::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitSomeFailed = 1;   // each was named on stderr
inline constexpr int kExitUsage = 2;        // or a named thing does not exist
inline constexpr int kExitRefused = 3;      // store or input file; unchanged
inline constexpr int kExitUnavailable = 4;  // server away, store locked
inline constexpr int kExitNoSpace = 5;      // committed work is kept
inline constexpr int kExitMatch = 10;       // with --fail-on-match
inline constexpr int kExitMatchAndFailed = 11;

// The one place where errors become exit codes.
int ExitCodeOf(const Status& status);

// Of commands that go through many inputs.
int ExitCodeOf(bool some_failed, bool fail_on_match_and_matched);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_EXIT_CODE_H_
