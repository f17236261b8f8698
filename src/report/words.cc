#include "src/report/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace kenal::report {
namespace {

using findings::Coverage;
using findings::Ending;
namespace reason = findings::reason;

constexpr auto kReasons =
    std::to_array<std::pair<std::string_view, std::string_view>>({
        {reason::kPicture, "picture, compared by digest and by PDQ"},
        {reason::kFlat,
         "picture with too little detail for PDQ, compared by digest"},
        {reason::kDamagedInPart,
         "damaged picture, its readable part compared by PDQ"},
        {reason::kVideo, "video"},
        {reason::kAudio, "audio"},
        {reason::kDocument, "document"},
        {reason::kArchive, "archive (what is within it is counted apart)"},
        {reason::kProgram, "program"},
        {reason::kDatabase, "database"},
        {reason::kText, "text"},
        {reason::kOther, "other file"},
        {reason::kEmpty, "empty file"},
        {reason::kKnownGood, "file on a list of known harmless files"},
        {reason::kFormatNotDecoded, "picture of a format that is not decoded"},
        {reason::kDamagedPicture, "damaged picture"},
        {reason::kPictureTooLarge, "picture too large to decode"},
        {reason::kDecoderFailed, "picture at which the decoder failed"},
        {reason::kEncryptedArchive, "encrypted archive"},
        {reason::kEncryptedVolume, "encrypted volume"},
        {reason::kBitLocker, "BitLocker volume"},
        {reason::kLuks, "LUKS volume"},
        {reason::kFileVault, "FileVault volume"},
        {reason::kUnknownVolume, "volume of an unknown kind"},
        {reason::kTooLarge, "too large"},
        {reason::kTooDeep, "nested too deeply"},
        {reason::kTooManyMembers, "archive with too many members"},
        {reason::kExpandsTooMuch, "archive that expands too much"},
        {reason::kDamaged, "damaged"},
        {reason::kOpenerFailed, "container at which the opener failed"},
        {reason::kNotSupported, "container of a kind that is not opened"},
        {reason::kReallocated,
         "deleted file whose place belongs to another by now"},
        {reason::kNotOpened, "container that was not to be looked into"},
        {reason::kUnreadable, "unreadable"},
        {reason::kVanished, "vanished during the run"},
        {reason::kChanged, "changed while it was read"},
        {reason::kSpecial, "link, pipe or device"},
        {reason::kOtherDevice, "on another device"},
        {reason::kNotReached, "not reached before the run ended"},
        {reason::kNotSampled, "not in the sample"},
    });

}  // namespace

std::string_view EndingWords(Ending ending) {
  switch (ending) {
    case Ending::kComplete:
      return "The run is complete: it came to every place. What it could not "
             "compare, and why, is in the coverage table.";
    case Ending::kTimeBudget:
      return "The run was stopped by its time budget. What it had not reached "
             "by then was not examined.";
    case Ending::kEnoughHits:
      return "The run was stopped because it had found as many hits as it was "
             "asked for. What it had not reached by then was not examined.";
    case Ending::kInterrupted:
      return "The run was interrupted and is not over. What it had not reached "
             "was not examined; it goes on when it is started again.";
    case Ending::kRunning:
      return "The run is not over. This report tells what it had found so far; "
             "what it had not reached was not examined.";
  }
  return "";
}

std::string_view VerdictWords(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact:
      return "A digest of the file equals one on a list of known abuse "
             "material: the same bytes, on that list's word.";
    case Verdict::kNear:
      return "The picture looks like one on a list of known abuse material. It "
             "is a candidate, and a person has to look at it: the smaller the "
             "distance, the more alike.";
    case Verdict::kUnavailable:
      return "A check that was needed could not be made. Nothing is said of "
             "this content.";
    case Verdict::kTest:
      return "Only an entry of a test list was met.";
    case Verdict::kNoKnownMatch:
      return "No entry of the lists that were asked was met. It does not say "
             "that content is harmless: lists hold only what is known.";
  }
  return "";
}

std::string_view CoverageWords(Coverage coverage) {
  switch (coverage) {
    case Coverage::kExamined:
      return "Examined: compared by digest and, as a picture, by PDQ.";
    case Coverage::kDigestOnly:
      return "By digest only: an equal copy would have been found, an altered "
             "one would not.";
    case Coverage::kNotExamined:
      return "Not examined: it, or what is within it, was not compared with "
             "anything.";
  }
  return "";
}

std::string ReasonWords(std::string_view reason) {
  const auto found = std::ranges::find(
      kReasons, reason, &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == kReasons.end() ? reason : found->second);
}

bool IsUndecodedPicture(std::string_view reason) {
  return reason == reason::kFormatNotDecoded ||
         reason == reason::kDamagedPicture ||
         reason == reason::kPictureTooLarge || reason == reason::kDecoderFailed;
}

bool IsAnythingCompared(const findings::Totals& totals) {
  return std::ranges::any_of(totals.coverage, [](const auto& row) {
    const auto& [coverage, reason] = row.first;
    return coverage != Coverage::kNotExamined && reason != reason::kArchive &&
           reason != reason::kEmpty && row.second.places > 0;
  });
}

std::string SampleWords(const findings::SampleStatement& sample) {
  return "A random sample was looked at: " +
         Counted(sample.draws, "position", "positions") + " of " +
         SizeText(sample.population_bytes) +
         ", each with its whole file. It is " + PercentText(sample.confidence) +
         " sure to find at least one file of " +
         SizeText(sample.material_bytes) +
         " of listed, readable material, if that much or more is present. It "
         "says nothing of smaller amounts, nor of material that no list holds.";
}

std::string CountText(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string SizeText(uint64_t size_bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (size_bytes < 1024) return Counted(size_bytes, "byte", "bytes");
  double value = static_cast<double>(size_bytes) / 1024;
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.1f %s" : "%.0f %s", value,
                kUnits[unit]);
  return text;
}

std::string PercentText(double share) {
  const double percent = share * 100;
  char text[32];
  std::snprintf(text, sizeof text,
                percent == std::round(percent) ? "%.0f %%" : "%.2f %%",
                percent);
  // Nothing short of all is rounded to it.
  if (share < 1 && std::string_view(text).starts_with("100")) {
    std::snprintf(text, sizeof text, "%.4f %%", percent);
  }
  return text;
}

std::string Counted(uint64_t count, std::string_view one,
                    std::string_view many) {
  return CountText(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace kenal::report
