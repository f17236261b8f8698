// KENAL_CHECK(condition): stops the program when an invariant of ours is
// broken, in every build.
#ifndef KENAL_SRC_BASE_CHECK_H_
#define KENAL_SRC_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define KENAL_CHECK(condition)                                        \
  do {                                                                \
    if (!(condition)) [[unlikely]] {                                  \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, \
                   __LINE__, #condition);                             \
      std::abort();                                                   \
    }                                                                 \
  } while (false)

#endif  // KENAL_SRC_BASE_CHECK_H_
