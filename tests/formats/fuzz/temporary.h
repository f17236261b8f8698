// A file on a disk in memory, as readers want a path.
#ifndef KENAL_TESTS_FORMATS_FUZZ_TEMPORARY_H_
#define KENAL_TESTS_FORMATS_FUZZ_TEMPORARY_H_

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "src/base/check.h"

namespace kenal::formats {

// One of the process, removed at its end.
inline const std::string& TemporaryPath() {
  // Never destroyed: it is needed at exit.
  static const std::string* const path = [] {
    std::string pattern = std::filesystem::exists("/dev/shm")
                              ? "/dev/shm/kenal-fuzz-XXXXXX"
                              : "/tmp/kenal-fuzz-XXXXXX";
    close(mkstemp(pattern.data()));
    std::atexit([] { std::filesystem::remove(TemporaryPath()); });
    return new std::string(std::move(pattern));
  }();
  return *path;
}

inline void WriteTemporary(const void* bytes, size_t size) {
  std::FILE* file = std::fopen(TemporaryPath().c_str(), "wb");
  KENAL_CHECK(file != nullptr);
  KENAL_CHECK(std::fwrite(bytes, 1, size, file) == size);
  KENAL_CHECK(std::fclose(file) == 0);
}

}  // namespace kenal::formats

#endif  // KENAL_TESTS_FORMATS_FUZZ_TEMPORARY_H_
