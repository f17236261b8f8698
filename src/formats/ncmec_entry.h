// One entry of NCMEC's XML to a record and back.
#ifndef KENAL_SRC_FORMATS_NCMEC_ENTRY_H_
#define KENAL_SRC_FORMATS_NCMEC_ENTRY_H_

#include <libxml/tree.h>

#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/record.h"
#include "src/formats/writer.h"

namespace kenal::formats {

inline constexpr std::string_view kNcmecNamespace =
    "https://hashsharing.ncmec.org/hashsharing/v2";

// `element` is image, video, deletedImage or deletedVideo.
// Errors: kInvalidArgument names the field.
Status ReadNcmecEntry(const xmlNode* element, Record& record);

// Its inverse; `record.kind` is image or video.
void AppendNcmecEntry(const Record& record, std::string& out);
Parts NcmecParts(const Record& record);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_NCMEC_ENTRY_H_
