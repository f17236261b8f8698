#include "src/feed/text_set.h"

#include <cstring>

#include "src/base/digest.h"

namespace kenal::feed {

bool TextSet::Add(std::string_view text) {
  const Key key = KeyOf(text);
  if (set_.size() >= count_max_) return set_.contains(key);
  set_.insert(key);
  return true;
}

TextSet::Key TextSet::KeyOf(std::string_view text) {
  const base::Sha256Bytes digest = base::Sha256Of(base::AsBytes(text));
  Key key;
  std::memcpy(key.data(), digest.data(), sizeof key);
  return key;
}

}  // namespace kenal::feed
