#include "src/http/connection.h"

#include <google/protobuf/message.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ctime>
#include <limits>

namespace kenal::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using HttpFault = boost::beast::http::error;

constexpr size_t kHeaderBytesMax = size_t{8} << 10;
constexpr size_t kHeaderReadBytes = size_t{4} << 10;
constexpr size_t kBodyReadBytes = size_t{64} << 10;
constexpr size_t kWriteBytes = size_t{64} << 10;
// Answers that are larger are written on a thread for such.
constexpr size_t kLightBytes = size_t{64} << 10;
// Of a body in chunks: what is not body, such as sizes and trailers.
constexpr size_t kChunkFramingBytesMax = size_t{1} << 20;
// Read of a refused request at most.
constexpr size_t kLingerBytesMax = size_t{4} << 20;

Reply FaultReply(const error_code& fault) {
  if (fault == HttpFault::header_limit) {
    return ErrorReply(
        InvalidArgument("the head of the request: is larger than 8 KiB"),
        ErrorShape::kOurs, 431);
  }
  if (fault == HttpFault::body_limit) {
    return ErrorReply(ResourceExhausted("the body: is too large"),
                      ErrorShape::kOurs, 413);
  }
  if (fault == HttpFault::bad_version) {
    return ErrorReply(InvalidArgument("HTTP/1.1 is spoken here"),
                      ErrorShape::kOurs, 505);
  }
  return ErrorReply(
      InvalidArgument("the request: is no HTTP/1.1: " + fault.message()));
}

Reply TimeoutReply() {
  return ErrorReply(absl::DeadlineExceededError("the request came too slowly"),
                    ErrorShape::kOurs, 408);
}

}  // namespace

Connection::Connection(Shared& shared, Owner& owner, Socket socket,
                       TlsKeeper::Context tls)
    : shared_(shared),
      owner_(owner),
      executor_(socket.get_executor()),
      tls_context_(std::move(tls)),
      buffer_(kHeaderBytesMax + kBodyReadBytes) {
  if (tls_context_ != nullptr) {
    tls_.emplace(std::move(socket), *tls_context_);
  } else {
    plain_.emplace(std::move(socket));
  }
  shared_.connections.Begin();
}

Connection::~Connection() {
  ReleaseAll();
  // While the thread's context is sure to be there.
  tls_.reset();
  plain_.reset();
  shared_.connections.End();
}

Socket& Connection::socket() {
  return tls_.has_value() ? tls_->next_layer() : *plain_;
}

void Connection::Enter(State state, Clock::duration time) {
  state_ = state;
  since_ = Clock::now();
  deadline_ = since_ + time;
  progress_bytes_ = 0;
}

void Connection::Progress(size_t bytes) {
  progress_bytes_ += bytes;
  const auto earned = std::chrono::milliseconds(
      progress_bytes_ * 1000 / shared_.limits.bytes_per_second_min);
  deadline_ = std::min(Clock::now() + shared_.limits.stall,
                       since_ + shared_.limits.stall + earned);
}

void Connection::Start() {
  if (!tls_.has_value()) {
    NextRequest();
    return;
  }
  Enter(State::kHandshake, shared_.limits.handshake);
  tls_->async_handshake(Ssl::server,
                        [self = shared_from_this()](const error_code& error) {
                          if (self->state_ == State::kClosed) return;
                          if (error) {
                            self->Abort();
                            return;
                          }
                          self->peer_ = PeerOf(self->tls_->native_handle());
                          self->NextRequest();
                        });
}

void Connection::Tick(Clock::time_point now) {
  if (state_ == State::kCalling) {
    // Without TLS a client may end its side and still read; with it, none does.
    const short ends = tls_.has_value() ? POLLRDHUP : 0;
    pollfd poll{.fd = socket().native_handle(), .events = ends};
    if (::poll(&poll, 1, 0) == 1 && call_ != nullptr) call_->gone = true;
    return;
  }
  if (now < deadline_) return;
  if (state_ == State::kHeader || state_ == State::kBody) {
    keep_alive_ = false;
    Turn(TimeoutReply());
    return;
  }
  Abort();
}

void Connection::Drain() {
  if (state_ == State::kHandshake || state_ == State::kIdle ||
      state_ == State::kHeader) {
    Abort();
  } else {
    keep_alive_ = false;
  }
}

void Connection::Abort() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (call_ != nullptr) call_->gone = true;
  error_code ignored;
  socket().close(ignored);
  owner_.Forget(*this);
}

void Connection::NextRequest() {
  ReleaseAll();
  if (shared_.draining) {
    Close();
    return;
  }
  parser_.emplace();
  parser_->header_limit(kHeaderBytesMax);
  // Held against the route's own limit when the head has come.
  parser_->body_limit(std::numeric_limits<uint64_t>::max());
  framing_bytes_ = 0;
  asked_ = Asked();
  caller_ = nullptr;
  call_deadline_ = service::SteadyTime::max();
  is_head_ = false;
  keep_alive_ = true;
  Enter(State::kIdle, shared_.limits.idle);
  if (buffer_.size() != 0) {
    ParseHeader();
    return;
  }
  buffer_.shrink_to_fit();
  Read();
}

void Connection::Read() {
  if (is_reading_) return;
  is_reading_ = true;
  const size_t size = state_ == State::kIdle || state_ == State::kHeader
                          ? kHeaderReadBytes
                          : kBodyReadBytes;
  const auto space =
      buffer_.prepare(std::min(size, buffer_.max_size() - buffer_.size()));
  auto handler = [self = shared_from_this()](const error_code& error,
                                             size_t count) {
    self->is_reading_ = false;
    self->OnRead(error, count);
  };
  if (tls_.has_value()) {
    tls_->async_read_some(space, std::move(handler));
  } else {
    plain_->async_read_some(space, std::move(handler));
  }
}

void Connection::OnRead(const error_code& error, size_t size) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kLinger) {
    progress_bytes_ += size;
    if (error || progress_bytes_ > kLingerBytesMax) {
      Abort();
    } else {
      Read();
    }
    return;
  }
  // An answer goes out early, because the request came too slowly.
  if (state_ != State::kIdle && state_ != State::kHeader &&
      state_ != State::kBody) {
    return;
  }
  if (error) {
    Abort();
    return;
  }
  buffer_.commit(size);
  if (state_ == State::kBody) {
    Progress(size);
    ParseBody();
  } else {
    ParseHeader();
  }
}

void Connection::ParseHeader() {
  if (state_ == State::kIdle) {
    accepted_ = Clock::now();
    Enter(State::kHeader, shared_.limits.header);
  }
  error_code fault;
  const size_t used = parser_->put(buffer_.data(), fault);
  buffer_.consume(used);
  progress_bytes_ += used;
  // The parser's own limit starts anew with each line.
  if (progress_bytes_ > kHeaderBytesMax) fault = HttpFault::header_limit;
  if (fault == HttpFault::need_more) {
    Read();
  } else if (fault) {
    keep_alive_ = false;
    Turn(FaultReply(fault));
  } else if (parser_->is_header_done()) {
    OnHeader();
  } else {
    Read();
  }
}

void Connection::ParseBody() {
  std::string& body = asked_.body;
  char piece[kBodyReadBytes];
  while (!parser_->is_done()) {
    auto& target = parser_->get().body();
    target.data = piece;
    target.size = sizeof piece;
    target.more = true;
    error_code fault;
    const size_t used = parser_->put(buffer_.data(), fault);
    buffer_.consume(used);
    const size_t size = sizeof piece - target.size;
    framing_bytes_ += used - size;
    const bool is_stuck = used == 0 && buffer_.size() == buffer_.max_size();
    if (is_stuck || framing_bytes_ > kChunkFramingBytesMax) {
      keep_alive_ = false;
      Turn(ErrorReply(InvalidArgument("the body: its chunks are oversized")));
      return;
    }
    if (!Hold(size)) {
      keep_alive_ = false;
      Turn(ErrorReply(service::CallOutcome{
          .status = ResourceExhausted("too many bodies are being read"),
          .retry_after = std::chrono::seconds(1)}));
      return;
    }
    if (body.size() >= (size_t{1} << 20)) body.reserve(body_bytes_);
    body.append(piece, size);
    if (fault == HttpFault::need_more ||
        (!fault && used == 0 && !parser_->is_done())) {
      Read();
      return;
    }
    if (fault && fault != HttpFault::need_buffer) {
      keep_alive_ = false;
      Turn(FaultReply(fault));
      return;
    }
  }
  OnBody();
}

bool Connection::Hold(size_t bytes) {
  held_bytes_ += bytes;
  return (shared_.bytes_in_flight += bytes) <=
         shared_.limits.bytes_in_flight_max;
}

void Connection::ReleaseAll() {
  shared_.bytes_in_flight -= held_bytes_;
  held_bytes_ = 0;
}

void Connection::OnBody() {
  const auto call = std::make_shared<Call>();
  call->asked = std::move(asked_);
  call->client = caller_->name;
  call->info = {.method = call->asked.route->row->method,
                .caller = caller_,
                .transport = "http",
                .accepted = accepted_,
                .deadline = call_deadline_,
                .gone = [call = call.get()] { return call->gone.load(); }};
  call_ = call;
  Enter(State::kCalling, Clock::duration::zero());
  shared_.calls.Begin();
  if (Api::IsCheap(call->asked)) {
    Prepare(call);
    return;
  }
  if (!shared_.large.Offer(
          caller_->name, call->asked.body.size(),
          [self = shared_from_this(), call] { self->Prepare(call); })) {
    Fail(call, {.status = ResourceExhausted(
                    "too many large bodies of this client wait to be read"),
                .retry_after = std::chrono::seconds(1)});
  }
}

// On the connection's thread, or on one for large texts while nothing else
// touches `call`.
void Connection::Prepare(const std::shared_ptr<Call>& call) {
  StatusOr<Prepared> prepared = Api::Prepare(call->asked);
  if (prepared.ok()) {
    call->prepared = *std::move(prepared);
    Dispatch(call);
    return;
  }
  Fail(call, {.status = prepared.status()});
}

void Connection::Fail(const std::shared_ptr<Call>& call,
                      service::CallOutcome outcome) {
  outcome.request_id = call->asked.request_id;
  shared_.dispatcher.Refused(call->info, call->asked.route->row, outcome);
  call->outcome.request_id = outcome.request_id;
  call->reply = ErrorReply(outcome, call->asked.route->error_shape());
  asio::post(executor(),
             [self = shared_from_this(), call] { self->Finish(call); });
}

void Connection::Dispatch(const std::shared_ptr<Call>& call) {
  shared_.dispatcher.Call(
      std::move(call->info), *call->prepared.request, *call->prepared.response,
      [self = shared_from_this(), call](const service::CallOutcome& outcome) {
        call->outcome = outcome;
        auto render = [self, call] {
          call->reply =
              Api::Render(call->asked, call->outcome, *call->prepared.response);
        };
        if (call->prepared.response->ByteSizeLong() <= kLightBytes) {
          asio::post(self->executor(), [self, call, render] {
            render();
            self->Finish(call);
          });
          return;
        }
        self->shared_.large.Post(call->client, [self, call, render] {
          render();
          asio::post(self->executor(), [self, call] { self->Finish(call); });
        });
      });
}

void Connection::Refuse() {
  const auto call = std::make_shared<Call>();
  call->asked = std::move(asked_);
  call->prepared = Api::Empty(*call->asked.route);
  call_ = call;
  Enter(State::kCalling, Clock::duration::zero());
  shared_.calls.Begin();
  shared_.dispatcher.Call(
      {.method = call->asked.route->row->method,
       .caller = caller_,
       .transport = "http",
       .accepted = accepted_},
      *call->prepared.request, *call->prepared.response,
      [self = shared_from_this(), call](const service::CallOutcome& outcome) {
        call->outcome = outcome;
        // Its roles may have changed just now; then nothing was really asked.
        if (outcome.status.ok() ||
            outcome.status.code() == StatusCode::kInvalidArgument) {
          call->outcome.status = Unavailable("roles have changed; try again");
        }
        call->reply =
            ErrorReply(call->outcome, call->asked.route->error_shape());
        asio::post(self->executor(), [self, call] { self->Finish(call); });
      });
}

void Connection::Finish(const std::shared_ptr<Call>& call) {
  if (!call->outcome.request_id.empty()) {
    call->reply.headers.emplace_back("X-Request-Id", call->outcome.request_id);
  }
  const bool is_open = state_ == State::kCalling;
  Reply reply = std::move(call->reply);
  const ErrorShape shape = call->asked.route->error_shape();
  call_ = nullptr;
  if (is_open) {
    const size_t size = reply.body.size();
    if (size > shared_.limits.answer_bytes_max) {
      reply = ErrorReply(
          ResourceExhausted("the answer is too large; ask for fewer matches or "
                            "fewer items"),
          shape, 413);
    } else if (size > kLightBytes && !Hold(size)) {
      reply = ErrorReply(
          service::CallOutcome{
              .status = ResourceExhausted("too many answers are being sent"),
              .retry_after = std::chrono::seconds(1)},
          shape);
    }
    Send(std::move(reply));
  }
  shared_.calls.End();
}

void Connection::Turn(Reply reply) {
  if (!reply.outcome.status.ok()) {
    reply.outcome.request_id = asked_.request_id;
    if (!asked_.request_id.empty()) {
      reply.headers.emplace_back("X-Request-Id", asked_.request_id);
    }
    shared_.dispatcher.Refused(
        {.caller = caller_, .transport = "http", .accepted = accepted_},
        asked_.route != nullptr ? asked_.route->row : nullptr, reply.outcome);
  }
  Send(std::move(reply));
}

void Connection::Send(Reply reply) {
  if (shared_.draining || !parser_->is_done()) keep_alive_ = false;
  out_head_ = Head(reply, keep_alive_, std::time(nullptr));
  out_body_ = is_head_ ? std::string() : std::move(reply.body);
  if (out_body_.size() <= kWriteBytes) {
    out_head_ += out_body_;
    out_body_.clear();
  }
  written_ = 0;
  Enter(State::kWriting, shared_.limits.stall);
  Write();
}

void Connection::Write() {
  const bool in_head = written_ < out_head_.size();
  const std::string& text = in_head ? out_head_ : out_body_;
  const size_t at = in_head ? written_ : written_ - out_head_.size();
  const asio::const_buffer piece(text.data() + at,
                                 std::min(text.size() - at, kWriteBytes));
  auto handler = [self = shared_from_this()](const error_code& error,
                                             size_t count) {
    self->OnWritten(error, count);
  };
  if (tls_.has_value()) {
    tls_->async_write_some(piece, std::move(handler));
  } else {
    plain_->async_write_some(piece, std::move(handler));
  }
}

void Connection::OnWritten(const error_code& error, size_t size) {
  if (state_ == State::kClosed) return;
  if (error) {
    Abort();
    return;
  }
  Progress(size);
  written_ += size;
  if (written_ < out_head_.size() + out_body_.size()) {
    Write();
    return;
  }
  if (state_ == State::kBody) {  // "100 Continue" went out.
    Enter(State::kBody, shared_.limits.stall);
    ParseBody();
    return;
  }
  out_head_ = std::string();
  out_body_ = std::string();
  AfterAnswer();
}

void Connection::AfterAnswer() {
  if (keep_alive_) {
    NextRequest();
    return;
  }
  if (parser_->is_done()) {
    Close();
    return;
  }
  ReleaseAll();
  Enter(State::kLinger, shared_.limits.linger);
  if (plain_.has_value()) {
    error_code ignored;
    plain_->shutdown(Socket::shutdown_send, ignored);
  }
  buffer_.clear();
  Read();
}

void Connection::Close() {
  if (!tls_.has_value()) {
    error_code ignored;
    plain_->shutdown(Socket::shutdown_both, ignored);
    Abort();
    return;
  }
  Enter(State::kClosing, shared_.limits.linger);
  tls_->async_shutdown(
      [self = shared_from_this()](const error_code&) { self->Abort(); });
}

void Connection::Continue() {
  out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  out_body_.clear();
  written_ = 0;
  Write();
}

}  // namespace kenal::http
