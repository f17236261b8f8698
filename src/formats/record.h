// Record: one entry of somebody's list, in the words that all list formats
// share. Readers make them, writers take them; docs/formats.md says which
// member each format can tell.
//
// Plain values: copyable, no locking, no I/O. Records hold hashes, so they are
// secrets: they go into no log and no error message.
#ifndef KENAL_SRC_FORMATS_RECORD_H_
#define KENAL_SRC_FORMATS_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::formats {

enum class MediaKind : uint8_t { kUnknown, kImage, kVideo, kAudio };
std::string_view MediaKindName(MediaKind kind);  // "unknown", "image", ...

// A hash that is stored and handed on, and never matched: its type is not one
// of ours (PhotoDNA, EDK, ...), or its column was quarantined.
struct CarriedHash {
  std::string type;   // "photodna", else as the source calls it
  std::string value;  // the source's own text, verbatim
  bool quarantined = false;
  friend bool operator==(const CarriedHash&, const CarriedHash&) = default;
};

// Something that is true or false; what is unknown has no flag. Names are
// lower_snake: "victim_identified", "offender_identified", "distributed",
// "suspected", "self_generated", "precategorized", "baseline",
// "file_available".
struct Flag {
  std::string name;
  bool value = false;
  friend bool operator==(const Flag&, const Flag&) = default;
};

struct FileName {
  std::string name;
  std::string folder;
  friend bool operator==(const FileName&, const FileName&) = default;
};

// A field that the members of Record do not tell, or not as its file had it:
// an unknown one, or a known one in another spelling ("MediaSize":"20480").
// Writers of the family that it came from put it back; a spelling is used only
// while it still says what the record says.
struct Extra {
  enum class Kind : uint8_t {
    kText,    // `value` is text
    kJson,    // `value` is one JSON value, without white space around it
    kXml,     // `value` is one XML element
    kAbsent,  // the file did not have the field, though the record implies it
  };
  std::string path;  // within the record, as the family names things
  std::string value;
  Kind kind = Kind::kText;
  friend bool operator==(const Extra&, const Extra&) = default;
};

struct Record {
  // Formats whose extras are alike are one family: "vics" (all versions, and
  // NIST's), "ncmec", "csv", "threatexchange", "kdb", ...
  std::string family;
  uint64_t group = 0;  // the group (a case) that it belongs to, from 1; 0: none

  // The source's own id, stable between its deliveries. May be empty.
  std::string source_id;
  std::string file_id;  // a number that means something within its file only
  MediaKind kind = MediaKind::kUnknown;
  SignalSet signals;
  std::vector<CarriedHash> carried;
  std::vector<Classification> classifications;  // never translated
  std::vector<Flag> flags;                      // at most one a name
  std::string series;
  std::vector<std::string> tags;
  std::string comment;
  std::string mime_type;
  std::optional<uint64_t> size_bytes;  // of the file that was hashed
  std::vector<FileName> files;
  std::string source;  // who vouches for it
  std::string member_id;
  std::string member;  // who within the source
  std::vector<Opinion> opinions;
  std::optional<int64_t> updated_unix_ms;
  std::optional<int64_t> expires_unix_ms;
  EntryState state = EntryState::kActive;
  bool deleted = false;  // a tombstone: only ids and times are told
  std::vector<Extra> extra;

  friend bool operator==(const Record&, const Record&) = default;
};

// A field of the list itself (group 0) or of one group of its records.
struct Field {
  uint64_t group = 0;
  Extra extra;
  friend bool operator==(const Field&, const Field&) = default;
};

// The flag of that name, if it is known.
std::optional<bool> FlagOf(const Record& record, std::string_view name);
// Sets or replaces it.
void SetFlag(std::string_view name, bool value, Record& record);

// The PDQ of the record, or nullptr.
const PdqView* PdqOf(const Record& record);

const CarriedHash* CarriedOf(const Record& record, std::string_view type);

// The type name under which every format carries PhotoDNA.
inline constexpr std::string_view kPhotoDna = "photodna";

// Refuses what no list should hold: no hash at all, a digest of empty input, a
// perceptual hash of zeros. Tombstones need no hash.
// Errors: kInvalidArgument, without hash bits.
Status CheckRecord(const Record& record);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_RECORD_H_
