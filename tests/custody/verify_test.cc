// Whatever is done to a closed log or to its reports shows.
#include "src/custody/verify.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <random>

#include "src/base/digest.h"
#include "src/custody/line_scan.h"
#include "tests/custody/support.h"

namespace kenal::custody {
namespace {

using ::testing::HasSubstr;

class CustodyVerify : public CustodyTest {
 protected:
  State After(std::string_view text) const {
    PutText(path(), text);
    return Check().state;
  }
  // Each line with the number and the prev that it should have.
  static std::vector<std::string> Rechained(std::vector<std::string> lines) {
    std::string head(64, '0');
    uint64_t number = 0;
    for (std::string& line : lines) {
      const size_t comma = line.find(',');
      line = "{\"seq\":" + std::to_string(++number) + line.substr(comma);
      line.replace(line.find("\"prev\":\"") + 8, 64, head);
      head = Hex(base::Sha256Of(
          base::AsBytes(std::string_view(line).substr(0, line.size() - 1))));
    }
    return lines;
  }
};

TEST_F(CustodyVerify, FindsAnUntouchedLogWhole) {
  Make();
  const Verification found = Check();
  EXPECT_EQ(found.state, State::kWhole);
  EXPECT_TRUE(found.problems.empty());
  EXPECT_EQ(found.records, 6u);
  EXPECT_EQ(found.end_byte, TextOf(path()).size());
  EXPECT_EQ(found.signature, SignatureState::kHolds);
  ASSERT_TRUE(found.key.has_value());
  EXPECT_EQ(found.key->Fingerprint(), key_.public_key().Fingerprint());
  ASSERT_EQ(found.reports.size(), 2u);
  EXPECT_EQ(found.reports[0].name, "report.csv");
  EXPECT_EQ(found.reports[0].state, ReportState::kSame);
  const auto without = Verify(path(), std::nullopt, "");
  ASSERT_TRUE(without.ok());
  EXPECT_EQ(without->state, State::kWhole);
}

TEST_F(CustodyVerify, FindsEveryFlippedBit) {
  Make();
  const std::string whole = TextOf(path());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {0, 5}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      ASSERT_NE(After(changed), State::kWhole) << at << " bit " << bit;
    }
  }
}

TEST_F(CustodyVerify, SaysWhichRecordAndByteWereAltered) {
  Make();
  std::vector<std::string> lines = LinesOf(TextOf(path()));
  const size_t start = lines[0].size() + lines[1].size();
  const size_t at = lines[1].find("a.E02");
  lines[1][at] = 'b';
  PutText(path(), Joined(lines));
  const Verification found = Check();
  EXPECT_EQ(found.state, State::kDamaged);
  // The line after the altered one no longer follows.
  EXPECT_EQ(found.bad_record, 3u);
  EXPECT_EQ(found.end_byte, start);
  EXPECT_THAT(found.problems.front(),
              HasSubstr("record 3, at byte " + std::to_string(start)));
  EXPECT_EQ(found.signature, SignatureState::kNone);
}

TEST_F(CustodyVerify, FindsDroppedDoubledAndSwappedLines) {
  Make();
  const std::vector<std::string> lines = LinesOf(TextOf(path()));
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> dropped = lines;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(After(Joined(dropped)), State::kWhole) << "dropped " << i;
    std::vector<std::string> doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_EQ(After(Joined(doubled)), State::kDamaged) << "doubled " << i;
    for (size_t j = i + 1; j < lines.size(); ++j) {
      std::vector<std::string> swapped = lines;
      std::swap(swapped[i], swapped[j]);
      EXPECT_EQ(After(Joined(swapped)), State::kDamaged) << i << " " << j;
    }
  }
}

TEST_F(CustodyVerify, NeverTakesATruncatedLogForWhole) {
  Make();
  const std::string whole = TextOf(path());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(After(whole.substr(0, size)), State::kOpen) << size;
  }
  EXPECT_EQ(After(whole), State::kWhole);
}

TEST_F(CustodyVerify, FindsWhatFollowsTheClosingRecord) {
  Make();
  const std::string whole = TextOf(path());
  for (const char* const more : {"\n", " ", "{}\n", "{\"seq\":7}\n", "x"}) {
    EXPECT_EQ(After(whole + more), State::kDamaged) << more;
  }
}

// Who edits and works the chain out anew cannot sign what comes of it.
TEST_F(CustodyVerify, FindsAnEditWithAChainMadeAnew) {
  Make();
  const std::vector<std::string> lines = LinesOf(TextOf(path()));
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> edited = lines;
    edited[i].replace(edited[i].find("\"at\":\"2") + 6, 1, "1");
    EXPECT_EQ(After(Joined(Rechained(edited))), State::kDamaged) << i;
    EXPECT_EQ(Check().signature, SignatureState::kFails);
    if (i + 1 == lines.size()) break;
    std::vector<std::string> dropped = lines;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(After(Joined(Rechained(dropped))), State::kDamaged) << i;
  }
  // The oracle of this test: without an edit the chain comes out the same.
  EXPECT_EQ(After(Joined(Rechained(lines))), State::kWhole);
}

TEST_F(CustodyVerify, FindsALogSignedByAnotherKey) {
  const Key real = key_;
  key_ = *Key::LoadOrMake(folder_ / "other.pem");
  Make();
  key_ = real;
  const Verification found = Check();
  EXPECT_EQ(found.state, State::kDamaged);
  EXPECT_EQ(found.signature, SignatureState::kOtherKey);
  const auto any = Verify(path(), std::nullopt, reports());
  ASSERT_TRUE(any.ok());
  EXPECT_EQ(any->state, State::kWhole);
}

// The end of one log on the beginning of another, both by one key.
TEST_F(CustodyVerify, FindsAClosingRecordOfAnotherLog) {
  Make();
  const std::vector<std::string> lines = LinesOf(TextOf(path()));
  std::filesystem::remove(path());
  Make();
  std::vector<std::string> mixed = LinesOf(TextOf(path()));
  mixed.back() = lines.back();
  EXPECT_EQ(After(Joined(mixed)), State::kDamaged);
  EXPECT_EQ(After(Joined(Rechained(mixed))), State::kDamaged);
}

TEST_F(CustodyVerify, FindsReportsThatDifferOrAreMissing) {
  Make();
  const std::string file = reports() + "/report.csv";
  const std::string text = TextOf(file);
  PutText(file, text + " ");
  EXPECT_EQ(Check().state, State::kDamaged);
  EXPECT_EQ(Check().reports[0].state, ReportState::kDiffers);
  EXPECT_EQ(Check().signature, SignatureState::kHolds);
  PutText(file, "x" + text.substr(1));
  EXPECT_EQ(Check().reports[0].state, ReportState::kDiffers);
  std::filesystem::remove(file);
  EXPECT_EQ(Check().state, State::kDamaged);
  EXPECT_EQ(Check().reports[0].state, ReportState::kMissing);
  std::filesystem::create_symlink("report.jsonl", file);
  EXPECT_EQ(Check().reports[0].state, ReportState::kMissing);
  std::filesystem::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(Check().reports[0].state, ReportState::kMissing);
  std::filesystem::remove(file);
  PutText(file, text);
  EXPECT_EQ(Check().state, State::kWhole);
  PutText(reports() + "/notes.txt", "mine");
  EXPECT_EQ(Check().state, State::kWhole);
  EXPECT_EQ(Check().reports[0].state, ReportState::kUnlisted);
  std::filesystem::remove_all(reports());
  EXPECT_EQ(Check().state, State::kDamaged);
}

TEST_F(CustodyVerify, ReadsNoFileOutsideTheFolderOfReports) {
  const std::vector<ReportFile> outside = {{.name = "../key.pem"}};
  {
    const auto log = MakeOpen(path());
    ASSERT_TRUE(log->Close(outside).ok());
  }
  const Verification found = Check();
  EXPECT_EQ(found.state, State::kDamaged);
  EXPECT_EQ(found.reports[0].state, ReportState::kMissing);
  EXPECT_THAT(found.problems[0], HasSubstr("is not the name of a report"));
}

TEST_F(CustodyVerify, FindsReportsWhoseNamesAreNotText) {
  PutText(reports() + "/\xff.csv", "bytes");
  Make();
  EXPECT_EQ(Check().state, State::kWhole);
  EXPECT_EQ(Check().reports.back().name, "\xff.csv");
  std::filesystem::rename(reports() + "/\xff.csv", reports() + "/\xfe.csv");
  EXPECT_EQ(Check().state, State::kDamaged);
}

TEST_F(CustodyVerify, StandsWhateverAFileHolds) {
  Make();
  const std::string whole = TextOf(path());
  const std::string line = LinesOf(whole)[0];
  EXPECT_EQ(After(""), State::kOpen);
  EXPECT_EQ(After("\n"), State::kDamaged);
  EXPECT_EQ(After(std::string(9 << 20, 'x')), State::kOpen);
  EXPECT_EQ(After(std::string(9 << 20, 'x') + "\n"), State::kDamaged);
  EXPECT_EQ(After(std::string(9 << 20, '\n')), State::kDamaged);
  EXPECT_EQ(After(line.substr(0, line.size() - 2) +
                  ",\"a\":" + std::string(2 << 20, '[') + "\n"),
            State::kDamaged);
  const std::string deep = line.substr(0, line.size() - 2) +
                           ",\"a\":" + std::string(1 << 20, '[') +
                           std::string(1 << 20, ']') + "}\n";
  EXPECT_EQ(After(deep), State::kOpen);

  std::mt19937_64 random(::kenal::testing::TestSeed());
  for (int i = 0; i < 2000; ++i) {
    std::string text = whole;
    for (uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text.replace(at, random() % 40,
                     whole.substr(random() % whole.size(), random() % 40));
      } else {
        text[at] = static_cast<char>(random());
      }
    }
    EXPECT_EQ(After(text) == State::kWhole, text == whole);
  }
}

TEST_F(CustodyVerify, ReadsGigabytesWithoutANewlineInLittleMemory) {
  PutText(path(), "{");
  std::filesystem::resize_file(path(), uint64_t{200} << 20);
  EXPECT_EQ(Check().state, State::kOpen);
  EXPECT_EQ(Check().torn_bytes, uint64_t{200} << 20);
  EXPECT_EQ(Verify(folder_ / "none", std::nullopt, "").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(Verify(folder_.path(), std::nullopt, "").status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::custody
