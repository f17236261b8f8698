// Limits on what one entry or change may hold. They bound memory when records
// are read back; a draft beyond them is refused and the refusal names them.
#ifndef KENAL_SRC_CATALOGUE_LIMITS_H_
#define KENAL_SRC_CATALOGUE_LIMITS_H_

#include <cstddef>

#include "kenal/signal.h"

namespace kenal::catalogue {

inline constexpr size_t kSourceIdSizeMax = 512;  // as kenal/entry.h says
inline constexpr size_t kSourceSizeMax = 256;    // names of bodies and people
inline constexpr size_t kMemberSizeMax = 256;
inline constexpr size_t kImportIdSizeMax = 256;
inline constexpr size_t kReferenceSizeMax = 4096;  // a path: PATH_MAX
inline constexpr size_t kSeriesSizeMax = 256;
inline constexpr size_t kSchemeSizeMax = 128;
inline constexpr size_t kRawValueSizeMax = 512;
inline constexpr size_t kClassificationsMax = 16;  // one scheme each
inline constexpr size_t kFlagSizeMax = 128;
inline constexpr size_t kFlagsMax = 64;
inline constexpr size_t kFormatSizeMax = 32;     // "jpeg"
inline constexpr size_t kViewsMax = kViewCount;  // one each
inline constexpr size_t kOpinionsMax = 1024;
inline constexpr size_t kOpinionTextSizeMax = 512;
inline constexpr size_t kDetailsSizeMax = 1 << 20;  // as kenal/entry.h says
inline constexpr size_t kActorSizeMax = 256;
inline constexpr size_t kReasonSizeMax = 4096;  // some paragraphs
inline constexpr size_t kNameSizeMax = 64;      // as CheckListName says
inline constexpr size_t kLabelSizeMax = 64;     // as CheckActionLabel says

// Entries named in one SetEntryState: one log record must fit in memory.
inline constexpr size_t kReferencesMax = 100'000;
// Operations in one log record; the larger of drafts and references.
inline constexpr size_t kOperationsMax = kReferencesMax;
// An encoded entry: all strings above at their limits, with room to spare.
inline constexpr size_t kEntrySizeMax = 4 << 20;

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_LIMITS_H_
