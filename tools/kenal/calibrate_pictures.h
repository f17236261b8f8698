// The pictures of a folder as `kenal calibrate` compares them: what they would
// be asked with, and what an entry of them would hold. Hashes only.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_PICTURES_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_PICTURES_H_

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/status.h"
#include "tools/kenal/context.h"

namespace kenal::cli {

// A list as `kenal list create` makes it, which also reviews as far as can be.
ListPolicy CalibratedPolicy();

// One hash of a query, or one row of an entry.
struct CalibratedHash {
  PdqHash hash;
  View view = View::kStored;
  bool template_like = false;
};

struct CalibratedPicture {
  std::string path;
  std::string name;  // relative to the folder
  Sha256 digest;
  std::vector<CalibratedHash> queries;  // all that the effort compares
  std::vector<CalibratedHash> rows;     // all that an entry is found by
};

struct CalibratedFolder {
  std::string folder;
  uint64_t file_count = 0;    // hashed, after sampling
  uint64_t found_count = 0;   // in the folder
  uint64_t failed_count = 0;  // each was named; without a hash
  uint64_t equal_count = 0;   // files that are the same as an earlier one
  uint64_t flat_count = 0;    // distinct, of quality kFlatQualityMax or less
  bool some_failed = false;   // also paths that could not be listed
  std::vector<CalibratedPicture> pictures;  // distinct, with detail enough
  uint64_t distinct_count() const { return flat_count + pictures.size(); }
};

struct PicturesAsked {
  std::string folder;
  uint64_t sample = 0;  // 0: all
  Effort effort = Effort::kNormal;
  int workers = 0;
};

// Hashes what is in the folder, in the sandboxed decoder. Says on stderr which
// files failed. About 1 KB a picture is kept.
// Errors: kNotFound            no such folder
//         kInvalidArgument     not a folder
//         kCancelled           `stop` was asked for
//         those of Hasher::Start
StatusOr<CalibratedFolder> HashFolder(Context& context,
                                      const PicturesAsked& asked,
                                      const std::stop_token& stop);

// So many of 0 .. count - 1, ascending, the same for the same numbers; all when
// `sample` is 0 or not below `count`.
std::vector<size_t> ChosenOf(size_t count, size_t sample);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_PICTURES_H_
