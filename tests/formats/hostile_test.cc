// Files that are made to exhaust a reader: whatever their size, each is
// refused early, by name and position, in little memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "tests/formats/child.h"
#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kGigabyte = 1'000'000'000;
constexpr const char* kVicsHead =
    "{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/"
    "1.3.xml#Media\",\"value\":[";

// A pipe that gives `head`, then `part` until `size` bytes are through, then
// `tail`; or less, when nobody reads on.
class EndlessFile {
 public:
  EndlessFile(const std::string& head, const std::string& part, uint64_t size,
              const std::string& tail) {
    signal(SIGPIPE, SIG_IGN);
    path_ = folder_ / "list";
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    feeder_ = std::thread([this, head, part, size, tail] {
      std::ofstream out(path_, std::ios::binary);
      std::string block;
      while (block.size() < 1 << 16) block += part;
      out << head;
      for (uint64_t put = 0; put < size && out; put += block.size()) {
        out << block;
      }
      out << tail;
    });
  }
  ~EndlessFile() { feeder_.join(); }
  const std::string& path() const { return path_; }

 private:
  testing::TempDir folder_;
  std::string path_;
  std::thread feeder_;
};

void ExpectRefused(Format format, const std::string& head,
                   const std::string& part, uint64_t size,
                   const std::string& why) {
  InChild([&] {
    const long before_kib = PeakKiB();
    EndlessFile file(head, part, size, "");
    const Told told = ReadPath(format, file.path());
    EXPECT_EQ(told.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(told.status.message(), HasSubstr(file.path()));
    EXPECT_THAT(told.status.message(), HasSubstr(why));
    ExpectSmallGrowth(before_kib);
  });
}

// Fixture 17.
TEST(Hostile, JsonThatIsNestedDeeplyIsRefused) {
  for (const std::string part : {"[", "{\"a\":", "[{\"a\":"}) {
    for (const std::string& head :
         {std::string(), std::string("{\"x\":"), std::string(kVicsHead),
          std::string(kVicsHead) + "{\"MD5\":"}) {
      ExpectRefused(Format::kVics, head, part, 100'000 * part.size(), "byte");
      ExpectRefused(Format::kVics, head, part, kGigabyte, "byte");
    }
  }
}

// Fixture 17.
TEST(Hostile, JsonTextsOfAGigabyteAreRefused) {
  for (const std::string& head :
       {std::string("\""), std::string("{\"x\":\""), std::string("{\""),
        std::string(kVicsHead) + "\"", std::string(kVicsHead) + "{\"",
        std::string(kVicsHead) + "{\"MD5\":\""}) {
    ExpectRefused(Format::kVics, head, "a", kGigabyte, "byte");
  }
  ExpectRefused(Format::kVics, std::string(kVicsHead) + "{\"MD5\":\"",
                "\\u0061", kGigabyte, "longer than");
}

TEST(Hostile, JsonNumbersAndBlanksOfAGigabyteAreRefused) {
  ExpectRefused(Format::kVics, std::string(kVicsHead) + "{\"MediaID\":", "7",
                kGigabyte, "byte");
  ExpectRefused(Format::kVics, kVicsHead, " ", kGigabyte, "longer than");
}

TEST(Hostile, PagesOfJsonAreHeldToTheSame) {
  for (const Format format : {Format::kThreatExchange, Format::kStopNcii}) {
    for (const std::string& head :
         {std::string(), std::string("{\"a\":"), std::string("{\"data\":["),
          std::string("{\"hashRecords\":[{\"a\":")}) {
      ExpectRefused(format, head, "[", kGigabyte, "byte");
      ExpectRefused(format, head + "\"", "a", kGigabyte, "byte");
      ExpectRefused(format, head, " ", kGigabyte, "byte");
    }
    ExpectRefused(format, "{\"z\":1", ",\"a\":[]", kGigabyte, "too many");
    // Few fields of a megabyte, before the records and after them.
    const std::string large = ",\"a\":[\"" + std::string(900'000, 'x') + "\"]";
    const std::string array =
        format == Format::kStopNcii ? "hashRecords" : "data";
    ExpectRefused(format, "{\"z\":1", large, kGigabyte / 2, "too many");
    ExpectRefused(format, "{\"" + array + "\":[]", large, kGigabyte / 2,
                  "too many");
  }
}

TEST(Hostile, FieldsBeforeTheRecordsAreBoundedTogether) {
  const std::string large = ",\"a\":[\"" + std::string(900'000, 'x') + "\"]";
  ExpectRefused(Format::kVics, "{\"z\":1", large, kGigabyte / 2, "too much");
}

TEST(Hostile, LinesAndRowsOfAGigabyteArePassedOver) {
  const std::string md5 = "00112233445566778899aabbccddeeff";
  for (const auto& [format, head] : std::vector<std::pair<Format, std::string>>{
           {Format::kMd5Sum, ""},
           {Format::kPytx, ""},
           {Format::kHashdeep, "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n"},
           {Format::kCsv, "md5,series\n"},
           {Format::kCsv, "md5,series\n" + md5 + ",\""}}) {
    InChild([&, format = format, head = head] {
      const long before_kib = PeakKiB();
      EndlessFile file(head, "a", kGigabyte / 4, "\nb\n");
      const Told told = ReadPath(format, file.path());
      EXPECT_TRUE(told.status.ok()) << told.status;
      EXPECT_EQ(told.refused().size(), 2u);
      ExpectSmallGrowth(before_kib);
    });
  }
}

TEST(Hostile, XmlOfAGigabyteIsRefusedWhereverItIsLong) {
  const std::string page =
      "<queryResult xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\">";
  const std::string entry = page + "<images><image><id>a</id><fingerprints>";
  for (const std::string& head :
       {std::string("<"), std::string("<a b=\""), std::string("<!-- "),
        std::string("<?a "), std::string("<!DOCTYPE a [<!ENTITY b \""), page,
        page + "<images count=\"", page + "<paging><next>", entry + "<md5>",
        entry + "<md5><![CDATA[", entry + "<"}) {
    ExpectRefused(Format::kNcmec, head, "a", kGigabyte, ": ");
  }
  for (const std::string& part : std::vector<std::string>{
           "<a>", "<md5>1</md5>", "<a b=\"c\"/>", " ", "<!-- a -->"}) {
    ExpectRefused(Format::kNcmec, entry, part, kGigabyte, ": ");
  }
}

// One record may not be large either, but that is one bad record.
TEST(Hostile, ARecordOfManyFieldsIsPassedOver) {
  const std::string record = "{\"MD5\":\"00112233445566778899AABBCCDDEEFF\"}";
  InChild([&] {
    const long before_kib = PeakKiB();
    EndlessFile file(std::string(kVicsHead) + record + ",{\"Exifs\":[0",
                     ",{\"a\":\"b\"}", kGigabyte / 20, "]}," + record + "]}");
    const Told told = ReadPath(Format::kVics, file.path());
    EXPECT_TRUE(told.status.ok()) << told.status;
    EXPECT_EQ(told.records().size(), 2u);
    ASSERT_EQ(told.refused().size(), 1u);
    EXPECT_EQ(told.refused().front().position.record, 2u);
    ExpectSmallGrowth(before_kib);
  });
}

}  // namespace
}  // namespace kenal::formats
