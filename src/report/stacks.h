// Stacks: unknown pictures of a case that are equal or nearly so, put together
// so that one decision of a person covers many. A suggestion, nothing more.
#ifndef KENAL_SRC_REPORT_STACKS_H_
#define KENAL_SRC_REPORT_STACKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/report/near_groups.h"
#include "src/report/places.h"

namespace kenal::report {

struct Stack {
  std::string id;  // of its leader's content: stable from run to run
  NearGroup members;
  uint64_t places = 0;
  std::vector<uint32_t> exhibits;  // ascending
};

// Of pictures with the verdict NO_KNOWN_MATCH or UNAVAILABLE and detail enough
// for PDQ, those stacks that are at two places or more; the largest first, by
// places, contents, id.
StatusOr<std::vector<Stack>> MakeStacks(const findings::Findings& findings,
                                        const ContentPlaces& places);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_STACKS_H_
