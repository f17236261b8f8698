// A posting: one searchable signal of one entry. It is what the catalogue
// hands to views such as the index.
#ifndef KENAL_SRC_SIGNAL_POSTING_H_
#define KENAL_SRC_SIGNAL_POSTING_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "kenal/entry.h"
#include "kenal/signal.h"

namespace kenal {

struct Posting {
  SignalType type = SignalType::kPdq;
  View view = View::kStored;       // kStored for digests
  std::array<uint8_t, 32> bits{};  // SignalSizeBytes(type), then zeros
  EntryId entry;
  // PDQ only: PdqView::template_like, false when not known.
  bool template_like = false;

  friend auto operator<=>(const Posting&, const Posting&) = default;
};

// The postings of a signal set: each digest, and each PDQ that makes near
// matches.
std::vector<Posting> PostingsOf(EntryId entry, const SignalSet& signals);

// What an entry of an own-decisions list overrules.
struct Overruling {
  EntryId decision;
  EntryId overruled;  // 0: nothing any more
  friend auto operator<=>(const Overruling&, const Overruling&) = default;
};

// When an entry expires.
struct Expiry {
  EntryId entry;
  std::optional<int64_t> unix_ms;  // unset: never, any more
  friend auto operator<=>(const Expiry&, const Expiry&) = default;
};

// What one log record changed for views.
struct Delta {
  Sequence sequence;
  std::vector<Posting> added;
  std::vector<Posting> removed;  // each was added by an earlier delta
  // Of the own decisions that it added or replaced; the last one counts.
  std::vector<Overruling> overrulings;
  // Of entries that it added or replaced and that expire, or did before.
  std::vector<Expiry> expiries;
};

}  // namespace kenal

#endif  // KENAL_SRC_SIGNAL_POSTING_H_
