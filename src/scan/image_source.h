// A disk image as a source: its entries, read by a locked opener.
#ifndef KENAL_SRC_SCAN_IMAGE_SOURCE_H_
#define KENAL_SRC_SCAN_IMAGE_SOURCE_H_

#include <memory>

#include "kenal/status.h"
#include "src/container/opener.h"
#include "src/findings/findings.h"
#include "src/scan/source.h"

namespace kenal::scan {

// `exhibit.path` is an image or the first segment of one. What the image says
// of itself goes into `exhibit`; why it cannot be opened, too.
// `opener` outlives the source. Errors: as OpenExhibitFile, Opener::Open.
StatusOr<std::unique_ptr<Source>> OpenImageSource(uint32_t number,
                                                  container::Kind kind,
                                                  const SourceOptions& options,
                                                  container::Opener& opener,
                                                  findings::Exhibit& exhibit);

// The path of an entry within its image.
std::string PathInImage(const container::Entry& entry);

// A volume that cannot be looked into, as a place of its own; nullopt when it
// was listed or holds nothing that somebody stored.
std::optional<findings::Place> PlaceOfVolume(uint32_t exhibit,
                                             const container::Volume& volume);

// The words of findings::reason for a word of container::Failure.
std::string ReasonOf(const container::Failure& failure);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_IMAGE_SOURCE_H_
