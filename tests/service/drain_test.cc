// Shutting down: what was accepted is answered, nothing new is taken.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "src/wire/convert.h"
#include "tests/service/serving.h"

namespace kenal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Gate;
using testing::Serving;

class Draining : public Serving {
 protected:
  void HoldMatches() {
    store_.Hook([this](std::string_view call) {
      if (call == "MatchBatch") gate_.Pass();
      return OkStatus();
    });
  }
  void TearDown() override {
    gate_.Open();
    Serving::TearDown();
  }
  Gate gate_;
};

TEST_F(Draining, AcceptedRequestsAreAnsweredAndNewOnesRefused) {
  HoldMatches();
  constexpr int kCalls = 20;  // some at work, the others queued
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCalls; ++i) {
    threads.emplace_back([&] {
      const SignalSet query = Hash("a");
      const auto answers = connection_->MatchBatch({&query, 1}, {});
      EXPECT_TRUE(answers.ok()) << answers.status();
      answered += answers.ok();
    });
  }
  gate_.AwaitArrivals(1);
  std::this_thread::sleep_for(milliseconds(200));  // the others are queued
  std::thread stopping([&] { server_->Shutdown(seconds(30)); });
  std::this_thread::sleep_for(milliseconds(200));
  v1::ListListsRequest request;
  v1::ListListsResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(Catalogue()->ListLists(&context, request, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(answered, 0);
  gate_.Open();
  stopping.join();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_.queries_matched, static_cast<uint64_t>(kCalls));
  EXPECT_EQ(answered, kCalls);
}

TEST_F(Draining, AStreamGetsAllAnswersItIsOwedAndThenUnavailable) {
  HoldMatches();
  const auto stub = Matches();
  grpc::ClientContext context;
  const auto stream = stub->StreamMatch(&context);
  constexpr int kItems = 50;
  for (int i = 0; i < kItems; ++i) {
    v1::StreamMatchRequest request;
    request.set_id(std::to_string(i));
    request.mutable_content()->mutable_signals();
    ASSERT_TRUE(stream->Write(request));
  }
  gate_.AwaitArrivals(1);
  std::this_thread::sleep_for(milliseconds(200));  // all are read
  std::thread stopping([&] { server_->Shutdown(seconds(30)); });
  std::this_thread::sleep_for(milliseconds(100));
  gate_.Open();
  v1::StreamMatchResponse response;
  int at = 0;
  for (; stream->Read(&response); ++at) {
    EXPECT_EQ(response.id(), std::to_string(at));
  }
  EXPECT_EQ(at, kItems);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  stopping.join();
}

TEST_F(Draining, AnIdleStreamDoesNotHoldTheServer) {
  const auto stub = Matches();
  grpc::ClientContext context;
  const auto stream = stub->StreamMatch(&context);
  v1::StreamMatchRequest request;
  request.mutable_content()->mutable_signals();
  ASSERT_TRUE(stream->Write(request));
  v1::StreamMatchResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Draining, TheGraceEndsWhatDoesNotEndItself) {
  Fill({});
  grpc::ClientContext context;
  const auto stub = Catalogue();
  const auto stream = stub->ImportEntries(&context);
  v1::ImportEntriesRequest request;
  request.mutable_header()->set_list(kList);
  request.mutable_header()->mutable_by()->set_actor("ada");
  ASSERT_TRUE(stream->Write(request));
  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(milliseconds(300));  // the client never ends its import
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(Draining, AnIdleImportDoesNotHoldTheServer) {
  Fill({});
  const auto stub = Catalogue();
  v1::ImportEntriesRequest request;
  request.mutable_header()->set_list(kList);
  request.mutable_header()->mutable_by()->set_actor("ada");
  grpc::ClientContext context;
  const auto stream = stub->ImportEntries(&context);
  ASSERT_TRUE(stream->Write(request));
  std::this_thread::sleep_for(milliseconds(200));  // it has begun
  server_->Shutdown(seconds(60));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), ::testing::HasSubstr("nothing came"));
}

TEST_F(Draining, AVerificationDoesNotHoldTheServer) {
  store_.Hook([this](std::string_view call) {
    if (call == "Verify row") gate_.Pass();
    return OkStatus();
  });
  const auto stub = Catalogue();
  grpc::ClientContext context;
  const auto stream = stub->Verify(&context, {});
  gate_.AwaitArrivals(1);
  std::thread stopping([&] { server_->Shutdown(seconds(60)); });
  while (server_->dispatcher().Serving()) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  gate_.Open();
  stopping.join();
  v1::VerifyResponse response;
  while (stream->Read(&response)) EXPECT_FALSE(response.has_report());
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Draining, WaitReturnsWhenShutdownIsOver) {
  std::promise<void> over;
  std::thread waiting([&] {
    server_->Wait();
    over.set_value();
  });
  std::future<void> future = over.get_future();
  EXPECT_EQ(future.wait_for(milliseconds(50)), std::future_status::timeout);
  server_->Shutdown(seconds(1));
  EXPECT_EQ(future.wait_for(seconds(5)), std::future_status::ready);
  waiting.join();
  server_->Shutdown(seconds(1));  // again is harmless
}

// grpc.health.v1.Health, spoken by hand: the request is field 1, a string; the
// response is field 1, an enum in which 1 is SERVING and 2 NOT_SERVING.
class Health : public Draining {
 protected:
  static constexpr char kServing[] = "\x08\x01";

  std::string Check(const std::string& service) {
    const std::string request =
        std::string("\x0A") + static_cast<char>(service.size()) + service;
    const grpc::Slice slice(request);
    grpc::ByteBuffer sent(&slice, 1);
    grpc::ByteBuffer received;
    grpc::ClientContext context;
    grpc::Status status;
    grpc::GenericStub stub(channel_);
    std::promise<void> done;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &sent,
                   &received, [&](grpc::Status s) {
                     status = std::move(s);
                     done.set_value();
                   });
    done.get_future().wait();
    if (!status.ok()) return status.error_message();
    grpc::Slice answer;
    if (!received.DumpToSingleSlice(&answer).ok()) return "no answer";
    return {reinterpret_cast<const char*>(answer.begin()), answer.size()};
  }
};

TEST_F(Health, IsServingForTheServerAndEachService) {
  EXPECT_EQ(Check(""), kServing);
  EXPECT_EQ(Check("kenal.v1.MatchService"), kServing);
  EXPECT_EQ(Check("kenal.v1.CatalogueService"), kServing);
  EXPECT_NE(Check("kenal.v1.NoService"), kServing);
}

}  // namespace
}  // namespace kenal
