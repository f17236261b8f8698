// Findings: what a scan found, as plain values.
//
// A run looks at exhibits. Each file of an exhibit, each deleted entry, each
// member of a container and each thumbnail within a file is a place. What is
// there is a content: equal bytes at many places are one content, judged once.
//
// Plain values: copyable, no locking, no I/O. Paths are bytes as the evidence
// has them. Digests and PDQ are those of the evidence, never of a list.
#ifndef KENAL_SRC_FINDINGS_FINDINGS_H_
#define KENAL_SRC_FINDINGS_FINDINGS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal::findings {

// Values of the enums here are stored; never renumber.
enum class ExhibitKind : uint8_t {
  kFolder = 1,
  kDiskImage = 2,
  kFile = 3,  // anything else, which may be an archive
};
std::string_view ExhibitKindName(ExhibitKind kind);  // "folder", "disk_image"

// A part of a disk image.
struct Volume {
  uint32_t number = 0;  // from 1, in the order of the image
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  std::string file_system;  // "ntfs", "fat32", ...; empty: none was found
  std::string problem;      // "bitlocker", "unknown", "damaged"; empty: read
  friend bool operator==(const Volume&, const Volume&) = default;
};

// Digests of a whole disk image, or those that it says it has.
struct ImageDigests {
  std::optional<Md5> md5;
  std::optional<Sha1> sha1;
  std::optional<Sha256> sha256;
  bool any() const { return md5 || sha1 || sha256; }
  friend bool operator==(const ImageDigests&, const ImageDigests&) = default;
};

struct Exhibit {
  std::string id;    // unique in a run; 1 to 128 bytes of UTF-8
  std::string path;  // where it was, as given
  ExhibitKind kind = ExhibitKind::kFolder;
  std::string format;       // of an image or file: "raw", "ewf", "zip", ...
  uint64_t size_bytes = 0;  // of an image or file
  ImageDigests computed;    // of an image, when it was hashed
  ImageDigests stored;      // what an image says of itself
  std::vector<Volume> volumes;
  // Why nothing of it, or not all, could be looked at; empty: it was opened.
  std::string problem;
  // Tells it from whatever else may be at its path when the run goes on. In no
  // report.
  std::string identity;

  // False when an image is not what it says it is. Unset: nothing to compare.
  std::optional<bool> stored_digests_hold() const;
  friend bool operator==(const Exhibit&, const Exhibit&) = default;
};

// How closely a place was looked at.
enum class Coverage : uint8_t {
  kExamined = 1,     // a picture: digests and PDQ were compared
  kDigestOnly = 2,   // digests were compared
  kNotExamined = 3,  // it, or what is within it, was not compared
};
std::string_view CoverageName(Coverage coverage);  // "examined", "digest_only"

// Why a place is not examined, or only by digest: stable lower_snake words.
namespace reason {
// kExamined
inline constexpr std::string_view kPicture = "picture";
inline constexpr std::string_view kFlat = "flat";  // too few details for PDQ
inline constexpr std::string_view kDamagedInPart = "damaged_in_part";
// kDigestOnly
inline constexpr std::string_view kVideo = "video";
inline constexpr std::string_view kAudio = "audio";
inline constexpr std::string_view kDocument = "document";
inline constexpr std::string_view kArchive = "archive";  // it was opened
inline constexpr std::string_view kProgram = "program";
inline constexpr std::string_view kDatabase = "database";
inline constexpr std::string_view kText = "text";
inline constexpr std::string_view kOther = "other";
inline constexpr std::string_view kEmpty = "empty";
inline constexpr std::string_view kKnownGood = "known_good";
inline constexpr std::string_view kFormatNotDecoded = "format_not_decoded";
inline constexpr std::string_view kDamagedPicture = "damaged_picture";
inline constexpr std::string_view kPictureTooLarge = "picture_too_large";
inline constexpr std::string_view kDecoderFailed = "decoder_failed";
// kNotExamined
inline constexpr std::string_view kEncryptedArchive = "encrypted_archive";
inline constexpr std::string_view kEncryptedVolume = "encrypted_volume";
inline constexpr std::string_view kBitLocker = "bitlocker";
inline constexpr std::string_view kLuks = "luks";
inline constexpr std::string_view kFileVault = "filevault";
inline constexpr std::string_view kUnknownVolume = "unknown_volume";
inline constexpr std::string_view kTooLarge = "too_large";
inline constexpr std::string_view kTooDeep = "too_deep";
inline constexpr std::string_view kTooManyMembers = "too_many_members";
inline constexpr std::string_view kExpandsTooMuch = "expands_too_much";
inline constexpr std::string_view kDamaged = "damaged";
inline constexpr std::string_view kOpenerFailed = "opener_failed";
inline constexpr std::string_view kNotSupported = "not_supported";
// Of a deleted file: its place belongs to another by now.
inline constexpr std::string_view kReallocated = "reallocated";
inline constexpr std::string_view kUnreadable = "unreadable";
inline constexpr std::string_view kVanished = "vanished";
inline constexpr std::string_view kChanged = "changed";  // while it was read
inline constexpr std::string_view kSpecial = "special";  // link, pipe, device
inline constexpr std::string_view kOtherDevice = "other_device";
// A container, when none was to be looked into.
inline constexpr std::string_view kNotOpened = "not_opened";
inline constexpr std::string_view kNotReached = "not_reached";
inline constexpr std::string_view kNotSampled = "not_sampled";
}  // namespace reason

enum class Thumbnail : uint8_t {
  kNone = 0,
  kExif = 1,   // within a picture
  kCache = 2,  // within a cache of thumbnails
};
std::string_view ThumbnailName(Thumbnail thumbnail);  // "", "exif", "cache"

// Contents are numbered in the order in which a run first judged them; the
// number means nothing outside of its journal.
using ContentNumber = uint32_t;

struct Place {
  uint32_t exhibit = 0;  // its position among the run's exhibits
  // The path within the exhibit, then that within the file it names, and so
  // on: {"backup.zip", "inner.tar", "DCIM/kite.jpg"}. On disk images the first
  // begins with "vol-N/". Never empty.
  std::vector<std::string> path;
  // Tells places of the same path apart: the metadata address of an entry of a
  // file system, the position of a member, from 1. 0 for files of folders.
  uint64_t address = 0;
  bool deleted = false;  // an entry that its file system holds as deleted
  Thumbnail thumbnail = Thumbnail::kNone;
  uint64_t size_bytes = 0;
  std::optional<int64_t> modified_unix_ms;
  std::optional<int64_t> created_unix_ms;
  std::optional<int64_t> accessed_unix_ms;
  Coverage coverage = Coverage::kNotExamined;
  std::string reason;                    // a word of `reason`
  std::string message;                   // for people; may be empty
  std::optional<ContentNumber> content;  // unset: it could not be read

  // Within a container that is a file of the exhibit.
  bool is_member() const { return path.size() > 1; }
  friend bool operator==(const Place&, const Place&) = default;
};

// Paths as people read them: parts joined by " » ".
std::string PathText(const Place& place);

// Names a place within its run. Sorting by keys is the order of reports: by
// exhibit, then path, part by part and byte by byte, then address.
std::string KeyOf(const Place& place);

struct Content {
  Sha256 sha256;
  Md5 md5;
  Sha1 sha1;
  uint64_t size_bytes = 0;
  std::string kind;  // "jpeg", ..., else a phrase: "a PDF document"; or empty
  std::optional<PictureInfo> picture;
  // The whole picture as stored, plain PDQ. Set when it was decoded.
  std::optional<PdqHash> pdq;
  std::optional<int> quality;  // with pdq; 0 to 100
  bool template_like = false;
  std::optional<SignalFailure> pdq_failure;
  std::string camera;  // serial of the camera; only when asked for
  // Of the places it is at, unless one has a reason of its own.
  Coverage coverage = Coverage::kNotExamined;
  std::string reason;

  Verdict verdict = Verdict::kUnavailable;
  std::optional<Tier> tier;
  std::string action_label;
  std::vector<Match> matches;  // at most kMatchesMax of match_count
  uint64_t match_count = 0;
  std::vector<KnownGood> known_good;

  static constexpr int kMatchesMax = 100;
  bool is_hit() const {
    return verdict == Verdict::kExact || verdict == Verdict::kNear ||
           verdict == Verdict::kTest;
  }
  friend bool operator==(const Content&, const Content&) = default;
};

// Why a run is over.
enum class Ending : uint8_t {
  kRunning = 0,      // it is not: it goes on when it is started again
  kComplete = 1,     // every place was looked at
  kTimeBudget = 2,   // --time-budget was used up
  kEnoughHits = 3,   // --stop-at was reached
  kInterrupted = 4,  // by Ctrl-C; it goes on when it is started again
};
// The run is over for good: nothing is added to it any more.
constexpr bool IsFinal(Ending ending) {
  return ending != Ending::kRunning && ending != Ending::kInterrupted;
}
std::string_view EndingName(Ending ending);  // "running", "complete", ...

// What a random sample of an exhibit's bytes stands for: had `material_bytes`
// or more of listed, readable material been among `population_bytes`, then at
// least one file of it was looked at with this probability.
struct SampleStatement {
  double confidence = 0;  // such as 0.99
  uint64_t material_bytes = 0;
  uint64_t population_bytes = 0;
  uint64_t draws = 0;  // random positions, each looked at with its whole file
  uint64_t seed = 0;
  friend bool operator==(const SampleStatement&,
                         const SampleStatement&) = default;
};

// One list, when the run last asked it.
struct ListAsked {
  std::string list;
  Purpose purpose = Purpose::kTest;
  Sequence version;
  uint64_t entry_count = 0;
  bool shadow = false;
  std::string skipped;  // why it took no part; empty: it did
  friend bool operator==(const ListAsked&, const ListAsked&) = default;
};

// What a run looks into, beside files themselves.
struct Scope {
  bool containers = true;
  bool thumbnails = true;
  bool cameras = false;  // the serial numbers that pictures tell
  friend bool operator==(const Scope&, const Scope&) = default;
};

// The run itself. Times and durations are told apart from everything else in
// reports: they differ between runs that found the same.
struct Run {
  std::string case_number;
  std::string authority;
  std::string examiner;
  std::string tool;  // "kenal 0.8.0", with its build
  std::string host;
  std::vector<std::string> arguments;
  std::string lists_from;  // "store" or "service"
  // Where the change log of the lists stood when this part began.
  std::string store_id;
  Sequence log_head;
  std::string log_chain;
  Sequence sequence;  // of the last answer
  std::vector<ListAsked> lists;
  Effort effort = Effort::kNormal;
  Scope scope;
  Ending ending = Ending::kRunning;
  std::optional<SampleStatement> sample;
  int64_t started_unix_ms = 0;
  int64_t ended_unix_ms = 0;
  int64_t working_ms = 0;   // without the pauses between its parts
  uint32_t part_count = 0;  // 1 for a run that was never interrupted
  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace kenal::findings

#endif  // KENAL_SRC_FINDINGS_FINDINGS_H_
