#include "src/engine/known_import.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "src/catalogue/known_files.h"
#include "src/engine/known_files.h"
#include "src/known/builder.h"

namespace kenal::engine {
namespace {

using catalogue::KnownGoodEdit;
using known::BuildProgress;
using known::KnownBuilder;
using known::KnownFileFacts;

constexpr SignalType kDigestTypes[] = {SignalType::kMd5, SignalType::kSha1,
                                       SignalType::kSha256};
// Handed to a builder at a time.
constexpr size_t kHeldBytes = 64 * 1024;

Status CheckSignals(std::span<const SignalType> signals) {
  for (const SignalType signal : signals) {
    if (std::ranges::count(kDigestTypes, signal) == 0) {
      return InvalidArgument(
          "known-good lists hold md5, sha1 and sha256, not " +
          std::string(SignalTypeName(signal)));
    }
  }
  return OkStatus();
}

Status CheckOptions(const KnownGoodOptions& options) {
  KENAL_TRY(CheckSignals(options.signals));
  if (options.source.empty()) {
    return InvalidArgument("say on whose word the digests are there");
  }
  if (options.memory_bytes >= KnownGoodOptions::kMemoryBytesMin) {
    return OkStatus();
  }
  return InvalidArgument(
      "sorting takes at least " +
      std::to_string(KnownGoodOptions::kMemoryBytesMin >> 20) + " MiB");
}

Status CheckPurpose(const ListInfo& list) {
  if (list.purpose == Purpose::kKnownBenign) return OkStatus();
  return FailedPrecondition(
      "list " + list.name + " is of purpose " +
      std::string(PurposeName(list.purpose)) +
      "; known-good digests go to lists of purpose known-benign");
}

const KnownGoodFile* FindFile(const ListInfo& list, SignalType signal) {
  const auto found =
      std::ranges::find(list.known_good, signal, &KnownGoodFile::signal);
  return found == list.known_good.end() ? nullptr : &*found;
}

class Import final : public KnownGoodImport {
 public:
  Import(std::shared_ptr<void> turn, catalogue::Catalogue& catalogue,
         std::string folder, ListInfo list, KnownGoodOptions options)
      : turn_(std::move(turn)),
        catalogue_(catalogue),
        folder_(std::move(folder)),
        list_(std::move(list)),
        options_(std::move(options)) {}

  ~Import() override {
    for (const auto& [signal, work] : works_) {
      std::error_code ignored;  // there is one only when it was not placed
      if (work.built) std::filesystem::remove(DraftPath(signal), ignored);
    }
  }

  Status Add(const SignalSet& signals) override {
    if (signals.md5) KENAL_TRY(Take(*signals.md5));
    if (signals.sha1) KENAL_TRY(Take(*signals.sha1));
    if (signals.sha256) KENAL_TRY(Take(*signals.sha256));
    return OkStatus();
  }

  StatusOr<KnownGoodReport> Finish(const Authorship& by) override;

 private:
  struct Work {
    std::unique_ptr<KnownBuilder> builder;
    std::vector<uint8_t> held;
    uint64_t taken = 0;
    bool built = false;
  };

  template <typename Digest>
  Status Take(const Digest& digest) {
    constexpr SignalType kSignal = Digest::kType;
    if (!options_.signals.empty() &&
        std::ranges::count(options_.signals, kSignal) == 0) {
      return OkStatus();
    }
    Work& work = works_[kSignal];
    if (work.builder == nullptr) KENAL_TRY(Begin(kSignal, work));
    work.held.insert(work.held.end(), digest.bytes.begin(), digest.bytes.end());
    ++work.taken;
    return work.held.size() < kHeldBytes ? OkStatus() : HandOver(work);
  }

  Status Begin(SignalType signal, Work& work);
  static Status HandOver(Work& work);
  // What the list has already.
  Status AddOld(const KnownGoodFile& file, Work& work) const;
  StatusOr<KnownGoodEdit> Build(SignalType signal, Work& work,
                                KnownGoodOutcome& outcome);
  // Whether the file on the disk is what the store says.
  bool IsGood(const KnownGoodFile& file) const;
  std::string DraftPath(SignalType signal) const {
    return catalogue::KnownFolder(folder_) + "/" +
           catalogue::KnownDraftName(list_.name, signal);
  }

  const std::shared_ptr<void> turn_;
  catalogue::Catalogue& catalogue_;
  const std::string folder_;
  const ListInfo list_;
  const KnownGoodOptions options_;
  std::map<SignalType, Work> works_;
};

Status Import::Begin(SignalType signal, Work& work) {
  KENAL_TRY(catalogue::MakeKnownFolder(folder_));
  const size_t types = options_.signals.empty() ? std::size(kDigestTypes)
                                                : options_.signals.size();
  known::BuildOptions build{.type = signal,
                            .list = list_.name,
                            .memory_bytes = options_.memory_bytes / types,
                            .progress = {}};
  if (options_.watcher) {
    build.progress = [this, signal](const BuildProgress& at) {
      return options_.watcher(
          {.signal = signal,
           .writing = at.phase == BuildProgress::Phase::kWriting,
           .done = at.done,
           .most = at.most});
    };
  }
  KENAL_TRY_ASSIGN(work.builder,
                   KnownBuilder::Create(DraftPath(signal), build));
  work.held.reserve(kHeldBytes + SignalSizeBytes(signal));
  return OkStatus();
}

Status Import::HandOver(Work& work) {
  KENAL_TRY(work.builder->Add(work.held));
  work.held.clear();
  return OkStatus();
}

Status Import::AddOld(const KnownGoodFile& file, Work& work) const {
  const known::KnownListFile said = KnownListFileOf(folder_, list_, file);
  const auto opened = known::OpenKnownListFile(said, {});
  Status status = opened.status();
  if (opened.ok()) {
    Status added;
    status = (*opened)->ForEach([&](std::span<const uint8_t> digests) {
      added = work.builder->Add(digests);
      return added.ok();
    });
    KENAL_TRY(added);
  }
  if (status.ok()) return OkStatus();
  return DataLoss(std::string(status.message()) +
                  "; nothing was changed: what is to be added to it is not "
                  "whole");
}

bool Import::IsGood(const KnownGoodFile& file) const {
  return known::OpenKnownListFile(KnownListFileOf(folder_, list_, file), {})
      .ok();
}

StatusOr<KnownGoodEdit> Import::Build(SignalType signal, Work& work,
                                      KnownGoodOutcome& outcome) {
  const KnownGoodFile* const old = FindFile(list_, signal);
  KENAL_TRY(HandOver(work));
  if (old != nullptr && !options_.replace) KENAL_TRY(AddOld(*old, work));
  KENAL_TRY_ASSIGN(const KnownFileFacts facts, work.builder->Finish());
  work.built = true;
  outcome.taken = work.taken;
  outcome.after = facts.count;
  outcome.changed =
      old == nullptr || old->sha256 != facts.sha256 || !IsGood(*old);
  return KnownGoodEdit{.signal = signal,
                       .file = KnownGoodFile{.signal = signal,
                                             .count = facts.count,
                                             .size_bytes = facts.size_bytes,
                                             .sha256 = facts.sha256,
                                             .source = options_.source,
                                             .import_id = options_.import_id},
                       .built = DraftPath(signal)};
}

StatusOr<KnownGoodReport> Import::Finish(const Authorship& by) {
  if (works_.empty()) {
    return FailedPrecondition("no known-good digest came, so list " +
                              list_.name + " stays as it is");
  }
  KnownGoodReport report;
  std::vector<KnownGoodEdit> edits;
  for (const SignalType signal : kDigestTypes) {
    const KnownGoodFile* const old = FindFile(list_, signal);
    KnownGoodOutcome outcome{.signal = signal,
                             .before = old == nullptr ? 0 : old->count};
    const auto work = works_.find(signal);
    const bool named = options_.signals.empty() ||
                       std::ranges::count(options_.signals, signal) > 0;
    if (work != works_.end()) {
      KENAL_TRY_ASSIGN(KnownGoodEdit edit,
                       Build(signal, work->second, outcome));
      if (outcome.changed) edits.push_back(std::move(edit));
    } else if (old != nullptr && options_.replace && named) {
      outcome.changed = true;
      edits.push_back({.signal = signal});
    } else {
      continue;
    }
    report.outcomes.push_back(outcome);
  }
  KENAL_TRY_ASSIGN(report.sequence,
                   catalogue_.EditKnownGood(list_.name, edits, by));
  return report;
}

}  // namespace

StatusOr<std::shared_ptr<void>> KnownGoodDesk::TakeTurn() {
  if (taken_.exchange(true)) {
    return Unavailable(
        "known-good digests are being added or removed already; wait until "
        "that is done");
  }
  return std::shared_ptr<void>(this, [](void* desk) {
    static_cast<KnownGoodDesk*>(desk)->taken_ = false;
  });
}

StatusOr<std::unique_ptr<KnownGoodImport>> KnownGoodDesk::Import(
    catalogue::Catalogue& catalogue, const std::string& folder,
    std::string_view list, const KnownGoodOptions& options) {
  KENAL_TRY(CheckOptions(options));
  KENAL_TRY_ASSIGN(std::shared_ptr<void> turn, TakeTurn());
  KENAL_TRY_ASSIGN(ListInfo info, catalogue.GetList(list));
  KENAL_TRY(CheckPurpose(info));
  return std::make_unique<engine::Import>(std::move(turn), catalogue, folder,
                                          std::move(info), options);
}

StatusOr<KnownGoodReport> KnownGoodDesk::Remove(
    catalogue::Catalogue& catalogue, std::string_view list,
    std::span<const SignalType> signals, const Authorship& by) {
  KENAL_TRY(CheckSignals(signals));
  KENAL_TRY_ASSIGN(const std::shared_ptr<void> turn, TakeTurn());
  KENAL_TRY_ASSIGN(const ListInfo info, catalogue.GetList(list));
  KENAL_TRY(CheckPurpose(info));
  KnownGoodReport report;
  std::vector<KnownGoodEdit> edits;
  for (const KnownGoodFile& file : info.known_good) {
    if (!signals.empty() && std::ranges::count(signals, file.signal) == 0) {
      continue;
    }
    edits.push_back({.signal = file.signal});
    report.outcomes.push_back(
        {.signal = file.signal, .before = file.count, .changed = true});
  }
  KENAL_TRY_ASSIGN(report.sequence,
                   catalogue.EditKnownGood(info.name, edits, by));
  return report;
}

}  // namespace kenal::engine
