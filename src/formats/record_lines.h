// Kenal's own list format: everything that readers tell, as lines of JSON.
//
//   {"kenal_list":1,"version":"1.3","has_groups":true}
//   {"group":1}
//   {"field":{"group":1,"path":"CaseID","kind":"json","value":"\"...\""}}
//   {"family":"vics","group":1,"content":{"signals":{"md5":"..."}},...}
//
// docs/formats.md lists the members. What is read from it and written again is
// the same, byte for byte.
#ifndef KENAL_SRC_FORMATS_RECORD_LINES_H_
#define KENAL_SRC_FORMATS_RECORD_LINES_H_

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/formats/json_tree.h"
#include "src/formats/output.h"
#include "src/formats/reader.h"
#include "src/formats/record.h"
#include "src/formats/writer.h"

namespace kenal::formats {

StatusOr<std::unique_ptr<Reader>> OpenRecordLines(const std::string& path);
// `heading` is that of the list that is written.
StatusOr<std::unique_ptr<Writer>> MakeRecordLinesWriter(
    std::unique_ptr<Output> output, const Heading& heading);

// One record as JSON, and back; strict, so that nothing is overlooked.
// Errors: kInvalidArgument names the member.
void AppendRecordJson(const Record& record, std::string& out);
Status ReadRecordJson(const JsonNode& object, Record& record);
// One that may lack what every record of a list has, such as a hash.
Status ReadRecordDetails(const JsonNode& object, Record& record);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_RECORD_LINES_H_
