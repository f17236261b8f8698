// Content keys: which entries of lists are of the same content.
#ifndef KENAL_TOOLS_KENAL_CONTENT_KEYS_H_
#define KENAL_TOOLS_KENAL_CONTENT_KEYS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "kenal/signal.h"

namespace kenal::cli {

// Half of a SHA-256 of one hash and its type: no two meet by chance.
using ContentKey = std::array<uint8_t, 16>;

// Of each digest; of one without digests, of the PDQ of its whole picture.
std::vector<ContentKey> ContentKeysOf(const SignalSet& signals);

// Keys of many entries, 24 bytes each. Built, sorted, then asked.
class ContentIndex {
 public:
  void Add(const SignalSet& signals, uint64_t serial);
  void Sort();
  // Serials of the entries that have one of these, by serial, each once.
  std::vector<uint64_t> Find(std::span<const ContentKey> keys) const;

 private:
  struct Row {
    ContentKey key;
    uint64_t serial = 0;
    friend auto operator<=>(const Row&, const Row&) = default;
  };
  std::vector<Row> rows_;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CONTENT_KEYS_H_
