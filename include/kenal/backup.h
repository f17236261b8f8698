// Backups: copies of a store in a folder of their own, from which it can be
// restored.
//
// A folder holds the backups of one store, numbered from 1. Files that several
// of them need are there once, so a backup copies only what is new since the
// others. Each is whole or not there at all, and none is altered later: what
// ends one early (kill -9, a full or an unplugged disk) leaves the others as
// they were. Folder and files are private to their owner: they hold hashes.
//
// Engine::Backup makes them while the store is open and written to; what reads
// them needs no store. Bytes: docs/format.md, "Backups".
#ifndef KENAL_BACKUP_H_
#define KENAL_BACKUP_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kenal/sequence.h"
#include "kenal/status.h"

namespace kenal {

struct BackupInfo {
  uint64_t number = 0;
  // Not empty: its record cannot be read, and nothing below is known.
  std::string damage;

  std::string store_id;  // 32 hex digits
  uint64_t incarnation = 0;
  Sequence sequence;  // of the last change that it holds
  std::array<uint8_t, 32> chain{};
  int64_t unix_ms = 0;
  uint64_t file_count = 0;
  uint64_t size_bytes = 0;  // what a restore writes
  uint64_t new_bytes = 0;   // what this one added to the folder
};

// Gets (done, total) bytes now and then, on the calling thread; false: stop,
// which ends the call with kCancelled.
using ByteWatcher = std::function<bool(uint64_t done, uint64_t total)>;

// What compacting came to.
struct CompactReport {
  uint64_t bytes_before = 0;  // of the store on disk
  uint64_t bytes_after = 0;
};

// Gets (done, total) rows now and then, on the calling thread.
using RowWatcher = std::function<void(uint64_t done, uint64_t total)>;

// What rebuilding the index came to.
struct RebuildReport {
  uint64_t pdq_rows = 0;
  uint64_t digest_rows = 0;
  // Whether it was kept for the next start; that of a small store is not.
  bool kept = false;
};

// Adds a backup of the store in `data`, which nobody has open, to `folder`: one
// of backups of this store, or an empty one, or a new one in a folder that
// there is. It holds the store as it is between two changes, and is whole or
// not there; earlier ones are never touched. Writes no row to the store.
// Cost: reads and writes the tables that are new since the other backups in
// `folder`, and the log of the last changes. With Engine::Backup writers wait
// while the files are listed, some milliseconds.
// Errors: those of Engine::Open
//         kFailedPrecondition  `folder` holds something else, or the backups
//                              of another store
//         kResourceExhausted   no space there
//         kUnavailable         another backup is at work there, a disk reports
//                              an error, or a write to the store failed before
//         kDataLoss            a file of the store is damaged
//         kCancelled           the watcher said so
StatusOr<BackupInfo> BackupStore(const std::string& data,
                                 const std::string& folder,
                                 const ByteWatcher& watcher);

// Rewrites the tables of a store that nobody has open without the rows that
// later ones have replaced. Changes no answer. Stopped early, what was done
// stays done.
// Cost: reads and writes the whole store, a part at a time.
// Errors: those of Engine::Open; kResourceExhausted for the next part;
//         kUnavailable as above; kCancelled
StatusOr<CompactReport> CompactStore(const std::string& data,
                                     const ByteWatcher& watcher);

// Throws the kept index of a store that nobody has open away, builds it from
// the catalogue and keeps that. `notice` is told as in Engine::Open.
// Errors: those of Engine::Open
StatusOr<RebuildReport> RebuildIndex(
    const std::string& data,
    const std::function<void(const std::string&)>& notice,
    const RowWatcher& watcher);

// All that are finished, by number; damaged ones too.
// Errors: kNotFound            no such folder
//         kFailedPrecondition  holds no backups, or those of a newer Kenal
//         kDataLoss            the folder's own record is damaged
//         kUnavailable         cannot be read
StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& folder);

struct BackupCheckOptions {
  uint64_t number = 0;  // 0: all of them
  // Also opens each and reads it as Curator::Verify does, where it lies.
  bool verify = false;
};

struct BackupCheck {
  uint64_t backups = 0;
  uint64_t files = 0;  // each once, however many backups need it
  uint64_t bytes = 0;
  std::vector<std::string> problems;  // empty: all can be restored
};

// Reads every file of backups and compares it with its digest. Writes nothing
// to the folder.
// Errors: those of ListBackups; kNotFound  no backup of that number, or none
StatusOr<BackupCheck> CheckBackups(const std::string& folder,
                                   const BackupCheckOptions& options,
                                   const ByteWatcher& watcher);

// Makes a store in `to`, which is made when it is missing and else must be
// empty: with the id of the one that was backed up, and an incarnation of its
// own, so that no view takes it for the other. Every file is compared with its
// digest on the way, and the store is opened and checked before it is there.
// number  0: the last one.
// Errors: those of CheckBackups
//         kAlreadyExists, kFailedPrecondition  `to` holds a store, or others'
//                                              files; nothing is changed
//         kDataLoss           the backup is damaged, and in which file
//         kResourceExhausted  no space
StatusOr<BackupInfo> RestoreBackup(const std::string& folder, uint64_t number,
                                   const std::string& to,
                                   const ByteWatcher& watcher);

struct PruneReport {
  std::vector<uint64_t> removed;  // numbers
  uint64_t freed_bytes = 0;
  // Files that no backup needs stay while the record of a kept one cannot be
  // read: it may need them.
  bool files_kept = false;
};

// Removes all backups but the last `keep` (from 1) whose records can be read,
// and damaged ones older than those.
// Errors: those of ListBackups
//         kInvalidArgument  `keep` is 0
//         kUnavailable      another process writes to the folder
StatusOr<PruneReport> PruneBackups(const std::string& folder, uint64_t keep);

}  // namespace kenal

#endif  // KENAL_BACKUP_H_
