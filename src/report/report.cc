#include "src/report/report.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

struct Maker {
  std::string_view name;
  ReportKind kind;
  Status (*write)(Job&, OutputFile);
  // How a line begins that belongs to the run alone; empty: there is none.
  std::string_view run_line;
};

// In the order of ReportKind.
constexpr Maker kMakers[] = {
    {"report.jsonl", ReportKind::kJsonLines, WriteJsonLines,
     "{\"type\":\"run\","},
    {"report.csv", ReportKind::kCsv, WriteCsv, ""},
    {"coverage.csv", ReportKind::kCsv, WriteCoverageCsv, ""},
    {"vics-1.3.json", ReportKind::kVics, WriteVics13, ""},
    {"vics-2.0.json", ReportKind::kVics, WriteVics20, ""},
    {"case.jsonld", ReportKind::kCase, WriteCase, "{\"uco-core:startTime\""},
    {"stacks.jsonl", ReportKind::kStacks, WriteStacks, ""},
    {"links.graphml", ReportKind::kGraph, WriteGraph, ""},
    {"report.html", ReportKind::kPage, WritePage, "<p id=\"run\">"},
};

constexpr std::pair<ReportKind, std::string_view> kKinds[] = {
    {ReportKind::kJsonLines, "jsonl"}, {ReportKind::kCsv, "csv"},
    {ReportKind::kVics, "vics"},       {ReportKind::kCase, "case"},
    {ReportKind::kStacks, "stacks"},   {ReportKind::kGraph, "graphml"},
    {ReportKind::kPage, "html"},
};

std::vector<const Maker*> MakersOf(const std::set<ReportKind>& kinds) {
  std::vector<const Maker*> makers;
  for (const Maker& maker : kMakers) {
    if (kinds.empty() || kinds.contains(maker.kind)) makers.push_back(&maker);
  }
  return makers;
}

Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return OkStatus();
  const int error_number = errno;
  struct stat info {};
  if (error_number == EEXIST && stat(path.c_str(), &info) == 0 &&
      S_ISDIR(info.st_mode)) {
    return OkStatus();
  }
  return Unavailable(
      base::WithErrno(path + ": no folder can be made there", error_number));
}

StatusOr<WrittenFile> WriteOne(const Maker& maker, Job& job) {
  const std::string path = job.options.out + "/" + std::string(maker.name);
  KENAL_TRY_ASSIGN(OutputFile output,
                   formats::Output::Open(path, /*overwrite=*/true));
  KENAL_TRY(maker.write(job, std::move(output)));
  // Of what the file holds, as it is read back.
  base::Sha256Stream digest;
  WrittenFile written{.name = std::string(maker.name)};
  KENAL_TRY(base::ReadBlocks(path, [&](std::span<const uint8_t> block) {
    digest.Add(block);
    written.size_bytes += block.size();
  }));
  written.sha256.bytes = digest.Finish();
  return written;
}

}  // namespace

const ContentPlaces& Job::places() {
  if (!places_) places_.emplace(findings);
  return *places_;
}

StatusOr<const std::vector<Stack>*> Job::stacks() {
  if (!stacks_) {
    KENAL_TRY_ASSIGN(stacks_, MakeStacks(findings, places()));
  }
  return &*stacks_;
}

StatusOr<const Links*> Job::links() {
  if (!links_) {
    KENAL_TRY_ASSIGN(links_, MakeLinks(findings, places(), options.link_exif));
  }
  return &*links_;
}

std::string_view ReportKindName(ReportKind kind) {
  const auto found = std::ranges::find(
      kKinds, kind, &std::pair<ReportKind, std::string_view>::first);
  return found == std::end(kKinds) ? "" : found->second;
}

StatusOr<ReportKind> ParseReportKind(std::string_view name) {
  std::string names;
  for (const auto& [kind, word] : kKinds) {
    if (word == name) return kind;
    if (!names.empty()) names += ", ";
    names += word;
  }
  return InvalidArgument("unknown kind of report; there are " + names);
}

StatusOr<Written> WriteReports(findings::Findings& findings,
                               const ReportOptions& options,
                               const ReportProgress& progress) {
  KENAL_TRY(MakeFolder(options.out));
  Job job(findings, options);
  Written written;
  const std::vector<const Maker*> makers = MakersOf(options.kinds);
  for (size_t i = 0; i < makers.size(); ++i) {
    if (progress) progress(makers[i]->name, i, makers.size());
    StatusOr<WrittenFile> file = WriteOne(*makers[i], job);
    if (file.ok()) {
      written.files.push_back(*std::move(file));
    } else {
      written.failed.push_back(
          {std::string(makers[i]->name), std::move(file).status()});
    }
  }
  return written;
}

std::vector<std::string> ReportNames(const std::set<ReportKind>& kinds) {
  std::vector<std::string> names;
  for (const Maker* maker : MakersOf(kinds)) names.emplace_back(maker->name);
  return names;
}

std::string Canonical(std::string_view name, std::string_view text) {
  const auto maker = std::ranges::find(kMakers, name, &Maker::name);
  if (maker == std::end(kMakers) || maker->run_line.empty()) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with(maker->run_line)) out += line;
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace kenal::report
