// One thread of the server and the connections that it keeps.
#ifndef KENAL_SRC_HTTP_WORKER_H_
#define KENAL_SRC_HTTP_WORKER_H_

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <unordered_map>

#include "src/http/connection.h"
#include "src/http/shared.h"

namespace kenal::http {

class Worker : private Owner {
 public:
  Worker(Shared& shared, size_t connections_max);
  // Stops the thread; every connection has ended.
  ~Worker() override;

  boost::asio::io_context& context() { return context_; }
  size_t count() const { return count_; }

  // These may be called on any thread.
  void Take(Socket socket, TlsKeeper::Context tls);
  void DrainAll();
  void AbortAll();
  void MakeRoom();

 private:
  void Forget(const Connection& connection) override;
  void Add(Socket socket, TlsKeeper::Context tls);
  // Closes a connection that does nothing. False: all of them are busy.
  bool Evict();
  void Tick();

  Shared& shared_;
  const size_t connections_max_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      guard_;
  boost::asio::steady_timer timer_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>>
      connections_;
  std::atomic<size_t> count_{0};
  std::thread thread_;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_WORKER_H_
