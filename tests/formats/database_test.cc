#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/formats/kdb.h"
#include "src/formats/sqlite.h"
#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMd5 = "00112233445566778899aabbccddeeff";

// The layout that TSK gives out, from its documentation.
constexpr const char* kTskSchema =
    "CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);"
    "INSERT INTO db_properties VALUES ('Schema Version','1');"
    "CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) "
    "UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32));"
    "CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, "
    "PRIMARY KEY(name, hash_id));"
    "CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, "
    "PRIMARY KEY(comment, hash_id));"
    "CREATE INDEX md5_index ON hashes(md5);";

// A database of these statements.
class DatabaseFile {
 public:
  explicit DatabaseFile(const std::string& sql) {
    WriteFile(path(), "");
    auto database = Database::Make(path());
    EXPECT_TRUE(database.ok()) << database.status();
    const Status run = (*database)->Run(sql.c_str());
    EXPECT_TRUE(run.ok()) << run;
  }
  std::string path() const { return folder_ / "a ?#%.kdb"; }

 private:
  testing::TempDir folder_;
};

std::string TskSample() {
  return std::string(kTskSchema) +
         "INSERT INTO hashes VALUES (3, x'00112233445566778899aabbccddeeff', "
         "x'00112233445566778899aabbccddeeff00112233', NULL);"
         "INSERT INTO hashes VALUES (9, x'ff112233445566778899aabbccddeeff', "
         "NULL, NULL);"
         "INSERT INTO file_names VALUES ('dir/b.jpg', 3), ('a.jpg', 9), "
         "('a.jpg', 3), ('lost', 5);"
         "INSERT INTO comments VALUES ('two', 3), ('one', 3);"
         "INSERT INTO db_properties VALUES ('Note', 'mine');";
}

TEST(Kdb, ReadsHashesWithTheirNamesAndComments) {
  const DatabaseFile file(TskSample());
  const Told told = ReadPath(Format::kKdb, file.path());
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.items.at(0).field.extra, (Extra{"Note", "mine"}));
  const auto records = told.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].file_id, "3");
  EXPECT_EQ(records[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(records[0].signals.sha1->ToHex(), std::string(kMd5) + "00112233");
  EXPECT_FALSE(records[0].signals.sha256);
  EXPECT_THAT(records[0].files,
              ElementsAre(FileName{"a.jpg", ""}, FileName{"b.jpg", "dir"}));
  EXPECT_EQ(records[0].comment, "one");
  EXPECT_THAT(records[0].extra, ElementsAre(Extra{"comments", "two"}));
  EXPECT_THAT(records[1].files, ElementsAre(FileName{"a.jpg", ""}));
}

TEST(Kdb, WritesTheLayoutOfTsk) {
  const DatabaseFile file(TskSample());
  const Told told = ReadPath(Format::kKdb, file.path());
  const testing::TempDir folder;
  auto writer = OpenWriter(Format::kKdb, folder / "out", {});
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const Item& item : told.items) ASSERT_TRUE((*writer)->Write(item).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_TRUE((*writer)->report().fields_left_out.empty());

  // As a program of TSK would ask.
  auto database = Database::OpenForeign(folder / "out", false);
  ASSERT_TRUE(database.ok()) << database.status();
  auto find = Statement::Prepare(
      **database,
      "SELECT group_concat(name) FROM hashes JOIN file_names ON hash_id=id "
      "WHERE md5=?1 ORDER BY name");
  ASSERT_TRUE(find.ok()) << find.status();
  const Md5 md5 = *Md5::FromHex(kMd5);
  (*find)->BindBytes(1, md5.bytes.data(), md5.bytes.size());
  ASSERT_TRUE(*(*find)->Step());
  EXPECT_EQ((*find)->text(0), "a.jpg,dir/b.jpg");

  auto again = ReadPath(Format::kKdb, folder / "out");
  ASSERT_TRUE(again.status.ok()) << again.status;
  auto want = told.records();
  want[0].file_id = "1";
  want[1].file_id = "2";
  EXPECT_TRUE(again.records() == want);
}

TEST(Kdb, WritesRecordsThatAreReadBackEqual) {
  std::mt19937_64 random(testing::TestSeed());
  Told told;
  for (int i = 0; i < 300; ++i) {
    Record& record = told.items.emplace_back().record;
    record.family = "kdb";
    record.file_id = std::to_string(i + 1);
    if (random() % 4 != 0)
      record.signals.md5 = testing::RandomHash<Md5>(random);
    record.signals.sha256 = testing::RandomHash<Sha256>(random);
    if (random() % 2 == 0) record.files = {{"a'b", ""}, {"c", "d"}};
    if (random() % 2 == 0) record.comment = "\xC3\xA9\n";
  }
  const testing::TempDir folder;
  auto writer = OpenWriter(Format::kKdb, folder / "out", {});
  ASSERT_TRUE(writer.ok());
  for (const Item& item : told.items) ASSERT_TRUE((*writer)->Write(item).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ((*writer)->report().written, 300u);
  const Told again = ReadPath(Format::kKdb, folder / "out");
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_TRUE(again.records() == told.records());
}

TEST(Kdb, AddsNamesToTheMd5ThatIsThere) {
  Told told;
  for (const char* name : {"a", "b", "a"}) {
    Record& record = told.items.emplace_back().record;
    record.signals.md5 = *Md5::FromHex(kMd5);
    record.files = {{name, ""}};
  }
  const testing::TempDir folder;
  auto writer = OpenWriter(Format::kKdb, folder / "out", {});
  ASSERT_TRUE(writer.ok());
  for (const Item& item : told.items) ASSERT_TRUE((*writer)->Write(item).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ((*writer)->report().records_left_out.begin()->second, 2u);
  const auto records = ReadPath(Format::kKdb, folder / "out").records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].files,
              ElementsAre(FileName{"a", ""}, FileName{"b", ""}));
}

TEST(Kdb, CountsBadRowsByNumber) {
  const DatabaseFile file(
      std::string(kTskSchema) +
      "INSERT INTO hashes VALUES (1, x'0011', NULL, NULL);"
      "INSERT INTO hashes VALUES (2, '00112233445566778899aabbccddeeff', NULL, "
      "NULL);"
      "INSERT INTO hashes VALUES (3, NULL, NULL, NULL);"
      "INSERT INTO hashes VALUES (4, x'd41d8cd98f00b204e9800998ecf8427e', "
      "NULL, "
      "NULL);"
      "INSERT INTO hashes VALUES (5, x'00112233445566778899aabbccddeeff', "
      "NULL, "
      "NULL);");
  const Told told = ReadPath(Format::kKdb, file.path());
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.records().size(), 1u);
  const auto refused = told.refused();
  ASSERT_EQ(refused.size(), 4u);
  EXPECT_EQ(refused[1].position.record, 2u);
}

TEST(Kdb, RefusesWhatIsNoHashSet) {
  for (const std::string& sql :
       {std::string("CREATE TABLE a (b)"),
        std::string("CREATE TABLE db_properties (name, value)"),
        std::string("CREATE TABLE db_properties (name, value);"
                    "INSERT INTO db_properties VALUES ('Schema Version','2')"),
        // Views may do what tables do not.
        std::string(kTskSchema) +
            "DROP TABLE hashes;CREATE VIEW hashes AS SELECT 1 AS id, "
            "x'00112233445566778899aabbccddeeff' AS md5, NULL AS sha1, NULL AS "
            "sha2_256"}) {
    const DatabaseFile file(sql);
    const Told told = ReadPath(Format::kKdb, file.path());
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument) << sql;
    EXPECT_THAT(told.status.message(), HasSubstr(file.path()));
    EXPECT_FALSE(told.opened);
  }
  EXPECT_FALSE(ReadText(Format::kKdb, "SQLite format 3").opened);
  EXPECT_FALSE(ReadText(Format::kKdb, "").opened);
  EXPECT_FALSE(ReadPath(Format::kKdb, "-").opened);
}

TEST(Kdb, RefusesADatabaseThatIsStillOpen) {
  const DatabaseFile file(TskSample());
  WriteFile(file.path() + "-wal", "x");
  const Told told = ReadPath(Format::kKdb, file.path());
  EXPECT_THAT(told.status.message(), HasSubstr("not closed"));
}

constexpr const char* kRdsSchema =
    "CREATE TABLE METADATA (sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT, "
    "file_size INTEGER, package_id INTEGER, more TEXT);"
    "CREATE TABLE PKG (package_id INTEGER, name TEXT);";

// Fixture 14, first half, in the newer form and through its view.
TEST(NsrlSqlite, ReadsFilesThroughTheirViewAndTellsEachOnce) {
  const DatabaseFile file(
      std::string(kRdsSchema) +
      "CREATE VIEW FILE AS SELECT * FROM METADATA;"
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 1000)"
      "INSERT INTO METADATA SELECT NULL, '00112233445566778899AABBCCDDEEFF0011"
      "2233', '00112233445566778899AABBCCDDEEFF', 'demo.dll', 1024, x, 'm' "
      "FROM "
      "c;"
      "INSERT INTO METADATA VALUES (NULL, 'ff112233445566778899aabbccddeeff0011"
      "2233', NULL, 'b', 'large', 7, NULL);");
  const Told told = ReadPath(Format::kNsrlSqlite, file.path(),
                             {.purpose = Purpose::kKnownBenign});
  ASSERT_TRUE(told.status.ok()) << told.status;
  const auto records = told.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].signals.md5->ToHex(), kMd5);
  EXPECT_EQ(records[0].size_bytes, 1024u);
  EXPECT_THAT(records[0].extra,
              ElementsAre(Extra{"package_id", "1"}, Extra{"more", "m"}));
  EXPECT_EQ(told.items.back().field.extra, (Extra{"repeated rows", "999"}));
  EXPECT_FALSE(ReadPath(Format::kNsrlSqlite, file.path(),
                        {.purpose = Purpose::kChildAbuse})
                   .opened);
}

TEST(NsrlSqlite, EndsAViewThatNeverEnds) {
  const DatabaseFile endless(
      std::string(kRdsSchema) +
      "CREATE VIEW FILE AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT "
      "x+1 FROM c) SELECT 'z' AS sha1, x AS package_id FROM c WHERE x < 0;");
  const Told told = ReadPath(Format::kNsrlSqlite, endless.path());
  EXPECT_FALSE(told.status.ok());
  EXPECT_THAT(told.status.message(), HasSubstr(endless.path()));

  // The same without recursion: a product of a table with itself.
  const DatabaseFile product(
      std::string(kRdsSchema) +
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 2000)"
      "INSERT INTO PKG SELECT x, 'n' FROM c;"
      "CREATE VIEW FILE AS SELECT a.name AS sha1, b.package_id FROM PKG a, PKG "
      "b, PKG c, PKG d WHERE a.package_id + b.package_id + c.package_id + "
      "d.package_id < 0;");
  const Told cut = ReadPath(Format::kNsrlSqlite, product.path());
  EXPECT_THAT(cut.status.message(), HasSubstr("more work"));
}

TEST(NsrlSqlite, RefusesOtherDatabases) {
  const DatabaseFile file(TskSample());
  EXPECT_FALSE(ReadPath(Format::kNsrlSqlite, file.path()).opened);
  const DatabaseFile table("CREATE TABLE FILE (sha1 TEXT)");
  EXPECT_THAT(ReadPath(Format::kNsrlSqlite, table.path()).status.message(),
              HasSubstr("RDSv3"));
}

}  // namespace
}  // namespace kenal::formats
