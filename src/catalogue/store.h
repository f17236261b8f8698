// Store: the RocksDB of a catalogue, set up the one right way, and its
// statuses in our words.
#ifndef KENAL_SRC_CATALOGUE_STORE_H_
#define KENAL_SRC_CATALOGUE_STORE_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/catalogue/options.h"

namespace kenal::catalogue {

// Column families; the names are on disk.
enum class Family : uint8_t {
  kMeta,
  kLists,
  kEntries,
  kPostings,
  kSources,
  kChanges,
  kPayloads,
};
inline constexpr std::array<std::string_view, 7> kFamilyNames = {
    "meta", "lists", "entries", "postings", "sources", "changes", "payloads"};

inline rocksdb::Slice AsSlice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view AsView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class Store;

// Rows to write in one atomic step.
class Rows {
 public:
  explicit Rows(const Store& store) : store_(store) {}

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  // Keys from `first` to before `end`, of family `changes` or `payloads`.
  void DeleteRange(Family family, std::string_view first, std::string_view end);

 private:
  friend class Store;
  const Store& store_;
  rocksdb::WriteBatch batch_;
};

// Thread-safe. Reads go on after a failed write.
class Store {
 public:
  // Within the folder of a store.
  static std::string DatabaseFolder(const std::string& folder);

  // Makes the database with all families and `first_rows` in family meta.
  // `database` must not exist yet.
  static Status Create(
      const std::string& database, const Options& options,
      std::span<const std::pair<std::string, std::string>> first_rows);
  // Read-only leaves every file as it is.
  enum class Access { kReadOnly, kReadWrite };
  static StatusOr<std::unique_ptr<Store>> Open(
      const std::string& folder, const Options& options,
      Access access = Access::kReadWrite);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const;

  // Reads see the store as it is, or as `snapshot` holds it.

  // nullopt when there is no such row.
  StatusOr<std::optional<std::string>> Get(
      Family family, std::string_view key,
      const rocksdb::Snapshot* snapshot = nullptr) const;
  // One value a key, in key order; keys must be sorted. An empty value: none.
  StatusOr<std::vector<rocksdb::PinnableSlice>> MultiGet(
      Family family, std::span<const std::string_view> keys,
      const rocksdb::Snapshot* snapshot = nullptr) const;
  // Every row of a family from `from` on, until `row` fails.
  Status Scan(Family family, std::string_view from,
              const rocksdb::Snapshot* snapshot,
              const std::function<Status(std::string_view key,
                                         std::string_view value)>& row) const;

  // Every row of a family from `from` to before `end`, as the store is.
  Status ScanBetween(
      Family family, std::string_view from, std::string_view end,
      const std::function<Status(std::string_view key, std::string_view value)>&
          row) const;

  // One atomic, synced step.
  // Errors: kResourceExhausted  no space; nothing was written
  //         kUnavailable        the disk reports an error
  // After an error, all that follow are kUnavailable until the store is opened
  // anew: rows of a write that failed late are in RocksDB's memory and would
  // come to light with later ones, and its way to resume may wait for ever.
  Status Write(Rows& rows);

  // Waits, up to a second, while compactions have much to catch up with. For
  // bulk writers, before each turn and holding no lock: RocksDB would slow
  // every writer down instead, and they would wait for one another.
  void AwaitRoom() const;

  // kResourceExhausted when `needed_bytes` would touch the space reserve.
  Status CheckSpace(uint64_t needed_bytes) const;

  // A RocksDB status in our words, naming the store and the next step.
  Status Say(const rocksdb::Status& status) const;

  // kUnavailable after a failed write.
  Status CheckWritable() const;

 private:
  Store() = default;

  std::string folder_;
  Options options_;
  // What the database works on; it outlives db_.
  std::unique_ptr<rocksdb::Env> env_;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // default, then ours
  bool must_reopen_ = false;  // under the catalogue's write lock
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_STORE_H_
