// Decoder pool: pictures to PDQ signals, in sandboxed worker processes.
//
// This is the only way into a decoder from the rest of Kenal. Each worker is a
// `kenal-decoder` process that has locked itself in (no open, create, connect,
// fork, exec; limits on memory and CPU) and proved it before the first
// picture. A worker that dies or overruns costs its one file.
#ifndef KENAL_SRC_DECODE_DECODER_POOL_H_
#define KENAL_SRC_DECODE_DECODER_POOL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::decode {

struct PoolOptions {
  int worker_count = 1;      // 1..64
  std::string decoder_path;  // the kenal-decoder binary
};

// Either views (at least `stored`) or a failure. A picture under 5 pixels a
// side is not a failure: its hash is zero and its quality 0.
struct Decoded {
  std::optional<PictureInfo> picture;  // as far as the header told
  std::vector<PdqView> views;          // with dihedral variants
  std::optional<SignalFailure> failure;
};

// What to compute beside kWholeViews.
struct DecodeWork {
  ViewSet views;
  bool second_opinion = false;  // a MarrHash for every view
  friend bool operator==(const DecodeWork&, const DecodeWork&) = default;
};

class DecoderPool {
 public:
  // Errors: kNotFound            decoder_path is not an executable file
  //         kFailedPrecondition  a worker's self-test of its sandbox failed
  static StatusOr<std::unique_ptr<DecoderPool>> Start(
      const PoolOptions& options);
  virtual ~DecoderPool() = default;  // ends the workers

  // Never fails as a call; a picture that cannot be decoded is a `failure`.
  // When a worker dies or overruns over `work`, the whole picture is hashed
  // without it.
  // Thread-safe; waits while all workers are busy. Nothing of `bytes` or of
  // the pixels is kept after the call.
  virtual Decoded Decode(std::span<const uint8_t> bytes,
                         const DecodeWork& work) = 0;
};

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_DECODER_POOL_H_
