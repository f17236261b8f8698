#include "src/catalogue/draft_batch.h"

#include <functional>

#include "src/base/digest.h"
#include "src/catalogue/limits.h"
#include "src/catalogue/records.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Refused {
  std::string why;  // part of the message
  std::function<void(EntryDraft&)> spoil;
};

std::string Long(size_t size) { return std::string(size, 'x'); }

const std::vector<Refused>& RefusedDrafts() {
  static const base::Digests empty = base::DigestAll({});
  static const std::vector<Refused> cases = {
      {"no signal", [](EntryDraft& d) { d.signals = {}; }},
      {"provenance.source", [](EntryDraft& d) { d.provenance.source = ""; }},
      {"md5 is the digest of empty",
       [](EntryDraft& d) { d.signals.md5->bytes = empty.md5; }},
      {"sha1 is the digest of empty",
       [](EntryDraft& d) { d.signals.sha1->bytes = empty.sha1; }},
      {"sha256 is the digest of empty",
       [](EntryDraft& d) { d.signals.sha256->bytes = empty.sha256; }},
      {"all zeros", [](EntryDraft& d) { d.signals.pdq[0].hash = {}; }},
      {"quality", [](EntryDraft& d) { d.signals.pdq[0].quality = 101; }},
      {"quality", [](EntryDraft& d) { d.signals.pdq[0].quality = -1; }},
      {"ordered",
       [](EntryDraft& d) { std::swap(d.signals.pdq[0], d.signals.pdq[1]); }},
      {"ordered", [](EntryDraft& d) { d.signals.pdq[1].view = View::kStored; }},
      {"unknown view",
       [](EntryDraft& d) { d.signals.pdq[1].view = View{kViewCount}; }},
      {"unknown view",
       [](EntryDraft& d) { d.signals.pdq[1].profile = PdqProfile{2}; }},
      {"pdq views", [](EntryDraft& d) { d.signals.pdq.resize(kViewsMax + 1); }},
      {"side", [](EntryDraft& d) { d.signals.picture->width = -1; }},
      {"format",
       [](EntryDraft& d) {
         d.signals.picture->format = Long(kFormatSizeMax + 1);
       }},
      {"source_id",
       [](EntryDraft& d) { d.source_id = Long(kSourceIdSizeMax + 1); }},
      {"provenance.source",
       [](EntryDraft& d) { d.provenance.source = Long(kSourceSizeMax + 1); }},
      {"provenance.member",
       [](EntryDraft& d) { d.provenance.member = Long(kMemberSizeMax + 1); }},
      {"provenance.import_id",
       [](EntryDraft& d) {
         d.provenance.import_id = Long(kImportIdSizeMax + 1);
       }},
      {"provenance.reference",
       [](EntryDraft& d) {
         d.provenance.reference = Long(kReferenceSizeMax + 1);
       }},
      {"series", [](EntryDraft& d) { d.series = Long(kSeriesSizeMax + 1); }},
      {"flags", [](EntryDraft& d) { d.flags.resize(kFlagsMax + 1); }},
      {"flag", [](EntryDraft& d) { d.flags[0] = Long(kFlagSizeMax + 1); }},
      {"classifications",
       [](EntryDraft& d) {
         d.classifications.resize(kClassificationsMax + 1);
       }},
      {"scheme",
       [](EntryDraft& d) {
         d.classifications[0].scheme = Long(kSchemeSizeMax + 1);
       }},
      {"value", [](EntryDraft& d) {
         d.classifications[0].raw_value = Long(kRawValueSizeMax + 1);
       }}};
  return cases;
}

TEST(DraftCheck, SaysWhyADraftIsRefusedAndShowsNoHash) {
  EXPECT_TRUE(CheckDraft(FullDraft(1)).ok());
  for (const Refused& refused : RefusedDrafts()) {
    EntryDraft draft = FullDraft(1);
    refused.spoil(draft);
    const Status status = CheckDraft(draft);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.why;
    EXPECT_THAT(std::string(status.message()), HasSubstr(refused.why));
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(FullDraft(1).signals.md5->ToHex().substr(0, 6))));
  }
}

// Every string and count at its limit, and the longest reason: what may be
// stored can be read back.
TEST(DraftCheck, TheLargestDraftIsTakenAndFitsARecord) {
  EntryDraft draft = FullDraft(1);
  draft.source_id = Long(kSourceIdSizeMax);
  draft.provenance = {.source = Long(kSourceSizeMax),
                      .member = Long(kMemberSizeMax),
                      .import_id = Long(kImportIdSizeMax),
                      .reference = Long(kReferenceSizeMax)};
  draft.series = Long(kSeriesSizeMax);
  draft.flags.assign(kFlagsMax, Long(kFlagSizeMax));
  draft.classifications.assign(kClassificationsMax,
                               {Long(kSchemeSizeMax), Long(kRawValueSizeMax)});
  draft.signals.picture->format = Long(kFormatSizeMax);
  draft.signals.picture->width = INT32_MAX;
  draft.signals.pdq.clear();
  ListPolicy everything{.second_opinion = true};
  for (int view = 0; view < kViewCount; ++view) {
    if (static_cast<View>(view) == View::kTurned) continue;  // never stored
    PdqView pdq = FullDraft(1).signals.pdq[0];
    pdq.view = static_cast<View>(view);
    pdq.marr = MarrOf(1);
    draft.signals.pdq.push_back(pdq);
    everything.stored_views.Add(pdq.view);
  }

  const TestFolder folder;
  ASSERT_TRUE(Catalogue::Create(folder.path()).ok());
  const auto catalogue = OpenWith(folder.path(), {.space_reserve_bytes = 0});
  ASSERT_TRUE(
      (*catalogue)->CreateList("a", Purpose::kTest, everything, kBy).ok());
  const Authorship by{.actor = Long(kActorSizeMax),
                      .reason = Long(kReasonSizeMax)};
  ASSERT_TRUE((*catalogue)->AddEntries("a", {&draft, 1}, by).ok());
  const std::string one = "1";
  ASSERT_TRUE((*catalogue)
                  ->SetEntryState("a", {&one, 1}, EntryState::kDisputed, by)
                  .ok());
  EXPECT_EQ((*catalogue)->GetEntry("a", "1")->flags, draft.flags);
  EXPECT_EQ((*catalogue)->GetEntry("a", "1")->signals, draft.signals);
  EXPECT_TRUE(Problems(**catalogue).empty());
}

// A flat picture's PDQ is all zeros and never searched for; its digests are.
TEST(DraftCheck, AFlatPictureIsKeptForItsDigests) {
  EntryDraft draft = FullDraft(1);
  draft.signals.pdq = {PdqView{.hash = {}, .quality = 0}};
  EXPECT_TRUE(CheckDraft(draft).ok());
  draft.signals.md5.reset();
  draft.signals.sha1.reset();
  draft.signals.sha256.reset();
  EXPECT_FALSE(CheckDraft(draft).ok());
  draft.signals.pdq.push_back(
      {.view = View::kUpright, .hash = HashOf<PdqHash>(1)});
  EXPECT_TRUE(CheckDraft(draft).ok());
}

TEST(DraftBatch, ARefusedDraftLeavesNoTrace) {
  const std::vector<uint8_t> secret(32, 7);
  DraftBatch batch(secret, ListPolicy{});
  ASSERT_TRUE(batch.Add(FullDraft(1), 0).ok());
  const size_t size_bytes = batch.size_bytes();
  EXPECT_FALSE(batch.Add(EntryDraft{}, 0).ok());
  EXPECT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch.size_bytes(), size_bytes);
}

// Every set of stored views, with and without second opinions: what is left
// out leaves no trace in content and postings; the derived id is that of the
// draft as it was given.
TEST(DraftBatch, KeepsWhatThePolicyKeepsAndNothingElse) {
  const std::vector<uint8_t> secret(32, 7);
  EntryDraft draft = BareDraft<PdqHash>(1);
  draft.signals.pdq.clear();
  for (int view = 0; view < kViewCount; ++view) {
    draft.signals.pdq.push_back({.view = static_cast<View>(view),
                                 .hash = HashOf<PdqHash>(10 + view),
                                 .template_like = view % 2 == 0,
                                 .marr = MarrOf(view),
                                 .region = Region{1, 2, 3, 4}});
  }
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    ListPolicy policy{.second_opinion = round % 2 == 1};
    policy.stored_views =
        *ViewSet::FromBits(static_cast<uint32_t>(random() % (1 << kViewCount)));
    EntryDraft kept = draft;
    kept.signals.pdq.clear();
    for (PdqView pdq : draft.signals.pdq) {
      if (!policy.stored_views.Contains(pdq.view)) continue;
      if (!policy.second_opinion) pdq.marr.reset();
      pdq.region.reset();
      kept.signals.pdq.push_back(pdq);
    }
    DraftBatch batch(secret, policy);
    const Status added = batch.Add(draft, 0);
    if (PostingsOf(EntryId{}, kept.signals).empty()) {
      EXPECT_EQ(added.code(), StatusCode::kInvalidArgument);
      continue;
    }
    ASSERT_TRUE(added.ok()) << added;
    std::string content;
    EncodeContent(kept, content);
    EXPECT_EQ(batch.content(0), content);
    EXPECT_EQ(DecodeSignals(content).value(), kept.signals);
    base::HmacSha256Key key(secret);
    EXPECT_EQ(batch.source_id(0), DerivedSourceId(key, draft.signals));
    const std::vector<Posting> postings(batch.postings(0).begin(),
                                        batch.postings(0).end());
    EXPECT_EQ(postings, PostingsOf(EntryId{}, kept.signals));
  }
}

TEST(DraftBatch, SaysWhichViewsTheListKeepsWhenNoneIsLeft) {
  const std::vector<uint8_t> secret(32, 7);
  DraftBatch batch(secret, ListPolicy{});
  EntryDraft draft = BareDraft<PdqHash>(1);
  draft.signals.pdq[0].view = View::kFrame;
  const Status refused = batch.Add(draft, 0);
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("stored,upright,trimmed"));
  EXPECT_EQ(batch.size(), 0u);
  draft.signals.md5 = HashOf<Md5>(1);
  EXPECT_TRUE(batch.Add(draft, 0).ok());
}

// HMAC-SHA-256 by its definition, over two plain digests.
std::string PlainDerivedId(std::span<const uint8_t> secret,
                           std::string_view message) {
  std::string inner(64, '\x36');
  std::string outer(64, '\x5c');
  for (size_t i = 0; i < secret.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ secret[i]);
    outer[i] = static_cast<char>(outer[i] ^ secret[i]);
  }
  inner += message;
  const base::Sha256Bytes first = base::Sha256Of(base::AsBytes(inner));
  outer.append(first.begin(), first.end());
  const base::Sha256Bytes second = base::Sha256Of(base::AsBytes(outer));
  return Sha256{second}.ToHex().substr(0, 32);
}

template <typename HashType>
std::string Tagged(const HashType& hash) {
  return std::string(1, static_cast<char>(HashType::kType)) +
         std::string(hash.bytes.begin(), hash.bytes.end());
}

TEST(DerivedSourceId, IsKeyedFromAllThatMakesItTheSameEntry) {
  std::vector<uint8_t> secret(32);
  base::RandomBytes(secret);
  base::HmacSha256Key key(secret);
  SignalSet signals = FullDraft(1).signals;
  const auto expect = [&](const std::string& message) {
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(DerivedSourceId(key, signals), PlainDerivedId(secret, message));
    }
  };
  const std::string sha256 = Tagged(*signals.sha256);
  const std::string sha1 = Tagged(*signals.sha1);
  const std::string md5 = Tagged(*signals.md5);
  const std::string with_pdq(1, '\1');
  const std::string without_pdq(1, '\0');
  expect(sha256 + sha1 + md5 + with_pdq);
  signals.sha256.reset();
  expect(sha1 + md5 + with_pdq);
  signals.sha1.reset();
  expect(md5 + with_pdq);
  const std::vector<PdqView> views = std::exchange(signals.pdq, {});
  expect(md5 + without_pdq);
  signals.md5.reset();
  signals.pdq = views;
  const auto tagged = [](std::span<const PdqView> some) {
    std::string all;
    for (const PdqView& view : some) {
      all += std::string(1, static_cast<char>(view.view)) + Tagged(view.hash);
    }
    return all;
  };
  // Stored, upright and trimmed: of these the whole picture.
  ASSERT_EQ(views.size(), 3u);
  expect(tagged(std::span(views).first(2)));
  signals.pdq.erase(signals.pdq.begin());
  expect(tagged({&views[1], 1}));
  signals.pdq.erase(signals.pdq.begin());
  expect(tagged({&views[2], 1}));
}

}  // namespace
}  // namespace kenal::catalogue
