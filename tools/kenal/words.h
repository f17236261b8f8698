// What both `match` and `explain` say, in the same words.
#ifndef KENAL_TOOLS_KENAL_WORDS_H_
#define KENAL_TOOLS_KENAL_WORDS_H_

#include <optional>
#include <string>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// "borders cut off", "inner picture", "middle 95 %"; "" for the whole picture
// as it is stored.
std::string ViewText(View view);

// How a query meets an entry: "as is", "rot90", "borders cut off, flipy",
// "inner picture; entry cropped to 1:1".
std::string HowText(const Transform& transform);

// "second opinion agrees (12 of 576 bits)".
std::string OpinionText(const SecondOpinion& opinion);

// "radius 31, review radius 50, effort thorough".
std::string PolicyText(const ListPolicy& policy);

// `--effort`, with what each costs.
void AddEffortOption(CLI::App& command, std::string& effort);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_WORDS_H_
