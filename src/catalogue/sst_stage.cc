#include "src/catalogue/sst_stage.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace kenal::catalogue {

SstStage::~SstStage() {
  for (size_t i = 0; i < writers_.size(); ++i) {
    if (writers_[i] == nullptr) continue;
    writers_[i].reset();
    std::error_code error;  // Open removes what stays behind
    std::filesystem::remove(PathOf(i), error);
  }
}

std::string SstStage::PathOf(size_t family) const {
  return folder_ + "/" + std::string(kFamilyNames[family]) + ".sst";
}

rocksdb::SstFileWriter* SstStage::Writer(Family family) {
  const size_t i = static_cast<size_t>(family);
  if (writers_[i] == nullptr && failure_.ok()) {
    writers_[i] = std::make_unique<rocksdb::SstFileWriter>(
        rocksdb::EnvOptions(), store_.sst_options(family),
        store_.family(family));
    failure_ = writers_[i]->Open(PathOf(i));
  }
  return failure_.ok() ? writers_[i].get() : nullptr;
}

void SstStage::Put(Family family, std::string_view key,
                   std::string_view value) {
  if (rocksdb::SstFileWriter* const writer = Writer(family)) {
    failure_ = writer->Put(AsSlice(key), AsSlice(value));
  }
}

void SstStage::Delete(Family family, std::string_view key) {
  if (rocksdb::SstFileWriter* const writer = Writer(family)) {
    failure_ = writer->Delete(AsSlice(key));
  }
}

Status SstStage::Finish() {
  for (const auto& writer : writers_) {
    if (writer != nullptr && failure_.ok()) failure_ = writer->Finish();
  }
  return store_.Say(failure_);
}

Status SstStage::Ingest() {
  std::vector<std::pair<Family, std::string>> files;
  for (size_t i = 0; i < writers_.size(); ++i) {
    if (writers_[i] == nullptr) continue;
    files.emplace_back(static_cast<Family>(i), PathOf(i));
  }
  return store_.Ingest(files);
}

}  // namespace kenal::catalogue
