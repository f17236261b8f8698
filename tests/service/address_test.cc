// Addresses, and who may be listened to.
#include "src/wire/address.h"

#include <gtest/gtest.h>

#include <string>

#include "src/service/listen.h"

namespace kenal::wire {
namespace {

TEST(Address, EveryFormReadsAndWritesTheSame) {
  for (const char* text :
       {"unix:/run/kenal.sock", "unix:relative.sock", "127.0.0.1:0",
        "127.0.0.1:65535", "[::1]:7000", "localhost:7000", "0.0.0.0:1",
        "hash-server.example.org:7000", "[2001:db8::1]:7000"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(*ParseAddress(address->ToString()), *address);
  }
  EXPECT_EQ(ParseAddress("unix:///run/a")->ToString(), "unix:/run/a");
}

TEST(Address, MalformedOnesAreRefusedWithTheAcceptedForms) {
  for (const char* text :
       {"", "unix:", "7000", "localhost", "localhost:", "localhost:x",
        "localhost:65536", "localhost:-1", "localhost:70 ", ":7000", "::1:7000",
        "[::1:7000", "[nonsense]:1", "a b:1", "http://a:1", "a/b:1"}) {
    const auto address = ParseAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(address.status().message().find("unix:PATH"),
              absl::string_view::npos)
        << address.status();
  }
}

TEST(Address, ASocketPathHasAtMost107Bytes) {
  const std::string longest = "/" + std::string(kSocketPathBytesMax - 1, 'p');
  EXPECT_TRUE(ParseAddress("unix:" + longest).ok());
  const auto address = ParseAddress("unix:" + longest + "p");
  ASSERT_FALSE(address.ok());
  EXPECT_EQ(address.status().message().find("socket path of 108 bytes"), 0U)
      << address.status();
}

TEST(Address, PathsAreEncodedForGrpc) {
  EXPECT_EQ(ParseAddress("unix:/a/b.sock")->GrpcTarget(), "unix:/a/b.sock");
  EXPECT_EQ(ParseAddress("unix:/a %?#")->GrpcTarget(), "unix:/a%20%25%3F%23");
}

TEST(Address, LoopbackIsThisMachineAndNothingElse) {
  for (const char* text :
       {"127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "localhost:1"}) {
    EXPECT_TRUE(ParseAddress(text)->is_loopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "10.0.0.1:1",
                           "localhost.org:1", "127.0.0.1.example.org:1",
                           "0127.0.0.1:1", "127.1:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_FALSE(ParseAddress(text)->is_loopback()) << text;
  }
}

// Loopback is no exception: other users of the machine reach it.
TEST(Address, PortsNeedCertificatesOrAFlagAndSocketsNeither) {
  for (const char* text : {"127.0.0.1:1", "[::1]:1", "0.0.0.0:1", "a.org:1"}) {
    const Address address = *ParseAddress(text);
    EXPECT_EQ(service::CheckMayListen(address, false, false).code(),
              StatusCode::kInvalidArgument);
    EXPECT_TRUE(service::CheckMayListen(address, true, false).ok());
    EXPECT_TRUE(service::CheckMayListen(address, false, true).ok());
  }
  EXPECT_TRUE(
      service::CheckMayListen(*ParseAddress("unix:/a"), false, false).ok());
}

}  // namespace
}  // namespace kenal::wire
