// What goes wrong, and how it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "src/service/limits.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "tests/service/serving.h"

namespace kenal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Gate;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Serving;

class Errors : public Serving {
 protected:
  grpc::Status MatchUpTo(int limit) {
    v1::MatchRequest request;
    request.mutable_content()->mutable_signals();
    request.set_limit(limit);
    return Match(request);
  }
  grpc::Status Match(const v1::MatchRequest& request) {
    grpc::ClientContext context;
    v1::MatchResponse response;
    return Matches()->Match(&context, request, &response);
  }
};

TEST_F(Errors, EveryCodeAndMessageOfTheStoreTravels) {
  for (const StatusCode code :
       {StatusCode::kInvalidArgument, StatusCode::kNotFound,
        StatusCode::kAlreadyExists, StatusCode::kDataLoss,
        StatusCode::kFailedPrecondition, StatusCode::kResourceExhausted,
        StatusCode::kUnavailable, StatusCode::kInternal}) {
    const Status failure(code, "the thing, and \"the next\" step: \xC3\xA9");
    store_.Hook([failure](std::string_view) { return failure; });
    const SignalSet query;
    EXPECT_EQ(connection_->MatchBatch({&query, 1}, {}).status(), failure);
    EXPECT_EQ(connection_->Lists().status(), failure);
    EXPECT_EQ(connection_->Stats().status(), failure);
    EXPECT_EQ(connection_->Verify({}).status(), failure);
    EXPECT_EQ(connection_->GetEntry("a", "b").status(), failure);
    EXPECT_EQ(connection_->Explain(query, "a", "b", {}).status(), failure);
    EXPECT_EQ(connection_
                  ->Import("a", [] { return std::optional<ImportItem>(); }, {},
                           {.actor = "a", .reason = ""})
                  .status(),
              failure);
  }
}

TEST_F(Errors, AVeryLongMessageIsCutAndNotLost) {
  store_.Hook([](std::string_view) {
    return NotFound("begin " + std::string(100'000, '\n'));
  });
  const Status status = connection_->Lists().status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("begin"));
  EXPECT_LE(status.message().size(), wire::kErrorBytesMax);
}

TEST_F(Errors, BadRequestsAreRefusedByFieldAndWithoutTheirBytes) {
  const auto message = [&](const v1::MatchRequest& request) {
    const grpc::Status status = Match(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), Not(HasSubstr("CANARY")));
    return status.error_message();
  };
  v1::MatchRequest request;
  EXPECT_THAT(message(request), HasSubstr("content"));
  request.mutable_content()->mutable_signals()->set_sha1("CANARY");
  EXPECT_THAT(message(request), HasSubstr("sha1"));
  request.mutable_content()->mutable_signals()->clear_sha1();
  request.set_limit(0);
  EXPECT_THAT(message(request), HasSubstr("limit"));
  request.set_limit(1'000'001);
  EXPECT_THAT(message(request), HasSubstr("limit"));
  EXPECT_EQ(store_.match_calls, 0);
}

TEST_F(Errors, BadEffortsAreRefusedByEveryRoute) {
  constexpr auto kBad = static_cast<v1::Effort>(4);
  const auto is_named = [](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(),
                HasSubstr("effort: 4 is not a value known here; use one of: "
                          "EFFORT_FAST, EFFORT_NORMAL, EFFORT_THOROUGH"));
  };
  v1::MatchRequest one;
  one.mutable_content()->set_picture("kite");
  one.set_effort(kBad);
  is_named(Match(one));

  v1::BatchMatchRequest batch;
  batch.add_contents()->set_picture("kite");
  batch.set_effort(kBad);
  grpc::ClientContext batch_context;
  v1::BatchMatchResponse batch_response;
  is_named(Matches()->BatchMatch(&batch_context, batch, &batch_response));

  v1::StreamMatchRequest item;
  item.mutable_content()->set_picture("kite");
  item.set_effort(kBad);
  grpc::ClientContext stream_context;
  const auto stub = Matches();
  const auto stream = stub->StreamMatch(&stream_context);
  ASSERT_TRUE(stream->Write(item));
  stream->WritesDone();
  v1::StreamMatchResponse response;
  ASSERT_TRUE(stream->Read(&response));
  is_named(grpc::Status(static_cast<grpc::StatusCode>(response.error().code()),
                        response.error().message()));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());

  EXPECT_EQ(hasher_.hashed, 0);
  EXPECT_EQ(store_.match_calls, 0);
}

TEST_F(Errors, BadRequestsToExplainAreRefusedByFieldAndWithoutTheirBytes) {
  v1::ExplainRequest request;
  const auto message = [&] {
    grpc::ClientContext context;
    v1::ExplainResponse response;
    const auto status = Matches()->Explain(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), Not(HasSubstr("CANARY")));
    return status.error_message();
  };
  request.set_list("a");
  EXPECT_THAT(message(), HasSubstr("reference"));
  request.set_reference(std::string(1025, 'r'));
  EXPECT_THAT(message(), HasSubstr("reference: is 1025 bytes; at most 1024"));
  request.set_reference("1");
  EXPECT_THAT(message(), HasSubstr("content: is not set"));
  v1::PdqView* const pdq =
      request.mutable_content()->mutable_signals()->add_pdq();
  pdq->set_hash(std::string(32, 'h'));
  pdq->set_marr("CANARY");
  EXPECT_THAT(message(), HasSubstr("pdq.marr: is 6 bytes; needs 72"));
  pdq->clear_marr();
  request.set_effort(static_cast<v1::Effort>(-1));
  EXPECT_THAT(message(), HasSubstr("effort: -1 is not a value known here"));
  request.clear_effort();
  request.set_list(std::string(65, 'l'));
  EXPECT_THAT(message(), HasSubstr("list: is 65 bytes; at most 64"));
  EXPECT_EQ(store_.explain_calls, 0);
}

// As everywhere else, an empty file is content that could not be checked.
TEST_F(Errors, AnEmptyPictureIsAnsweredNotRefused) {
  v1::MatchRequest request;
  request.mutable_content()->set_picture("");
  EXPECT_TRUE(Match(request).ok());
  EXPECT_EQ(store_.match_calls, 1);
}

TEST_F(Errors, BatchesHave1To1024Items) {
  const auto code = [&](int count) {
    v1::BatchMatchRequest request;
    for (int i = 0; i < count; ++i) {
      request.add_contents()->mutable_signals();
    }
    grpc::ClientContext context;
    v1::BatchMatchResponse response;
    return Matches()->BatchMatch(&context, request, &response).error_code();
  };
  EXPECT_EQ(code(0), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code(1), grpc::StatusCode::OK);
  EXPECT_EQ(code(1024), grpc::StatusCode::OK);
  EXPECT_EQ(code(1025), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Errors, ABadItemOfABatchIsNamed) {
  v1::BatchMatchRequest request;
  request.add_contents()->set_picture("fine");
  request.add_contents()->mutable_signals()->set_md5("short");
  grpc::ClientContext context;
  v1::BatchMatchResponse response;
  const auto status = Matches()->BatchMatch(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("contents[1].md5"));
}

TEST_F(Errors, CatalogueRequestsAreChecked) {
  const auto stub = Catalogue();
  const auto refused = [](const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
  };
  const auto create = [&](const v1::CreateListRequest& request) {
    grpc::ClientContext context;
    v1::CreateListResponse response;
    return stub->CreateList(&context, request, &response);
  };
  v1::CreateListRequest list;
  list.set_name("a");
  list.set_purpose(v1::PURPOSE_TEST);
  EXPECT_TRUE(refused(create(list)));  // nobody's word
  list.mutable_by()->set_actor("ada");
  list.mutable_policy();
  EXPECT_TRUE(refused(create(list)));  // half a policy
  list.mutable_policy()->set_mode(v1::LIST_MODE_ENABLED);
  list.mutable_policy()->set_pdq_radius_bits(31);
  list.mutable_policy()->set_review_radius_bits(31);
  EXPECT_TRUE(refused(create(list)));  // nothing between the two
  list.clear_policy();
  list.set_purpose(v1::PURPOSE_UNSPECIFIED);
  EXPECT_TRUE(refused(create(list)));
  list.set_purpose(static_cast<v1::Purpose>(77));
  EXPECT_TRUE(refused(create(list)));
  list.set_purpose(v1::PURPOSE_TEST);
  list.set_name(std::string(65, 'n'));
  EXPECT_TRUE(refused(create(list)));
  list.set_name("a");
  EXPECT_TRUE(create(list).ok());

  const auto set_state = [&](int references, const char* reference) {
    v1::SetEntryStateRequest request;
    request.set_list("a");
    for (int i = 0; i < references; ++i) request.add_references(reference);
    request.set_state(v1::ENTRY_STATE_DISPUTED);
    request.mutable_by()->set_actor("ada");
    request.mutable_by()->set_reason("why");
    grpc::ClientContext context;
    v1::SetEntryStateResponse response;
    return stub->SetEntryState(&context, request, &response);
  };
  EXPECT_TRUE(refused(set_state(0, "1")));
  EXPECT_TRUE(set_state(10'000, "1").ok());
  EXPECT_TRUE(refused(set_state(10'001, "1")));
  EXPECT_TRUE(refused(set_state(1, "")));
  EXPECT_TRUE(refused(set_state(1, std::string(1025, 'r').c_str())));

  v1::AddEntriesRequest add;
  add.set_list("a");
  add.mutable_by()->set_actor("ada");
  for (int i = 0; i < 10'001; ++i) add.add_drafts();
  grpc::ClientContext context;
  v1::AddEntriesResponse response;
  EXPECT_TRUE(refused(stub->AddEntries(&context, add, &response)));
}

TEST_F(Errors, PicturesOfMoreThan64MiBAreRefused) {
  v1::MatchRequest request;
  request.mutable_content()->set_picture(
      std::string(wire::kPictureBytesMax, 'p'));
  EXPECT_TRUE(Match(request).ok());
  request.mutable_content()->mutable_picture()->push_back('p');
  EXPECT_EQ(Match(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_content()->set_picture(
      std::string(wire::kRequestBytesMax + 1, 'p'));
  EXPECT_EQ(Match(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Errors, ManyLargePicturesAtOnceAreAllAnswered) {
  v1::MatchRequest request;
  request.mutable_content()->set_picture(std::string(size_t{20} << 20, 'p'));
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const grpc::Status status = Match(request);
      EXPECT_TRUE(status.ok()) << status.error_message();
      answered += status.ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 6);
}

TEST_F(Errors, CompressedAndOverlongMetadataAreRefused) {
  v1::MatchRequest request;
  request.mutable_content()->mutable_signals();
  v1::MatchResponse response;
  grpc::ClientContext compressed;
  compressed.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EXPECT_EQ(Matches()->Match(&compressed, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext chatty;
  chatty.AddMetadata("much", std::string(9000, 'm'));
  EXPECT_EQ(Matches()->Match(&chatty, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// Both workers are held; what waits behind them expires before it starts.
TEST_F(Errors, ExpiredWorkIsDroppedBeforeItStarts) {
  Gate gate;
  store_.Hook([&](std::string_view) {
    gate.Pass();
    return OkStatus();
  });
  v1::MatchRequest request;
  request.mutable_content()->mutable_signals();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    // Of unlike options, so that no worker answers both.
    threads.emplace_back([&, i] { EXPECT_TRUE(MatchUpTo(50 + i).ok()); });
  }
  gate.AwaitArrivals(2);
  for (int i = 0; i < 5; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(30));
    v1::MatchResponse response;
    EXPECT_EQ(Matches()->Match(&context, request, &response).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
    v1::ExplainRequest explain;
    *explain.mutable_content() = request.content();
    explain.set_reference("1");
    grpc::ClientContext explain_context;
    explain_context.set_deadline(std::chrono::system_clock::now() +
                                 milliseconds(30));
    v1::ExplainResponse explanation;
    EXPECT_EQ(Matches()
                  ->Explain(&explain_context, explain, &explanation)
                  .error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  gate.Open();
  for (std::thread& thread : threads) thread.join();
  server_->Shutdown(std::chrono::seconds(5));
  EXPECT_EQ(store_.match_calls, 2);
  EXPECT_EQ(store_.explain_calls, 0);
}

class Impatient : public Errors {
 protected:
  static constexpr milliseconds kPatience{500};

  service::ServerOptions Options() override {
    service::ServerOptions options = Errors::Options();
    options.tuning.live_deadline = kPatience;
    return options;
  }
};

TEST_F(Impatient, CallersWithoutADeadlineAreNotKeptWaitingForEver) {
  Gate gate;
  store_.Hook([&](std::string_view) {
    gate.Pass();
    return OkStatus();
  });
  std::atomic<int> sent = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      ++sent;
      EXPECT_TRUE(MatchUpTo(50 + i).ok());
    });
  }
  gate.AwaitArrivals(2);
  threads.emplace_back([&] {
    ++sent;
    EXPECT_EQ(MatchUpTo(60).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  });
  const SignalSet query;
  threads.emplace_back([&] {  // our client gives its calls two minutes
    ++sent;
    EXPECT_TRUE(connection_->MatchBatch({&query, 1}, {}).ok());
  });
  while (sent < 4) std::this_thread::sleep_for(milliseconds(1));
  std::this_thread::sleep_for(4 * kPatience);
  gate.Open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_.queries_matched, 3U);
}

TEST_F(Errors, OneClientLeavesALongCallForOthers) {
  Gate gate;
  store_.Hook([&](std::string_view) {
    gate.Pass();
    return OkStatus();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < service::kClientLongCallsMax; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(connection_->Verify({}).ok()); });
  }
  gate.AwaitArrivals(service::kClientLongCallsMax);
  const auto start = steady_clock::now();
  EXPECT_EQ(connection_->Verify({}).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(connection_
                ->Import("a", [] { return std::optional<ImportItem>(); }, {},
                         {.actor = "a", .reason = ""})
                .status()
                .code(),
            StatusCode::kResourceExhausted);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(2));
  gate.Open();
  for (std::thread& thread : threads) thread.join();
}

// Two changes run, and as many wait as leave half of the queue to others.
// Each connection may have 64 calls, so there are several.
TEST_F(Errors, AFullQueueIsToldAtOnceAndTheAcceptedAreAnswered) {
  Gate gate;
  store_.Hook([&](std::string_view call) {
    if (call == "SetListPolicy") gate.Pass();
    return OkStatus();
  });
  Fill({});
  constexpr int kCalls = 100;
  std::atomic<int> refused = 0;
  std::atomic<int> answered = 0;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(NewChannel());
  const auto call = [&](int i) {
    v1::SetListPolicyRequest request;
    request.set_name(kList);
    request.mutable_policy()->set_mode(v1::LIST_MODE_ENABLED);
    request.mutable_policy()->set_pdq_radius_bits(i % 31);
    request.mutable_by()->set_actor("ada");
    grpc::ClientContext context;
    v1::SetListPolicyResponse response;
    const auto stub = v1::CatalogueService::NewStub(
        channels[static_cast<size_t>(i) % channels.size()]);
    const auto code =
        stub->SetListPolicy(&context, request, &response).error_code();
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto hint = trailers.find("grpc-retry-pushback-ms");
    if (code == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      EXPECT_NE(hint, trailers.end());
      if (hint != trailers.end()) {
        EXPECT_GT(std::stoi({hint->second.data(), hint->second.size()}), 0);
      }
      ++refused;
    } else {
      EXPECT_EQ(hint, trailers.end());
    }
    answered += code == grpc::StatusCode::OK;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < service::kChangeWorkers; ++i) {
    threads.emplace_back([&, i] { call(i); });
  }
  gate.AwaitArrivals(service::kChangeWorkers);
  for (int i = service::kChangeWorkers; i < kCalls; ++i) {
    threads.emplace_back([&, i] { call(i); });
  }
  const int accepted =
      static_cast<int>(service::Tuning().maintenance_queue) / 2 +
      service::kChangeWorkers;
  const auto give_up = steady_clock::now() + std::chrono::seconds(60);
  while (refused < kCalls - accepted && steady_clock::now() < give_up) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(refused, kCalls - accepted);
  // Other classes of work are not kept waiting.
  EXPECT_TRUE(connection_->Lists().ok());
  gate.Open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, accepted);
}

TEST(Connecting, ToNobodySaysHowToStartAServerWithin4Seconds) {
  testing::TempDir dir;
  std::vector<std::thread> threads;
  for (const std::string& address :
       {"unix:" + (dir / "none.sock"), std::string("127.0.0.1:1")}) {
    threads.emplace_back([address] {
      const auto start = steady_clock::now();
      const auto connection = client::Connection::Connect(address);
      EXPECT_EQ(
          connection.status(),
          Unavailable(
              "no Kenal server answers at " + address +
              "; start one with `kenal --data DIR serve "
              "--listen " +
              address +
              (address.starts_with("unix:") ? "`" : " --tls FOLDER/NAME`")));
      EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(4));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client::Connection::Connect("nonsense").status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(Errors, AServerThatWentAwayIsUnavailableAndNamed) {
  const std::string address = server_->address();
  server_.reset();
  const Status status = connection_->Lists().status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address));
}

TEST_F(Errors, WhatAClientMustNotSendIsRefusedBeforeSending) {
  Fill({});
  std::vector<EntryDraft> drafts(1);
  drafts[0].signals = Hash("a");
  drafts[0].source_id = "\xFF";
  const Authorship by{.actor = "ada", .reason = ""};
  EXPECT_EQ(connection_->AddEntries(kList, drafts, by).status().code(),
            StatusCode::kInvalidArgument);
  drafts[0].source_id = std::string(wire::kRequestBytesMax, 's');
  const Status status = connection_->AddEntries(kList, drafts, by).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("fewer at once"));
}

}  // namespace
}  // namespace kenal
