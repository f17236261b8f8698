#include "src/http/worker.h"

#include <boost/asio/post.hpp>
#include <vector>

namespace kenal::http {
namespace {

namespace asio = boost::asio;

// How late a bound in HttpLimits may take effect.
constexpr std::chrono::milliseconds kTick{100};
// What does nothing for so long may make room for a newcomer.
constexpr std::chrono::milliseconds kUnverifiedAge{200};
constexpr std::chrono::milliseconds kIdleAge{1000};

}  // namespace

Worker::Worker(Shared& shared, size_t connections_max)
    : shared_(shared),
      connections_max_(connections_max),
      guard_(context_.get_executor()),
      timer_(context_) {
  asio::post(context_, [this] { Tick(); });
  thread_ = std::thread([this] { context_.run(); });
}

Worker::~Worker() {
  guard_.reset();
  context_.stop();
  thread_.join();
}

void Worker::Take(Socket socket, TlsKeeper::Context tls) {
  ++count_;  // Here, so that the next socket sees it.
  asio::post(context_, [this, socket = std::move(socket),
                        tls = std::move(tls)]() mutable {
    Add(std::move(socket), std::move(tls));
  });
}

void Worker::Add(Socket socket, TlsKeeper::Context tls) {
  if (shared_.draining ||
      (connections_.size() >= connections_max_ && !Evict())) {
    --count_;
    return;
  }
  Owner& owner = *this;
  const auto connection = std::make_shared<Connection>(
      shared_, owner, std::move(socket), std::move(tls));
  connections_.emplace(connection.get(), connection);
  connection->Start();
}

void Worker::Forget(const Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  // Its last owner may be the caller, who is not done with it.
  asio::post(context_, [kept = std::move(found->second)] {});
  connections_.erase(found);
  --count_;
}

bool Worker::Evict() {
  const auto now = Connection::Clock::now();
  Connection* oldest = nullptr;
  for (const auto& [key, connection] : connections_) {
    const bool is_candidate =
        (connection->is_unverified() &&
         now - connection->since() > kUnverifiedAge) ||
        (connection->is_idle() && now - connection->since() > kIdleAge);
    if (!is_candidate) continue;
    // Who has not shown a certificate goes before who has.
    if (oldest == nullptr ||
        (connection->is_unverified() && !oldest->is_unverified()) ||
        (connection->is_unverified() == oldest->is_unverified() &&
         connection->since() < oldest->since())) {
      oldest = connection.get();
    }
  }
  if (oldest == nullptr) return false;
  oldest->Abort();
  return true;
}

void Worker::MakeRoom() {
  asio::post(context_, [this] { Evict(); });
}

void Worker::DrainAll() {
  asio::post(context_, [this] {
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections_) {
      all.push_back(connection);
    }
    for (const auto& connection : all) connection->Drain();
  });
}

void Worker::AbortAll() {
  asio::post(context_, [this] {
    while (!connections_.empty()) connections_.begin()->second->Abort();
  });
}

void Worker::Tick() {
  const auto now = Connection::Clock::now();
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) connection->Tick(now);
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

}  // namespace kenal::http
