// Checkpoint: up to when a list holds what its feed says; where the next sync
// begins.
//
// It is a file of the operator's, beside his configuration, and not a row of
// the store: a list behind a server and one in a folder are then followed
// alike, and what is lost with it is time, never an entry, since a feed may be
// read again from any earlier moment. What must not be is a checkpoint that
// is ahead of its store. So it is written last, when everything before it is
// durable, and it says of which store, list and feed it speaks, how far the
// log of the store was, and one entry that was there (its anchor): a sync with
// another store, or with one that was restored from before, is refused.
#ifndef KENAL_SRC_FEED_CHECKPOINT_H_
#define KENAL_SRC_FEED_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/sequence.h"
#include "kenal/status.h"

namespace kenal::feed {

struct Anchor {
  std::string source_id;
  Sequence added_at;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

struct Checkpoint {
  std::string store_id;
  std::string list;
  std::string kind;  // of the feed
  std::string feed;  // Feed::Name
  int64_t until_unix_ms = 0;
  Sequence sequence;  // the store's head when all up to then was durable
  std::optional<Anchor> anchor;
  int64_t saved_unix_ms = 0;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// One line of JSON with an end of line, and back.
// Errors: kDataLoss            damaged
//         kFailedPrecondition  written by a newer Kenal
std::string WriteCheckpoint(const Checkpoint& checkpoint);
StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// The file, held by one sync at a time through PATH.lock beside it.
// Not thread-safe.
class CheckpointFile {
 public:
  // Errors: kNotFound            no such folder
  //         kFailedPrecondition  another sync is at work with it
  //         kUnavailable         cannot be opened
  static StatusOr<CheckpointFile> Open(const std::string& path);
  CheckpointFile(CheckpointFile&& other) noexcept;
  CheckpointFile& operator=(CheckpointFile&&) = delete;
  ~CheckpointFile();

  // Unset: there is none yet. Errors: those of ParseCheckpoint; kUnavailable
  StatusOr<std::optional<Checkpoint>> Load() const;
  // Whole or not at all, with mode 0600, and durable when it returns.
  // Errors: kResourceExhausted  no space; kUnavailable
  Status Save(const Checkpoint& checkpoint);

  const std::string& folder() const { return folder_; }

 private:
  CheckpointFile(int lock, std::string path, std::string folder)
      : lock_(lock), path_(std::move(path)), folder_(std::move(folder)) {}

  int lock_;
  std::string path_;
  std::string folder_;
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_CHECKPOINT_H_
