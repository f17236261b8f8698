// The page that people read: report.html, in parts. Each part appends HTML to
// the file; everything that someone else chose goes through MarkupText or
// AppendScriptText.
#ifndef KENAL_SRC_REPORT_PAGE_H_
#define KENAL_SRC_REPORT_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/report/writers.h"

namespace kenal::report {

// How much of each thing a page holds; it says where the rest is.
inline constexpr size_t kPageHitBytesMax = 64 << 20;
inline constexpr size_t kPageMatchesMax = 10;  // of one content
inline constexpr size_t kPageExhibitsMax = 2000;
inline constexpr size_t kPageNotExaminedMax = 1000;
inline constexpr size_t kPageStacksMax = 50;
inline constexpr size_t kPageBarsMax = 16;
inline constexpr size_t kPageMatrixMax = 14;
inline constexpr size_t kPageGraphMax = 24;

extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

// Places of one coverage, whatever the reason.
findings::Amount AmountOf(const findings::Totals& totals,
                          findings::Coverage coverage);

// page_head.cc
void AppendHeader(const findings::Findings& findings, std::string& out);
void AppendStatement(const findings::Findings& findings, std::string& out);
void AppendTiles(const findings::Findings& findings, std::string& out);
void AppendVerdictWords(std::string& out);

// page_tables.cc
void AppendCoverage(const findings::Findings& findings, std::string& out);
void AppendExhibits(const findings::Findings& findings, std::string& out);
void AppendLists(const findings::Findings& findings, std::string& out);
Status AppendNotExamined(findings::Findings& findings, std::string& out);

// page_charts.cc
void AppendCharts(const findings::Findings& findings, std::string& out);
void AppendLinks(const findings::Findings& findings, const Links& links,
                 std::string& out);
Status AppendStacks(Job& job, const std::vector<Stack>& stacks,
                    std::string& out);

// page_hits.cc: the table of hits and its data.
Status WriteHits(Job& job, formats::Output& output);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_PAGE_H_
