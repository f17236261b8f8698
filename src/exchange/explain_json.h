// Explanations as lines of JSON: what `kenal explain --json` prints, one a
// comparison. docs/cli.md lists the fields.
//
//   {"path":"a.jpg","list":"demo","entry":"7","state":"active",
//    "policy":{"enabled":true,"radius":31,...},
//    "digests":[{"type":"md5","equal":false},...],
//    "views":[{"finding":"match","distance":8,
//              "transform":{"view":"trimmed",...},
//              "quality":100,"entry_quality":96,
//              "template_like":false,"entry_template_like":false},...]}
//
// A side that could not be hashed, or not all of it, says so: "damaged",
// "error" and "error_code" as in the lines of `kenal hash`, and
// "other_damaged", "other_error" and "other_error_code" of the other file.
#ifndef KENAL_SRC_EXCHANGE_EXPLAIN_JSON_H_
#define KENAL_SRC_EXCHANGE_EXPLAIN_JSON_H_

#include <optional>
#include <string>

#include "kenal/explain.h"

namespace kenal::exchange {

// What became of a file.
struct FileOutcome {
  bool damaged = false;  // only a part was compared
  std::optional<SignalFailure> failure;
};
FileOutcome OutcomeOf(const SignalSet& signals);

// What was held against what. The other side is a file or an entry: what does
// not apply stays empty and is not written.
struct Compared {
  std::string path;
  std::string other_path;
  std::string list;
  std::string reference;  // of the entry, as it was asked for
  FileOutcome outcome;
  FileOutcome other_outcome;
};

// Without an end of line, and without hashes.
std::string WriteExplanationLine(const Compared& compared,
                                 const Explanation& explanation);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_EXPLAIN_JSON_H_
