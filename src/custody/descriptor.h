// An open file that is closed again.
#ifndef KENAL_SRC_CUSTODY_DESCRIPTOR_H_
#define KENAL_SRC_CUSTODY_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace kenal::custody {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_DESCRIPTOR_H_
