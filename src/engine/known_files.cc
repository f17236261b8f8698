#include "src/engine/known_files.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "src/catalogue/known_files.h"

namespace kenal::engine {
namespace {

std::vector<known::KnownListFile> FilesOf(const std::string& folder,
                                          std::span<const ListInfo> lists) {
  std::vector<known::KnownListFile> files;
  for (const ListInfo& list : lists) {
    for (const KnownGoodFile& file : list.known_good) {
      files.push_back(KnownListFileOf(folder, list, file));
    }
  }
  return files;
}

bool HasDigest(const SignalSet& query, SignalType type) {
  switch (type) {
    case SignalType::kMd5:
      return query.md5.has_value();
    case SignalType::kSha1:
      return query.sha1.has_value();
    case SignalType::kSha256:
      return query.sha256.has_value();
    case SignalType::kPdq:
      break;
  }
  return false;
}

void SortKnownGood(std::vector<KnownGood>& known) {
  std::ranges::sort(known, {}, [](const KnownGood& one) {
    return std::tie(one.shadow, one.list, one.signal);
  });
}

}  // namespace

known::KnownListFile KnownListFileOf(const std::string& folder,
                                     const ListInfo& list,
                                     const KnownGoodFile& file) {
  return {.list = list.name,
          .type = file.signal,
          .path = catalogue::KnownFolder(folder) + "/" +
                  catalogue::KnownFileName(list.name, file),
          .sha256 = file.sha256,
          .count = file.count,
          .version = file.set_at.value};
}

std::shared_ptr<const KnownFiles> KnownFiles::Open(
    const std::string& folder, std::span<const ListInfo> lists,
    const Notice& notice) {
  return Make(folder, lists, notice, nullptr, {});
}

std::shared_ptr<const KnownFiles> KnownFiles::Fold(
    std::shared_ptr<const KnownFiles> before, const std::string& folder,
    std::span<const ListInfo> lists, const Notice& notice) {
  const std::vector<known::KnownListFile> files = FilesOf(folder, lists);
  std::vector<known::KnownListFile> had;
  if (before != nullptr) {
    for (const auto& file : before->set_.files()) had.push_back(file.said);
  }
  if (files == had) return before;
  // A file that a change names was made by it: its SHA-256 is that of the
  // bytes as they were written.
  return Make(folder, lists, notice, before.get(), {.compare_digests = false});
}

std::shared_ptr<const KnownFiles> KnownFiles::Make(
    const std::string& folder, std::span<const ListInfo> lists,
    const Notice& notice, const KnownFiles* before,
    const known::KnownSetOptions& options) {
  const std::vector<known::KnownListFile> files = FilesOf(folder, lists);
  if (files.empty()) return nullptr;
  auto made = std::make_shared<KnownFiles>();
  made->set_ = known::KnownSet::Open(
      files, options, before == nullptr ? nullptr : &before->set_);
  std::map<std::string_view, ListNumber> numbers;
  for (const ListInfo& list : lists) numbers.emplace(list.name, list.number);
  for (const known::KnownSet::File& file : made->set_.files()) {
    made->numbers_.push_back(numbers.at(file.said.list));
    if (!file.failure.ok() && notice) {
      notice(std::string(file.failure.message()) +
             "; nothing is known good by it until then");
    }
  }
  return made;
}

void KnownFiles::Tell(std::span<const SignalSet> queries,
                      const BatchLists& lists,
                      std::span<Answer> answers) const {
  std::vector<known::ContentDigests> contents;
  contents.reserve(queries.size());
  for (const SignalSet& query : queries) {
    contents.push_back({query.md5, query.sha1, query.sha256});
  }
  const std::vector<std::vector<size_t>> holding = set_.HoldingEach(contents);
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto add = [&](size_t at, std::vector<KnownGood>& to) {
      const ListInfo* list =
          lists.Of(i).ListOf(EntryId::Of(numbers_[at], EntryId::kSerialMax));
      if (list == nullptr) return;
      to.push_back({.list = list->name,
                    .signal = set_.files()[at].said.type,
                    .shadow = list->policy.shadow});
    };
    for (const size_t at : holding[i]) add(at, answers[i].known_good);
    for (size_t at = 0; at < numbers_.size(); ++at) {
      const known::KnownSet::File& file = set_.files()[at];
      if (file.file == nullptr && HasDigest(queries[i], file.said.type)) {
        add(at, answers[i].known_good_failed);
      }
    }
    SortKnownGood(answers[i].known_good);
    SortKnownGood(answers[i].known_good_failed);
  }
}

Status KnownFiles::StateOf(ListNumber list, SignalType signal) const {
  for (size_t at = 0; at < numbers_.size(); ++at) {
    const known::KnownSet::File& file = set_.files()[at];
    if (numbers_[at] == list && file.said.type == signal) return file.failure;
  }
  return OkStatus();
}

StatusOr<std::vector<std::string>> ProblemsOfKnownFiles(
    const std::string& folder, std::span<const ListInfo> lists,
    const StillThere& still_there, const ByteWatcher& watcher) {
  uint64_t total = 0;
  for (const ListInfo& list : lists) {
    for (const KnownGoodFile& file : list.known_good) total += file.size_bytes;
  }
  constexpr uint64_t kStepBytes = uint64_t{1} << 20;  // as Verify calls
  uint64_t done = 0;
  std::vector<std::string> problems;
  for (const ListInfo& list : lists) {
    for (const KnownGoodFile& said : list.known_good) {
      const uint64_t end = done + said.size_bytes;
      const auto keep_going = [&] {
        done = std::min(done + kStepBytes, end);
        return !watcher || watcher(done, total);
      };
      const auto file = known::OpenKnownListFile(
          KnownListFileOf(folder, list, said), {.compare_digests = false});
      const Status status =
          file.ok() ? (*file)->Verify(said.sha256, keep_going) : file.status();
      if (absl::IsCancelled(status)) return status;
      if (!status.ok() && still_there(list, said)) {
        problems.push_back(std::string(status.message()));
      }
      done = end;
    }
  }
  return problems;
}

}  // namespace kenal::engine
