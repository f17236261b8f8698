#include "src/catalogue/keys.h"

#include <span>

#include "src/base/codec.h"
#include "src/catalogue/records.h"

namespace kenal::catalogue {
namespace {

// Set in the view's byte of a posting key when the view is template-like.
constexpr uint8_t kTemplateLikeBit = 0x80;

std::string Fixed64Key(uint64_t value) {
  std::string key;
  base::Encoder(key).Fixed64(value);
  return key;
}

StatusOr<uint64_t> ParseFixed64(std::string_view key, std::string_view what) {
  base::Decoder in(key);
  const uint64_t value = in.Fixed64();
  KENAL_TRY(in.Finish(what));
  return value;
}

}  // namespace

std::string ListKey(ListNumber number) {
  return {static_cast<char>(number.value >> 8),
          static_cast<char>(number.value)};
}

std::string EntryKey(EntryId id) { return Fixed64Key(id.value); }

std::string ExpiryKey(EntryId id) {
  std::string key(kExpiryPrefix);
  base::Encoder(key).Fixed64(id.value);
  return key;
}

std::string SequenceKey(Sequence sequence) {
  return Fixed64Key(sequence.value);
}

void AppendPostingKey(const Posting& posting, std::string& out) {
  base::Encoder key(out);
  key.Byte(static_cast<uint8_t>(posting.type));
  key.Raw(std::span(posting.bits).first(SignalSizeBytes(posting.type)));
  key.Fixed64(posting.entry.value);
  key.Byte(
      static_cast<uint8_t>(static_cast<uint8_t>(posting.view) |
                           (posting.template_like ? kTemplateLikeBit : 0)));
}

std::string PostingKey(const Posting& posting) {
  std::string key;
  AppendPostingKey(posting, key);
  return key;
}

void AppendSourceKey(ListNumber list, std::string_view source_id,
                     std::string& out) {
  out.push_back(static_cast<char>(list.value >> 8));
  out.push_back(static_cast<char>(list.value));
  out.append(source_id);
}

std::string SourceKey(ListNumber list, std::string_view source_id) {
  std::string key;
  AppendSourceKey(list, source_id, key);
  return key;
}

StatusOr<ListNumber> ParseListKey(std::string_view key) {
  base::Decoder in(key);
  const uint16_t high = in.Byte();
  const uint16_t low = in.Byte();
  KENAL_TRY(in.Finish("a list key"));
  return ListNumber{static_cast<uint16_t>(high << 8 | low)};
}

StatusOr<EntryId> ParseEntryKey(std::string_view key) {
  KENAL_TRY_ASSIGN(const uint64_t value, ParseFixed64(key, "an entry key"));
  return EntryId{value};
}

StatusOr<EntryId> ParseExpiryKey(std::string_view key) {
  if (!key.starts_with(kExpiryPrefix)) {
    return DataLoss("an expiry key does not decode");
  }
  return ParseEntryKey(key.substr(kExpiryPrefix.size()));
}

StatusOr<Sequence> ParseSequenceKey(std::string_view key) {
  KENAL_TRY_ASSIGN(const uint64_t value, ParseFixed64(key, "a log key"));
  return Sequence{value};
}

StatusOr<Posting> ParsePostingKey(std::string_view key) {
  base::Decoder in(key);
  Posting posting;
  const uint8_t type = in.Byte();
  if (type < static_cast<uint8_t>(SignalType::kPdq) ||
      type > static_cast<uint8_t>(SignalType::kSha256)) {
    return DataLoss("a posting has an unknown signal type");
  }
  posting.type = SignalType{type};
  in.Raw(std::span(posting.bits).first(SignalSizeBytes(posting.type)));
  posting.entry.value = in.Fixed64();
  const uint8_t last = in.Byte();
  const uint8_t view = last & ~kTemplateLikeBit & 0xff;
  const bool is_pdq = posting.type == SignalType::kPdq;
  if (view >= kViewCount || (!is_pdq && last != 0)) in.Fail();
  posting.view = in.failed() ? View::kStored : View{view};
  posting.template_like = (last & kTemplateLikeBit) != 0;
  KENAL_TRY(in.Finish("a posting key"));
  return posting;
}

std::string SourceValue(EntryId id) {
  std::string value;
  base::Encoder out(value);
  out.Byte(kRecordVersion);
  out.Fixed64(id.value);
  return value;
}

StatusOr<EntryId> ParseSourceValue(std::string_view value) {
  base::Decoder in(value);
  if (in.Byte() != kRecordVersion) in.Fail();
  const EntryId id{in.Fixed64()};
  KENAL_TRY(in.Finish("a source row"));
  return id;
}

}  // namespace kenal::catalogue
