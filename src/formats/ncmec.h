// NCMEC hash-sharing XML, version 2: pages of entries in and out, and what is
// sent back about them. Extras are of the family "ncmec": one a child of the
// entry, with its XML.
//
// The list's own fields are "paging/next" (where the next page is, decoded)
// and the attributes of images and videos, such as "images/@maxTimestamp".
#ifndef KENAL_SRC_FORMATS_NCMEC_H_
#define KENAL_SRC_FORMATS_NCMEC_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/formats/reader.h"
#include "src/formats/record.h"
#include "src/formats/writer.h"

namespace kenal::formats {

inline constexpr std::string_view kNcmecFamily = "ncmec";
inline constexpr std::string_view kNcmecScheme = "ncmec-industry";
inline constexpr std::string_view kNcmecNextPage = "paging/next";

StatusOr<std::unique_ptr<Reader>> OpenNcmec(const std::string& path);

// `unknown_kind`: where records go that do not say whether they are of images
// or of videos; kUnknown leaves them out.
StatusOr<std::unique_ptr<Writer>> OpenNcmecWriter(const std::string& path,
                                                  bool overwrite,
                                                  MediaKind unknown_kind);

// A vote on one fingerprint of one entry, as it is sent to the service.
struct NcmecFeedback {
  std::string path;  // of the PUT, below the service's address
  std::string body;
};

// `record` names the member and the entry; `opinion` its signal (the service's
// word for the type, or "pdq", "md5", ...) and, when it does not affirm, the
// GUID of a reason that the service gave.
// Errors: kInvalidArgument names what is missing.
StatusOr<NcmecFeedback> MakeNcmecFeedback(const Record& record,
                                          const Opinion& opinion);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_NCMEC_H_
