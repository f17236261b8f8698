#include "src/http/listener.h"

#include <sys/socket.h>

#include <utility>

namespace kenal::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using LocalSocket = asio::basic_stream_socket<asio::local::stream_protocol,
                                              asio::io_context::executor_type>;
using TcpSocket =
    asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

constexpr int kBacklog = 4096;
// Descriptors that ran out come back when a connection ends.
constexpr std::chrono::milliseconds kRetry{50};

Status CannotListen(const wire::Address& address, const error_code& error) {
  const std::string message =
      address.ToString() + ": cannot listen: " + error.message();
  if (error == asio::error::address_in_use) {
    return Unavailable(message + "; choose another port");
  }
  return FailedPrecondition(message);
}

}  // namespace

StatusOr<std::unique_ptr<Listener>> Listener::Open(
    asio::io_context& context, const wire::Address& address) {
  std::unique_ptr<Listener> listener(new Listener(context));
  listener->address_ = address;
  KENAL_TRY(address.is_unix() ? listener->BindLocal()
                              : listener->BindTcp(context));
  return listener;
}

Status Listener::BindLocal() {
  KENAL_TRY_ASSIGN(file_, service::SocketFile::Prepare(address_.path));
  error_code error;
  local_.open(asio::local::stream_protocol(), error);
  if (!error) local_.bind({file_->binding_path()}, error);
  if (!error) local_.listen(kBacklog, error);
  if (error) return CannotListen(address_, error);
  return file_->Publish();
}

Status Listener::BindTcp(asio::io_context& context) {
  error_code error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(
      address_.host, std::to_string(address_.port),
      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) {
    return InvalidArgument(address_.ToString() + ": " + error.message());
  }
  error = asio::error::address_family_not_supported;
  for (const auto& entry : found) {
    error_code ignored;
    tcp_.close(ignored);
    tcp_.open(entry.endpoint().protocol(), error);
    if (!error) tcp_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) tcp_.bind(entry.endpoint(), error);
    if (!error) tcp_.listen(kBacklog, error);
    if (!error) break;
  }
  if (!error) address_.port = tcp_.local_endpoint(error).port();
  return error ? CannotListen(address_, error) : OkStatus();
}

void Listener::Start(Place place, OnSocket on_socket,
                     std::function<void()> on_full) {
  place_ = std::move(place);
  on_socket_ = std::move(on_socket);
  on_full_ = std::move(on_full);
  Accept();
}

void Listener::Stop() {
  error_code ignored;
  retry_.cancel();
  tcp_.close(ignored);
  local_.close(ignored);
  file_ = nullptr;
}

void Listener::Accept() {
  asio::io_context& home = place_();
  const auto handler = [this, &home](const error_code& error, auto socket) {
    if (error == asio::error::operation_aborted) return;
    if (error == asio::error::no_descriptors ||
        error == asio::error::no_buffer_space ||
        error == asio::error::no_memory || error.value() == ENFILE) {
      on_full_();
      AcceptLater();
      return;
    }
    if (!error) on_socket_(Socket(std::move(socket)), home);
    Accept();
  };
  if (address_.is_unix()) {
    local_.async_accept(home,
                        [handler](const error_code& error, LocalSocket socket) {
                          handler(error, std::move(socket));
                        });
    return;
  }
  tcp_.async_accept(home, [handler](const error_code& error, TcpSocket socket) {
    error_code ignored;
    if (!error) {
      socket.set_option(tcp::no_delay(true), ignored);
      socket.set_option(asio::socket_base::keep_alive(true), ignored);
    }
    handler(error, std::move(socket));
  });
}

void Listener::AcceptLater() {
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const error_code& error) {
    if (!error) Accept();
  });
}

}  // namespace kenal::http
