// Answers against a model: every verdict, label, skipped list and match, worked
// out entry by entry from what include/kenal says, over random small stores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "kenal/engine.h"
#include "src/base/clock.h"
#include "tests/support/support.h"

namespace kenal {
namespace {

using ::kenal::testing::AtDistance;
using ::kenal::testing::RandomHash;
using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;

const Authorship kBy{.actor = "test", .reason = "testing"};
constexpr int64_t kStart = 1'700'000'000'000;
std::atomic<int64_t> now_unix_ms{kStart};

// The clock of the process, for one test.
class MovedClock {
 public:
  MovedClock() {
    now_unix_ms = kStart;
    base::SetClockForTest([] { return now_unix_ms.load(); });
  }
  ~MovedClock() { base::SetClockForTest(nullptr); }
};

// What one store should hold.
struct KnownEntry {
  EntryId id;
  SignalSet signals;
  std::string source_id;
  std::string near_label;
  EntryState state = EntryState::kActive;
  EntryId overrules;  // 0: nothing
};
struct KnownList {
  ListInfo info;  // counts are not kept
  std::vector<KnownEntry> entries;
};

// One entry met by one signal.
struct Meeting {
  const KnownList* list = nullptr;
  const KnownEntry* entry = nullptr;
  SignalType signal = SignalType::kPdq;
  Tier tier = Tier::kMatch;
  int distance = 0;
  View query_view = View::kStored;
  View entry_view = View::kStored;

  bool IsDigest() const { return signal != SignalType::kPdq; }
  auto Order() const {
    return std::tuple(list->info.purpose, tier, distance, list->info.name,
                      entry->id, signal);
  }
};

bool IsSearched(const PdqView& pdq) {
  const bool is_part = pdq.view != View::kStored;
  return pdq.quality.value_or(100) > 49 &&
         !(is_part && pdq.template_like.value_or(false));
}

std::optional<Meeting> NearestOf(const KnownList& list, const KnownEntry& entry,
                                 const SignalSet& query,
                                 const MatchOptions& options) {
  const ListPolicy& policy = list.info.policy;
  const int match_bits = policy.pdq_radius.bits;
  const int widest_bits =
      options.radius.value_or(policy.review_radius.value_or(policy.pdq_radius))
          .bits;
  const bool parts =
      options.effort >= Effort::kNormal && policy.effort >= Effort::kNormal;
  std::optional<Meeting> nearest;
  for (const PdqView& asked : query.pdq) {
    if (!IsSearched(asked) || (asked.view != View::kStored && !parts)) continue;
    for (const PdqView& held : entry.signals.pdq) {
      if (!IsSearched(held)) continue;
      const int distance = HammingDistance(asked.hash, held.hash);
      const bool plain = asked.template_like.value_or(false) ||
                         held.template_like.value_or(false);
      const int most = plain ? std::min(match_bits, widest_bits) : widest_bits;
      if (distance > most || (nearest && nearest->distance <= distance)) {
        continue;
      }
      nearest = {.list = &list,
                 .entry = &entry,
                 .tier = distance <= match_bits ? Tier::kMatch : Tier::kReview,
                 .distance = distance,
                 .query_view = asked.view,
                 .entry_view = held.view};
    }
  }
  return nearest;
}

// Why a list is skipped, but for its share.
std::string ReasonOf(const ListPolicy& policy, const MatchOptions& options) {
  if (!policy.enabled) return "disabled";
  if (policy.expires_unix_ms && *policy.expires_unix_ms <= now_unix_ms) {
    return "expired";
  }
  const bool here = policy.regions.empty() || options.region.empty() ||
                    std::ranges::count(policy.regions, options.region) > 0;
  return here ? "" : "region";
}

// What decides on which side of a share content falls.
std::string ContentOf(const SignalSet& query) {
  if (!query.pdq.empty() && query.pdq[0].view == View::kStored) {
    return "pdq" + query.pdq[0].hash.ToHex();
  }
  if (query.sha256) return "sha256" + query.sha256->ToHex();
  if (query.sha1) return "sha1" + query.sha1->ToHex();
  if (query.md5) return "md5" + query.md5->ToHex();
  return query.pdq.empty() ? "" : "pdq" + query.pdq[0].hash.ToHex();
}

class Model {
 public:
  // One random store after another, all from one seed.
  explicit Model(uint64_t seed) : random_(seed) {}

  void Run() {
    Fill();
    for (int round = 0; round < 3 && !::testing::Test::HasFatalFailure();
         ++round) {
      for (int i = 0; i < 4; ++i) AskSome();
      Change();
      if (round == 1) Reopen();
    }
  }
  static std::map<std::string, int> seen;  // what the runs came across

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(int percent) {
    return Below(100) < static_cast<uint64_t>(percent);
  }
  template <typename Value>
  Value OneOf(std::initializer_list<Value> values) {
    return *(values.begin() + Below(values.size()));
  }

  void Fill();
  void Reopen();
  void Change();
  ListPolicy RandomPolicy();
  SignalSet RandomSignals(bool of_entry);
  // May set `pdq` to what the target holds.
  std::optional<Overruled> RandomTarget(EntryId& target,
                                        std::vector<PdqView>& pdq);
  void AddTo(KnownList& list, size_t count);
  void SetPolicy(KnownList& list, const ListPolicy& policy);
  void SetStates(KnownList& list);
  void SetLabels(KnownList& list);

  void AskSome();
  // Lists that the answer may be made from; checks the reasons of the others.
  std::vector<const KnownList*> HeldBy(const Answer& answer,
                                       const SignalSet& query,
                                       const MatchOptions& options);
  void CheckShare(const KnownList& list, const SignalSet& query, bool skipped);
  void CheckAnswer(const Answer& answer, const SignalSet& query,
                   const MatchOptions& options);
  Match MatchOf(const Meeting& meeting, const std::vector<Meeting>& all) const;

  std::mt19937_64 random_;
  TempDir folder_;
  std::unique_ptr<Engine> engine_;
  std::vector<KnownList> lists_;  // in the order of their making
  std::vector<PdqHash> pictures_;
  std::vector<Md5> files_;
  Sequence head_;
  // Of list, seed and content: the largest share that it fell out of and the
  // smallest that it fell into.
  std::map<std::string, std::pair<int, int>> sides_;
};

std::map<std::string, int> Model::seen;

void Model::Fill() {
  ASSERT_TRUE(Engine::Init(folder_ / "store").ok());
  Reopen();
  for (int i = 0; i < 5; ++i) {
    pictures_.push_back(RandomHash<PdqHash>(random_));
    files_.push_back(RandomHash<Md5>(random_));
  }
  const size_t count = 3 + Below(6);
  for (size_t i = 0; i < count; ++i) {
    const Purpose purpose =
        OneOf({Purpose::kChildAbuse, Purpose::kChildAbuse, Purpose::kTest,
               Purpose::kKnownBenign, Purpose::kOwnDecisions,
               Purpose::kOwnDecisions});
    // Neither in the order of their numbers nor of their purposes.
    const std::string name =
        std::string(1, static_cast<char>('a' + Below(26))) + std::to_string(i);
    const auto made = engine_->CreateList(name, purpose, RandomPolicy(), kBy);
    ASSERT_TRUE(made.ok()) << made.status();
    head_ = made->version;
    lists_.push_back({.info = *made, .entries = {}});
  }
  for (int i = 0; i < 2; ++i) {
    for (KnownList& list : lists_) AddTo(list, 2 + Below(6));
  }
  for (KnownList& list : lists_) SetLabels(list);
}

void Model::Reopen() {
  engine_.reset();
  auto engine = Engine::Open(folder_ / "store");
  ASSERT_TRUE(engine.ok()) << engine.status();
  engine_ = std::move(*engine);
}

void Model::Change() {
  for (int i = 0; i < 3; ++i) {
    KnownList& list = lists_[Below(lists_.size())];
    switch (Below(4)) {
      case 0:
        SetPolicy(list, RandomPolicy());
        break;
      case 1:
        SetStates(list);
        break;
      case 2:
        SetLabels(list);
        break;
      default:
        AddTo(list, 1 + Below(3));
    }
  }
  if (Chance(50)) now_unix_ms += 1000;
}

ListPolicy Model::RandomPolicy() {
  ListPolicy policy;
  policy.enabled = Chance(85);
  policy.pdq_radius.bits = OneOf({0, 12, 31, 31, 40, 63});
  if (policy.pdq_radius.bits < 60 && Chance(40)) {
    policy.review_radius = Radius{std::max(32, policy.pdq_radius.bits + 1) +
                                  static_cast<int>(Below(3))};
  }
  policy.effort = OneOf({Effort::kFast, Effort::kNormal, Effort::kThorough});
  policy.action_label = OneOf({"", "block", "report", "look", "ignore"});
  if (Chance(30)) policy.share_permille = OneOf({0, 1, 300, 500, 999});
  policy.share_seed = Below(3);
  if (Chance(30)) policy.regions = {"DE", "NL"};
  if (Chance(10)) policy.regions = {"AT"};
  if (Chance(30)) {
    policy.expires_unix_ms =
        now_unix_ms + OneOf<int64_t>({-1, 0, 1, 1000, 1'000'000});
  }
  policy.shadow = Chance(20);
  return policy;
}

SignalSet Model::RandomSignals(bool of_entry) {
  SignalSet signals;
  const auto pdq = [&](View view) {
    const PdqHash& picture = pictures_[Below(pictures_.size())];
    const int distance =
        of_entry ? OneOf({0, 0, 1, 8})
                 : OneOf({0, 5, 11, 12, 13, 30, 31, 32, 33, 40, 41, 50, 63});
    PdqView made{.view = view, .hash = AtDistance(picture, distance, random_)};
    if (Chance(10)) made.hash = RandomHash<PdqHash>(random_);
    if (Chance(70)) made.quality = 50 + static_cast<int>(Below(51));
    if (Chance(10)) made.quality = static_cast<int>(Below(50));
    if (Chance(20)) made.template_like = Chance(60);
    signals.pdq.push_back(made);
  };
  if (Chance(75)) pdq(View::kStored);
  if (Chance(25)) pdq(View::kTrimmed);
  if (Chance(30)) signals.md5 = files_[Below(files_.size())];
  if (Chance(10)) signals.sha1 = RandomHash<Sha1>(random_);
  if (of_entry) {
    // Something to be found by, even if all that is above is flat.
    signals.sha256 = RandomHash<Sha256>(random_);
    return signals;
  }
  if (Chance(30)) {
    const KnownList& list = lists_[Below(lists_.size())];
    if (!list.entries.empty()) {
      const SignalSet& of = list.entries[Below(list.entries.size())].signals;
      signals.sha256 = of.sha256;
      if (Chance(50)) signals.pdq = of.pdq;
    }
  }
  if (Chance(10)) signals.pdq_failure = {"decoder_died", "it died"};
  if (Chance(5)) signals.picture = {.format = "jpeg", .damaged = true};
  if (Chance(2)) signals = {};
  return signals;
}

std::optional<Overruled> Model::RandomTarget(EntryId& target,
                                             std::vector<PdqView>& pdq) {
  const KnownList& list = lists_[Below(lists_.size())];
  if (list.info.purpose == Purpose::kOwnDecisions || list.entries.empty()) {
    return std::nullopt;
  }
  const KnownEntry& entry = list.entries[Below(list.entries.size())];
  target = entry.id;
  if (Chance(70)) pdq = entry.signals.pdq;
  return Overruled{.list = list.info.name,
                   .reference = Chance(50) ? std::to_string(entry.id.serial())
                                           : "source:" + entry.source_id};
}

void Model::AddTo(KnownList& list, size_t count) {
  std::vector<EntryDraft> drafts(count);
  std::vector<KnownEntry> known(count);
  for (size_t i = 0; i < count; ++i) {
    EntryDraft& draft = drafts[i];
    draft.source_id = "id-" + std::to_string(random_());
    draft.signals = RandomSignals(true);
    draft.provenance.source = "a source";
    if (list.info.purpose == Purpose::kOwnDecisions) {
      draft.overrules = RandomTarget(known[i].overrules, draft.signals.pdq);
    }
    known[i].signals = draft.signals;
    known[i].source_id = draft.source_id;
  }
  const auto report = engine_->AddEntries(list.info.name, drafts, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(report->results[i].outcome, Outcome::kAdded)
        << report->results[i].why;
    known[i].id = report->results[i].id;
    list.entries.push_back(known[i]);
  }
  list.info.version = head_ = report->sequence;
}

void Model::SetPolicy(KnownList& list, const ListPolicy& policy) {
  const auto set = engine_->SetListPolicy(list.info.name, policy, kBy);
  ASSERT_TRUE(set.ok()) << set.status();
  if (list.info.policy != policy) ++head_.value;
  if (list.info.policy != policy) list.info.version = head_;
  list.info.policy = policy;
  ASSERT_EQ(set->version, list.info.version);
}

void Model::SetStates(KnownList& list) {
  if (list.entries.empty()) return;
  KnownEntry& entry = list.entries[Below(list.entries.size())];
  const EntryState to = OneOf(
      {EntryState::kActive, EntryState::kDisputed, EntryState::kWithdrawn});
  const std::string reference = std::to_string(entry.id.serial());
  const auto report =
      engine_->SetEntryState(list.info.name, {&reference, 1}, to, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  if (entry.state == EntryState::kWithdrawn || entry.state == to) return;
  entry.state = to;
  list.info.version = head_ = report->sequence;
}

void Model::SetLabels(KnownList& list) {
  if (list.entries.empty()) return;
  KnownEntry& entry = list.entries[Below(list.entries.size())];
  const std::string label = OneOf({"", "near-look", "near-block"});
  const std::string reference = "source:" + entry.source_id;
  const auto report =
      engine_->SetNearActionLabel(list.info.name, {&reference, 1}, label, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  if (entry.state == EntryState::kWithdrawn || entry.near_label == label) {
    return;
  }
  entry.near_label = label;
  list.info.version = head_ = report->sequence;
}

void Model::AskSome() {
  MatchOptions options{
      .limit = OneOf({1, 1, 2, 5, 100}),
      .effort = OneOf({Effort::kFast, Effort::kNormal, Effort::kThorough})};
  if (Chance(25)) options.radius = Radius{OneOf({0, 10, 31, 32, 45, 63})};
  options.region = OneOf({"", "DE", "AT", "FR"});
  std::vector<SignalSet> queries(1 + Below(8));
  for (SignalSet& query : queries) query = RandomSignals(false);
  const auto answers = engine_->MatchBatch(queries, options);
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    CheckAnswer((*answers)[i], queries[i], options);
    if (::testing::Test::HasFailure()) return;
  }
}

void Model::CheckShare(const KnownList& list, const SignalSet& query,
                       bool skipped) {
  const std::string content = ContentOf(query);
  const int share = list.info.policy.share_permille;
  if (share == ListPolicy::kShareWhole || content.empty()) {
    ASSERT_FALSE(skipped);
    return;
  }
  ASSERT_TRUE(skipped || share > 0);
  const std::string key = list.info.name + "/" +
                          std::to_string(list.info.policy.share_seed) + "/" +
                          content;
  auto& [out, in] = sides_.try_emplace(key, 0, 1000).first->second;
  if (skipped) {
    out = std::max(out, share);
  } else {
    in = std::min(in, share);
  }
  ASSERT_LT(out, in) << "the same content fell on both sides of a share";
}

std::vector<const KnownList*> Model::HeldBy(const Answer& answer,
                                            const SignalSet& query,
                                            const MatchOptions& options) {
  std::vector<const KnownList*> by_name;
  for (const KnownList& list : lists_) by_name.push_back(&list);
  std::ranges::sort(by_name, {},
                    [](const KnownList* list) { return list->info.name; });
  std::vector<const KnownList*> held;
  std::vector<SkippedList> skipped;
  std::vector<ListVersion> versions;
  for (const KnownList* list : by_name) {
    std::string reason = ReasonOf(list->info.policy, options);
    if (reason.empty()) {
      const bool by_share =
          std::ranges::count(answer.lists_skipped,
                             SkippedList{list->info.name, "share"}) > 0;
      CheckShare(*list, query, by_share);
      if (by_share) reason = "share";
    }
    if (reason.empty()) {
      held.push_back(list);
      versions.push_back({list->info.name, list->info.version});
    } else {
      skipped.push_back({list->info.name, reason});
      ++seen[reason];
    }
  }
  EXPECT_EQ(answer.lists_skipped, skipped);
  EXPECT_EQ(answer.list_versions, versions);
  return held;
}

// The own decision that overrules `meeting`; null when none does.
const Meeting* DecisionOn(const Meeting& meeting,
                          const std::vector<Meeting>& all) {
  if (meeting.IsDigest()) return nullptr;
  for (const Meeting& other : all) {  // in order: the first counts
    if (other.list->info.purpose == Purpose::kOwnDecisions &&
        other.tier == Tier::kMatch && !other.list->info.policy.shadow &&
        other.entry->overrules == meeting.entry->id) {
      return &other;
    }
  }
  return nullptr;
}

Match Model::MatchOf(const Meeting& meeting,
                     const std::vector<Meeting>& all) const {
  const ListInfo& list = meeting.list->info;
  Match match{.list = list.name,
              .purpose = list.purpose,
              .entry = meeting.entry->id,
              .source_id = meeting.entry->source_id,
              .signal = meeting.signal,
              .tier = meeting.tier,
              .distance = meeting.distance,
              .state = meeting.entry->state,
              .action_label = list.policy.action_label,
              .shadow = list.policy.shadow};
  if (!meeting.IsDigest()) {
    match.transform = {.query_view = meeting.query_view,
                       .entry_view = meeting.entry_view};
    if (!meeting.entry->near_label.empty()) {
      match.action_label = meeting.entry->near_label;
      ++seen["near label"];
    }
  }
  if (const Meeting* decision = DecisionOn(meeting, all)) {
    const ListInfo& by = decision->list->info;
    match.overruled_by = {.list = by.name, .entry = decision->entry->id};
    const bool speaks = !by.policy.action_label.empty();
    if (speaks) match.action_label = by.policy.action_label;
    ++seen[speaks ? "overruled" : "overruled by a list without a label"];
  }
  return match;
}

// The kind of a meeting that stands behind each verdict.
bool IsBehind(Verdict verdict, const Meeting& meeting) {
  const Purpose purpose = meeting.list->info.purpose;
  const bool abuse = purpose == Purpose::kChildAbuse;
  if (meeting.list->info.policy.shadow) return false;
  if (verdict == Verdict::kExact) return abuse && meeting.IsDigest();
  if (verdict == Verdict::kNear) return abuse && !meeting.IsDigest();
  return verdict == Verdict::kTest && purpose == Purpose::kTest;
}

Verdict VerdictOn(const SignalSet& query, const std::vector<Meeting>& all) {
  const bool failed =
      query.pdq_failure || !query.HasSignal() ||
      (!query.pdq.empty() && query.picture && query.picture->damaged);
  for (const Verdict verdict :
       {Verdict::kExact, Verdict::kNear, Verdict::kTest}) {
    if (verdict == Verdict::kTest && failed) return Verdict::kUnavailable;
    const auto is_behind = [&](const Meeting& one) {
      return IsBehind(verdict, one);
    };
    if (std::ranges::any_of(all, is_behind)) return verdict;
  }
  return Verdict::kNoKnownMatch;
}

std::vector<Meeting> MeetingsOf(const std::vector<const KnownList*>& held,
                                const SignalSet& query,
                                const MatchOptions& options) {
  std::vector<Meeting> all;
  for (const KnownList* list : held) {
    for (const KnownEntry& entry : list->entries) {
      if (entry.state == EntryState::kWithdrawn) continue;
      const auto digest = [&](const auto& asked, const auto& known) {
        if (!asked || asked != known) return;
        all.push_back({.list = list, .entry = &entry, .signal = asked->kType});
      };
      digest(query.md5, entry.signals.md5);
      digest(query.sha1, entry.signals.sha1);
      digest(query.sha256, entry.signals.sha256);
      const auto near = NearestOf(*list, entry, query, options);
      if (near) all.push_back(*near);
    }
  }
  std::ranges::sort(all, {}, &Meeting::Order);
  return all;
}

void Model::CheckAnswer(const Answer& answer, const SignalSet& query,
                        const MatchOptions& options) {
  ASSERT_EQ(answer.sequence, head_);
  const std::vector<Meeting> all =
      MeetingsOf(HeldBy(answer, query, options), query, options);
  const Verdict verdict = VerdictOn(query, all);
  ASSERT_EQ(VerdictName(answer.verdict), VerdictName(verdict));
  ++seen[std::string(VerdictName(verdict))];
  const auto behind = std::ranges::find_if(
      all, [&](const Meeting& one) { return IsBehind(verdict, one); });
  ASSERT_EQ(answer.tier,
            behind == all.end() ? std::nullopt : std::optional(behind->tier));
  ASSERT_EQ(answer.action_label,
            behind == all.end() ? "" : MatchOf(*behind, all).action_label);
  const size_t kept = std::min(all.size(), static_cast<size_t>(options.limit));
  if (behind - all.begin() >= static_cast<std::ptrdiff_t>(kept) &&
      behind != all.end()) {
    ++seen["label of a match beyond the limit"];
  }
  ASSERT_EQ(answer.match_count, all.size());
  ASSERT_EQ(answer.truncated, kept < all.size());
  ASSERT_EQ(answer.matches.size(), kept);
  for (size_t i = 0; i < kept; ++i) {
    Match found = answer.matches[i];
    ASSERT_EQ(found.provenance.source, "a source");
    found.provenance = {};
    const Match expected = MatchOf(all[i], all);
    ASSERT_EQ(found.list, expected.list);
    ASSERT_EQ(found.entry, expected.entry);
    ASSERT_EQ(found.distance, expected.distance);
    ASSERT_EQ(found.action_label, expected.action_label);
    ASSERT_EQ(found.overruled_by, expected.overruled_by);
    ASSERT_EQ(found.shadow, expected.shadow);
    ASSERT_TRUE(found == expected) << "another field of match " << i;
    if (found.shadow) ++seen["shadow"];
  }
}

// KENAL_TEST_SEED gives the first of the seeds.
TEST(PolicyModel, AnswersAreThoseOfTheModelOverManySmallStores) {
  const MovedClock clock;
  const uint64_t first = TestSeed();
  Model::seen.clear();
  constexpr uint64_t kSeeds = 120;
  for (uint64_t seed = first; seed < first + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    now_unix_ms = kStart;
    Model(seed).Run();
    if (HasFailure()) return;
  }
  // A model that never comes across a case says nothing about it.
  for (const char* const one :
       {"EXACT", "NEAR", "UNAVAILABLE", "TEST", "NO_KNOWN_MATCH", "disabled",
        "expired", "region", "share", "shadow", "near label", "overruled",
        "overruled by a list without a label",
        "label of a match beyond the limit"}) {
    EXPECT_GE(Model::seen[one], 10) << one;
  }
}

class TermsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(folder_ / "store").ok());
    auto engine = Engine::Open(folder_ / "store");
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
  }
  std::vector<SkippedList> Skipped(const SignalSet& query,
                                   const MatchOptions& options = {}) {
    const auto answer = engine_->Match(query, options);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer->lists_skipped;
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  TempDir folder_;
  std::unique_ptr<Engine> engine_;
};

// Of n random pieces of content, each in with probability p, the count is
// within six standard deviations of n p but once in half a billion runs. Two
// lists of one share and seed draw apart from each other: both take n p p.
TEST_F(TermsTest, AShareIsHeldAgainstItsPartOfContentApartFromOtherLists) {
  constexpr int kShares[] = {1, 100, 500, 900, 999};
  constexpr int kBatches = 20;
  constexpr int kBatchSize = 1000;
  for (const int share : kShares) {
    for (const char* const twin : {"a", "b"}) {
      const auto made =
          engine_->CreateList(twin + std::to_string(share), Purpose::kTest,
                              {.share_permille = share}, kBy);
      ASSERT_TRUE(made.ok()) << made.status();
    }
  }
  std::map<int, int> in_first;
  std::map<int, int> in_both;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<SignalSet> queries(kBatchSize);
    for (SignalSet& query : queries) {
      const bool picture = random_() % 2 == 0;
      if (picture) query.pdq = {{.hash = RandomHash<PdqHash>(random_)}};
      if (!picture) query.md5 = RandomHash<Md5>(random_);
    }
    const auto answers = engine_->MatchBatch(queries, {.limit = 1});
    ASSERT_TRUE(answers.ok()) << answers.status();
    for (const Answer& answer : *answers) {
      const auto is_in = [&](const std::string& list) {
        return std::ranges::count(answer.lists_skipped, list,
                                  &SkippedList::list) == 0;
      };
      for (const int share : kShares) {
        const bool a = is_in("a" + std::to_string(share));
        if (a) ++in_first[share];
        if (a && is_in("b" + std::to_string(share))) ++in_both[share];
      }
    }
  }
  const auto expect_part = [](int counted, double p) {
    const double n = kBatches * kBatchSize;
    EXPECT_NEAR(counted, n * p, 6 * std::sqrt(n * p * (1 - p)) + 1);
  };
  for (const int share : kShares) {
    const double p = share / 1000.0;
    expect_part(in_first[share], p);
    expect_part(in_both[share], p * p);
  }
}

// Both kinds of seed: alike and not. Content is the same by its PDQ, whatever
// else is known of it.
TEST_F(TermsTest,
       TheSameContentFallsTheSameWayByEveryRouteUntilTheSeedChanges) {
  ListPolicy policy{.share_permille = 500};
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, policy, kBy).ok());
  std::vector<SignalSet> plain(500);
  for (SignalSet& query : plain) {
    query.pdq = {{.hash = RandomHash<PdqHash>(random_)}};
  }
  const auto sides = [&](const std::vector<SignalSet>& queries) {
    std::vector<bool> out;
    const auto answers = engine_->MatchBatch(queries, {});
    EXPECT_TRUE(answers.ok()) << answers.status();
    for (const Answer& answer : *answers) {
      out.push_back(!answer.lists_skipped.empty());
    }
    return out;
  };
  const std::vector<bool> first = sides(plain);
  std::vector<SignalSet> fuller = plain;
  for (SignalSet& query : fuller) {
    query.sha256 = RandomHash<Sha256>(random_);
    query.pdq[0].quality = 100;
    query.pdq.push_back(
        {.view = View::kTrimmed, .hash = RandomHash<PdqHash>(random_)});
  }
  EXPECT_EQ(sides(fuller), first);
  policy.share_seed = 1;
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  const std::vector<bool> second = sides(plain);
  int alike = 0;
  for (size_t i = 0; i < plain.size(); ++i) alike += first[i] == second[i];
  EXPECT_NEAR(alike, 250, 6 * std::sqrt(125.0));
}

TEST_F(TermsTest, AListExpiresAtItsMomentAndNotBeforeWithoutAnyChange) {
  const MovedClock clock;
  ListPolicy policy{.expires_unix_ms = kStart + 10};
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, policy, kBy).ok());
  EntryDraft draft;
  draft.signals.md5 = RandomHash<Md5>(random_);
  draft.provenance.source = "a source";
  ASSERT_TRUE(engine_->AddEntries("l", {&draft, 1}, kBy).ok());
  const Sequence head = *engine_->Head();
  const auto verdict = [&] { return engine_->Match(draft.signals)->verdict; };
  const std::vector<SkippedList> expired = {{"l", "expired"}};
  now_unix_ms = kStart + 9;
  EXPECT_EQ(verdict(), Verdict::kTest);
  EXPECT_TRUE(Skipped(draft.signals).empty());
  for (const int64_t later : {10, 11, 1'000'000'000}) {
    now_unix_ms = kStart + later;
    EXPECT_EQ(verdict(), Verdict::kNoKnownMatch) << later;
    EXPECT_EQ(Skipped(draft.signals), expired) << later;
  }
  EXPECT_EQ(*engine_->Head(), head);
  policy.expires_unix_ms = now_unix_ms + 1;
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  EXPECT_EQ(verdict(), Verdict::kTest);
  // A list that is both switched off and past its time is disabled.
  policy = {.enabled = false, .expires_unix_ms = 0};
  ASSERT_TRUE(engine_->SetListPolicy("l", policy, kBy).ok());
  EXPECT_EQ(Skipped(draft.signals),
            (std::vector<SkippedList>{{"l", "disabled"}}));
}

TEST_F(TermsTest, ARegionIsTwoCapitalLettersOrTheRequestIsRefused) {
  ASSERT_TRUE(
      engine_->CreateList("l", Purpose::kTest, {.regions = {"NL"}}, kBy).ok());
  const SignalSet query{.md5 = RandomHash<Md5>(random_)};
  for (const char* const wrong : {"N", "nl", "NLD", "N1", "N ", "\xc3\x84"}) {
    EXPECT_EQ(engine_->Match(query, {.region = wrong}).status().code(),
              StatusCode::kInvalidArgument)
        << wrong;
  }
  EXPECT_TRUE(Skipped(query).empty());
  EXPECT_TRUE(Skipped(query, {.region = "NL"}).empty());
  EXPECT_EQ(Skipped(query, {.region = "BE"}),
            (std::vector<SkippedList>{{"l", "region"}}));
}

}  // namespace
}  // namespace kenal
