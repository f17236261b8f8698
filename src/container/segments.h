// Which files make up one image.
#ifndef KENAL_SRC_CONTAINER_SEGMENTS_H_
#define KENAL_SRC_CONTAINER_SEGMENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::container {

// Name of segment `number` (from 1) of the image whose first segment is
// `first`: image.001 -> image.002, image.E01 -> image.E99, image.EAA, ...,
// image.ZZZ, in the case of `first`. Empty past the last name there is, or
// when `first` names no first segment.
std::string SegmentName(std::string_view first, int number);

// True for names such as image.001 and image.E01, image.Ex01.
bool IsFirstSegment(std::string_view name);

// The name of the first segment where `name` is that of a later one:
// image.017 -> image.001, image.E17 and image.FAB -> image.E01. Else empty. A
// file whose first segment exists is read with that one.
std::string FirstSegmentOf(std::string_view name);

// The paths of all segments, in order, of the image that begins at `path`:
// those in the same folder, up to the first that is missing. Just `path`
// itself when its name is not that of a first segment. Opens nothing; looks
// names up in the folder, which must be the evidence's own.
// Errors: kResourceExhausted  more than kSegmentsMax
StatusOr<std::vector<std::string>> SegmentNames(const std::string& path);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_SEGMENTS_H_
