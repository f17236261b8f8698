#include "src/feed/checkpoint.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "src/base/clock.h"
#include "src/base/file.h"
#include "src/base/write_all.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/time_text.h"
#include "src/formats/json_tree.h"

namespace kenal::feed {
namespace {

using formats::JsonNode;

constexpr uint64_t kVersion = 1;
constexpr size_t kBytesMax = 64 * 1024;

Status Damaged(std::string_view what) {
  return Status(StatusCode::kDataLoss,
                "is damaged (" + std::string(what) +
                    "); remove it to sync from the beginning");
}

StatusOr<std::string> TextOf(const JsonNode& object, std::string_view key) {
  const JsonNode* node = formats::FindMember(object, key);
  if (node == nullptr || !node->is_text()) return Damaged(key);
  return std::string(node->text);
}

StatusOr<uint64_t> NumberOf(const JsonNode& object, std::string_view key) {
  const JsonNode* node = formats::FindMember(object, key);
  if (node == nullptr || node->kind != JsonNode::Kind::kNumber) {
    return Damaged(key);
  }
  uint64_t value = 0;
  const char* const end = node->text.data() + node->text.size();
  const auto read = std::from_chars(node->text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return Damaged(key);
  return value;
}

StatusOr<int64_t> TimeOf(const JsonNode& object, std::string_view key) {
  KENAL_TRY_ASSIGN(const std::string text, TextOf(object, key));
  const StatusOr<int64_t> time = exchange::ParseTime(text);
  if (!time.ok()) return Damaged(key);
  return *time;
}

Status Failed(const std::string& path, int error_number) {
  const std::string message =
      base::WithErrno(path + ": cannot be written", error_number);
  return error_number == ENOSPC || error_number == EDQUOT
             ? ResourceExhausted(message)
             : Unavailable(message);
}

Status WriteDurably(int descriptor, std::string_view text,
                    const std::string& path) {
  return base::WriteAll(descriptor, text) && fsync(descriptor) == 0
             ? OkStatus()
             : Failed(path, errno);
}

Status SyncFolder(const std::string& folder) {
  const int descriptor =
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failed(folder, errno);
  const int result = fsync(descriptor);
  const int error_number = errno;
  close(descriptor);
  return result == 0 ? OkStatus() : Failed(folder, error_number);
}

}  // namespace

std::string WriteCheckpoint(const Checkpoint& checkpoint) {
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("kenal_checkpoint", kVersion)
      .Field("store", checkpoint.store_id)
      .Field("list", checkpoint.list)
      .Field("feed", checkpoint.kind)
      .Field("url", checkpoint.feed)
      .Field("until", base::FormatUtc(checkpoint.until_unix_ms))
      .Field("sequence", checkpoint.sequence.value);
  if (checkpoint.anchor) {
    json.Key("anchor")
        .BeginObject()
        .Field("source_id", checkpoint.anchor->source_id)
        .Field("added_at", checkpoint.anchor->added_at.value)
        .EndObject();
  }
  json.Field("saved", base::FormatUtc(checkpoint.saved_unix_ms)).EndObject();
  return json.Finish() + "\n";
}

StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  formats::JsonTree tree;
  if (text.size() > kBytesMax || !formats::ParseJson(text, tree).ok() ||
      tree.root().kind != JsonNode::Kind::kObject) {
    return Damaged("it is not what Kenal writes");
  }
  const JsonNode& root = tree.root();
  KENAL_TRY_ASSIGN(const uint64_t version, NumberOf(root, "kenal_checkpoint"));
  if (version != kVersion) {
    return FailedPrecondition("was written by a newer Kenal; use that one");
  }
  Checkpoint out;
  KENAL_TRY_ASSIGN(out.store_id, TextOf(root, "store"));
  KENAL_TRY_ASSIGN(out.list, TextOf(root, "list"));
  KENAL_TRY_ASSIGN(out.kind, TextOf(root, "feed"));
  KENAL_TRY_ASSIGN(out.feed, TextOf(root, "url"));
  KENAL_TRY_ASSIGN(out.until_unix_ms, TimeOf(root, "until"));
  KENAL_TRY_ASSIGN(out.sequence.value, NumberOf(root, "sequence"));
  KENAL_TRY_ASSIGN(out.saved_unix_ms, TimeOf(root, "saved"));
  if (const JsonNode* anchor = formats::FindMember(root, "anchor")) {
    out.anchor.emplace();
    KENAL_TRY_ASSIGN(out.anchor->source_id, TextOf(*anchor, "source_id"));
    KENAL_TRY_ASSIGN(out.anchor->added_at.value, NumberOf(*anchor, "added_at"));
  }
  return out;
}

StatusOr<CheckpointFile> CheckpointFile::Open(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const std::string lock_path = path + ".lock";
  const int lock =
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return NotFound(folder + ": no such folder, for the checkpoint");
    }
    return Unavailable(
        base::WithErrno(lock_path + ": cannot be opened", errno));
  }
  CheckpointFile file(lock, path, std::move(folder));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return FailedPrecondition(path + ": another sync is at work with it");
  }
  return file;
}

CheckpointFile::CheckpointFile(CheckpointFile&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)),
      path_(std::move(other.path_)),
      folder_(std::move(other.folder_)) {}

CheckpointFile::~CheckpointFile() {
  if (lock_ >= 0) close(lock_);
}

StatusOr<std::optional<Checkpoint>> CheckpointFile::Load() const {
  const StatusOr<std::vector<uint8_t>> bytes = base::ReadFile(path_, kBytesMax);
  if (bytes.status().code() == StatusCode::kNotFound) {
    return std::optional<Checkpoint>();
  }
  KENAL_TRY(bytes.status());
  StatusOr<Checkpoint> read = ParseCheckpoint(
      {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!read.ok()) {
    return Status(read.status().code(),
                  path_ + ": " + std::string(read.status().message()));
  }
  return std::optional<Checkpoint>(*std::move(read));
}

Status CheckpointFile::Save(const Checkpoint& checkpoint) {
  const std::string aside = path_ + ".new";
  // One that a crash has left is of no use.
  unlink(aside.c_str());
  const int descriptor =
      open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return Failed(aside, errno);
  Status status = WriteDurably(descriptor, WriteCheckpoint(checkpoint), aside);
  if (close(descriptor) != 0 && status.ok()) status = Failed(aside, errno);
  if (status.ok() && std::rename(aside.c_str(), path_.c_str()) != 0) {
    status = Failed(path_, errno);
  }
  if (!status.ok()) {
    unlink(aside.c_str());
    return status;
  }
  return SyncFolder(folder_);
}

}  // namespace kenal::feed
