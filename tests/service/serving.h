// A server over the fakes, and ways to ask it.
#ifndef KENAL_TESTS_SERVICE_SERVING_H_
#define KENAL_TESTS_SERVICE_SERVING_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "kenal/v1/match_service.grpc.pb.h"
#include "src/client/connection.h"
#include "src/service/server.h"
#include "tests/service/fakes.h"
#include "tests/service/gate.h"
#include "tests/service/random_values.h"
#include "tests/support/support.h"

namespace kenal::testing {

class Serving : public ::testing::Test {
 protected:
  static constexpr char kList[] = "abuse";

  void SetUp() override {
    service::ServerOptions options = Options();
    options.listen = {"unix:" + (dir_ / "kenal.sock")};
    options.tuning.match_workers = 2;
    options.log.path = dir_ / "requests.log";
    auto server = service::Server::Start(store_, store_, hasher_, options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    while (!server_->dispatcher().Serving()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    channel_ = NewChannel();
    auto connection = client::Connection::Connect(server_->address());
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  // What a test changes of the server's usual options.
  virtual service::ServerOptions Options() {
    service::ServerOptions options;
    options.tuning.live_together = {};
    options.tuning.live_wait = {};  // a busy machine is no overload
    return options;
  }

  // A connection of its own, without the client's limits.
  std::shared_ptr<grpc::Channel> NewChannel() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(
        server_->address(), grpc::InsecureChannelCredentials(), arguments);
  }

  std::unique_ptr<v1::MatchService::Stub> Matches() {
    return v1::MatchService::NewStub(channel_);
  }
  std::unique_ptr<v1::CatalogueService::Stub> Catalogue() {
    return v1::CatalogueService::NewStub(channel_);
  }

  // One list, with an entry for each of `pictures`.
  void Fill(const std::vector<std::string>& pictures,
            const std::string& series = "", const HashWork& work = {}) {
    const Authorship by{.actor = "test", .reason = "filling"};
    ASSERT_TRUE(store_.CreateList(kList, Purpose::kChildAbuse, {}, by).ok());
    std::vector<EntryDraft> drafts;
    for (const std::string& picture : pictures) {
      EntryDraft& draft = drafts.emplace_back();
      draft.source_id = std::to_string(drafts.size());
      draft.series = series;
      draft.signals = Hash(picture, work);
      draft.provenance.source = "test";
    }
    ASSERT_TRUE(store_.AddEntries(kList, drafts, by).ok());
  }

  SignalSet Hash(const std::string& picture, const HashWork& work = {}) {
    return FakeHasher().HashBytes(Bytes(picture), work);
  }
  static std::span<const uint8_t> Bytes(const std::string& picture) {
    return {reinterpret_cast<const uint8_t*>(picture.data()), picture.size()};
  }

  TempDir dir_;
  FakeStore store_;
  FakeHasher hasher_;
  std::unique_ptr<service::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<client::Connection> connection_;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_SERVING_H_
