// What `kenal calibrate` found, as JSON, as tables and as a plot: the same
// numbers in each.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_REPORT_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_REPORT_H_

#include <string>

#include "kenal/status.h"
#include "tools/kenal/calibrate_copies.h"
#include "tools/kenal/calibrate_pairs.h"
#include "tools/kenal/calibrate_pictures.h"

namespace kenal::cli {

struct Calibration {
  CalibratedFolder folder;
  PairFigures pairs;
  CopyFigures copies;
  Effort effort = Effort::kNormal;
  bool has_marks = false;  // a person said which pairs are the same
};

// One object on one line; docs/calibrate.md lists the fields.
std::string CalibrationJson(const Calibration& calibration);

// One pair a line, each ended: what ReadSame reads.
std::string PairLines(const Calibration& calibration);

// Tables for people.
Status PutCalibration(Console& console, const Calibration& calibration);

// An SVG: copies found by alteration, and pictures taken for others by radius.
std::string CalibrationSvg(const Calibration& calibration);

// Writes a file whole or not at all, over what was there.
// Errors: kResourceExhausted  disk full
//         kUnavailable        cannot be written
Status WriteWhole(const std::string& path, const std::string& content);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_REPORT_H_
