#include "tools/kenal/content_keys.h"

#include <algorithm>

#include "src/base/digest.h"

namespace kenal::cli {
namespace {

template <typename Hash>
ContentKey KeyOf(const Hash& hash) {
  std::vector<uint8_t> bytes(hash.bytes.begin(), hash.bytes.end());
  bytes.push_back(static_cast<uint8_t>(Hash::kType));
  const base::Sha256Bytes digest = base::Sha256Of(bytes);
  ContentKey key;
  std::ranges::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

}  // namespace

std::vector<ContentKey> ContentKeysOf(const SignalSet& signals) {
  std::vector<ContentKey> keys;
  if (signals.sha256) keys.push_back(KeyOf(*signals.sha256));
  if (signals.sha1) keys.push_back(KeyOf(*signals.sha1));
  if (signals.md5) keys.push_back(KeyOf(*signals.md5));
  if (keys.empty() && !signals.pdq.empty()) {
    keys.push_back(KeyOf(signals.pdq.front().hash));
  }
  return keys;
}

void ContentIndex::Add(const SignalSet& signals, uint64_t serial) {
  for (const ContentKey& key : ContentKeysOf(signals)) {
    rows_.push_back({key, serial});
  }
}

void ContentIndex::Sort() { std::ranges::sort(rows_); }

std::vector<uint64_t> ContentIndex::Find(
    std::span<const ContentKey> keys) const {
  std::vector<uint64_t> serials;
  for (const ContentKey& key : keys) {
    for (const Row& row : std::ranges::equal_range(rows_, key, {}, &Row::key)) {
      serials.push_back(row.serial);
    }
  }
  std::ranges::sort(serials);
  serials.erase(std::ranges::unique(serials).begin(), serials.end());
  return serials;
}

}  // namespace kenal::cli
