// Journal: the findings of a run on disk, as they come.
//
// One file, appended to only. What Sync() acknowledged survives kill -9 and
// power loss; what was torn after it is cut off when the run goes on.
// Source: docs/format.md, "Journals of scans".
#ifndef KENAL_SRC_FINDINGS_JOURNAL_H_
#define KENAL_SRC_FINDINGS_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/findings/findings.h"
#include "src/findings/records.h"

namespace kenal::findings {

inline constexpr std::string_view kJournalName = "findings.journal";

class Journal {
 public:
  // `visit` gets each whole record and the byte that its frame begins at; its
  // first failure ends the reading.
  using Visitor = std::function<Status(Record&&, uint64_t offset_bytes)>;

  // Begins `folder`/findings.journal, readable by its owner alone.
  // Errors: kAlreadyExists      there is one
  //         kResourceExhausted  no space
  //         kUnavailable        cannot be made
  static StatusOr<std::unique_ptr<Journal>> Create(const std::string& folder);

  // Reads what is there, cuts a torn end off and appends from then on.
  // Errors: kNotFound     no journal in that folder
  //         kUnavailable  another process writes it, or it cannot be read
  //         kDataLoss     damaged before its end; names the byte
  static StatusOr<std::unique_ptr<Journal>> Continue(const std::string& folder,
                                                     const Visitor& visit);

  static bool IsIn(const std::string& folder);

  // Reads without writing; a torn end is passed over.
  static Status Read(const std::string& folder, const Visitor& visit);

  virtual ~Journal() = default;

  // Asked each time before anything is written out: what must be on record
  // elsewhere first. Its failure is the journal's. Once, before the first Put;
  // it may be called until the last Sync() has returned.
  virtual void WriteAfter(std::function<Status()> first) = 0;

  // Appends; written out now and then. Contents are numbered by whoever puts
  // them, from 0 in order. Thread-safe.
  // Errors: kResourceExhausted  no space; what Sync() acknowledged is kept
  //         kUnavailable        cannot be written
  // After the first error every call fails with it.
  virtual Status Put(const Record& record) = 0;

  // When it returns, all that was put is on disk. Thread-safe.
  virtual Status Sync() = 0;

  // What Continue() cut off.
  virtual uint64_t torn_bytes() const = 0;
};

// The record whose frame begins at that byte of an open journal, which `path`
// names in errors. Errors: kDataLoss, kUnavailable.
StatusOr<Record> ReadRecordAt(int descriptor, const std::string& path,
                              uint64_t offset_bytes);

}  // namespace kenal::findings

#endif  // KENAL_SRC_FINDINGS_JOURNAL_H_
