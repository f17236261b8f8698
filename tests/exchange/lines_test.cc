#include "src/exchange/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <thread>

namespace kenal::exchange {
namespace {

constexpr size_t kLimit = 16;

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    CloseWriter();
  }
  void CloseWriter() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  void Write(std::string_view text) const {
    ASSERT_EQ(write(ends[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  int ends[2] = {-1, -1};
};

struct Got {
  std::string text;
  uint64_t number;
  bool too_long;
  friend bool operator==(const Got&, const Got&) = default;
};

std::vector<Got> ReadAll(LineReader& reader) {
  std::vector<Got> all;
  while (true) {
    const auto line = reader.Next();
    EXPECT_TRUE(line.ok()) << line.status();
    if (!line.ok() || !*line) return all;
    all.push_back(
        {std::string((*line)->text), (*line)->number, (*line)->too_long});
  }
}

// Feeds `text` through a pipe in pieces of random sizes.
std::vector<Got> ReadInPieces(const std::string& text, uint64_t seed) {
  Pipe pipe_ends;
  std::thread writer([&] {
    std::mt19937_64 random(seed);
    for (size_t at = 0; at < text.size();) {
      const size_t size = std::min(1 + random() % 40, text.size() - at);
      pipe_ends.Write(std::string_view(text).substr(at, size));
      at += size;
    }
    pipe_ends.CloseWriter();
  });
  LineReader reader(pipe_ends.ends[0], "a pipe", kLimit);
  std::vector<Got> all = ReadAll(reader);
  EXPECT_EQ(reader.consumed_bytes(), text.size());
  writer.join();
  return all;
}

// The plain twin: splits a string that is all in memory.
std::vector<Got> Expected(std::string text) {
  std::vector<Got> all;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (at == 0 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    const bool too_long = line.size() > kLimit;
    all.push_back({too_long ? "" : line, all.size() + 1, too_long});
    at = end + 1;
  }
  return all;
}

TEST(LineReader, AgreesWithSplittingInMemoryHoweverTheBytesArrive) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text = random() % 3 == 0 ? "\xEF\xBB\xBF" : "";
    const size_t size = random() % 200;
    while (text.size() < size) {
      constexpr char kLikely[] = {'a', 'b', '\n', '\r', '\0', '#'};
      const size_t run = random() % 5 == 0 ? random() % 40 : 1;
      text.append(run, kLikely[random() % 6]);
    }
    ASSERT_EQ(ReadInPieces(text, random()), Expected(text));
  }
}

TEST(LineReader, SkipsALineOfManyBlocksInBoundedMemory) {
  const std::string text = std::string(5'000'000, 'x') + "\nnext";
  Pipe pipe_ends;
  std::thread writer([&] {
    for (size_t at = 0; at < text.size(); at += 50'000) {
      pipe_ends.Write(std::string_view(text).substr(at, 50'000));
    }
    pipe_ends.CloseWriter();
  });
  LineReader reader(pipe_ends.ends[0], "a pipe", kLimit);
  EXPECT_THAT(ReadAll(reader),
              testing::ElementsAre(Got{"", 1, true}, Got{"next", 2, false}));
  writer.join();
}

TEST(LineReader, TellsWhetherTheNextLineIsThere) {
  Pipe pipe_ends;
  LineReader reader(pipe_ends.ends[0], "a pipe", kLimit);
  EXPECT_FALSE(reader.HasBufferedLine());
  pipe_ends.Write("one\ntwo\nthr");
  ASSERT_TRUE(reader.Next().ok());
  EXPECT_TRUE(reader.HasBufferedLine());
  ASSERT_TRUE(reader.Next().ok());
  EXPECT_FALSE(reader.HasBufferedLine());  // "thr" is no whole line yet.
  pipe_ends.CloseWriter();
  EXPECT_EQ((*reader.Next())->text, "thr");
  EXPECT_TRUE(reader.HasBufferedLine());  // The end does not block.
  EXPECT_FALSE((*reader.Next()).has_value());
}

TEST(LineReader, NamesWhatItCannotOpen) {
  const auto missing = LineReader::Open("/nowhere/list.txt", kLimit);
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()),
              testing::HasSubstr("/nowhere/list.txt"));
  EXPECT_EQ(LineReader::Open("/tmp", kLimit).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(LineReader, ReportsAReadThatFails) {
  Pipe pipe_ends;
  LineReader reader(pipe_ends.ends[1], "the wrong end", kLimit);
  const auto line = reader.Next();
  EXPECT_EQ(line.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(line.status().message()),
              testing::HasSubstr("the wrong end"));
}

}  // namespace
}  // namespace kenal::exchange
