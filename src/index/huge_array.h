// A fixed-size array of plain values in huge pages, for tables that are read
// at random: a 4 KiB page costs a second cache miss for its address.
#ifndef KENAL_SRC_INDEX_HUGE_ARRAY_H_
#define KENAL_SRC_INDEX_HUGE_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace kenal::index {

// Zeroed memory, aligned to 64 bytes, with at least kTailBytes readable (and
// zero) after the last byte asked for, so that vector loads may overrun.
// Stops the program when the system has no memory.
void* AllocateHuge(size_t size_bytes);
void FreeHuge(void* memory, size_t size_bytes);
inline constexpr size_t kHugeTailBytes = 64;

template <typename T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  HugeArray() = default;
  explicit HugeArray(size_t size)
      : data_(size == 0 ? nullptr
                        : static_cast<T*>(AllocateHuge(size * sizeof(T)))),
        size_(size) {}
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    if (this != &other) {
      Free();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~HugeArray() { Free(); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t size_bytes() const { return size_ * sizeof(T); }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  void Free() {
    if (data_ != nullptr) FreeHuge(data_, size_ * sizeof(T));
    data_ = nullptr;
    size_ = 0;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_HUGE_ARRAY_H_
