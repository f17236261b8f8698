// The conversions between public values and the wire.
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "kenal/v1/catalogue.pb.h"
#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/explain.pb.h"
#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "kenal/v1/signal.pb.h"
#include "kenal/v1/verdict.pb.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "src/wire/text.h"
#include "tests/service/random_values.h"
#include "tests/support/support.h"

namespace kenal::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RandomValues;
using testing::TestSeed;

constexpr int kRounds = 2000;

// There, through the bytes on the wire, and back.
template <typename Message, typename Value>
StatusOr<Value> RoundTrip(const Value& value) {
  Message sent;
  ToWire(value, &sent);
  const std::string bytes = sent.SerializeAsString();
  Message received;
  if (!received.ParseFromString(bytes)) return Internal("does not parse");
  return FromWire(received);
}

template <typename Message, typename Value>
void ExpectSurvives(const Value& value) {
  const StatusOr<Value> back = RoundTrip<Message>(value);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(*back == value);
}

// These have no operator== of their own.
bool SameResult(const EntryResult& a, const EntryResult& b) {
  return a.outcome == b.outcome && a.id == b.id && a.why == b.why;
}
bool SameRefusal(const Refusal& a, const Refusal& b) {
  return a.position == b.position && a.why == b.why;
}

TEST(WireProperty, EverySignalSetSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::SignalSet>(random.Signals());
  }
}

TEST(WireProperty, EveryAnswerSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::Answer>(random.Answer());
  }
}

TEST(WireProperty, EveryExplanationSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::Explanation>(random.Explanation());
  }
}

TEST(WireProperty, EveryDraftSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::EntryDraft>(random.Draft());
  }
}

TEST(WireProperty, EveryEntrySummarySurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::Entry>(random.Summary());
  }
}

TEST(WireProperty, EveryListAndAuthorSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ExpectSurvives<v1::ListPolicy>(random.Policy());
    ExpectSurvives<v1::ListInfo>(random.List());
    const Authorship by = random.By();
    const auto back = RoundTrip<v1::Authorship>(by);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->actor, by.actor);
    EXPECT_EQ(back->reason, by.reason);
    EXPECT_EQ(back->reference, by.reference);
  }
}

TEST(WireProperty, EveryReportSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const EntriesReport entries = random.Entries();
    for (const auto& back :
         {RoundTrip<v1::AddEntriesResponse>(entries),
          RoundTrip<v1::SetEntryStateResponse>(entries),
          RoundTrip<v1::SetNearActionLabelResponse>(entries)}) {
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(back->sequence, entries.sequence);
      EXPECT_TRUE(
          std::ranges::equal(back->results, entries.results, SameResult));
    }
    const ImportReport import = random.Import();
    const auto import_back = RoundTrip<v1::ImportReport>(import);
    ASSERT_TRUE(import_back.ok()) << import_back.status();
    const auto counts = [](const ImportReport& r) {
      return std::tuple(r.sequence, r.read, r.added, r.replaced, r.unchanged,
                        r.kept_withdrawn, r.withdrawn, r.not_there, r.refused);
    };
    EXPECT_EQ(counts(*import_back), counts(import));
    EXPECT_TRUE(std::ranges::equal(import_back->refusals, import.refusals,
                                   SameRefusal));
  }
}

TEST(WireProperty, PagesOfEntriesAndWhatIsAskedOfThemSurvive) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const EntryPage page = random.Listing();
    const auto back = RoundTrip<v1::ReadEntriesResponse>(page);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->entries, page.entries);
    EXPECT_EQ(back->last_serial, page.last_serial);
    EXPECT_EQ(back->at_end, page.at_end);
    EXPECT_EQ(back->sequence, page.sequence);
    const EntriesAsked asked{
        .list = random.Text(),
        .after_serial = random.Number(0, EntryId::kSerialMax),
        .entries_max = random.Number(1, Curator::kListedEntriesMax),
        .with_secrets = random.Maybe()};
    const auto asked_back = RoundTrip<v1::ReadEntriesRequest>(asked);
    ASSERT_TRUE(asked_back.ok()) << asked_back.status();
    EXPECT_EQ(*asked_back, asked);
  }
}

TEST(WireProperty, EveryImportedRecordSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    ImportItem item{.draft = random.Draft(),
                    .position = random.Number(0, UINT64_MAX)};
    item.tombstone = random.Maybe();
    if (item.tombstone) {
      item.draft = {
          .source_id = item.draft.source_id,
          .provenance = {.import_id = item.draft.provenance.import_id}};
    } else {
      item.state =
          random.Maybe() ? EntryState::kQuarantined : EntryState::kActive;
    }
    const auto back = RoundTrip<v1::ImportRecord>(item);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->draft, item.draft);
    EXPECT_EQ(back->tombstone, item.tombstone);
    EXPECT_EQ(back->state, item.state);
    EXPECT_EQ(back->position, item.position);
    EXPECT_EQ(back->refused, "");
  }
}

bool SameTold(const ChangesTold& a, const ChangesTold& b) {
  const auto all = [](const ChangesTold& told) {
    return std::tie(told.store_id, told.page.changes, told.page.next,
                    told.page.caught_up, told.page.head);
  };
  return all(a) == all(b);
}

TEST(WireProperty, ChangesAndWhatIsAskedOfThemSurvive) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const ChangesTold told{.store_id = random.Text(), .page = random.Page()};
    for (const auto& back : {RoundTrip<v1::ReadChangesResponse>(told),
                             RoundTrip<v1::WatchChangesResponse>(told)}) {
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_TRUE(SameTold(*back, told));
    }
    const ChangesAsked asked{.store_id = random.Text(),
                             .after = told.page.next,
                             .entries_max = random.Number(1, 10'000),
                             .with_signals = random.Maybe()};
    ExpectSurvives<v1::ReadChangesRequest>(asked);
    ExpectSurvives<v1::WatchChangesRequest>(asked);
  }
}

TEST(WireProperty, WhoACallerIsSurvives) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds; ++i) {
    const CallerInfo caller{.name = random.Text(),
                            .roles = {random.Text(), random.Text()},
                            .methods_allowed = {random.Text()}};
    v1::WhoAmIResponse sent;
    ToWire(caller, &sent);
    EXPECT_EQ(FromWire(sent), caller);
  }
}

TEST(WireProperty, StatisticsAndVerificationsSurvive) {
  RandomValues random(TestSeed());
  for (int i = 0; i < kRounds && !::testing::Test::HasFailure(); ++i) {
    const StoreStats stats = random.Stats();
    const auto stats_back = RoundTrip<v1::GetStatsResponse>(stats);
    ASSERT_TRUE(stats_back.ok()) << stats_back.status();
    const auto all_stats = [](const StoreStats& s) {
      return std::tuple(s.store_id, s.head, s.lists, s.pdq_rows, s.digest_rows,
                        s.index_bytes, s.store_bytes, s.log_head, s.log_chain);
    };
    EXPECT_EQ(all_stats(*stats_back), all_stats(stats));

    const VerifyReport verify = random.Verify();
    v1::VerifyReport sent;
    ToWire(verify, &sent);
    const VerifyReport back = FromWire(sent);
    const auto all = [](const VerifyReport& v) {
      return std::tuple(v.head, v.log_records, v.entries, v.postings,
                        v.problems);
    };
    EXPECT_EQ(all(back), all(verify));
  }
}

// A reader that meets any bytes either reads a value within all limits or
// says why not; a value it has read can be sent again and is read the same.
TEST(WireProperty, BrokenMessagesAreReadWholeOrRefused) {
  const uint64_t seed = TestSeed();
  RandomValues random(seed);
  // Text that is no longer UTF-8 would be named on stderr.
  const auto restore = google::protobuf::SetLogHandler(nullptr);
  int refused = 0;
  for (int i = 0; i < kRounds; ++i) {
    v1::EntryDraft sent;
    ToWire(random.Draft(), &sent);
    std::string bytes = sent.SerializeAsString();
    for (uint64_t flips = random.Number(1, 4); flips > 0; --flips) {
      if (bytes.empty()) break;
      bytes[random.Number(0, bytes.size() - 1)] =
          static_cast<char>(random.Number(0, 255));
    }
    v1::EntryDraft received;
    if (!received.ParseFromString(bytes)) continue;
    const StatusOr<EntryDraft> draft = FromWire(received);
    if (!draft.ok()) {
      EXPECT_EQ(draft.status().code(), StatusCode::kInvalidArgument);
      ++refused;
      continue;
    }
    ExpectSurvives<v1::EntryDraft>(*draft);
  }
  google::protobuf::SetLogHandler(restore);
  EXPECT_GT(refused, 0);
}

// Both sides number the views alike, and no value of either is left out.
TEST(Wire, EveryViewEffortTierAndFindingIsInTheContract) {
  const auto names = [](const google::protobuf::EnumDescriptor* descriptor) {
    return descriptor->value_count() - 1;  // less UNSPECIFIED
  };
  EXPECT_EQ(names(v1::View_descriptor()), kViewCount);
  EXPECT_EQ(names(v1::Effort_descriptor()), 3);
  EXPECT_EQ(names(v1::Tier_descriptor()), 2);
  EXPECT_EQ(names(v1::Finding_descriptor()), 6);
  for (int i = 0; i < kViewCount; ++i) {
    v1::SignalSet set;
    set.add_pdq()->set_hash(std::string(32, 'h'));
    set.mutable_pdq(0)->set_view(static_cast<v1::View>(i + 1));
    EXPECT_EQ(FromWire(set)->pdq[0].view, View{static_cast<uint8_t>(i)});
  }
}

TEST(Wire, AnEntryOnTheWireHasNoRoomForHashes) {
  const auto* descriptor = v1::Entry::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    EXPECT_NE(descriptor->field(i)->type(),
              google::protobuf::FieldDescriptor::TYPE_BYTES);
  }
}

// Over the whole contract: `bytes` fields travel only to the server, and in
// changed and listed entries to those who may export. Walks every message that
// a response can reach.
void ExpectNoBytes(const google::protobuf::Descriptor* message,
                   std::set<const google::protobuf::Descriptor*>& seen) {
  if (!seen.insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const auto* field = message->field(i);
    if (field->full_name() == "kenal.v1.ChangedEntry.signals" ||
        field->full_name() == "kenal.v1.ListedEntry.secrets") {
      continue;
    }
    EXPECT_NE(field->type(), google::protobuf::FieldDescriptor::TYPE_BYTES)
        << field->full_name();
    if (field->message_type() != nullptr) {
      ExpectNoBytes(field->message_type(), seen);
    }
  }
}

TEST(Wire, NoResponseButChangesAndEntriesCanCarryAHash) {
  std::set<const google::protobuf::Descriptor*> seen;
  for (const auto* file : {v1::MatchRequest::descriptor()->file(),
                           v1::GetStatsRequest::descriptor()->file(),
                           v1::WhoAmIRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        ExpectNoBytes(file->service(i)->method(j)->output_type(), seen);
      }
    }
  }
  EXPECT_GT(seen.size(), 10U);
}

TEST(Wire, EachRpcHasItsOwnRequestAndResponse) {
  std::set<std::string> names;
  size_t methods = 0;
  for (const auto* file : {v1::MatchRequest::descriptor()->file(),
                           v1::GetStatsRequest::descriptor()->file(),
                           v1::WhoAmIRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto* method = file->service(i)->method(j);
        EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
        EXPECT_EQ(method->output_type()->name(), method->name() + "Response");
        names.insert(method->input_type()->name());
        names.insert(method->output_type()->name());
        ++methods;
      }
    }
  }
  EXPECT_EQ(names.size(), 2 * methods);
}

TEST(Wire, StoredViewsAlwaysHoldTheWholePicture) {
  v1::ListPolicy policy;
  policy.set_mode(v1::LIST_MODE_ENABLED);
  policy.set_pdq_radius_bits(31);
  policy.add_stored_views(v1::VIEW_FRAME);
  EXPECT_EQ(FromWire(policy)->stored_views,
            kWholeViews | ViewSet{View::kFrame});
  EXPECT_EQ(
      RoundTrip<v1::ListPolicy>(ListPolicy{.stored_views = {}})->stored_views,
      kWholeViews);
}

TEST(Wire, TextThatIsNotUtf8ReachesTheOtherSideEscaped) {
  Answer answer;
  answer.matches.resize(1);
  answer.matches[0].provenance.reference = "odd \xFF name";
  const auto back = RoundTrip<v1::Answer>(answer);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->matches[0].provenance.reference, "odd \\xff name");
}

TEST(Wire, TextThatTellsEntriesApartMustBeUtf8) {
  EntryDraft draft;
  EXPECT_TRUE(CheckText(draft).ok());
  draft.provenance.reference = "\xFF";
  EXPECT_TRUE(CheckText(draft).ok());
  draft.source_id = "\xFF";
  EXPECT_EQ(CheckText(draft).code(), StatusCode::kInvalidArgument);
}

TEST(Wire, Utf8IsWhatRfc3629Says) {
  for (const char* good :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << CleanText(good);
    EXPECT_EQ(CleanText(good), good);
  }
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad)) << CleanText(bad);
    EXPECT_TRUE(IsUtf8(CleanText(bad)));
    EXPECT_FALSE(IsUtf8(std::string("a") + bad + "b"));
  }
}

TEST(Wire, CutTextEndsBetweenCharacters) {
  const std::string text(100, 'a');
  EXPECT_EQ(CutText(text, 100), text);
  EXPECT_EQ(CutText(text, 10), "aaaaaaa...");
  std::string euros;
  for (int i = 0; i < 20; ++i) euros += "\xE2\x82\xAC";
  for (size_t size = 0; size < euros.size(); ++size) {
    const std::string cut = CutText(euros, size);
    EXPECT_LE(cut.size(), size);
    EXPECT_TRUE(IsUtf8(cut)) << size;
  }
}

}  // namespace
}  // namespace kenal::wire
