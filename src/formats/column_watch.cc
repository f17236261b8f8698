#include "src/formats/column_watch.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace kenal::formats {
namespace {

constexpr size_t kRecordsAhead = 1000;
constexpr size_t kBytesAhead = 8 << 20;
constexpr uint64_t kRepeatsLeast = 100;
// Types of carried hashes that are watched; a list has a handful.
constexpr size_t kColumnsMax = 16;
constexpr std::string_view kPdq = "pdq";

// The value that has a majority, if any has (Boyer and Moore's vote), and how
// often it was met since it leads: never more than it is there.
struct Column {
  std::string name;
  std::string leader;
  uint64_t votes = 0;
  uint64_t met = 0;
  uint64_t records = 0;
  std::optional<Md5> last_md5;
  bool quarantined = false;

  void Count(const std::string& value, const Record& record);
};

void Column::Count(const std::string& value, const Record& record) {
  ++records;
  if (votes == 0 && value != leader) {
    leader = value;
    met = 0;
    last_md5.reset();
  }
  if (value != leader) {
    --votes;
    return;
  }
  ++votes;
  // Copies of one file may well be alike.
  const bool other = !record.signals.md5 || record.signals.md5 != last_md5;
  last_md5 = record.signals.md5;
  met += other;
  quarantined = quarantined || (met >= kRepeatsLeast && 2 * met > records);
}

size_t SizeOf(const Record& record) {
  size_t size = sizeof(Record) + record.comment.size() + record.series.size();
  for (const Extra& extra : record.extra) {
    size += sizeof(Extra) + extra.path.size() + extra.value.size();
  }
  for (const CarriedHash& hash : record.carried) {
    size += sizeof(CarriedHash) + hash.value.size();
  }
  for (const FileName& file : record.files) {
    size += sizeof(FileName) + file.name.size() + file.folder.size();
  }
  return size + record.opinions.size() * sizeof(Opinion);
}

class WatchingReader : public Reader {
 public:
  explicit WatchingReader(std::unique_ptr<Reader> reader)
      : reader_(std::move(reader)) {}

  const Heading& heading() const override { return reader_->heading(); }
  uint64_t consumed_bytes() const override { return reader_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const override {
    return reader_->size_bytes();
  }

  StatusOr<bool> Next(Item& item) override;

 private:
  // One more item to those that are ahead, or the end.
  void Read();
  void Watch(const Record& record);
  void Count(std::string_view name, const std::string& value,
             const Record& record);
  void Quarantine(Record& record) const;

  std::unique_ptr<Reader> reader_;
  std::deque<Item> ahead_;
  size_t bytes_ahead_ = 0;
  StatusOr<bool> end_ = true;  // false or an error: nothing more comes
  std::vector<Column> columns_;
  std::deque<std::string> to_tell_;
};

void WatchingReader::Count(std::string_view name, const std::string& value,
                           const Record& record) {
  auto column =
      std::find_if(columns_.begin(), columns_.end(),
                   [name](const Column& each) { return each.name == name; });
  if (column == columns_.end()) {
    if (columns_.size() == kColumnsMax) return;
    columns_.push_back({.name = std::string(name)});
    column = columns_.end() - 1;
  }
  if (column->quarantined) return;
  column->Count(value, record);
  if (column->quarantined) to_tell_.push_back(column->name);
}

void WatchingReader::Watch(const Record& record) {
  if (const PdqView* pdq = PdqOf(record)) {
    Count(kPdq, pdq->hash.ToHex(), record);
  }
  for (const CarriedHash& hash : record.carried) {
    Count(hash.type, hash.value, record);
  }
}

void WatchingReader::Quarantine(Record& record) const {
  for (const Column& column : columns_) {
    if (!column.quarantined) continue;
    if (column.name == kPdq && PdqOf(record) != nullptr) {
      record.carried.push_back(
          {std::string(kPdq), PdqOf(record)->hash.ToHex(), true});
      record.signals.pdq.clear();
    }
    for (CarriedHash& hash : record.carried) {
      hash.quarantined = hash.quarantined || hash.type == column.name;
    }
  }
}

void WatchingReader::Read() {
  Item& item = ahead_.emplace_back();
  end_ = reader_->Next(item);
  if (!end_.ok() || !*end_) {
    ahead_.pop_back();
    return;
  }
  bytes_ahead_ += sizeof(Item) + item.field.extra.value.size();
  if (item.kind != Item::Kind::kRecord) return;
  bytes_ahead_ += SizeOf(item.record);
  Watch(item.record);
}

StatusOr<bool> WatchingReader::Next(Item& item) {
  while (end_.ok() && *end_ && ahead_.size() < kRecordsAhead &&
         bytes_ahead_ < kBytesAhead) {
    Read();
  }
  if (!to_tell_.empty()) {
    item = {.kind = Item::Kind::kField};
    if (!ahead_.empty()) item.position = ahead_.front().position;
    item.field.extra = {std::string(kQuarantinedColumn), to_tell_.front()};
    to_tell_.pop_front();
    return true;
  }
  if (ahead_.empty()) return end_;
  item = std::move(ahead_.front());
  ahead_.pop_front();
  const size_t size =
      sizeof(Item) + item.field.extra.value.size() +
      (item.kind == Item::Kind::kRecord ? SizeOf(item.record) : 0);
  bytes_ahead_ -= std::min(size, bytes_ahead_);
  if (item.kind == Item::Kind::kRecord) Quarantine(item.record);
  return true;
}

}  // namespace

std::unique_ptr<Reader> WatchColumns(std::unique_ptr<Reader> reader) {
  return std::make_unique<WatchingReader>(std::move(reader));
}

}  // namespace kenal::formats
