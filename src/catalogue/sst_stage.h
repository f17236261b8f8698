// SST stage: sorted files for one segment of an import, one a column family,
// built in the staging folder and then taken in by the store in one step.
#ifndef KENAL_SRC_CATALOGUE_SST_STAGE_H_
#define KENAL_SRC_CATALOGUE_SST_STAGE_H_

#include <rocksdb/sst_file_writer.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

class SstStage {
 public:
  // `folder`: of the store, which outlives the stage.
  SstStage(Store& store, const std::string& folder)
      : store_(store), folder_(Store::StagingFolder(folder)) {}
  ~SstStage();  // removes what was not ingested
  SstStage(const SstStage&) = delete;
  SstStage& operator=(const SstStage&) = delete;

  // Within a family, keys only grow. After the first failure nothing is
  // written and Finish() tells.
  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);

  // Writes the files out and syncs them.
  Status Finish();
  // Makes all of them part of the store. After Finish().
  Status Ingest();

 private:
  rocksdb::SstFileWriter* Writer(Family family);
  std::string PathOf(size_t family) const;

  Store& store_;
  const std::string folder_;
  std::array<std::unique_ptr<rocksdb::SstFileWriter>, kFamilyNames.size()>
      writers_;
  rocksdb::Status failure_;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_SST_STAGE_H_
