// Housekeeper: one thread that looks now and then at what may change outside:
// the client table, the certificates, and how far the index has come.
#ifndef KENAL_SRC_SERVICE_HOUSEKEEPER_H_
#define KENAL_SRC_SERVICE_HOUSEKEEPER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "src/base/mutex.h"
#include "src/operate/request_log.h"
#include "src/service/desk.h"
#include "src/service/directory.h"

namespace kenal::service {

class Housekeeper {
 public:
  struct Parts {
    Desk& desk;
    Directory& directory;
    operate::RequestLog& log;
    // True when answers first hold all that the log does, and again after
    // false: they do not hold what it did kLagMax ago.
    std::function<void(bool)> ready;
    std::string certificate;  // the server's; empty: none
  };

  explicit Housekeeper(Parts parts);
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  // Thread-safe: the client table and the log, now.
  void Reload();

 private:
  void Run();
  void RefreshTable();
  void WatchCertificate();
  void WatchAnswers();

  const Parts parts_;
  std::string seen_certificate_;
  base::Mutex table_mutex_;
  std::string table_trouble_ KENAL_GUARDED_BY(table_mutex_);
  // The thread's own: what answers are to hold, and since when.
  bool ready_ = false;
  std::optional<Sequence> goal_;
  std::chrono::steady_clock::time_point goal_time_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  bool ending_ KENAL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_HOUSEKEEPER_H_
