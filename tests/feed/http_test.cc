#include "src/feed/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "tests/support/support.h"

namespace kenal::feed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Says the same bytes to everyone who connects and closes; keeps what it was
// asked.
class Says {
 public:
  explicit Says(std::string bytes) : bytes_(std::move(bytes)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size),
        0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Says() {
    over_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/feed?a=b";
  }
  std::string asked() {  // by the last one
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void Serve() {
    while (!over_) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      std::string heard;
      char part[4096];
      while (heard.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = recv(peer, part, sizeof part, 0);
        if (got <= 0) break;
        heard.append(part, static_cast<size_t>(got));
      }
      {
        const std::lock_guard lock(mutex_);
        asked_ = heard;
      }
      std::string_view left = bytes_;
      while (!left.empty()) {
        const ssize_t put = send(peer, left.data(), left.size(), MSG_NOSIGNAL);
        if (put <= 0) break;
        left.remove_prefix(static_cast<size_t>(put));
      }
      close(peer);
    }
  }

  const std::string bytes_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::string asked_;
  std::thread thread_;
};

class HttpTest : public ::testing::Test {
 protected:
  StatusOr<Response> Get(const std::string& url, HttpOptions options = {}) {
    auto http = MakeHttp(options, stop_.get_token());
    EXPECT_TRUE(http.ok()) << http.status();
    auto body = Spool::Make(folder_.path());
    EXPECT_TRUE(body.ok());
    const Request request{.url = url,
                          .user = "demo",
                          .password = "SECRET",
                          .accept = "application/xml"};
    StatusOr<Response> response = (*http)->Get(request, *body);
    std::ostringstream text;
    text << std::ifstream(body->path(), std::ios::binary).rdbuf();
    body_ = text.str();
    if (!response.ok()) {
      EXPECT_THAT(response.status().message(), Not(HasSubstr("SECRET")));
      EXPECT_THAT(response.status().message(), Not(HasSubstr("127.0.0.1")));
    }
    return response;
  }
  StatusOr<Response> GetFrom(const std::string& bytes,
                             HttpOptions options = {}) {
    Says server(bytes);
    return Get(server.url(), options);
  }

  const testing::TempDir folder_;
  std::stop_source stop_;
  std::string body_;
};

TEST_F(HttpTest, GivesTheBodyTheClockAndTheWait) {
  auto got = GetFrom(
      "HTTP/1.1 200 OK\r\nDate: Tue, 02 Jan 2024 03:04:05 GMT\r\n"
      "Content-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->server_unix_ms, 1'704'164'645'000);
  EXPECT_FALSE(got->retry_after_s.has_value());
  EXPECT_EQ(body_, "hello");
  got = GetFrom(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(body_, "hello");
  got = GetFrom(
      "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nno!");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->status, 503);
  EXPECT_EQ(got->retry_after_s, 7);
  EXPECT_EQ(body_, "");
}

TEST_F(HttpTest, AsksForWhatItCanReadAndSaysWhoItIs) {
  std::string asked;
  {
    Says server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(Get(server.url(), {.user_agent = "kenal/1"}).ok());
    asked = server.asked();
  }
  EXPECT_THAT(asked, HasSubstr("GET /feed?a=b HTTP/1.1\r\n"));
  // "demo:SECRET" in base64.
  EXPECT_THAT(asked, HasSubstr("Authorization: Basic ZGVtbzpTRUNSRVQ=\r\n"));
  EXPECT_THAT(asked, HasSubstr("User-Agent: kenal/1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Accept: application/xml\r\n"));
  EXPECT_THAT(asked, Not(HasSubstr("Accept-Encoding")));
}

TEST_F(HttpTest, BrokenAnswersAreUnavailable) {
  for (const std::string& broken :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "50\r\nhel")}) {
    EXPECT_EQ(GetFrom(broken).status().code(), StatusCode::kUnavailable)
        << broken;
  }
  std::string gone;
  {
    Says server("");
    gone = server.url();
  }
  EXPECT_EQ(Get(gone).status().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(GetFrom("hello, this is not HTTP").ok());
}

TEST_F(HttpTest, EverythingIsBounded) {
  const HttpOptions small{.page_bytes_max = 1000};
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const std::string& long_one :
       {head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'a'),
        head + "\r\n" + std::string(100'000, 'a'),
        head + "Transfer-Encoding: chunked\r\n\r\n10000\r\n" +
            std::string(65536, 'a')}) {
    const auto got = GetFrom(long_one, small);
    ASSERT_EQ(got.status().code(), StatusCode::kFailedPrecondition)
        << got.status();
    EXPECT_THAT(got.status().message(), HasSubstr("1000 bytes"));
    EXPECT_LE(body_.size(), 1000u);
  }
  EXPECT_TRUE(
      GetFrom(head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'a'),
              small)
          .ok());
  std::string headers = head;
  for (int i = 0; i < 3000; ++i)
    headers += "A: " + std::string(60, 'a') + "\r\n";
  EXPECT_EQ(GetFrom(headers + "\r\n").status().code(),
            StatusCode::kFailedPrecondition);
  // Of an error nothing is kept, however long it is.
  const auto error =
      GetFrom("HTTP/1.1 500 No\r\n\r\n" + std::string(10 << 20, 'a'));
  ASSERT_TRUE(error.ok()) << error.status();
  EXPECT_EQ(error->status, 500);
  EXPECT_EQ(body_, "");
}

TEST_F(HttpTest, RedirectsAndOtherProtocolsAreNotFollowed) {
  const auto got = GetFrom(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
      "Content-Length: 0\r\n\r\n");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->status, 302);
  EXPECT_FALSE(Get("file:///etc/passwd").ok());
  EXPECT_EQ(body_, "");
}

TEST_F(HttpTest, StopsWhenAsked) {
  stop_.request_stop();
  EXPECT_EQ(
      GetFrom("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").status().code(),
      StatusCode::kCancelled);
}

TEST_F(HttpTest, AuthoritiesMustBeAFileOfCertificates) {
  const std::string path = folder_ / "ca.pem";
  EXPECT_EQ(MakeHttp({.authorities = path}, {}).status().code(),
            StatusCode::kNotFound);
  std::ofstream(path) << "hello";
  EXPECT_EQ(MakeHttp({.authorities = path}, {}).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::feed
