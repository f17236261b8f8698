// Listing, checking and pruning backups.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/file.h"
#include "src/catalogue/backup.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/verify.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

// Named one by one; a bad disk may have millions.
constexpr size_t kProblemsNamed = 100;

std::string Name(const BackupInfo& info) {
  return "backup " + std::to_string(info.number);
}

// What is wrong with one copy; empty: nothing. Errors: kCancelled.
StatusOr<std::string> FaultOfCopy(const BackupFolder& folder,
                                  const BackupFile& file, ByteMeter& meter) {
  const std::string path = folder.CopyPath(file.copy);
  std::error_code error;
  const uint64_t size_bytes = fs::file_size(path, error);
  if (!error && size_bytes > file.size_bytes) {
    return path + ": is longer than it was";
  }
  const StatusOr<std::string> digest =
      ReadThrough(folder.files(), path, file.size_bytes, "", meter);
  if (absl::IsCancelled(digest.status())) return digest.status();
  if (!digest.ok()) return std::string(digest.status().message());
  if (*digest == DigestOfCopy(file.copy)) return "";
  return path + ": does not agree with its digest";
}

// Compares what a store says of itself with the record of its backup.
Status CompareHead(const Store& store, const BackupRecord& record) {
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store.Get(Family::kMeta, kHeadKey));
  if (!value) return DataLoss("the head record is missing");
  KENAL_TRY_ASSIGN(const HeadRow row, DecodeHeadRow(*value));
  if (row.head.sequence == record.info.sequence &&
      row.head.chain == record.info.chain) {
    return OkStatus();
  }
  return DataLoss("it holds the changes up to " +
                  std::to_string(row.head.sequence.value) +
                  ", and its record says up to " +
                  std::to_string(record.info.sequence.value));
}

// Compares what a store says of its known-good files with those of its backup.
Status CompareKnown(const Store& store, const BackupRecord& record) {
  std::map<ListNumber, std::string> names;
  KENAL_TRY(store.Scan(
      Family::kLists, "", nullptr,
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY_ASSIGN(const ListNumber number, ParseListKey(key));
        KENAL_TRY_ASSIGN(const ListRow row, DecodeListRow(number, value));
        names.emplace(number, row.info.name);
        return OkStatus();
      }));
  return ScanKnownRows(
      store, nullptr,
      [&](ListNumber list, const KnownGoodFile& file) -> Status {
        const BackupFile needed{.name = KnownFileName(names[list], file),
                                .size_bytes = file.size_bytes,
                                .copy = HexText(file.sha256),
                                .place = BackupPlace::kKnown};
        if (std::ranges::count(record.files, needed) > 0) return OkStatus();
        return DataLoss("its known-good file " + needed.name +
                        " is not in its record");
      });
}

Status Link(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::create_symlink(fs::absolute(from, error), to, error);
  if (!error) return OkStatus();
  return Unavailable(to + ": cannot be made: " + error.message());
}

}  // namespace

StatusOr<std::unique_ptr<ScratchFolder>> ScratchFolder::Make() {
  std::error_code error;
  std::string path =
      (fs::temp_directory_path(error) / "kenal-backup-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) {
    return Unavailable(base::WithErrno(
        path + ": cannot be made; set TMPDIR to a folder for temporary files",
        errno));
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path)));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Status ScratchFolder::WithoutPath(const Status& status) const {
  std::string message(status.message());
  if (message.starts_with(path_ + ": ")) message.erase(0, path_.size() + 2);
  return Status(status.code(), message);
}

Status OpenBackup(const BackupFolder& folder, const BackupRecord& record,
                  const Options& options, const VerifyWatcher& watcher,
                  VerifyReport* report) {
  KENAL_TRY_ASSIGN(const auto scratch, ScratchFolder::Make());
  const std::string database = Store::DatabaseFolder(scratch->path());
  std::error_code error;
  fs::create_directory(database, error);
  for (const BackupFile& file : record.files) {
    if (file.place != BackupPlace::kDatabase) continue;
    KENAL_TRY(Link(folder.CopyPath(file.copy), database + "/" + file.name));
  }
  const auto say = [&](const Status& status) {
    const Status inner = scratch->WithoutPath(status);
    return Status(inner.code(), Name(record.info) + " in " + folder.path() +
                                    ": " + std::string(inner.message()));
  };
  const auto store =
      Store::Open(scratch->path(), options, Store::Access::kReadOnly);
  if (!store.ok()) return say(store.status());
  for (const auto compare : {CompareHead, CompareKnown}) {
    const Status compared = compare(**store, record);
    if (!compared.ok()) return say(compared);
  }
  if (report == nullptr) return OkStatus();
  StatusOr<VerifyReport> verified = VerifyStore(**store, watcher);
  if (!verified.ok()) return say(verified.status());
  *report = *std::move(verified);
  return OkStatus();
}

StatusOr<BackupRecord> FindBackup(const BackupFolder& folder, uint64_t number) {
  KENAL_TRY_ASSIGN(std::vector<BackupRecord> records, folder.Records());
  if (records.empty()) return NotFound(folder.path() + ": holds no backup yet");
  if (number == 0) number = records.back().info.number;
  for (BackupRecord& record : records) {
    if (record.info.number != number) continue;
    if (record.info.damage.empty()) return std::move(record);
    return DataLoss(folder.path() + ": " + record.info.damage +
                    "; name another with --number");
  }
  return NotFound(folder.path() + ": there is no backup " +
                  std::to_string(number) + "; see kenal backup list");
}

StatusOr<BackupCheck> CheckBackupsWith(const std::string& path,
                                       const BackupCheckOptions& check,
                                       const ByteWatcher& watcher,
                                       const Options& options) {
  KENAL_TRY_ASSIGN(const auto folder, BackupFolder::OpenToRead(path, options));
  KENAL_TRY_ASSIGN(std::vector<BackupRecord> records, folder->Records());
  if (check.number != 0) {
    std::erase_if(records, [&](const BackupRecord& record) {
      return record.info.number != check.number;
    });
  }
  if (records.empty()) return FindBackup(*folder, check.number).status();
  BackupCheck result{.backups = records.size()};
  const auto problem = [&](const std::string& what) {
    if (result.problems.size() < kProblemsNamed)
      result.problems.push_back(what);
  };
  // The first backup that needs a copy stands for all of them.
  std::map<std::string, std::pair<const BackupRecord*, const BackupFile*>>
      copies;
  for (const BackupRecord& record : records) {
    if (!record.info.damage.empty()) problem(record.info.damage);
    for (const BackupFile& file : record.files) {
      if (copies.emplace(file.copy, std::pair(&record, &file)).second) {
        result.bytes += file.size_bytes;
      }
    }
  }
  result.files = copies.size();
  ByteMeter meter(watcher, result.bytes);
  std::set<std::string> bad;
  for (const auto& [copy, use] : copies) {
    KENAL_TRY_ASSIGN(const std::string fault,
                     FaultOfCopy(*folder, *use.second, meter));
    if (fault.empty()) continue;
    bad.insert(copy);
    problem(Name(use.first->info) + ": " + use.second->name + ": " + fault);
  }
  if (!check.verify) return result;
  const VerifyWatcher rows = [&](uint64_t, uint64_t) {
    return !watcher || watcher(result.bytes, result.bytes);
  };
  for (const BackupRecord& record : records) {
    const bool whole =
        record.info.damage.empty() &&
        std::ranges::none_of(record.files, [&](const BackupFile& file) {
          return bad.contains(file.copy);
        });
    if (!whole) continue;
    VerifyReport report;
    const Status opened = OpenBackup(*folder, record, options, rows, &report);
    if (absl::IsCancelled(opened)) return opened;
    if (!opened.ok()) problem(std::string(opened.message()));
    for (const std::string& what : report.problems) {
      problem(Name(record.info) + ": " + what);
    }
  }
  return result;
}

StatusOr<PruneReport> PruneBackupsWith(const std::string& path, uint64_t keep,
                                       const Options& options) {
  if (keep == 0) {
    return InvalidArgument(
        "at least one backup is kept; remove the folder to "
        "remove all of them");
  }
  KENAL_TRY_ASSIGN(const auto folder, BackupFolder::OpenToWrite(path, options));
  KENAL_TRY_ASSIGN(const std::vector<BackupRecord> records, folder->Records());
  // Backups before this one go.
  uint64_t first_kept = 0;
  uint64_t whole = 0;
  for (auto at = records.rbegin(); at != records.rend() && whole < keep; ++at) {
    if (!at->info.damage.empty()) continue;
    first_kept = at->info.number;
    ++whole;
  }
  PruneReport report;
  if (whole == keep) {
    for (const BackupRecord& record : records) {
      if (record.info.number >= first_kept) break;
      KENAL_TRY(folder->RemoveRecord(record.info.number));
      report.removed.push_back(record.info.number);
    }
  }
  KENAL_TRY_ASSIGN(const std::optional<uint64_t> freed,
                   folder->RemoveUnneeded());
  report.files_kept = !freed;
  report.freed_bytes = freed.value_or(0);
  return report;
}

}  // namespace kenal::catalogue

namespace kenal {

StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& folder) {
  KENAL_TRY_ASSIGN(const auto opened, catalogue::BackupFolder::Open(
                                          folder, catalogue::DefaultOptions()));
  KENAL_TRY_ASSIGN(const std::vector<catalogue::BackupRecord> records,
                   opened->Records());
  std::vector<BackupInfo> backups;
  for (const catalogue::BackupRecord& record : records) {
    backups.push_back(record.info);
  }
  return backups;
}

StatusOr<BackupCheck> CheckBackups(const std::string& folder,
                                   const BackupCheckOptions& options,
                                   const ByteWatcher& watcher) {
  return catalogue::CheckBackupsWith(folder, options, watcher,
                                     catalogue::DefaultOptions());
}

StatusOr<PruneReport> PruneBackups(const std::string& folder, uint64_t keep) {
  return catalogue::PruneBackupsWith(folder, keep, catalogue::DefaultOptions());
}

}  // namespace kenal
