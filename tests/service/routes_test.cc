// Every method, through the client and through the bare contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <utility>

#include "src/wire/convert.h"
#include "tests/service/serving.h"

namespace kenal {
namespace {

using testing::RandomValues;
using testing::Serving;
using testing::TestSeed;

class Routes : public Serving {
 protected:
  const Authorship by_{.actor = "ada", .reason = "testing"};

  static Answer Read(const v1::Answer& from) { return *wire::FromWire(from); }
};

// The routes to an answer, each at every effort. Signals have all views, so
// that it is the effort which leaves some out; of a picture the server makes
// those that it compares.
class AnswerRoutes : public Routes,
                     public ::testing::WithParamInterface<Effort> {
 protected:
  MatchOptions options() const { return {.limit = 9, .effort = GetParam()}; }
  SignalSet AllSignals(const std::string& picture) {
    return Hash(picture, {.views = QueryViews(Effort::kThorough),
                          .second_opinion = true});
  }

  void SetContent(const std::string& picture, bool as_signals,
                  v1::Content* content) {
    if (as_signals) {
      wire::ToWire(AllSignals(picture), content->mutable_signals());
    } else {
      content->set_picture(picture);
    }
  }

  template <typename Request>
  void SetOptions(Request& request) const {
    request.set_limit(options().limit);
    request.set_effort(static_cast<v1::Effort>(wire::ToWire(GetParam())));
    request.set_second_opinion(true);
  }

  Answer ByMatch(const std::string& picture, bool as_signals) {
    v1::MatchRequest request;
    SetContent(picture, as_signals, request.mutable_content());
    SetOptions(request);
    grpc::ClientContext context;
    v1::MatchResponse response;
    EXPECT_TRUE(Matches()->Match(&context, request, &response).ok());
    return Read(response.answer());
  }

  std::vector<Answer> ByBatch(const std::vector<std::string>& pictures) {
    v1::BatchMatchRequest request;
    bool as_signals = false;
    for (const std::string& picture : pictures) {
      SetContent(picture, as_signals = !as_signals, request.add_contents());
    }
    SetOptions(request);
    grpc::ClientContext context;
    v1::BatchMatchResponse response;
    EXPECT_TRUE(Matches()->BatchMatch(&context, request, &response).ok());
    std::vector<Answer> answers;
    for (const v1::Answer& from : response.answers()) {
      answers.push_back(Read(from));
    }
    return answers;
  }

  std::vector<Answer> ByStream(const std::vector<std::string>& pictures) {
    grpc::ClientContext context;
    const auto stub = Matches();
    const auto stream = stub->StreamMatch(&context);
    bool as_signals = true;
    for (const std::string& picture : pictures) {
      v1::StreamMatchRequest request;
      SetContent(picture, as_signals = !as_signals, request.mutable_content());
      SetOptions(request);
      EXPECT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
    std::vector<Answer> answers;
    v1::StreamMatchResponse response;
    while (stream->Read(&response)) answers.push_back(Read(response.answer()));
    EXPECT_TRUE(stream->Finish().ok());
    return answers;
  }
};

INSTANTIATE_TEST_SUITE_P(Efforts, AnswerRoutes,
                         ::testing::Values(Effort::kFast, Effort::kNormal,
                                           Effort::kThorough),
                         [](const auto& test) {
                           return std::string(EffortName(test.param));
                         });

// Oracle: the store itself, asked with what the hasher makes of the picture.
TEST_P(AnswerRoutes, GiveTheSameAnswer) {
  RandomValues random(TestSeed());
  std::vector<std::string> pictures;
  for (int i = 0; i < 20; ++i) {
    pictures.push_back("a" + random.Bytes(50) + "z");  // ends are no border
  }
  Fill(pictures, "", {.second_opinion = true});
  pictures.insert(pictures.end(),
                  {"unlisted", "no picture", "..." + pictures[0] + ".",
                   "around [" + pictures[1] + "] it"});

  std::vector<Answer> expected;
  for (const std::string& picture : pictures) {
    const SignalSet signals = AllSignals(picture);
    expected.push_back(store_.MatchBatch({&signals, 1}, options())->at(0));
    const Answer& want = expected.back();
    EXPECT_EQ(connection_->MatchBatch({&signals, 1}, options())->at(0), want);
    EXPECT_EQ(*connection_->MatchPicture(Bytes(picture), options(), true),
              want);
    EXPECT_EQ(ByMatch(picture, true), want);
    EXPECT_EQ(ByMatch(picture, false), want);
  }
  EXPECT_TRUE(ByBatch(pictures) == expected);
  EXPECT_TRUE(ByStream(pictures) == expected);

  EXPECT_EQ(expected[0].verdict, Verdict::kExact);
  EXPECT_EQ(expected[0].tier, Tier::kMatch);
  EXPECT_TRUE(expected[0].matches.at(0).second_opinion->corroborates);
  EXPECT_EQ(expected[20].verdict, Verdict::kNoKnownMatch);
  EXPECT_EQ(expected[20].tier, std::nullopt);
  EXPECT_EQ(expected[21].verdict, Verdict::kUnavailable);
  const auto seen_in = [](View view) {
    return QueryViews(GetParam()).Contains(view) ? Verdict::kNear
                                                 : Verdict::kNoKnownMatch;
  };
  EXPECT_EQ(expected[22].verdict, seen_in(View::kTrimmed));
  EXPECT_EQ(expected[23].verdict, seen_in(View::kCentral90));
}

TEST_F(Routes, AnEffortThatIsUnsetIsNormal) {
  Fill({"kite"});
  v1::MatchRequest request;
  request.mutable_content()->set_picture("..kite..");
  grpc::ClientContext context;
  v1::MatchResponse response;
  ASSERT_TRUE(Matches()->Match(&context, request, &response).ok());
  const SignalSet signals = Hash("..kite..");
  EXPECT_EQ(Read(response.answer()),
            store_.MatchBatch({&signals, 1}, {})->at(0));
  EXPECT_EQ(response.answer().verdict(), v1::VERDICT_NEAR);
}

TEST_F(Routes, ASecondOpinionIsOnlyMadeWhenItIsAskedFor) {
  Fill({"kite"}, "", {.second_opinion = true});
  const auto plain = connection_->MatchPicture(Bytes("kite"));
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_FALSE(plain->matches.at(0).second_opinion);
  const auto second = connection_->MatchPicture(Bytes("kite"), {}, true);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->matches.at(0).second_opinion,
            (SecondOpinion{.distance = 0, .corroborates = true}));
}

TEST_F(Routes, AReviewTierTravels) {
  Fill({"kite"});
  const ListPolicy policy{.review_radius = Radius{50}};
  ASSERT_TRUE(connection_->SetListPolicy(kList, policy, by_).ok());
  std::mt19937_64 random(TestSeed());
  SignalSet query;
  query.pdq.push_back(
      {.hash = testing::AtDistance(Hash("kite").pdq[0].hash, 50, random)});
  const auto answers = connection_->MatchBatch({&query, 1}, {});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ(*answers, *store_.MatchBatch({&query, 1}, {}));
  EXPECT_EQ(answers->at(0).verdict, Verdict::kNear);
  EXPECT_EQ(answers->at(0).tier, Tier::kReview);
  EXPECT_EQ(answers->at(0).matches.at(0).tier, Tier::kReview);
}

// Oracle: the store itself, as above.
TEST_P(AnswerRoutes, GiveTheSameExplanation) {
  Fill({"kite", "hill"}, "", {.second_opinion = true});
  const std::vector<std::string> withdrawn = {"2"};
  ASSERT_TRUE(
      store_.SetEntryState(kList, withdrawn, EntryState::kWithdrawn, by_).ok());
  for (const std::string picture :
       {"kite", "..hill..", "a [kite] there", "no picture"}) {
    const SignalSet signals = Hash(
        picture, {.views = QueryViews(GetParam()), .second_opinion = true});
    for (const std::string reference : {"1", "2", "source:1"}) {
      const auto want =
          store_.Explain(signals, kList, reference, {.effort = GetParam()});
      ASSERT_TRUE(want.ok()) << want.status();
      const auto got =
          connection_->Explain(signals, kList, reference, options());
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(*got, *want);
      EXPECT_EQ(got->entry_state, reference == "2" ? EntryState::kWithdrawn
                                                   : EntryState::kActive);

      v1::ExplainRequest request;
      request.mutable_content()->set_picture(picture);
      request.set_list(kList);
      request.set_reference(reference);
      request.set_effort(static_cast<v1::Effort>(wire::ToWire(GetParam())));
      request.set_second_opinion(true);
      grpc::ClientContext context;
      v1::ExplainResponse response;
      ASSERT_TRUE(Matches()->Explain(&context, request, &response).ok());
      EXPECT_EQ(*wire::FromWire(response.explanation()), *want);
    }
  }
}

TEST_F(Routes, WhatIsNotThereCannotBeExplained) {
  Fill({"kite"});
  const SignalSet query = Hash("kite");
  for (const auto& [list, reference] :
       {std::pair("none", "1"), std::pair(kList, "2"),
        std::pair(kList, "source:none")}) {
    EXPECT_EQ(connection_->Explain(query, list, reference, {}).status(),
              store_.Explain(query, list, reference, {}).status());
    EXPECT_EQ(connection_->Explain(query, list, reference, {}).status().code(),
              StatusCode::kNotFound);
  }
}

TEST_F(Routes, TheLimitTravels) {
  Fill({"a", "b"});
  SignalSet query = Hash("a");
  query.pdq[0].dihedral.reset();
  query.md5 = Hash("b").md5;
  const auto answers = connection_->MatchBatch({&query, 1}, {.limit = 1});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ(answers->at(0).matches.size(), 1U);
  EXPECT_EQ(answers->at(0).match_count, 2U);
  EXPECT_TRUE(answers->at(0).truncated);
}

TEST_F(Routes, AFullBatchIsOneCall) {
  Fill({"a"});
  const std::vector<SignalSet> queries(Matcher::kBatchSizeMax, Hash("a"));
  const auto answers = connection_->MatchBatch(queries, {});
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), queries.size());
  EXPECT_EQ(store_.match_calls, 1);
}

TEST_F(Routes, ListsAreMadeShownAndChanged) {
  const ListPolicy policy{
      .enabled = false,
      .pdq_radius = Radius{7},
      .review_radius = Radius{44},
      .effort = Effort::kFast,
      .stored_views = kWholeViews | ViewSet{View::kFrame, View::kAspect9x16},
      .second_opinion = true};
  const auto made =
      connection_->CreateList("mine", Purpose::kTest, policy, by_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*made, *store_.GetList("mine"));
  EXPECT_EQ(made->policy, policy);
  EXPECT_EQ(store_.last_author().actor, "ada");
  EXPECT_EQ(store_.last_author().reason, "testing");
  EXPECT_EQ(connection_->CreateList("mine", Purpose::kTest, policy, by_)
                .status()
                .code(),
            StatusCode::kAlreadyExists);

  EXPECT_EQ(*connection_->GetList("mine"), *made);
  EXPECT_EQ(connection_->GetList("none").status(),
            store_.GetList("none").status());

  const auto changed = connection_->SetListPolicy("mine", {}, by_);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->policy, ListPolicy{});
  EXPECT_EQ(*connection_->Lists(), *store_.Lists());
}

TEST_F(Routes, AListWithoutPolicyGetsTheUsualOne) {
  v1::CreateListRequest request;
  request.set_name("plain");
  request.set_purpose(v1::PURPOSE_TEST);
  request.mutable_by()->set_actor("ada");
  grpc::ClientContext context;
  v1::CreateListResponse response;
  ASSERT_TRUE(Catalogue()->CreateList(&context, request, &response).ok());
  EXPECT_EQ(store_.GetList("plain")->policy, ListPolicy{});
}

TEST_F(Routes, EntriesAreAddedShownAndWithdrawn) {
  Fill({});
  RandomValues random(TestSeed());
  std::vector<EntryDraft> drafts(50);
  for (EntryDraft& draft : drafts) draft = random.Draft();
  drafts[3].signals = {};
  drafts[4].signals = Hash("four");
  drafts[4].source_id = "four";
  const auto report = connection_->AddEntries(kList, drafts, by_);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->results.size(), drafts.size());
  EXPECT_EQ(report->results[3].outcome, Outcome::kRefused);
  for (const EntryResult& result : report->results) {
    if (result.id.value == 0) continue;
    const std::string reference = std::to_string(result.id.serial());
    EXPECT_EQ(*connection_->GetEntry(kList, reference),
              *store_.GetEntry(kList, reference));
  }

  const std::vector<std::string> references = {"source:four", "none"};
  const auto withdrawn = connection_->SetEntryState(
      kList, references, EntryState::kWithdrawn, by_);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->results[0].outcome, Outcome::kStateChanged);
  EXPECT_EQ(withdrawn->results[0].id, report->results[4].id);
  EXPECT_EQ(withdrawn->results[1].outcome, Outcome::kUnknown);
  EXPECT_EQ(connection_->GetEntry(kList, "source:four")->state,
            EntryState::kWithdrawn);
}

TEST_F(Routes, ADraftOutOfLimitsIsRefusedAlone) {
  Fill({});
  v1::AddEntriesRequest request;
  request.set_list(kList);
  request.mutable_by()->set_actor("ada");
  request.add_drafts()->mutable_signals()->set_md5(std::string(16, 'a'));
  request.add_drafts()->mutable_signals()->set_md5("CANARY");
  request.add_drafts()->mutable_signals()->set_md5(std::string(16, 'c'));
  grpc::ClientContext context;
  v1::AddEntriesResponse response;
  ASSERT_TRUE(Catalogue()->AddEntries(&context, request, &response).ok());
  EXPECT_EQ(response.results(0).outcome(), v1::OUTCOME_ADDED);
  EXPECT_EQ(response.results(1).outcome(), v1::OUTCOME_REFUSED);
  EXPECT_EQ(response.results(1).why(), "md5: is 6 bytes; needs 16");
  EXPECT_EQ(response.results(2).outcome(), v1::OUTCOME_ADDED);
}

TEST_F(Routes, StatisticsAndVerificationsAreTheStores) {
  Fill({"a"});
  const auto stats = connection_->Stats();
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->lists, store_.Stats()->lists);
  EXPECT_EQ(stats->head, store_.Stats()->head);

  uint64_t last = 0;
  const auto report = connection_->Verify([&](uint64_t done, uint64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, 1000U);
    last = done;
    return true;
  });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(last, 0U);
  EXPECT_EQ(report->problems, (std::vector<std::string>{"one", "two"}));
}

class Imports : public Routes {
 protected:
  // Yields `count` drafts; every hundredth is a refusal.
  static ImportSource Source(uint64_t count) {
    auto at = std::make_shared<uint64_t>(0);
    return [at, count]() -> StatusOr<std::optional<ImportItem>> {
      if (*at == count) return std::optional<ImportItem>();
      ImportItem item;
      item.position = ++*at;
      if (*at % 100 == 0) {
        item.refused = "line " + std::to_string(*at) + " is bad";
      } else {
        item.draft.source_id = std::to_string(*at);
        item.draft.signals.md5.emplace();
        item.draft.series = std::string(1000, 's');
      }
      return std::optional(item);
    };
  }
};

TEST_F(Imports, ArriveWholeAndInOrderWithProgress) {
  Fill({});
  constexpr uint64_t kCount = 8'000;
  uint64_t last = 0;
  const auto report = connection_->Import(
      kList, Source(kCount),
      [&](const ImportProgress& progress) {
        EXPECT_GT(progress.read, last);
        EXPECT_LE(progress.durable, progress.read);
        last = progress.read;
      },
      by_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->read, kCount);
  EXPECT_EQ(report->added, kCount - kCount / 100);
  EXPECT_EQ(report->refused, kCount / 100);
  ASSERT_EQ(report->refusals.size(), 80U);
  EXPECT_EQ(report->refusals[1].position, 200U);
  EXPECT_EQ(report->refusals[1].why, "line 200 is bad");
  EXPECT_GT(last, 0U);
  EXPECT_EQ(store_.GetEntry(kList, "150")->source_id, "151");
  EXPECT_EQ(store_.last_author().actor, "ada");
}

TEST_F(Imports, OfNothingAreReportedToo) {
  Fill({});
  const auto report = connection_->Import(kList, Source(0), {}, by_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->read, 0U);
}

TEST_F(Imports, IntoNoListFailAtOnceHoweverMuchIsSent) {
  const auto report = connection_->Import("none", Source(30'000), {}, by_);
  EXPECT_EQ(report.status().code(), StatusCode::kNotFound) << report.status();
}

TEST_F(Imports, AFailingSourceEndsTheImportOnBothSides) {
  Fill({});
  const ImportSource good = Source(5'000);
  int left = 3'000;
  const auto report = connection_->Import(
      kList,
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (left-- == 0) return DataLoss("the file is damaged");
        return good();
      },
      {}, by_);
  EXPECT_EQ(report.status(), DataLoss("the file is damaged"));
  // The server's side is over too: all four places are free again.
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(connection_->Import(kList, Source(1), {}, by_).ok());
  }
}

// The contract's own rules, which our client always keeps.
class ImportRules : public Imports {
 protected:
  using Request = v1::ImportEntriesRequest;

  static Request Header() {
    Request request;
    request.mutable_header()->set_list(kList);
    request.mutable_header()->mutable_by()->set_actor("ada");
    return request;
  }
  static Request Chunk() {
    Request request;
    v1::ImportRecord* const record = request.mutable_chunk()->add_records();
    record->set_position(1);
    record->mutable_draft()->mutable_signals()->set_md5(std::string(16, 'm'));
    return request;
  }
  static Request End(uint64_t count) {
    Request request;
    request.mutable_end()->set_record_count(count);
    return request;
  }

  grpc::Status Send(const std::vector<Request>& requests) {
    grpc::ClientContext context;
    const auto stub = Catalogue();
    const auto stream = stub->ImportEntries(&context);
    for (const Request& request : requests) stream->Write(request);
    stream->WritesDone();
    v1::ImportEntriesResponse response;
    while (stream->Read(&response)) {
    }
    return stream->Finish();
  }
};

TEST_F(ImportRules, AreKept) {
  Fill({});
  const auto code = [&](const std::vector<Request>& requests) {
    return Send(requests).error_code();
  };
  EXPECT_EQ(code({Header(), Chunk(), End(1)}), grpc::StatusCode::OK);
  EXPECT_EQ(code({Header(), Chunk()}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({Header(), Chunk(), End(2)}),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({Chunk(), End(1)}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({Header(), Header(), End(0)}),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({Header(), Request(), End(0)}),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({}), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Routes, ManyThreadsShareOneConnection) {
  Fill({"a", "b", "c"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::string picture(1, static_cast<char>('a' + t % 4));
      const SignalSet signals = Hash(picture);
      const Answer want = store_.MatchBatch({&signals, 1}, {})->at(0);
      for (int i = 0; i < 100; ++i) {
        const auto got = connection_->MatchBatch({&signals, 1}, {});
        ASSERT_TRUE(got.ok()) << got.status();
        EXPECT_EQ(got->at(0), want);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kenal
