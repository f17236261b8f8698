// The commands of docs/custody.md, run as they stand there.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/custody/support.h"

namespace kenal::custody {
namespace {

using ::testing::HasSubstr;

// Everything in fences of "sh", in order.
std::string CommandsOf(const std::string& page) {
  std::string out;
  bool inside = false;
  for (const std::string& line : LinesOf(TextOf(page))) {
    if (line.starts_with("```")) {
      inside = line == "```sh\n";
    } else if (inside) {
      out += line;
    }
  }
  return out;
}

class CustodyByHand : public CustodyTest {
 protected:
  // What the commands print when they are run in the folder.
  std::string Printed() const {
    const std::string commands = CommandsOf(KENAL_DOCS "/custody.md");
    const std::string printed = folder_ / "printed";
    const pid_t child = fork();
    if (child == 0) {
      const int out = open(printed.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (chdir(folder_.path().c_str()) != 0 || dup2(out, 1) < 0 ||
          dup2(out, 2) < 0) {
        _exit(126);
      }
      execlp("bash", "bash", "-c", commands.c_str(), nullptr);
      _exit(127);
    }
    int ended = -1;
    EXPECT_EQ(waitpid(child, &ended, 0), child);
    EXPECT_NE(WEXITSTATUS(ended), 126);
    EXPECT_NE(WEXITSTATUS(ended), 127);
    return TextOf(printed);
  }
  std::string Expected() const {
    return "head " + Check().head + "\nkey " + key_.public_key().Fingerprint() +
           "\n";
  }
};

TEST_F(CustodyByHand, AgreesThatAnUntouchedLogIsWhole) {
  Make();
  EXPECT_EQ(Printed(), Expected());
}

TEST_F(CustodyByHand, FindsWhatVerifyFinds) {
  Make();
  const std::vector<std::string> lines = LinesOf(TextOf(path()));
  std::vector<std::string> changed = lines;
  changed[2].replace(changed[2].find("vanished"), 1, "V");
  PutText(path(), Joined(changed));
  EXPECT_THAT(Printed(), HasSubstr("line 4 does not follow"));
  changed = lines;
  changed.erase(changed.begin() + 2);
  PutText(path(), Joined(changed));
  EXPECT_THAT(Printed(), HasSubstr("lines are missing"));
  changed = lines;
  changed.pop_back();
  PutText(path(), Joined(changed));
  EXPECT_THAT(Printed(), HasSubstr("the log is open"));
  changed = lines;
  changed.back().replace(changed.back().find("report.csv"), 6, "Report");
  PutText(path(), Joined(changed));
  EXPECT_THAT(Printed(), HasSubstr("Signature Verification Failure"));
  PutText(path(), Joined(lines));
  PutText(reports() + "/report.csv", "x");
  EXPECT_THAT(Printed(), HasSubstr("reports/report.csv: FAILED"));
}

}  // namespace
}  // namespace kenal::custody
