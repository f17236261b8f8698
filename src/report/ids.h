// Ids that are the same whenever the same things are reported.
#ifndef KENAL_SRC_REPORT_IDS_H_
#define KENAL_SRC_REPORT_IDS_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "src/findings/reader.h"

namespace kenal::report {

// A UUID (version 8) of these parts, whatever bytes they hold; ("ab", "c") and
// ("a", "bc") differ.
std::string UuidOf(const std::vector<std::string_view>& parts);

// Of the case number and the exhibits' ids.
std::string CaseUuid(const findings::Findings& findings);

// Of a place within a case.
std::string PlaceUuid(std::string_view case_uuid,
                      const findings::Exhibit& exhibit,
                      const findings::Place& place);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_IDS_H_
