// One page into the store: one import, durable when it returns.
#ifndef KENAL_SRC_FEED_APPLY_H_
#define KENAL_SRC_FEED_APPLY_H_

#include <cstdint>
#include <string>

#include "kenal/list.h"
#include "src/feed/spool.h"
#include "src/feed/sync.h"
#include "src/feed/text_set.h"
#include "src/formats/reader.h"

namespace kenal::feed {

struct ApplyOptions {
  FeedKind kind = FeedKind::kNcmec;
  std::string list;
  Purpose purpose = Purpose::kTest;
  std::string source;
  std::string import_id;
  Authorship by;
  uint64_t page = 0;
  // Of the last entry that was handed to the store; may be empty.
  std::string last_source_id;
};

// What the store is to do for an item of kind kRecord or kRefused. On lists of
// purpose child-abuse a ThreatExchange entry whose own status is NON_MALICIOUS
// is taken back: its source says that it is not what the list is about.
ImportItem ImportItemOf(formats::Item&& item, const ApplyOptions& options);

// Adds to `report`. Errors: those of OpenPage, NextItem and Curator::Import;
//         kFailedPrecondition  the range takes back too much
Status ApplyPage(ApplyOptions& options, const Spool& body,
                 const SyncWatch& watch, Curator& curator, TextSet& taken_back,
                 SyncReport& report);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_APPLY_H_
