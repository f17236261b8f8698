// Draft batch: drafts checked and encoded, so that a segment of them waits in
// little memory and the write lock is held only for what needs the store.
#ifndef KENAL_SRC_CATALOGUE_DRAFT_BATCH_H_
#define KENAL_SRC_CATALOGUE_DRAFT_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/status.h"
#include "src/base/digest.h"
#include "src/signal/posting.h"

namespace kenal::catalogue {

// kInvalidArgument says, without hash bits, why a draft may not be stored:
// no signal, no source, a string or number beyond src/catalogue/limits.h,
// views out of order, the hash of empty input, or a PDQ of zeros that would be
// searched for (it is what blank pictures have).
Status CheckDraft(const EntryDraft& draft);

// The id of a draft whose source gave none: 32 hex digits of HMAC-SHA-256,
// under the store's secret, of what makes it the same entry (docs/format.md,
// "Source ids"). The draft has a signal.
// signals  as they were given, before a policy leaves any out: the same draft
//          is the same entry under every policy.
// overruled  what the draft overrules: a decision on another entry is another.
std::string DerivedSourceId(base::HmacSha256Key& secret,
                            const SignalSet& signals, EntryId overruled = {});

// Not thread-safe. Views that it returns last until Clear() or Add().
class DraftBatch {
 public:
  // policy  of the list, when the call that adds to it began. What it does
  //         not keep is left out here, before anything is compared or written.
  DraftBatch(std::span<const uint8_t> secret, const ListPolicy& policy)
      : secret_(secret), policy_(policy) {}

  // Appends what is kept of one draft, added at `now_unix_ms`. Errors: those
  // of CheckDraft, and nothing kept that could match; then the batch is as
  // before.
  // overruled  the entry that `draft.overrules` names; 0 when there is none.
  Status Add(const EntryDraft& draft, int64_t now_unix_ms,
             EntryId overruled = {});
  // The draft that was added last brings back what its source took back, even
  // when it says what that entry said.
  void Revive() { drafts_.back().revives = true; }
  void Clear();

  size_t size() const { return drafts_.size(); }
  size_t size_bytes() const;

  std::string_view source_id(size_t i) const;
  std::string_view content(size_t i) const;
  std::string_view circumstances(size_t i) const;
  std::span<const Posting> postings(size_t i) const;  // entry id 0
  EntryId overruled(size_t i) const { return drafts_[i].overruled; }
  bool revives(size_t i) const { return drafts_[i].revives; }
  std::optional<int64_t> expires_unix_ms(size_t i) const {
    return drafts_[i].expires_unix_ms;
  }

 private:
  // Ends of the parts in `bytes_` and `postings_`; a part starts where the one
  // before it ends. And what the draft overrules.
  struct Ends {
    size_t source_id = 0;
    size_t content = 0;
    size_t circumstances = 0;
    size_t postings = 0;
    EntryId overruled;
    std::optional<int64_t> expires_unix_ms;
    bool revives = false;
  };
  Ends Before(size_t i) const { return i == 0 ? Ends{} : drafts_[i - 1]; }
  std::string_view Part(size_t from, size_t to) const {
    return std::string_view(bytes_).substr(from, to - from);
  }

  // given  the draft's signals before the policy left any out.
  void Append(const EntryDraft& draft, const SignalSet& given,
              int64_t now_unix_ms, EntryId overruled);

  base::HmacSha256Key secret_;
  const ListPolicy policy_;
  std::string bytes_;
  std::vector<Posting> postings_;
  std::vector<Ends> drafts_;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_DRAFT_BATCH_H_
