#include "src/sandbox/ready_pool.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "src/base/file.h"

namespace kenal::sandbox {
namespace {

// Workers kept beyond those that are always ready: containers within one
// another need one each, again and again.
constexpr int kSpareMax = 8;

}  // namespace

Status CheckProgram(const std::string& path) {
  struct stat file;
  if (stat(path.c_str(), &file) != 0) {
    return NotFound(base::WithErrno(path, errno));
  }
  if (!S_ISREG(file.st_mode) || access(path.c_str(), X_OK) != 0) {
    return NotFound(path + ": not an executable file");
  }
  return OkStatus();
}

ReadyPool::ReadyPool(Program program, int ready_count)
    : program_(std::move(program)),
      ready_count_(ready_count),
      starter_([this] { KeepReady(); }) {}

ReadyPool::~ReadyPool() {
  {
    base::MutexLock lock(mutex_);
    is_ending_ = true;
  }
  changed_.NotifyAll();
  starter_.join();
}

StatusOr<std::unique_ptr<Process>> ReadyPool::StartOne() {
  KENAL_TRY_ASSIGN(std::unique_ptr<Process> process,
                   Process::Launch(program_, {}));
  KENAL_TRY(process->AwaitHello());
  return process;
}

void ReadyPool::KeepReady() {
  mutex_.Lock();
  for (;;) {
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      const int wanted = ready_count_ + waiting_;
      return is_ending_ || (static_cast<int>(ready_.size()) < wanted &&
                            code_ == StatusCode::kOk);
    });
    if (is_ending_) break;
    mutex_.Unlock();
    StatusOr<std::unique_ptr<Process>> process = StartOne();
    mutex_.Lock();
    code_ = process.status().code();
    message_ = std::string(process.status().message());
    // Behind the warm ones.
    if (process.ok()) ready_.insert(ready_.begin(), *std::move(process));
    changed_.NotifyAll();
  }
  std::vector<std::unique_ptr<Process>> last = std::move(ready_);
  mutex_.Unlock();
  last.clear();
}

Status ReadyPool::AwaitStart() {
  base::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
    return code_ != StatusCode::kOk || !ready_.empty();
  });
  return Status(code_, message_);
}

StatusOr<std::unique_ptr<Process>> ReadyPool::Take() {
  base::MutexLock lock(mutex_);
  // A start that failed, or fails while this one waits, is tried once more.
  int failed_count = 0;
  code_ = StatusCode::kOk;
  for (;;) {
    ++waiting_;
    changed_.NotifyAll();
    changed_.Wait(mutex_, [this]() KENAL_REQUIRES(mutex_) {
      return !ready_.empty() || code_ != StatusCode::kOk;
    });
    --waiting_;
    if (ready_.empty()) {
      if (++failed_count > 1) return Status(code_, message_);
      code_ = StatusCode::kOk;
      continue;
    }
    std::unique_ptr<Process> process = std::move(ready_.back());
    ready_.pop_back();
    changed_.NotifyAll();
    if (process->IsQuiet()) return process;
  }
}

void ReadyPool::GiveBack(std::unique_ptr<Process> process) {
  if (process == nullptr || !process->IsQuiet()) return;
  {
    base::MutexLock lock(mutex_);
    if (static_cast<int>(ready_.size()) < ready_count_ + kSpareMax) {
      ready_.push_back(std::move(process));
    }
  }
  changed_.NotifyAll();
}

}  // namespace kenal::sandbox
