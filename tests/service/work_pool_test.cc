#include "src/service/work_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>
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

// One worker that has taken 20 ms for a task and is held by the next, with two
// tasks waiting.
class Paced : public ::testing::Test {
 protected:
  void Hold(WorkPool& pool) {
    ASSERT_TRUE(pool.Submit({}, [] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }));
    std::latch started(1);
    ASSERT_TRUE(pool.Submit({}, [&] {
      started.count_down();
      gate_.wait();
    }));
    started.wait();
    ASSERT_TRUE(pool.Submit({}, [] {}));
    ASSERT_TRUE(pool.Submit({}, [] {}));
  }
  std::latch gate_{1};
};

TEST_F(Paced, WorkThatWouldWaitTooLongIsRefusedAndToldWhenToComeAgain) {
  WorkPoolOptions options = Options(1, 100, 1000);
  options.wait_max = std::chrono::milliseconds(30);
  WorkPool pool(options);
  Hold(pool);
  std::unique_ptr<Work> work =
      std::make_unique<Task>(Work::Cost{}, nullptr, [] {});
  const auto refused = pool.Submit(work);
  ASSERT_TRUE(refused);
  EXPECT_GE(refused->retry_after, std::chrono::milliseconds(80));
  EXPECT_NE(work, nullptr);
  gate_.count_down();
}

TEST_F(Paced, WorkThatWouldWaitPastItsDeadlineIsRefused) {
  WorkPool pool(Options(1, 100, 1000));
  Hold(pool);
  const auto now = std::chrono::steady_clock::now();
  EXPECT_FALSE(
      pool.Submit({.deadline = now + std::chrono::milliseconds(35)}, [] {}));
  EXPECT_TRUE(pool.Submit({.deadline = now + std::chrono::hours(1)}, [] {}));
  EXPECT_TRUE(pool.Submit({}, [] {}));
  gate_.count_down();
}

TEST(WorkPool, AClientHasNoMoreWaitingThanThereIsRoomLeft) {
  std::latch gate(1);
  std::latch started(1);
  WorkPool pool(Options(1, 12, 1000));
  ASSERT_TRUE(pool.Submit({}, [&] {
    started.count_down();
    gate.wait();
  }));
  started.wait();
  const auto fill = [&pool](const std::shared_ptr<Share>& share) {
    int taken = 0;
    for (int i = 0; i < 20; ++i) {
      std::unique_ptr<Work> work =
          std::make_unique<Task>(Work::Cost{}, share, [] {});
      taken += !pool.Submit(work);
    }
    return taken;
  };
  EXPECT_EQ(fill(std::make_shared<Share>()), 6);
  EXPECT_EQ(fill(std::make_shared<Share>()), 3);
  EXPECT_GE(fill(std::make_shared<Share>()), 1);
  gate.count_down();
}

// Counts how many were run together.
class Joining final : public Work {
 public:
  Joining(std::chrono::milliseconds takes, size_t* most)
      : Work(Cost{}, nullptr), takes_(takes), most_(most) {}
  bool Joins(const Work&, size_t) const override { return true; }
  void Run(std::span<const std::unique_ptr<Work>> joined) override {
    *most_ = std::max(*most_, joined.size() + 1);
    std::this_thread::sleep_for(takes_ * (joined.size() + 1));
  }

 private:
  const std::chrono::milliseconds takes_;
  size_t* const most_;
};

TEST(WorkPool, DearWorkIsNotJoinedAndCheapWorkIs) {
  const auto most_together = [](std::chrono::milliseconds bound) {
    WorkPoolOptions options = Options(1, 100, 1000);
    options.joined_time_max = bound;
    size_t most = 0;
    {
      WorkPool pool(options);
      for (int i = 0; i < 20; ++i) {
        std::unique_ptr<Work> work =
            std::make_unique<Joining>(std::chrono::milliseconds(5), &most);
        EXPECT_FALSE(pool.Submit(work));
        // The first tells the pace before the others come.
        if (i == 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
    return most;
  };
  EXPECT_EQ(most_together(std::chrono::milliseconds(2)), 1U);
  EXPECT_GT(most_together(std::chrono::milliseconds(0)), 1U);
  EXPECT_GT(most_together(std::chrono::seconds(10)), 1U);
}

TEST(WorkPool, LowPriorityIsOfItsThreadsAlone) {
  WorkPoolOptions options = Options(1, 1, 1);
  options.niceness = 7;
  int theirs = -1;
  {
    WorkPool pool(options);
    ASSERT_TRUE(pool.Submit({}, [&] {
      theirs = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    }));
  }
  EXPECT_EQ(theirs, 7);
  EXPECT_NE(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), 7);
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
