#include "src/catalogue/records.h"

#include <charconv>
#include <system_error>
#include <utility>

#include "src/base/check.h"
#include "src/catalogue/limits.h"

namespace kenal::catalogue {
namespace {

// Bits of the byte that tells which signals follow.
constexpr uint8_t kHasMd5 = 1;
constexpr uint8_t kHasSha1 = 2;
constexpr uint8_t kHasSha256 = 4;
constexpr uint8_t kHasPicture = 8;
// And of what else the content ends with.
constexpr uint8_t kHasOverruled = 16;
constexpr uint8_t kHasOpinions = 32;
constexpr uint8_t kHasExpiry = 64;
constexpr uint8_t kHasDetails = 128;
constexpr uint8_t kContentBits = 255;

// Bits of the byte that tells what is known of an opinion.
constexpr uint8_t kAffirms = 1;
constexpr uint8_t kHasTime = 2;
constexpr uint8_t kOpinionBits = 3;

// Bits of the byte that tells what is known of a PDQ beside its hash.
constexpr uint8_t kHasQuality = 1;
constexpr uint8_t kHasDihedral = 2;
constexpr uint8_t kNotTemplateLike = 4;
constexpr uint8_t kTemplateLike = 8;
constexpr uint8_t kHasMarr = 16;
constexpr uint8_t kPdqBits = 31;

constexpr uint64_t kQualityMax = 100;
constexpr uint64_t kSideMax = INT32_MAX;

uint8_t OneByte(base::Decoder& in, uint8_t most) {
  const uint8_t value = in.Byte();
  if (value > most) in.Fail();
  return in.failed() ? uint8_t{0} : value;
}

void ReadVersion(base::Decoder& in) {
  if (in.Byte() != kRecordVersion) in.Fail();
}

void EncodeHead(const Head& head, base::Encoder& out) {
  out.Number(head.sequence.value);
  out.Raw(head.chain);
}

Head DecodeHead(base::Decoder& in) {
  Head head;
  head.sequence.value = in.Number();
  in.Raw(head.chain);
  return head;
}

void EncodeCounts(const ListCounts& counts, base::Encoder& out) {
  out.Number(counts.active);
  out.Number(counts.disputed);
  out.Number(counts.withdrawn);
  out.Number(counts.quarantined);
}

// Bounded so that their sum cannot overflow.
ListCounts DecodeCounts(bool has_quarantine, base::Decoder& in) {
  ListCounts counts;
  counts.active = in.Number(EntryId::kSerialMax);
  counts.disputed = in.Number(EntryId::kSerialMax);
  counts.withdrawn = in.Number(EntryId::kSerialMax);
  if (has_quarantine) counts.quarantined = in.Number(EntryId::kSerialMax);
  return counts;
}

uint8_t TemplateBits(std::optional<bool> template_like) {
  if (!template_like) return 0;
  return *template_like ? kTemplateLike : kNotTemplateLike;
}

void EncodePdq(const PdqView& pdq, base::Encoder& out) {
  out.Byte(static_cast<uint8_t>(pdq.view));
  out.Byte(static_cast<uint8_t>(pdq.profile));
  out.Byte(static_cast<uint8_t>(
      (pdq.quality ? kHasQuality : 0) | (pdq.dihedral ? kHasDihedral : 0) |
      TemplateBits(pdq.template_like) | (pdq.marr ? kHasMarr : 0)));
  out.Raw(pdq.hash.bytes);
  if (pdq.quality) out.Byte(static_cast<uint8_t>(*pdq.quality));
  if (pdq.dihedral) {
    for (const PdqHash& variant : *pdq.dihedral) out.Raw(variant.bytes);
  }
  if (pdq.marr) out.Raw(pdq.marr->bytes);
}

PdqView DecodePdq(base::Decoder& in) {
  PdqView pdq;
  pdq.view = View{OneByte(in, kViewCount - 1)};
  pdq.profile =
      PdqProfile{OneByte(in, static_cast<uint8_t>(PdqProfile::kReduced))};
  const uint8_t has = OneByte(in, kPdqBits);
  in.Raw(pdq.hash.bytes);
  if (has & kHasQuality) pdq.quality = OneByte(in, kQualityMax);
  if (has & kHasDihedral) {
    for (PdqHash& variant : pdq.dihedral.emplace()) in.Raw(variant.bytes);
  }
  const uint8_t known = has & (kTemplateLike | kNotTemplateLike);
  if (known == (kTemplateLike | kNotTemplateLike)) in.Fail();
  if (known != 0) pdq.template_like = known == kTemplateLike;
  if (has & kHasMarr) in.Raw(pdq.marr.emplace().bytes);
  return pdq;
}

uint8_t BitsOf(const EntryDraft& draft) {
  const SignalSet& signals = draft.signals;
  return static_cast<uint8_t>(
      (signals.md5 ? kHasMd5 : 0) | (signals.sha1 ? kHasSha1 : 0) |
      (signals.sha256 ? kHasSha256 : 0) | (signals.picture ? kHasPicture : 0) |
      (draft.overrules ? kHasOverruled : 0) |
      (draft.opinions.empty() ? 0 : kHasOpinions) |
      (draft.expires_unix_ms ? kHasExpiry : 0) |
      (draft.details.empty() ? 0 : kHasDetails));
}

void EncodeSignals(const SignalSet& signals, base::Encoder& out) {
  if (signals.md5) out.Raw(signals.md5->bytes);
  if (signals.sha1) out.Raw(signals.sha1->bytes);
  if (signals.sha256) out.Raw(signals.sha256->bytes);
  out.Number(signals.pdq.size());
  for (const PdqView& pdq : signals.pdq) EncodePdq(pdq, out);
  if (signals.picture) {
    out.Bytes(signals.picture->format);
    out.Number(static_cast<uint64_t>(signals.picture->width));
    out.Number(static_cast<uint64_t>(signals.picture->height));
    out.Byte(signals.picture->damaged ? 1 : 0);
  }
}

// `has` is set to the bits of the content.
SignalSet ReadSignals(base::Decoder& in, uint8_t& has) {
  SignalSet signals;
  has = OneByte(in, kContentBits);
  if (has & kHasMd5) in.Raw(signals.md5.emplace().bytes);
  if (has & kHasSha1) in.Raw(signals.sha1.emplace().bytes);
  if (has & kHasSha256) in.Raw(signals.sha256.emplace().bytes);
  const uint64_t views = in.Number(kViewsMax);
  for (uint64_t i = 0; i < views; ++i) {
    signals.pdq.push_back(DecodePdq(in));
    if (i > 0 && signals.pdq[i].view <= signals.pdq[i - 1].view) in.Fail();
  }
  if (has & kHasPicture) {
    PictureInfo& picture = signals.picture.emplace();
    picture.format = in.Bytes(kFormatSizeMax);
    picture.width = static_cast<int32_t>(in.Number(kSideMax));
    picture.height = static_cast<int32_t>(in.Number(kSideMax));
    picture.damaged = OneByte(in, 1) == 1;
  }
  return signals;
}

Overruled ReadOverruled(base::Decoder& in) {
  Overruled overruled;
  overruled.list = in.Bytes(kNameSizeMax);
  const uint64_t serial = in.Number(EntryId::kSerialMax);
  if (serial == 0 || !CheckListName(overruled.list).ok()) in.Fail();
  overruled.reference = std::to_string(serial);
  return overruled;
}

void EncodeOpinion(const Opinion& opinion, base::Encoder& out) {
  out.Byte(static_cast<uint8_t>((opinion.affirms ? kAffirms : 0) |
                                (opinion.at_unix_ms ? kHasTime : 0)));
  out.Bytes(opinion.member_id);
  out.Bytes(opinion.member);
  out.Bytes(opinion.signal);
  out.Bytes(opinion.reason_id);
  out.Bytes(opinion.reason);
  if (opinion.at_unix_ms) out.Signed(*opinion.at_unix_ms);
}

Opinion DecodeOpinion(base::Decoder& in) {
  Opinion opinion;
  const uint8_t has = OneByte(in, kOpinionBits);
  opinion.affirms = (has & kAffirms) != 0;
  opinion.member_id = in.Bytes(kOpinionTextSizeMax);
  opinion.member = in.Bytes(kOpinionTextSizeMax);
  opinion.signal = in.Bytes(kOpinionTextSizeMax);
  opinion.reason_id = in.Bytes(kOpinionTextSizeMax);
  opinion.reason = in.Bytes(kOpinionTextSizeMax);
  if (has & kHasTime) opinion.at_unix_ms = in.Signed();
  return opinion;
}

// What a content ends with, as its bits tell.
void DecodeRest(uint8_t has, base::Decoder& in, EntryDraft& draft) {
  if (has & kHasOverruled) draft.overrules = ReadOverruled(in);
  if (has & kHasOpinions) {
    const uint64_t opinions = in.Number(kOpinionsMax);
    if (opinions == 0) in.Fail();
    for (uint64_t i = 0; i < opinions && !in.failed(); ++i) {
      draft.opinions.push_back(DecodeOpinion(in));
    }
  }
  if (has & kHasExpiry) draft.expires_unix_ms = in.Signed();
  if (has & kHasDetails) {
    draft.details = in.Bytes(kDetailsSizeMax);
    if (draft.details.empty()) in.Fail();
  }
}

Status DecodeContent(std::string_view content, EntryDraft& draft) {
  base::Decoder in(content);
  uint8_t has = 0;
  draft.signals = ReadSignals(in, has);
  const uint64_t classifications = in.Number(kClassificationsMax);
  for (uint64_t i = 0; i < classifications; ++i) {
    Classification& to = draft.classifications.emplace_back();
    to.scheme = in.Bytes(kSchemeSizeMax);
    to.raw_value = in.Bytes(kRawValueSizeMax);
  }
  draft.series = in.Bytes(kSeriesSizeMax);
  const uint64_t flags = in.Number(kFlagsMax);
  for (uint64_t i = 0; i < flags; ++i) {
    draft.flags.emplace_back(in.Bytes(kFlagSizeMax));
  }
  draft.provenance.source = in.Bytes(kSourceSizeMax);
  draft.provenance.member = in.Bytes(kMemberSizeMax);
  DecodeRest(has, in, draft);
  return in.Finish("the content of an entry");
}

Status DecodeCircumstances(std::string_view bytes, Provenance& provenance) {
  base::Decoder in(bytes);
  provenance.added_unix_ms = in.Signed();
  provenance.import_id = in.Bytes(kImportIdSizeMax);
  provenance.reference = in.Bytes(kReferenceSizeMax);
  return in.Finish("the provenance of an entry");
}

uint8_t VersionOf(const EntryFrame& frame) {
  if (!frame.state_reference.empty()) return kReferencedVersion;
  return frame.near_action_label.empty() ? kRecordVersion : kLabelledVersion;
}

}  // namespace

Purpose DecodePurpose(base::Decoder& in) {
  const uint8_t value = OneByte(in, static_cast<uint8_t>(Purpose::kTest));
  if (value == 0) in.Fail();
  return value == 0 ? Purpose::kTest : Purpose{value};
}

EntryState DecodeState(base::Decoder& in) {
  const uint8_t value =
      OneByte(in, static_cast<uint8_t>(EntryState::kRetracted));
  if (value == 0) in.Fail();
  return value == 0 ? EntryState::kActive : EntryState{value};
}

std::string_view DecodeLabel(base::Decoder& in) {
  const std::string_view label = in.Bytes(kLabelSizeMax);
  if (!CheckActionLabel(label).ok()) in.Fail();
  return label;
}

uint64_t ParseSerial(std::string_view text) {
  uint64_t serial = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), serial);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && serial <= EntryId::kSerialMax ? serial : 0;
}

std::string Encode(const StoreRow& row) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kRecordVersion);
  out.Number(row.format);
  out.Raw(row.id);
  out.Number(row.incarnation);
  out.Raw(row.secret);
  out.Signed(row.created_unix_ms);
  return bytes;
}

std::string Encode(const HeadRow& row) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kHeadVersion);
  EncodeHead(row.head, out);
  out.Number(row.totals.lists);
  EncodeCounts(row.totals.entries, out);
  out.Number(row.totals.postings);
  return bytes;
}

std::string Encode(const BaseRow& row) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kRecordVersion);
  EncodeHead(row.head, out);
  return bytes;
}

std::string Encode(const ListRow& row) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Byte(kPolicyVersion);
  out.Bytes(row.info.name);
  out.Byte(static_cast<uint8_t>(row.info.purpose));
  EncodePolicy(row.info.policy, out);
  out.Signed(row.info.created_unix_ms);
  EncodeCounts(row.info.counts, out);
  out.Number(row.last_serial);
  out.Number(row.info.version.value);
  out.Signed(row.info.changed_unix_ms);
  return bytes;
}

void EncodeTo(const EntryFrame& frame, std::string& bytes) {
  base::Encoder out(bytes);
  const uint8_t version = VersionOf(frame);
  out.Byte(version);
  out.Byte(static_cast<uint8_t>(frame.state));
  out.Number(frame.added_at.value);
  out.Number(frame.changed_at.value);
  out.Bytes(frame.source_id);
  out.Bytes(frame.content);
  out.Bytes(frame.circumstances);
  out.Bytes(frame.state_reason);
  if (version >= kLabelledVersion) out.Bytes(frame.near_action_label);
  if (version >= kReferencedVersion) out.Bytes(frame.state_reference);
}

void EncodeContent(const EntryDraft& draft, std::string& bytes) {
  base::Encoder out(bytes);
  out.Byte(BitsOf(draft));
  EncodeSignals(draft.signals, out);
  out.Number(draft.classifications.size());
  for (const Classification& one : draft.classifications) {
    out.Bytes(one.scheme);
    out.Bytes(one.raw_value);
  }
  out.Bytes(draft.series);
  out.Number(draft.flags.size());
  for (const std::string& flag : draft.flags) out.Bytes(flag);
  out.Bytes(draft.provenance.source);
  out.Bytes(draft.provenance.member);
  if (draft.overrules) {
    const uint64_t serial = ParseSerial(draft.overrules->reference);
    KENAL_CHECK(serial != 0);
    out.Bytes(draft.overrules->list);
    out.Number(serial);
  }
  if (!draft.opinions.empty()) {
    out.Number(draft.opinions.size());
    for (const Opinion& opinion : draft.opinions) EncodeOpinion(opinion, out);
  }
  if (draft.expires_unix_ms) out.Signed(*draft.expires_unix_ms);
  if (!draft.details.empty()) out.Bytes(draft.details);
}

void EncodeCircumstances(const Provenance& provenance, int64_t added_unix_ms,
                         std::string& bytes) {
  base::Encoder out(bytes);
  out.Signed(added_unix_ms);
  out.Bytes(provenance.import_id);
  out.Bytes(provenance.reference);
}

StatusOr<StoreRow> DecodeStoreRow(std::string_view bytes) {
  base::Decoder in(bytes);
  StoreRow row;
  ReadVersion(in);
  row.format = in.Number();
  if (row.format == 0) in.Fail();
  // Past here only the formats up to this one are known.
  if (row.format > kFormatVersion) return row;
  in.Raw(row.id);
  row.incarnation = in.Number();
  in.Raw(row.secret);
  row.created_unix_ms = in.Signed();
  KENAL_TRY(in.Finish("the store record"));
  return row;
}

StatusOr<HeadRow> DecodeHeadRow(std::string_view bytes) {
  base::Decoder in(bytes);
  HeadRow row;
  const uint8_t version = OneByte(in, kHeadVersion);
  if (version == 0) in.Fail();
  row.head = DecodeHead(in);
  row.totals.lists = in.Number(UINT16_MAX);
  row.totals.entries = DecodeCounts(version >= kHeadVersion, in);
  row.totals.postings = in.Number();
  KENAL_TRY(in.Finish("the head record"));
  return row;
}

StatusOr<BaseRow> DecodeBaseRow(std::string_view bytes) {
  base::Decoder in(bytes);
  BaseRow row;
  ReadVersion(in);
  row.head = DecodeHead(in);
  KENAL_TRY(in.Finish("the base record"));
  return row;
}

StatusOr<ListRow> DecodeListRow(ListNumber number, std::string_view bytes) {
  base::Decoder in(bytes);
  ListRow row;
  row.info.number = number;
  const uint8_t version = DecodePolicyVersion(in);
  row.info.name = in.Bytes(kNameSizeMax);
  row.info.purpose = DecodePurpose(in);
  row.info.policy = DecodePolicy(version, in);
  row.info.created_unix_ms = in.Signed();
  row.info.counts = DecodeCounts(version > 3, in);
  row.last_serial = in.Number(EntryId::kSerialMax);
  if (version > 2) {
    row.info.version.value = in.Number();
    if (row.info.version.value == 0) in.Fail();
    row.info.changed_unix_ms = in.Signed();
  }
  KENAL_TRY(in.Finish("list " + std::to_string(number.value)));
  KENAL_TRY(CheckListName(row.info.name).ok()
                ? OkStatus()
                : DataLoss("a list's name is not a list name"));
  return row;
}

StatusOr<EntryFrame> DecodeEntryFrame(std::string_view bytes) {
  base::Decoder in(bytes);
  EntryFrame frame;
  const uint8_t version = OneByte(in, kReferencedVersion);
  if (version == 0) in.Fail();
  frame.state = DecodeState(in);
  frame.added_at.value = in.Number();
  frame.changed_at.value = in.Number();
  frame.source_id = in.Bytes(kSourceIdSizeMax);
  frame.content = in.Bytes(kEntrySizeMax);
  frame.circumstances = in.Bytes(kEntrySizeMax);
  frame.state_reason = in.Bytes(kReasonSizeMax);
  if (version >= kLabelledVersion) frame.near_action_label = DecodeLabel(in);
  if (version >= kReferencedVersion) {
    frame.state_reference = in.Bytes(kReferenceSizeMax);
  }
  if (frame.source_id.empty() || version != VersionOf(frame)) in.Fail();
  KENAL_TRY(in.Finish("an entry"));
  return frame;
}

StatusOr<Entry> DecodeEntry(EntryId id, std::string_view bytes) {
  KENAL_TRY_ASSIGN(const EntryFrame frame, DecodeEntryFrame(bytes));
  Entry entry;
  entry.id = id;
  entry.state = frame.state;
  entry.added_at = frame.added_at;
  entry.changed_at = frame.changed_at;
  entry.source_id = frame.source_id;
  entry.state_reason = frame.state_reason;
  entry.state_reference = frame.state_reference;
  entry.near_action_label = frame.near_action_label;
  KENAL_TRY(DecodeContent(frame.content, entry));
  KENAL_TRY(DecodeCircumstances(frame.circumstances, entry.provenance));
  return entry;
}

StatusOr<SignalSet> DecodeSignals(std::string_view content) {
  base::Decoder in(content);
  uint8_t has = 0;
  SignalSet signals = ReadSignals(in, has);
  if (in.failed()) return DataLoss("the signals of an entry do not decode");
  return signals;
}

bool MayExpire(std::string_view content) {
  return !content.empty() &&
         (static_cast<uint8_t>(content.front()) & kHasExpiry) != 0;
}

std::string ExpiryValue(int64_t unix_ms) {
  std::string value;
  base::Encoder out(value);
  out.Byte(kRecordVersion);
  out.Signed(unix_ms);
  return value;
}

StatusOr<int64_t> ParseExpiryValue(std::string_view value) {
  base::Decoder in(value);
  ReadVersion(in);
  const int64_t unix_ms = in.Signed();
  KENAL_TRY(in.Finish("an expiry"));
  return unix_ms;
}

}  // namespace kenal::catalogue
