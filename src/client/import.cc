#include "src/client/import.h"

#include <condition_variable>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "src/base/mutex.h"
#include "src/client/errors.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace kenal::client {
namespace {

using Stream = grpc::ClientReaderWriter<v1::ImportEntriesRequest,
                                        v1::ImportEntriesResponse>;

// Reads what the server says, on a thread of its own, so that the server
// never waits for us.
class Listener {
 public:
  explicit Listener(Stream& stream)
      : stream_(stream), thread_([this] { Listen(); }) {}
  ~Listener() {
    if (thread_.joinable()) thread_.join();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Progress since the last call.
  std::optional<ImportProgress> Progress() {
    base::MutexLock lock(mutex_);
    return std::exchange(progress_, std::nullopt);
  }

  // Waits for progress or for the end; false at the end.
  bool Wait() {
    base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this] { return over_ || progress_.has_value(); });
    return !over_ || progress_.has_value();
  }

  // After Wait gave false.
  const std::optional<v1::ImportReport>& report() const { return report_; }

 private:
  void Listen() {
    v1::ImportEntriesResponse response;
    while (stream_.Read(&response)) {
      base::MutexLock lock(mutex_);
      if (response.has_progress()) {
        progress_ = wire::FromWire(response.progress());
      } else if (response.has_report()) {
        report_ = std::move(*response.mutable_report());
      }
      changed_.NotifyOne();
    }
    base::MutexLock lock(mutex_);
    over_ = true;
    changed_.NotifyOne();
  }

  Stream& stream_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::optional<ImportProgress> progress_ KENAL_GUARDED_BY(mutex_);
  std::optional<v1::ImportReport> report_;
  bool over_ KENAL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class Sender {
 public:
  Sender(Stream& stream, Listener& listener, const ImportWatcher& watcher)
      : stream_(stream), listener_(listener), watcher_(watcher) {}

  // Not OK when `source` failed. False when the server hears no more.
  StatusOr<bool> SendAll(ImportMode mode, std::string_view list,
                         const ImportSource& source, const Authorship& by) {
    v1::ImportEntriesRequest header;
    header.mutable_header()->set_rehearse(mode == ImportMode::kRehearse);
    header.mutable_header()->set_list(std::string(list));
    wire::ToWire(by, header.mutable_header()->mutable_by());
    if (!stream_.Write(header)) return false;
    while (true) {
      KENAL_TRY_ASSIGN(const std::optional<ImportItem> item, source());
      if (!item) break;
      if (!Add(*item)) return false;
    }
    if (!SendChunk()) return false;
    v1::ImportEntriesRequest end;
    end.mutable_end()->set_record_count(count_);
    return stream_.Write(end) && stream_.WritesDone();
  }

 private:
  bool Add(const ImportItem& item) {
    v1::ImportRecord* const record = chunk_.mutable_chunk()->add_records();
    wire::ToWire(item, record);
    ++count_;
    chunk_bytes_ += record->ByteSizeLong();
    const bool full = chunk_bytes_ >= wire::kChunkBytes ||
                      chunk_.chunk().records_size() >= wire::kItemsMax;
    return !full || SendChunk();
  }

  bool SendChunk() {
    if (chunk_bytes_ == 0) return true;
    const bool sent = stream_.Write(chunk_);
    chunk_.Clear();
    chunk_bytes_ = 0;
    if (watcher_) {
      if (const auto progress = listener_.Progress()) watcher_(*progress);
    }
    return sent;
  }

  Stream& stream_;
  Listener& listener_;
  const ImportWatcher& watcher_;
  v1::ImportEntriesRequest chunk_;
  size_t chunk_bytes_ = 0;
  uint64_t count_ = 0;
};

}  // namespace

StatusOr<ImportReport> ImportOver(v1::CatalogueService::Stub& stub,
                                  const std::string& address,
                                  ImportMode mode, std::string_view list,
                                  const ImportSource& source,
                                  const ImportWatcher& watcher,
                                  const Authorship& by) {
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = stub.ImportEntries(&context);
  std::optional<v1::ImportReport> report;
  {
    Listener listener(*stream);
    const StatusOr<bool> sent =
        Sender(*stream, listener, watcher).SendAll(mode, list, source, by);
    if (!sent.ok()) {
      // Without its end message the server gives the import up.
      context.TryCancel();
      while (listener.Wait()) listener.Progress();
      stream->Finish().ok();
      return sent.status();
    }
    while (listener.Wait()) {
      const auto progress = listener.Progress();
      if (progress && watcher) watcher(*progress);
    }
    report = listener.report();
  }
  const grpc::Status status = stream->Finish();
  KENAL_TRY(FromGrpc(status, context, address));
  if (!report) return Misread(InvalidArgument("no report"), address);
  StatusOr<ImportReport> read = wire::FromWire(*report);
  if (!read.ok()) return Misread(read.status(), address);
  return read;
}

}  // namespace kenal::client
