// The bytes on disk, against a second decoder written from docs/format.md.
#include "src/base/codec.h"

#include <random>
#include <variant>

#include "src/base/digest.h"
#include "src/catalogue/change.h"
#include "src/catalogue/change_log.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/records.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::ElementsAre;

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<uint8_t>(byte) >> 4];
    text += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

TEST(Codec, NumbersHaveOneShortestForm) {
  const std::pair<uint64_t, std::string> cases[] = {
      {0, "00"},     {1, "01"},     {127, "7f"},
      {128, "8001"}, {300, "ac02"}, {UINT64_MAX, "ffffffffffffffffff01"}};
  for (const auto& [value, hex] : cases) {
    std::string bytes;
    base::Encoder(bytes).Number(value);
    EXPECT_EQ(Hex(bytes), hex);
    base::Decoder in(bytes);
    EXPECT_EQ(in.Number(), value);
    EXPECT_TRUE(in.Finish("a number").ok());
  }
}

TEST(Codec, RefusesNumbersThatAreLongTornOrTooLarge) {
  using namespace std::string_literals;
  const std::string bad[] = {""s, "\x80"s, "\x80\x00"s,
                             "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,
                             "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s};
  for (const std::string& bytes : bad) {
    base::Decoder in(bytes);
    EXPECT_EQ(in.Number(), 0u);
    EXPECT_TRUE(in.failed()) << Hex(bytes);
  }
  base::Decoder bounded("\x09");
  bounded.Number(8);
  EXPECT_TRUE(bounded.failed());
}

TEST(Codec, SignedNumbersComeBack) {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1}, INT64_MIN,
                              INT64_MAX, int64_t{1'700'000'000'000}}) {
    std::string bytes;
    base::Encoder(bytes).Signed(value);
    base::Decoder in(bytes);
    EXPECT_EQ(in.Signed(), value);
  }
}

TEST(Codec, BytesNeverReachBeyondTheInput) {
  base::Decoder in(
      "\x05"
      "abcd");
  EXPECT_EQ(in.Bytes(100), "");
  EXPECT_TRUE(in.failed());
  base::Decoder limited(
      "\x04"
      "abcd");
  EXPECT_EQ(limited.Bytes(3), "");
  EXPECT_TRUE(limited.failed());
}

// Reads a record by the layout of docs/format.md, with nothing of the
// catalogue's own.
class Plain {
 public:
  explicit Plain(std::string bytes) : bytes_(std::move(bytes)) {}
  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const uint64_t byte = static_cast<uint8_t>(bytes_.at(at_++));
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  std::string Raw(size_t size) {
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  std::string Bytes() { return Raw(Number()); }
  int Byte() { return static_cast<uint8_t>(bytes_.at(at_++)); }
  bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

template <typename HashType>
std::string Text(const HashType& hash) {
  return std::string(hash.bytes.begin(), hash.bytes.end());
}

// What a content ends with, when it has all of it.
void ExpectPlainRest(Plain& content) {
  EXPECT_EQ(content.Number(), 2u);
  EXPECT_EQ(content.Byte(), 1 | 2);  // affirms; a time follows
  EXPECT_EQ(content.Bytes(), "42");
  EXPECT_EQ(content.Bytes(), "Demo");
  EXPECT_EQ(content.Bytes(), "PDQ");
  EXPECT_EQ(content.Bytes(), "");
  EXPECT_EQ(content.Bytes(), "");
  EXPECT_EQ(content.Number(), 14'000u);  // zigzag
  EXPECT_EQ(content.Byte(), 0);
  EXPECT_EQ(content.Bytes(), "");
  EXPECT_EQ(content.Bytes(), "Other");
  EXPECT_EQ(content.Bytes(), "");
  EXPECT_EQ(content.Bytes(), "g-1");
  EXPECT_EQ(content.Bytes(), "looks wrong");
  EXPECT_EQ(content.Number(), 9'999u);  // zigzag of -5,000
  EXPECT_EQ(content.Bytes(), "{\"comment\":\"kite\"}");
}

void ExpectPlainContent(const std::string& bytes, const EntryDraft& draft) {
  Plain content(bytes);
  EXPECT_EQ(content.Byte(), 1 | 2 | 4 | 8 | 32 | 64 | 128);
  EXPECT_EQ(content.Raw(16), Text(*draft.signals.md5));
  EXPECT_EQ(content.Raw(20), Text(*draft.signals.sha1));
  EXPECT_EQ(content.Raw(32), Text(*draft.signals.sha256));
  EXPECT_EQ(content.Number(), 3u);
  EXPECT_EQ(content.Byte(), 0);  // view stored
  EXPECT_EQ(content.Byte(), 0);  // profile native
  // Quality and variants follow; not template-like.
  EXPECT_EQ(content.Byte(), 1 | 2 | 4);
  EXPECT_EQ(content.Raw(32), Text(draft.signals.pdq[0].hash));
  EXPECT_EQ(content.Byte(), 90);
  for (const PdqHash& variant : *draft.signals.pdq[0].dihedral) {
    EXPECT_EQ(content.Raw(32), Text(variant));
  }
  EXPECT_EQ(content.Byte(), 1);  // view upright
  EXPECT_EQ(content.Byte(), 0);
  EXPECT_EQ(content.Byte(), 0);
  EXPECT_EQ(content.Raw(32), Text(draft.signals.pdq[1].hash));
  EXPECT_EQ(content.Byte(), 2);       // view trimmed
  EXPECT_EQ(content.Byte(), 1);       // profile reduced
  EXPECT_EQ(content.Byte(), 8 | 16);  // template-like; a second opinion follows
  EXPECT_EQ(content.Raw(32), Text(draft.signals.pdq[2].hash));
  EXPECT_EQ(content.Raw(72), Text(*draft.signals.pdq[2].marr));
  EXPECT_EQ(content.Bytes(), "jpeg");
  EXPECT_EQ(content.Number(), 640u);
  EXPECT_EQ(content.Number(), 480u);
  EXPECT_EQ(content.Byte(), 1);  // damaged
  EXPECT_EQ(content.Number(), 2u);
  EXPECT_EQ(content.Bytes(), "scheme");
  EXPECT_EQ(content.Bytes(), "A1");
  EXPECT_EQ(content.Bytes(), "other");
  EXPECT_EQ(content.Bytes(), "2");
  EXPECT_EQ(content.Bytes(), "series");
  EXPECT_EQ(content.Number(), 2u);
  EXPECT_EQ(content.Bytes(), "one");
  EXPECT_EQ(content.Bytes(), "two");
  EXPECT_EQ(content.Bytes(), "source");
  EXPECT_EQ(content.Bytes(), "member");
  ExpectPlainRest(content);
  EXPECT_TRUE(content.AtEnd());
}

EntryDraft DraftWithAll(uint64_t seed) {
  EntryDraft draft = FullDraft(seed);
  draft.signals.pdq[2].marr = MarrOf(seed);
  draft.opinions = {
      {.affirms = true,
       .member_id = "42",
       .member = "Demo",
       .signal = "PDQ",
       .at_unix_ms = 7'000},
      {.member = "Other", .reason_id = "g-1", .reason = "looks wrong"}};
  draft.expires_unix_ms = -5'000;
  draft.details = "{\"comment\":\"kite\"}";
  return draft;
}

std::string EncodedEntry(const EntryDraft& draft) {
  std::string content;
  std::string circumstances;
  EncodeContent(draft, content);
  EncodeCircumstances(draft.provenance, 1'000, circumstances);
  std::string row;
  EncodeTo({.state = EntryState::kDisputed,
            .added_at = {3},
            .changed_at = {300},
            .source_id = draft.source_id,
            .content = content,
            .circumstances = circumstances,
            .state_reason = "why",
            .near_action_label = "review",
            .state_reference = "T-1"},
           row);
  return row;
}

TEST(Records, AnEntryIsLaidOutAsTheFormatPageSays) {
  const EntryDraft draft = DraftWithAll(5);
  Plain row(EncodedEntry(draft));
  EXPECT_EQ(row.Byte(), 3);  // version
  EXPECT_EQ(row.Byte(), 2);  // disputed
  EXPECT_EQ(row.Number(), 3u);
  EXPECT_EQ(row.Number(), 300u);
  EXPECT_EQ(row.Bytes(), "id-5");
  ExpectPlainContent(row.Bytes(), draft);
  Plain circumstances(row.Bytes());
  EXPECT_EQ(circumstances.Number(), 2'000u);  // zigzag
  EXPECT_EQ(circumstances.Bytes(), "import");
  EXPECT_EQ(circumstances.Bytes(), "folder/file");
  EXPECT_TRUE(circumstances.AtEnd());
  EXPECT_EQ(row.Bytes(), "why");
  EXPECT_EQ(row.Bytes(), "review");
  EXPECT_EQ(row.Bytes(), "T-1");
  EXPECT_TRUE(row.AtEnd());
}

TEST(Records, TheHeadIsLaidOutAsTheFormatPageSays) {
  const HeadRow head{
      .head = {.sequence = {300}, .chain = {7}},
      .totals = {.lists = 2, .entries = {7, 8, 9, 10}, .postings = 400}};
  Plain row(Encode(head));
  EXPECT_EQ(row.Byte(), 2);  // version
  EXPECT_EQ(row.Number(), 300u);
  EXPECT_EQ(row.Raw(32), '\7' + std::string(31, '\0'));
  for (const uint64_t number : {2, 7, 8, 9, 10, 400}) {
    EXPECT_EQ(row.Number(), number);
  }
  EXPECT_TRUE(row.AtEnd());
  const StatusOr<HeadRow> back = DecodeHeadRow(Encode(head));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->totals, head.totals);
}

// The example of docs/format.md, byte for byte.
TEST(Records, TheExampleOfTheFormatPageDecodes) {
  EntryDraft draft;
  draft.signals.md5 = *Md5::FromHex("00112233445566778899aabbccddeeff");
  draft.provenance.source = "us";
  std::string content;
  std::string circumstances;
  EncodeContent(draft, content);
  EncodeCircumstances(draft.provenance, 1'000, circumstances);
  std::string row;
  EncodeTo({.state = EntryState::kActive,
            .added_at = {2},
            .changed_at = {2},
            .source_id = "a1",
            .content = content,
            .circumstances = circumstances,
            .state_reason = ""},
           row);
  EXPECT_EQ(Hex(row),
            "01"
            "01"
            "02"
            "02"
            "026131"
            "19"
            "01"
            "00112233445566778899aabbccddeeff"
            "00"
            "00"
            "00"
            "00"
            "027573"
            "00"
            "04"
            "d00f"
            "00"
            "00"
            "00");
  const StatusOr<Entry> entry = DecodeEntry(EntryId::Of({1}, 1), row);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->signals, draft.signals);
  EXPECT_EQ(entry->provenance.added_unix_ms, 1'000);
}

TEST(Records, KeysAreLaidOutAsTheFormatPageSays) {
  Posting posting{.type = SignalType::kMd5, .entry = EntryId::Of({258}, 7)};
  const Md5 md5 = *Md5::FromHex("00112233445566778899aabbccddeeff");
  std::ranges::copy(md5.bytes, posting.bits.begin());
  EXPECT_EQ(Hex(PostingKey(posting)),
            "02"
            "00112233445566778899aabbccddeeff"
            "0102000000000007"
            "00");
  EXPECT_EQ(Hex(ListKey({258})), "0102");
  EXPECT_EQ(Hex(EntryKey(EntryId::Of({258}, 7))), "0102000000000007");
  EXPECT_EQ(Hex(SequenceKey({259})), "0000000000000103");
  EXPECT_EQ(Hex(ExpiryKey(EntryId::Of({258}, 7))),
            Hex("expiry/") + "0102000000000007");
  EXPECT_EQ(Hex(ExpiryValue(-2)), "0103");
  EXPECT_EQ(*ParseExpiryKey(ExpiryKey(EntryId::Of({258}, 7))),
            EntryId::Of({258}, 7));
  EXPECT_EQ(*ParseExpiryValue(ExpiryValue(-2)), -2);
  EXPECT_EQ(Hex(SourceKey({258}, "ab")), "01026162");
  EXPECT_EQ(Hex(SourceValue(EntryId::Of({258}, 7))), "010102000000000007");
  EXPECT_EQ(*ParsePostingKey(PostingKey(posting)), posting);
}

// The last byte holds the view and, in its high bit, whether the view is
// template-like; each other value of it is damage.
TEST(Records, APostingKeyEndsWithItsViewAndTemplateBit) {
  Posting posting{.type = SignalType::kPdq, .entry = EntryId::Of({1}, 7)};
  for (int byte = 0; byte < 256; ++byte) {
    std::string key = PostingKey(posting);
    key.back() = static_cast<char>(byte);
    const StatusOr<Posting> parsed = ParsePostingKey(key);
    ASSERT_EQ(parsed.ok(), (byte & 127) < kViewCount) << byte;
    if (!parsed.ok()) continue;
    EXPECT_EQ(static_cast<int>(parsed->view), byte & 127);
    EXPECT_EQ(parsed->template_like, byte >= 128);
    EXPECT_EQ(PostingKey(*parsed), key);
  }
  posting.type = SignalType::kMd5;
  for (int byte = 1; byte < 256; ++byte) {
    std::string key = PostingKey(posting);
    key.back() = static_cast<char>(byte);
    EXPECT_FALSE(ParsePostingKey(key).ok()) << byte;
  }
}

std::vector<ListPolicy> SomePolicies() {
  ListPolicy full{.enabled = false,
                  .pdq_radius = {12},
                  .review_radius = Radius{50},
                  .effort = Effort::kFast,
                  .stored_views = kWholeViews | ViewSet{View::kAspect16x9},
                  .second_opinion = true,
                  .action_label = "block",
                  .share_permille = 300,
                  .share_seed = 70'000,
                  .regions = {"DE", "ID", "US"},
                  .expires_unix_ms = 5'000,
                  .shadow = true};
  ListPolicy narrow{.pdq_radius = {62}, .review_radius = Radius{63}};
  return {ListPolicy{}, full, narrow};
}

TEST(Records, AListIsLaidOutAsTheFormatPageSays) {
  for (const ListPolicy& policy : SomePolicies()) {
    const ListRow list{.info = {.number = {3},
                                .name = "main",
                                .purpose = Purpose::kOwnDecisions,
                                .policy = policy,
                                .counts = {7, 8, 9, 10},
                                .created_unix_ms = 1'000,
                                .version = {400},
                                .changed_unix_ms = 3'000},
                       .last_serial = 300};
    Plain row(Encode(list));
    EXPECT_EQ(row.Byte(), 4);  // version
    EXPECT_EQ(row.Bytes(), "main");
    EXPECT_EQ(row.Byte(), 2);  // own-decisions
    EXPECT_EQ(row.Byte(),
              (policy.enabled ? 1 : 0) | (policy.second_opinion ? 2 : 0) |
                  (policy.review_radius ? 4 : 0) | (policy.shadow ? 8 : 0) |
                  (policy.expires_unix_ms ? 16 : 0));
    EXPECT_EQ(row.Byte(), policy.pdq_radius.bits);
    if (policy.review_radius) {
      EXPECT_EQ(row.Byte(), policy.review_radius->bits);
    }
    EXPECT_EQ(row.Byte(), static_cast<int>(policy.effort));
    EXPECT_EQ(row.Number(), policy.stored_views.bits());
    EXPECT_EQ(row.Bytes(), policy.action_label);
    EXPECT_EQ(row.Number(), static_cast<uint64_t>(policy.share_permille));
    EXPECT_EQ(row.Number(), policy.share_seed);
    EXPECT_EQ(row.Number(), policy.regions.size());
    for (const std::string& region : policy.regions) {
      EXPECT_EQ(row.Byte(), region[0]);
      EXPECT_EQ(row.Byte(), region[1]);
    }
    if (policy.expires_unix_ms) {
      EXPECT_EQ(row.Number(), 10'000u);  // zigzag
    }
    EXPECT_EQ(row.Number(), 2'000u);  // zigzag
    EXPECT_EQ(row.Number(), 7u);
    EXPECT_EQ(row.Number(), 8u);
    EXPECT_EQ(row.Number(), 9u);
    EXPECT_EQ(row.Number(), 10u);
    EXPECT_EQ(row.Number(), 300u);
    EXPECT_EQ(row.Number(), 400u);
    EXPECT_EQ(row.Number(), 6'000u);  // zigzag
    EXPECT_TRUE(row.AtEnd());
    const StatusOr<ListRow> back = DecodeListRow({3}, Encode(list));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->info, list.info);
    EXPECT_EQ(back->last_serial, list.last_serial);
  }
}

// Every byte of a policy set to every value: what is taken is written back the
// same, and is a policy that a list may have.
TEST(Records, APolicyHasOneEncodingAndIsWithinItsLimits) {
  for (const ListPolicy& policy : SomePolicies()) {
    std::string bytes;
    base::Encoder out(bytes);
    EncodePolicy(policy, out);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string mutated = bytes;
        mutated[at] = static_cast<char>(value);
        base::Decoder in(mutated);
        const ListPolicy read = DecodePolicy(kPolicyVersion, in);
        if (!in.Finish("a policy").ok()) continue;
        std::string again;
        base::Encoder again_out(again);
        EncodePolicy(read, again_out);
        EXPECT_EQ(again, mutated);
        EXPECT_LE(read.pdq_radius.bits, kRadiusBitsMax);
        EXPECT_TRUE(read.stored_views.Contains(View::kStored));
        EXPECT_TRUE(read.stored_views.Contains(View::kUpright));
        if (!read.review_radius) continue;
        EXPECT_GE(read.review_radius->bits, kReviewRadiusBitsMin);
        EXPECT_LE(read.review_radius->bits, kRadiusBitsMax);
        EXPECT_GT(*read.review_radius, read.pdq_radius);
      }
    }
  }
}

// Whatever a decoder takes, an encoder gives back: no two byte strings mean
// the same. Mutated records are refused or decode to something else.
TEST(Records, EachValueHasOneEncoding) {
  const std::string row = EncodedEntry(DraftWithAll(5));
  std::mt19937_64 random(20);
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = row;
    const size_t at = random() % mutated.size();
    mutated[at] = static_cast<char>(mutated[at] ^ (1 << (random() % 8)));
    if (i % 4 == 0) mutated.resize(random() % mutated.size());
    const StatusOr<Entry> entry = DecodeEntry(EntryId{1}, mutated);
    if (!entry.ok()) {
      ASSERT_EQ(entry.status().code(), StatusCode::kDataLoss);
      continue;
    }
    std::string content;
    std::string circumstances;
    std::string again;
    EncodeContent(*entry, content);
    EncodeCircumstances(entry->provenance, entry->provenance.added_unix_ms,
                        circumstances);
    EncodeTo({.state = entry->state,
              .added_at = entry->added_at,
              .changed_at = entry->changed_at,
              .source_id = entry->source_id,
              .content = content,
              .circumstances = circumstances,
              .state_reason = entry->state_reason,
              .near_action_label = entry->near_action_label,
              .state_reference = entry->state_reference},
             again);
    ASSERT_EQ(again, mutated);
  }
}

KnownGoodFile SomeKnownFile() {
  KnownGoodFile file{.signal = SignalType::kSha256,
                     .count = 300,
                     .size_bytes = 70'000,
                     .source = "source",
                     .import_id = "run",
                     .set_unix_ms = 1'000};
  file.sha256.fill(7);
  return file;
}

TEST(Records, AKnownGoodFileIsLaidOutAsTheFormatPageSays) {
  EXPECT_EQ(Hex(KnownKey({258}, SignalType::kSha1)),
            Hex("known/") + "0102" + "03");
  KnownGoodFile file = SomeKnownFile();
  file.set_at = {400};
  Plain row(EncodeKnownRow(file));
  EXPECT_EQ(row.Byte(), 1);  // version
  EXPECT_EQ(row.Number(), 300u);
  EXPECT_EQ(row.Number(), 70'000u);
  EXPECT_EQ(row.Raw(32), std::string(32, '\7'));
  EXPECT_EQ(row.Bytes(), "source");
  EXPECT_EQ(row.Bytes(), "run");
  EXPECT_EQ(row.Number(), 2'000u);  // zigzag
  EXPECT_EQ(row.Number(), 400u);
  EXPECT_TRUE(row.AtEnd());
  EXPECT_EQ(KnownFileName("nsrl", file), "nsrl.sha256.0707070707070707");
}

Change EveryOperation() {
  const ListPolicy policy = SomePolicies()[1];
  return {.by = {.actor = "a", .reason = "b", .reference = "c"},
          .operations = {
              CreateList{{2}, "name", Purpose::kChildAbuse, policy},
              SetPolicy{{2}, policy}, PutEntry{EntryId::Of({2}, 1), "record"},
              SetState{EntryId::Of({2}, 1), EntryState::kWithdrawn},
              IngestSegment{.list = {2},
                            .import_id = "run",
                            .digest = {1, 2, 3},
                            .added = 5,
                            .replaced = 6,
                            .first_serial = 700,
                            .read = 8,
                            .replaced_serials = {1, 2, 3, 200, 400, 699}},
              SetNearLabel{EntryId::Of({2}, 1), "review"},
              SetKnownGood{{2}, SomeKnownFile()},
              RemoveKnownGood{{2}, SignalType::kMd5}}};
}

TEST(Changes, EveryOperationComesBack) {
  const Change change = EveryOperation();
  const StatusOr<Change> decoded = DecodePayload(EncodePayload(change));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->by.actor, change.by.actor);
  EXPECT_EQ(decoded->by.reason, change.by.reason);
  EXPECT_EQ(decoded->by.reference, change.by.reference);
  EXPECT_EQ(decoded->operations, change.operations);
}

TEST(Changes, BrokenPayloadsAreRefused) {
  const std::string payload = EncodePayload(EveryOperation());
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_EQ(DecodePayload(payload.substr(0, size)).status().code(),
              StatusCode::kDataLoss);
  }
  EXPECT_FALSE(DecodePayload(payload + '\0').ok());
}

// The chain, computed from the definition.
TEST(Changes, ChainCommitsToEverything) {
  Chain previous;
  Chain commitment;
  previous.fill(1);
  commitment.fill(2);
  std::string bytes(32, '\1');
  bytes += "header";
  bytes += std::string(32, '\2');
  EXPECT_EQ(ChainOf(previous, "header", commitment),
            base::Sha256Of(base::AsBytes(bytes)));
}

}  // namespace
}  // namespace kenal::catalogue
