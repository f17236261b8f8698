// Hasher: from the bytes of a file to its signal set.
//
//   KENAL_TRY_ASSIGN(auto hasher, Hasher::Start({}));
//   SignalSet signals = hasher->HashFile("kite.jpg");
//
// Digests are computed here, in one pass over the bytes. The picture is
// decoded only inside a sandboxed `kenal-decoder` process; nothing is written
// and no picture is kept.
#ifndef KENAL_HASHER_H_
#define KENAL_HASHER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal {

struct HasherOptions {
  // Decoder processes, hence pictures decoded at once. 0: one a core.
  int worker_count = 0;
  // Path of the kenal-decoder binary. Empty: $KENAL_DECODER when it is set,
  // else beside this program.
  std::string decoder_path;
};

// What to compute beside digests and the whole picture (kWholeViews).
struct HashWork {
  ViewSet views = QueryViews(Effort::kNormal);
  bool second_opinion = false;  // a MarrHash a view: several ms each
};

class Hasher {
 public:
  // Errors: kNotFound            no decoder binary; the message says where
  //                              it was looked for
  //         kFailedPrecondition  the sandbox cannot be set up here
  static StatusOr<std::unique_ptr<Hasher>> Start(const HasherOptions& options);
  virtual ~Hasher() = default;

  // Never fails: what could not be done is in `pdq_failure`, and a file that
  // cannot be read has no signals at all. Always with dihedral variants.
  // Thread-safe; waits while all workers are busy.
  virtual SignalSet HashBytes(std::span<const uint8_t> bytes,
                              const HashWork& work) = 0;
  virtual SignalSet HashFile(const std::string& path,
                             const HashWork& work) = 0;

  // HashBytes without the digests, for callers that have them.
  virtual SignalSet HashPicture(std::span<const uint8_t> bytes,
                                const HashWork& work) = 0;

  // With the work of effort `normal`.
  SignalSet HashBytes(std::span<const uint8_t> bytes) {
    return HashBytes(bytes, HashWork{});
  }
  SignalSet HashFile(const std::string& path) {
    return HashFile(path, HashWork{});
  }

  virtual int worker_count() const = 0;
};

}  // namespace kenal

#endif  // KENAL_HASHER_H_
