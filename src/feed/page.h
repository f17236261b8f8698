// Page: one spooled page of a feed, read twice: to its end, to know that it is
// whole and where the next one is, and then into the store.
#ifndef KENAL_SRC_FEED_PAGE_H_
#define KENAL_SRC_FEED_PAGE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/feed/feed.h"
#include "src/feed/spool.h"
#include "src/formats/reader.h"

namespace kenal::feed {

struct PageFacts {
  uint64_t records = 0;  // refused ones and tombstones too
  uint64_t refused = 0;  // by the reader
  uint64_t tombstones = 0;
  std::string next;  // as the page gives it; empty: it is the last of its range
};

// `body` outlives the reader. Columns that say the same of everything are put
// in quarantine (src/formats/column_watch.h).
// Errors: kDataLoss     the page cannot be read, with the place in it
//         kUnavailable  the system could not read
StatusOr<std::unique_ptr<formats::Reader>> OpenPage(FeedKind kind,
                                                    const Spool& body);

// The next item, or false; errors as above.
StatusOr<bool> NextItem(formats::Reader& reader, formats::Item& item);

// Reads all of it. What does not look like a page of that feed is an error: an
// empty page ends a range, so nothing else may pass for one.
StatusOr<PageFacts> ReadFacts(FeedKind kind, const Spool& body);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_PAGE_H_
