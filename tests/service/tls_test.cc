// Who comes in by TCP: certificates, the client table, and their changing
// while the server runs.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "kenal/v1/match_service.grpc.pb.h"
#include "kenal/v1/operations_service.grpc.pb.h"
#include "src/base/clock.h"
#include "src/identity/authority.h"
#include "src/service/server.h"
#include "tests/service/fakes.h"
#include "tests/support/support.h"

namespace kenal::service {
namespace {

using grpc::StatusCode;
using identity::Role;
using ::testing::HasSubstr;

std::string Content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A hundred days ago.
int64_t LongAgo() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
             .count() -
         int64_t{100} * 24 * 3600 * 1000;
}

int64_t MonthsAhead() { return LongAgo() + int64_t{200} * 24 * 3600 * 1000; }

class Certificates : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = dir_ / "certs";
    ASSERT_TRUE(identity::MakeAuthority(folder_, 30).ok());
    ASSERT_TRUE(
        identity::IssueServer(
            folder_,
            {.name = "server", .hosts = {"localhost", "127.0.0.1"}, .days = 10})
            .ok());
    Issue(folder_, "asker", {Role::kQuery});
    Issue(folder_, "keeper", {Role::kCurate});
  }

  static void Issue(const std::string& folder, const std::string& name,
                    identity::RoleSet roles) {
    identity::ClientRequest request{.name = name, .caller = {}, .days = 10};
    request.caller.roles = roles;
    const Status status = identity::IssueClient(folder, request);
    ASSERT_TRUE(status.ok()) << status;
  }

  void StartServer() {
    ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.tls = {.certificate = folder_ + "/server.pem",
                   .key = folder_ + "/server.key",
                   .authority = folder_ + "/ca.pem"};
    options.clients = folder_ + "/clients.txt";
    options.tuning.live_wait = {};
    options.log.path = dir_ / "log";
    auto server = Server::Start(store_, store_, hasher_, options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // A connection of its own. `name` empty: without a certificate.
  std::shared_ptr<grpc::Channel> Connect(const std::string& folder,
                                         const std::string& name) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = Content(folder_ + "/ca.pem");
    if (!name.empty()) {
      tls.pem_private_key = Content(folder + "/" + name + ".key");
      tls.pem_cert_chain = Content(folder + "/" + name + ".pem");
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(),
                                     grpc::SslCredentials(tls), arguments);
  }

  static grpc::Status Match(const std::shared_ptr<grpc::Channel>& channel) {
    v1::MatchRequest request;
    request.mutable_content()->mutable_signals();
    v1::MatchResponse response;
    grpc::ClientContext context;
    return v1::MatchService::NewStub(channel)->Match(&context, request,
                                                     &response);
  }
  static grpc::Status ListLists(const std::shared_ptr<grpc::Channel>& channel) {
    v1::ListListsResponse response;
    grpc::ClientContext context;
    return v1::CatalogueService::NewStub(channel)->ListLists(&context, {},
                                                             &response);
  }
  static std::string WhoAmI(const std::shared_ptr<grpc::Channel>& channel) {
    v1::WhoAmIResponse response;
    grpc::ClientContext context;
    const grpc::Status status = v1::OperationsService::NewStub(channel)->WhoAmI(
        &context, {}, &response);
    return status.ok() ? response.name() : status.error_message();
  }

  template <typename Ready>
  static bool Await(Ready ready) {
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!ready()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
  }

  testing::TempDir dir_;
  std::string folder_;
  testing::FakeStore store_;
  testing::FakeHasher hasher_;
  std::unique_ptr<Server> server_;
};

TEST_F(Certificates, SayWhoMayDoWhat) {
  StartServer();
  const auto asker = Connect(folder_, "asker");
  EXPECT_TRUE(Match(asker).ok()) << Match(asker).error_message();
  EXPECT_EQ(ListLists(asker).error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(WhoAmI(asker), "kenal://client/asker");
  const auto keeper = Connect(folder_, "keeper");
  EXPECT_TRUE(ListLists(keeper).ok());
  EXPECT_EQ(Match(keeper).error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(WhoAmI(keeper), "kenal://client/keeper");
}

TEST_F(Certificates, WithoutAGoodOneNobodyComesIn) {
  const std::string foreign = dir_ / "foreign";
  ASSERT_TRUE(identity::MakeAuthority(foreign, 30).ok());
  Issue(foreign, "asker", {Role::kQuery});
  base::SetClockForTest(LongAgo);
  const std::string old = dir_ / "old";
  ASSERT_TRUE(identity::MakeAuthority(old, 3650).ok());
  Issue(old, "asker", {Role::kQuery});
  base::SetClockForTest(nullptr);
  // The server trusts that authority too, so only the dates are wrong.
  std::ofstream(folder_ + "/ca.pem", std::ios::app) << Content(old + "/ca.pem");
  Issue(old, "fresh", {Role::kQuery});
  std::ofstream(folder_ + "/clients.txt", std::ios::app)
      << "kenal://client/fresh query\n";
  StartServer();
  EXPECT_TRUE(Match(Connect(old, "fresh")).ok());
  EXPECT_EQ(Match(Connect(folder_, "")).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Match(Connect(foreign, "asker")).error_code(),
            StatusCode::UNAVAILABLE);
  EXPECT_EQ(Match(Connect(old, "asker")).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Match(grpc::CreateChannel(server_->address(),
                                      grpc::InsecureChannelCredentials()))
                .error_code(),
            StatusCode::UNAVAILABLE);
  EXPECT_EQ(store_.match_calls, 1);
}

TEST_F(Certificates, OfClientsThatAreNotInTheTableAreRefusedByEveryMethod) {
  StartServer();
  const std::string table = Content(folder_ + "/clients.txt");
  Issue(folder_, "stranger", {Role::kQuery});
  std::ofstream(folder_ + "/clients.txt") << table;
  server_->Reload();
  const auto stranger = Connect(folder_, "stranger");
  EXPECT_EQ(Match(stranger).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ListLists(stranger).error_code(), StatusCode::UNAUTHENTICATED);
  const auto match = v1::MatchService::NewStub(stranger);
  const auto keep = v1::CatalogueService::NewStub(stranger);
  {
    grpc::ClientContext context;
    const auto stream = match->StreamMatch(&context);
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  }
  {
    grpc::ClientContext context;
    const auto stream = keep->ImportEntries(&context);
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  }
  {
    grpc::ClientContext context;
    const auto stream = keep->WatchChanges(&context, {});
    v1::WatchChangesResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  }
  {
    grpc::ClientContext context;
    const auto stream = keep->Verify(&context, {});
    v1::VerifyResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(Certificates, StreamsAskForRolesToo) {
  StartServer();
  const auto channel = Connect(folder_, "asker");
  const auto keep = v1::CatalogueService::NewStub(channel);
  {
    grpc::ClientContext context;
    const auto stream = keep->ImportEntries(&context);
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
  }
  {
    grpc::ClientContext context;
    const auto stream = keep->Verify(&context, {});
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
  }
  const auto keeper = v1::MatchService::NewStub(Connect(folder_, "keeper"));
  grpc::ClientContext context;
  const auto stream = keeper->StreamMatch(&context);
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(Certificates, TheClientTableIsReadAgainAndABadOneIsNot) {
  StartServer();
  const auto asker = Connect(folder_, "asker");
  ASSERT_TRUE(Match(asker).ok());
  std::ofstream(folder_ + "/clients.txt") << "kenal://client/asker audit\n";
  EXPECT_TRUE(Await([&] {
    return Match(asker).error_code() == StatusCode::PERMISSION_DENIED;
  }));
  EXPECT_TRUE(ListLists(asker).ok());
  std::ofstream(folder_ + "/clients.txt")
      << "kenal://client/asker emperor and more\n";
  EXPECT_TRUE(Await([&] {
    return Content(dir_ / "log").find("client table refused") !=
           std::string::npos;
  }));
  EXPECT_TRUE(ListLists(asker).ok());
}

TEST_F(Certificates, OfAClientThatIsTakenOffTheTableEndItsStreams) {
  Issue(folder_, "reader", {Role::kExport});
  Issue(folder_, "giver", {Role::kIngest});
  StartServer();
  const Authorship by{.actor = "test", .reason = "filling"};
  ASSERT_TRUE(store_.CreateList("a", Purpose::kTest, {}, by).ok());
  const auto asker = v1::MatchService::NewStub(Connect(folder_, "asker"));
  grpc::ClientContext asking;
  const auto match = asker->StreamMatch(&asking);
  v1::StreamMatchRequest item;
  item.mutable_content()->mutable_signals();
  v1::StreamMatchResponse answer;
  ASSERT_TRUE(match->Write(item));
  ASSERT_TRUE(match->Read(&answer));

  const auto reader = v1::CatalogueService::NewStub(Connect(folder_, "reader"));
  grpc::ClientContext reading;
  v1::WatchChangesRequest from;
  from.set_with_signals(true);
  const auto watch = reader->WatchChanges(&reading, from);
  v1::WatchChangesResponse page;
  do {
    ASSERT_TRUE(watch->Read(&page));
  } while (!page.caught_up());

  const auto giver = v1::CatalogueService::NewStub(Connect(folder_, "giver"));
  grpc::ClientContext giving;
  const auto import = giver->ImportEntries(&giving);
  v1::ImportEntriesRequest chunk;
  chunk.mutable_header()->set_list("a");
  chunk.mutable_header()->mutable_by()->set_actor("giver");
  ASSERT_TRUE(import->Write(chunk));

  // The reader is still known, and may no longer see hashes.
  std::ofstream(folder_ + "/clients.txt")
      << "kenal://client/reader query\nkenal://client/giver query\n";
  server_->Reload();
  match->Write(item);
  EXPECT_FALSE(match->Read(&answer));
  EXPECT_EQ(match->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  ASSERT_TRUE(store_.CreateList("b", Purpose::kTest, {}, by).ok());
  while (watch->Read(&page)) EXPECT_EQ(page.changes_size(), 0);
  EXPECT_EQ(watch->Finish().error_code(), StatusCode::PERMISSION_DENIED);
  chunk.mutable_end()->set_record_count(0);
  import->Write(chunk);
  v1::ImportEntriesResponse told;
  while (import->Read(&told)) EXPECT_FALSE(told.has_report());
  EXPECT_EQ(import->Finish().error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(Certificates, ThatExpireEndWhatTheyWereGoodForOnOpenConnectionsToo) {
  StartServer();
  const auto asker = Connect(folder_, "asker");
  ASSERT_TRUE(Match(asker).ok());
  const auto stub = v1::MatchService::NewStub(asker);
  grpc::ClientContext context;
  const auto stream = stub->StreamMatch(&context);
  v1::StreamMatchRequest item;
  item.mutable_content()->mutable_signals();
  v1::StreamMatchResponse answer;
  ASSERT_TRUE(stream->Write(item));
  ASSERT_TRUE(stream->Read(&answer));
  base::SetClockForTest(MonthsAhead);
  EXPECT_EQ(Match(asker).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Match(Connect(folder_, "asker")).error_code(),
            StatusCode::UNAUTHENTICATED);
  stream->Write(item);
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  base::SetClockForTest(nullptr);
  EXPECT_TRUE(Match(asker).ok());
}

// Changes behind the answers' back: health follows both ways.
TEST_F(Certificates, AnswersBehindTheLogAreNotCalledServing) {
  const Authorship by{.actor = "test", .reason = "filling"};
  ASSERT_TRUE(store_.CreateList("a", Purpose::kTest, {}, by).ok());
  store_.SetLag(1);
  StartServer();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_FALSE(server_->dispatcher().Serving());
  for (int round = 0; round < 2; ++round) {
    store_.SetLag(0);
    EXPECT_TRUE(Await([&] { return server_->dispatcher().Serving(); }));
    store_.SetLag(1);
    EXPECT_TRUE(Await([&] { return !server_->dispatcher().Serving(); }));
  }
}

// Connections made before go on; those made afterwards see the new one.
TEST_F(Certificates, ARenewedOneServesWithoutARestart) {
  StartServer();
  const auto before = Connect(folder_, "asker");
  ASSERT_TRUE(Match(before).ok());
  const std::string old = dir_ / "before";
  std::filesystem::copy(folder_, old);
  // Trusting the new authority only, so the old server cannot be meant.
  std::filesystem::remove_all(folder_);
  ASSERT_TRUE(identity::MakeAuthority(folder_, 30).ok());
  ASSERT_TRUE(
      identity::IssueServer(
          folder_,
          {.name = "server", .hosts = {"localhost", "127.0.0.1"}, .days = 10})
          .ok());
  Issue(folder_, "asker", {Role::kQuery});
  EXPECT_TRUE(Await([&] { return Match(Connect(folder_, "asker")).ok(); }));
  EXPECT_TRUE(Match(before).ok());
  EXPECT_TRUE(Await([&] { return !Match(Connect(old, "asker")).ok(); }));
}

TEST_F(Certificates, ThatDoNotFitAreSaidAtTheStart) {
  ServerOptions options;
  options.listen = {"127.0.0.1:0"};
  options.tls = {.certificate = folder_ + "/server.pem",
                 .key = folder_ + "/asker.key",
                 .authority = folder_ + "/ca.pem"};
  options.clients = folder_ + "/clients.txt";
  EXPECT_EQ(Server::Start(store_, store_, hasher_, options).status().code(),
            kenal::StatusCode::kInvalidArgument);
  options.tls.key = folder_ + "/none.key";
  EXPECT_EQ(Server::Start(store_, store_, hasher_, options).status().code(),
            kenal::StatusCode::kNotFound);
  options.tls.key = folder_ + "/server.key";
  options.clients = "";
  const auto server = Server::Start(store_, store_, hasher_, options);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("--clients"));
}

}  // namespace
}  // namespace kenal::service
