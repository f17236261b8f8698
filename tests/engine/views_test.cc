// Views, tiers and efforts against a plain loop over everything: what is
// found, how firm it is, where it moves to, and that explaining it agrees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "kenal/engine.h"
#include "tests/support/support.h"

namespace kenal {
namespace {

using ::kenal::testing::AtDistance;
using ::kenal::testing::RandomHash;
using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;

const Authorship kBy{.actor = "test", .reason = "testing"};

struct Known {
  std::string list;
  EntryId id;
  SignalSet signals;  // as its list keeps them
};

struct Expected {
  int distance = 0;
  View query_view = View::kStored;
  Variant query_variant = Variant::kOrig;
  View entry_view = View::kStored;
  Tier tier = Tier::kMatch;
  friend auto operator<=>(const Expected&, const Expected&) = default;
};

bool ShutOut(const PdqView& pdq) {
  const bool is_part = pdq.view != View::kStored &&
                       pdq.view != View::kUpright && pdq.view != View::kTurned;
  return pdq.quality.value_or(100) < 50 ||
         (is_part && pdq.template_like.value_or(false));
}

bool HasTurned(const SignalSet& signals) {
  return std::ranges::any_of(signals.pdq, [](const PdqView& pdq) {
    return pdq.view == View::kTurned && pdq.dihedral && !ShutOut(pdq);
  });
}

bool Asked(Effort effort, View view, int variant) {
  return QueryViews(effort).Contains(view) &&
         (variant == 0 || ComparesVariants(effort, view));
}

// The rules of kenal/list.h, verdict.h and signal.h, one after the other, over
// every pair of hashes.
std::optional<Expected> BruteForce(const SignalSet& query,
                                   const SignalSet& known,
                                   const ListPolicy& policy, Effort effort) {
  std::optional<Expected> nearest;
  for (const PdqView& q : query.pdq) {
    for (const PdqView& k : known.pdq) {
      if (ShutOut(q) || ShutOut(k)) continue;
      for (int variant = 0; variant < kVariantCount; ++variant) {
        if (variant > 0 && !q.dihedral) continue;
        // The variants of the whole are those of `turned`, where it is given.
        if (q.view == View::kTurned && variant == 0) continue;
        if (kWholeViews.Contains(q.view) && variant > 0 && HasTurned(query)) {
          continue;
        }
        if (!Asked(effort, q.view, variant)) continue;
        if (!Asked(policy.effort, q.view, variant)) continue;
        const PdqHash& hash =
            variant == 0 ? q.hash : (*q.dihedral)[static_cast<size_t>(variant)];
        const int distance = HammingDistance(hash, k.hash);
        const bool drawn = q.template_like == true || k.template_like == true;
        const bool match = distance <= policy.pdq_radius.bits;
        const bool review = policy.review_radius && !drawn &&
                            distance <= policy.review_radius->bits;
        if (!match && !review) continue;
        const Expected hit{distance, q.view, static_cast<Variant>(variant),
                           k.view, match ? Tier::kMatch : Tier::kReview};
        if (!nearest || hit < *nearest) nearest = hit;
      }
    }
  }
  return nearest;
}

class ViewsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Init(folder_ / "store").ok());
    Open();
    for (int i = 0; i < 12; ++i) {
      centres_.push_back(RandomHash<PdqHash>(random_));
    }
  }
  void Open() {
    engine_.reset();
    auto engine = Engine::Open(folder_ / "store");
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
  }

  int Below(int limit) {
    return static_cast<int>(random_() % static_cast<uint64_t>(limit));
  }
  template <typename Value>
  Value OneOf(std::initializer_list<Value> values) {
    return *(values.begin() + Below(static_cast<int>(values.size())));
  }
  PdqHash NearACentre() {
    return AtDistance(centres_[random_() % centres_.size()], Below(50),
                      random_);
  }

  SignalSet RandomSet() {
    SignalSet signals;
    for (int view = 0; view < kViewCount; ++view) {
      if (Below(3) != 0) continue;
      PdqView pdq{.view = static_cast<View>(view),
                  .hash = NearACentre(),
                  .quality = OneOf<std::optional<int>>(
                      {std::nullopt, 0, 49, 50, 80, 100, 100}),
                  .template_like =
                      OneOf<std::optional<bool>>({std::nullopt, false, true})};
      if (Below(2) == 0) {
        pdq.dihedral.emplace();
        for (PdqHash& variant : *pdq.dihedral) variant = NearACentre();
        (*pdq.dihedral)[0] = pdq.hash;
      }
      if (Below(2) == 0) {
        pdq.marr.emplace();
        for (uint8_t& byte : pdq.marr->bytes) {
          byte = static_cast<uint8_t>(Below(2));
        }
      }
      signals.pdq.push_back(pdq);
    }
    if (signals.pdq.empty()) signals.pdq.push_back({.hash = NearACentre()});
    if (Below(4) == 0) signals.md5 = Md5{{static_cast<uint8_t>(Below(8))}};
    return signals;
  }

  ListPolicy RandomPolicy() {
    ListPolicy policy{
        .enabled = Below(6) != 0,
        .pdq_radius = {OneOf({0, 10, 30, 31, 31, 32, 45})},
        .effort = OneOf({Effort::kFast, Effort::kNormal, Effort::kThorough}),
        .stored_views =
            *ViewSet::FromBits(static_cast<uint32_t>(
                Below(1 << kViewCount) & ~(1 << 15))) |  // all but `turned`
            kWholeViews,
        .second_opinion = Below(2) == 0};
    if (Below(2) == 0) policy.review_radius = Radius{46 + Below(18)};
    return policy;
  }

  void AddEntries(const std::string& list, int count) {
    const ListPolicy& policy = policies_.at(list);
    for (int i = 0; i < count; ++i) {
      EntryDraft draft{.source_id = std::to_string(draft_count_++),
                       .signals = RandomSet(),
                       .provenance = {.source = "a source"}};
      const auto report = engine_->AddEntries(list, {&draft, 1}, kBy);
      ASSERT_TRUE(report.ok()) << report.status();
      // A draft of nothing but views that the list leaves out is refused.
      if (report->results[0].outcome != Outcome::kAdded) continue;
      Known known{.list = list, .id = report->results[0].id};
      known.signals = draft.signals;
      const ViewSet kept = policy.stored_views;
      std::erase_if(known.signals.pdq, [&](const PdqView& pdq) {
        return !kept.Contains(pdq.view);
      });
      for (PdqView& pdq : known.signals.pdq) {
        if (!policy.second_opinion) pdq.marr.reset();
      }
      known_.push_back(known);
    }
  }

  void SetPolicy(const std::string& list, const ListPolicy& policy) {
    policies_[list] = policy;
    const auto set = engine_->SetListPolicy(list, policy, kBy);
    ASSERT_TRUE(set.ok()) << set.status();
  }

  // Asks with random sets, holds the answers against the loop, and returns
  // how many near hits there were.
  size_t CompareAnswers();
  void CompareOne(const SignalSet& query, const Answer& answer, Effort effort);

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  TempDir folder_;
  std::unique_ptr<Engine> engine_;
  std::vector<PdqHash> centres_;
  std::map<std::string, ListPolicy> policies_;
  std::vector<Known> known_;
  int draft_count_ = 0;
};

size_t ViewsTest::CompareAnswers() {
  size_t near = 0;
  for (const Effort effort :
       {Effort::kFast, Effort::kNormal, Effort::kThorough}) {
    std::vector<SignalSet> queries;
    for (int i = 0; i < 25; ++i) queries.push_back(RandomSet());
    const auto answers =
        engine_->MatchBatch(queries, {.limit = 10'000, .effort = effort});
    EXPECT_TRUE(answers.ok()) << answers.status();
    if (!answers.ok()) return 0;
    for (size_t i = 0; i < queries.size(); ++i) {
      CompareOne(queries[i], (*answers)[i], effort);
      for (const Match& match : (*answers)[i].matches) {
        near += match.signal == SignalType::kPdq ? 1 : 0;
      }
    }
  }
  return near;
}

void ViewsTest::CompareOne(const SignalSet& query, const Answer& answer,
                           Effort effort) {
  std::map<EntryId, Expected> expected;
  for (const Known& known : known_) {
    const ListPolicy& policy = policies_.at(known.list);
    if (!policy.enabled) continue;
    const auto hit = BruteForce(query, known.signals, policy, effort);
    if (hit) expected[known.id] = *hit;
  }
  std::map<EntryId, Expected> found;
  bool firm = false;
  bool near = false;
  bool exact = false;
  for (const Match& match : answer.matches) {
    if (match.signal != SignalType::kPdq) {
      EXPECT_EQ(match.tier, Tier::kMatch);
      exact |= match.purpose == Purpose::kChildAbuse;
      continue;
    }
    ASSERT_TRUE(match.transform.has_value());
    const Transform& how = *match.transform;
    found[match.entry] = {*match.distance, how.query_view, how.query_variant,
                          how.entry_view, match.tier};
    near |= match.purpose == Purpose::kChildAbuse;
    firm |= match.purpose == Purpose::kChildAbuse && match.tier == Tier::kMatch;
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(std::ranges::is_sorted(answer.matches, {}, [](const Match& m) {
    return std::tuple(m.purpose, m.tier, m.distance, m.list, m.entry, m.signal);
  }));
  if (exact) {
    EXPECT_EQ(answer.verdict, Verdict::kExact);
    EXPECT_EQ(answer.tier, Tier::kMatch);
  } else if (near) {
    EXPECT_EQ(answer.verdict, Verdict::kNear);
    EXPECT_EQ(answer.tier, firm ? Tier::kMatch : Tier::kReview);
  }
}

TEST_F(ViewsTest, FindExactlyWhatBruteForceFindsAsPoliciesChange) {
  const Purpose purposes[] = {Purpose::kChildAbuse, Purpose::kTest,
                              Purpose::kChildAbuse, Purpose::kKnownBenign};
  for (int i = 0; i < 6; ++i) {
    const std::string name = "list" + std::to_string(i);
    policies_[name] = RandomPolicy();
    const auto made =
        engine_->CreateList(name, purposes[i % 4], policies_[name], kBy);
    ASSERT_TRUE(made.ok()) << made.status();
    AddEntries(name, 15);
  }
  size_t near = 0;
  for (int round = 0; round < 8; ++round) {
    near += CompareAnswers();
    // Every list crosses between the indexes now and then, and goes on there.
    for (const auto& [name, policy] : std::map(policies_)) {
      SetPolicy(name, RandomPolicy());
      AddEntries(name, 2);
    }
    for (int i = 0; i < 4; ++i) {
      const size_t at = random_() % known_.size();
      const std::string id = std::to_string(known_[at].id.serial());
      ASSERT_TRUE(engine_
                      ->SetEntryState(known_[at].list, {&id, 1},
                                      EntryState::kWithdrawn, kBy)
                      .ok());
      known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (round % 3 == 2) Open();
  }
  EXPECT_GT(near, 200U);
}

// Holds what the engine tells of an entry against all that there is to tell.
void ExpectHeldBack(const Explanation& told, const Explanation& all) {
  ASSERT_EQ(told.views.size(), all.views.size());
  for (const Comparison& whole : all.views) {
    const auto pair = std::ranges::find_if(told.views, [&](const auto& other) {
      return other.how.query_view == whole.how.query_view &&
             other.how.entry_view == whole.how.entry_view;
    });
    ASSERT_NE(pair, told.views.end());
    Comparison expected = whole;
    if (whole.finding > Finding::kReview) {
      EXPECT_EQ(pair->distance % 16, 0);
      EXPECT_LE(std::abs(pair->distance - whole.distance), 8);
      expected.distance = pair->distance;
      expected.second_opinion.reset();
      expected.how.query_variant = pair->how.query_variant;
      if (whole.finding != Finding::kNotCompared) {
        EXPECT_EQ(pair->how.query_variant, Variant::kOrig);
      }
    }
    EXPECT_EQ(*pair, expected);
  }
  EXPECT_TRUE(std::ranges::is_sorted(told.views, {}, [](const auto& pair) {
    return std::tuple(pair.finding > Finding::kReview, pair.distance,
                      pair.how.query_view, pair.how.query_variant,
                      pair.how.entry_view);
  }));
}

// Whoever may ask at will learns little of an entry that is far: which of two
// hashes is nearer by a bit is told neither by distances nor by variants.
TEST_F(ViewsTest, ExplainTellsNoSingleBitsOfAnEntry) {
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, {}, kBy).ok());
  EntryDraft draft{.provenance = {.source = "a source"}};
  const PdqHash hash = RandomHash<PdqHash>(random_);
  draft.signals.pdq = {{.hash = hash, .quality = 100, .marr = MarrHash{}}};
  ASSERT_TRUE(engine_->AddEntries("l", {&draft, 1}, kBy).ok());
  SignalSet query;
  query.pdq = {{.quality = 100, .marr = MarrHash{}},
               {.view = View::kTrimmed, .quality = 100},
               {.view = View::kCentral95, .quality = 100}};
  std::optional<Explanation> first;
  for (int round = 0; round < 50; ++round) {
    for (PdqView& pdq : query.pdq) {
      pdq.hash = AtDistance(hash, 125 + Below(8), random_);
      pdq.dihedral.emplace();
      for (PdqHash& variant : *pdq.dihedral) {
        variant = AtDistance(hash, 125 + Below(8), random_);
      }
    }
    const auto why = engine_->Explain(query, "l", "1", {});
    ASSERT_TRUE(why.ok()) << why.status();
    if (!first) first = *why;
    EXPECT_EQ(*why, *first);
  }
  EXPECT_EQ(first->views.at(0).distance, 128);
}

// Beyond what the lists in use allow nothing is compared, and that is said.
TEST_F(ViewsTest, ChecksAreOfTheEffortThatTheListsAllow) {
  SignalSet query;
  query.pdq = {{.view = View::kFrame,
                .hash = RandomHash<PdqHash>(random_),
                .quality = 100}};
  const auto check = [&] { return engine_->Match(query)->checks.at(0); };
  EXPECT_EQ(check().state, CheckState::kDone);  // without any list
  ListPolicy fast{.effort = Effort::kFast};
  ListPolicy normal{.effort = Effort::kNormal};
  ASSERT_TRUE(engine_->CreateList("fast", Purpose::kTest, fast, kBy).ok());
  EXPECT_EQ(check().reason, "views_not_compared");
  EXPECT_EQ(check().message, "the views given are beyond effort fast");
  ASSERT_TRUE(engine_->CreateList("normal", Purpose::kTest, normal, kBy).ok());
  EXPECT_EQ(check().state, CheckState::kDone);
  normal.enabled = false;
  ASSERT_TRUE(engine_->SetListPolicy("normal", normal, kBy).ok());
  EXPECT_EQ(check().reason, "views_not_compared");
  query.pdq[0].view = View::kCentral80;
  ASSERT_TRUE(engine_->SetListPolicy("normal", {}, kBy).ok());
  EXPECT_EQ(check().message, "the views given are beyond effort normal");
}

TEST_F(ViewsTest, ExplainAgreesWithMatchForEveryEntry) {
  for (int i = 0; i < 4; ++i) {
    const std::string name = "list" + std::to_string(i);
    policies_[name] = RandomPolicy();
    policies_[name].enabled = true;
    ASSERT_TRUE(
        engine_->CreateList(name, Purpose::kTest, policies_[name], kBy).ok());
    AddEntries(name, 20);
  }
  size_t hits = 0;
  for (int i = 0; i < 30; ++i) {
    const SignalSet query = RandomSet();
    const MatchOptions options{
        .limit = 10'000,
        .effort = OneOf({Effort::kFast, Effort::kNormal, Effort::kThorough})};
    const auto answer = engine_->Match(query, options);
    ASSERT_TRUE(answer.ok()) << answer.status();
    std::map<std::pair<EntryId, SignalType>, const Match*> matches;
    for (const Match& match : answer->matches) {
      matches[{match.entry, match.signal}] = &match;
    }
    for (const Known& known : known_) {
      const auto why = engine_->Explain(
          query, known.list, std::to_string(known.id.serial()), options);
      ASSERT_TRUE(why.ok()) << why.status();
      EXPECT_EQ(*why->entry_state, EntryState::kActive);
      EXPECT_EQ(why->policy, policies_.at(known.list));
      EXPECT_EQ(why->views.size(), query.pdq.size() * known.signals.pdq.size());
      ExpectHeldBack(
          *why, Explain(query, known.signals, why->policy, options.effort));
      for (const DigestComparison& digest : why->digests) {
        EXPECT_EQ(digest.equal, matches.contains({known.id, digest.type}));
      }
      const auto match = matches.find({known.id, SignalType::kPdq});
      const bool is_hit =
          !why->views.empty() && why->views[0].finding <= Finding::kReview;
      ASSERT_EQ(is_hit, match != matches.end());
      if (!is_hit) continue;
      ++hits;
      const Comparison& nearest = why->views[0];
      EXPECT_EQ(nearest.distance, match->second->distance);
      EXPECT_EQ(nearest.how, *match->second->transform);
      EXPECT_EQ(nearest.finding == Finding::kMatch,
                match->second->tier == Tier::kMatch);
      EXPECT_EQ(nearest.second_opinion, match->second->second_opinion);
    }
  }
  EXPECT_GT(hits, 30U);
}

// A template-like pair between the two radii is no hit, and must not stand
// before a pair that is one.
TEST_F(ViewsTest, ATemplateLikePairHidesNoOther) {
  ListPolicy policy{.review_radius = Radius{50}};
  ASSERT_TRUE(
      engine_->CreateList("wide", Purpose::kChildAbuse, policy, kBy).ok());
  const PdqHash card = RandomHash<PdqHash>(random_);
  const PdqHash photo = RandomHash<PdqHash>(random_);
  EntryDraft draft{.provenance = {.source = "a source"}};
  draft.signals.pdq = {{.view = View::kStored, .hash = card, .quality = 100},
                       {.view = View::kTrimmed, .hash = photo, .quality = 100}};
  draft.signals.pdq[0].template_like = true;
  ASSERT_TRUE(engine_->AddEntries("wide", {&draft, 1}, kBy).ok());
  SignalSet query;
  query.pdq = {{.view = View::kStored,
                .hash = AtDistance(card, 40, random_),
                .quality = 100}};
  EXPECT_EQ(engine_->Match(query)->verdict, Verdict::kNoKnownMatch);
  const auto why = engine_->Explain(query, "wide", "1", {});
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_EQ(why->views[0].finding, Finding::kTemplateLike);
  query.pdq.push_back({.view = View::kTrimmed,
                       .hash = AtDistance(photo, 45, random_),
                       .quality = 100});
  const auto answer = engine_->Match(query);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->verdict, Verdict::kNear);
  EXPECT_EQ(answer->tier, Tier::kReview);
  ASSERT_EQ(answer->matches.size(), 1U);
  EXPECT_EQ(answer->matches[0].distance, 45);
  EXPECT_EQ(answer->matches[0].transform->entry_view, View::kTrimmed);
}

TEST_F(ViewsTest, TheSecondOpinionIsOfTheViewsThatMetUnturned) {
  ListPolicy policy{.second_opinion = true};
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, policy, kBy).ok());
  EntryDraft draft{.provenance = {.source = "a source"}};
  const PdqHash hash = RandomHash<PdqHash>(random_);
  draft.signals.pdq = {{.hash = hash, .quality = 100, .marr = MarrHash{}}};
  ASSERT_TRUE(engine_->AddEntries("l", {&draft, 1}, kBy).ok());
  for (const int distance : {0, kMarrRadiusBits, kMarrRadiusBits + 1, 576}) {
    SignalSet query = draft.signals;
    for (int bit = 0; bit < distance; ++bit) {
      query.pdq[0].marr->bytes[static_cast<size_t>(bit / 8)] ^=
          static_cast<uint8_t>(1 << (bit % 8));
    }
    const auto answer = engine_->Match(query);
    ASSERT_EQ(answer->matches.size(), 1U);
    EXPECT_EQ(answer->matches[0].second_opinion,
              (SecondOpinion{distance, distance <= kMarrRadiusBits}));
    query.pdq[0].dihedral.emplace();
    (*query.pdq[0].dihedral)[3] = hash;
    query.pdq[0].hash = RandomHash<PdqHash>(random_);
    const auto turned = engine_->Match(query);
    ASSERT_EQ(turned->matches.size(), 1U);
    EXPECT_FALSE(turned->matches[0].second_opinion.has_value());
  }
}

TEST_F(ViewsTest, ExplainHoldsWithdrawnEntriesTooAndRefusesWhatMatchRefuses) {
  ASSERT_TRUE(engine_->CreateList("l", Purpose::kTest, {}, kBy).ok());
  EntryDraft draft{.source_id = "x", .provenance = {.source = "a source"}};
  draft.signals.pdq = {{.hash = RandomHash<PdqHash>(random_)}};
  ASSERT_TRUE(engine_->AddEntries("l", {&draft, 1}, kBy).ok());
  const std::string id = "1";
  ASSERT_TRUE(
      engine_->SetEntryState("l", {&id, 1}, EntryState::kWithdrawn, kBy).ok());
  const auto why = engine_->Explain(draft.signals, "l", "source:x", {});
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_EQ(*why->entry_state, EntryState::kWithdrawn);
  EXPECT_EQ(why->views.at(0).finding, Finding::kMatch);
  EXPECT_EQ(engine_->Explain(draft.signals, "l", "2", {}).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(engine_->Explain(draft.signals, "m", "1", {}).status().code(),
            StatusCode::kNotFound);
  draft.signals.pdq.push_back(draft.signals.pdq[0]);
  EXPECT_EQ(engine_->Explain(draft.signals, "l", "1", {}).status().code(),
            StatusCode::kInvalidArgument);
}

// What more effort would find is said rather than that the rest is far.
TEST(Explain, SaysWhatTheEffortLeftOut) {
  std::mt19937_64 random(7);
  SignalSet known;
  known.pdq = {{.hash = RandomHash<PdqHash>(random), .quality = 100}};
  SignalSet query;
  query.pdq = {{.view = View::kTrimmed,
                .hash = RandomHash<PdqHash>(random),
                .quality = 100}};
  query.pdq[0].dihedral.emplace();
  (*query.pdq[0].dihedral)[5] = known.pdq[0].hash;
  const auto finding = [&](Effort effort, Effort of_list) {
    const Explanation why = Explain(query, known, {.effort = of_list}, effort);
    return why.views.at(0).finding;
  };
  constexpr Effort kAll[] = {Effort::kFast, Effort::kNormal, Effort::kThorough};
  for (const Effort effort : kAll) {
    for (const Effort of_list : kAll) {
      const bool both =
          effort == Effort::kThorough && of_list == Effort::kThorough;
      EXPECT_EQ(finding(effort, of_list),
                both ? Finding::kMatch : Finding::kNotCompared);
    }
  }
  query.pdq[0].quality = 49;
  EXPECT_EQ(finding(Effort::kFast, Effort::kFast), Finding::kFlat);
}

}  // namespace
}  // namespace kenal
