#include "tests/service/random_values.h"

#include <algorithm>
#include <array>

#include "tests/support/support.h"

namespace kenal::testing {
namespace {

template <typename Enum>
Enum EnumOf(uint64_t value) {
  return static_cast<Enum>(value);
}

}  // namespace

uint64_t RandomValues::Number(uint64_t min, uint64_t max) {
  return std::uniform_int_distribution<uint64_t>(min, max)(random_);
}

std::string RandomValues::Text(size_t size_max) {
  constexpr std::array<const char*, 8> kCharacters = {
      "a", "Z", "\"", "\n", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\xAA\x81",
      "\\"};
  std::string text;
  const size_t size = Number(0, size_max);
  while (text.size() + 4 <= size) {
    text += kCharacters[Number(0, kCharacters.size() - 1)];
  }
  return text;
}

std::string RandomValues::Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

PdqView RandomValues::Pdq(View view) {
  PdqView pdq;
  pdq.view = view;
  pdq.profile = EnumOf<PdqProfile>(Number(0, 1));
  pdq.hash = RandomHash<PdqHash>(random_);
  if (Maybe()) pdq.quality = static_cast<int>(Number(0, 100));
  if (Maybe()) {
    pdq.dihedral.emplace();
    for (PdqHash& hash : *pdq.dihedral) hash = RandomHash<PdqHash>(random_);
  }
  if (Maybe()) pdq.template_like = Maybe();
  if (Maybe()) pdq.marr = RandomHash<MarrHash>(random_);
  if (Maybe()) {
    const auto extent = [this](uint64_t min, uint64_t max) {
      return static_cast<int32_t>(Number(min, max));
    };
    const int32_t x = extent(0, INT32_MAX - 1);
    const int32_t y = extent(0, INT32_MAX - 1);
    pdq.region =
        Region{.x = x,
               .y = y,
               .width = extent(1, static_cast<uint64_t>(INT32_MAX - x)),
               .height = extent(1, static_cast<uint64_t>(INT32_MAX - y))};
  }
  return pdq;
}

View RandomValues::OneView() { return EnumOf<View>(Number(0, kViewCount - 1)); }

kenal::Transform RandomValues::Transform() {
  return {.query_view = OneView(),
          .query_variant = EnumOf<Variant>(Number(0, 7)),
          .entry_view = OneView(),
          .entry_variant = EnumOf<Variant>(Number(0, 7))};
}

kenal::SecondOpinion RandomValues::SecondOpinion() {
  return {.distance = static_cast<int>(Number(0, 576)),
          .corroborates = Maybe()};
}

PictureInfo RandomValues::Picture() {
  return {.format = Text(),
          .width = static_cast<int32_t>(Number(0, INT32_MAX)),
          .height = static_cast<int32_t>(Number(0, INT32_MAX)),
          .damaged = Maybe()};
}

SignalSet RandomValues::Signals() {
  SignalSet set;
  if (Maybe()) set.md5 = RandomHash<Md5>(random_);
  if (Maybe()) set.sha1 = RandomHash<Sha1>(random_);
  if (Maybe()) set.sha256 = RandomHash<Sha256>(random_);
  const uint64_t views = Number(0, kViewCount);  // from none to all
  for (int i = 0; i < kViewCount; ++i) {
    if (Number(1, kViewCount) <= views) {
      set.pdq.push_back(Pdq(EnumOf<View>(static_cast<uint64_t>(i))));
    }
  }
  if (Maybe()) set.picture = Picture();
  if (Maybe()) set.pdq_failure = SignalFailure{"too_large", Text()};
  return set;
}

int64_t RandomValues::TimeMs() {
  // Years 1 to 9999, both sides of 1970.
  constexpr uint64_t kSpanMs = 315'537'897'599'999;
  return static_cast<int64_t>(Number(0, kSpanMs)) - 62'135'596'800'000;
}

EntryId RandomValues::Id() {
  return EntryId::Of(ListNumber{static_cast<uint16_t>(Number(1, UINT16_MAX))},
                     Number(1, EntryId::kSerialMax));
}

Provenance RandomValues::From() {
  return {.source = Text(),
          .member = Text(),
          .import_id = Text(),
          .reference = Text(),
          .added_unix_ms = Maybe() ? TimeMs() : 0};
}

std::vector<Classification> RandomValues::Classes() {
  std::vector<Classification> classes(Number(0, 3));
  for (Classification& one : classes) one = {Text(), Text()};
  return classes;
}

std::vector<std::string> RandomValues::Texts() {
  std::vector<std::string> texts(Number(0, 3));
  for (std::string& text : texts) text = Text();
  return texts;
}

EntryDraft RandomValues::Draft() {
  EntryDraft draft;
  draft.source_id = Text();
  draft.signals = Signals();
  draft.classifications = Classes();
  draft.series = Text();
  draft.flags = Texts();
  draft.provenance = From();
  if (Maybe()) draft.overrules = Overruled{"l" + Text(), "r" + Text()};
  draft.opinions.resize(Number(0, 2));
  for (Opinion& one : draft.opinions) {
    one = {.affirms = Maybe(),
           .member_id = Text(),
           .member = Text(),
           .signal = Text(),
           .reason_id = Text(),
           .reason = Text()};
    if (Maybe()) one.at_unix_ms = TimeMs();
  }
  if (Maybe()) draft.expires_unix_ms = TimeMs();
  draft.details = Text(4000);
  return draft;
}

EntryPage RandomValues::Listing() {
  EntryPage page{.last_serial = Number(0, EntryId::kSerialMax),
                 .at_end = Maybe(),
                 .sequence = Sequence{Number(0, UINT64_MAX)}};
  page.entries.resize(Number(0, 3));
  for (ListedEntry& entry : page.entries) {
    entry.summary = Summary();
    if (Maybe()) entry.secrets = EntrySecrets{Signals(), Text(4000)};
  }
  return page;
}

EntrySummary RandomValues::Summary() {
  Entry entry;
  static_cast<EntryDraft&>(entry) = Draft();
  entry.id = Id();
  entry.state = EnumOf<EntryState>(Number(1, 5));
  entry.state_reason = Text();
  entry.state_reference = Text();
  entry.near_action_label = Label();
  entry.added_at.value = Number(0, UINT64_MAX);
  entry.changed_at.value = Number(0, UINT64_MAX);
  return Summarize(entry);
}

Match RandomValues::OneMatch() {
  Match match;
  match.list = Text();
  match.purpose = EnumOf<Purpose>(Number(1, 4));
  match.entry = Id();
  match.source_id = Text();
  match.signal = EnumOf<SignalType>(Number(1, 4));
  match.tier = EnumOf<Tier>(Number(1, 2));
  match.distance.reset();
  if (Maybe()) match.distance = static_cast<int>(Number(0, 256));
  if (Maybe()) match.transform = Transform();
  if (Maybe()) match.second_opinion = SecondOpinion();
  match.state = EnumOf<EntryState>(Number(1, 5));
  match.classifications = Classes();
  match.series = Text();
  match.flags = Texts();
  match.provenance = From();
  match.action_label = Label();
  if (Maybe()) match.overruled_by = OverruledBy{Text(), Id()};
  match.shadow = Maybe();
  return match;
}

std::vector<KnownGood> RandomValues::KnownGoods() {
  std::vector<KnownGood> known(Number(0, 3));
  for (KnownGood& one : known) {
    one.list = Text();
    if (Maybe()) one.signal = EnumOf<SignalType>(Number(2, 4));
    one.shadow = Maybe();
  }
  return known;
}

KnownGoodFile RandomValues::KnownFile() {
  KnownGoodFile file{.signal = EnumOf<SignalType>(Number(2, 4)),
                     .count = Number(0, UINT64_MAX),
                     .size_bytes = Number(0, UINT64_MAX),
                     .source = Text(),
                     .import_id = Text(),
                     .set_unix_ms = TimeMs(),
                     .set_at = Sequence{Number(0, UINT64_MAX)}};
  for (uint8_t& byte : file.sha256) byte = static_cast<uint8_t>(random_());
  return file;
}

kenal::Answer RandomValues::Answer() {
  kenal::Answer answer;
  answer.verdict = EnumOf<Verdict>(Number(1, 5));
  if (Maybe()) answer.tier = EnumOf<Tier>(Number(1, 2));
  answer.sequence.value = Number(0, UINT64_MAX);
  answer.matches.resize(Number(0, 4));
  for (Match& match : answer.matches) match = OneMatch();
  answer.match_count = Number(0, UINT64_MAX);
  answer.truncated = Maybe();
  answer.checks.resize(Number(0, 4));
  for (Check& check : answer.checks) {
    check = {EnumOf<SignalType>(Number(1, 4)), EnumOf<CheckState>(Number(1, 3)),
             Text(), Text()};
  }
  answer.lists_skipped.resize(Number(0, 2));
  for (SkippedList& skipped : answer.lists_skipped) {
    skipped = {Text(), Text(), Sequence{Number(0, UINT64_MAX)}, Maybe()};
    if (Maybe()) skipped.reason = Maybe() ? "share" : "region";
  }
  answer.damaged = Maybe();
  answer.action_label = Label();
  answer.list_versions.resize(Number(0, 3));
  for (ListVersion& version : answer.list_versions) {
    version = {Text(), Sequence{Number(0, UINT64_MAX)}, Maybe()};
  }
  answer.known_good = KnownGoods();
  answer.known_good_failed = KnownGoods();
  return answer;
}

kenal::Explanation RandomValues::Explanation() {
  kenal::Explanation explanation;
  explanation.digests.resize(Number(0, 3));
  for (DigestComparison& digest : explanation.digests) {
    digest = {EnumOf<SignalType>(Number(2, 4)), Maybe()};
  }
  explanation.views.resize(Number(0, 5));
  for (Comparison& pair : explanation.views) {
    pair.how = Transform();
    pair.distance = static_cast<int>(Number(0, 256));
    pair.finding = EnumOf<Finding>(Number(1, 6));
    if (Maybe()) pair.query_quality = static_cast<int>(Number(0, 100));
    if (Maybe()) pair.entry_quality = static_cast<int>(Number(0, 100));
    pair.query_template_like = Maybe();
    pair.entry_template_like = Maybe();
    if (Maybe()) pair.second_opinion = SecondOpinion();
  }
  explanation.policy = Policy();
  if (Maybe()) explanation.entry_state = EnumOf<EntryState>(Number(1, 5));
  explanation.entry_expired = Maybe();
  return explanation;
}

ListPolicy RandomValues::Policy() {
  ListPolicy policy;
  policy.enabled = Maybe();
  policy.pdq_radius.bits = static_cast<int>(Number(0, kRadiusBitsMax));
  const int above = std::max(policy.pdq_radius.bits + 1, kReviewRadiusBitsMin);
  if (above <= kRadiusBitsMax && Maybe()) {
    policy.review_radius = Radius{
        static_cast<int>(Number(static_cast<uint64_t>(above), kRadiusBitsMax))};
  }
  policy.effort = EnumOf<Effort>(Number(1, 3));
  policy.stored_views = kWholeViews;  // always kept
  for (uint64_t more = Number(0, 4); more > 0; --more) {
    policy.stored_views.Add(OneView());
  }
  policy.second_opinion = Maybe();
  policy.action_label = Label();
  policy.share_permille = static_cast<int>(Number(0, 1000));
  policy.share_seed = Number(0, UINT64_MAX);
  for (uint64_t more = Number(0, 5); more > 0; --more) {
    policy.regions.push_back(RegionCode());
  }
  std::ranges::sort(policy.regions);
  policy.regions.erase(std::ranges::unique(policy.regions).begin(),
                       policy.regions.end());
  if (Maybe()) policy.expires_unix_ms = TimeMs();
  policy.shadow = Maybe();
  return policy;
}

ListInfo RandomValues::List() {
  ListInfo list{
      .number = ListNumber{static_cast<uint16_t>(Number(1, UINT16_MAX))},
      .name = Text(),
      .purpose = EnumOf<Purpose>(Number(1, 4)),
      .policy = Policy(),
      .counts = {.active = Number(0, UINT64_MAX),
                 .disputed = Number(0, UINT64_MAX),
                 .withdrawn = Number(0, UINT64_MAX)},
      .created_unix_ms = TimeMs(),
      .version = Sequence{Number(0, UINT64_MAX)},
      .changed_unix_ms = TimeMs()};
  list.known_good.resize(Number(0, 3));
  for (KnownGoodFile& file : list.known_good) file = KnownFile();
  return list;
}

std::string RandomValues::Label() {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kRest = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  if (Number(0, 3) == 0) return "";
  std::string label(1, kFirst[Number(0, kFirst.size() - 1)]);
  for (uint64_t more = Number(0, 63); more > 0; --more) {
    label += kRest[Number(0, kRest.size() - 1)];
  }
  return label;
}

std::string RandomValues::RegionCode() {
  return {static_cast<char>(Number('A', 'Z')),
          static_cast<char>(Number('A', 'Z'))};
}

ChangedEntry RandomValues::Changed() {
  ChangedEntry entry;
  entry.id = Id();
  entry.source_id = Text();
  entry.state = EnumOf<EntryState>(Number(1, 5));
  entry.near_action_label = Label();
  if (Maybe()) entry.signals = Signals();
  return entry;
}

ListChange RandomValues::Change() {
  ListChange change;
  change.sequence.value = Number(0, UINT64_MAX);
  change.kind = EnumOf<ChangeKind>(Number(1, 5));
  change.list = Text();
  if (Maybe()) change.known_good = KnownFile();
  if (Maybe()) change.policy = Policy();
  change.entries.resize(Number(0, 3));
  for (ChangedEntry& entry : change.entries) entry = Changed();
  change.last = Maybe();
  return change;
}

ChangePage RandomValues::Page() {
  ChangePage page;
  page.changes.resize(Number(0, 3));
  for (ListChange& change : page.changes) change = Change();
  page.next = {.sequence = Sequence{Number(0, UINT64_MAX)},
               .entries = Number(0, UINT64_MAX)};
  page.caught_up = Maybe();
  page.head.value = Number(0, UINT64_MAX);
  return page;
}

EntriesReport RandomValues::Entries() {
  EntriesReport report{.sequence = Sequence{Number(0, UINT64_MAX)},
                       .results = {}};
  report.results.resize(Number(0, 4));
  for (EntryResult& result : report.results) {
    result = {EnumOf<Outcome>(Number(1, 7)), Maybe() ? Id() : EntryId{},
              Text()};
  }
  return report;
}

ImportReport RandomValues::Import() {
  ImportReport report{.sequence = Sequence{Number(0, UINT64_MAX)},
                      .read = Number(0, UINT64_MAX),
                      .added = Number(0, UINT64_MAX),
                      .replaced = Number(0, UINT64_MAX),
                      .unchanged = Number(0, UINT64_MAX),
                      .kept_withdrawn = Number(0, UINT64_MAX),
                      .refused = Number(0, UINT64_MAX),
                      .refusals = {}};
  report.refusals.resize(Number(0, 3));
  for (Refusal& refusal : report.refusals) {
    refusal = {Number(0, UINT64_MAX), Text()};
  }
  return report;
}

StoreStats RandomValues::Stats() {
  StoreStats stats{.store_id = Text(),
                   .head = Sequence{Number(0, UINT64_MAX)},
                   .lists = {},
                   .pdq_rows = Number(0, UINT64_MAX),
                   .digest_rows = Number(0, UINT64_MAX),
                   .index_bytes = Number(0, UINT64_MAX),
                   .store_bytes = Number(0, UINT64_MAX),
                   .log_head = Sequence{Number(0, UINT64_MAX)},
                   .log_chain = Text()};
  stats.lists.resize(Number(0, 3));
  for (ListInfo& list : stats.lists) list = List();
  return stats;
}

VerifyReport RandomValues::Verify() {
  return {.head = Sequence{Number(0, UINT64_MAX)},
          .log_records = Number(0, UINT64_MAX),
          .entries = Number(0, UINT64_MAX),
          .postings = Number(0, UINT64_MAX),
          .problems = Texts()};
}

Authorship RandomValues::By() {
  return {.actor = "a" + Text(), .reason = Text()};
}

}  // namespace kenal::testing
