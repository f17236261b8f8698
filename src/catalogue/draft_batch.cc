#include "src/catalogue/draft_batch.h"

#include <algorithm>

#include "src/base/check.h"
#include "src/base/digest.h"
#include "src/catalogue/limits.h"
#include "src/catalogue/records.h"

namespace kenal::catalogue {
namespace {

constexpr size_t kDerivedIdBytes = 16;  // 128 bits: no two meet by chance

Status CheckSize(std::string_view name, std::string_view text,
                 size_t size_max) {
  if (text.size() <= size_max) return OkStatus();
  return InvalidArgument(std::string(name) + " has " +
                         std::to_string(text.size()) + " bytes; the limit is " +
                         std::to_string(size_max));
}

Status CheckCount(std::string_view name, size_t count, size_t count_max) {
  if (count <= count_max) return OkStatus();
  return InvalidArgument("there are " + std::to_string(count) + " " +
                         std::string(name) + "; the limit is " +
                         std::to_string(count_max));
}

Status CheckNotOfEmptyInput(const SignalSet& signals) {
  static const base::Digests empty = base::DigestAll({});
  const auto refuse = [](std::string_view type) {
    return InvalidArgument(std::string(type) +
                           " is the digest of empty input; it would match "
                           "every empty file");
  };
  if (signals.md5 && signals.md5->bytes == empty.md5) return refuse("md5");
  if (signals.sha1 && signals.sha1->bytes == empty.sha1) return refuse("sha1");
  if (signals.sha256 && signals.sha256->bytes == empty.sha256) {
    return refuse("sha256");
  }
  return OkStatus();
}

Status CheckPdq(const SignalSet& signals) {
  KENAL_TRY(CheckCount("pdq views", signals.pdq.size(), kViewsMax));
  for (size_t i = 0; i < signals.pdq.size(); ++i) {
    const PdqView& pdq = signals.pdq[i];
    if (static_cast<int>(pdq.view) >= kViewCount ||
        pdq.profile > PdqProfile::kReduced) {
      return InvalidArgument("a pdq has an unknown view or profile");
    }
    if (i > 0 && pdq.view <= signals.pdq[i - 1].view) {
      return InvalidArgument("pdq views must be ordered, one each");
    }
    if (pdq.quality && (*pdq.quality < 0 || *pdq.quality > 100)) {
      return InvalidArgument("a pdq quality is not within 0 to 100");
    }
    const bool flat = pdq.quality && *pdq.quality <= kFlatQualityMax;
    if (pdq.hash == PdqHash{} && !flat) {
      return InvalidArgument(
          "pdq is all zeros; it would match every blank picture");
    }
  }
  return OkStatus();
}

Status CheckStrings(const EntryDraft& draft) {
  const Provenance& from = draft.provenance;
  if (from.source.empty()) {
    return InvalidArgument("provenance.source is empty; name who vouches");
  }
  KENAL_TRY(CheckSize("source_id", draft.source_id, kSourceIdSizeMax));
  KENAL_TRY(CheckSize("provenance.source", from.source, kSourceSizeMax));
  KENAL_TRY(CheckSize("provenance.member", from.member, kMemberSizeMax));
  KENAL_TRY(
      CheckSize("provenance.import_id", from.import_id, kImportIdSizeMax));
  KENAL_TRY(
      CheckSize("provenance.reference", from.reference, kReferenceSizeMax));
  KENAL_TRY(CheckSize("series", draft.series, kSeriesSizeMax));
  KENAL_TRY(CheckCount("classifications", draft.classifications.size(),
                       kClassificationsMax));
  for (const Classification& one : draft.classifications) {
    KENAL_TRY(CheckSize("a classification scheme", one.scheme, kSchemeSizeMax));
    KENAL_TRY(
        CheckSize("a classification value", one.raw_value, kRawValueSizeMax));
  }
  KENAL_TRY(CheckCount("flags", draft.flags.size(), kFlagsMax));
  for (const std::string& flag : draft.flags) {
    KENAL_TRY(CheckSize("a flag", flag, kFlagSizeMax));
  }
  return OkStatus();
}

Status CheckRest(const EntryDraft& draft) {
  KENAL_TRY(CheckCount("opinions", draft.opinions.size(), kOpinionsMax));
  for (const Opinion& one : draft.opinions) {
    for (const std::string* text : {&one.member_id, &one.member, &one.signal,
                                    &one.reason_id, &one.reason}) {
      KENAL_TRY(CheckSize("a text of an opinion", *text, kOpinionTextSizeMax));
    }
  }
  return CheckSize("what else the source says", draft.details, kDetailsSizeMax);
}

Status CheckPicture(const SignalSet& signals) {
  if (!signals.picture) return OkStatus();
  if (signals.picture->width < 0 || signals.picture->height < 0) {
    return InvalidArgument("a picture's side is negative");
  }
  return CheckSize("the picture format", signals.picture->format,
                   kFormatSizeMax);
}

// What makes two drafts without an id of their source the same entry: all of
// their digests and whether there is a PDQ; without digests the PDQ of the
// whole picture, or of every view when that is not given. A draft with fewer
// digests, or none of its PDQ, is thus another entry and takes no signals away;
// one with the same identity and other views says anew how the picture looks,
// and replaces it.
std::string Identity(const SignalSet& signals) {
  std::string identity;
  base::Encoder out(identity);
  const auto take = [&](const auto& hash) {
    out.Byte(static_cast<uint8_t>(hash.kType));
    out.Raw(hash.bytes);
  };
  if (signals.sha256) take(*signals.sha256);
  if (signals.sha1) take(*signals.sha1);
  if (signals.md5) take(*signals.md5);
  if (!identity.empty()) {
    out.Byte(signals.pdq.empty() ? 0 : 1);
    return identity;
  }
  const auto is_whole = [](const PdqView& pdq) {
    return kWholeViews.Contains(pdq.view);
  };
  const bool has_whole = std::ranges::any_of(signals.pdq, is_whole);
  for (const PdqView& pdq : signals.pdq) {
    if (has_whole && !is_whole(pdq)) continue;
    out.Byte(static_cast<uint8_t>(pdq.view));
    take(pdq.hash);
  }
  return identity;
}

bool KeepsAll(const ListPolicy& policy, const SignalSet& signals) {
  return std::ranges::all_of(signals.pdq, [&](const PdqView& pdq) {
    return policy.stored_views.Contains(pdq.view) &&
           (policy.second_opinion || !pdq.marr);
  });
}

// Leaves out what the policy does not keep.
void LeaveOut(const ListPolicy& policy, SignalSet& signals) {
  std::erase_if(signals.pdq, [&](const PdqView& pdq) {
    return !policy.stored_views.Contains(pdq.view);
  });
  if (policy.second_opinion) return;
  for (PdqView& pdq : signals.pdq) pdq.marr.reset();
}

}  // namespace

Status CheckDraft(const EntryDraft& draft) {
  if (!draft.signals.HasSignal()) {
    return InvalidArgument("the entry has no signal");
  }
  KENAL_TRY(CheckStrings(draft));
  KENAL_TRY(CheckRest(draft));
  KENAL_TRY(CheckNotOfEmptyInput(draft.signals));
  KENAL_TRY(CheckPdq(draft.signals));
  if (PostingsOf(EntryId{}, draft.signals).empty()) {
    return InvalidArgument(
        "pdq has a quality of " + std::to_string(kFlatQualityMax) +
        " or less and there is no digest; the entry could never match");
  }
  return CheckPicture(draft.signals);
}

std::string DerivedSourceId(base::HmacSha256Key& secret,
                            const SignalSet& signals, EntryId overruled) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string identity = Identity(signals);
  if (overruled != EntryId{}) base::Encoder(identity).Fixed64(overruled.value);
  const base::Sha256Bytes keyed = secret.Of(base::AsBytes(identity));
  std::string id;
  id.reserve(2 * kDerivedIdBytes);
  for (size_t i = 0; i < kDerivedIdBytes; ++i) {
    id.push_back(kDigits[keyed[i] >> 4]);
    id.push_back(kDigits[keyed[i] & 15]);
  }
  return id;
}

Status DraftBatch::Add(const EntryDraft& draft, int64_t now_unix_ms,
                       EntryId overruled) {
  KENAL_TRY(CheckDraft(draft));
  KENAL_CHECK(draft.overrules.has_value() == (overruled != EntryId{}));
  if (!draft.overrules && KeepsAll(policy_, draft.signals)) {
    Append(draft, draft.signals, now_unix_ms, overruled);
    return OkStatus();
  }
  EntryDraft kept = draft;
  if (kept.overrules) {
    kept.overrules->reference = std::to_string(overruled.serial());
  }
  LeaveOut(policy_, kept.signals);
  if (PostingsOf(EntryId{}, kept.signals).empty()) {
    return InvalidArgument(
        "the list keeps views " + ViewSetName(policy_.stored_views) +
        "; of these the entry has none that could match, and no digest");
  }
  Append(kept, draft.signals, now_unix_ms, overruled);
  return OkStatus();
}

void DraftBatch::Append(const EntryDraft& draft, const SignalSet& given,
                        int64_t now_unix_ms, EntryId overruled) {
  Ends ends{.overruled = overruled, .expires_unix_ms = draft.expires_unix_ms};
  if (draft.source_id.empty()) {
    bytes_ += DerivedSourceId(secret_, given, overruled);
  } else {
    bytes_ += draft.source_id;
  }
  ends.source_id = bytes_.size();
  EncodeContent(draft, bytes_);
  ends.content = bytes_.size();
  EncodeCircumstances(draft.provenance, now_unix_ms, bytes_);
  ends.circumstances = bytes_.size();
  for (const Posting& posting : PostingsOf(EntryId{}, draft.signals)) {
    postings_.push_back(posting);
  }
  ends.postings = postings_.size();
  drafts_.push_back(ends);
}

void DraftBatch::Clear() {
  bytes_.clear();
  postings_.clear();
  drafts_.clear();
}

size_t DraftBatch::size_bytes() const {
  return bytes_.size() + postings_.size() * sizeof(Posting) +
         drafts_.size() * sizeof(Ends);
}

std::string_view DraftBatch::source_id(size_t i) const {
  return Part(Before(i).circumstances, drafts_[i].source_id);
}

std::string_view DraftBatch::content(size_t i) const {
  return Part(drafts_[i].source_id, drafts_[i].content);
}

std::string_view DraftBatch::circumstances(size_t i) const {
  return Part(drafts_[i].content, drafts_[i].circumstances);
}

std::span<const Posting> DraftBatch::postings(size_t i) const {
  return std::span(postings_).subspan(Before(i).postings,
                                      drafts_[i].postings - Before(i).postings);
}

}  // namespace kenal::catalogue
