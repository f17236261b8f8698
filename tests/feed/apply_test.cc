#include "src/feed/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/feed/support.h"

namespace kenal::feed {
namespace {

formats::Item Descriptor(const std::string& status) {
  formats::Item item;
  item.record.family = "threatexchange";
  item.record.source_id = "7";
  item.record.member_id = "owner";
  item.record.signals.md5 = Md5{base::DigestAll(base::AsBytes("a")).md5};
  if (!status.empty()) {
    item.record.classifications = {{"threatexchange-status", status}};
  }
  return item;
}

TEST(FeedApply, WhatItsOwnSourceCallsHarmlessIsTakenBackFromAbuseLists) {
  for (const auto& [status, purpose, taken_back] :
       {std::tuple{"NON_MALICIOUS", Purpose::kChildAbuse, true},
        {"NON_MALICIOUS", Purpose::kKnownBenign, false},
        {"NON_MALICIOUS", Purpose::kTest, false},
        {"MALICIOUS", Purpose::kChildAbuse, false},
        {"UNKNOWN", Purpose::kChildAbuse, false},
        {"", Purpose::kChildAbuse, false}}) {
    const ImportItem item =
        ImportItemOf(Descriptor(status),
                     {.kind = FeedKind::kThreatExchange, .purpose = purpose});
    EXPECT_EQ(item.tombstone, taken_back) << status;
    EXPECT_EQ(item.draft.source_id, "7");
  }
}

// Tombstones of ThreatExchange name no owner, those of NCMEC do.
TEST(FeedApply, EntriesAndTombstonesHaveTheSameId) {
  for (const FeedKind kind : {FeedKind::kNcmec, FeedKind::kThreatExchange}) {
    formats::Item item = Descriptor("");
    formats::Item deleted;
    deleted.record.source_id = "7";
    deleted.record.deleted = true;
    if (kind == FeedKind::kNcmec) {
      item.record.family.clear();
      deleted.record.member_id = "owner";
    }
    const ApplyOptions options{.kind = kind, .source = "demo"};
    const ImportItem there = ImportItemOf(std::move(item), options);
    const ImportItem gone = ImportItemOf(std::move(deleted), options);
    EXPECT_FALSE(there.tombstone);
    EXPECT_TRUE(gone.tombstone);
    EXPECT_EQ(there.draft.source_id, gone.draft.source_id);
    EXPECT_EQ(there.draft.provenance.source, "demo");
  }
}

}  // namespace
}  // namespace kenal::feed
