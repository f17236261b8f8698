#include "tools/kenal/words.h"

#include <CLI/CLI.hpp>

namespace kenal::cli {
namespace {

std::string ViewAndVariant(View view, Variant variant) {
  std::string text = ViewText(view);
  if (variant == Variant::kOrig) return text;
  if (!text.empty()) text += ", ";
  return text + std::string(VariantName(variant));
}

}  // namespace

std::string ViewText(View view) {
  switch (view) {
    case View::kStored:
      return "";
    case View::kUpright:
      return "upright";
    case View::kTrimmed:
      return "borders cut off";
    case View::kFrame:
      return "inner picture";
    case View::kFrame2:
      return "inner picture 2";
    case View::kFrame3:
      return "inner picture 3";
    case View::kFrame4:
      return "inner picture 4";
    case View::kStraightened:
      return "set straight";
    case View::kCentral95:
      return "middle 95 %";
    case View::kCentral90:
      return "middle 90 %";
    case View::kCentral80:
      return "middle 80 %";
    case View::kAspect1x1:
    case View::kAspect4x5:
    case View::kAspect9x16:
    case View::kAspect16x9:
      return "cropped to " + std::string(ViewName(view));
    case View::kTurned:
      return "";  // Its variant says it.
  }
  return "";
}

std::string HowText(const Transform& transform) {
  std::string text =
      ViewAndVariant(transform.query_view, transform.query_variant);
  const std::string entry =
      ViewAndVariant(transform.entry_view, transform.entry_variant);
  if (!entry.empty()) text += (text.empty() ? "entry " : "; entry ") + entry;
  return text.empty() ? "as is" : text;
}

std::string OpinionText(const SecondOpinion& opinion) {
  return std::string("second opinion ") +
         (opinion.corroborates ? "agrees" : "differs") + " (" +
         std::to_string(opinion.distance) + " of 576 bits)";
}

std::string PolicyText(const ListPolicy& policy) {
  std::string text = "radius " + std::to_string(policy.pdq_radius.bits);
  if (policy.review_radius) {
    text += ", review radius " + std::to_string(policy.review_radius->bits);
  }
  return text + ", effort " + std::string(EffortName(policy.effort));
}

void AddEffortOption(CLI::App& command, std::string& effort) {
  command
      .add_option("--effort", effort,
                  "What is tried to meet an altered copy: fast (the whole\n"
                  "picture, turned and mirrored), normal (and borders cut\n"
                  "off, inner pictures; when not given) or thorough (and\n"
                  "more parts, all turned and mirrored).\n"
                  "cost: fast 8 index queries a picture, normal about 9,\n"
                  "thorough about 40")
      ->type_name("EFFORT");
}

}  // namespace kenal::cli
