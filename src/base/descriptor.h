// A file descriptor that is closed with its owner.
#ifndef KENAL_SRC_BASE_DESCRIPTOR_H_
#define KENAL_SRC_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace kenal::base {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_DESCRIPTOR_H_
