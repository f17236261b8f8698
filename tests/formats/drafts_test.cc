#include "src/formats/drafts.h"

#include <gmock/gmock.h>

#include "tests/formats/support.h"

namespace kenal::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const DraftOptions kOptions{.default_source = "operator", .import_id = "run"};

// An entry as the store would list it.
ListedEntry ListedOf(const EntryDraft& draft, EntryState state) {
  Entry entry;
  static_cast<EntryDraft&>(entry) = draft;
  entry.id = EntryId::Of({1}, 1);
  entry.state = state;
  return {.summary = Summarize(entry),
          .secrets = EntrySecrets{draft.signals, draft.details}};
}

// Members that a store keeps in another way, made alike on both sides.
Record Canonical(Record record) {
  record.group = 0;
  record.signals.pdq_failure.reset();
  if (record.extra.empty()) record.family.clear();
  if (record.source.empty()) record.source = "operator";
  std::erase_if(record.flags, [](const Flag& flag) {
    return flag.value;  // only their order could differ
  });
  return record;
}

struct Sampled {
  Format format;
  const char* name;
};

class EverySample : public ::testing::TestWithParam<Sampled> {};

TEST_P(EverySample, SurvivesBeingAnEntry) {
  const Told told = ReadPath(GetParam().format, DataPath(GetParam().name));
  ASSERT_TRUE(told.status.ok()) << told.status;
  ASSERT_FALSE(told.items.empty());
  int records = 0;
  for (const Item& item : told.items) {
    if (item.kind != Item::Kind::kRecord || item.record.deleted) continue;
    ++records;
    Item copy = item;
    const ImportItem draft = DraftOf(std::move(copy), kOptions);
    EXPECT_EQ(draft.refused, "");
    EXPECT_FALSE(draft.tombstone);
    EXPECT_EQ(draft.draft.provenance.import_id, "run");
    EXPECT_NE(draft.draft.provenance.source, "");
    const auto back = RecordOf(ListedOf(draft.draft, draft.state));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(Canonical(*back), Canonical(item.record));
    EXPECT_EQ(back->flags.size(), item.record.flags.size());
    for (const Flag& flag : item.record.flags) {
      EXPECT_EQ(FlagOf(*back, flag.name), flag.value) << flag.name;
    }
  }
  EXPECT_GT(records, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Samples, EverySample,
    ::testing::Values(Sampled{Format::kVics, "vics-1.3-media.json"},
                      Sampled{Format::kVics, "vics-2.0-cases.json"},
                      Sampled{Format::kNcmec, "ncmec-entries.xml"},
                      Sampled{Format::kIcse, "icse.csv"},
                      Sampled{Format::kHashdeep, "hashdeep.txt"},
                      Sampled{Format::kNist, "nist-non-rds.json"},
                      Sampled{Format::kNsrl, "nsrl-2.txt"},
                      Sampled{Format::kPytx, "pytx.txt"},
                      Sampled{Format::kThreatExchange, "threatexchange.json"}),
    [](const auto& sample) {
      std::string name = sample.param.name;
      std::ranges::replace_if(
          name, [](char c) { return !isalnum(c); }, '_');
      return name;
    });

TEST(Drafts, ThreeStatesOfAFlagSurvive) {
  Item item;
  item.record.signals.md5 = *Md5::FromHex(std::string(32, '7'));
  item.record.flags = {{"victim_identified", false}, {"distributed", true}};
  const ImportItem draft = DraftOf(Item(item), kOptions);
  EXPECT_THAT(draft.draft.flags, ElementsAre("distributed"));
  const auto back = RecordOf(ListedOf(draft.draft, EntryState::kActive));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(FlagOf(*back, "victim_identified"), false);
  EXPECT_EQ(FlagOf(*back, "distributed"), true);
  EXPECT_EQ(FlagOf(*back, "offender_identified"), std::nullopt);
}

TEST(Drafts, IdsOfTwoMembersDoNotMeet) {
  Record record;
  record.source_id = "img-1";
  EXPECT_EQ(SourceIdOf(record), "img-1");
  record.member_id = "42";
  EXPECT_EQ(SourceIdOf(record), "42/img-1");
  record.family = "threatexchange";
  EXPECT_EQ(SourceIdOf(record), "img-1");
  record.family.clear();
  const auto back = MemberAndIdOf("42/img-1");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, record);
  for (const char* none : {"", "img-1", "/img-1", "42/"}) {
    EXPECT_FALSE(MemberAndIdOf(none).ok()) << none;
  }
  record.source_id.clear();
  EXPECT_EQ(SourceIdOf(record), "");
}

TEST(Drafts, WhatASourceTakesBackIsATombstone) {
  Item item;
  item.record.source_id = "img-1";
  item.record.member_id = "42";
  item.record.deleted = true;
  const ImportItem deleted = DraftOf(Item(item), kOptions);
  EXPECT_TRUE(deleted.tombstone);
  EXPECT_EQ(deleted.draft.source_id, "42/img-1");
  item.record.deleted = false;
  item.record.state = EntryState::kWithdrawn;
  EXPECT_TRUE(DraftOf(Item(item), kOptions).tombstone);
  item.record.state = EntryState::kRetracted;
  EXPECT_TRUE(DraftOf(Item(item), kOptions).tombstone);
  item.record.state = EntryState::kQuarantined;
  const ImportItem quarantined = DraftOf(Item(item), kOptions);
  EXPECT_FALSE(quarantined.tombstone);
  EXPECT_EQ(quarantined.state, EntryState::kQuarantined);
}

TEST(Drafts, TheOperatorsWordGoesBeforeTheRecords) {
  Item item;
  item.record.source = "a portal";
  EXPECT_EQ(DraftOf(Item(item), kOptions).draft.provenance.source, "a portal");
  const ImportItem named =
      DraftOf(Item(item), {.source = "the police", .default_source = "me"});
  EXPECT_EQ(named.draft.provenance.source, "the police");
  EXPECT_EQ(named.draft.provenance.member, "a portal");
  item.record.source.clear();
  EXPECT_EQ(DraftOf(Item(item), kOptions).draft.provenance.source, "operator");
}

TEST(Drafts, ARefusedRecordKeepsItsPlace) {
  Item item;
  item.kind = Item::Kind::kRefused;
  item.why = "has no hash";
  item.position = {.record = 7, .byte = 1204};
  const ImportItem by_record = DraftOf(Item(item), kOptions);
  EXPECT_EQ(by_record.position, 7u);
  EXPECT_EQ(by_record.refused, "has no hash (byte 1204)");
  EXPECT_EQ(PositionUnit(item.position), "record");
  item.position.line = 9;
  const ImportItem by_line = DraftOf(Item(item), kOptions);
  EXPECT_EQ(by_line.position, 9u);
  EXPECT_EQ(by_line.refused, "has no hash");
  EXPECT_EQ(PositionUnit(item.position), "line");
}

TEST(Drafts, ABareHashHasNoDetails) {
  Item item;
  item.record.family = "pytx";
  item.record.signals.md5 = *Md5::FromHex(std::string(32, '7'));
  EXPECT_THAT(DraftOf(std::move(item), kOptions).draft.details, IsEmpty());
}

}  // namespace
}  // namespace kenal::formats
