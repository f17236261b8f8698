// Verify finds what is planted: each damage is written past the catalogue,
// with all of RocksDB's checksums right.
#include "src/catalogue/verify.h"

#include <functional>

#include "src/catalogue/change_log.h"
#include "src/catalogue/head_witness.h"
#include "src/catalogue/keys.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CatalogueVerify : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    Add({FullDraft(1), FullDraft(2)});
    const std::vector<EntryDraft> drafts = {FullDraft(3), BareDraft<Md5>(4),
                                            BareDraft<PdqHash>(5)};
    ASSERT_TRUE(catalogue_->Import("main", SourceOf(drafts), {}, kBy).ok());
    EntryDraft other = FullDraft(2);
    other.series = "another";
    Add({other});
    Set({"1"}, EntryState::kWithdrawn);
    ASSERT_TRUE(
        catalogue_->SetListPolicy("main", {.pdq_radius = {20}}, kBy).ok());
    ASSERT_THAT(Problems(*catalogue_), IsEmpty());
  }
  // Alters the closed store and says what Verify finds in it.
  std::vector<std::string> ProblemsAfter(
      const std::function<void(const Store&, Rows&)>& damage) {
    catalogue_.reset();
    StatusOr<std::unique_ptr<Store>> store =
        Store::Open(folder_.path(), options_);
    EXPECT_TRUE(store.ok()) << store.status();
    Rows rows(**store);
    damage(**store, rows);
    EXPECT_TRUE((*store)->Write(rows).ok());
    const StatusOr<VerifyReport> report = VerifyStore(**store, {});
    EXPECT_TRUE(report.ok()) << report.status();
    return report->problems;
  }
  // Replaces one character of a row.
  static void Flip(const Store& store, Rows& rows, Family family,
                   std::string_view key, size_t at) {
    std::string value = **store.Get(family, key);
    value[at < value.size() ? at : value.size() - 1] ^= 1;
    rows.Put(family, key, value);
  }
};

TEST_F(CatalogueVerify, CountsWhatThereIs) {
  uint64_t done = 0;
  uint64_t total = 0;
  const auto report = catalogue_->Verify([&](uint64_t d, uint64_t t) {
    done = d;
    total = t;
    return true;
  });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->head, catalogue_->head().sequence);
  EXPECT_EQ(report->log_records, report->head.value);
  EXPECT_EQ(report->entries, 5u);
  EXPECT_EQ(report->postings, AllPostings(*catalogue_).size());
  EXPECT_EQ(done, total);
  EXPECT_GT(total, 0u);
}

TEST_F(CatalogueVerify, StopsWhenItsWatcherSaysSo) {
  int calls = 0;
  const auto report = catalogue_->Verify([&](uint64_t, uint64_t) {
    ++calls;
    return false;
  });
  EXPECT_EQ(report.status().code(), StatusCode::kCancelled);
  EXPECT_EQ(calls, 1);
}

TEST_F(CatalogueVerify, NamesAnEntryThatLacksAPosting) {
  const std::vector<Posting> postings = AllPostings(*catalogue_);
  EXPECT_THAT(ProblemsAfter([&](const Store&, Rows& rows) {
                rows.Delete(Family::kPostings, PostingKey(postings[0]));
              }),
              Contains(HasSubstr("lacks a posting")));
}

TEST_F(CatalogueVerify, NamesAPostingWithoutItsEntry) {
  Posting posting = AllPostings(*catalogue_)[0];
  posting.entry = EntryId::Of({1}, 1);  // withdrawn
  EXPECT_THAT(ProblemsAfter([&](const Store&, Rows& rows) {
                rows.Put(Family::kPostings, PostingKey(posting), "");
              }),
              Contains(HasSubstr("a posting names entry 1 of list 1")));
}

// As many postings as before: the counts alone would not tell.
TEST_F(CatalogueVerify, NamesPostingsThatAreOthers) {
  const Posting posting = AllPostings(*catalogue_)[0];
  Posting other = posting;
  other.bits[3] ^= 4;
  const auto problems = ProblemsAfter([&](const Store&, Rows& rows) {
    rows.Delete(Family::kPostings, PostingKey(posting));
    rows.Put(Family::kPostings, PostingKey(other), "");
  });
  EXPECT_THAT(problems, Contains(HasSubstr("lacks a posting")));
  EXPECT_THAT(problems, Contains(HasSubstr("a posting names")));
}

TEST_F(CatalogueVerify, NamesAPostingThatIsTemplateLikeOnlyHere) {
  Posting posting = AllPostings(*catalogue_)[0];
  const std::string key = PostingKey(posting);
  posting.template_like = !posting.template_like;
  const auto problems = ProblemsAfter([&](const Store&, Rows& rows) {
    rows.Delete(Family::kPostings, key);
    rows.Put(Family::kPostings, PostingKey(posting), "");
  });
  EXPECT_THAT(problems, Contains(HasSubstr("lacks a posting")));
  EXPECT_THAT(problems, Contains(HasSubstr("a posting names")));
}

TEST_F(CatalogueVerify, NamesAnEntryThatIsGone) {
  const auto problems = ProblemsAfter([](const Store&, Rows& rows) {
    rows.Delete(Family::kEntries, EntryKey(EntryId::Of({1}, 2)));
  });
  EXPECT_THAT(problems, Contains(HasSubstr("entry 2 of list 1")));
  EXPECT_THAT(problems, Contains(HasSubstr("as many entries")));
}

TEST_F(CatalogueVerify, NamesAnEntryThatIsNotWhatTheLogMadeOfIt) {
  const auto problems = ProblemsAfter([](const Store& store, Rows& rows) {
    const std::string key = EntryKey(EntryId::Of({1}, 2));
    std::string row = **store.Get(Family::kEntries, key);
    row.replace(row.find("another"), 7, "altered");
    rows.Put(Family::kEntries, key, row);
  });
  EXPECT_THAT(problems, Contains(HasSubstr("entry 2 of list 1 is not what")));
}

TEST_F(CatalogueVerify, NamesAnImportedEntryThatWasAltered) {
  const auto problems = ProblemsAfter([](const Store& store, Rows& rows) {
    const std::string key = EntryKey(EntryId::Of({1}, 3));
    std::string row = **store.Get(Family::kEntries, key);
    row.replace(row.find("series"), 6, "serial");
    rows.Put(Family::kEntries, key, row);
  });
  EXPECT_THAT(problems, Contains(HasSubstr("imported by log record 3")));
}

TEST_F(CatalogueVerify, NamesAStateThatTheLogDidNotGive) {
  const auto problems = ProblemsAfter([](const Store& store, Rows& rows) {
    const std::string key = EntryKey(EntryId::Of({1}, 1));
    std::string row = **store.Get(Family::kEntries, key);
    row[1] = char{1};  // active again
    rows.Put(Family::kEntries, key, row);
  });
  EXPECT_THAT(problems, Contains(HasSubstr("entry 1 of list 1 is not what")));
}

TEST_F(CatalogueVerify, NamesASourceIdThatLeadsElsewhere) {
  EXPECT_THAT(ProblemsAfter([](const Store&, Rows& rows) {
                rows.Put(Family::kSources, SourceKey({1}, "id-2"),
                         SourceValue(EntryId::Of({1}, 3)));
              }),
              Contains(HasSubstr("source id of entry 2 of list 1")));
}

TEST_F(CatalogueVerify, NamesASourceIdTooMany) {
  EXPECT_THAT(ProblemsAfter([](const Store&, Rows& rows) {
                rows.Put(Family::kSources, SourceKey({1}, "ghost"),
                         SourceValue(EntryId::Of({1}, 3)));
              }),
              Contains(HasSubstr("6 source ids for 5 entries")));
}

TEST_F(CatalogueVerify, NamesALogRecordThatIsGone) {
  EXPECT_THAT(ProblemsAfter([](const Store&, Rows& rows) {
                rows.Delete(Family::kChanges, SequenceKey({3}));
              }),
              Contains(HasSubstr("log record 3 is missing")));
}

// Any byte of any log record or payload.
TEST_F(CatalogueVerify, NoticesEveryFlippedByteOfTheLog) {
  for (const Family family : {Family::kChanges, Family::kPayloads}) {
    for (const size_t at : {0u, 1u, 2u, 5u, 20u, 40u, 60u, 9999u}) {
      const auto problems = ProblemsAfter([&](const Store& store, Rows& rows) {
        Flip(store, rows, family, SequenceKey({2}), at);
      });
      EXPECT_THAT(problems, Not(IsEmpty())) << at;
      ProblemsAfter([&](const Store& store, Rows& rows) {
        Flip(store, rows, family, SequenceKey({2}), at);  // back again
      });
    }
  }
}

TEST_F(CatalogueVerify, NamesAPolicyThatTheLogDidNotSet) {
  EXPECT_THAT(ProblemsAfter([](const Store& store, Rows& rows) {
                ListRow row = *DecodeListRow(
                    {1}, **store.Get(Family::kLists, ListKey({1})));
                row.info.policy.enabled = false;
                rows.Put(Family::kLists, ListKey({1}), Encode(row));
              }),
              Contains(HasSubstr("the policy of list 1")));
}

TEST_F(CatalogueVerify, AnErasedPayloadIsNoProblem) {
  EXPECT_THAT(ProblemsAfter([](const Store&, Rows& rows) {
                rows.Delete(Family::kPayloads, SequenceKey({2}));
              }),
              IsEmpty());
}

TEST_F(CatalogueVerify, ShowsNoHashBitsAndBoundsWhatItNames) {
  std::vector<EntryDraft> drafts;
  for (uint64_t seed = 100; seed < 300; ++seed) {
    drafts.push_back(FullDraft(seed));
  }
  Add(drafts);
  const std::vector<Posting> postings = AllPostings(*catalogue_);
  const auto problems = ProblemsAfter([&](const Store&, Rows& rows) {
    for (const Posting& posting : postings) {
      rows.Delete(Family::kPostings, PostingKey(posting));
    }
  });
  EXPECT_EQ(problems.size(), 101u);
  EXPECT_THAT(problems.back(), HasSubstr("more problems"));
  for (const std::string& problem : problems) {
    EXPECT_THAT(problem, Not(testing::ContainsRegex("[0-9a-f]{16}|[^ -~]")));
  }
}

using CatalogueOpenChecks = CatalogueVerify;

TEST_F(CatalogueOpenChecks, RefuseCountsThatDoNotAddUp) {
  ProblemsAfter([](const Store& store, Rows& rows) {
    ListRow row =
        *DecodeListRow({1}, **store.Get(Family::kLists, ListKey({1})));
    ++row.info.counts.active;
    rows.Put(Family::kLists, ListKey({1}), Encode(row));
  });
  EXPECT_EQ(OpenWith(folder_.path(), options_).status().code(),
            StatusCode::kDataLoss);
}

TEST_F(CatalogueOpenChecks, RefuseALastRecordThatDoesNotChain) {
  const Sequence last = catalogue_->head().sequence;
  for (const Sequence at : {last, Sequence{last.value - 1}}) {
    const auto flip = [&](const Store& store, Rows& rows) {
      Flip(store, rows, Family::kChanges, SequenceKey(at), 9999);
    };
    ProblemsAfter(flip);
    EXPECT_EQ(OpenWith(folder_.path(), options_).status().code(),
              StatusCode::kDataLoss);
    ProblemsAfter(flip);
  }
  EXPECT_TRUE(OpenWith(folder_.path(), options_).ok());
}

TEST_F(CatalogueOpenChecks, RefuseALogBeyondItsHead) {
  const Sequence last = catalogue_->head().sequence;
  ProblemsAfter([&](const Store& store, Rows& rows) {
    rows.Put(Family::kChanges, SequenceKey({last.value + 1}),
             **store.Get(Family::kChanges, SequenceKey(last)));
  });
  EXPECT_EQ(OpenWith(folder_.path(), options_).status().code(),
            StatusCode::kDataLoss);
}

TEST_F(CatalogueOpenChecks, RefuseANewerFormat) {
  ProblemsAfter([](const Store& store, Rows& rows) {
    StoreRow row = *DecodeStoreRow(**store.Get(Family::kMeta, kStoreKey));
    ++row.format;
    rows.Put(Family::kMeta, kStoreKey, Encode(row));
  });
  const Status status = OpenWith(folder_.path(), options_).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("newer"));
}

// A database put back to an older, consistent state: only the witness knows.
TEST_F(CatalogueOpenChecks, RefuseADatabaseThatForgotTheEndOfItsLog) {
  namespace fs = std::filesystem;
  catalogue_.reset();
  const std::string database = Store::DatabaseFolder(folder_.path());
  const std::string copy = folder_.root() + "/older";
  fs::copy(database, copy, fs::copy_options::recursive);
  Reopen();
  Add({FullDraft(77)});
  catalogue_.reset();
  fs::remove_all(database);
  fs::rename(copy, database);
  const Status status = OpenWith(folder_.path(), options_).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("acknowledged"));
  fs::remove(folder_.path() + "/" + std::string(kWitnessFileName));
  EXPECT_TRUE(OpenWith(folder_.path(), options_).ok());
}

TEST_F(CatalogueOpenChecks, ATornWitnessIsHarmless) {
  catalogue_.reset();
  const std::string path = folder_.path() + "/" + std::string(kWitnessFileName);
  for (const uintmax_t size : {0u, 1u, 47u}) {
    std::filesystem::resize_file(path, size);
    ASSERT_TRUE(OpenWith(folder_.path(), options_).ok());
    EXPECT_EQ(std::filesystem::file_size(path), 48u);
  }
}

class ChangeLogTest : public CatalogueVerify {
 protected:
  void SetUp() override {
    CatalogueVerify::SetUp();
    head_ = catalogue_->head();
    catalogue_.reset();
    store_ = *Store::Open(folder_.path(), options_);
  }
  ChangeLog Log() {
    return ChangeLog(*store_,
                     *DecodeHeadRow(**store_->Get(Family::kMeta, kHeadKey)));
  }
  Head head_;
  std::unique_ptr<Store> store_;
};

TEST_F(ChangeLogTest, ReadsWhatWasWrittenFromAnywhere) {
  const auto all = ChangeLog::Read(*store_, {1}, 1000);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), head_.sequence.value);
  for (size_t i = 0; i < all->size(); ++i) {
    EXPECT_EQ((*all)[i].sequence.value, i + 1);
    const auto change = DecodePayload(*(*all)[i].payload);
    ASSERT_TRUE(change.ok()) << change.status();
    EXPECT_EQ(change->by.actor, kBy.actor);
    EXPECT_EQ(change->operations.size(), (*all)[i].operations);
  }
  EXPECT_EQ(all->back().chain, head_.chain);
  EXPECT_EQ(ChangeLog::Read(*store_, {2}, 3)->size(), 3u);
  EXPECT_THAT(*ChangeLog::Read(*store_, {head_.sequence.value + 1}, 3),
              IsEmpty());
}

TEST_F(ChangeLogTest, AppendRefusesAHeadThatHasMovedOn) {
  ChangeLog log = Log();
  Rows rows(*store_);
  Head stale = log.head();
  --stale.sequence.value;
  EXPECT_EQ(log.Append(stale, {kBy, {}}, 1, log.row().totals, rows).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(log.head(), head_);
  EXPECT_TRUE(
      log.Append(log.head(), {kBy, {}}, 1, log.row().totals, rows).ok());
  EXPECT_EQ(log.head().sequence.value, head_.sequence.value + 1);
}

TEST_F(ChangeLogTest, ATruncatedLogOpensVerifiesAndGoesOn) {
  for (const uint64_t before : {uint64_t{3}, head_.sequence.value + 1}) {
    ChangeLog log = Log();
    ASSERT_TRUE(log.Truncate(Sequence{before}).ok());
    EXPECT_EQ(ChangeLog::Base(*store_)->sequence.value, before - 1);
    EXPECT_THAT(*ChangeLog::Read(*store_, {before - 1}, 1), IsEmpty());
    EXPECT_EQ(log.Truncate({head_.sequence.value + 2}).code(),
              StatusCode::kInvalidArgument);
    store_.reset();
    Reopen();
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
    EXPECT_EQ(catalogue_->head(), head_);
    catalogue_.reset();
    store_ = *Store::Open(folder_.path(), options_);
  }
  store_.reset();
  Reopen();
  Add({FullDraft(78)});
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

}  // namespace
}  // namespace kenal::catalogue
