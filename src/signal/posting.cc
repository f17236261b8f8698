#include "src/signal/posting.h"

#include <algorithm>

namespace kenal {
namespace {

template <typename HashType>
Posting Of(EntryId entry, View view, const HashType& hash) {
  Posting posting{.type = HashType::kType, .view = view, .entry = entry};
  std::copy(hash.bytes.begin(), hash.bytes.end(), posting.bits.begin());
  return posting;
}

}  // namespace

std::vector<Posting> PostingsOf(EntryId entry, const SignalSet& signals) {
  std::vector<Posting> postings;
  for (const PdqView& pdq : signals.pdq) {
    if (!MakesNearMatches(pdq)) continue;
    Posting posting = Of(entry, pdq.view, pdq.hash);
    posting.template_like = pdq.template_like.value_or(false);
    postings.push_back(posting);
  }
  if (signals.md5) postings.push_back(Of(entry, View::kStored, *signals.md5));
  if (signals.sha1) postings.push_back(Of(entry, View::kStored, *signals.sha1));
  if (signals.sha256) {
    postings.push_back(Of(entry, View::kStored, *signals.sha256));
  }
  return postings;
}

}  // namespace kenal
