// The client table: strict, bounded, and default deny.
#include "src/identity/client_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/support.h"

namespace kenal::identity {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::HasSubstr;

std::shared_ptr<const Caller> Find(const ClientTable& table,
                                   const std::string& san) {
  const std::string sans[] = {san};
  return table.Find(sans);
}

std::string ErrorOf(const std::string& text) {
  const auto table = ClientTable::Parse(text);
  return table.ok() ? "" : std::string(table.status().message());
}

TEST(ClientTableTest, ReadsWhatItsHeaderShows) {
  const auto table = ClientTable::Parse(
      "# SAN of the certificate   roles        and, when wanted\n"
      "kenal://client/uploads     query        rate=5000 in-flight=64 "
      "region=ID\r\n"
      "\n"
      "\tlab.example.org            investigate,audit # ours");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->size(), 2u);
  const auto uploads = Find(**table, "kenal://client/uploads");
  ASSERT_NE(uploads, nullptr);
  EXPECT_EQ(*uploads, (Caller{.name = "kenal://client/uploads",
                              .roles = {Role::kQuery},
                              .quota = {5000, 64},
                              .region = "ID"}));
  EXPECT_FALSE(uploads->is_trusted());
  const auto lab = Find(**table, "lab.example.org");
  ASSERT_NE(lab, nullptr);
  EXPECT_EQ(lab->roles, (RoleSet{Role::kInvestigate, Role::kAudit}));
  EXPECT_EQ(lab->quota, Quota{});
  EXPECT_TRUE(lab->is_trusted());
}

TEST(ClientTableTest, WhoeverIsNotInItIsNobody) {
  const auto table = ClientTable::Parse("a.example query\n");
  ASSERT_TRUE(table.ok());
  for (const std::string san :
       {"", "a.exampl", "a.example ", "a.example.org", "A.example", "query"}) {
    EXPECT_EQ(Find(**table, san), nullptr) << san;
  }
  EXPECT_EQ(Find(**table, std::string("a.example\0x", 11)), nullptr);
  EXPECT_EQ((*table)->Find({}), nullptr);
}

TEST(ClientTableTest, TheFirstNameThatIsThereDecides) {
  const auto table = ClientTable::Parse("b query\na audit\n");
  ASSERT_TRUE(table.ok());
  const std::string sans[] = {"c", "b", "a"};
  EXPECT_EQ((*table)->Find(sans)->name, "b");
}

TEST(ClientTableTest, ErrorsNameTheLineAndTheField) {
  EXPECT_THAT(ErrorOf("a query\nb\n"), HasSubstr("line 2: no roles"));
  EXPECT_THAT(ErrorOf("a queri"), HasSubstr("line 1: \"queri\""));
  EXPECT_THAT(ErrorOf("a query\n\na audit"),
              HasSubstr("line 3: a is on line 1 already"));
  EXPECT_THAT(ErrorOf("a query rate=0"), HasSubstr("rate must be"));
  EXPECT_THAT(ErrorOf("a query rate=-1"), HasSubstr("rate must be"));
  EXPECT_THAT(ErrorOf("a query rate=5x"), HasSubstr("rate must be"));
  EXPECT_THAT(ErrorOf("a query rate"), HasSubstr("rate must be"));
  EXPECT_THAT(ErrorOf("a query rate=99999999999"), HasSubstr("rate must be"));
  EXPECT_THAT(ErrorOf("a query in-flight="), HasSubstr("in-flight must be"));
  EXPECT_THAT(ErrorOf("a query rate=1 rate=2"), HasSubstr("given twice"));
  EXPECT_THAT(ErrorOf("a query region=id"), HasSubstr("region must be"));
  EXPECT_THAT(ErrorOf("a query admin"), HasSubstr("only rate=N"));
  EXPECT_THAT(ErrorOf("local query"), HasSubstr("\"local\""));
  EXPECT_THAT(ErrorOf("a\x01 query"), HasSubstr("printable"));
  EXPECT_THAT(ErrorOf(std::string(513, 'a') + " query"), HasSubstr("longer"));
  EXPECT_THAT(ErrorOf(std::string(ClientTable::kBytesMax + 1, '\n')),
              HasSubstr("at most"));
}

TEST(ClientTableTest, LoadNamesTheFile) {
  const TempDir folder;
  const std::string path = folder / "clients.txt";
  EXPECT_EQ(ClientTable::Load(path).status().code(), StatusCode::kNotFound);
  std::FILE* const file = std::fopen(path.c_str(), "w");
  std::fputs("a nothing\n", file);
  std::fclose(file);
  const Status status = ClientTable::Load(path).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + ": line 1"));
}

// Against a map that is looked up by name.
TEST(ClientTableTest, FindsExactlyWhatAMapFinds) {
  std::mt19937_64 random(TestSeed());
  std::map<std::string, RoleSet> model;
  for (int i = 0; i < 500; ++i) {
    RoleSet roles{static_cast<Role>(random() % kRoleCount)};
    roles.Add(static_cast<Role>(random() % kRoleCount));
    model["n" + std::to_string(random() % 2000)] = roles;
  }
  std::vector<std::string> lines;
  for (const auto& [name, roles] : model) {
    lines.push_back(name + " " + roles.ToString() + "\n");
  }
  std::shuffle(lines.begin(), lines.end(), random);
  std::string text;
  for (const std::string& line : lines) text += line;
  const auto table = ClientTable::Parse(text);
  ASSERT_TRUE(table.ok()) << table.status();
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "n" + std::to_string(i);
    const auto found = Find(**table, name);
    const auto known = model.find(name);
    ASSERT_EQ(found != nullptr, known != model.end()) << name;
    if (found == nullptr) continue;
    EXPECT_EQ(found->roles, known->second);
  }
}

// Random bytes, and a good table with some bytes of it altered: an answer or
// a refusal, and nobody without a role.
TEST(ClientTableTest, AnyBytesAreReadOrRefused) {
  std::mt19937_64 random(TestSeed());
  const std::string good =
      "kenal://client/a query,audit rate=5 # x\nb admin in-flight=7 "
      "region=ID\n";
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    if (round % 4 == 0) {
      text.resize(random() % 64);
      for (char& c : text) c = static_cast<char>(random());
    } else {
      for (uint64_t i = random() % 3; i-- > 0;) {
        const size_t at = random() % text.size();
        const char byte = round % 2 == 0 ? static_cast<char>(random())
                                         : good[random() % good.size()];
        text[at] = byte;
      }
    }
    const auto table = ClientTable::Parse(text);
    if (!table.ok()) {
      ASSERT_THAT(std::string(table.status().message()), HasSubstr("line "));
      continue;
    }
    ++read;
    for (const std::string name : {"kenal://client/a", "b"}) {
      const auto caller = Find(**table, name);
      ASSERT_TRUE(caller == nullptr || !caller->roles.empty());
    }
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace kenal::identity
