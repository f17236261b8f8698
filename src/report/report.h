// Reports of a scan, made from its findings: for scripts (JSON Lines, CSV), for
// other tools (VICS, CASE/UCO, GraphML) and for people (one page of HTML).
//
//   KENAL_TRY_ASSIGN(auto findings, findings::Findings::Open(folder));
//   KENAL_TRY_ASSIGN(const Written written,
//                    WriteReports(*findings, {.out = folder + "/reports"}));
//   for (const WrittenFile& file : written.files) Log(file.name, file.sha256);
//   for (const FailedFile& file : written.failed) Tell(file.status);
//
// Every number comes from Findings::totals(), so that all reports say the
// same. None holds a picture, a part of one, or a hash of a list; digests are
// those of the evidence. docs/reports.md tells every field.
#ifndef KENAL_SRC_REPORT_REPORT_H_
#define KENAL_SRC_REPORT_REPORT_H_

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/findings/reader.h"

namespace kenal::report {

enum class ReportKind : uint8_t {
  kJsonLines,  // report.jsonl: everything, a line each
  kCsv,        // report.csv: a row a place; coverage.csv
  kVics,       // vics-1.3.json, vics-2.0.json: hits
  kCase,       // case.jsonld: CASE/UCO
  kStacks,     // stacks.jsonl: like unknown pictures together
  kGraph,      // links.graphml: what links exhibits
  kPage,       // report.html
};
// "jsonl", "csv", "vics", "case", "stacks", "graphml", "html".
std::string_view ReportKindName(ReportKind kind);
// Errors: kInvalidArgument names the words there are.
StatusOr<ReportKind> ParseReportKind(std::string_view name);

struct ReportOptions {
  std::string out;             // a folder; made when it is not there
  std::set<ReportKind> kinds;  // empty: all
  bool link_exif = false;      // links by the serial of the camera too
  bool include_pdq = false;    // PDQ of the evidence's pictures in report.jsonl
  bool all_files_in_case = false;  // case.jsonld: every place, not hits alone
  // report.html shows so many hit places and says where the rest is.
  size_t page_hits_max = 200'000;
};

struct WrittenFile {
  std::string name;  // within the folder
  Sha256 sha256;
  uint64_t size_bytes = 0;
  friend bool operator==(const WrittenFile&, const WrittenFile&) = default;
};

struct FailedFile {
  std::string name;
  // kResourceExhausted when the disk is full; kDataLoss, kUnavailable.
  Status status;
};

struct Written {
  std::vector<WrittenFile> files;  // in the order of ReportKind
  std::vector<FailedFile> failed;
};

// Called as each file is begun: its name, how many there are before it, and
// how many in all.
using ReportProgress =
    std::function<void(std::string_view name, size_t before, size_t of)>;

// Writes each report beside its name and gives it that name once it is whole,
// in place of an older one. One that fails leaves what was there before, and
// hinders no other.
// Files are readable by their owner alone.
// Cost: a few reads of every place; memory for the places that were hit, and
// for the PDQ of pictures.
// Errors: kUnavailable  the folder cannot be made
StatusOr<Written> WriteReports(findings::Findings& findings,
                               const ReportOptions& options,
                               const ReportProgress& progress = {});

// The names that these kinds write, in the order in which they are written.
std::vector<std::string> ReportNames(const std::set<ReportKind>& kinds);

// A report without what tells one run from another that found the same: host,
// arguments, times and durations of the run. `name` as in WrittenFile.
std::string Canonical(std::string_view name, std::string_view text);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_REPORT_H_
