// Hash lines: a signal set as one line of JSON. `kenal hash --json` writes
// them and `kenal query` reads them back; docs/cli.md lists the fields.
//
//   {"path":"kite.jpg","width":640,"height":480,"format":"jpeg",
//    "damaged":false,"signals":{"pdq":{"hex":"...","quality":100,
//    "profile":"native","template_like":false,"marr":"...",
//    "dihedral":{"orig":"...",...},
//    "views":{"trimmed":{"hex":"...","quality":100,"profile":"native",
//      "region":{"x":0,"y":40,"width":640,"height":400}},...}},
//    "md5":"...","sha1":"...","sha256":"..."}}
//
// The fields of "pdq" itself are those of the view `stored`; the other views
// have the same fields, in the order of kenal::View. What is not known is left
// out.
//
// A file without PDQ has "error" and "error_code" as well, and still what
// digests there are. A path that is not UTF-8 is written with U+FFFD in
// "path", and exactly in "path_base64".
#ifndef KENAL_SRC_EXCHANGE_HASH_JSON_H_
#define KENAL_SRC_EXCHANGE_HASH_JSON_H_

#include <string>
#include <string_view>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {

struct HashLine {
  std::string path;  // bytes as the file system has them; may be empty
  SignalSet signals;
  friend bool operator==(const HashLine&, const HashLine&) = default;
};

// Without an end of line. `dihedral`: with the eight variants, where known.
std::string WriteHashLine(const HashLine& line, bool dihedral);

// The value of "signals" alone.
void WriteSignals(const SignalSet& signals, bool dihedral, JsonWriter& json);

// The inverse of WriteHashLine. Strict, because a field overlooked could be a
// check left out: unknown or repeated fields, wrong types and a line with
// neither signals nor an error are refused. An error text that may hold a hash
// is read as a neutral one.
// Errors: kInvalidArgument names the field; the message never repeats a value.
StatusOr<HashLine> ParseHashLine(std::string_view json);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_HASH_JSON_H_
