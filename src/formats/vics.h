// Project VIC (VICS) JSON, 1.1 to 1.3 and 2.0, and the list of harmless files
// that NIST gives out in its shape. Field names are matched without regard to
// case; what the members of Record do not tell is kept as extras of the family
// "vics", one a field of the media, with its JSON.
#ifndef KENAL_SRC_FORMATS_VICS_H_
#define KENAL_SRC_FORMATS_VICS_H_

#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/input.h"
#include "src/formats/json_tree.h"
#include "src/formats/output.h"
#include "src/formats/reader.h"
#include "src/formats/record.h"
#include "src/formats/writer.h"

namespace kenal::formats {

inline constexpr std::string_view kVicsFamily = "vics";

// Reads the header. Errors: as OpenReader.
StatusOr<std::unique_ptr<Reader>> OpenVics(std::unique_ptr<Input> input);

// `heading`: version 1.1, 1.2, 1.3 or 2.0 (2.0 when empty); region for 2.0
// (CUSTOM when empty).
StatusOr<std::unique_ptr<Writer>> MakeVicsWriter(std::unique_ptr<Output> output,
                                                 const Heading& heading);

// What differs between versions.
struct VicsDialect {
  bool odata_4 = false;  // 2.0
  std::string version;
  std::string region;
  bool cases = false;  // value holds cases rather than media

  // The key that declares a version, and its value.
  std::string_view declaring_key() const {
    return odata_4 ? "@odata.context" : "odata.metadata";
  }
  std::string declaration() const;
  // Of categories: "vics", or with a region "vics-us" and the like.
  std::string scheme() const;
  friend bool operator==(const VicsDialect&, const VicsDialect&) = default;
};

// Of the value of a declaring key. Errors: kInvalidArgument.
StatusOr<VicsDialect> ParseVicsDeclaration(std::string_view text);
StatusOr<VicsDialect> VicsDialectOf(const Heading& heading);

// One element of Media. Errors: kInvalidArgument names the field.
Status ReadVicsMedia(const JsonNode& media, const VicsDialect& dialect,
                     Record& record);
// Its inverse; `number` is the MediaID of records without one.
void AppendVicsMedia(const Record& record, const VicsDialect& dialect,
                     uint64_t number, std::string& out);
// What AppendVicsMedia tells of this record.
Parts VicsParts(const Record& record, const VicsDialect& dialect);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_VICS_H_
