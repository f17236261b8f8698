// Imports that are only tried: done on a copy of the store.
#include <rocksdb/utilities/checkpoint.h>

#include <atomic>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <system_error>

#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/store_folder.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

// A folder that goes when this does.
class Dropped {
 public:
  explicit Dropped(std::string folder) : folder_(std::move(folder)) {}
  ~Dropped() {
    std::error_code error;  // opening the store tries again
    fs::remove_all(folder_, error);
  }
  Dropped(const Dropped&) = delete;
  Dropped& operator=(const Dropped&) = delete;
  const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
};

}  // namespace

void RemoveRehearsals(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    std::error_code kept;
    if (name.starts_with(kRehearsalPrefix)) fs::remove_all(at->path(), kept);
  }
}

StatusOr<ImportReport> CatalogueImpl::RehearseImport(
    std::string_view list, const ImportSource& source,
    const ImportWatcher& watcher, const Authorship& by) {
  static std::atomic<uint64_t> count = 0;
  const Dropped copy(folder_ + "/" + std::string(kRehearsalPrefix) +
                     std::to_string(++count));
  KENAL_TRY(MakeFolder(copy.folder()));
  {
    // Between two changes. Tables are linked, so only the log is copied.
    const FairLock lock(write_);
    KENAL_TRY(store_->CheckWritable());
    rocksdb::Checkpoint* made = nullptr;
    KENAL_TRY(store_->Say(rocksdb::Checkpoint::Create(&store_->db(), &made)));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    KENAL_TRY(store_->Say(
        checkpoint->CreateCheckpoint(Store::DatabaseFolder(copy.folder()),
                                     std::numeric_limits<uint64_t>::max())));
  }
  KENAL_TRY_ASSIGN(const auto tried, Open(copy.folder(), options_));
  KENAL_TRY_ASSIGN(ImportReport report,
                   tried->Import(list, source, watcher, by));
  report.sequence = head().sequence;
  return report;
}

}  // namespace kenal::catalogue
