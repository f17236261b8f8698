// One function a report. Each takes a file that was begun and finishes it.
#ifndef KENAL_SRC_REPORT_WRITERS_H_
#define KENAL_SRC_REPORT_WRITERS_H_

#include <memory>

#include "kenal/status.h"
#include "src/findings/reader.h"
#include "src/formats/output.h"
#include "src/report/report.h"

namespace kenal::report {

struct Job {
  findings::Findings& findings;
  const ReportOptions& options;
};

using OutputFile = std::unique_ptr<formats::Output>;

// Errors of all: those of reading findings and of formats::Output.
Status WriteJsonLines(Job& job, OutputFile output);
Status WriteCsv(Job& job, OutputFile output);
Status WriteCoverageCsv(Job& job, OutputFile output);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_WRITERS_H_
