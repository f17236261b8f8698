#include "src/engine/ingest.h"

#include <chrono>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/engine/files.h"

namespace kenal::engine {
namespace {

// One synced log record for so many pictures or so much time: hashing them
// takes far longer than the record.
constexpr size_t kBatchFiles = 256;
constexpr std::chrono::milliseconds kBatchTime{500};

bool IsFlat(const SignalSet& signals) {
  for (const PdqView& pdq : signals.pdq) {
    if (MakesNearMatches(pdq)) return false;
  }
  return true;
}

class Batcher {
 public:
  Batcher(Curator& curator, const IngestOptions& options,
          const std::function<void(const IngestedFile&)>& on_file)
      : curator_(curator), options_(options), on_file_(on_file) {}

  Status Add(const std::string& path, SignalSet&& signals) {
    pending_.push_back({.path = path, .signals = std::move(signals)});
    const auto age = std::chrono::steady_clock::now() - last_flush_;
    if (pending_.size() < kBatchFiles && age < kBatchTime) return OkStatus();
    return Flush();
  }

  Status Flush() {
    std::vector<EntryDraft> drafts;
    for (const IngestedFile& file : pending_) {
      if (!file.signals.pdq_failure) drafts.push_back(DraftOf(file));
    }
    EntriesReport entries;
    if (!drafts.empty()) {
      KENAL_TRY_ASSIGN(entries,
                       curator_.AddEntries(options_.list, drafts, options_.by));
      KENAL_CHECK(entries.results.size() == drafts.size());
      report_.sequence = entries.sequence;
    }
    size_t next = 0;
    for (IngestedFile& file : pending_) {
      if (!file.signals.pdq_failure) file.result = entries.results[next++];
      Count(file);
      on_file_(file);
    }
    pending_.clear();
    last_flush_ = std::chrono::steady_clock::now();
    return OkStatus();
  }

  const IngestReport& report() const { return report_; }

 private:
  EntryDraft DraftOf(const IngestedFile& file) const {
    EntryDraft draft{.signals = file.signals,
                     .provenance = options_.provenance,
                     .overrules = options_.overrules};
    if (options_.keep_paths) draft.provenance.reference = file.path;
    return draft;
  }

  void Count(const IngestedFile& file) {
    const Outcome outcome =
        file.result ? file.result->outcome : Outcome::kRefused;
    switch (outcome) {
      case Outcome::kAdded:
        ++report_.added;
        report_.flat += IsFlat(file.signals) ? 1 : 0;
        return;
      case Outcome::kReplaced:
        ++report_.replaced;
        report_.flat += IsFlat(file.signals) ? 1 : 0;
        return;
      case Outcome::kUnchanged:
        ++report_.unchanged;
        return;
      case Outcome::kKeptWithdrawn:
        ++report_.kept_withdrawn;
        return;
      case Outcome::kStateChanged:
      case Outcome::kRefused:
      case Outcome::kUnknown:
        ++report_.failed;
        return;
    }
  }

  Curator& curator_;
  const IngestOptions& options_;
  const std::function<void(const IngestedFile&)>& on_file_;
  std::vector<IngestedFile> pending_;
  IngestReport report_;
  std::chrono::steady_clock::time_point last_flush_ =
      std::chrono::steady_clock::now();
};

}  // namespace

StatusOr<IngestReport> Ingest(
    Hasher& hasher, Curator& curator, std::span<const std::string> files,
    const IngestOptions& options,
    const std::function<void(const IngestedFile&)>& on_file) {
  // Asked before the first picture is decoded: a wrong name costs nothing.
  KENAL_TRY_ASSIGN(const ListInfo list, curator.GetList(options.list));
  const HashWork work{.views = list.policy.stored_views,
                      .second_opinion = list.policy.second_opinion};
  Batcher batcher(curator, options, on_file);
  KENAL_TRY(HashFiles(hasher, files, work, [&](size_t i, SignalSet&& signals) {
    return batcher.Add(files[i], std::move(signals));
  }));
  KENAL_TRY(batcher.Flush());
  return batcher.report();
}

}  // namespace kenal::engine
