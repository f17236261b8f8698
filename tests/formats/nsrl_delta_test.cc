#include "src/formats/nsrl_delta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMd5 = "00112233445566778899aabbccddeeff";
const std::string kSha1 = std::string(kMd5) + "00112233";

Told ReadDelta(const std::string& text) {
  return ReadText(Format::kNsrlDelta, text);
}

std::string Message(const Told& told) {
  return std::string(told.status.message());
}

std::string Insert(const std::string& values) {
  return "INSERT INTO FILE(sha1,file_name) VALUES(" + values + ");\n";
}

TEST(NsrlDelta, TellsWhatIsAddedChangedAndDeleted) {
  const Told told = ReadPath(Format::kNsrlDelta, DataPath("nsrl-delta.sql"),
                             {.purpose = Purpose::kKnownBenign});
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(told.refused().size(), 0u);

  EXPECT_EQ(records[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(records[0].signals.sha1->ToHex(), kSha1);
  EXPECT_EQ(records[0].signals.sha256->ToHex(),
            std::string(kMd5) + std::string(kMd5));
  EXPECT_THAT(records[0].files,
              ElementsAre(FileName{"it's; a \"demo\".dll", ""}));
  EXPECT_EQ(records[0].size_bytes, 1024u);
  EXPECT_THAT(records[0].extra, ElementsAre(Extra{"crc32", "01234567"},
                                            Extra{"package_id", "7"}));
  EXPECT_THAT(records[1].files, ElementsAre(FileName{"two\nlines", ""}));

  EXPECT_FALSE(records[2].deleted);
  EXPECT_THAT(records[2].files, ElementsAre(FileName{"new.dll", ""}));
  EXPECT_THAT(records[2].extra, ElementsAre(Extra{"extension", "dll"}));

  EXPECT_TRUE(records[3].deleted);
  EXPECT_TRUE(records[3].signals.sha256 && records[3].signals.sha1 &&
              records[3].signals.md5);
  EXPECT_TRUE(records[3].files.empty());
  EXPECT_TRUE(records[3].extra.empty());

  std::vector<Extra> fields;
  for (const Item& item : told.items) {
    if (item.kind == Item::Kind::kField) fields.push_back(item.field.extra);
  }
  EXPECT_THAT(fields, ElementsAre(Extra{"repeated rows", "1"},
                                  Extra{"rows of other tables", "3"}));
}

TEST(NsrlDelta, GivesEachRecordItsLineAndByte) {
  const std::string text = Sample("nsrl-delta.sql");
  const Told told = ReadDelta(text);
  for (const Item& item : told.items) {
    if (item.kind != Item::Kind::kRecord) continue;
    const std::string verb = text.substr(*item.position.byte, 6);
    EXPECT_THAT(verb, ::testing::MatchesRegex("(INSERT|insert|UPDATE|DELETE)"));
    EXPECT_EQ(*item.position.line,
              1 + std::count(text.begin(),
                             text.begin() +
                                 static_cast<ptrdiff_t>(*item.position.byte),
                             '\n'));
  }
}

// Fixture 14, second half: one forbidden statement refuses the whole file,
// wherever it stands.
TEST(NsrlDelta, RefusesEveryOtherStatementBeforeItTellsARecord) {
  const std::string good = Insert("'" + kSha1 + "','a'");
  for (const std::string bad : {
           "ATTACH DATABASE '/etc/passwd' AS a;",
           "DROP TABLE FILE;",
           "PRAGMA writable_schema=ON;",
           "CREATE TABLE FILE(a);",
           "ALTER TABLE FILE ADD COLUMN a;",
           "SELECT load_extension('a');",
           "VACUUM;",
           "REPLACE INTO FILE(sha1) VALUES('a');",
           "WITH a AS (SELECT 1) DELETE FROM FILE WHERE sha1='a';",
           "ROLLBACK;",
           "INSERT INTO sqlite_schema(sql) VALUES('a');",
           "INSERT INTO main.FILE(sha1) VALUES('a');",
           "INSERT OR REPLACE INTO FILE(sha1) VALUES('a');",
           "INSERT INTO FILE(sha1) SELECT sha1 FROM METADATA;",
           "INSERT INTO FILE(sha1) VALUES(readfile('/etc/passwd'));",
           "INSERT INTO FILE(sha1) VALUES('a'||'b');",
           "INSERT INTO FILE(sha1) VALUES((SELECT 'a'));",
           "INSERT INTO FILE(sha1) VALUES('a','b');",
           "INSERT INTO FILE(sha1,md5) VALUES('a');",
           "INSERT INTO FILE(sha1) VALUES('a'), ('b');",
           "INSERT INTO FILE(sha1) VALUES('a') RETURNING *;",
           "INSERT INTO FILE DEFAULT VALUES;",
           "DELETE FROM FILE;",
           "DELETE FROM FILE WHERE 1;",
           "DELETE FROM FILE WHERE sha1='a' OR 1=1;",
           "DELETE FROM FILE WHERE sha1 LIKE '%';",
           "DELETE FROM FILE WHERE sha1 IN (SELECT sha1 FROM FILE);",
           "DELETE FROM users WHERE id=1;",
           "UPDATE FILE SET file_name='a';",
           "UPDATE FILE SET file_name=lower(file_name) WHERE sha1='a';",
           "UPDATE FILE SET file_name='a' WHERE sha1=md5;",
           "INSERT INTO FILE(sha1) VALUES('a')",
           "INSERT INTO FILE(sha1) VALUES('a",
           "DELETE FROM FILE WHERE sha1='a' /* ;",
           ".shell rm -rf /",
           "\\! true",
       }) {
    SCOPED_TRACE(bad);
    // At its end only, when what follows would close it.
    for (const std::string& text : {good + bad, bad}) {
      const Told told = ReadDelta(text);
      EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
      EXPECT_FALSE(told.opened);
      EXPECT_THAT(Message(told), ::testing::ContainsRegex(
                                     text.size() > bad.size()
                                         ? "list, line 2, byte [0-9]+: "
                                         : "list, line 1, byte [0-9]+: "));
      EXPECT_FALSE(MayHoldHash(Message(told)));
    }
  }
}

TEST(NsrlDelta, NamesTheForbiddenWordAndNothingElseOfTheFile) {
  EXPECT_THAT(ReadDelta("attach 'a' as b;").status.message(),
              HasSubstr("ATTACH"));
  const Told told = ReadDelta(std::string("d") + kMd5);
  EXPECT_FALSE(MayHoldHash(Message(told))) << told.status;
}

TEST(NsrlDelta, RefusesChangesThatItCannotTellOneByOne) {
  const std::string sha1 = "'" + kSha1 + "'";
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"DELETE FROM FILE WHERE rowid=7;", "no hash names"},
      {"UPDATE METADATA SET extension='a' WHERE metadata_id=7;",
       "no hash names"},
      {"UPDATE FILE SET md5='a' WHERE sha1=" + sha1 + ";", "changes the hash"},
      {Insert("NULL,'a'"), "no hash"},
      {Insert("X'00','a'"), "plain text"},
      {Insert(sha1 + ",unistr('a\\000a')"), "plain text"},
      {"INSERT INTO METADATA VALUES(" + sha1 + ");", "plain text"},
      {Insert("'001122','a'"), "sha1"},
      {Insert("'da39a3ee5e6b4b0d3255bfef95601890afd80709','a'"), "empty"},
      {Insert(sha1 + ",'\xFF'"), "UTF-8"}};
  std::string text;
  for (const auto& [change, why] : changes) text += change + "\n";
  text += Insert(sha1 + ",'good'");
  const Told told = ReadDelta(text);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 1u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), changes.size());
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_THAT(refused[i].why, HasSubstr(changes[i].second));
    EXPECT_EQ(refused[i].position.record, i + 1);
  }
}

// The order of a delta is kept: what is deleted and added again is there.
TEST(NsrlDelta, TellsADeletedRowThatIsAddedAgainAsBoth) {
  const std::string gone = "DELETE FROM FILE WHERE sha1='" + kSha1 + "';\n";
  const std::string there = Insert("'" + kSha1 + "','a'");
  const auto records = ReadDelta(gone + gone + there + there + gone).records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_TRUE(records[0].deleted);
  EXPECT_FALSE(records[1].deleted);
  EXPECT_TRUE(records[2].deleted);
}

TEST(NsrlDelta, WantsARegularFileAndAPurpose) {
  const testing::TempDir folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  // Open for writing too, so that opening it waits for nobody.
  const std::fstream both(folder / "pipe");
  EXPECT_THAT(ReadPath(Format::kNsrlDelta, folder / "pipe").status.message(),
              HasSubstr("no regular file"));
  EXPECT_THAT(ReadPath(Format::kNsrlDelta, "-").status.message(),
              HasSubstr("save it first"));
  EXPECT_EQ(ReadPath(Format::kNsrlDelta, DataPath("nsrl-delta.sql"),
                     {.purpose = Purpose::kChildAbuse})
                .status.code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::formats
