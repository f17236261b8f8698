// ImportEntries: from a stream of chunks to Curator::Import.
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "src/base/bell.h"
#include "src/base/mutex.h"
#include "src/service/reporting.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace kenal::service {
namespace {

// gRPC reads messages into a short queue; the importing thread takes them out
// and asks for more, so a fast client waits for the store.
class Import final
    : public Reporting<ImportReactor, v1::ImportEntriesResponse> {
 public:
  Import(const Door& door, grpc::CallbackServerContext* context)
      : Reporting(door, identity::Method::kImportEntries, context) {
    if (!LetIn()) {
      base::MutexLock lock(queue_mutex_);
      started_ = true;
      return;
    }
    base::MutexLock lock(queue_mutex_);
    ReadMore();
  }

  void OnReadDone(bool ok) override {
    bool first = false;
    {
      base::MutexLock lock(queue_mutex_);
      reading_ = false;
      if (ok) {
        queue_.push_back(std::move(incoming_));
        incoming_.Clear();
        ReadMore();
      } else {
        reads_ended_ = true;
      }
      first = !std::exchange(started_, true);
    }
    arrived_.Ring();
    if (first) Start();
  }

  void OnCancel() override {
    {
      base::MutexLock lock(queue_mutex_);
      cancelled_ = true;
    }
    arrived_.Ring();
  }

 private:
  ~Import() override = default;

  // Only once the client has said something: a thread is dear.
  void Start() {
    WorkPool& pool = desk().workers().long_calls;
    if (pool.Submit({}, [this] { Run(); })) return;
    Refuse(Desk::QueueFull(pool, kLongRetry));
  }

  void Run() {
    ticket().Begin();
    v1::ImportEntriesResponse response;
    const Status status = RunInto(response);
    ticket().set_items(count_);
    Conclude(std::move(response), status);
  }

  Status RunInto(v1::ImportEntriesResponse& response) {
    KENAL_TRY(Take());
    if (!message_.has_header()) {
      return InvalidArgument("import: the first message has no header");
    }
    const v1::ImportHeader header = message_.header();
    KENAL_TRY(wire::CheckSize("header.list", header.list().size(),
                              wire::kWordBytesMax));
    KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(header.by()));
    const ImportSource source = [this] { return Next(); };
    const ImportWatcher watcher = [this](const ImportProgress& progress) {
      v1::ImportEntriesResponse told;
      wire::ToWire(progress, told.mutable_progress());
      Tell(std::move(told));
    };
    Curator& curator = desk().curator();
    KENAL_TRY_ASSIGN(
        const ImportReport report,
        header.rehearse()
            ? curator.RehearseImport(header.list(), source, watcher, by)
            : curator.Import(header.list(), source, watcher, by));
    ticket().set_sequence(report.sequence.value);
    wire::ToWire(report, response.mutable_report());
    return OkStatus();
  }

  // The import's source; called by the importing thread alone.
  StatusOr<std::optional<ImportItem>> Next() {
    while (at_ >= message_.chunk().records_size()) {
      if (ended_) return std::optional<ImportItem>();
      KENAL_TRY(Take());
      KENAL_TRY(Open());
    }
    KENAL_TRY_ASSIGN(ImportItem item,
                     wire::FromWire(message_.chunk().records(at_)));
    ++at_;
    ++count_;
    return std::optional<ImportItem>(std::move(item));
  }

  Status Open() {
    at_ = 0;
    switch (message_.part_case()) {
      case v1::ImportEntriesRequest::kChunk:
        if (message_.chunk().records_size() > wire::kItemsMax) {
          return InvalidArgument("chunk.records: are more than 10000");
        }
        return OkStatus();
      case v1::ImportEntriesRequest::kEnd:
        if (message_.end().record_count() != count_) {
          return InvalidArgument("end.record_count: is " +
                                 std::to_string(message_.end().record_count()) +
                                 " but " + std::to_string(count_) +
                                 " records arrived; import again");
        }
        ended_ = true;
        return OkStatus();
      default:
        return InvalidArgument(
            "import: a message after the first is neither chunk nor end");
    }
  }

  // The next message, waiting for it.
  Status Take() {
    KENAL_TRY_ASSIGN(grpc::ByteBuffer taken, Await());
    desk().Speak([this] {
      base::MutexLock lock(queue_mutex_);
      ReadMore();
    });
    if (const auto refused = desk().AuthorizeAgain(ticket())) {
      return refused->status;
    }
    using Traits = grpc::SerializationTraits<v1::ImportEntriesRequest>;
    if (!Traits::Deserialize(&taken, &message_).ok()) {
      return InvalidArgument("import: a message after " +
                             std::to_string(count_) +
                             " records is not an ImportEntriesRequest");
    }
    return OkStatus();
  }

  StatusOr<grpc::ByteBuffer> Await() {
    base::MutexLock lock(queue_mutex_);
    const auto came = [this]() KENAL_REQUIRES(queue_mutex_) {
      return cancelled_ || reads_ended_ || !queue_.empty();
    };
    std::chrono::milliseconds idle{0};
    bool in_time = came();
    while (!in_time && idle < IdleMax()) {
      queue_mutex_.Unlock();
      if (!arrived_.WaitFor(kImportLook)) idle += kImportLook;
      queue_mutex_.Lock();
      in_time = came();
    }
    if (cancelled_) {
      return absl::CancelledError("the client has gone; import again");
    }
    if (queue_.empty()) return BrokenOff(in_time);
    grpc::ByteBuffer taken = std::move(queue_.front());
    queue_.pop_front();
    return taken;
  }

  // A server that wants to end does not wait for who may have forgotten it.
  std::chrono::milliseconds IdleMax() {
    return desk().calls().draining() ? kImportDrainIdleMax : kImportIdleMax;
  }

  Status BrokenOff(bool in_time) {
    const std::string after = " after " + std::to_string(count_) + " records";
    if (in_time) {
      return InvalidArgument("import: the stream ended" + after +
                             " without its end message; import again");
    }
    if (desk().calls().draining()) {
      return Unavailable("the server is shutting down and nothing came" +
                         after + "; import again later");
    }
    return absl::DeadlineExceededError("import: nothing came for " +
                                       std::to_string(kImportIdleMax.count()) +
                                       " seconds" + after + "; import again");
  }

  void ReadMore() KENAL_REQUIRES(queue_mutex_) {
    if (reading_ || reads_ended_ || queue_.size() >= kImportAheadMax) return;
    reading_ = true;
    StartRead(&incoming_);
  }

  // The importing thread's own.
  v1::ImportEntriesRequest message_;
  int at_ = 0;
  uint64_t count_ = 0;
  bool ended_ = false;

  base::Mutex queue_mutex_;
  base::Bell arrived_;
  grpc::ByteBuffer incoming_;
  std::deque<grpc::ByteBuffer> queue_ KENAL_GUARDED_BY(queue_mutex_);
  bool reading_ KENAL_GUARDED_BY(queue_mutex_) = false;
  bool reads_ended_ KENAL_GUARDED_BY(queue_mutex_) = false;
  bool cancelled_ KENAL_GUARDED_BY(queue_mutex_) = false;
  bool started_ KENAL_GUARDED_BY(queue_mutex_) = false;
};

}  // namespace

ImportReactor* StartImport(const Door& door,
                           grpc::CallbackServerContext* context) {
  return new Import(door, context);
}

}  // namespace kenal::service
