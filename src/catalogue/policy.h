// A list's policy: what may be stored, and its one encoding.
#ifndef KENAL_SRC_CATALOGUE_POLICY_H_
#define KENAL_SRC_CATALOGUE_POLICY_H_

#include <cstdint>

#include "kenal/list.h"
#include "kenal/status.h"
#include "src/base/codec.h"

namespace kenal::catalogue {

// Of list records and payloads. Those of older versions are read too.
inline constexpr uint8_t kPolicyVersion = 4;

// The policy as it is kept: with the views that every list stores.
// kInvalidArgument names what is out of range.
StatusOr<ListPolicy> CheckedPolicy(ListPolicy policy);

// `version`: that of the record around it.
void EncodePolicy(const ListPolicy& policy, base::Encoder& out);
ListPolicy DecodePolicy(uint8_t version, base::Decoder& in);
// Reads the version of a record that holds policies.
uint8_t DecodePolicyVersion(base::Decoder& in);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_POLICY_H_
