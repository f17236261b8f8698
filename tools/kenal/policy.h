// A list's policy on the command line.
#ifndef KENAL_TOOLS_KENAL_POLICY_H_
#define KENAL_TOOLS_KENAL_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "kenal/list.h"
#include "kenal/status.h"
#include "tools/kenal/console.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// What is not given stays as it is.
struct PolicyOptions {
  std::optional<int> radius_bits;
  std::optional<std::string> review_radius;  // bits or "none"
  std::optional<std::string> effort;
  std::optional<std::string> views;
  std::optional<std::string> second_opinion;  // "on" or "off"
  std::optional<std::string> action_label;    // or "none"
  std::optional<std::string> share;           // percent
  std::optional<uint64_t> share_seed;
  std::optional<std::string> regions;  // or "all"
  std::optional<std::string> expires;  // or "never"
  std::optional<std::string> shadow;   // "on" or "off"
};

// The options to `command`; `options` outlives it.
void AddPolicyOptions(CLI::App& command, PolicyOptions& options);

// Errors: kInvalidArgument names the option and what it takes.
StatusOr<ListPolicy> WithOptions(ListPolicy policy,
                                 const PolicyOptions& options);
// The same without a policy: what can be said before a store is opened.
Status CheckOptions(const PolicyOptions& options);

// "yes", "no", "shadow" or "expired": whether a list is matched.
std::string MatchedText(const ListPolicy& policy);

// What a table of lists has no room for.
Status PutPolicy(Console& console, const ListPolicy& policy);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_POLICY_H_
