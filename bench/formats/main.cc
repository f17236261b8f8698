// vics-sets: invented Project VIC files, and what two of them have in common.
//
//   vics-sets make RECORDS RECORDS_A_CASE SEED FILE   0 a case: a hash set
//   vics-sets digest FILE                             RECORDS CASES DIGEST
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/formats/make_set.h"
#include "bench/formats/set_digest.h"

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File Open(const char* path, const char* mode) {
  return {std::fopen(path, mode), std::fclose};
}

uint64_t Number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  using namespace kenal::bench;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "make" && argc == 6) {
    const File file = Open(argv[5], "wb");
    const SetShape shape{.records = Number(argv[2]),
                         .records_a_case = Number(argv[3]),
                         .seed = Number(argv[4])};
    if (file != nullptr && MakeSet(shape, file.get()) &&
        std::fflush(file.get()) == 0) {
      return 0;
    }
    std::fprintf(stderr, "%s: cannot be written\n", argv[5]);
    return 1;
  }
  if (what == "digest" && argc == 3) {
    const File file = Open(argv[2], "rb");
    const SetDigest digest =
        file == nullptr ? SetDigest{} : DigestSet(file.get());
    if (digest.good) {
      std::printf(
          "%llu %llu %s\n", static_cast<unsigned long long>(digest.records),
          static_cast<unsigned long long>(digest.cases), digest.sha256.c_str());
      return 0;
    }
    std::fprintf(stderr, "%s: is no Project VIC file\n", argv[2]);
    return 1;
  }
  std::fprintf(stderr,
               "vics-sets make RECORDS RECORDS_A_CASE SEED FILE\n"
               "vics-sets digest FILE\n");
  return 2;
}
