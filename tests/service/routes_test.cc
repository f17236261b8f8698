// Every method, through the client and through the bare contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

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

// Oracle: the store itself, asked with what the hasher makes of the picture.
TEST_F(Routes, EveryRouteGivesTheSameAnswer) {
  RandomValues random(TestSeed());
  std::vector<std::string> pictures;
  for (int i = 0; i < 20; ++i) pictures.push_back(random.Bytes(50));
  Fill(pictures);
  pictures.push_back("unlisted");
  pictures.push_back("no picture");

  const auto stub = Matches();
  v1::BatchMatchRequest batch;
  std::vector<Answer> expected;
  for (const std::string& picture : pictures) {
    const SignalSet signals = Hash(picture);
    expected.push_back(store_.MatchBatch({&signals, 1}, {})->at(0));
    const Answer& want = expected.back();

    EXPECT_EQ(connection_->MatchBatch({&signals, 1}, {})->at(0), want);
    const auto bytes = reinterpret_cast<const uint8_t*>(picture.data());
    const auto by_picture =
        connection_->MatchPicture({bytes, picture.size()}, {});
    ASSERT_TRUE(by_picture.ok()) << by_picture.status();
    EXPECT_EQ(*by_picture, want);

    grpc::ClientContext context;
    v1::MatchRequest request;
    wire::ToWire(signals, request.mutable_content()->mutable_signals());
    v1::MatchResponse response;
    ASSERT_TRUE(stub->Match(&context, request, &response).ok());
    EXPECT_EQ(Read(response.answer()), want);

    v1::Content* const content = batch.add_contents();
    if (random.Maybe()) {
      content->set_picture(picture);
    } else {
      wire::ToWire(signals, content->mutable_signals());
    }
  }
  grpc::ClientContext context;
  v1::BatchMatchResponse response;
  ASSERT_TRUE(stub->BatchMatch(&context, batch, &response).ok());
  ASSERT_EQ(response.answers_size(), static_cast<int>(expected.size()));
  for (int i = 0; i < response.answers_size(); ++i) {
    EXPECT_TRUE(Read(response.answers(i)) == expected[static_cast<size_t>(i)])
        << "item " << i << ": " << response.answers(i).ShortDebugString();
  }
  EXPECT_EQ(expected[0].verdict, Verdict::kExact);
  EXPECT_EQ(expected[20].verdict, Verdict::kNoKnownMatch);
  EXPECT_EQ(expected[21].verdict, Verdict::kUnavailable);
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
  const ListPolicy policy{.enabled = false, .pdq_radius = Radius{7}};
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
