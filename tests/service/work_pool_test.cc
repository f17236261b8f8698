#include "src/service/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace kenal::service {
namespace {

WorkPoolOptions Options(int workers, size_t queue_max, size_t bytes_max) {
  return {.name = "things",
          .worker_count = workers,
          .queue_max = queue_max,
          .bytes_max = bytes_max};
}

TEST(WorkPool, RunsEverythingItAcceptedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkPool pool(Options(2, 1000, 1000));
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(pool.Submit({.size_bytes = 1}, [&] { ++done; }));
    }
  }
  EXPECT_EQ(done, 1000);
}

TEST(WorkPool, AFullQueueRefusesByCount) {
  std::latch gate(1);
  std::atomic<int> done = 0;
  {
    WorkPool pool(Options(2, 3, 1000));
    const auto task = [&] {
      gate.wait();
      ++done;
    };
    int accepted = 0;
    while (pool.Submit({}, task)) ++accepted;
    EXPECT_EQ(accepted, 5);  // two at work or about to be, three waiting
    gate.count_down();
  }
  EXPECT_EQ(done, 5);
}

TEST(WorkPool, AFullQueueRefusesByBytesButNeverTheFirst) {
  std::latch started(1);
  std::latch gate(1);
  WorkPool pool(Options(1, 100, 1000));
  ASSERT_TRUE(pool.Submit({}, [&] {
    started.count_down();
    gate.wait();
  }));
  started.wait();
  EXPECT_TRUE(pool.Submit({.size_bytes = 5000}, [] {}));
  EXPECT_FALSE(pool.Submit({.size_bytes = 1}, [] {}));
  gate.count_down();
}

TEST(WorkPool, WithoutAQueueATaskNeedsAnIdleWorker) {
  std::latch gate(1);
  WorkPool pool(Options(2, 0, 0));
  EXPECT_TRUE(pool.Submit({}, [&] { gate.wait(); }));
  EXPECT_TRUE(pool.Submit({}, [&] { gate.wait(); }));
  EXPECT_FALSE(pool.Submit({}, [] {}));
  gate.count_down();
}

// A stream with endless work shares one worker with everybody else.
TEST(WorkPool, ARequeuedTaskGoesBehindThoseThatWait) {
  std::latch gate(1);
  std::vector<int> order;
  {
    WorkPool pool(Options(1, 100, 1000));
    ASSERT_TRUE(pool.Submit({}, [&] {
      gate.wait();
      pool.Requeue(std::make_unique<Task>(Work::Cost{}, nullptr,
                                          [&] { order.push_back(1); }));
    }));
    ASSERT_TRUE(pool.Submit({}, [&] { order.push_back(2); }));
    ASSERT_TRUE(pool.Submit({}, [&] { order.push_back(3); }));
    gate.count_down();
  }
  EXPECT_EQ(order, (std::vector<int>{2, 3, 1}));
}

}  // namespace
}  // namespace kenal::service
