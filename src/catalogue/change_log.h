// Change log: the one ordered log behind every write.
//
//   chain(n)      = SHA-256(chain(n-1) ‖ header(n) ‖ commitment(n))
//   commitment(n) = SHA-256(salt(n) ‖ payload(n))
//
// Salt and payload are rows of their own and may be erased; the chain still
// verifies. The chain of the empty log is 32 zero bytes.
#ifndef KENAL_SRC_CATALOGUE_CHANGE_LOG_H_
#define KENAL_SRC_CATALOGUE_CHANGE_LOG_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/catalogue/catalogue.h"
#include "src/catalogue/change.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

using Chain = std::array<uint8_t, 32>;

// A log record as read back.
struct LogRecord {
  Sequence sequence;
  int64_t unix_ms = 0;  // when; order comes from the sequence
  uint64_t operations = 0;
  std::string header;  // the bytes that the chain commits to
  Chain commitment{};
  Chain chain{};
  std::optional<std::string> payload;  // nullopt: erased
  bool payload_agrees = true;          // with the commitment
};

// A record and its rows, ready to be written.
struct SealedRecord {
  Head head;  // after it
  std::string change_value;
  std::string payload_value;
};

Chain ChainOf(const Chain& previous, std::string_view header,
              const Chain& commitment);

// Not thread-safe: the catalogue's write lock guards everything but Read.
class ChangeLog {
 public:
  ChangeLog(Store& store, const HeadRow& head) : store_(store), row_(head) {}

  const HeadRow& row() const { return row_; }
  const Head& head() const { return row_.head; }

  // Called by Tell; at most one.
  void Subscribe(Catalogue::Subscriber subscriber) {
    subscriber_ = std::move(subscriber);
  }
  // Tells the subscriber what the record at the head changed.
  void Tell(Delta delta) const;

  // The next record, in memory only, made at `unix_ms`.
  SealedRecord Seal(const Change& change, int64_t unix_ms) const;

  // Writes `change` together with its rows in one synced step.
  // Errors: kFailedPrecondition  `expected` is not the head
  //         those of Store::Write; nothing was written
  Status Append(const Head& expected, const Change& change, int64_t unix_ms,
                const Totals& totals, Rows& rows);

  // As Append, for a record whose rows are in the store already.
  void Adopt(const SealedRecord& record, const Totals& totals);

  // Up to `limit` records from `from` on. Thread-safe.
  static StatusOr<std::vector<LogRecord>> Read(
      const Store& store, Sequence from, size_t limit,
      const rocksdb::Snapshot* snapshot = nullptr);

  // Where the log starts: zero, or the last record that was cut off.
  static StatusOr<Head> Base(const Store& store,
                             const rocksdb::Snapshot* snapshot = nullptr);

  // Cuts off the records before `before`; the rows they made stay.
  // Errors: kInvalidArgument  `before` is beyond the head
  Status Truncate(Sequence before);

 private:
  Store& store_;
  HeadRow row_;
  Catalogue::Subscriber subscriber_;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_CHANGE_LOG_H_
