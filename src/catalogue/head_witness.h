// Head witness: a small file beside the database that remembers how far the
// log had come.
//
// A database that lost the end of its write-ahead log, or was put back to an
// older state, is consistent in itself and opens. The witness shows it: the
// log must still hold the record that the witness names. It is written after
// each change without waiting for the disk, and synced on close; it never
// runs ahead of what is durable, so one that is missing, torn or old is
// harmless.
#ifndef KENAL_SRC_CATALOGUE_HEAD_WITNESS_H_
#define KENAL_SRC_CATALOGUE_HEAD_WITNESS_H_

#include <memory>
#include <optional>
#include <string>

#include "kenal/status.h"
#include "src/catalogue/catalogue.h"

namespace kenal::catalogue {

inline constexpr std::string_view kWitnessFileName = "kenal.head";

class HeadWitness {
 public:
  // Opens or makes the file. Errors: kUnavailable.
  static StatusOr<std::unique_ptr<HeadWitness>> Open(const std::string& folder);
  ~HeadWitness();  // syncs
  HeadWitness(const HeadWitness&) = delete;
  HeadWitness& operator=(const HeadWitness&) = delete;

  // nullopt when there is none or it is torn.
  std::optional<Head> Read() const;
  // Best effort: a witness that cannot be written stays at an older head.
  void Write(const Head& head);

 private:
  explicit HeadWitness(int file) : file_(file) {}

  int file_;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_HEAD_WITNESS_H_
