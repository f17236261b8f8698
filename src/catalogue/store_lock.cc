#include "src/catalogue/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "src/base/file.h"

namespace kenal::catalogue {
namespace {

constexpr size_t kLockFileSizeMax = 4096;
constexpr size_t kCommandSizeMax = 160;  // enough to recognise it

// One line of printable text.
std::string Printable(std::string_view text, size_t size_max) {
  std::string out(text.substr(0, size_max));
  std::ranges::replace_if(
      out, [](char c) { return c >= 0 && (c < ' ' || c == 127); }, ' ');
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// This process's command line; its arguments end in zero bytes.
std::string OwnCommand() {
  const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char text[kLockFileSizeMax];
  const ssize_t size = read(file, text, sizeof text);
  close(file);
  if (size <= 0) return "";
  std::string_view line(text, static_cast<size_t>(size));
  const size_t slash = line.substr(0, line.find('\0')).rfind('/');
  if (slash != std::string_view::npos) line.remove_prefix(slash + 1);
  return Printable(line, kCommandSizeMax);
}

std::string ReadLockFile(int file) {
  char text[kLockFileSizeMax];
  const ssize_t size = pread(file, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

Status Busy(const std::string& folder, const LockHolder& holder) {
  std::string message = folder + ": the store is in use";
  if (holder.pid > 0) message += " by process " + std::to_string(holder.pid);
  if (!holder.command.empty()) message += " (" + holder.command + ")";
  if (holder.server_address.empty()) {
    return Unavailable(message + "; wait until it ends or stop it");
  }
  return Unavailable(message + "; use --server " + holder.server_address);
}

}  // namespace

LockHolder ParseLockFile(std::string_view text) {
  LockHolder holder;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string value =
        Printable(line.substr(equals + 1), kLockFileSizeMax);
    if (key == "pid") {
      std::from_chars(value.data(), value.data() + value.size(), holder.pid);
    } else if (key == "command") {
      holder.command = value;
    } else if (key == "server") {
      holder.server_address = value;
    }
  }
  return holder;
}

StatusOr<std::unique_ptr<StoreLock>> StoreLock::Take(
    const std::string& folder) {
  std::string path = folder + "/" + std::string(kLockFileName);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return Unavailable(base::WithErrno(path + ": cannot be opened", errno));
  }
  std::unique_ptr<StoreLock> lock(new StoreLock(file, std::move(path)));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return Unavailable(
          base::WithErrno(lock->path_ + ": cannot be locked", errno));
    }
    return Busy(folder, ParseLockFile(ReadLockFile(file)));
  }
  // On a full disk the text may be missing; the lock holds all the same.
  lock->Announce("").IgnoreError();
  return lock;
}

StoreLock::~StoreLock() { close(file_); }

Status StoreLock::Announce(const std::string& server_address) {
  if (Printable(server_address, kCommandSizeMax) != server_address) {
    return InvalidArgument(
        "a server address has at most 160 printable characters");
  }
  std::string text = "pid=" + std::to_string(getpid()) + "\n" +
                     "command=" + OwnCommand() + "\n";
  if (!server_address.empty()) text += "server=" + server_address + "\n";
  if (ftruncate(file_, 0) != 0 || pwrite(file_, text.data(), text.size(), 0) !=
                                      static_cast<ssize_t>(text.size())) {
    return Unavailable(base::WithErrno(path_ + ": cannot be written", errno));
  }
  return OkStatus();
}

}  // namespace kenal::catalogue
