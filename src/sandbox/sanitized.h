// Whether a sanitizer is built in. It maps terabytes of address space, so the
// limit on that is left off, and it makes system calls of its own.
#ifndef KENAL_SRC_SANDBOX_SANITIZED_H_
#define KENAL_SRC_SANDBOX_SANITIZED_H_

namespace kenal::sandbox {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace kenal::sandbox

#endif  // KENAL_SRC_SANDBOX_SANITIZED_H_
