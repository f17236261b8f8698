#include "src/formats/encase.h"

#include <array>
#include <utility>
#include <vector>

#include "src/formats/byte_source.h"

namespace kenal::formats {
namespace {

constexpr std::array<unsigned char, 8> kMagic = {'H',  'A',  'S',  'H',
                                                 0x0D, 0x0A, 0xFF, 0x00};
constexpr size_t kNameBegin = 1032;
constexpr size_t kNameUnits = 39;
constexpr size_t kRecordsBegin = 1152;
constexpr size_t kRecordBytes = 18;
constexpr size_t kBlockRecords = 4096;

class EncaseReader : public Reader {
 public:
  explicit EncaseReader(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override { return source_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const override {
    return source_->size_bytes();
  }

  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  // Reads until `size` bytes are there or the file ends.
  Status Fill(size_t size);

  std::unique_ptr<ByteSource> source_;
  Heading heading_;
  std::vector<char> bytes_;
  size_t used_ = 0;
  std::string name_;
  bool name_told_ = false;
  uint64_t record_ = 0;
};

Status EncaseReader::Fill(size_t size) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(used_));
  used_ = 0;
  while (bytes_.size() < size) {
    const size_t had = bytes_.size();
    bytes_.resize(size);
    const StatusOr<size_t> got = source_->Read(std::span(bytes_).subspan(had));
    bytes_.resize(had + (got.ok() ? *got : 0));
    KENAL_TRY(got.status());
    if (*got == 0) break;
  }
  return OkStatus();
}

Status EncaseReader::ReadHeader() {
  KENAL_TRY(Fill(kRecordsBegin));
  for (size_t i = 0; i < kMagic.size(); ++i) {
    if (i < bytes_.size() && static_cast<unsigned char>(bytes_[i]) == kMagic[i])
      continue;
    return InvalidArgument(source_->name() + ", byte " + std::to_string(i) +
                           ": is no hash set of EnCase");
  }
  if (bytes_.size() < kRecordsBegin) {
    return InvalidArgument(source_->name() + ", byte " +
                           std::to_string(bytes_.size()) +
                           ": ends within its header");
  }
  for (size_t i = 0; i < kNameUnits; ++i) {
    const char low = bytes_[kNameBegin + 2 * i];
    const char high = bytes_[kNameBegin + 2 * i + 1];
    if (low == 0 && high == 0) break;
    // Other characters than ASCII are not told.
    const bool plain = high == 0 && low >= 0x20 && low < 0x7F;
    name_ += plain ? low : '?';
  }
  used_ = kRecordsBegin;
  return OkStatus();
}

StatusOr<bool> EncaseReader::Next(Item& item) {
  item = {};
  if (!name_told_ && !name_.empty()) {
    name_told_ = true;
    item.kind = Item::Kind::kField;
    item.position.byte = kNameBegin;
    item.field.extra = {"name", name_};
    return true;
  }
  if (bytes_.size() - used_ < kRecordBytes) {
    KENAL_TRY(Fill(kBlockRecords * kRecordBytes));
  }
  const size_t left = bytes_.size() - used_;
  if (left == 0) return false;
  item.position = {.record = record_ + 1,
                   .byte = kRecordsBegin + record_ * kRecordBytes};
  ++record_;
  Status read = InvalidArgument("is cut short; the file may be incomplete");
  if (left >= kRecordBytes) {
    item.record.family = "encase";
    item.record.signals.md5 = *Md5::FromBytes(
        {reinterpret_cast<const uint8_t*>(bytes_.data()) + used_,
         Md5::kSizeBytes});
    read = CheckRecord(item.record);
  }
  used_ += std::min(left, kRecordBytes);
  if (read.ok()) return true;
  item.kind = Item::Kind::kRefused;
  item.why = std::string(read.message());
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenEncase(const std::string& path) {
  KENAL_TRY_ASSIGN(auto source, ByteSource::Open(path));
  auto reader = std::make_unique<EncaseReader>(std::move(source));
  KENAL_TRY(reader->ReadHeader());
  return reader;
}

}  // namespace kenal::formats
