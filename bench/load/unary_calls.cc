#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <atomic>
#include <cstring>
#include <ctime>
#include <utility>

#include "bench/load/calls.h"
#include "src/base/check.h"
#include "src/base/mutex.h"

namespace kenal::load {
namespace {

constexpr std::string_view kHintKey = "grpc-retry-pushback-ms";

std::string_view ViewOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

bool HasHint(const grpc_metadata_array& metadata) {
  for (size_t i = 0; i < metadata.count; ++i) {
    if (ViewOf(metadata.metadata[i].key) == kHintKey) return true;
  }
  return false;
}

class UnaryCalls;

class Slot final : public Event {
 public:
  explicit Slot(UnaryCalls& calls) : calls_(calls) {
    grpc_metadata_array_init(&initial_);
    grpc_metadata_array_init(&trailing_);
  }
  ~Slot() override {
    grpc_metadata_array_destroy(&initial_);
    grpc_metadata_array_destroy(&trailing_);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  void Start(grpc_call* call, const Due& due, CallKind kind,
             const std::string& request);
  void Happened(bool ok) override;
  void Release();
  void Cancel() {
    const base::MutexLock lock(mutex_);
    if (call_ != nullptr) grpc_call_cancel(call_, nullptr);
  }

 private:
  UnaryCalls& calls_;
  base::Mutex mutex_;  // of call_, for Cancel alone
  grpc_call* call_ = nullptr;
  Due due_;
  CallKind kind_ = CallKind::kUnary;
  grpc_byte_buffer* request_ = nullptr;
  grpc_byte_buffer* response_ = nullptr;
  grpc_metadata_array initial_;
  grpc_metadata_array trailing_;
  grpc_status_code code_ = GRPC_STATUS_OK;
  grpc_slice details_ = grpc_empty_slice();
  std::string spare_;
};

class UnaryCalls final : public Calls {
 public:
  UnaryCalls(const Channels& channels, grpc_completion_queue* queue,
             size_t slots, int64_t deadline_ns, Finish finish)
      : channels_(channels),
        queue_(queue),
        deadline_ns_(deadline_ns),
        finish_(std::move(finish)) {
    for (size_t i = 0; i < slots; ++i) {
      slots_.push_back(std::make_unique<Slot>(*this));
      free_.push_back(slots_.back().get());
    }
  }

  void Start(const Due& due, CallKind kind,
             const std::string& request) override {
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_nanos(deadline_ns_, GPR_TIMESPAN));
    const size_t at = next_.fetch_add(1, std::memory_order_relaxed);
    grpc_call* call =
        channels_.NewCall(at % channels_.size(), kind, queue_, deadline);
    Take().Start(call, due, kind, request);
  }

  void Cancel() override {
    for (const auto& slot : slots_) slot->Cancel();
  }

  bool Close() override {
    const base::MutexLock lock(mutex_);
    return free_.size() == slots_.size();
  }

  void Finished(Slot& slot, const Due& due, const Ending& ending) {
    finish_(due, ending);
    slot.Release();
    const base::MutexLock lock(mutex_);
    free_.push_back(&slot);
  }

 private:
  Slot& Take() {
    const base::MutexLock lock(mutex_);
    KENAL_CHECK(!free_.empty());
    Slot& slot = *free_.back();
    free_.pop_back();
    return slot;
  }

  const Channels& channels_;
  grpc_completion_queue* queue_;
  const int64_t deadline_ns_;
  const Finish finish_;
  std::atomic<size_t> next_{0};
  std::vector<std::unique_ptr<Slot>> slots_;
  base::Mutex mutex_;
  std::vector<Slot*> free_ KENAL_GUARDED_BY(mutex_);
};

void Slot::Start(grpc_call* call, const Due& due, CallKind kind,
                 const std::string& request) {
  due_ = due;
  kind_ = kind;
  request_ = MessageOf(request);
  {
    const base::MutexLock lock(mutex_);
    call_ = call;
  }
  grpc_op ops[6];
  std::memset(ops, 0, sizeof ops);
  ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  ops[1].op = GRPC_OP_SEND_MESSAGE;
  ops[1].data.send_message.send_message = request_;
  ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[3].data.recv_initial_metadata.recv_initial_metadata = &initial_;
  ops[4].op = GRPC_OP_RECV_MESSAGE;
  ops[4].data.recv_message.recv_message = &response_;
  ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  ops[5].data.recv_status_on_client.trailing_metadata = &trailing_;
  ops[5].data.recv_status_on_client.status = &code_;
  ops[5].data.recv_status_on_client.status_details = &details_;
  const grpc_call_error error =
      grpc_call_start_batch(call, ops, 6, static_cast<Event*>(this), nullptr);
  KENAL_CHECK(error == GRPC_CALL_OK);
}

void Slot::Happened(bool) {
  const Due due = due_;
  const Ending ending{.kind = kind_,
                      .code = static_cast<uint32_t>(code_),
                      .hinted = code_ != GRPC_STATUS_OK && HasHint(trailing_),
                      .response = response_ == nullptr
                                      ? std::string_view()
                                      : BytesOf(response_, spare_),
                      .details = ViewOf(details_)};
  calls_.Finished(*this, due, ending);
}

void Slot::Release() {
  grpc_call* call = nullptr;
  {
    const base::MutexLock lock(mutex_);
    std::swap(call, call_);
  }
  grpc_call_unref(call);
  grpc_byte_buffer_destroy(request_);
  grpc_byte_buffer_destroy(response_);
  grpc_slice_unref(details_);
  request_ = response_ = nullptr;
  details_ = grpc_empty_slice();
  initial_.count = trailing_.count = 0;
}

}  // namespace

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string_view BytesOf(grpc_byte_buffer* message, std::string& spare) {
  grpc_slice_buffer& parts = message->data.raw.slice_buffer;
  if (parts.count == 1) return ViewOf(parts.slices[0]);
  spare.clear();
  for (size_t i = 0; i < parts.count; ++i) spare += ViewOf(parts.slices[i]);
  return spare;
}

grpc_byte_buffer* MessageOf(const std::string& request) {
  grpc_slice slice =
      grpc_slice_from_static_buffer(request.data(), request.size());
  return grpc_raw_byte_buffer_create(&slice, 1);
}

std::unique_ptr<Calls> MakeUnaryCalls(const Channels& channels,
                                      grpc_completion_queue* queue,
                                      size_t slots, int64_t deadline_ns,
                                      Finish finish) {
  // One more: a slot is free again only after its `finish` returned.
  return std::make_unique<UnaryCalls>(channels, queue, slots + 1, deadline_ns,
                                      std::move(finish));
}

}  // namespace kenal::load
