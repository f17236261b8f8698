// One client's connection: reads a request, has it answered, writes the
// answer, again and again. One thread, the worker's, calls everything here.
#ifndef KENAL_SRC_HTTP_CONNECTION_H_
#define KENAL_SRC_HTTP_CONNECTION_H_

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/http/api.h"
#include "src/http/http_server.h"
#include "src/http/shared.h"
#include "src/http/tls.h"

namespace kenal::http {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                     boost::asio::io_context::executor_type>;

// Keeps the connections of one thread.
class Owner {
 public:
  virtual ~Owner() = default;
  virtual void Forget(const class Connection& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  // `tls` null: plaintext. `shared` and `owner` outlive every connection.
  Connection(Shared& shared, Owner& owner, Socket socket,
             TlsKeeper::Context tls);
  ~Connection();

  void Start();
  // Looks whether a bound in HttpLimits was passed, or the client has gone;
  // called some times a second.
  void Tick(Clock::time_point now);
  // Ends it now if no request came; else after the answer.
  void Drain();
  // Ends it now. The call under way, if any, hears that its caller has gone.
  void Abort();

  // For choosing which one makes room: has not shown who it is.
  bool is_unverified() const { return state_ == State::kHandshake; }
  bool is_idle() const { return state_ == State::kIdle; }
  Clock::time_point since() const { return since_; }

 private:
  enum class State {
    kHandshake,
    kIdle,    // between requests
    kHeader,  // a part of one came
    kBody,
    kCalling,
    kWriting,
    kLinger,  // reads and drops what a refused client still sends
    kClosing,
    kClosed,
  };
  using Parser =
      boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  using Ssl = boost::asio::ssl::stream<Socket>;

  // A call and what belongs to it, which may outlive the connection.
  struct Call {
    Asked asked;
    std::string client;
    Prepared prepared;
    service::CallInfo info;
    service::CallOutcome outcome;
    Reply reply;
    std::atomic<bool> gone{false};
  };

  Socket& socket();
  const boost::asio::io_context::executor_type& executor() const {
    return executor_;
  }
  void Enter(State state, Clock::duration time);
  // `bytes` of a body or an answer are done.
  void Progress(size_t bytes);

  void NextRequest();
  void Read();
  void OnRead(const boost::system::error_code& error, size_t size);
  void ParseHeader();
  void ParseBody();
  void Continue();  // 100

  void OnHeader();
  // What is wrong with the head of a request, or needs no call; empty:
  // nothing.
  std::optional<Reply> CheckHead();
  std::optional<Reply> CheckFraming();
  std::optional<Reply> ReadFields();
  std::optional<Reply> CheckRoute();
  std::optional<Reply> CheckBodySize();
  bool MayCall() const;
  void OnBody();
  void Prepare(const std::shared_ptr<Call>& call);
  // Ends a call that did not get to the dispatcher, which is told of it.
  void Fail(const std::shared_ptr<Call>& call, service::CallOutcome outcome);
  // Sends what was found without the dispatcher; it is told of errors.
  void Turn(Reply reply);
  void Dispatch(const std::shared_ptr<Call>& call);
  // Has the dispatcher refuse a caller whose body is not read.
  void Refuse();
  void Finish(const std::shared_ptr<Call>& call);

  void Send(Reply reply);
  void Write();
  void OnWritten(const boost::system::error_code& error, size_t size);
  void AfterAnswer();
  void Close();

  bool Hold(size_t bytes);
  void ReleaseAll();

  Shared& shared_;
  Owner& owner_;
  const boost::asio::io_context::executor_type executor_;
  const TlsKeeper::Context tls_context_;
  std::optional<Socket> plain_;
  std::optional<Ssl> tls_;
  Peer peer_;

  State state_ = State::kHandshake;
  Clock::time_point since_;     // in this state
  Clock::time_point deadline_;  // of this state
  size_t progress_bytes_ = 0;   // in this state
  size_t body_bytes_ = 0;       // as its head says; 0 also when it does not
  size_t framing_bytes_ = 0;    // of the body
  bool is_reading_ = false;
  bool keep_alive_ = true;
  bool is_head_ = false;

  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  service::SteadyTime accepted_;
  service::SteadyTime call_deadline_ = service::SteadyTime::max();
  std::shared_ptr<const identity::Caller> caller_;
  Asked asked_;
  std::shared_ptr<Call> call_;

  std::string out_head_;
  std::string out_body_;
  size_t written_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_CONNECTION_H_
