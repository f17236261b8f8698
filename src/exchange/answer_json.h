// Answers as lines of JSON: what `kenal match --json` and `kenal query --json`
// print, one an input. docs/cli.md lists the fields.
#ifndef KENAL_SRC_EXCHANGE_ANSWER_JSON_H_
#define KENAL_SRC_EXCHANGE_ANSWER_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/signal.h"
#include "kenal/verdict.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {

// What was asked about: a path when it is known, else a line of the input. A
// hash line carries its path, so both routes to an answer name it alike.
struct Input {
  std::string path;
  uint64_t line = 0;                     // from 1; written only without a path
  std::optional<SignalFailure> failure;  // why it has no PDQ
};

// Without an end of line.
std::string WriteAnswerLine(const Input& input, const Answer& answer);

// Parts of such a line: one match as an object; the lists that know a digest
// as an array under that name, nothing when there are none.
void WriteMatch(const Match& match, JsonWriter& json);
void WriteKnownGood(std::string_view name, const std::vector<KnownGood>& known,
                    JsonWriter& json);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_ANSWER_JSON_H_
