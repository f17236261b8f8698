// An explanation for people: a table of what was compared, and in plain
// sentences why two pictures meet or not and what to try.
#ifndef KENAL_TOOLS_KENAL_EXPLAIN_TEXT_H_
#define KENAL_TOOLS_KENAL_EXPLAIN_TEXT_H_

#include <string>
#include <vector>

#include "kenal/explain.h"
#include "kenal/status.h"
#include "tools/kenal/console.h"

namespace kenal::cli {

struct Explained {
  Explanation explanation;
  Effort effort = Effort::kNormal;  // that was asked for
  std::string list;                 // whose policy it is; empty: nobody's
};

// "match", "too far", "not compared".
std::string FindingText(Finding finding);

// Every pair of views, nearest first; after the hits at most as many as one
// takes in.
Status PutComparisons(Console& console, const Explanation& explanation);

// One to a few sentences, each one line.
std::vector<std::string> Conclusions(const Explained& explained);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_EXPLAIN_TEXT_H_
