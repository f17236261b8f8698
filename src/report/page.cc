#include "src/report/page.h"

#include <utility>

#include "src/report/page_text.h"

namespace kenal::report {
namespace {

constexpr std::string_view kHead =
    R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; )"
    R"(style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
)";

constexpr std::string_view kNav =
    R"(<nav aria-label="Parts of this report"><a href="#coverage">Coverage</a>
<a href="#hits">Hits</a> <a href="#exhibits">Exhibits</a>
<a href="#lists">Lists</a> <a href="#links">Links</a>
<a href="#stacks">Stacks</a> <a href="#unexamined">Not examined</a></nav>
)";

constexpr std::string_view kFoot =
    R"(<footer><p>This page holds no picture and no part of one, and no hash of
a list. Digests are those of the evidence. It is one file, loads nothing and
sends nothing. The same findings, complete, are in report.jsonl and report.csv
beside it.</p></footer>
)";

}  // namespace

findings::Amount AmountOf(const findings::Totals& totals,
                          findings::Coverage coverage) {
  findings::Amount sum;
  for (const auto& [key, amount] : totals.coverage) {
    if (key.first != coverage) continue;
    sum.places += amount.places;
    sum.bytes += amount.bytes;
  }
  return sum;
}

Status WritePage(Job& job, OutputFile output) {
  const findings::Findings& findings = job.findings;
  std::string& out = output->text();
  out += kHead;
  out += "<title>Scan of case " + MarkupText(findings.run().case_number) +
         "</title>\n<style>\n";
  out += kPageStyle;
  out += "</style>\n</head>\n<body>\n<main>\n";
  AppendHeader(findings, out);
  AppendStatement(findings, out);
  AppendTiles(findings, out);
  out += kNav;
  AppendCoverage(findings, out);
  AppendVerdictWords(out);
  AppendCharts(findings, out);
  KENAL_TRY(WriteHits(job, *output));
  AppendExhibits(findings, out);
  AppendLists(findings, out);
  KENAL_TRY_ASSIGN(const Links* links, job.links());
  AppendLinks(findings, *links, out);
  KENAL_TRY_ASSIGN(const std::vector<Stack>* stacks, job.stacks());
  KENAL_TRY(AppendStacks(job, *stacks, out));
  KENAL_TRY(AppendNotExamined(job.findings, out));
  out += kFoot;
  out += "</main>\n<script>\n";
  out += kPageScript;
  out += "</script>\n</body>\n</html>\n";
  return output->Finish();
}

}  // namespace kenal::report
