// What a scan writes into the custody log.
#ifndef KENAL_SRC_SCAN_CUSTODY_RECORDS_H_
#define KENAL_SRC_SCAN_CUSTODY_RECORDS_H_

#include "src/custody/fields.h"
#include "src/findings/findings.h"
#include "src/scan/evidence.h"
#include "src/scan/examiner.h"
#include "src/scan/judge.h"
#include "src/scan/run_folder.h"

namespace kenal::scan {

// The first record of a run or of a further part of it.
custody::Fields RecordOf(const findings::Run& run, const Earlier& earlier,
                         AccessTimes times);
custody::Fields RecordOf(const findings::Exhibit& exhibit);
custody::Fields RecordOf(const findings::Place& place,
                         const findings::Exhibit& exhibit);
custody::Fields EndOf(const findings::Run& run, const Tally& tally,
                      const Judge::Counts& counts);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_CUSTODY_RECORDS_H_
