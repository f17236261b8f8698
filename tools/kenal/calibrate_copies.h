// How many altered copies of the user's own pictures are found again.
//
// Pictures are decoded and altered in kenal-calibrate processes, behind the
// decoder's lock; hashes alone come back. Nothing is written.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "tools/kenal/calibrate_order.h"
#include "tools/kenal/calibrate_pairs.h"
#include "tools/kenal/calibrate_pictures.h"

namespace kenal::cli {

struct AlterationFigures {
  uint64_t copy_count = 0;
  ByRadius found{};  // copies that met their picture
};

struct CopyFigures {
  uint64_t picture_count = 0;  // all of whose copies are counted
  uint64_t unread_count = 0;   // of formats that no copies are made of
  uint64_t failed_count = 0;   // whose copies could not be made
  bool interrupted = false;    // the rest of the pictures is left out
  std::array<AlterationFigures, kAlterationCount> alterations;
};

struct CopiesAsked {
  uint64_t picture_count = 0;  // at most so many; 0: none
  Effort effort = Effort::kNormal;
  int workers = 1;
};

// Beside this program, which is also what `helper` is for.
std::string CopyHelperPath();

// That the helper is there and can lock itself in.
// Errors: kNotFound, kFailedPrecondition
Status CheckCopyHelper(const std::string& helper);

// Makes every alteration of chosen pictures and holds each copy, as a query,
// against the picture, as an entry of CalibratedPolicy. `stop` ends it after
// the pictures in hand.
// `progress` is called from any thread.
CopyFigures MeasureCopies(std::span<const CalibratedPicture> pictures,
                          const std::string& helper, const CopiesAsked& asked,
                          const std::stop_token& stop,
                          const std::function<void(size_t)>& progress,
                          const std::function<void(const std::string&)>& say);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_
