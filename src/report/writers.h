// One function a report. Each takes a file that was begun and finishes it.
#ifndef KENAL_SRC_REPORT_WRITERS_H_
#define KENAL_SRC_REPORT_WRITERS_H_

#include <memory>
#include <optional>
#include <vector>

#include "kenal/status.h"
#include "src/findings/reader.h"
#include "src/formats/output.h"
#include "src/report/links.h"
#include "src/report/places.h"
#include "src/report/report.h"
#include "src/report/stacks.h"

namespace kenal::report {

// What is reported, and what several reports need of it: made once, when the
// first asks.
class Job {
 public:
  Job(findings::Findings& of, const ReportOptions& with)
      : findings(of), options(with) {}

  findings::Findings& findings;
  const ReportOptions& options;

  const ContentPlaces& places();
  // Never null.
  StatusOr<const std::vector<Stack>*> stacks();
  StatusOr<const Links*> links();

 private:
  std::optional<ContentPlaces> places_;
  std::optional<std::vector<Stack>> stacks_;
  std::optional<Links> links_;
};

using OutputFile = std::unique_ptr<formats::Output>;

// Errors of all: those of reading findings and of formats::Output.
Status WriteJsonLines(Job& job, OutputFile output);
Status WriteCsv(Job& job, OutputFile output);
Status WriteCoverageCsv(Job& job, OutputFile output);
Status WriteVics13(Job& job, OutputFile output);
Status WriteVics20(Job& job, OutputFile output);
Status WriteCase(Job& job, OutputFile output);
Status WriteStacks(Job& job, OutputFile output);
Status WriteGraph(Job& job, OutputFile output);
Status WritePage(Job& job, OutputFile output);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_WRITERS_H_
