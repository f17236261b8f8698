// Requests, made and serialized before the clock runs, and the little of
// responses that a generator reads.
#ifndef KENAL_BENCH_LOAD_REQUESTS_H_
#define KENAL_BENCH_LOAD_REQUESTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::load {

enum class CallKind : uint8_t {
  kUnary = 0,
  kBatch = 1,
  kStream = 2,
  kPicture = 3
};
inline constexpr size_t kCallKindCount = 4;
std::string_view CallKindName(CallKind kind);  // "unary", "batch", ...

// What is asked for. Hashes are random, so only planted ones are known.
struct QueryOptions {
  int pool = 16'384;  // distinct requests of each kind; then again
  int batch_items = 256;
  int views = 1;           // 1..8, of each query; all but the first are parts
  bool variants = false;   // all eight turns and mirrors of each view
  std::string effort;      // "", "fast", "normal", "thorough"
  std::string work_class;  // "", "live", "bulk"
  // A file of lines `pdq HEX`, and the share of queries that lie within
  // known_bits of one of them.
  std::string known_file;
  double known_share = 0;
  int known_bits = 12;
  std::vector<std::string> pictures;  // files
  uint64_t seed = 1;
};

// Serialized requests of one kind. Immutable.
struct RequestPool {
  CallKind kind = CallKind::kUnary;
  size_t items = 1;  // contents in each request
  std::vector<std::string> requests;
};

// Errors: kInvalidArgument  an option is out of range
//         kNotFound         names the file
StatusOr<RequestPool> MakeRequests(CallKind kind, const QueryOptions& options);

// What answers said.
struct Verdicts {
  static constexpr size_t kCount = 6;  // as in proto Verdict
  std::array<uint64_t, kCount> seen{};
  uint64_t malformed = 0;
  void Add(const Verdicts& other);
};

// Reads the verdicts of a response of `kind` (of a stream: the code of an item
// that has none, else 0).
uint32_t ReadResponse(CallKind kind, std::string_view bytes,
                      Verdicts& verdicts);

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_REQUESTS_H_
