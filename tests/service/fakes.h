// A store and a hasher in memory, small enough to be read as an oracle.
#ifndef KENAL_TESTS_SERVICE_FAKES_H_
#define KENAL_TESTS_SERVICE_FAKES_H_

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"

namespace kenal::testing {

// Compares everything with everything. Thread-safe.
class FakeStore : public Matcher, public Curator {
 public:
  // Called at the start of each call, outside the lock, with its name; what
  // it returns is what the call fails with.
  using Before = std::function<Status(std::string_view)>;
  void Hook(Before before);

  StatusOr<std::vector<Answer>> MatchBatch(
      std::span<const SignalSet> queries, const MatchOptions& options) override;
  // Digests by MD5; pairs of views in the order of the query's.
  StatusOr<Explanation> Explain(const SignalSet& query, std::string_view list,
                                std::string_view reference,
                                const MatchOptions& options) override;
  StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                const ListPolicy& policy,
                                const Authorship& by) override;
  StatusOr<std::vector<ListInfo>> Lists() override;
  StatusOr<ListInfo> GetList(std::string_view name) override;
  StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                   const ListPolicy& policy,
                                   const Authorship& by) override;
  StatusOr<EntriesReport> AddEntries(std::string_view list,
                                     std::span<const EntryDraft> drafts,
                                     const Authorship& by) override;
  // Tells the watcher of every kImportStep records.
  StatusOr<ImportReport> Import(std::string_view list,
                                const ImportSource& source,
                                const ImportWatcher& watcher,
                                const Authorship& by) override;
  StatusOr<ImportReport> RehearseImport(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) override;
  StatusOr<EntryPage> ReadEntries(std::string_view list, uint64_t serial,
                                  size_t entries_max,
                                  bool with_secrets) override;
  StatusOr<EntrySummary> GetEntry(std::string_view list,
                                  std::string_view reference) override;
  StatusOr<EntriesReport> SetEntryState(std::string_view list,
                                        std::span<const std::string> references,
                                        EntryState state,
                                        const Authorship& by) override;
  StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) override;
  // Each part of a change is one call's, of at most entries_max entries.
  StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                   size_t entries_max,
                                   bool with_signals) override;
  // Without the hook: the server looks at it whenever it likes.
  StatusOr<Sequence> Head() override;
  StatusOr<Sequence> LogHead() override;
  StatusOr<StoreStats> Stats() override;
  StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) override;

  static constexpr uint64_t kImportStep = 1000;

  // As if answers did not hold the last `changes` of the log yet.
  void SetLag(uint64_t changes);

  Authorship last_author() const;
  std::atomic<int> match_calls{0};
  std::atomic<int> explain_calls{0};
  std::atomic<uint64_t> queries_matched{0};

 private:
  struct List {
    ListInfo info;
    std::vector<Entry> entries;  // serial i + 1
  };

  Status RunHook(std::string_view call) const;
  StatusOr<List*> Find(std::string_view name);
  static Entry* FindEntry(List& list, std::string_view reference);
  EntryResult Add(List& list, const EntryDraft& draft);
  Answer Ask(const SignalSet& query, const MatchOptions& options) const;

  mutable std::mutex mutex_;
  // What one change did; entries as they are now are read when asked.
  struct Logged {
    ChangeKind kind = ChangeKind::kEntriesPut;
    std::string list;
    std::optional<ListPolicy> policy;
    std::vector<uint64_t> serials;
  };
  Sequence Log(Logged change);
  EntriesReport SetEach(List& list, std::span<const std::string> references,
                        const std::function<void(Entry&)>& set);
  ChangedEntry Show(const Entry& entry, bool with_signals) const;

  std::map<std::string, List, std::less<>> lists_;
  std::vector<Logged> log_;  // the change of sequence i + 1
  uint64_t lag_ = 0;
  Authorship last_author_;
  Before before_;
};

// Digests as usual; a "PDQ" that is made of the digest, so that different
// bytes are far apart. Dots at both ends are a border, so "..kite.." trimmed is
// "kite"; what stands in brackets is the middle, 90 percent of the picture.
class FakeHasher : public Hasher {
 public:
  using Hasher::HashBytes;
  using Hasher::HashFile;
  SignalSet HashBytes(std::span<const uint8_t> bytes,
                      const HashWork& work) override;
  SignalSet HashPicture(std::span<const uint8_t> bytes,
                        const HashWork& work) override {
    return HashBytes(bytes, work);
  }
  SignalSet HashFile(const std::string& path, const HashWork& work) override;
  int worker_count() const override { return 2; }

  std::atomic<int> hashed{0};
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_FAKES_H_
