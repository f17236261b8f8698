// Groups of pictures that are near each other by PDQ.
//
// Each group has a leader, and all others of it lie within the radius of that
// leader. So two of one group are at most twice the radius apart, however many
// there are. Joining whatever is near to any member would chain: a slow fade
// between two pictures would make one group of both.
#ifndef KENAL_SRC_REPORT_NEAR_GROUPS_H_
#define KENAL_SRC_REPORT_NEAR_GROUPS_H_

#include <cstdint>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/findings/findings.h"

namespace kenal::report {

inline constexpr Radius kNearRadius = kDefaultRadius;

struct Picture {
  findings::ContentNumber number = 0;
  Sha256 sha256;  // different for each
  PdqHash pdq;
  uint64_t places = 0;
  // Of few flat tones: grouped only with pictures of the very same PDQ.
  bool template_like = false;
};

struct NearMember {
  findings::ContentNumber number = 0;
  int distance = 0;  // from the leader; bits
};
// The leader first, then by (distance, SHA-256).
using NearGroup = std::vector<NearMember>;

// Every picture is in one group, also alone. Leaders are taken by the number of
// places at their PDQ, most first, then by the least SHA-256 there; each takes
// all that is near it and not taken yet. So groups follow from the pictures
// alone, not from their order or numbers.
// Cost: one exact radius search a group.
StatusOr<std::vector<NearGroup>> GroupPictures(std::vector<Picture> pictures,
                                               Radius radius);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_NEAR_GROUPS_H_
