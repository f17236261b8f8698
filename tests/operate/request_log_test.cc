// The request log: which lines it writes, that it never waits, and that it
// holds no hashes.
#include "src/operate/request_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/support.h"

namespace kenal::operate {
namespace {

using identity::Method;
using ::kenal::testing::TempDir;
using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<json> LinesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<json> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(json::parse(line));
  }
  return lines;
}

// What is written at `level`, once the log is closed.
template <typename Work>
std::vector<json> Written(LogLevel level, Work work) {
  const TempDir folder;
  const std::string path = folder / "log";
  auto log = RequestLog::Open({path, level});
  EXPECT_TRUE(log.ok()) << log.status();
  work(**log);
  log->reset();
  return LinesOf(path);
}

std::vector<RequestLine> OneOfEachKind() {
  return {{.request_id = "plain", .status = OkStatus()},
          {.request_id = "hit", .status = OkStatus(), .hits = 1},
          {.request_id = "change",
           .method = Method::kCreateList,
           .status = OkStatus()},
          {.request_id = "refused", .status = ResourceExhausted("full")},
          {.request_id = "broken", .status = Internal("why")}};
}

TEST(RequestLogTest, EachLevelWritesWhatItsHeaderSays) {
  const std::pair<LogLevel, std::set<std::string>> levels[] = {
      {LogLevel::kDebug, {"plain", "hit", "change", "refused", "broken"}},
      {LogLevel::kInfo, {"hit", "change", "refused", "broken"}},
      {LogLevel::kWarning, {"broken"}},
      {LogLevel::kError, {"broken"}}};
  for (const auto& [level, expected] : levels) {
    std::set<std::string> written;
    for (const json& line : Written(level, [](RequestLog& log) {
           for (const RequestLine& one : OneOfEachKind()) log.Request(one);
         })) {
      written.insert(line["request_id"]);
    }
    EXPECT_EQ(written, expected) << LogLevelName(level);
  }
}

TEST(RequestLogTest, ALineHoldsWhatHappened) {
  const auto lines = Written(LogLevel::kDebug, [](RequestLog& log) {
    log.Request({.request_id = "r1",
                 .caller = "kenal://client/\"a\"\n",
                 .transport = "http",
                 .method = Method::kBatchMatch,
                 .work = identity::WorkClass::kBulk,
                 .status = OkStatus(),
                 .items = 3,
                 .hits = 2,
                 .shadow_hits = 1,
                 .verdict = Verdict::kNear,
                 .sequence = 17,
                 .queued = std::chrono::microseconds(5),
                 .took = std::chrono::milliseconds(2)});
    const RequestLog::Field fields[] = {{"list", "a"}, {"entry", "17"}};
    log.Event(LogLevel::kWarning, "flood", fields);
  });
  ASSERT_EQ(lines.size(), 2u);
  const json& line = lines[0];
  EXPECT_EQ(line["caller"], "kenal://client/\"a\"\n");
  EXPECT_EQ(line["method"], "BatchMatch");
  EXPECT_EQ(line["class"], "bulk");
  EXPECT_EQ(line["code"], "OK");
  EXPECT_EQ(line["items"], 3);
  EXPECT_EQ(line["hits"], 2);
  EXPECT_EQ(line["shadow_hits"], 1);
  EXPECT_EQ(line["verdict"], "NEAR");
  EXPECT_EQ(line["sequence"], 17);
  EXPECT_EQ(line["queued_us"], 5);
  EXPECT_EQ(line["took_us"], 2000);
  EXPECT_EQ(lines[1]["event"], "flood");
  EXPECT_EQ(lines[1]["level"], "warning");
  EXPECT_EQ(lines[1]["entry"], "17");
}

// A caller may send a hash where a name belongs, and errors name the thing.
TEST(RequestLogTest, WhatLooksLikeAHashIsLeftOut) {
  const std::string canary(64, 'c');
  const TempDir folder;
  auto log = RequestLog::Open({folder / "log", LogLevel::kDebug});
  ASSERT_TRUE(log.ok());
  (*log)->Request(
      {.request_id = "x",
       .status = NotFound("no list \"" + canary + "\"; see ListLists")});
  log->reset();
  EXPECT_THAT(TextOf(folder / "log"), Not(HasSubstr("cccc")));
  EXPECT_THAT(TextOf(folder / "log"), HasSubstr("see ListLists"));
}

TEST(RequestLogTest, FailuresBeyondTheAllowanceAreCountedInstead) {
  constexpr uint64_t kCalls = 5000;
  uint64_t written = 0;
  uint64_t left_out = 0;
  for (const json& line : Written(LogLevel::kInfo, [](RequestLog& log) {
         for (uint64_t i = 0; i < kCalls; ++i) {
           log.Request({.status = ResourceExhausted("full")});
         }
       })) {
    if (line["event"] == "request") {
      ++written;
    } else {
      EXPECT_EQ(line["of"], "failures");
      left_out += std::stoull(line["count"].get<std::string>());
    }
  }
  EXPECT_EQ(written + left_out, kCalls);
  EXPECT_GT(left_out, 0u);
}

TEST(RequestLogTest, ChangesAreNeverLeftOut) {
  const auto lines = Written(LogLevel::kInfo, [](RequestLog& log) {
    for (int i = 0; i < 3000; ++i) {
      log.Request({.method = Method::kAddEntries, .status = OkStatus()});
    }
  });
  EXPECT_EQ(lines.size(), 3000u);
}

TEST(RequestLogTest, LinesOfManyThreadsAreWhole) {
  const auto lines = Written(LogLevel::kDebug, [](RequestLog& log) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&log] {
        for (int j = 0; j < 500; ++j) log.Request({.status = OkStatus()});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(lines.size(), 2000u);
}

// A pipe that nobody empties: callers go on, and what was lost is counted.
TEST(RequestLogTest, AReaderThatStopsHoldsNobodyUp) {
  const TempDir folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto log = RequestLog::Open({path, LogLevel::kDebug});
  ASSERT_TRUE(log.ok()) << log.status();
  for (size_t i = 0; i < RequestLog::kLinesMax * 2; ++i) {
    (*log)->Request({.status = OkStatus()});
  }
  EXPECT_GT((*log)->dropped(), 0u);
  log->reset();  // gives up by itself
  close(reader);
}

TEST(RequestLogTest, APipeWithoutAReaderIsAnError) {
  const TempDir folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Status status = RequestLog::Open({path}).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

TEST(RequestLogTest, AfterReopeningLinesGoToTheFileOfThatName) {
  const TempDir folder;
  const std::string path = folder / "log";
  auto log = RequestLog::Open({path, LogLevel::kDebug});
  ASSERT_TRUE(log.ok());
  (*log)->Request({.request_id = "before", .status = OkStatus()});
  while (TextOf(path).empty()) std::this_thread::yield();
  ASSERT_EQ(rename(path.c_str(), (folder / "old").c_str()), 0);
  ASSERT_TRUE((*log)->Reopen().ok());
  (*log)->Request({.request_id = "after", .status = OkStatus()});
  log->reset();
  EXPECT_THAT(TextOf(folder / "old"), Not(HasSubstr("after")));
  EXPECT_THAT(TextOf(path), HasSubstr("after"));
  EXPECT_EQ(LinesOf(path).size(), 1u);
}

TEST(RequestIds, NoneComesTwiceAndAllAreIds) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = MakeRequestId();
    EXPECT_EQ(id.size(), 16u);
    EXPECT_TRUE(IsRequestId(id));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(RequestIds, BlanksAndControlsAndLengthAreRefused) {
  for (const char* text : {"", "a b", "a\n", "\x7f", "é"}) {
    EXPECT_FALSE(IsRequestId(text)) << text;
  }
  EXPECT_TRUE(IsRequestId(std::string(64, '~')));
  EXPECT_FALSE(IsRequestId(std::string(65, '~')));
}

}  // namespace
}  // namespace kenal::operate
