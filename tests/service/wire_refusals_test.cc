// What the conversions from the wire refuse, and how they say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "kenal/v1/catalogue.pb.h"
#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/explain.pb.h"
#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/signal.pb.h"
#include "kenal/v1/verdict.pb.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "tests/service/random_values.h"
#include "tests/support/support.h"

namespace kenal::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RandomValues;
using testing::TestSeed;

// One way to break a signal set, and the field that the refusal names.
struct Slip {
  const char* field;
  void (*apply)(v1::SignalSet&);
};

using Set = v1::SignalSet;

const Slip kSlips[] = {
    {"md5: is 5 bytes; needs 16", [](Set& s) { s.set_md5("short"); }},
    {"md5", [](Set& s) { s.set_md5(""); }},
    {"sha1", [](Set& s) { s.set_sha1("short"); }},
    {"sha256", [](Set& s) { s.set_sha256(std::string(33, 'x')); }},
    {"pdq.hash", [](Set& s) { s.mutable_pdq(0)->set_hash("short"); }},
    {"pdq.hash", [](Set& s) { s.add_pdq()->set_view(v1::VIEW_UPRIGHT); }},
    {"twice", [](Set& s) { s.add_pdq()->set_hash(std::string(32, 'i')); }},
    {"pdq.view: 17 is not a value known here; use one of: VIEW_STORED, "
     "VIEW_UPRIGHT, VIEW_TRIMMED, VIEW_FRAME",
     [](Set& s) { s.mutable_pdq(0)->set_view(static_cast<v1::View>(17)); }},
    {"pdq.profile: 3 is not a value known here; use one of: "
     "PDQ_PROFILE_NATIVE, PDQ_PROFILE_REDUCED",
     [](Set& s) {
       s.mutable_pdq(0)->set_profile(static_cast<v1::PdqProfile>(3));
     }},
    {"pdq.quality: is not 0 to 100",
     [](Set& s) { s.mutable_pdq(0)->set_quality(101); }},
    {"pdq.quality", [](Set& s) { s.mutable_pdq(0)->set_quality(-1); }},
    {"pdq.dihedral",
     [](Set& s) { s.mutable_pdq(0)->add_dihedral(std::string(32, 'd')); }},
    {"pdq.dihedral",
     [](Set& s) {
       for (int i = 0; i < 8; ++i) s.mutable_pdq(0)->add_dihedral("short");
     }},
    {"pdq.marr: is 71 bytes; needs 72",
     [](Set& s) { s.mutable_pdq(0)->set_marr(std::string(71, 'm')); }},
    {"pdq.marr: is 0 bytes", [](Set& s) { s.mutable_pdq(0)->set_marr(""); }},
    {"pdq.region.x: is not 0 to 2147483646",
     [](Set& s) { s.mutable_pdq(0)->mutable_region()->set_x(-1); }},
    {"pdq.region.y: is not 0 to 2147483646",
     [](Set& s) { s.mutable_pdq(0)->mutable_region()->set_y(INT32_MAX); }},
    {"pdq.region.width: is not 1 to 2147483647",
     [](Set& s) { s.mutable_pdq(0)->mutable_region(); }},
    {"pdq.region.height: is not 1 to 2147483640",
     [](Set& s) {
       v1::Region* const region = s.mutable_pdq(0)->mutable_region();
       region->set_y(7);
       region->set_width(1);
       region->set_height(INT32_MAX - 6);
     }},
    {"picture", [](Set& s) { s.mutable_picture()->set_width(-1); }},
    {"picture.format",
     [](Set& s) { s.mutable_picture()->set_format(std::string(65, 'f')); }},
    {"pdq_failure.code", [](Set& s) { s.mutable_pdq_failure(); }},
    {"pdq_failure.message",
     [](Set& s) {
       s.mutable_pdq_failure()->set_code("empty");
       s.mutable_pdq_failure()->set_message(std::string(4097, 'm'));
     }},
};

class SignalSlips : public ::testing::TestWithParam<Slip> {};

TEST_P(SignalSlips, IsRefusedByName) {
  v1::SignalSet set;
  set.add_pdq()->set_hash(std::string(32, 'h'));
  ASSERT_TRUE(FromWire(set).ok());
  GetParam().apply(set);
  const auto read = FromWire(set);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(read.status().message()),
              HasSubstr(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(All, SignalSlips, ::testing::ValuesIn(kSlips));

TEST(Wire, RefusalsHoldNoHashBits) {
  v1::SignalSet set;
  set.set_md5("CANARY");
  set.add_pdq()->set_hash("CANARY");
  EXPECT_THAT(std::string(FromWire(set).status().message()),
              Not(HasSubstr("CANARY")));
  set.clear_md5();
  set.mutable_pdq(0)->set_hash(std::string(32, 'h'));
  set.mutable_pdq(0)->set_marr("CANARY");
  EXPECT_THAT(std::string(FromWire(set).status().message()),
              ::testing::AllOf(HasSubstr("marr"), Not(HasSubstr("CANARY"))));
}

TEST(Wire, LimitsOfRequestsAreInclusive) {
  EXPECT_EQ(*MatchOptionsFromWire(std::nullopt, 0), MatchOptions{});
  EXPECT_EQ(MatchOptionsFromWire(1, 0)->limit, 1);
  EXPECT_EQ(MatchOptionsFromWire(1'000'000, 0)->limit, 1'000'000);
  EXPECT_FALSE(MatchOptionsFromWire(0, 0).ok());
  EXPECT_FALSE(MatchOptionsFromWire(-1, 0).ok());
  EXPECT_FALSE(MatchOptionsFromWire(1'000'001, 0).ok());
  EXPECT_EQ(MatchOptions::kLimitMax, 1'000'000);  // as the contract says
}

TEST(Wire, AnEffortIsOneOfThreeOrUnspecifiedWhichIsNormal) {
  EXPECT_EQ(MatchOptionsFromWire(7, 0)->effort, Effort::kNormal);
  for (const Effort effort :
       {Effort::kFast, Effort::kNormal, Effort::kThorough}) {
    EXPECT_EQ(MatchOptionsFromWire(7, ToWire(effort))->effort, effort);
  }
  for (const int bad : {-1, 4}) {
    const auto options = MatchOptionsFromWire(7, bad);
    EXPECT_EQ(options.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(options.status().message()),
                HasSubstr("use one of: EFFORT_FAST, EFFORT_NORMAL, "
                          "EFFORT_THOROUGH"));
  }
}

TEST(Wire, DraftsOutOfLimitsAreRefused) {
  RandomValues random(TestSeed());
  const auto refused = [&](void (*apply)(v1::EntryDraft&)) {
    v1::EntryDraft draft;
    ToWire(random.Draft(), &draft);
    apply(draft);
    return FromWire(draft).status().code() == StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.set_source_id(std::string(kSourceIdBytesMax + 1, 's'));
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.set_series(std::string(kTextBytesMax + 1, 's'));
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    for (int i = 0; i <= kTagsMax; ++i) d.add_flags("f");
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.mutable_provenance()->mutable_added_at()->set_nanos(-1);
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.mutable_provenance()->mutable_added_at()->set_seconds(INT64_MAX);
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.mutable_overrules()->set_list("hotline");
    d.mutable_overrules()->clear_reference();
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.mutable_overrules()->clear_list();
    d.mutable_overrules()->set_reference("17");
  }));
  EXPECT_TRUE(refused([](v1::EntryDraft& d) {
    d.mutable_overrules()->set_list("hotline");
    d.mutable_overrules()->set_reference(
        std::string(kReferenceBytesMax + 1, '1'));
  }));
}

TEST(Wire, PoliciesAndAuthorsMustBeWhole) {
  v1::ListPolicy policy;
  EXPECT_FALSE(FromWire(policy).ok());
  policy.set_mode(v1::LIST_MODE_ENABLED);
  EXPECT_FALSE(FromWire(policy).ok());
  policy.set_pdq_radius_bits(0);
  EXPECT_TRUE(FromWire(policy).ok());
  policy.set_pdq_radius_bits(64);
  EXPECT_FALSE(FromWire(policy).ok());

  v1::Authorship by;
  EXPECT_FALSE(FromWire(by).ok());
  by.set_actor(std::string(kTextBytesMax, 'a'));
  EXPECT_TRUE(FromWire(by).ok());
  by.set_reason(std::string(kTextBytesMax + 1, 'r'));
  EXPECT_FALSE(FromWire(by).ok());
}

// What a client that knows no more sends.
TEST(Wire, APolicyOfModeAndRadiusHasTheUsualRest) {
  v1::ListPolicy policy;
  policy.set_mode(v1::LIST_MODE_ENABLED);
  policy.set_pdq_radius_bits(31);
  EXPECT_EQ(*FromWire(policy), ListPolicy{});
}

TEST(Wire, PoliciesOutOfLimitsAreRefusedByFieldAndRange) {
  const auto refusal = [](void (*apply)(v1::ListPolicy&)) {
    v1::ListPolicy policy;
    policy.set_mode(v1::LIST_MODE_ENABLED);
    policy.set_pdq_radius_bits(40);
    apply(policy);
    const auto read = FromWire(policy);
    EXPECT_EQ(read.status().code(), StatusCode::kInvalidArgument);
    return std::string(read.status().message());
  };
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_review_radius_bits(31); }),
              HasSubstr("policy.review_radius_bits: is not 32 to 63"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_review_radius_bits(64); }),
              HasSubstr("policy.review_radius_bits: is not 32 to 63"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_review_radius_bits(40); }),
              HasSubstr("policy.review_radius_bits: is not more than "
                        "pdq_radius_bits (40), up to 63"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.set_effort(static_cast<v1::Effort>(9));
              }),
              HasSubstr("policy.effort: 9 is not a value known here; use one "
                        "of: EFFORT_FAST"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.add_stored_views(v1::VIEW_UNSPECIFIED);
              }),
              HasSubstr("policy.stored_views: 0 is unspecified; use one of: "
                        "VIEW_STORED"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.add_stored_views(v1::VIEW_TRIMMED);
                p.add_stored_views(v1::VIEW_TRIMMED);
              }),
              HasSubstr("policy.stored_views: has the view trimmed twice"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_action_label("Block"); }),
              HasSubstr("policy.action_label: an action label has"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.set_action_label(std::string(65, 'a'));
              }),
              HasSubstr("policy.action_label"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_share_permille(1001); }),
              HasSubstr("policy.share_permille: is not 0 to 1000"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.set_share_permille(-1); }),
              HasSubstr("policy.share_permille: is not 0 to 1000"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) { p.add_regions("id"); }),
              HasSubstr("policy.regions: a region is two letters"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.add_regions("ID");
                p.add_regions("ID");
              }),
              HasSubstr("policy.regions: has one of them twice"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                for (int i = 0; i < 301; ++i) p.add_regions("ID");
              }),
              HasSubstr("policy.regions: are more than 300"));
  EXPECT_THAT(
      refusal([](v1::ListPolicy& p) { p.mutable_expires_at()->set_nanos(-1); }),
      HasSubstr("a time is outside years 1 to 9999"));
  EXPECT_THAT(refusal([](v1::ListPolicy& p) {
                p.set_shadow(static_cast<v1::ShadowMode>(3));
              }),
              HasSubstr("policy.shadow: is not a value known here; use"));
}

TEST(Wire, AShareOfNothingIsNotAShareOfAll) {
  v1::ListPolicy policy;
  policy.set_mode(v1::LIST_MODE_ENABLED);
  policy.set_pdq_radius_bits(31);
  EXPECT_EQ(FromWire(policy)->share_permille, 1000);
  policy.set_share_permille(0);
  EXPECT_EQ(FromWire(policy)->share_permille, 0);
}

TEST(Wire, RegionsComeBackInOrder) {
  v1::ListPolicy policy;
  policy.set_mode(v1::LIST_MODE_ENABLED);
  policy.set_pdq_radius_bits(31);
  for (const char* region : {"US", "DE", "ID"}) policy.add_regions(region);
  EXPECT_THAT(FromWire(policy)->regions,
              ::testing::ElementsAre("DE", "ID", "US"));
}

TEST(Wire, ARadiusAndARegionAreAskedForWithinTheirLimits) {
  EXPECT_EQ(MatchOptionsFromWire({}, 0)->radius, std::nullopt);
  EXPECT_EQ(MatchOptionsFromWire({}, 0, 0)->radius, Radius{0});
  EXPECT_EQ(MatchOptionsFromWire({}, 0, 63)->radius, Radius{63});
  for (const int bad : {-1, 64}) {
    EXPECT_THAT(
        std::string(MatchOptionsFromWire({}, 0, bad).status().message()),
        HasSubstr("radius_bits: is not 0 to 63"));
  }
  EXPECT_EQ(MatchOptionsFromWire({}, 0, {}, "ID")->region, "ID");
  for (const char* bad : {"id", "I", "IDN", "I1"}) {
    EXPECT_THAT(
        std::string(MatchOptionsFromWire({}, 0, {}, bad).status().message()),
        HasSubstr("region: a region is two letters"));
  }
}

TEST(Wire, AWorkClassIsLiveOrBulkOrUnspecified) {
  EXPECT_EQ(*WorkClassFromWire(0), std::nullopt);
  for (const AskedWork work : {AskedWork::kLive, AskedWork::kBulk}) {
    EXPECT_EQ(*WorkClassFromWire(ToWire(work)), work);
  }
  for (const int bad : {-1, 3}) {
    EXPECT_THAT(std::string(WorkClassFromWire(bad).status().message()),
                HasSubstr("use one of: WORK_CLASS_LIVE, WORK_CLASS_BULK"));
  }
}

TEST(Wire, ReadersOfChangesAskWithinLimits) {
  v1::ReadChangesRequest request;
  EXPECT_EQ(*FromWire(request), ChangesAsked{});
  EXPECT_EQ(ChangesAsked{}.entries_max, 1000U);  // as the contract says
  for (const int bad : {-1, 0, 10'001}) {
    request.set_entries_max(bad);
    EXPECT_THAT(std::string(FromWire(request).status().message()),
                HasSubstr("entries_max: is not 1 to 10000"));
  }
  request.clear_entries_max();
  request.mutable_after()->set_store_id(std::string(65, 'a'));
  EXPECT_THAT(std::string(FromWire(request).status().message()),
              HasSubstr("after.store_id: is 65 bytes"));
}

TEST(Wire, MoreChangesThanAPageHoldsAreNotBelieved) {
  v1::WatchChangesResponse response;
  for (int i = 0; i < 10'001; ++i) response.add_changes();
  EXPECT_THAT(std::string(FromWire(response).status().message()),
              HasSubstr("changes: are more than 10000"));
  response.Clear();
  v1::ListChange* const change = response.add_changes();
  for (int i = 0; i < 10'001; ++i) change->add_entries();
  EXPECT_THAT(std::string(FromWire(response).status().message()),
              HasSubstr("changes: are more than 10000"));
}

// An answer or explanation outside its ranges is not believed.
TEST(Wire, AnswersAndExplanationsAreReadStrictly) {
  v1::Answer answer;
  ToWire(Answer{.matches = {Match{.entry = EntryId{1}}}}, &answer);
  ASSERT_TRUE(FromWire(answer).ok());
  answer.mutable_matches(0)->clear_tier();
  EXPECT_THAT(std::string(FromWire(answer).status().message()),
              HasSubstr("match.tier: 0 is unspecified; use one of: TIER_MATCH, "
                        "TIER_REVIEW"));
  answer.mutable_matches(0)->set_tier(v1::TIER_REVIEW);
  v1::SecondOpinion* const opinion =
      answer.mutable_matches(0)->mutable_second_opinion();
  for (const int bad : {-1, 577}) {
    opinion->set_distance_bits(bad);
    EXPECT_THAT(std::string(FromWire(answer).status().message()),
                HasSubstr("second_opinion.distance_bits: is not 0 to 576"));
  }
  answer.mutable_matches(0)->clear_second_opinion();
  for (const int bad : {-1, 257}) {
    answer.mutable_matches(0)->set_distance_bits(bad);
    EXPECT_THAT(std::string(FromWire(answer).status().message()),
                HasSubstr("match.distance_bits: is not 0 to 256"));
  }
  answer.mutable_matches(0)->clear_distance_bits();
  EXPECT_EQ(FromWire(answer)->matches[0].distance, std::nullopt);
  answer.mutable_matches(0)->set_action_label("not a label");
  EXPECT_THAT(std::string(FromWire(answer).status().message()),
              HasSubstr("match.action_label"));
  v1::Explanation explanation;
  ToWire(Explanation{.views = {Comparison{}}}, &explanation);
  ASSERT_TRUE(FromWire(explanation).ok());
  explanation.mutable_views(0)->set_distance_bits(257);
  EXPECT_THAT(std::string(FromWire(explanation).status().message()),
              HasSubstr("views.distance_bits: is not 0 to 256"));
  explanation.mutable_views(0)->set_distance_bits(256);
  explanation.mutable_views(0)->set_entry_quality(101);
  EXPECT_THAT(std::string(FromWire(explanation).status().message()),
              HasSubstr("views.entry_quality: is not 0 to 100"));
  explanation.mutable_views(0)->clear_entry_quality();
  explanation.mutable_views(0)->clear_finding();
  EXPECT_THAT(std::string(FromWire(explanation).status().message()),
              HasSubstr("views.finding: 0 is unspecified"));
}

TEST(Wire, AnImportRecordOutOfLimitsIsARefusalWithItsPosition) {
  v1::ImportRecord record;
  record.set_position(7);
  record.mutable_draft()->mutable_signals()->set_md5("short");
  const auto item = FromWire(record);
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ(item->position, 7U);
  EXPECT_THAT(item->refused, HasSubstr("md5"));

  record.clear_kind();
  EXPECT_FALSE(FromWire(record).ok());
}

}  // namespace
}  // namespace kenal::wire
