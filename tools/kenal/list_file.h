// List files: what the commands that read and write them say alike.
#ifndef KENAL_TOOLS_KENAL_LIST_FILE_H_
#define KENAL_TOOLS_KENAL_LIST_FILE_H_

#include <string_view>

#include "kenal/status.h"
#include "src/exchange/json_writer.h"
#include "src/formats/writer.h"
#include "tools/kenal/console.h"

namespace kenal::cli {

// What a file says is wrong with the file, not with the words that named it.
Status OfTheFile(const Status& status);

// Of making a file: that there is one already, and what to do.
Status HowToReplace(const Status& status);

// What a format had no place for. `unit`: "records", "entries".
void SayLeftOut(Console& console, std::string_view format,
                std::string_view unit, const formats::WriteReport& report);

// The same as the fields records_left_out and fields_left_out, into the object
// that is open.
void WriteLeftOut(const formats::WriteReport& report,
                  exchange::JsonWriter& json);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_LIST_FILE_H_
