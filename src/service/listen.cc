#include "src/service/listen.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "src/base/file.h"

namespace kenal::service {
namespace {

class Socket {
 public:
  explicit Socket(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// 0 when something accepts connections at `path`, else the errno.
int TryConnect(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return ENAMETOOLONG;
  std::memcpy(name.sun_path, path.data(), path.size());
  const Socket socket(AF_UNIX);
  if (socket.get() < 0) return errno;
  const int result = connect(
      socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  return result == 0 ? 0 : errno;
}

Status CheckPlace(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return OkStatus();
    return FailedPrecondition(base::WithErrno(path + ": cannot listen", errno));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return FailedPrecondition(
        path + ": is there and is no socket; choose another path");
  }
  const int error_number = TryConnect(path);
  if (error_number == ECONNREFUSED) return OkStatus();  // left by the dead
  if (error_number == 0 || error_number == EAGAIN) {
    return Unavailable("unix:" + path +
                       ": another server answers there; stop it or choose "
                       "another path");
  }
  return FailedPrecondition(base::WithErrno(
      path + ": cannot tell whether it is in use", error_number));
}

}  // namespace

Status CheckMayListen(const wire::Address& address, bool tls,
                      bool insecure_plaintext_tcp) {
  if (address.is_unix() || tls || insecure_plaintext_tcp) return OkStatus();
  return InvalidArgument(
      address.ToString() +
      ": a TCP listener needs certificates (--tls FOLDER/NAME; `kenal certs` "
      "makes some to try out), or use unix:PATH; --insecure-plaintext-tcp "
      "lets everybody who reaches the port read and ask everything");
}

Status CheckPortFree(const wire::Address& address) {
  if (address.port == 0) return OkStatus();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &found);
  if (result != 0) {
    return InvalidArgument(address.ToString() + ": " + gai_strerror(result));
  }
  int error_number = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const Socket socket(one->ai_family);
    if (socket.get() < 0) continue;  // such as no IPv6 on this machine
    const int yes = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(socket.get(), one->ai_addr, one->ai_addrlen) != 0 &&
        errno != EADDRNOTAVAIL) {
      error_number = errno;
    }
  }
  freeaddrinfo(found);
  if (error_number == 0) return OkStatus();
  return Unavailable(
      base::WithErrno(address.ToString() + ": cannot listen", error_number) +
      "; choose another port");
}

StatusOr<std::unique_ptr<SocketFile>> SocketFile::Prepare(
    const std::string& path) {
  KENAL_TRY(CheckPlace(path));
  std::unique_ptr<SocketFile> file(new SocketFile);
  file->path_ = path;
  const size_t slash = path.rfind('/');
  const std::string parent =
      slash == path.npos ? "." : path.substr(0, slash + 1);
  std::string folder =
      (slash == path.npos ? "" : parent) + std::string(".kenal-XXXXXX");
  if (folder.size() + 2 > wire::kSocketPathBytesMax) {
    return InvalidArgument(path +
                           ": its folder's name is too long for a "
                           "socket; use a shorter one, such as under /run");
  }
  if (mkdtemp(folder.data()) == nullptr) {
    return FailedPrecondition(
        base::WithErrno(path + ": cannot listen in that folder", errno));
  }
  file->folder_ = folder;
  file->binding_path_ = folder + "/s";
  return file;
}

Status SocketFile::Publish() {
  struct stat info {};
  if (chmod(binding_path_.c_str(), 0600) != 0 ||
      lstat(binding_path_.c_str(), &info) != 0 ||
      rename(binding_path_.c_str(), path_.c_str()) != 0) {
    return FailedPrecondition(
        base::WithErrno(path_ + ": cannot listen", errno));
  }
  device_ = info.st_dev;
  inode_ = info.st_ino;
  published_ = true;
  rmdir(folder_.c_str());
  return OkStatus();
}

SocketFile::~SocketFile() {
  if (!published_) {
    unlink(binding_path_.c_str());
    rmdir(folder_.c_str());
    return;
  }
  struct stat info {};
  if (lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
      info.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

}  // namespace kenal::service
