// Certificates that openssl accepts, TLS ends that meet, and names that lead
// nowhere else.
#include "src/identity/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "tests/support/support.h"

namespace kenal::identity {
namespace {

using ::kenal::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TextOfFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

ClientRequest Uploads() {
  return {
      .name = "uploads",
      .caller = {.roles = {Role::kQuery}, .quota = {5000, 64}, .region = "ID"}};
}

// A folder with an authority, a server and a client.
class AuthorityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeAuthority(path(), 3650).ok());
    ASSERT_TRUE(
        IssueServer(path(), {.hosts = {"localhost", "127.0.0.1", "::1"}}).ok());
    ASSERT_TRUE(IssueClient(path(), Uploads()).ok());
  }
  std::string path() const { return folder_ / "certs"; }
  std::string operator/(const std::string& name) const {
    return path() + "/" + name;
  }
  TlsFiles FilesOf(const std::string& name) const {
    return {*this / (name + ".pem"), *this / (name + ".key"), *this / "ca.pem"};
  }

 private:
  TempDir folder_;
};

// What a shell command says, and its exit code.
std::pair<std::string, int> Shell(const std::string& command) {
  std::FILE* const pipe = (popen)((command + " 2>&1").c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    text += static_cast<char>(c);
  }
  return {text, pclose(pipe)};
}

// An independent reader of certificates agrees about chain and purpose.
TEST_F(AuthorityTest, OpensslVerifiesWhatItIssues) {
  const std::string verify =
      "openssl verify -x509_strict -CAfile " + (*this / "ca.pem");
  for (const auto& [purpose, name] :
       {std::pair{"sslserver", "server"}, std::pair{"sslclient", "uploads"}}) {
    const auto [text, code] = Shell(verify + " -purpose " + purpose + " " +
                                    (*this / (std::string(name) + ".pem")));
    EXPECT_EQ(code, 0) << text;
  }
  const auto [text, code] =
      Shell(verify + " -purpose sslserver " + (*this / "uploads.pem"));
  EXPECT_NE(code, 0) << text;
}

TEST_F(AuthorityTest, CertificatesTellTheirNames) {
  const auto server = ReadCertificate(*this / "server.pem");
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(server->sans, ElementsAre("localhost", "127.0.0.1", "::1"));
  EXPECT_FALSE(server->is_authority);
  const auto client = ReadCertificate(*this / "uploads.pem");
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_THAT(client->sans, ElementsAre("kenal://client/uploads"));
  EXPECT_EQ(client->sha256.size(), 64u);
  const auto authority = ReadCertificate(*this / "ca.pem");
  ASSERT_TRUE(authority.ok()) << authority.status();
  EXPECT_TRUE(authority->is_authority);
  EXPECT_EQ(client->issuer, authority->subject);
}

TEST_F(AuthorityTest, OnlyTheOwnerReadsKeys) {
  for (const char* name : {"ca.key", "server.key", "uploads.key"}) {
    struct stat info {};
    ASSERT_EQ(stat((*this / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(AuthorityTest, TheTableKnowsTheClientsItIssued) {
  const auto table = ClientTable::Load(*this / "clients.txt");
  ASSERT_TRUE(table.ok()) << table.status();
  const auto sans = ReadCertificate(*this / "uploads.pem")->sans;
  const auto caller = (*table)->Find(sans);
  ASSERT_NE(caller, nullptr);
  Caller expected = Uploads().caller;
  expected.name = sans.front();
  EXPECT_EQ(*caller, expected);
}

TEST_F(AuthorityTest, NothingThereIsReplaced) {
  const std::string authority = TextOfFile(*this / "ca.pem");
  const std::string client = TextOfFile(*this / "uploads.pem");
  const std::string table = TextOfFile(*this / "clients.txt");
  EXPECT_EQ(MakeAuthority(path(), 10).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(IssueClient(path(), Uploads()).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(IssueServer(path(), {.name = "uploads", .hosts = {"a"}}).code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(TextOfFile(*this / "ca.pem"), authority);
  EXPECT_EQ(TextOfFile(*this / "uploads.pem"), client);
  EXPECT_EQ(TextOfFile(*this / "clients.txt"), table);
}

TEST_F(AuthorityTest, RenewingKeepsTheNamesAndMakesAnotherKey) {
  for (const std::string name : {"server", "uploads"}) {
    const auto before = ReadCertificate(*this / (name + ".pem"));
    const std::string key = TextOfFile(*this / (name + ".key"));
    const Status renewed = Renew(path(), name, 30);
    ASSERT_TRUE(renewed.ok()) << renewed;
    const auto after = ReadCertificate(*this / (name + ".pem"));
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after->sans, before->sans);
    EXPECT_EQ(after->subject, before->subject);
    EXPECT_NE(after->sha256, before->sha256);
    EXPECT_LT(after->not_after_unix_s, before->not_after_unix_s);
    EXPECT_NE(TextOfFile(*this / (name + ".key")), key);
    EXPECT_TRUE(CheckTlsFiles(FilesOf(name)).ok());
  }
  EXPECT_EQ(Renew(path(), "nobody", 30).code(), StatusCode::kNotFound);
  EXPECT_EQ(Renew(path(), "ca", 30).code(), StatusCode::kInvalidArgument);
}

TEST_F(AuthorityTest, NamesLeadNowhereElse) {
  for (const std::string& name : std::vector<std::string>{
           "", ".", "..", "../x", "a/b", "/tmp/x", ".hidden", "-x", "a b",
           "a\nb", "ca", "é", "a,URI:b", "a#b", std::string(65, 'a')}) {
    ClientRequest client = Uploads();
    client.name = name;
    EXPECT_EQ(IssueClient(path(), client).code(), StatusCode::kInvalidArgument)
        << name;
    EXPECT_EQ(IssueServer(path(), {.name = name, .hosts = {"a"}}).code(),
              StatusCode::kInvalidArgument)
        << name;
    EXPECT_EQ(Renew(path(), name, 1).code(), StatusCode::kInvalidArgument);
  }
}

TEST_F(AuthorityTest, WhatIsNoHostIsRefused) {
  for (const std::string& host : std::vector<std::string>{
           "", ".", "a..b", "-a", "a-", "a b", "a,b", "a/b", "https://a", "*.",
           "1.2.3.4/8", "[::1]", std::string(254, 'a')}) {
    EXPECT_EQ(
        IssueServer(path(), {.name = "other", .hosts = {"fine", host}}).code(),
        StatusCode::kInvalidArgument)
        << host;
  }
  EXPECT_EQ(IssueServer(path(), {.name = "other"}).code(),
            StatusCode::kInvalidArgument);
}

TEST_F(AuthorityTest, WithoutARoleOrAnAuthorityNobodyIsMade) {
  EXPECT_EQ(IssueClient(path(), {.name = "x"}).code(),
            StatusCode::kInvalidArgument);
  const TempDir empty;
  EXPECT_EQ(IssueClient(empty.path(), Uploads()).code(), StatusCode::kNotFound);
  EXPECT_EQ(IssueServer(empty.path(), {.hosts = {"a"}}).code(),
            StatusCode::kNotFound);
  EXPECT_EQ(
      IssueServer(path(), {.name = "x", .hosts = {"a"}, .days = 9999}).code(),
      StatusCode::kInvalidArgument);
}

TEST_F(AuthorityTest, CheckingNamesWhatDoesNotFit) {
  EXPECT_TRUE(CheckTlsFiles(FilesOf("server")).ok());
  TlsFiles files = FilesOf("server");
  files.key = *this / "uploads.key";
  Status status = CheckTlsFiles(files);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not the key of"));
  files = FilesOf("server");
  files.authority = *this / "missing.pem";
  status = CheckTlsFiles(files);
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing.pem"));
  files.authority.clear();
  EXPECT_EQ(CheckTlsFiles(files).code(), StatusCode::kInvalidArgument);
  files = FilesOf("server");
  files.certificate = *this / "clients.txt";
  EXPECT_EQ(CheckTlsFiles(files).code(), StatusCode::kInvalidArgument);
}

int64_t TwoYearsAgo() { return 1'700'000'000'000; }

TEST_F(AuthorityTest, AnExpiredCertificateIsNamed) {
  const TempDir old;
  base::SetClockForTest(TwoYearsAgo);
  const Status made = MakeAuthority(old.path(), 3650);
  const Status issued =
      IssueServer(old.path(), {.hosts = {"localhost"}, .days = 2});
  base::SetClockForTest(nullptr);
  ASSERT_TRUE(made.ok() && issued.ok()) << made << issued;
  const Status status =
      CheckTlsFiles({old / "server.pem", old / "server.key", old / "ca.pem"});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("server.pem"));
  EXPECT_TRUE(Renew(old.path(), "server", 2).ok());
}

TEST_F(AuthorityTest, ClientsMadeAtOnceAreAllInTheTable) {
  constexpr int kClients = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([this, i] {
      ClientRequest request = Uploads();
      request.name = "c" + std::to_string(i);
      EXPECT_TRUE(IssueClient(path(), request).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto table = ClientTable::Load(*this / "clients.txt");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->size(), 1u + kClients);
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

TlsContext ContextOf(const TlsFiles& files, bool server) {
  TlsContext context(
      SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* const raw = context.get();
  EXPECT_EQ(SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()),
            1);
  EXPECT_EQ(
      SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(
      SSL_CTX_load_verify_locations(raw, files.authority.c_str(), nullptr), 1);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  return context;
}

// Whether both ends accept each other, over memory.
bool Meet(const TlsFiles& server_files, const TlsFiles& client_files,
          const char* host) {
  const TlsContext server_context = ContextOf(server_files, true);
  const TlsContext client_context = ContextOf(client_files, false);
  SSL* const server = SSL_new(server_context.get());
  SSL* const client = SSL_new(client_context.get());
  BIO* server_end = nullptr;
  BIO* client_end = nullptr;
  BIO_new_bio_pair(&server_end, 0, &client_end, 0);
  SSL_set_bio(server, server_end, server_end);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_accept_state(server);
  SSL_set_connect_state(client);
  EXPECT_EQ(SSL_set1_host(client, host), 1);
  bool met = false;
  for (int step = 0; step < 20 && !met; ++step) {
    const int accepted = SSL_do_handshake(client);
    met = SSL_do_handshake(server) == 1 && accepted == 1;
  }
  SSL_free(server);
  SSL_free(client);
  return met;
}

TEST_F(AuthorityTest, BothEndsOfAConnectionAcceptEachOther) {
  EXPECT_TRUE(Meet(FilesOf("server"), FilesOf("uploads"), "localhost"));
  EXPECT_FALSE(Meet(FilesOf("server"), FilesOf("uploads"), "example.org"));
  // A client's certificate is no server's, nor the other way round.
  EXPECT_FALSE(Meet(FilesOf("uploads"), FilesOf("uploads"), "localhost"));
  EXPECT_FALSE(Meet(FilesOf("server"), FilesOf("server"), "localhost"));
}

TEST_F(AuthorityTest, AClientOfAnotherAuthorityIsNotAccepted) {
  const TempDir other;
  ASSERT_TRUE(MakeAuthority(other.path(), 3650).ok());
  ASSERT_TRUE(IssueClient(other.path(), Uploads()).ok());
  const TlsFiles stranger{other / "uploads.pem", other / "uploads.key",
                          *this / "ca.pem"};
  EXPECT_FALSE(Meet(FilesOf("server"), stranger, "localhost"));
}

}  // namespace
}  // namespace kenal::identity
