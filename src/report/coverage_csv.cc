#include "src/report/csv_row.h"
#include "src/report/words.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

void AppendRows(std::string_view scope, std::string_view exhibit,
                const findings::Totals& totals, std::string& out) {
  const auto row = [&](std::string_view coverage, std::string_view reason,
                       std::string_view meaning,
                       const findings::Amount& amount) {
    CsvRow(out)
        .Text(scope)
        .Text(exhibit)
        .Text(coverage)
        .Text(reason)
        .Text(meaning)
        .Number(amount.places)
        .Number(amount.bytes)
        .End();
  };
  for (const auto& [key, amount] : totals.coverage) {
    row(CoverageName(key.first), key.second, ReasonWords(key.second), amount);
  }
  row("all", "", "all places", totals.all);
}

}  // namespace

Status WriteCoverageCsv(Job& job, OutputFile output) {
  findings::Findings& findings = job.findings;
  std::string& out = output->text();
  out += "scope,exhibit,coverage,reason,meaning,places,bytes\r\n";
  AppendRows("run", "", findings.totals(), out);
  for (uint32_t i = 0; i < findings.exhibits().size(); ++i) {
    AppendRows("exhibit", findings.exhibits()[i].id, findings.totals_of(i),
               out);
    KENAL_TRY(output->Flush());
  }
  return output->Finish();
}

}  // namespace kenal::report
