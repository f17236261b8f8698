// What verdicts, endings and reasons mean, in plain words for readers of
// reports. One place, so that no two reports explain them differently.
#ifndef KENAL_SRC_REPORT_WORDS_H_
#define KENAL_SRC_REPORT_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kenal/verdict.h"
#include "src/findings/findings.h"
#include "src/findings/reader.h"

namespace kenal::report {

// "The run is complete: ..."; a sentence or two.
std::string_view EndingWords(findings::Ending ending);

// A sentence.
std::string_view VerdictWords(Verdict verdict);
std::string_view CoverageWords(findings::Coverage coverage);

// "encrypted archive"; a word that is not known here as it is.
std::string ReasonWords(std::string_view reason);

// A picture, or what may be one, that could not be decoded: only an equal copy
// would have been found.
bool IsUndecodedPicture(std::string_view reason);

// Whether anything but the wrappings of other things was compared.
bool IsAnythingCompared(const findings::Totals& totals);
// The headline when it is not.
inline constexpr std::string_view kNothingExamined =
    "Nothing was examined: this report tells nothing of the evidence";

// "Had 20 MiB or more of ..., then ... with a probability of 99 %."
std::string SampleWords(const findings::SampleStatement& sample);

// "12,345", "3.4 GiB", "99 %".
std::string CountText(uint64_t count);
std::string SizeText(uint64_t size_bytes);
std::string PercentText(double share);

// "1 place", "12 places".
std::string Counted(uint64_t count, std::string_view one,
                    std::string_view many);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_WORDS_H_
