// The records of a journal: one value each, as bytes (docs/format.md,
// "Journals of scans").
#ifndef KENAL_SRC_FINDINGS_RECORDS_H_
#define KENAL_SRC_FINDINGS_RECORDS_H_

#include <string>
#include <string_view>
#include <variant>

#include "kenal/status.h"
#include "src/findings/findings.h"

namespace kenal::findings {

using Record = std::variant<Run, Exhibit, Content, Place>;

// Appends.
void EncodeRecord(const Run& run, std::string& out);
void EncodeRecord(const Exhibit& exhibit, std::string& out);
void EncodeRecord(const Content& content, std::string& out);
void EncodeRecord(const Place& place, std::string& out);

// Errors: kDataLoss, when the bytes are no record.
StatusOr<Record> DecodeRecord(std::string_view bytes);

}  // namespace kenal::findings

#endif  // KENAL_SRC_FINDINGS_RECORDS_H_
