// The words between parent and worker: what is sent arrives, and what no
// honest worker can have sent is refused.
#include "src/decode/protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <utility>

#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

constexpr uint64_t kId = 77;
constexpr int kWidth = 300;
constexpr int kHeight = 200;

using Random = std::mt19937;

template <typename Bytes>
void FillBytes(Random& random, Bytes& bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
}

PdqView MakeView(Random& random, View name, bool has_marr) {
  PdqView view{.view = name,
               .quality = static_cast<int>(random() % 101),
               .template_like = random() % 2 == 0};
  FillBytes(random, view.hash.bytes);
  for (PdqHash& hash : view.dihedral.emplace()) FillBytes(random, hash.bytes);
  if (has_marr) FillBytes(random, view.marr.emplace().bytes);
  if (kWholeViews.Contains(name)) return view;
  view.profile = PdqProfile::kReduced;
  Region region;
  region.width = 1 + static_cast<int32_t>(random() % kWidth);
  region.height = 1 + static_cast<int32_t>(random() % kHeight);
  const auto below = [&random](int32_t limit) {
    return static_cast<int32_t>(random() % static_cast<uint32_t>(limit));
  };
  region.x = below(kWidth - region.width + 1);
  region.y = below(kHeight - region.height + 1);
  view.region = region;
  return view;
}

DecodeWork MakeWork(Random& random) {
  return {*ViewSet::FromBits(random() % (1u << kViewCount)), random() % 2 == 0};
}

// What an honest worker may answer to that.
Outcome MakeOutcome(Random& random, const DecodeWork& work) {
  Outcome outcome;
  outcome.kind = Kind::kJpeg;
  outcome.width = kWidth;
  outcome.height = kHeight;
  for (int i = 0; i < kViewCount; ++i) {
    const View name{static_cast<uint8_t>(i)};
    const bool is_there = name == View::kStored ||
                          (random() % 4 != 0 && (name == View::kUpright ||
                                                 work.views.Contains(name)));
    if (!is_there) continue;
    outcome.views.push_back(MakeView(random, name, work.second_opinion));
  }
  return outcome;
}

StatusOr<Outcome> Sent(const Outcome& outcome, const DecodeWork& work) {
  return ParseResponse(Encode(kId, outcome), kId, work);
}

TEST(Protocol, RequestsCarryTheWork) {
  Random random(1);
  for (uint32_t bits = 0; bits < 1u << kViewCount; ++bits) {
    const Request request{.id = random(),
                          .size_bytes = 1 + random() % kInputBytesMax,
                          .work = {*ViewSet::FromBits(bits), bits % 3 == 0}};
    const StatusOr<Request> got = ParseRequest(Encode(request));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->id, request.id);
    EXPECT_EQ(got->size_bytes, request.size_bytes);
    EXPECT_EQ(got->work.views, request.work.views);
    EXPECT_EQ(got->work.second_opinion, request.work.second_opinion);
  }
}

TEST(Protocol, RequestsThatCannotBeAreRefused) {
  const Request good{.id = 1, .size_bytes = 1};
  EXPECT_TRUE(ParseRequest(Encode(good)).ok());
  EXPECT_FALSE(ParseRequest(Encode(Request{.id = 1, .size_bytes = 0})).ok());
  EXPECT_FALSE(
      ParseRequest(Encode(Request{.id = 1, .size_bytes = kInputBytesMax + 1}))
          .ok());
  // A second opinion that is neither yes nor no, and what nobody reads.
  for (size_t at = 22; at < kRequestBytes; ++at) {
    RequestMessage message = Encode(good);
    message[at] = 2;
    EXPECT_FALSE(ParseRequest(message).ok()) << at;
  }
}

TEST(Protocol, AnswersArriveAsTheyWereSent) {
  Random random(2);
  for (int round = 0; round < 3000; ++round) {
    const DecodeWork work = MakeWork(random);
    const Outcome outcome = MakeOutcome(random, work);
    const StatusOr<Outcome> got = Sent(outcome, work);
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(got->views, outcome.views);
    EXPECT_EQ(got->width, outcome.width);
  }
}

TEST(Protocol, AnAnswerWithAllViewsFits) {
  Random random(3);
  const DecodeWork work{*ViewSet::FromBits((1u << kViewCount) - 1), true};
  Outcome outcome = MakeOutcome(random, work);
  outcome.views.clear();
  for (int i = 0; i < kViewCount; ++i) {
    outcome.views.push_back(
        MakeView(random, View{static_cast<uint8_t>(i)}, true));
  }
  const StatusOr<Outcome> got = Sent(outcome, work);
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(got->views, outcome.views);
}

TEST(Protocol, AnswersOtherThanTheWorkAskedForAreRefused) {
  Random random(4);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const DecodeWork work = MakeWork(random);
    const Outcome outcome = MakeOutcome(random, work);
    const DecodeWork other = MakeWork(random);
    bool is_asked = work.second_opinion == other.second_opinion;
    for (const PdqView& view : outcome.views) {
      is_asked = is_asked && (kWholeViews | other.views).Contains(view.view);
    }
    EXPECT_EQ(Sent(outcome, other).ok(), is_asked);
    refused += !is_asked;
  }
  EXPECT_GT(refused, 1000);
}

TEST(Protocol, ViewsOutOfOrderOrTwiceAreRefused) {
  Random random(5);
  const DecodeWork work{*ViewSet::FromBits((1u << kViewCount) - 1)};
  for (int round = 0; round < 1000; ++round) {
    Outcome outcome = MakeOutcome(random, work);
    if (outcome.views.size() < 3 || outcome.views.size() == kViewCount) {
      continue;
    }
    const size_t a = random() % outcome.views.size();
    const size_t b = random() % outcome.views.size();
    if (a != b) std::swap(outcome.views[a], outcome.views[b]);
    EXPECT_EQ(Sent(outcome, work).ok(), a == b);
    outcome.views.push_back(outcome.views.back());
    EXPECT_FALSE(Sent(outcome, work).ok());
  }
}

TEST(Protocol, RegionsOutsideThePictureAreRefused) {
  Random random(6);
  const DecodeWork work{{View::kTrimmed}};
  Outcome outcome;
  outcome.kind = Kind::kPng;
  outcome.width = kWidth;
  outcome.height = kHeight;
  outcome.views = {MakeView(random, View::kStored, false),
                   MakeView(random, View::kTrimmed, false)};
  const auto is_believed = [&](const Region& region) {
    outcome.views.back().region = region;
    return Sent(outcome, work).ok();
  };
  EXPECT_TRUE(is_believed({0, 0, kWidth, kHeight}));
  EXPECT_TRUE(is_believed({kWidth - 1, kHeight - 1, 1, 1}));
  for (const Region& outside :
       std::initializer_list<Region>{{0, 0, kWidth + 1, kHeight},
                                     {0, 0, kWidth, kHeight + 1},
                                     {1, 0, kWidth, kHeight},
                                     {0, 1, kWidth, kHeight},
                                     {0, 0, kHeight, kWidth},
                                     {-1, 0, 10, 10},
                                     {0, -1, 10, 10},
                                     {0, 0, 0, 10},
                                     {0, 0, 10, 0},
                                     {5, 5, -2, 3},
                                     {INT32_MAX, 0, INT32_MAX, 1},
                                     {1, 1, INT32_MAX, 1},
                                     {INT32_MIN, 0, 10, 10}}) {
    EXPECT_FALSE(is_believed(outside))
        << outside.x << ' ' << outside.y << ' ' << outside.width << ' '
        << outside.height;
  }
  // A picture that is turned may have swapped its sides.
  outcome.views.insert(outcome.views.begin() + 1,
                       MakeView(random, View::kUpright, false));
  EXPECT_TRUE(is_believed({0, 0, kHeight, kWidth}));
  EXPECT_TRUE(is_believed({0, 0, kWidth, kHeight}));
  EXPECT_FALSE(is_believed({0, 0, kWidth, kWidth}));
}

// Byte by byte: a message is refused, or is just what its outcome encodes to.
TEST(Protocol, ChangedBytesAreRefusedOrMeanSomethingElse) {
  Random random(7);
  const DecodeWork work{*ViewSet::FromBits((1u << kViewCount) - 1)};
  for (int round = 0; round < 20; ++round) {
    const ResponseMessage good = Encode(kId, MakeOutcome(random, work));
    for (int change = 0; change < 2000; ++change) {
      ResponseMessage message = good;
      const size_t at = random() % (change % 2 == 0 ? 60 : kResponseBytes);
      message[at] = static_cast<uint8_t>(random());
      const StatusOr<Outcome> got = ParseResponse(message, kId, work);
      if (!got.ok()) continue;
      EXPECT_EQ(Encode(kId, *got), message) << at;
    }
  }
}

TEST(Protocol, MessagesOfAnotherLengthOrIdAreRefused) {
  Random random(8);
  const ResponseMessage good = Encode(kId, MakeOutcome(random, {}));
  EXPECT_TRUE(ParseResponse(good, kId, {}).ok());
  EXPECT_FALSE(ParseResponse(good, kId + 1, {}).ok());
  for (size_t size = 0; size < good.size(); size += 7) {
    EXPECT_FALSE(ParseResponse({good.data(), size}, kId, {}).ok());
  }
}

}  // namespace
}  // namespace kenal::decode
