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
                  "import the list again");
}

StatusOr<std::unique_ptr<KnownFile>> OpenAsSaid(
    const KnownListFile& said, const KnownSetOptions& options) {
  KENAL_TRY_ASSIGN(auto file, KnownFile::Open(said.path, options.residence));
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

}  // namespace

StatusOr<KnownSet> KnownSet::Open(std::span<const KnownListFile> files,
                                  const KnownSetOptions& options) {
  std::vector<const KnownListFile*> ordered;
  for (const KnownListFile& file : files) ordered.push_back(&file);
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
    return std::tie(a->list, a->type) < std::tie(b->list, b->type);
  });
  KnownSet set;
  const KnownListFile* last = nullptr;
  for (const KnownListFile* const said : ordered) {
    const bool same_list = last != nullptr && last->list == said->list;
    if (same_list && last->type == said->type) {
      return InvalidArgument("known-good list " + said->list + " has two " +
                             std::string(SignalTypeName(said->type)) +
                             " files; name one");
    }
    KENAL_TRY_ASSIGN(auto file, OpenAsSaid(*said, options));
    if (!same_list) set.lists_.push_back(said->list);
    set.files_.push_back({set.lists_.size() - 1, std::move(file)});
    last = said;
  }
  return set;
}

uint64_t KnownSet::count() const {
  uint64_t count = 0;
  for (const File& file : files_) count += file.file->count();
  return count;
}

std::vector<size_t> KnownSet::Holding(const ContentDigests& digests) const {
  std::vector<size_t> out;
  for (const File& file : files_) {
    if (!out.empty() && out.back() == file.list) continue;
    const auto digest = DigestOf(digests, file.file->type());
    if (!digest.empty() && file.file->Contains(digest)) {
      out.push_back(file.list);
    }
  }
  return out;
}

std::vector<std::vector<size_t>> KnownSet::HoldingEach(
    std::span<const ContentDigests> contents) const {
  std::vector<std::vector<size_t>> out(contents.size());
  std::vector<size_t> asked;
  std::vector<uint8_t> digests;
  std::vector<uint8_t> found;
  for (const File& file : files_) {
    asked.clear();
    digests.clear();
    for (size_t i = 0; i < contents.size(); ++i) {
      const auto digest = DigestOf(contents[i], file.file->type());
      if (digest.empty()) continue;
      if (!out[i].empty() && out[i].back() == file.list) continue;
      asked.push_back(i);
      digests.insert(digests.end(), digest.begin(), digest.end());
    }
    found.resize(asked.size());
    file.file->ContainsEach(digests, found);
    for (size_t i = 0; i < asked.size(); ++i) {
      if (found[i] != 0) out[asked[i]].push_back(file.list);
    }
  }
  return out;
}

}  // namespace kenal::known
