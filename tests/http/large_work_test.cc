// Whose large text is next, and how many of one client may wait.
#include "src/http/large_work.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <latch>
#include <mutex>
#include <string>
#include <vector>

namespace kenal::http {
namespace {

int PriorityHere() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
}

TEST(LargeWork, OneClientsWorkDoesNotHoldUpAnothers) {
  LargeWork large({});
  std::latch open(1);
  for (int i = 0; i < 5; ++i) large.Post("a", [&] { open.wait(); });
  std::promise<void> done;
  large.Post("b", [&] { done.set_value(); });
  done.get_future().wait();
  open.count_down();
}

TEST(LargeWork, ClientsTakeTurnsAndKeepTheirOwnOrder) {
  LargeWork large({});
  std::latch open(1);
  std::latch running(2);
  const auto hold = [&] {
    running.count_down();
    open.wait();
  };
  large.Post("x", hold);
  large.Post("y", hold);
  running.wait();
  std::mutex mutex;
  std::vector<std::string> order;
  for (const std::string client : {"a", "b"}) {
    for (int i = 0; i < 20; ++i) {
      large.Post(client, [&, client, i] {
        const std::lock_guard lock(mutex);
        order.push_back(client + std::to_string(i));
      });
    }
  }
  open.count_down();
  large.Join();
  ASSERT_EQ(order.size(), 40U);
  for (const char client : {'a', 'b'}) {
    int next = 0;
    for (const std::string& one : order) {
      if (one[0] != client) continue;
      EXPECT_EQ(one.substr(1), std::to_string(next++));
    }
  }
}

TEST(LargeWork, OfOneClientOnlySoManyWaitAndSoManyBytes) {
  LargeWork large({.waiting_max = 3, .waiting_bytes_max = 100});
  std::latch open(1);
  std::latch running(1);
  int done = 0;
  large.Post("a", [&] {
    running.count_down();
    open.wait();
  });
  running.wait();
  const auto work = [&] { ++done; };
  EXPECT_TRUE(large.Offer("a", 10, work));
  EXPECT_FALSE(large.Offer("a", 91, work));
  EXPECT_TRUE(large.Offer("a", 90, work));
  EXPECT_TRUE(large.Offer("a", 0, work));
  EXPECT_FALSE(large.Offer("a", 0, work));
  std::promise<void> other;
  EXPECT_TRUE(large.Offer("b", 1000, [&] { other.set_value(); }));
  other.get_future().wait();
  open.count_down();
  large.Join();
  EXPECT_EQ(done, 3);
}

TEST(LargeWork, ItIsDoneBelowThePriorityOfThoseWhoServe) {
  LargeWork large({});
  std::promise<int> priority;
  large.Post("a", [&] { priority.set_value(PriorityHere()); });
  EXPECT_EQ(priority.get_future().get(), std::min(19, PriorityHere() + 10));
}

}  // namespace
}  // namespace kenal::http
