#include "src/known/known_set.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kenal::known {
namespace {

// The digest of that type, or no bytes.
std::span<const uint8_t> DigestOf(const ContentDigests& digests,
                                  SignalType type) {
  const auto bytes_of = [](const auto& digest) {
    return digest ? std::span<const uint8_t>(digest->bytes)
                  : std::span<const uint8_t>();
  };
  switch (type) {
    case SignalType::kMd5:
      return bytes_of(digests.md5);
    case SignalType::kSha1:
      return bytes_of(digests.sha1);
    case SignalType::kSha256:
      return bytes_of(digests.sha256);
    case SignalType::kPdq:
      break;
  }
  return {};
}

Status NotAsRecorded(const KnownListFile& said, const std::string& what) {
  return DataLoss("known-good file " + said.path + " of list " + said.list +
                  ": " + what +
                  "; bring back the file that the list was made with, or "
                  "make it again with kenal known-good add --replace");
}

// What `set` has for the file that `said` names; null when that is nothing.
const KnownSet::File* FindIn(const KnownSet* set, const KnownListFile& said) {
  if (set == nullptr) return nullptr;
  for (const KnownSet::File& file : set->files()) {
    if (file.said == said) return &file;
  }
  return nullptr;
}

}  // namespace

StatusOr<std::shared_ptr<const KnownFile>> OpenKnownListFile(
    const KnownListFile& said, const KnownSetOptions& options) {
  KENAL_TRY_ASSIGN(std::shared_ptr<const KnownFile> file,
                   KnownFile::Open(said.path, options.residence));
  if (file->list() != said.list) {
    return NotAsRecorded(said, "it is of another list");
  }
  if (file->type() != said.type) {
    return NotAsRecorded(said, "it holds digests of another type");
  }
  if (file->count() != said.count) {
    return NotAsRecorded(said, "it holds " + std::to_string(file->count()) +
                                   " digests, not " +
                                   std::to_string(said.count));
  }
  if (options.compare_digests) {
    KENAL_TRY_ASSIGN(const base::Sha256Bytes digest, file->Digest());
    if (digest != said.sha256) {
      return NotAsRecorded(said, "its SHA-256 is not the recorded one");
    }
  }
  return file;
}

KnownSet KnownSet::Open(std::span<const KnownListFile> files,
                        const KnownSetOptions& options,
                        const KnownSet* before) {
  KnownSet set;
  for (const KnownListFile& said : files) {
    if (const File* const kept = FindIn(before, said)) {
      set.files_.push_back(*kept);
      continue;
    }
    File& file = set.files_.emplace_back();
    file.said = said;
    StatusOr<std::shared_ptr<const KnownFile>> opened =
        OpenKnownListFile(said, options);
    if (opened.ok()) {
      file.file = *std::move(opened);
    } else {
      file.failure = std::move(opened).status();
    }
  }
  std::ranges::sort(set.files_, {}, [](const File& file) {
    return std::tie(file.said.list, file.said.type);
  });
  return set;
}

uint64_t KnownSet::count() const {
  uint64_t count = 0;
  for (const File& file : files_) {
    if (file.file != nullptr) count += file.file->count();
  }
  return count;
}

std::vector<size_t> KnownSet::Holding(const ContentDigests& digests) const {
  return std::move(HoldingEach({&digests, 1})[0]);
}

std::vector<std::vector<size_t>> KnownSet::HoldingEach(
    std::span<const ContentDigests> contents) const {
  std::vector<std::vector<size_t>> out(contents.size());
  std::vector<size_t> asked;
  std::vector<uint8_t> digests;
  std::vector<uint8_t> found;
  for (size_t at = 0; at < files_.size(); ++at) {
    const KnownFile* const file = files_[at].file.get();
    if (file == nullptr) continue;
    asked.clear();
    digests.clear();
    for (size_t i = 0; i < contents.size(); ++i) {
      const auto digest = DigestOf(contents[i], file->type());
      if (digest.empty()) continue;
      asked.push_back(i);
      digests.insert(digests.end(), digest.begin(), digest.end());
    }
    found.resize(asked.size());
    file->ContainsEach(digests, found);
    for (size_t i = 0; i < asked.size(); ++i) {
      if (found[i] != 0) out[asked[i]].push_back(at);
    }
  }
  return out;
}

}  // namespace kenal::known
