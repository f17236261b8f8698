// Parts that several messages share, for the .cc files of this room.
#ifndef KENAL_SRC_WIRE_PARTS_H_
#define KENAL_SRC_WIRE_PARTS_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/v1/catalogue.pb.h"
#include "kenal/v1/signal.pb.h"
#include "kenal/v1/verdict.pb.h"
#include "kenal/verdict.h"

namespace kenal::wire {

using Strings = google::protobuf::RepeatedPtrField<std::string>;
using Classifications = google::protobuf::RepeatedPtrField<v1::Classification>;

void ToWire(const EntryId& from, v1::EntryId* to);
StatusOr<EntryId> FromWire(const v1::EntryId& from);

void ToWire(const Provenance& from, v1::Provenance* to);
StatusOr<Provenance> FromWire(const v1::Provenance& from);

void ToWire(const std::vector<Classification>& from, Classifications* to);
std::vector<Classification> FromWire(const Classifications& from);

void ToWire(const std::vector<std::string>& from, Strings* to);
std::vector<std::string> FromWire(const Strings& from);

void ToWire(const PictureInfo& from, v1::PictureInfo* to);
StatusOr<PictureInfo> FromWire(const v1::PictureInfo& from);

void ToWire(const Transform& from, v1::Transform* to);
StatusOr<Transform> FromWire(const v1::Transform& from);

void ToWire(const SecondOpinion& from, v1::SecondOpinion* to);
StatusOr<SecondOpinion> FromWire(const v1::SecondOpinion& from);

// CheckActionLabel and CheckRegion, whose errors then name the field.
Status CheckLabel(std::string_view field, std::string_view label);
Status CheckRegionField(std::string_view field, std::string_view region);

// kInvalidArgument "`field`: is not `min` to `max`".
Status CheckRange(std::string_view field, int64_t value, int64_t min,
                  int64_t max);

// 0 is unset. A time that a Timestamp cannot hold (before year 1, after 9999)
// goes out as the nearest that it can.
void TimeToWire(int64_t unix_ms, google::protobuf::Timestamp* to);
StatusOr<int64_t> TimeFromWire(const google::protobuf::Timestamp& from);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_PARTS_H_
