// Keys that are made once, kept from others, and written as openssl does.
#include "src/custody/key.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "tests/custody/support.h"

namespace kenal::custody {
namespace {

using ::kenal::testing::TempDir;
using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(CustodyKey, IsMadeOnceForItsOwnerAlone) {
  const TempDir folder;
  const auto made = Key::LoadOrMake(folder / "key.pem");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(ModeOf(folder / "key.pem"), 0600u);
  const auto loaded = Key::LoadOrMake(folder / "key.pem");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded->public_key() == made->public_key());
  EXPECT_TRUE(made->public_key().Holds("text", loaded->Sign("text")));
  EXPECT_FALSE(made->public_key().Holds("texts", loaded->Sign("text")));
  // Nothing else is left in the folder.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()),
                          std::filesystem::directory_iterator()),
            1);
}

TEST(CustodyKey, IsTheSameForAllWhoMakeItAtOnce) {
  const TempDir folder;
  std::vector<std::string> found(8);
  std::atomic<int> waiting = 0;
  {
    std::vector<std::jthread> threads;
    for (std::string& hex : found) {
      threads.emplace_back([&] {
        ++waiting;
        while (waiting < 8) {
        }
        const auto key = Key::LoadOrMake(folder / "key.pem");
        if (key.ok()) hex = key->public_key().ToHex();
      });
    }
  }
  EXPECT_THAT(found, ::testing::Each(found.front()));
  EXPECT_EQ(found.front().size(), 64u);
}

TEST(CustodyKey, IsRefusedWhenOthersCanReadIt) {
  const TempDir folder;
  const std::string path = folder / "key.pem";
  ASSERT_TRUE(Key::LoadOrMake(path).ok());
  for (const mode_t mode : {0640u, 0604u, 0620u, 0601u}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const auto key = Key::LoadOrMake(path);
    EXPECT_EQ(key.status().code(), StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(key.status().message()), HasSubstr("chmod 600"));
  }
}

TEST(CustodyKey, IsNotMadeInThePlaceOfAnythingElse) {
  const TempDir folder;
  const std::string path = folder / "key.pem";
  for (const char* const text : {"", "-----BEGIN PRIVATE KEY-----\n", "x"}) {
    PutText(path, text);
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
    EXPECT_EQ(Key::LoadOrMake(path).status().code(),
              StatusCode::kInvalidArgument);
    EXPECT_EQ(TextOf(path), text);
  }
  EXPECT_EQ(Key::LoadOrMake(folder.path()).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(Key::LoadOrMake(folder / "none/key.pem").ok());
}

TEST(CustodyKey, IsReadBackFromEachOfItsForms) {
  const TempDir folder;
  const auto key = Key::LoadOrMake(folder / "key.pem");
  ASSERT_TRUE(key.ok());
  const PublicKey known = key->public_key();
  for (const std::string& text :
       {known.ToHex(), known.ToPem(), known.ToBase64(),
        "  " + known.ToHex() + "\n"}) {
    const auto read = PublicKey::Parse(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_TRUE(*read == known);
  }
  std::string other = known.ToHex();
  other.back() = other.back() == '0' ? '1' : '0';
  const auto read = PublicKey::Parse(other);
  EXPECT_TRUE(!read.ok() || !(*read == known));
  for (const char* const text : {"", "-----BEGIN ", "zz", "AAAA"}) {
    EXPECT_EQ(PublicKey::Parse(text).status().code(),
              StatusCode::kInvalidArgument)
        << text;
  }
  PutText(folder / "key.pub", known.ToPem());
  EXPECT_TRUE(PublicKey::Load(folder / "key.pub").ok());
  // The private key is not what is asked for.
  EXPECT_THAT(
      std::string(PublicKey::Load(folder / "key.pem").status().message()),
      HasSubstr("key.pem"));
}

}  // namespace
}  // namespace kenal::custody
