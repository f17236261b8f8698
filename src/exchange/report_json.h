// Lists, entries and the reports of the commands that keep them, as lines of
// JSON. docs/cli.md lists the fields. None has an end of line.
//
// No line holds a stored hash: hashes are secrets, so an entry tells only which
// signals it has, by type, view and quality.
#ifndef KENAL_SRC_EXCHANGE_REPORT_JSON_H_
#define KENAL_SRC_EXCHANGE_REPORT_JSON_H_

#include <optional>
#include <string>
#include <string_view>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/list.h"

namespace kenal::exchange {

std::string WriteListLine(const ListInfo& list);
std::string WriteEntryLine(std::string_view list, const EntrySummary& entry);

// What became of one reference of `kenal entry withdraw` and `dispute`.
std::string WriteEntryResultLine(std::string_view list,
                                 std::string_view reference,
                                 const EntryResult& result, Sequence sequence);

// What became of one file of `kenal ingest`; no result: it was not added.
std::string WriteIngestLine(const std::string& path, const SignalSet& signals,
                            const std::optional<EntryResult>& result);

// `unit`: what the positions of refusals count, "line" or "record".
std::string WriteImportLine(std::string_view list, const ImportReport& report,
                            std::string_view unit, bool rehearsed);
// there_already  entries of the same content, which were not offered.
// not_matched    withdrawn and quarantined ones, neither.
std::string WriteMergeLine(std::string_view from, std::string_view into,
                           const ImportReport& report, uint64_t there_already,
                           uint64_t not_matched, bool rehearsed);
std::string WriteStatsLine(const StoreStats& stats);
std::string WriteVerifyLine(const VerifyReport& report);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_REPORT_JSON_H_
