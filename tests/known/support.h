// What the tests of known-good files share: sets of digests, the plain set
// that answers are held against, and a second writer of the format.
#ifndef KENAL_TESTS_KNOWN_SUPPORT_H_
#define KENAL_TESTS_KNOWN_SUPPORT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/known/builder.h"
#include "src/known/known_file.h"
#include "tests/support/support.h"

namespace kenal::known {

using Bytes = std::vector<uint8_t>;
using DigestSet = std::set<Bytes>;

inline constexpr SignalType kDigestTypes[] = {
    SignalType::kMd5, SignalType::kSha1, SignalType::kSha256};

inline Bytes RandomDigest(std::mt19937_64& random, SignalType type) {
  Bytes digest(SignalSizeBytes(type));
  for (uint8_t& byte : digest) byte = static_cast<uint8_t>(random());
  return digest;
}

inline DigestSet RandomSet(std::mt19937_64& random, SignalType type,
                           size_t count) {
  DigestSet set;
  while (set.size() < count) set.insert(RandomDigest(random, type));
  return set;
}

// Digests that share their first `shared` bytes.
inline DigestSet SharedPrefixSet(std::mt19937_64& random, SignalType type,
                                 size_t count, size_t shared) {
  const Bytes prefix = RandomDigest(random, type);
  DigestSet set;
  while (set.size() < count) {
    Bytes digest = RandomDigest(random, type);
    std::copy_n(prefix.begin(), shared, digest.begin());
    set.insert(std::move(digest));
  }
  return set;
}

inline std::vector<Bytes> Shuffled(std::mt19937_64& random,
                                   const DigestSet& set) {
  std::vector<Bytes> out(set.begin(), set.end());
  std::shuffle(out.begin(), out.end(), random);
  return out;
}

inline Bytes Joined(const std::vector<Bytes>& digests) {
  Bytes out;
  for (const Bytes& digest : digests) {
    out.insert(out.end(), digest.begin(), digest.end());
  }
  return out;
}

inline StatusOr<KnownFileFacts> Build(const std::string& path,
                                      const BuildOptions& options,
                                      const std::vector<Bytes>& digests) {
  KENAL_TRY_ASSIGN(auto builder, KnownBuilder::Create(path, options));
  KENAL_TRY(builder->Add(Joined(digests)));
  return builder->Finish();
}

inline StatusOr<KnownFileFacts> BuildSet(const std::string& path,
                                         SignalType type,
                                         const DigestSet& set) {
  return Build(path, {.type = type, .list = "list"},
               std::vector<Bytes>(set.begin(), set.end()));
}

inline Bytes ContentOf(const std::string& path) {
  const auto bytes = base::ReadFile(path, uint64_t{1} << 32);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : Bytes();
}

inline std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline std::vector<Bytes> AllOf(const KnownFile& file) {
  std::vector<Bytes> out;
  const Status status = file.ForEach([&](std::span<const uint8_t> digests) {
    for (size_t at = 0; at < digests.size(); at += file.digest_bytes()) {
      const auto one = digests.subspan(at, file.digest_bytes());
      out.emplace_back(one.begin(), one.end());
    }
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return out;
}

// The same bytes by the plainest means: docs/known-good.md, word by word.
inline Bytes PlainFile(SignalType type, const std::string& list,
                       const DigestSet& set) {
  Bytes out;
  const auto put = [&out](uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
      out.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
  };
  const auto pad = [&out] { out.resize((out.size() + 63) / 64 * 64); };
  for (const char c : std::string("KENALKG\n")) put(static_cast<uint8_t>(c), 1);
  put(1, 4);
  put(static_cast<uint64_t>(type), 1);
  put(list.size(), 1);
  put(0, 2);
  out.insert(out.end(), list.begin(), list.end());
  out.resize(128);

  size_t log2 = 0;
  while ((set.size() >> (log2 + 1)) != 0) ++log2;
  const size_t bits = std::max(log2 > 2 ? log2 - 2 : 0, log2 / 8 * 8);
  std::map<uint64_t, uint64_t> sizes;
  for (const Bytes& digest : set) {
    uint64_t bucket = 0;
    for (size_t bit = 0; bit < bits; ++bit) {
      bucket = 2 * bucket + (digest[bit / 8] >> (7 - bit % 8) & 1);
    }
    ++sizes[bucket];
    out.insert(out.end(), digest.begin() + static_cast<ptrdiff_t>(bits / 8),
               digest.end());
  }
  pad();
  uint64_t before = 0;
  uint64_t crowded = 0;
  for (uint64_t first = 0; first < uint64_t{1} << bits; first += 56) {
    uint64_t base = before;
    Bytes line;
    for (uint64_t bucket = first; bucket < first + 56; ++bucket) {
      const uint64_t size = sizes.contains(bucket) ? sizes[bucket] : 0;
      if (size >= 255) base |= uint64_t{1} << 63;
      crowded += size >= 255;
      line.push_back(static_cast<uint8_t>(std::min<uint64_t>(size, 255)));
      before += size;
    }
    put(base, 8);
    out.insert(out.end(), line.begin(), line.end());
  }
  for (const auto& [bucket, size] : sizes) {
    if (size < 255) continue;
    put(bucket, 8);
    put(size, 8);
  }
  pad();
  Bytes summed(out.begin(), out.begin() + 128);
  const size_t trailer = out.size();
  put(set.size(), 8);
  put(crowded, 8);
  put(bits, 8);
  put(trailer + 64, 8);
  put(0, 8);
  put(0, 8);
  summed.insert(summed.end(), out.begin() + static_cast<ptrdiff_t>(trailer),
                out.end());
  const base::Sha256Bytes sum = base::Sha256Of(summed);
  out.insert(out.end(), sum.begin(), sum.begin() + 8);
  for (const char c : std::string("KENALKGE")) put(static_cast<uint8_t>(c), 1);
  return out;
}

}  // namespace kenal::known

#endif  // KENAL_TESTS_KNOWN_SUPPORT_H_
