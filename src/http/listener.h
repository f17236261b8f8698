// One place that the server listens at.
#ifndef KENAL_SRC_HTTP_LISTENER_H_
#define KENAL_SRC_HTTP_LISTENER_H_

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "kenal/status.h"
#include "src/http/connection.h"
#include "src/service/listen.h"
#include "src/wire/address.h"

namespace kenal::http {

// Where the next connection is to live.
using Place = std::function<boost::asio::io_context&()>;

class Listener {
 public:
  // A connection and the context that it lives in.
  using OnSocket = std::function<void(Socket, boost::asio::io_context&)>;

  // `context` runs the accepting. Errors: as HttpServer::Start
  static StatusOr<std::unique_ptr<Listener>> Open(
      boost::asio::io_context& context, const wire::Address& address);

  // With the actual port.
  const wire::Address& address() const { return address_; }

  // On the context's thread. `on_full` is called when descriptors ran out.
  void Start(Place place, OnSocket on_socket, std::function<void()> on_full);
  void Stop();

 private:
  explicit Listener(boost::asio::io_context& context)
      : retry_(context), tcp_(context), local_(context) {}
  Status Bind(const wire::Address& address);
  Status BindLocal();
  Status BindTcp(boost::asio::io_context& context);
  void Accept();
  void AcceptLater();

  wire::Address address_;
  boost::asio::steady_timer retry_;
  boost::asio::ip::tcp::acceptor tcp_;
  boost::asio::local::stream_protocol::acceptor local_;
  std::unique_ptr<service::SocketFile> file_;
  Place place_;
  OnSocket on_socket_;
  std::function<void()> on_full_;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_LISTENER_H_
