// What making, checking and restoring backups share.
#ifndef KENAL_SRC_CATALOGUE_BACKUP_H_
#define KENAL_SRC_CATALOGUE_BACKUP_H_

#include <cstdint>
#include <memory>
#include <string>

#include "kenal/backup.h"
#include "kenal/status.h"
#include "src/catalogue/backup_folder.h"
#include "src/catalogue/backup_record.h"
#include "src/catalogue/options.h"

namespace kenal::catalogue {

// A folder in that for temporary files, gone with the object.
class ScratchFolder {
 public:
  static StatusOr<std::unique_ptr<ScratchFolder>> Make();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  // A status without this folder's name in front.
  Status WithoutPath(const Status& status) const;

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

// Opens a backup where it lies, through links in a scratch folder, and compares
// the store's head with the record; with `report`, also reads all of it as
// VerifyStore does. Nothing is written but the links.
Status OpenBackup(const BackupFolder& folder, const BackupRecord& record,
                  const Options& options, const VerifyWatcher& watcher,
                  VerifyReport* report);

// The record of one backup, 0: the last. Errors: kNotFound, kDataLoss.
StatusOr<BackupRecord> FindBackup(const BackupFolder& folder, uint64_t number);

// As in kenal/backup.h.
StatusOr<BackupCheck> CheckBackupsWith(const std::string& folder,
                                       const BackupCheckOptions& check,
                                       const ByteWatcher& watcher,
                                       const Options& options);
StatusOr<BackupInfo> RestoreBackupWith(const std::string& folder,
                                       uint64_t number, const std::string& to,
                                       const ByteWatcher& watcher,
                                       const Options& options);
StatusOr<PruneReport> PruneBackupsWith(const std::string& folder, uint64_t keep,
                                       const Options& options);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_BACKUP_H_
