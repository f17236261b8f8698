#include "src/http/large_work.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace kenal::http {
namespace {

constexpr int kThreads = 2;
constexpr int kNicer = 10;  // than who made it

// Of the calling thread alone. Without it the work is done all the same.
void LowerPriority() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  const int here = getpriority(PRIO_PROCESS, thread);
  static_cast<void>(setpriority(PRIO_PROCESS, thread, here + kNicer));
}

}  // namespace

LargeWork::LargeWork(Bounds bounds) : bounds_(bounds) {
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

LargeWork::~LargeWork() { Join(); }

bool LargeWork::Offer(const std::string& client, size_t bytes, Work work) {
  const std::lock_guard lock(mutex_);
  Line& line = lines_[client];
  const bool is_full =
      !line.items.empty() && (line.items.size() >= bounds_.waiting_max ||
                              line.bytes + bytes > bounds_.waiting_bytes_max);
  if (is_full) return false;
  Put(client, line, {std::move(work), bytes});
  return true;
}

void LargeWork::Post(const std::string& client, Work work) {
  const std::lock_guard lock(mutex_);
  Put(client, lines_[client], {std::move(work)});
}

void LargeWork::Put(const std::string& client, Line& line, Item item) {
  if (!line.is_running && line.items.empty()) turns_.push_back(client);
  line.bytes += item.bytes;
  line.items.push_back(std::move(item));
  changed_.notify_one();
}

void LargeWork::Join() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void LargeWork::Run() {
  LowerPriority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !turns_.empty() || is_ending_; });
    if (turns_.empty()) return;
    const std::string client = std::move(turns_.front());
    turns_.pop_front();
    Line& line = lines_[client];
    Item item = std::move(line.items.front());
    line.items.pop_front();
    line.bytes -= item.bytes;
    line.is_running = true;
    lock.unlock();
    item.work();
    item.work = nullptr;
    lock.lock();
    line.is_running = false;
    if (line.items.empty()) {
      lines_.erase(client);
    } else {
      turns_.push_back(client);
    }
  }
}

}  // namespace kenal::http
