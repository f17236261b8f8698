#include "bench/load/requests.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <random>

#include "kenal/v1/match_service.pb.h"

namespace kenal::load {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    path_ = (std::filesystem::temp_directory_path() / "kenal-load-test-XXXXXX")
                .string();
    const int file = mkstemp(path_.data());
    close(file);
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int Distance(const std::string& a, const std::string& b) {
  int bits = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    bits += std::popcount(static_cast<uint8_t>(a[i] ^ b[i]));
  }
  return bits;
}

TEST(Requests, HoldTheViewsVariantsAndItemsThatWereAskedFor) {
  const QueryOptions options{.pool = 512,
                             .batch_items = 64,
                             .views = 3,
                             .variants = true,
                             .effort = "thorough",
                             .work_class = "bulk"};
  const auto pool = MakeRequests(CallKind::kBatch, options);
  ASSERT_TRUE(pool.ok()) << pool.status();
  EXPECT_EQ(pool->items, 64u);
  ASSERT_EQ(pool->requests.size(), 512u / 64);
  v1::BatchMatchRequest request;
  ASSERT_TRUE(request.ParseFromString(pool->requests.front()));
  EXPECT_EQ(request.effort(), v1::EFFORT_THOROUGH);
  EXPECT_EQ(request.work_class(), v1::WORK_CLASS_BULK);
  ASSERT_EQ(request.contents_size(), 64);
  for (const v1::Content& content : request.contents()) {
    ASSERT_EQ(content.signals().pdq_size(), 3);
    for (const v1::PdqView& view : content.signals().pdq()) {
      EXPECT_EQ(view.hash().size(), 32u);
      EXPECT_EQ(view.dihedral_size(), 8);
      EXPECT_EQ(view.dihedral(0), view.hash());
    }
  }
}

TEST(Requests, PlantTheShareOfKnownHashesWithinTheBitsAllowed) {
  std::string lines, known(32, '\x5a');
  for (int i = 0; i < 32; ++i) lines += "5a";
  const TemporaryFile file("# a comment\npdq " + lines + "\nmd5 00\n");
  const auto pool = MakeRequests(CallKind::kUnary, {.pool = 2'000,
                                                    .known_file = file.path(),
                                                    .known_share = 0.25,
                                                    .known_bits = 6});
  ASSERT_TRUE(pool.ok()) << pool.status();
  int near = 0;
  for (const std::string& bytes : pool->requests) {
    v1::MatchRequest request;
    ASSERT_TRUE(request.ParseFromString(bytes));
    const int distance =
        Distance(request.content().signals().pdq(0).hash(), known);
    near += distance <= 6 ? 1 : 0;
    EXPECT_TRUE(distance <= 6 || distance > 60) << distance;
  }
  EXPECT_NEAR(near, 500, 100);
}

TEST(Requests, NameWhatIsWrongWithTheirOptions) {
  EXPECT_EQ(MakeRequests(CallKind::kUnary, {.views = 9}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeRequests(CallKind::kPicture, {}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeRequests(CallKind::kUnary,
                         {.known_file = "/nowhere/at/all", .known_share = 0.5})
                .status()
                .code(),
            StatusCode::kNotFound);
  const TemporaryFile file("pdq 5a5a\n");
  EXPECT_EQ(MakeRequests(CallKind::kUnary,
                         {.known_file = file.path(), .known_share = 0.5})
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

// The oracle is protobuf's own reader.
TEST(ReadResponse, CountsTheVerdictsOfEveryKindOfResponse) {
  v1::BatchMatchResponse batch;
  for (int i = 0; i < 10; ++i) {
    v1::Answer& answer = *batch.add_answers();
    answer.set_verdict(i < 4 ? v1::VERDICT_NEAR : v1::VERDICT_NO_KNOWN_MATCH);
    answer.set_sequence(1'000'000);
    answer.add_matches()->set_list("a list");
    answer.set_action_label("block");
  }
  Verdicts verdicts;
  EXPECT_EQ(ReadResponse(CallKind::kBatch, batch.SerializeAsString(), verdicts),
            0u);
  v1::MatchResponse one;
  one.mutable_answer()->set_verdict(v1::VERDICT_TEST);
  ReadResponse(CallKind::kUnary, one.SerializeAsString(), verdicts);
  v1::StreamMatchResponse item;
  item.set_id("an id");
  item.mutable_answer()->set_verdict(v1::VERDICT_NEAR);
  EXPECT_EQ(ReadResponse(CallKind::kStream, item.SerializeAsString(), verdicts),
            0u);
  EXPECT_EQ(verdicts.seen[v1::VERDICT_NEAR], 5u);
  EXPECT_EQ(verdicts.seen[v1::VERDICT_NO_KNOWN_MATCH], 6u);
  EXPECT_EQ(verdicts.seen[v1::VERDICT_TEST], 1u);
  EXPECT_EQ(verdicts.malformed, 0u);
}

TEST(ReadResponse, GivesTheCodeOfAStreamItemThatWasRefused) {
  v1::StreamMatchResponse item;
  item.set_id("an id");
  item.mutable_error()->set_code(8);
  item.mutable_error()->set_message("full");
  Verdicts verdicts;
  EXPECT_EQ(ReadResponse(CallKind::kStream, item.SerializeAsString(), verdicts),
            8u);
}

TEST(ReadResponse, SaysMalformedOfBrokenBytesAndNeverReadsBeyondThem) {
  v1::MatchResponse one;
  one.mutable_answer()->set_verdict(v1::VERDICT_NEAR);
  one.mutable_answer()->set_sequence(300);
  const std::string whole = one.SerializeAsString();
  for (size_t size = 1; size < whole.size(); ++size) {
    Verdicts verdicts;
    ReadResponse(CallKind::kUnary, whole.substr(0, size), verdicts);
    EXPECT_GT(verdicts.malformed, 0u) << size;
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    std::string noise(random() % 40, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    Verdicts verdicts;
    ReadResponse(CallKind::kStream, noise, verdicts);
  }
}

}  // namespace
}  // namespace kenal::load
