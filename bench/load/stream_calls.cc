#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <utility>

#include "bench/load/calls.h"
#include "src/base/check.h"
#include "src/base/mutex.h"

namespace kenal::load {
namespace {

class Stream {
 public:
  Stream(const Channels& channels, size_t at, grpc_completion_queue* queue,
         const Finish& finish)
      : channels_(channels), at_(at), queue_(queue), finish_(finish) {
    grpc_metadata_array_init(&initial_);
    grpc_metadata_array_init(&trailing_);
  }
  ~Stream() {
    grpc_metadata_array_destroy(&initial_);
    grpc_metadata_array_destroy(&trailing_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void Start(const Due& due, const std::string& request) {
    const base::MutexLock lock(mutex_);
    unsent_.push_back({due, &request});
    if (call_ == nullptr) Open();
    if (sending_ == nullptr && !ended_) SendNext();
  }

  void Cancel() {
    const base::MutexLock lock(mutex_);
    if (call_ != nullptr) grpc_call_cancel(call_, nullptr);
  }

  // True when there is no call any more.
  bool Close() {
    const base::MutexLock lock(mutex_);
    if (call_ == nullptr) return true;
    if (closed_ || ended_ || sending_ != nullptr || !unsent_.empty()) {
      return false;
    }
    closed_ = true;
    grpc_op op{};
    op.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    Begin(&op, 1, closing_event_);
    return false;
  }

 private:
  using Handler = void (Stream::*)(bool);
  class Tag final : public Event {
   public:
    Tag(Stream& stream, Handler handler) : stream_(stream), handler_(handler) {}
    void Happened(bool ok) override { (stream_.*handler_)(ok); }

   private:
    Stream& stream_;
    const Handler handler_;
  };
  struct Unsent {
    Due due;
    const std::string* request;
  };

  void Begin(grpc_op* ops, size_t count, Tag& tag) KENAL_REQUIRES(mutex_) {
    ++pending_;
    const grpc_call_error error = grpc_call_start_batch(
        call_, ops, count, static_cast<Event*>(&tag), nullptr);
    KENAL_CHECK(error == GRPC_CALL_OK);
  }

  void Open() KENAL_REQUIRES(mutex_) {
    call_ = channels_.NewCall(at_ % channels_.size(), CallKind::kStream, queue_,
                              gpr_inf_future(GPR_CLOCK_MONOTONIC));
    ended_ = closed_ = false;
    grpc_op ops[2];
    std::memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[1].data.recv_initial_metadata.recv_initial_metadata = &initial_;
    Begin(ops, 2, opened_event_);
    std::memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[0].data.recv_status_on_client.trailing_metadata = &trailing_;
    ops[0].data.recv_status_on_client.status = &code_;
    ops[0].data.recv_status_on_client.status_details = &details_;
    Begin(ops, 1, ended_event_);
    Read();
  }

  void Read() KENAL_REQUIRES(mutex_) {
    grpc_op op{};
    op.op = GRPC_OP_RECV_MESSAGE;
    op.data.recv_message.recv_message = &response_;
    Begin(&op, 1, read_event_);
  }

  void SendNext() KENAL_REQUIRES(mutex_) {
    if (unsent_.empty()) return;
    const Unsent next = unsent_.front();
    unsent_.pop_front();
    unanswered_.push_back(next.due);
    sending_ = MessageOf(*next.request);
    grpc_op op{};
    op.op = GRPC_OP_SEND_MESSAGE;
    op.flags = unsent_.empty() ? 0 : GRPC_WRITE_BUFFER_HINT;
    op.data.send_message.send_message = sending_;
    Begin(&op, 1, sent_event_);
  }

  void Opened(bool) { Settle(); }
  void Closing(bool) { Settle(); }

  void Sent(bool ok) {
    {
      const base::MutexLock lock(mutex_);
      grpc_byte_buffer_destroy(sending_);
      sending_ = nullptr;
      if (ok && !ended_) SendNext();
    }
    Settle();
  }

  void WasRead(bool) {
    grpc_byte_buffer* response = nullptr;
    Due due;
    bool unasked = true;
    {
      const base::MutexLock lock(mutex_);
      std::swap(response, response_);
      if (response != nullptr) {
        Read();
        unasked = unanswered_.empty();
        if (!unasked) {
          due = unanswered_.front();
          unanswered_.pop_front();
        }
      }
    }
    if (response != nullptr && !unasked) {
      finish_(due, {.kind = CallKind::kStream,
                    .response = BytesOf(response, spare_)});
    }
    grpc_byte_buffer_destroy(response);
    Settle();
  }

  void Ended(bool) {
    {
      const base::MutexLock lock(mutex_);
      ended_ = true;
    }
    Settle();
  }

  // After each event: when it was the last of a call that ended, whatever had
  // no answer gets the call's status.
  void Settle() {
    std::deque<Due> lost;
    uint32_t code = 0;
    std::string details;
    {
      const base::MutexLock lock(mutex_);
      if (--pending_ > 0) return;
      code = code_ == GRPC_STATUS_OK ? uint32_t{GRPC_STATUS_UNAVAILABLE}
                                     : static_cast<uint32_t>(code_);
      details.assign(
          reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(details_)),
          GRPC_SLICE_LENGTH(details_));
      grpc_slice_unref(details_);
      details_ = grpc_empty_slice();
      grpc_call_unref(call_);
      call_ = nullptr;
      initial_.count = trailing_.count = 0;
      lost.swap(unanswered_);
      for (const Unsent& one : unsent_) lost.push_back(one.due);
      unsent_.clear();
    }
    for (const Due& due : lost) {
      finish_(due,
              {.kind = CallKind::kStream, .code = code, .details = details});
    }
  }

  const Channels& channels_;
  const size_t at_;
  grpc_completion_queue* queue_;
  const Finish& finish_;
  Tag opened_event_{*this, &Stream::Opened};
  Tag sent_event_{*this, &Stream::Sent};
  Tag read_event_{*this, &Stream::WasRead};
  Tag ended_event_{*this, &Stream::Ended};
  Tag closing_event_{*this, &Stream::Closing};
  std::string spare_;

  base::Mutex mutex_;
  grpc_call* call_ KENAL_GUARDED_BY(mutex_) = nullptr;
  int pending_ KENAL_GUARDED_BY(mutex_) = 0;  // events to come
  bool ended_ KENAL_GUARDED_BY(mutex_) = false;
  bool closed_ KENAL_GUARDED_BY(mutex_) = false;
  grpc_byte_buffer* sending_ KENAL_GUARDED_BY(mutex_) = nullptr;
  std::deque<Unsent> unsent_ KENAL_GUARDED_BY(mutex_);
  std::deque<Due> unanswered_ KENAL_GUARDED_BY(mutex_);
  // Written by gRPC until the event that goes with each.
  grpc_byte_buffer* response_ = nullptr;
  grpc_metadata_array initial_;
  grpc_metadata_array trailing_;
  grpc_status_code code_ = GRPC_STATUS_OK;
  grpc_slice details_ = grpc_empty_slice();
};

class StreamCalls final : public Calls {
 public:
  StreamCalls(const Channels& channels, grpc_completion_queue* queue,
              size_t count, Finish finish)
      : finish_(std::move(finish)) {
    for (size_t i = 0; i < count; ++i) {
      streams_.push_back(std::make_unique<Stream>(channels, i, queue, finish_));
    }
  }

  void Start(const Due& due, CallKind, const std::string& request) override {
    const size_t at = next_.fetch_add(1, std::memory_order_relaxed);
    streams_[at % streams_.size()]->Start(due, request);
  }

  void Cancel() override {
    for (const auto& stream : streams_) stream->Cancel();
  }

  bool Close() override {
    bool all = true;
    for (const auto& stream : streams_) all = stream->Close() && all;
    return all;
  }

 private:
  const Finish finish_;
  std::atomic<size_t> next_{0};
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace

std::unique_ptr<Calls> MakeStreamCalls(const Channels& channels,
                                       grpc_completion_queue* queue,
                                       size_t count, Finish finish) {
  return std::make_unique<StreamCalls>(channels, queue, count,
                                       std::move(finish));
}

}  // namespace kenal::load
