#include "src/decode/decoder_pool.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/base/mutex.h"
#include "src/decode/limits.h"
#include "src/decode/outcome.h"
#include "src/decode/worker_process.h"

namespace kenal::decode {
namespace {

// Files that ended a worker, by digest; the oldest give way.
class RefusedFiles {
 public:
  bool IsEmpty() const { return order_.empty(); }
  bool Holds(const base::Sha256Bytes& digest) const {
    return digests_.contains(digest);
  }
  void Add(const base::Sha256Bytes& digest) {
    if (!digests_.insert(digest).second) return;
    order_.push_back(digest);
    if (order_.size() <= kRefusedFilesMax) return;
    digests_.erase(order_.front());
    order_.pop_front();
  }

 private:
  std::set<base::Sha256Bytes> digests_;
  std::deque<base::Sha256Bytes> order_;
};

using WorkerPtr = std::unique_ptr<WorkerProcess>;

// worker_count files at once, and one worker more than that, so that one is
// warm when another ends. A thread of the pool's own starts workers: the
// system ends a worker together with the thread that started it.
class Pool : public DecoderPool {
 public:
  explicit Pool(const PoolOptions& options)
      : options_(options),
        wanted_(options.worker_count + 1),
        starter_([this] { StartWorkers(); }) {}
  ~Pool() override;

  // Waits until all workers are up.
  Status AwaitStart();
  Decoded Decode(std::span<const uint8_t> bytes,
                 const DecodeWork& work) override;

 private:
  void StartWorkers();
  StatusOr<WorkerPtr> StartWorker();
  StatusOr<WorkerPtr> Take();
  void GiveBack(WorkerPtr worker, bool is_usable);
  bool Holds(const RefusedFiles& files, std::span<const uint8_t> bytes);
  void Add(RefusedFiles& files, std::span<const uint8_t> bytes);
  Decoded DecodeOn(WorkerPtr worker, std::span<const uint8_t> bytes,
                   const DecodeWork& work, bool* was_dead_before);

  const PoolOptions options_;
  const int wanted_;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<WorkerPtr> idle_
      KENAL_GUARDED_BY(mutex_);             // the last is the warmest
  int alive_ KENAL_GUARDED_BY(mutex_) = 0;  // idle, busy, or being started
  int busy_ KENAL_GUARDED_BY(mutex_) = 0;   // at most worker_count
  bool is_ending_ KENAL_GUARDED_BY(mutex_) = false;
  // Of the newest worker. Plain values: a Status that threads share counts
  // its references inside a library that ThreadSanitizer cannot see into.
  StatusCode start_code_ KENAL_GUARDED_BY(mutex_) = StatusCode::kOk;
  std::string start_message_ KENAL_GUARDED_BY(mutex_);
  RefusedFiles refused_ KENAL_GUARDED_BY(mutex_);
  // Over their parts alone: the whole of them is hashed.
  RefusedFiles without_parts_ KENAL_GUARDED_BY(mutex_);

  std::thread starter_;  // the last member: it uses the others
};

Pool::~Pool() {
  {
    base::MutexLock lock(mutex_);
    is_ending_ = true;
  }
  changed_.NotifyAll();
  starter_.join();
}

StatusOr<WorkerPtr> Pool::StartWorker() {
  KENAL_TRY_ASSIGN(WorkerPtr worker,
                   WorkerProcess::Launch(options_.decoder_path));
  KENAL_TRY(worker->AwaitHello());
  return worker;
}

void Pool::StartWorkers() {
  mutex_.Lock();
  for (;;) {
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return is_ending_ || (alive_ < wanted_ && start_code_ == StatusCode::kOk);
    });
    if (is_ending_) break;
    ++alive_;
    mutex_.Unlock();
    StatusOr<WorkerPtr> worker = StartWorker();
    mutex_.Lock();
    start_code_ = worker.status().code();
    start_message_ = std::string(worker.status().message());
    if (worker.ok()) {
      // Behind the warm ones.
      idle_.insert(idle_.begin(), *std::move(worker));
    } else {
      --alive_;
    }
    changed_.NotifyAll();
  }
  std::vector<WorkerPtr> last = std::move(idle_);
  mutex_.Unlock();
  last.clear();  // In this thread, which started them.
}

Status Pool::AwaitStart() {
  base::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
    return start_code_ != StatusCode::kOk ||
           static_cast<int>(idle_.size()) == wanted_;
  });
  return Status(start_code_, start_message_);
}

StatusOr<WorkerPtr> Pool::Take() {
  base::MutexLock lock(mutex_);
  // After a failed start, each file has another one tried.
  bool has_retried = false;
  for (;;) {
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      bool has_place = busy_ < options_.worker_count;
      return has_place && (!idle_.empty() || start_code_ != StatusCode::kOk);
    });
    if (start_code_ != StatusCode::kOk && !has_retried) {
      has_retried = true;
      start_code_ = StatusCode::kOk;
      changed_.NotifyAll();
    } else if (idle_.empty()) {
      return Status(start_code_, start_message_);
    } else {
      break;
    }
  }
  WorkerPtr worker = std::move(idle_.back());
  idle_.pop_back();
  ++busy_;
  return worker;
}

void Pool::GiveBack(WorkerPtr worker, bool is_usable) {
  if (is_usable && worker->file_count() >= kFilesPerWorker) is_usable = false;
  if (!is_usable) worker.reset();
  {
    base::MutexLock lock(mutex_);
    --busy_;
    if (worker != nullptr) {
      idle_.push_back(std::move(worker));
    } else {
      --alive_;
      start_code_ = StatusCode::kOk;
    }
  }
  changed_.NotifyAll();
}

bool Pool::Holds(const RefusedFiles& files, std::span<const uint8_t> bytes) {
  {
    base::MutexLock lock(mutex_);
    if (files.IsEmpty()) return false;
  }
  base::Sha256Bytes digest = base::Sha256Of(bytes);
  base::MutexLock lock(mutex_);
  return files.Holds(digest);
}

void Pool::Add(RefusedFiles& files, std::span<const uint8_t> bytes) {
  base::Sha256Bytes digest = base::Sha256Of(bytes);
  base::MutexLock lock(mutex_);
  files.Add(digest);
}

Decoded Pool::Decode(std::span<const uint8_t> bytes, const DecodeWork& work) {
  Outcome unread;
  if (bytes.empty()) {
    unread.reason = Reason::kEmpty;
    return ToDecoded(unread);
  }
  if (bytes.size() > kInputBytesMax) {
    unread.reason = Reason::kFileTooLarge;
    unread.a = bytes.size();
    unread.b = kInputBytesMax;
    return ToDecoded(unread);
  }
  Decoded decoded;
  if (Holds(refused_, bytes)) {
    decoded.failure = SignalFailure{
        "decoder_died",
        "this file ended a decoder before and is not tried again"};
    return decoded;
  }
  if (work != DecodeWork{} && Holds(without_parts_, bytes)) {
    return Decode(bytes, {});
  }
  bool was_dead_before = false;
  do {
    StatusOr<WorkerPtr> worker = Take();
    if (!worker.ok()) {
      decoded.failure = SignalFailure{
          "decoder_died", absl::StrCat("no decoder could be started: ",
                                       worker.status().message())};
      return decoded;
    }
    decoded = DecodeOn(*std::move(worker), bytes, work, &was_dead_before);
  } while (was_dead_before);
  return decoded;
}

Decoded Pool::DecodeOn(WorkerPtr worker, std::span<const uint8_t> bytes,
                       const DecodeWork& work, bool* was_dead_before) {
  WorkerProcess::Result result = worker->Decode(bytes, work);
  *was_dead_before = result.was_dead_before;
  // What parts cost must not cost the picture.
  const bool had_parts = work != DecodeWork{};
  if (result.failure) Add(had_parts ? without_parts_ : refused_, bytes);
  GiveBack(std::move(worker), result.outcome.has_value());
  if (result.outcome) return ToDecoded(*result.outcome);
  if (result.failure && had_parts) return Decode(bytes, {});
  Decoded decoded;
  decoded.failure = std::move(result.failure);
  return decoded;
}

}  // namespace

StatusOr<std::unique_ptr<DecoderPool>> DecoderPool::Start(
    const PoolOptions& options) {
  if (options.worker_count < 1 || options.worker_count > kWorkersMax) {
    return InvalidArgument(
        absl::StrCat("worker_count must be 1 to ", kWorkersMax));
  }
  struct stat file;
  if (stat(options.decoder_path.c_str(), &file) != 0) {
    return NotFound(base::WithErrno(options.decoder_path, errno));
  }
  if (!S_ISREG(file.st_mode) ||
      access(options.decoder_path.c_str(), X_OK) != 0) {
    return NotFound(options.decoder_path + ": not an executable file");
  }
  auto pool = std::make_unique<Pool>(options);
  KENAL_TRY(pool->AwaitStart());
  return pool;
}

}  // namespace kenal::decode
