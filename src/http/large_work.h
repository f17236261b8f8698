// LargeWork: reads and writes large texts beside the threads that serve, below
// their priority, so that small requests never wait behind one of 65 MiB; nor
// does a client wait behind all that another one sent.
#ifndef KENAL_SRC_HTTP_LARGE_WORK_H_
#define KENAL_SRC_HTTP_LARGE_WORK_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kenal::http {

// Thread-safe. Clients take turns, and one client's work never occupies more
// than one of the threads.
class LargeWork {
 public:
  using Work = std::function<void()>;

  // Of one client: works that wait for their turn, and their bytes. The first
  // may be of any size.
  struct Bounds {
    size_t waiting_max = 16;
    size_t waiting_bytes_max = size_t{128} << 20;
  };

  explicit LargeWork(Bounds bounds);
  ~LargeWork();  // Join

  // False: the client's bounds are passed, and the work is not taken.
  bool Offer(const std::string& client, size_t bytes, Work work);
  // Takes the work whatever waits.
  void Post(const std::string& client, Work work);
  // Does what was taken, then ends the threads. Nothing is taken afterwards.
  void Join();

 private:
  struct Item {
    Work work;
    size_t bytes = 0;
  };
  struct Line {
    std::deque<Item> items;
    size_t bytes = 0;
    bool is_running = false;
  };

  void Put(const std::string& client, Line& line, Item item);
  void Run();

  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::map<std::string, Line> lines_;  // of clients that wait or run
  // Clients that wait and do not run, whose turn is next first.
  std::deque<std::string> turns_;
  std::vector<std::thread> threads_;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_LARGE_WORK_H_
