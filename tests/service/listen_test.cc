// Where a server listens, and whom it leaves alone.
#include "src/service/listen.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "src/client/connection.h"
#include "src/service/server.h"
#include "tests/service/fakes.h"
#include "tests/support/support.h"

namespace kenal::service {
namespace {

using ::testing::HasSubstr;

class Listening : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<Server>> Start(std::vector<std::string> listen,
                                          bool plaintext_tcp = false) {
    ServerOptions options;
    options.listen = std::move(listen);
    options.insecure_plaintext_tcp = plaintext_tcp;
    options.tuning.match_workers = 1;
    options.log.path = log_dir_ / "log";
    return Server::Start(store_, store_, hasher_, options);
  }
  static bool Answers(const std::string& address) {
    const auto connection = client::Connection::Connect(address);
    return connection.ok() && (*connection)->Lists().ok();
  }
  static int FilesIn(const std::string& folder) {
    return static_cast<int>(
        std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  testing::TempDir dir_;
  testing::TempDir log_dir_;
  testing::FakeStore store_;
  testing::FakeHasher hasher_;
};

TEST_F(Listening, ASocketIsForItsOwnerAloneAndGoesAway) {
  const std::string path = dir_ / "kenal.sock";
  {
    const auto server = Start({"unix:" + path});
    ASSERT_TRUE(server.ok()) << server.status();
    EXPECT_EQ((*server)->address(), "unix:" + path);
    struct stat info {};
    ASSERT_EQ(lstat(path.c_str(), &info), 0);
    EXPECT_TRUE(S_ISSOCK(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    EXPECT_TRUE(Answers("unix:" + path));
    EXPECT_EQ(FilesIn(dir_.path()), 1);
  }
  EXPECT_EQ(FilesIn(dir_.path()), 0);
}

TEST_F(Listening, OddCharactersInAPathAreThePath) {
  const std::string address = "unix:" + (dir_ / "a b%41?#.sock");
  const auto server = Start({address});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(Answers(address));
}

TEST_F(Listening, ASocketThatAnswersIsLeftAlone) {
  const std::string address = "unix:" + (dir_ / "kenal.sock");
  const auto first = Start({address});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Start({address});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("another server answers there"));
  EXPECT_TRUE(Answers(address));
  EXPECT_EQ(FilesIn(dir_.path()), 1);
}

TEST_F(Listening, ASocketThatNobodyAnswersIsReplaced) {
  const std::string path = dir_ / "kenal.sock";
  const int left = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(bind(left, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  close(left);
  const auto server = Start({"unix:" + path});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(Answers("unix:" + path));
}

TEST_F(Listening, AFileThatIsNoSocketIsNotReplaced) {
  const std::string path = dir_ / "kenal.sock";
  std::ofstream(path) << "precious";
  const auto server = Start({"unix:" + path});
  EXPECT_EQ(server.status().code(), StatusCode::kFailedPrecondition);
  std::ifstream file(path);
  std::string content;
  file >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(Listening, ImpossiblePathsAreRefusedClearly) {
  EXPECT_EQ(Start({"unix:" + (dir_ / "no/such/folder")}).status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(Start({"unix:/" + std::string(107, 'p')}).status().code(),
            StatusCode::kInvalidArgument);
  const std::string folder = dir_ / std::string(80, 'f');
  std::filesystem::create_directory(folder);
  const auto server = Start({"unix:" + folder + "/s"});
  EXPECT_EQ(server.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("too long"));
}

TEST_F(Listening, LoopbackTcpTakesAFreePortAndOthersMayNot) {
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const auto server = Start({host + ":0"}, true);
    ASSERT_TRUE(server.ok()) << server.status();
    EXPECT_NE((*server)->address(), host + ":0");
    EXPECT_TRUE(Answers((*server)->address()));
    const auto second = Start({(*server)->address()}, true);
    EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
    EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
  }
}

TEST_F(Listening, SeveralAddressesServeTheSame) {
  const std::string socket = "unix:" + (dir_ / "kenal.sock");
  const auto server = Start({socket, "127.0.0.1:0"}, true);
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_EQ((*server)->addresses().size(), 2U);
  for (const std::string& address : (*server)->addresses()) {
    EXPECT_TRUE(Answers(address)) << address;
  }
}

TEST_F(Listening, PlaintextTcpNeedsItsFlagOnLoopbackToo) {
  for (const char* address :
       {"127.0.0.1:0", "localhost:0", "0.0.0.0:0", "[::]:0", "10.1.2.3:0"}) {
    const auto server = Start({address});
    EXPECT_EQ(server.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(server.status().message()),
                HasSubstr("--insecure-plaintext-tcp"));
  }
  const auto server = Start({"0.0.0.0:0"}, true);
  ASSERT_TRUE(server.ok()) << server.status();
}

TEST_F(Listening, NothingOrTooMuchIsRefused) {
  EXPECT_EQ(Start({}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Start(std::vector<std::string>(9, "127.0.0.1:0")).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Start({"nonsense"}).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::service
