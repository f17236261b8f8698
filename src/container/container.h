// What a container is to the rest of Kenal: something with files in it.
//
// A disk image, an archive, a cache of thumbnails, a picture that carries a
// thumbnail. Values only; opener.h opens them, recognise.h tells them from
// their first bytes.
//
// Nothing here is text for people unless it says so: names are bytes as the
// container has them, in whatever encoding, and may hold anything but NUL.
#ifndef KENAL_SRC_CONTAINER_CONTAINER_H_
#define KENAL_SRC_CONTAINER_CONTAINER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kenal::container {

// How a container is opened. Sent between processes of one build; never
// stored.
enum class Kind : uint8_t {
  kNone = 0,
  kArchive,     // by libarchive: members one after the other
  kDisk,        // raw image, one descriptor or several in a row: libtsk
  kEwf,         // E01 image, its segments in order: libewf, then libtsk
  kThumbnails,  // caches of thumbnails, and pictures that carry one
  kEncrypted,   // recognised, but there is no way in: LUKS, BitLocker
};
inline constexpr int kKindCount = static_cast<int>(Kind::kEncrypted) + 1;

// Why something was not opened, not listed or not read. `reason` is a word
// for reports and programs, one of
//
//   encrypted_archive  bitlocker  luks  filevault   no key, no way in
//   damaged            the bytes contradict themselves or end early
//   not_a_container    nothing that the kind can open
//   not_supported      recognised, in a form that the libraries do not read
//   too_many_members  member_too_large  expands_too_much  too_deep
//   needs_too_much_memory
//   timed_out          no progress within its CPU or wall time
//   opener_died        the worker ended over it
//   reallocated        of a deleted file: its place belongs to another now
//   unreadable         a segment could not be read (I/O error)
//   stopped            the sink asked for it
//
// and `message` one sentence for people, which names no file.
struct Failure {
  std::string reason;
  std::string message;
  friend bool operator==(const Failure&, const Failure&) = default;
};

// Bounds on one container. What goes beyond is said, never silent.
struct Limits {
  // Entries listed, folders and streams among them.
  uint64_t entries_max = 4'000'000;
  // Bytes of one member of an archive; of all its members together; and of
  // all members for each byte of the archive, where the first 1 GiB is free. A
  // zip of plain text reaches 20, one of zeros 1,000.
  uint64_t member_bytes_max = uint64_t{64} << 30;
  uint64_t total_bytes_max = uint64_t{4} << 40;
  uint64_t expansion_max = 200;
  // CPU that the worker may use between two signs of progress, and the wall
  // time that the same may take.
  int64_t silent_cpu_ms = 30'000;
  int64_t silent_wall_ms = 300'000;
  // CPU for the listing of one container.
  int64_t listing_cpu_ms = 1'800'000;
  // Files of a disk image whose folder is gone are looked for in all its
  // metadata, which is read for that.
  bool with_orphans = true;
};

inline constexpr size_t kPathBytesMax = 32 * 1024;
// Files of one image. 4,000 of 1.5 GB each are 6 TB.
inline constexpr size_t kSegmentsMax = 4'000;

// Among the entries of a picture with Exif, is_virtual: text, the serial number
// of the camera.
inline constexpr std::string_view kCameraSerial = "camera-serial";

enum class EntryType : uint8_t { kFile = 0, kFolder, kOther };

// Where an entry's content is. For Read() alone, and good for the container
// it came from as long as that is open.
struct Place {
  uint32_t volume = 0;
  uint64_t address = 0;  // metadata address (inode, MFT record), offset, count
  uint32_t attribute_type = 0;
  uint32_t attribute_id = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Entry {
  Place place;
  // Names from the root of its volume or archive, joined by '/', not cleaned:
  // ".." and absolute paths are only names. Bytes 0 and '/' within a name
  // are '^'. An alternate data stream has ":" and its name at the end.
  std::string path;
  EntryType type = EntryType::kFile;
  std::optional<uint64_t> size_bytes;  // as listed; unknown for gzip and such
  bool deleted = false;      // its name or its metadata is marked free
  bool reallocated = false;  // deleted, and its content belongs to another
  bool orphan = false;       // deleted, and its folder is gone
  bool encrypted = false;    // content is there but not to be read
  bool is_stream = false;    // an alternate data stream
  // No file: what libtsk makes up ($MBR, $FAT1, $OrphanFiles), kCameraSerial.
  bool is_virtual = false;
  bool is_thumbnail = false;
  // Milliseconds since 1970 in UTC; what the container does not say is unset.
  // FAT and most archives keep local time without its zone: taken for UTC.
  std::optional<int64_t> modified_ms;
  std::optional<int64_t> created_ms;
  std::optional<int64_t> accessed_ms;
  std::optional<int64_t> changed_ms;  // of the metadata
  friend bool operator==(const Entry&, const Entry&) = default;
};

// A part of a disk image with a file system, or with something else.
struct Volume {
  uint32_t number = 0;  // as in Place::volume
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  // What the partition table calls it; for people, printable ASCII.
  std::string description;
  // "ntfs", "fat12", "fat16", "fat32", "exfat", "ext2", "ext3", "ext4",
  // "hfs+", "apfs", "iso9660", "ufs", "yaffs2"; empty when there is none.
  std::string file_system;
  // Why it is not listed: "bitlocker", "luks", "filevault", "damaged",
  // "unknown" (neither a file system nor an encryption that is known here).
  // Of space between partitions "unallocated". Empty when it is listed.
  std::string problem;
  friend bool operator==(const Volume&, const Volume&) = default;
};

// A digest of the medium that the one who made the image stored in it.
struct StoredDigest {
  std::string algorithm;  // "md5" or "sha1"
  std::string hex;        // lower case
  friend bool operator==(const StoredDigest&, const StoredDigest&) = default;
};

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_CONTAINER_H_
