// Backup record: what one backup consists of, as text that ends with its own
// digest.
#ifndef KENAL_SRC_CATALOGUE_BACKUP_RECORD_H_
#define KENAL_SRC_CATALOGUE_BACKUP_RECORD_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/backup.h"
#include "kenal/status.h"

namespace kenal::catalogue {

// Far above what a store of a billion entries has.
inline constexpr size_t kBackupFilesMax = 1'000'000;
inline constexpr size_t kBackupRecordBytesMax = size_t{256} << 20;

// The layout of a folder of backups; a higher one is refused. Records of stores
// without known-good files are still of format 1.
inline constexpr uint64_t kBackupFormat = 2;

// Where in a store a file belongs.
enum class BackupPlace : uint8_t { kDatabase, kKnown };

// One file of a store, and where its bytes are.
struct BackupFile {
  std::string name;  // in its place
  uint64_t size_bytes = 0;
  // In `files/`: 64 hex digits, the SHA-256 of the bytes; before them, for a
  // table, its unique id as 32 to 48 hex digits and a dash.
  std::string copy;
  BackupPlace place = BackupPlace::kDatabase;
  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

struct BackupRecord {
  BackupInfo info;  // but for file_count and size_bytes, which follow
  uint64_t store_format = 0;
  std::vector<BackupFile> files;
};

std::string HexText(std::span<const uint8_t> bytes);

// The hex digest that the name of a copy ends with.
std::string_view DigestOfCopy(std::string_view copy);
// Whether the name is one of a copy.
bool IsCopyName(std::string_view name);

std::string Encode(const BackupRecord& record);
// Sets all of `info`. Errors: kDataLoss, kFailedPrecondition (a newer Kenal).
StatusOr<BackupRecord> DecodeBackupRecord(std::string_view text);

// The folder's own record: whose backups it holds.
std::string EncodeBackupOwner(std::string_view store_id);
StatusOr<std::string> DecodeBackupOwner(std::string_view text);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_BACKUP_RECORD_H_
