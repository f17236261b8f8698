#include "src/catalogue/change_log.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/base/digest.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/limits.h"

namespace kenal::catalogue {
namespace {

constexpr size_t kSaltSize = 32;  // as long as what it hides the digest of
constexpr size_t kHeaderSizeMax = 64;

std::string EncodeHeader(Sequence sequence, int64_t unix_ms,
                         uint64_t operations) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kRecordVersion);
  out.Number(sequence.value);
  out.Signed(unix_ms);
  out.Number(operations);
  return bytes;
}

Status DecodeHeader(std::string_view header, LogRecord& record) {
  base::Decoder in(header);
  if (in.Byte() != kRecordVersion) in.Fail();
  if (in.Number() != record.sequence.value) in.Fail();
  record.unix_ms = in.Signed();
  record.operations = in.Number(kOperationsMax);
  return in.Finish("the header of log record " +
                   std::to_string(record.sequence.value));
}

StatusOr<LogRecord> DecodeRecord(Sequence sequence, std::string_view value) {
  LogRecord record{.sequence = sequence};
  base::Decoder in(value);
  if (in.Byte() != kRecordVersion) in.Fail();
  record.header = in.Bytes(kHeaderSizeMax);
  in.Raw(record.commitment);
  in.Raw(record.chain);
  KENAL_TRY(in.Finish("log record " + std::to_string(sequence.value)));
  KENAL_TRY(DecodeHeader(record.header, record));
  return record;
}

Status ReadPayload(const Store& store, const rocksdb::Snapshot* snapshot,
                   LogRecord& record) {
  KENAL_TRY_ASSIGN(
      const std::optional<std::string> value,
      store.Get(Family::kPayloads, SequenceKey(record.sequence), snapshot));
  if (!value) return OkStatus();
  if (value->size() < 1 + kSaltSize || (*value)[0] != char{kRecordVersion}) {
    return DataLoss("the payload of log record " +
                    std::to_string(record.sequence.value) + " does not decode");
  }
  const std::string_view salted = std::string_view(*value).substr(1);
  record.payload_agrees =
      base::Sha256Of(base::AsBytes(salted)) == record.commitment;
  record.payload = salted.substr(kSaltSize);
  return OkStatus();
}

}  // namespace

Chain ChainOf(const Chain& previous, std::string_view header,
              const Chain& commitment) {
  base::Sha256Stream stream;
  stream.Add(previous);
  stream.Add(base::AsBytes(header));
  stream.Add(commitment);
  return stream.Finish();
}

SealedRecord ChangeLog::Seal(const Change& change, int64_t unix_ms) const {
  const Sequence sequence{head().sequence.value + 1};
  const std::string header =
      EncodeHeader(sequence, unix_ms, change.operations.size());
  std::array<uint8_t, kSaltSize> salt;
  base::RandomBytes(salt);
  SealedRecord record;
  base::Encoder payload(record.payload_value);
  payload.Byte(kRecordVersion);
  payload.Raw(salt);
  record.payload_value += EncodePayload(change);
  const Chain commitment = base::Sha256Of(
      base::AsBytes(std::string_view(record.payload_value).substr(1)));
  record.head = {.sequence = sequence,
                 .chain = ChainOf(head().chain, header, commitment)};
  base::Encoder value(record.change_value);
  value.Byte(kRecordVersion);
  value.Bytes(header);
  value.Raw(commitment);
  value.Raw(record.head.chain);
  return record;
}

Status ChangeLog::Append(const Head& expected, const Change& change,
                         int64_t unix_ms, const Totals& totals, Rows& rows) {
  if (expected != head()) {
    return FailedPrecondition("the log has moved on; read its head again");
  }
  const SealedRecord record = Seal(change, unix_ms);
  const std::string key = SequenceKey(record.head.sequence);
  const HeadRow next{.head = record.head, .totals = totals};
  rows.Put(Family::kChanges, key, record.change_value);
  rows.Put(Family::kPayloads, key, record.payload_value);
  rows.Put(Family::kMeta, kHeadKey, Encode(next));
  KENAL_TRY(store_.Write(rows));
  Adopt(record, totals);
  return OkStatus();
}

void ChangeLog::Adopt(const SealedRecord& record, const Totals& totals) {
  KENAL_CHECK(record.head.sequence.value == head().sequence.value + 1);
  row_ = {.head = record.head, .totals = totals};
}

void ChangeLog::Tell(Delta delta) const {
  delta.sequence = head().sequence;
  if (subscriber_) subscriber_(delta);
}

StatusOr<std::vector<LogRecord>> ChangeLog::Read(
    const Store& store, Sequence from, size_t limit,
    const rocksdb::Snapshot* snapshot) {
  std::vector<LogRecord> records;
  for (Sequence at = from; records.size() < limit; ++at.value) {
    KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                     store.Get(Family::kChanges, SequenceKey(at), snapshot));
    if (!value) break;
    KENAL_TRY_ASSIGN(LogRecord record, DecodeRecord(at, *value));
    KENAL_TRY(ReadPayload(store, snapshot, record));
    records.push_back(std::move(record));
  }
  return records;
}

StatusOr<Head> ChangeLog::Base(const Store& store,
                               const rocksdb::Snapshot* snapshot) {
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store.Get(Family::kMeta, kBaseKey, snapshot));
  if (!value) return Head{};
  KENAL_TRY_ASSIGN(const BaseRow row, DecodeBaseRow(*value));
  return row.head;
}

Status ChangeLog::Truncate(Sequence before) {
  if (before.value > head().sequence.value + 1) {
    return InvalidArgument("the log ends at " +
                           std::to_string(head().sequence.value));
  }
  KENAL_TRY_ASSIGN(const Head base, Base(store_));
  if (before.value <= base.sequence.value + 1) return OkStatus();
  const Sequence last{before.value - 1};
  KENAL_TRY_ASSIGN(const std::vector<LogRecord> kept, Read(store_, last, 1));
  if (kept.empty()) return DataLoss("a log record is missing");
  const BaseRow row{{.sequence = last, .chain = kept[0].chain}};
  const std::string first_key = SequenceKey(Sequence{0});
  const std::string end_key = SequenceKey(before);
  Rows rows(store_);
  rows.DeleteRange(Family::kChanges, first_key, end_key);
  rows.DeleteRange(Family::kPayloads, first_key, end_key);
  rows.Put(Family::kMeta, kBaseKey, Encode(row));
  return store_.Write(rows);
}

}  // namespace kenal::catalogue
