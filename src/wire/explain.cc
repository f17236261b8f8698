// Explanations.
#include "kenal/v1/explain.pb.h"
#include "src/wire/convert.h"
#include "src/wire/enums.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"

namespace kenal::wire {
namespace {

// This file's own overloads would hide them.
using wire::FromWire;
using wire::ToWire;

constexpr int kPdqBits = 8 * static_cast<int>(PdqHash::kSizeBytes);

void ToWire(const Comparison& from, v1::Comparison* to) {
  ToWire(from.how, to->mutable_how());
  to->set_distance_bits(from.distance);
  to->set_finding(EnumToWire(kFindings, from.finding));
  if (from.query_quality) to->set_query_quality(*from.query_quality);
  if (from.entry_quality) to->set_entry_quality(*from.entry_quality);
  to->set_query_template_like(from.query_template_like);
  to->set_entry_template_like(from.entry_template_like);
  if (from.second_opinion) {
    ToWire(*from.second_opinion, to->mutable_second_opinion());
  }
}

StatusOr<Comparison> FromWire(const v1::Comparison& from) {
  Comparison to;
  KENAL_TRY_ASSIGN(to.how, FromWire(from.how()));
  KENAL_TRY(
      CheckRange("views.distance_bits", from.distance_bits(), 0, kPdqBits));
  to.distance = from.distance_bits();
  KENAL_TRY_ASSIGN(to.finding,
                   EnumFromWire(kFindings, "views.finding", from.finding()));
  if (from.has_query_quality()) {
    KENAL_TRY(CheckRange("views.query_quality", from.query_quality(), 0,
                         kQualityMax));
    to.query_quality = from.query_quality();
  }
  if (from.has_entry_quality()) {
    KENAL_TRY(CheckRange("views.entry_quality", from.entry_quality(), 0,
                         kQualityMax));
    to.entry_quality = from.entry_quality();
  }
  to.query_template_like = from.query_template_like();
  to.entry_template_like = from.entry_template_like();
  if (from.has_second_opinion()) {
    KENAL_TRY_ASSIGN(to.second_opinion, FromWire(from.second_opinion()));
  }
  return to;
}

}  // namespace

void ToWire(const Explanation& from, v1::Explanation* to) {
  for (const DigestComparison& digest : from.digests) {
    v1::DigestComparison* const added = to->add_digests();
    added->set_type(EnumToWire(kSignalTypes, digest.type));
    added->set_equal(digest.equal);
  }
  for (const Comparison& pair : from.views) ToWire(pair, to->add_views());
  ToWire(from.policy, to->mutable_policy());
  if (from.entry_state) {
    to->set_entry_state(EnumToWire(kEntryStates, *from.entry_state));
  }
  to->set_entry_expired(from.entry_expired);
}

StatusOr<Explanation> FromWire(const v1::Explanation& from) {
  Explanation to;
  for (const v1::DigestComparison& digest : from.digests()) {
    DigestComparison& added = to.digests.emplace_back();
    KENAL_TRY_ASSIGN(added.type,
                     EnumFromWire(kSignalTypes, "digests.type", digest.type()));
    added.equal = digest.equal();
  }
  for (const v1::Comparison& pair : from.views()) {
    KENAL_TRY_ASSIGN(Comparison added, FromWire(pair));
    to.views.push_back(std::move(added));
  }
  KENAL_TRY_ASSIGN(to.policy, FromWire(from.policy()));
  if (from.entry_state() != v1::ENTRY_STATE_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.entry_state, EnumFromWire(kEntryStates, "entry_state",
                                                  from.entry_state()));
  }
  to.entry_expired = from.entry_expired();
  return to;
}

}  // namespace kenal::wire
