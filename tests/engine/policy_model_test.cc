// Answers against a model: every verdict, label, skipped list and match, worked
// out entry by entry from what include/kenal says, over random small stores.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "kenal/engine.h"
#include "tests/engine/moved_clock.h"
#include "tests/engine/policy_oracle.h"
#include "tests/support/support.h"

namespace kenal::testing {
namespace {

const Authorship kBy{.actor = "test", .reason = "testing"};

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
  Match MatchOf(const Meeting& meeting, const std::vector<Meeting>& raw) const;

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

SkippedList SkippedAs(const ListInfo& list, const std::string& reason) {
  return {list.name, reason, list.version, list.policy.shadow};
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
                             SkippedAs(list->info, "share")) > 0;
      CheckShare(*list, query, by_share);
      if (by_share) reason = "share";
    }
    if (reason.empty()) {
      held.push_back(list);
      versions.push_back(
          {list->info.name, list->info.version, list->info.policy.shadow});
    } else {
      skipped.push_back(SkippedAs(list->info, reason));
      ++seen[reason];
    }
  }
  EXPECT_EQ(answer.lists_skipped, skipped);
  EXPECT_EQ(answer.list_versions, versions);
  return held;
}

Match Model::MatchOf(const Meeting& meeting,
                     const std::vector<Meeting>& raw) const {
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
  const Meeting* decision =
      meeting.IsDigest() ? nullptr : DecisionOn(*meeting.entry, raw);
  if (decision != nullptr) {
    const ListInfo& by = decision->list->info;
    match.overruled_by = {.list = by.name, .entry = decision->entry->id};
    const bool speaks = !by.policy.action_label.empty();
    if (speaks) match.action_label = by.policy.action_label;
    ++seen[speaks ? "overruled" : "overruled by a list without a label"];
  }
  return match;
}

void Model::CheckAnswer(const Answer& answer, const SignalSet& query,
                        const MatchOptions& options) {
  ASSERT_EQ(answer.sequence, head_);
  const std::vector<Meeting> raw =
      MeetingsOf(HeldBy(answer, query, options), query, options);
  const std::vector<Meeting> all = NearestOf(raw);
  const Verdict verdict = VerdictOn(query, all);
  ASSERT_EQ(VerdictName(answer.verdict), VerdictName(verdict));
  ++seen[std::string(VerdictName(verdict))];
  const auto behind = std::ranges::find_if(
      all, [&](const Meeting& one) { return IsBehind(verdict, one); });
  ASSERT_EQ(answer.tier,
            behind == all.end() ? std::nullopt : std::optional(behind->tier));
  // Neither overruled nor labelled by its entry, else not overruled.
  const Meeting* speaks = nullptr;
  int best = 3;
  for (const Meeting& one : all) {
    if (!IsBehind(verdict, one)) continue;
    const bool near = !one.IsDigest();
    const bool labelled = near && !one.entry->near_label.empty();
    const bool overruled = near && DecisionOn(*one.entry, raw) != nullptr;
    const int rank = overruled ? 2 : labelled ? 1 : 0;
    if (rank < best) speaks = &one;
    best = std::min(best, rank);
  }
  ASSERT_EQ(answer.action_label,
            speaks == nullptr ? "" : MatchOf(*speaks, raw).action_label);
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
    const Match expected = MatchOf(all[i], raw);
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
    now_unix_ms = kClockStart;
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

}  // namespace
}  // namespace kenal::testing
