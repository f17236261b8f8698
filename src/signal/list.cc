#include "kenal/list.h"

namespace kenal {

ListPolicy DefaultPolicy(Purpose purpose) {
  ListPolicy policy;
  if (purpose == Purpose::kOwnDecisions) policy.pdq_radius = Radius{0};
  return policy;
}

}  // namespace kenal
