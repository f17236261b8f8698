// Sorting many keys that lie elsewhere.
#ifndef KENAL_SRC_CATALOGUE_SORTED_POSITIONS_H_
#define KENAL_SRC_CATALOGUE_SORTED_POSITIONS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kenal::catalogue {

// The first bytes of a key as a number that sorts as they do.
inline uint64_t KeyPrefix(std::string_view key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof prefix; ++i) {
    prefix = prefix << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  }
  return prefix;
}

// Positions 0..count-1 in the order of `key(position)`, a std::string_view;
// equal keys keep their order. The prefixes lie beside the positions, so most
// comparisons touch no key.
template <typename Key>
std::vector<uint32_t> SortedPositions(size_t count, const Key& key) {
  struct Item {
    uint64_t prefix;
    uint32_t position;
  };
  std::vector<Item> items(count);
  for (size_t i = 0; i < count; ++i) {
    items[i] = {KeyPrefix(key(i)), static_cast<uint32_t>(i)};
  }
  std::ranges::sort(items, [&](const Item& a, const Item& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = key(a.position).compare(key(b.position));
    return order != 0 ? order < 0 : a.position < b.position;
  });
  std::vector<uint32_t> positions(count);
  for (size_t i = 0; i < count; ++i) positions[i] = items[i].position;
  return positions;
}

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_SORTED_POSITIONS_H_
