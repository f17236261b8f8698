// Writes the custody log of a scan (format.h says what stands in it).
//
//   KENAL_TRY_ASSIGN(const auto key, Key::LoadOrMake(key_path));
//   KENAL_TRY_ASSIGN(const auto log, Log::Create(path, Fields()..., key));
//   KENAL_TRY(log->Append("skipped", Fields().Bytes("path", path)));
//   KENAL_TRY(log->Sync());  // now and then: all before is durable
//   KENAL_TRY(log->Close(reports));
//   // log->head() is what goes into the notebook.
#ifndef KENAL_SRC_CUSTODY_LOG_H_
#define KENAL_SRC_CUSTODY_LOG_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/base/descriptor.h"
#include "src/base/mutex.h"
#include "src/custody/fields.h"
#include "src/custody/key.h"
#include "src/custody/reports.h"

namespace kenal::custody {

// Thread-safe. One writer a file: others are refused as long as this lives.
//
// The first failure to write is kept: every later call returns it. What the
// file holds then is whole records, and Continue goes on after the last.
class Log {
 public:
  // A log of one record, "open", durable when this returns. In the place of a
  // file only where that holds no whole line, as a power cut may leave it.
  // Errors: kAlreadyExists      there is one; Continue it, or go elsewhere
  //         kUnavailable        another process writes it; cannot be made
  //         kResourceExhausted  no space
  static StatusOr<std::unique_ptr<Log>> Create(const std::string& path,
                                               Fields fields, Key key);

  // Goes on after a stop of any kind, by a durable record "continue". Reads
  // the whole log: some 500,000 records a second.
  // Errors: kNotFound            none, or not one whole record: Create it
  //         kDataLoss            damaged, with the record and the byte
  //         kFailedPrecondition  closed; or begun with another key
  //         kUnavailable, kResourceExhausted as above
  static StatusOr<std::unique_ptr<Log>> Continue(const std::string& path,
                                                 Fields fields, Key key);

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // event: 1 to 64 of a-z 0-9 _, a literal of ours, and none of "open",
  // "continue", "close". In memory until Sync, or until there is a lot.
  // Errors: kInvalidArgument     longer than kLineBytesMax; not kept
  //         kFailedPrecondition  closed
  //         kResourceExhausted   the disk is full; kept
  //         kUnavailable         cannot be written; kept
  Status Append(std::string_view event, Fields fields);

  // Makes everything appended so far durable. Others may append meanwhile.
  // Errors: as Append.
  Status Sync();

  // Appends the signed closing record and makes it durable. Without it what
  // was appended since the last Sync may be lost when this goes away.
  // Errors: as Append.
  Status Close(std::span<const ReportFile> reports);

  uint64_t records() const;  // appended, synced or not
  std::string head() const;  // SHA-256 of the last of them, in hex

 private:
  Log(std::string path, base::Descriptor file, Key key);
  Status AppendLocked(std::string_view event, std::string fields)
      KENAL_REQUIRES(mutex_);
  void AddLine(std::string_view line) KENAL_REQUIRES(mutex_);
  std::string Begin(std::string_view event) const KENAL_REQUIRES(mutex_);
  Status FlushLocked() KENAL_REQUIRES(mutex_);
  Status SyncLocked() KENAL_REQUIRES(mutex_);
  Status Failed(int error_number) KENAL_REQUIRES(mutex_);
  // Writes the first record of this process over a torn line and cuts off
  // what is left of that.
  Status Start(std::string_view event, std::string fields);

  const std::string path_;
  const base::Descriptor file_;
  const Key key_;
  mutable base::Mutex mutex_;
  std::string pending_ KENAL_GUARDED_BY(mutex_);
  uint64_t written_bytes_ KENAL_GUARDED_BY(mutex_) = 0;
  uint64_t records_ KENAL_GUARDED_BY(mutex_) = 0;
  std::string head_ KENAL_GUARDED_BY(mutex_) = std::string(64, '0');
  bool closed_ KENAL_GUARDED_BY(mutex_) = false;
  Status failure_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_LOG_H_
