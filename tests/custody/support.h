// What the tests of the custody log share.
#ifndef KENAL_TESTS_CUSTODY_SUPPORT_H_
#define KENAL_TESTS_CUSTODY_SUPPORT_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "src/custody/format.h"
#include "src/custody/log.h"
#include "src/custody/verify.h"
#include "tests/support/support.h"

namespace kenal::custody {

inline std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void PutText(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}

// The lines of a text, each with its newline; the last may lack it.
inline std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

inline std::string Joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

// A folder with a key, two reports and, once Make is called, a closed log of
// six records.
class CustodyTest : public ::testing::Test {
 protected:
  CustodyTest() : key_(*Key::LoadOrMake(folder_ / "key.pem")) {
    std::filesystem::create_directory(reports());
    PutText(reports() + "/report.csv", "path,verdict\n");
    PutText(reports() + "/report.jsonl", "{\"path\":\"a\"}\n");
  }

  std::string path() const { return folder_ / std::string(kLogName); }
  std::string reports() const { return folder_ / std::string(kReportsName); }

  Fields Opening() const {
    Fields fields;
    fields.Text("case", "K-1").Text("examiner", "E. Kenal");
    return fields;
  }

  // Records 1 to 5: open, exhibit, and three of other kinds.
  std::unique_ptr<Log> MakeOpen(const std::string& at) const {
    auto log = Log::Create(at, Opening(), key_);
    EXPECT_TRUE(log.ok()) << log.status();
    const std::vector<std::string> images = {"a.E01", "a.E02"};
    Append(**log, "exhibit", Fields().Text("id", "7").Each("images", images));
    Append(**log, "skipped",
           Fields()
               .Bytes("path", "DCIM/\xff\xfe\n.jpg")
               .Text("reason", "vanished \"while\" read"));
    Append(**log, "error", Fields().Number("offset", -5));
    Append(**log, "finished", Fields());
    return *std::move(log);
  }
  void Make() const {
    const auto log = MakeOpen(path());
    const auto files = DigestReports(reports());
    ASSERT_TRUE(files.ok()) << files.status();
    ASSERT_TRUE(log->Close(*files).ok());
  }

  static void Append(Log& log, std::string_view event, Fields fields) {
    const Status status = log.Append(event, std::move(fields));
    ASSERT_TRUE(status.ok()) << status;
  }

  Verification Check() const {
    auto found = Verify(path(), key_.public_key(), reports());
    EXPECT_TRUE(found.ok()) << found.status();
    return *std::move(found);
  }

  ::kenal::testing::TempDir folder_;
  Key key_;
};

}  // namespace kenal::custody

#endif  // KENAL_TESTS_CUSTODY_SUPPORT_H_
