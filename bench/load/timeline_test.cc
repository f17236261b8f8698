#include "bench/load/timeline.h"

#include <gtest/gtest.h>

#include "bench/load/phase.h"

namespace kenal::load {
namespace {

using Kind = Timeline::Kind;
constexpr int64_t kMs = 1'000'000;

// A hundred calls a slot, each answered after `latency_ns`.
void Fill(Timeline& timeline, int from_slot, int to_slot, Kind kind,
          int64_t latency_ns) {
  for (int slot = from_slot; slot < to_slot; ++slot) {
    for (int i = 0; i < 100; ++i) {
      timeline.Record(slot * Timeline::kSlotNs + i * kMs, kind, latency_ns);
    }
  }
}

TEST(Timeline, IsNormalFromTheSlotAfterTheLastSlowOne) {
  Timeline timeline;
  Fill(timeline, 0, 5, Kind::kAccepted, 100 * kMs);
  Fill(timeline, 5, 8, Kind::kAccepted, 2 * kMs);
  Fill(timeline, 8, 9, Kind::kAccepted, 100 * kMs);
  Fill(timeline, 9, 20, Kind::kAccepted, 2 * kMs);
  EXPECT_DOUBLE_EQ(timeline.SecondsUntilNormal(10 * kMs, 0.99), 0.9);
}

TEST(Timeline, SlotsThatRefuseAreNotNormalHoweverQuick) {
  Timeline timeline;
  Fill(timeline, 0, 20, Kind::kAccepted, kMs);
  Fill(timeline, 3, 4, Kind::kRefused, kMs);
  EXPECT_DOUBLE_EQ(timeline.SecondsUntilNormal(10 * kMs, 0.99), 0.4);
  Fill(timeline, 11, 12, Kind::kFailed, kMs);
  EXPECT_DOUBLE_EQ(timeline.SecondsUntilNormal(10 * kMs, 0.99), 1.2);
}

TEST(Timeline, OneThatEndsSlowIsNeverNormal) {
  Timeline timeline;
  EXPECT_LT(timeline.SecondsUntilNormal(10 * kMs, 0.99), 0);
  Fill(timeline, 0, 10, Kind::kAccepted, 100 * kMs);
  EXPECT_LT(timeline.SecondsUntilNormal(10 * kMs, 0.99), 0);
}

TEST(Timeline, OneThatWasNormalThroughoutSaysZero) {
  Timeline timeline;
  Fill(timeline, 0, 10, Kind::kAccepted, kMs);
  EXPECT_DOUBLE_EQ(timeline.SecondsUntilNormal(10 * kMs, 0.99), 0);
}

TEST(Timeline, CallsAfterItsEndAreDropped) {
  Timeline timeline;
  timeline.Record(int64_t{Timeline::kSlotsMax} * Timeline::kSlotNs,
                  Kind::kAccepted, kMs);
  EXPECT_TRUE(timeline.slots().empty());
}

// A call that had to wait to be sent has waited.
TEST(Phase, LatencyCountsFromTheTimeThatACallWasDue) {
  PhaseResult phase;
  phase.begin_ns = 1'000;
  const Due call{
      .phase = &phase, .due_ns = 1'000 + 5 * kMs, .sent_ns = 1'000 + 9 * kMs};
  phase.Answered(call, PhaseResult::kOk, false, 1'000 + 12 * kMs);
  EXPECT_EQ(phase.accepted.max(), 7 * kMs);
  EXPECT_EQ(phase.own_accepted.max(), 3 * kMs);
}

TEST(Phase, AcceptedRefusedAndFailedCallsAreKeptApart) {
  PhaseResult phase;
  const Due call{.phase = &phase, .items = 256};
  phase.Answered(call, PhaseResult::kOk, false, 1);
  phase.Answered(call, PhaseResult::kExhausted, true, 1);
  phase.Answered(call, PhaseResult::kExhausted, false, 1);
  phase.Answered(call, 14, false, 1);
  phase.Answered(call, 4'000'000, false, 1);  // no code of gRPC
  EXPECT_EQ(phase.accepted.count(), 1u);
  EXPECT_EQ(phase.accepted_items, 256u);
  EXPECT_EQ(phase.Refused(), 2u);
  EXPECT_EQ(phase.hinted, 1u);
  EXPECT_EQ(phase.Failed(), 2u);
  EXPECT_EQ(phase.by_code[14], 1u);
}

TEST(Phase, AGeneratorThatLeavesCallsUnsentSaysSo) {
  PhaseResult phase;
  phase.due = 10'000;
  EXPECT_FALSE(phase.FellBehind());
  phase.unsent_in_flight = 11;
  EXPECT_TRUE(phase.FellBehind());
}

}  // namespace
}  // namespace kenal::load
