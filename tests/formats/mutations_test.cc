// Ten thousand damaged files for every reader: each comes to an end, and what
// it refuses it refuses with a reason, file and position, in little memory and
// without a hash in any message.
#include <gtest/gtest.h>

#include <array>

#include "src/formats/sqlite.h"
#include "tests/formats/child.h"
#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

constexpr size_t kMutations = 10'000;
constexpr size_t kFileBytesMax = 256 * 1024;
constexpr const char* kMd5 = "00112233445566778899aabbccddeeff";

// A reader, or the reader of the mapping of a table.
struct Parser {
  const char* name;
  Format format;
  bool mapping = false;
};
constexpr Parser kParsers[] = {
    {"vics", Format::kVics},
    {"nist", Format::kNist},
    {"ncmec", Format::kNcmec},
    {"csv", Format::kCsv},
    {"mapping", Format::kCsv, true},
    {"icse", Format::kIcse},
    {"hashkeeper", Format::kHashKeeper},
    {"nsrl", Format::kNsrl},
    {"md5sum", Format::kMd5Sum},
    {"sha1sum", Format::kSha1Sum},
    {"sha256sum", Format::kSha256Sum},
    {"hashdeep", Format::kHashdeep},
    {"kdb", Format::kKdb},
    {"nsrl_sqlite", Format::kNsrlSqlite},
    {"nsrl_delta", Format::kNsrlDelta},
    {"pytx", Format::kPytx},
    {"threatexchange", Format::kThreatExchange},
    {"stopncii", Format::kStopNcii},
    {"encase", Format::kEncase},
    {"kenal", Format::kKenal},
};

std::string DatabaseOf(const std::string& sql) {
  const ShortLivedFile file;
  auto database = Database::Make(file.path());
  EXPECT_TRUE(database.ok()) << database.status();
  const Status run = (*database)->Run(("PRAGMA page_size=512;" + sql).c_str());
  EXPECT_TRUE(run.ok()) << run;
  database->reset();
  return ReadFile(file.path());
}

std::string KdbSample() {
  std::string sql =
      "CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);"
      "INSERT INTO db_properties VALUES ('Schema Version','1'),('Note','a');"
      "CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 "
      "BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32));"
      "CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, "
      "PRIMARY KEY(name, hash_id));"
      "CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, "
      "PRIMARY KEY(comment, hash_id));"
      "CREATE INDEX md5_index ON hashes(md5);"
      "INSERT INTO comments VALUES ('two', 3), ('one', 3);";
  for (int i = 1; i < 20; ++i) {
    const std::string id = std::to_string(i);
    sql += "INSERT INTO hashes VALUES (" + id + ", x'" +
           std::to_string(10 + i) + std::string(kMd5).substr(2) +
           "', NULL, NULL); INSERT INTO file_names VALUES ('dir/" + id +
           ".jpg', " + id + ");";
  }
  return DatabaseOf(sql);
}

std::string NsrlSqliteSample() {
  std::string sql =
      "CREATE TABLE METADATA (sha256 TEXT, sha1 TEXT, md5 TEXT, file_name "
      "TEXT, file_size INTEGER, package_id INTEGER, more TEXT);"
      "CREATE TABLE PKG (package_id INTEGER, name TEXT);"
      "CREATE VIEW FILE AS SELECT * FROM METADATA;";
  for (int i = 1; i < 20; ++i) {
    sql += "INSERT INTO METADATA VALUES (NULL, '" + std::to_string(10 + i) +
           std::string(kMd5).substr(2) + "00112233', NULL, 'b', 5, 7, NULL);";
  }
  return DatabaseOf(sql);
}

std::string EncaseSample() {
  std::string out("HASH\x0D\x0A\xFF\x00", 8);
  out.resize(1152);
  out[1032] = 'a';
  for (char i = 1; i < 20; ++i) out += std::string(16, i) + std::string(2, 0);
  return out;
}

std::string SumsSample(const std::string& digest, const std::string& type) {
  return digest + "  a b\n\\" + digest + " *c\\nd\n# note\n" + type +
         " (e) = " + digest + "\n" + digest + "\n";
}

std::string As(Format to, Format from, const std::string& sample) {
  return WriteAs(to, ReadText(from, Sample(sample))).text;
}

std::vector<std::string> SamplesOf(const Parser& parser) {
  if (parser.mapping) {
    return {
        "{\"delimiter\":\";\",\"columns\":{\"Hash\":\"md5\",\"Grade\":"
        "\"class:own\",\"Shared\":{\"to\":\"flag:distributed\",\"values\":"
        "{\"1\":\"yes\",\"2\":\"no\"}},\"Remark\":null},\"constants\":{"
        "\"source\":\"hotline\"}}",
        "{\"columns\":{\"Hash\":\"md5\",\"a\":\"hash:photodna\"},\"delimiter\":"
        "\";\"}"};
  }
  const std::string md5(kMd5);
  switch (parser.format) {
    case Format::kVics:
      return {Sample("vics-2.0-cases.json"), Sample("vics-1.3-media.json")};
    case Format::kNist:
      return {Sample("nist-non-rds.json"), Sample("vics-1.3-media.json")};
    case Format::kNcmec:
      return {Sample("ncmec-entries.xml"),
              WriteAs(Format::kNcmec,
                      ReadText(Format::kVics, Sample("vics-1.3-media.json")),
                      {.unknown_kind = MediaKind::kImage})
                  .text};
    case Format::kCsv:
      return {As(Format::kCsv, Format::kVics, "vics-2.0-cases.json"),
              As(Format::kCsv, Format::kNcmec, "ncmec-entries.xml")};
    case Format::kIcse:
      return {Sample("icse.csv")};
    case Format::kHashKeeper:
      return {
          "\"file_id\",\"hashset_id\",\"file_name\",\"hash\"\r\n1,2,"
          "\"a.txt\",\"" +
          md5 + "\"\r\n3,2,\"b \"c\".txt\",\"" + md5 + "\"\r\n"};
    case Format::kNsrl:
      return {Sample("nsrl-2.txt")};
    case Format::kMd5Sum:
      return {SumsSample(md5, "MD5")};
    case Format::kSha1Sum:
      return {SumsSample(md5 + "00112233", "SHA1")};
    case Format::kSha256Sum:
      return {SumsSample(md5 + md5, "SHA256")};
    case Format::kHashdeep:
      return {Sample("hashdeep.txt")};
    case Format::kKdb:
      return {KdbSample()};
    case Format::kNsrlSqlite:
      return {NsrlSqliteSample()};
    case Format::kNsrlDelta:
      return {Sample("nsrl-delta.sql")};
    case Format::kPytx:
      return {Sample("pytx.txt") + "video_md5 " + md5 + "\n"};
    case Format::kThreatExchange:
      return {"{\"data\":[" + Sample("threatexchange.json") + "],\"a\":[1]}",
              Sample("threatexchange.json")};
    case Format::kStopNcii:
      return {Sample("stopncii.json")};
    case Format::kEncase:
      return {EncaseSample()};
    case Format::kKenal:
      return {As(Format::kKenal, Format::kVics, "vics-2.0-cases.json"),
              As(Format::kKenal, Format::kNcmec, "ncmec-entries.xml")};
  }
  return {};
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // One to four damages of one of `samples`, which are pieced together with
  // others of them and with `strange` ones.
  std::string Make(const std::vector<std::string>& samples,
                   const std::vector<std::string>& strange) {
    std::string out = Pick(samples);
    for (size_t left = 1 + UpTo(3); left > 0 && !out.empty(); --left) {
      DamageOnce(out, UpTo(2) == 0 ? Pick(strange) : Pick(samples));
    }
    if (out.size() > kFileBytesMax) out.resize(kFileBytesMax);
    return out;
  }

 private:
  size_t UpTo(size_t most) {
    return std::uniform_int_distribution<size_t>(0, most)(random_);
  }
  const std::string& Pick(const std::vector<std::string>& of) {
    return of[UpTo(of.size() - 1)];
  }

  void DamageOnce(std::string& out, const std::string& other) {
    constexpr std::string_view kNasty = "\"\\{}[]<>&;:,%\n\r\t '()/-=\x01\xff";
    const size_t at = UpTo(out.size() - 1);
    const size_t size = std::min(UpTo(40), out.size() - at);
    switch (UpTo(10)) {
      case 0:
        out[at] = static_cast<char>(random_());
        break;
      case 1:
        out[at] = static_cast<char>(out[at] ^ (1 << UpTo(7)));
        break;
      case 2:
        out.insert(at, size_t{1} << UpTo(12), Pick(kNasty));
        break;
      case 3:
        out.erase(at, size);
        break;
      case 4:
        out.insert(UpTo(out.size()), out.substr(at, size));
        break;
      case 5:
        out.resize(at);
        break;
      case 6:
        out[at] = '\0';
        break;
      case 7:
        Repeat(out, at, 1 + UpTo(out.size() - at - 1));
        break;
      case 8:
        PutHugeNumber(out, at);
        break;
      case 9:
        PutBytes(out, at);
        break;
      default:
        out.replace(at, out.npos, other, UpTo(other.size()), other.npos);
    }
  }
  char Pick(std::string_view of) { return of[UpTo(of.size() - 1)]; }

  void Repeat(std::string& out, size_t at, size_t size) {
    const std::string part = out.substr(at, size);
    std::string more;
    for (size_t left = size_t{1} << UpTo(12);
         left > 0 && more.size() < kFileBytesMax / 4; --left) {
      more += part;
    }
    out.insert(at, more);
  }

  // In place of the digits after `at`, where there are such.
  void PutHugeNumber(std::string& out, size_t at) {
    constexpr std::array<const char*, 8> kNumbers = {
        "18446744073709551616",
        "18446744073709551615",
        "-9223372036854775809",
        "99999999999999999999999999999999999999999999",
        "1e999999",
        "0.00000000000000000000000000000001",
        "-0",
        "2147483648"};
    const size_t begin = std::min(out.find_first_of("0123456789", at), at);
    const size_t end = out.find_first_not_of("0123456789", begin);
    const std::string number =
        UpTo(9) == 0 ? std::string(100'000, '9') : kNumbers[UpTo(7)];
    out.replace(begin, end == out.npos ? out.npos : end - begin, number);
  }

  // Sizes and counts of binary files.
  void PutBytes(std::string& out, size_t at) {
    constexpr std::string_view kBytes("\xFF\x7F\x80\x00\x01", 5);
    const char byte = Pick(kBytes);
    const size_t size = std::min(size_t{1} << UpTo(3), out.size() - at);
    for (size_t i = 0; i < size; ++i) out[at + i] = byte;
  }

  std::mt19937_64 random_;
};

// `other`: a file that may be to blame as well.
void ExpectNamed(const Status& status, const std::string& path,
                 const std::string& other) {
  const std::string message(status.message());
  const std::string& named = message.starts_with(other) ? other : path;
  ASSERT_TRUE(message.starts_with(named)) << message;
  // FILE, byte 7: ... or line, record, header, property
  const std::string after = message.substr(named.size());
  ASSERT_TRUE(after.starts_with(", ")) << message;
  ASSERT_NE(after.find(": "), after.npos) << message;
  // Names in a mapping are its writer's own, and shown.
  ASSERT_FALSE(other == path && MayHoldHash(message)) << message;
}

struct Ends {
  size_t whole = 0;    // read to the end
  size_t damaged = 0;  // ended with an error
};

// Reads one file to its end.
void ReadOne(Format format, const std::string& path, size_t size,
             const ReadOptions& options, const std::string& other, Ends& ends) {
  auto reader = OpenReader(format, path, options);
  if (!reader.ok()) {
    ++ends.damaged;
    return ExpectNamed(reader.status(), path, other);
  }
  Item item;
  for (size_t told = 0;; ++told) {
    ASSERT_LE(told, size + 1) << "more items than bytes";
    const StatusOr<bool> more = (*reader)->Next(item);
    if (!more.ok()) {
      ++ends.damaged;
      return ExpectNamed(more.status(), path, other);
    }
    if (!*more) break;
    if (item.kind == Item::Kind::kRefused) {
      ASSERT_NE(PositionText(item.position), "");
      ASSERT_FALSE(item.why.empty());
      ASSERT_FALSE(MayHoldHash(item.why)) << item.why;
    } else if (item.kind == Item::Kind::kRecord) {
      ASSERT_TRUE(CheckRecord(item.record).ok());
    }
  }
  ++ends.whole;
}

class Mutations : public ::testing::TestWithParam<Parser> {};

TEST_P(Mutations, EndInRecordsOrInErrorsThatNameFileAndPosition) {
  const Parser& parser = GetParam();
  const uint64_t seed = testing::TestSeed();
  const std::vector<std::string> samples = SamplesOf(parser);
  std::vector<std::string> strange = samples;
  for (const Parser& other : kParsers) {
    for (std::string& sample : SamplesOf(other)) strange.push_back(sample);
  }
  ASSERT_FALSE(HasFailure());
  InChild([&] {
    const ShortLivedFile file;
    const ShortLivedFile table;
    table.Write("Hash;Grade;Shared;Remark;a\n" + std::string(kMd5) +
                ";1;2;x;\n");
    ReadOptions options{.converting = true};
    if (parser.mapping) options.mapping = file.path();
    const std::string& path = parser.mapping ? table.path() : file.path();
    Ends intact;
    const auto read = [&](const std::string& bytes, Ends& ends) {
      file.Write(bytes);
      ReadOne(parser.format, path, bytes.size() + 100, options, file.path(),
              ends);
    };
    for (const std::string& sample : samples) read(sample, intact);
    EXPECT_EQ(intact.whole, samples.size());
    const long before_kib = PeakKiB();
    Mutator mutator(seed);
    Ends ends;
    for (size_t i = 0; i < kMutations && !HasFatalFailure(); ++i) {
      read(mutator.Make(samples, strange), ends);
    }
    ExpectSmallGrowth(before_kib);
    // Some damage is harmless and some is not: else this tests nothing.
    EXPECT_GT(ends.whole, 0u);
    EXPECT_EQ(ends.whole + ends.damaged, kMutations);
  });
}

INSTANTIATE_TEST_SUITE_P(All, Mutations, ::testing::ValuesIn(kParsers),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace kenal::formats
