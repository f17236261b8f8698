#include "src/feed/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/support.h"

namespace kenal::feed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CredentialsFile : public ::testing::Test {
 protected:
  std::string Write(const std::string& text, mode_t mode) {
    const std::string path = folder_ / "credentials";
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  const testing::TempDir folder_;
};

TEST_F(CredentialsFile, IsReadWhenItIsPrivate) {
  for (const mode_t mode : {0600, 0400}) {
    const auto read = ReadCredentials(Write(
        "# ours\n\n user = demo \r\npassword=  p=w # d\ntoken\t=\tt\n", mode));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->user, "demo");
    EXPECT_EQ(read->password, "p=w # d");
    EXPECT_EQ(read->token, "t");
  }
}

TEST_F(CredentialsFile, IsRefusedWhenOthersCouldReadOrWriteIt) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0660, 0777, 0610}) {
    const auto read = ReadCredentials(Write("token = SECRET\n", mode));
    ASSERT_EQ(read.status().code(), StatusCode::kFailedPrecondition) << mode;
    EXPECT_THAT(read.status().message(), HasSubstr("chmod 600"));
  }
  EXPECT_EQ(ReadCredentials(folder_ / "missing").status().code(),
            StatusCode::kNotFound);
  EXPECT_FALSE(ReadCredentials(folder_.path()).ok());
}

TEST_F(CredentialsFile, SaysWhichLineIsWrongAndNotWhatItSays) {
  for (const char* bad :
       {"user = demo\nSECRET\n", "user = demo\nkey = SECRET\n",
        "user = demo\nuser = SECRET\n", "user = demo\npassword =\n",
        "user = demo\npassword = SEC\x01RET\n"}) {
    const auto read = ParseCredentials(bad, "file");
    ASSERT_EQ(read.status().code(), StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(read.status().message(), HasSubstr("file: line 2"));
    EXPECT_THAT(read.status().message(), Not(HasSubstr("SEC")));
  }
  EXPECT_FALSE(
      ReadCredentials(Write(std::string(kCredentialsBytesMax + 1, '#'), 0600))
          .ok());
}

}  // namespace
}  // namespace kenal::feed
