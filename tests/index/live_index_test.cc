#include "src/index/live_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::unique_ptr<LiveIndex> EmptyIndex() {
  auto index = LiveIndex::Build(
      Sequence{0}, [](const LiveIndex::PostingVisitor&) { return OkStatus(); });
  EXPECT_TRUE(index.ok());
  return *std::move(index);
}

std::unique_ptr<LiveIndex> IndexOf(Sequence at,
                                   const std::set<Posting>& postings) {
  auto index = LiveIndex::Build(at, [&](const auto& visit) {
    for (const Posting& posting : postings) visit(posting);
    return OkStatus();
  });
  EXPECT_TRUE(index.ok());
  return *std::move(index);
}

Posting DigestPosting(SignalType type, uint64_t value, uint64_t entry) {
  Posting posting{.type = type, .entry = EntryId{entry}};
  for (size_t i = 0; i < SignalSizeBytes(type); ++i) {
    posting.bits[i] = static_cast<uint8_t>(value * 0x9e3779b97f4a7c15 >> i);
  }
  return posting;
}

TEST(LiveIndex, AnEmptyIndexFindsNothing) {
  const auto index = EmptyIndex();
  const PdqHash query{};
  EXPECT_THAT(SortedNear(*index->Current(), {&query, 1}, Radius{63}),
              IsEmpty());
  EXPECT_EQ(index->Current()->sequence(), Sequence{0});
  EXPECT_EQ(index->Current()->pdq_rows(), 0);
}

TEST(LiveIndex, ReportsTheErrorOfTheWalk) {
  const auto index = LiveIndex::Build(
      Sequence{0}, [](const auto&) { return DataLoss("row 7"); });
  EXPECT_EQ(index.status(), DataLoss("row 7"));
}

TEST(LiveIndex, AListOfOneEntryMatchesWhetherBuiltOrFolded) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const auto built = IndexOf(Sequence{1}, {PdqPosting(hash, 7)});
  const auto folded = EmptyIndex();
  folded->Fold({.sequence = Sequence{1}, .added = {PdqPosting(hash, 7)}});
  for (const auto& index : {built.get(), folded.get()}) {
    EXPECT_THAT(SortedNear(*index->Current(), {&hash, 1}, Radius{0}),
                ElementsAre(HitOf(7)));
    EXPECT_EQ(index->Current()->pdq_rows(), 1);
  }
}

// The radius is inclusive: 31 finds a hash at 31 and not one at 32.
TEST(LiveIndex, TheRadiusIsInclusive) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const auto built = IndexOf(Sequence{1}, {PdqPosting(hash, 7)});
  const auto folded = EmptyIndex();
  folded->Fold({.sequence = Sequence{1}, .added = {PdqPosting(hash, 7)}});
  for (const auto& index : {built.get(), folded.get()}) {
    for (const int distance : {0, 29, 30, 31, 32, 33}) {
      const PdqHash query = AtDistance(hash, distance, random);
      for (const int radius : {30, 31, 32}) {
        EXPECT_EQ(
            SortedNear(*index->Current(), {&query, 1}, Radius{radius}).size(),
            distance <= radius ? 1 : 0)
            << "distance " << distance << ", radius " << radius;
      }
    }
  }
}

TEST(LiveIndex, TheSamePostingTwiceIsOneHit) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const auto index = IndexOf(Sequence{1}, {PdqPosting(hash, 7)});
  index->Fold({.sequence = Sequence{2},
               .added = {PdqPosting(hash, 7), PdqPosting(hash, 7)}});
  index->Fold({.sequence = Sequence{3}, .added = {PdqPosting(hash, 7)}});
  EXPECT_EQ(SortedNear(*index->Current(), {&hash, 1}, Radius{0}).size(), 1);
}

TEST(LiveIndex, OneHashOnAHundredListsIsOneRowAndAHundredHits) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  std::set<Posting> half;
  Delta rest{.sequence = Sequence{2}};
  for (uint16_t list = 0; list < 100; ++list) {
    const Posting posting =
        PdqPosting(hash, EntryId::Of(ListNumber{list}, 1).value);
    if (list < 50) {
      half.insert(posting);
    } else {
      rest.added.push_back(posting);
    }
  }
  const auto index = IndexOf(Sequence{1}, half);
  index->Fold(rest);
  EXPECT_EQ(SortedNear(*index->Current(), {&hash, 1}, Radius{0}).size(), 100);
  EXPECT_EQ(index->Current()->pdq_rows(), 1);
}

TEST(LiveIndex, RemovingOneEntryOrViewKeepsTheOthers) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const auto index =
      IndexOf(Sequence{1}, {PdqPosting(hash, 7), PdqPosting(hash, 8),
                            PdqPosting(hash, 8, View::kUpright)});
  index->Fold(
      {.sequence = Sequence{2},
       .removed = {PdqPosting(hash, 7), PdqPosting(hash, 8, View::kUpright)}});
  EXPECT_THAT(SortedNear(*index->Current(), {&hash, 1}, Radius{0}),
              ElementsAre(HitOf(8)));
  EXPECT_EQ(index->Current()->pdq_rows(), 1);
  index->Fold({.sequence = Sequence{3}, .removed = {PdqPosting(hash, 8)}});
  EXPECT_EQ(index->Current()->pdq_rows(), 0);
}

// An entry that turns out to be template-like: one posting goes, another comes,
// in the fresh part and in a segment.
TEST(LiveIndex, PostingsThatDifferOnlyInTheTemplateFlagAreTwo) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const Posting plain = PdqPosting(hash, 7, View::kTrimmed, false);
  const Posting template_like = PdqPosting(hash, 7, View::kTrimmed, true);
  const auto built = IndexOf(Sequence{1}, {plain});
  const auto folded = EmptyIndex();
  folded->Fold({.sequence = Sequence{1}, .added = {plain}});
  for (const auto& index : {built.get(), folded.get()}) {
    const auto hits = [&] {
      return SortedNear(*index->Current(), {&hash, 1}, Radius{0});
    };
    EXPECT_THAT(hits(), ElementsAre(HitOf(7, 0, View::kTrimmed, false)));
    index->Fold({.sequence = Sequence{2}, .added = {template_like}});
    EXPECT_THAT(hits(), ElementsAre(HitOf(7, 0, View::kTrimmed, false),
                                    HitOf(7, 0, View::kTrimmed, true)));
    index->Fold({.sequence = Sequence{3}, .removed = {plain}});
    EXPECT_THAT(hits(), ElementsAre(HitOf(7, 0, View::kTrimmed, true)));
    index->Fold({.sequence = Sequence{4},
                 .added = {plain},
                 .removed = {template_like}});
    EXPECT_THAT(hits(), ElementsAre(HitOf(7, 0, View::kTrimmed, false)));
    EXPECT_EQ(index->Current()->pdq_rows(), 1);
  }
}

// Every view, with and without the flag, as built and as folded.
TEST(LiveIndex, AHitTellsTheViewAndTheFlagOfItsPosting) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  std::set<Posting> postings;
  std::vector<NearHit> expected;
  for (int view = 0; view < kViewCount; ++view) {
    for (const bool flag : {false, true}) {
      postings.insert(PdqPosting(hash, 7, static_cast<View>(view), flag));
      expected.push_back(HitOf(7, 0, static_cast<View>(view), flag));
    }
  }
  const auto built = IndexOf(Sequence{1}, postings);
  const auto folded = EmptyIndex();
  folded->Fold(
      {.sequence = Sequence{1}, .added = {postings.begin(), postings.end()}});
  for (const auto& index : {built.get(), folded.get()}) {
    EXPECT_EQ(SortedNear(*index->Current(), {&hash, 1}, Radius{0}), expected);
  }
}

TEST(LiveIndex, AReaderKeepsTheSetItTook) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const auto index = EmptyIndex();
  index->Fold({.sequence = Sequence{1}, .added = {PdqPosting(hash, 1)}});
  const auto old = index->Current();
  index->Fold({.sequence = Sequence{2},
               .added = {PdqPosting(hash, 2)},
               .removed = {PdqPosting(hash, 1)}});
  EXPECT_THAT(SortedNear(*old, {&hash, 1}, Radius{0}), ElementsAre(HitOf(1)));
  EXPECT_THAT(SortedNear(*index->Current(), {&hash, 1}, Radius{0}),
              ElementsAre(HitOf(2)));
}

// Random adds and removals of few keys and entries, so that all of them
// repeat, compared with the model after each fold.
TEST(LiveIndex, AgreesWithAModelThroughRandomFolds) {
  Random random(TestSeed());
  std::vector<PdqHash> hashes;
  for (int i = 0; i < 12; ++i) hashes.push_back(RandomHash(random));
  for (int i = 0; i < 12; ++i) {
    hashes.push_back(AtDistance(hashes[0], 2 * i, random));
  }
  const auto random_posting = [&]() -> Posting {
    const uint64_t entry = 1 + random() % 5;
    const uint64_t kind = random() % 6;
    if (kind >= 4) {
      return DigestPosting(static_cast<SignalType>(2 + random() % 3),
                           random() % 5, entry);
    }
    return PdqPosting(hashes[random() % hashes.size()], entry,
                      static_cast<View>(random() % 2 * (kViewCount - 1)),
                      random() % 2 == 0);
  };
  Model model;
  Delta start;
  for (int i = 0; i < 60; ++i) start.added.push_back(random_posting());
  model.Apply(start);
  const auto index = IndexOf(Sequence{1}, model.postings());
  std::vector<DigestQuery> digests;
  for (uint64_t i = 0; i < 15; ++i) {
    const auto type = static_cast<SignalType>(2 + i % 3);
    digests.push_back({type, DigestPosting(type, i / 3, 1).bits});
  }
  for (uint64_t step = 2; step < 400; ++step) {
    Delta delta{.sequence = Sequence{step}};
    for (uint64_t i = random() % 4; i > 0; --i) {
      delta.added.push_back(random_posting());
    }
    for (uint64_t i = random() % 4; i > 0 && !model.postings().empty(); --i) {
      auto victim = model.postings().begin();
      std::advance(victim, random() % model.postings().size());
      delta.removed.push_back(*victim);
    }
    model.Apply(delta);
    index->Fold(delta);
    const auto set = index->Current();
    ASSERT_EQ(set->sequence(), delta.sequence);
    ASSERT_EQ(SortedNear(*set, hashes, Radius{31}),
              model.FindNear(hashes, Radius{31}));
    ASSERT_EQ(SortedDigests(*set, digests), model.FindDigests(digests));
    ASSERT_EQ(set->pdq_rows(), model.Rows(true));
    ASSERT_EQ(set->digest_rows(), model.Rows(false));
  }
}

// Enough postings that fresh parts fill, become segments and merge, while
// what was removed comes back and goes again. A set that a reader keeps must
// go on answering as it did, whatever is merged away beneath it.
TEST(LiveIndex, AgreesWithAModelAcrossMerges) {
  Random random(TestSeed());
  Model model;
  const auto index = EmptyIndex();
  std::vector<PdqHash> queries;
  std::vector<Posting> gone;
  std::shared_ptr<const IndexSet> kept;
  std::vector<NearHit> kept_hits;
  for (uint64_t step = 1; step <= 60; ++step) {
    Delta delta{.sequence = Sequence{step}};
    const uint64_t adds = step % 15 == 0 ? 2 * 4096 : random() % 700;
    for (uint64_t i = 0; i < adds; ++i) {
      const PdqHash hash = RandomHash(random);
      delta.added.push_back(PdqPosting(hash, 1 + random() % 1000,
                                       static_cast<View>(random() % kViewCount),
                                       random() % 2 == 0));
      if (i % 400 == 0) queries.push_back(AtDistance(hash, 20, random));
    }
    for (size_t i = 0; i < gone.size(); i += 3) delta.added.push_back(gone[i]);
    for (const Posting& posting : model.postings()) {
      if (random() % 32 == 0) delta.removed.push_back(posting);
    }
    model.Apply(delta);
    gone = delta.removed;
    index->Fold(delta);
    if (step % 20 == 0) index->WaitForMerges();
    const auto set = index->Current();
    ASSERT_EQ(set->pdq_rows(), model.Rows(true));
    if (step % 5 == 0) {
      ASSERT_EQ(SortedNear(*set, queries, Radius{31}),
                model.FindNear(queries, Radius{31}));
    }
    if (step == 30) {
      kept = set;
      kept_hits = SortedNear(*set, queries, Radius{31});
    }
  }
  const std::span<const PdqHash> old_queries(queries);
  std::vector<NearHit> now = SortedNear(*kept, old_queries, Radius{31});
  std::erase_if(now, [&](const NearHit& hit) {
    return hit.query > kept_hits.back().query;
  });
  EXPECT_EQ(now, kept_hits);
}

// Tens of thousands of entries with one hash, as a flood of copies makes them:
// added in small and large deltas, withdrawn together, partly brought back.
// Were each posting to visit all others, this would take minutes.
TEST(LiveIndex, FoldsManyPostingsOfOneSignalWithoutVisitingEachForEach) {
  constexpr uint64_t kSmall = 4'000;  // below what becomes a segment at once
  constexpr uint64_t kLarge = 60'000;
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  const PdqHash other = AtDistance(hash, 8, random);
  Model model;
  const auto index = EmptyIndex();
  uint64_t sequence = 0;
  const auto fold = [&](Delta delta) {
    delta.sequence = Sequence{++sequence};
    model.Apply(delta);
    index->Fold(delta);
    EXPECT_EQ(index->Current()->pdq_rows(), model.Rows(true));
    EXPECT_EQ(SortedNear(*index->Current(), {&hash, 1}, Radius{8}),
              model.FindNear({&hash, 1}, Radius{8}));
  };
  const auto postings = [&](uint64_t first, uint64_t count) {
    std::vector<Posting> made = {PdqPosting(other, first)};
    for (uint64_t entry = first; entry < first + count; ++entry) {
      made.push_back(PdqPosting(hash, entry));
    }
    std::shuffle(made.begin(), made.end(), random);
    return made;
  };
  const std::vector<Posting> large = postings(1'000'000, kLarge);
  fold({.added = large});
  for (uint64_t i = 0; i < 4; ++i)
    fold({.added = postings(i * kSmall, kSmall)});
  fold({.removed = large});
  fold({.added = postings(2'000'000, kSmall)});  // behind all the dead
  fold({.removed = {model.postings().begin(), model.postings().end()}});
  EXPECT_EQ(index->Current()->pdq_rows(), 0);
  fold({.added = {large.begin(), large.begin() + kSmall}});
  fold({.added = large, .removed = large});
}

// A reader works while the writer adds and withdraws and parts are merged; of
// each acknowledged change it must see the whole, and nothing withdrawn.
TEST(LiveIndex, AcknowledgedChangesAreSeenDuringMerges) {
  Random random(TestSeed());
  constexpr uint64_t kSteps = 300;
  constexpr uint64_t kPerStep = 100;
  std::vector<PdqHash> hashes;
  for (uint64_t i = 0; i <= kSteps * kPerStep; ++i) {
    hashes.push_back(RandomHash(random));
  }
  const auto index = EmptyIndex();
  std::atomic<uint64_t> acknowledged{0};
  std::atomic<uint64_t> wrong{0};
  // Entry i comes at sequence i / kPerStep and goes 100 sequences later, if
  // it is even.
  std::thread reader([&] {
    Random pick(TestSeed() + 1);
    while (acknowledged < kSteps && wrong == 0) {
      const uint64_t before = acknowledged;
      const auto set = index->Current();
      const uint64_t at = set->sequence().value;
      if (at < before) ++wrong;
      std::vector<PdqHash> queries;
      std::vector<NearHit> expected;
      for (uint32_t q = 0; q < 32; ++q) {
        const uint64_t entry = 1 + pick() % (kSteps * kPerStep);
        queries.push_back(AtDistance(hashes[entry], 12, pick));
        const uint64_t came = (entry + kPerStep - 1) / kPerStep;
        const bool went = entry % 2 == 0 && came + 100 <= at;
        if (came <= at && !went) {
          expected.push_back(HitOf(entry, 12));
          expected.back().query = q;
        }
      }
      if (SortedNear(*set, queries, Radius{31}) != expected) ++wrong;
    }
  });
  for (uint64_t step = 1; step <= kSteps; ++step) {
    Delta delta{.sequence = Sequence{step}};
    for (uint64_t i = 0; i < kPerStep; ++i) {
      const uint64_t entry = (step - 1) * kPerStep + i + 1;
      delta.added.push_back(PdqPosting(hashes[entry], entry));
      if (step > 100 && entry % 2 == 0) {
        const uint64_t old = entry - 100 * kPerStep;
        delta.removed.push_back(PdqPosting(hashes[old], old));
      }
    }
    index->Fold(delta);
    acknowledged = step;
  }
  reader.join();
  EXPECT_EQ(wrong, 0);
}

// The destructor must not wait for work that is only queued.
TEST(LiveIndex, StopsWhileThereIsWorkToMerge) {
  Random random(TestSeed());
  for (int round = 0; round < 5; ++round) {
    const auto index = EmptyIndex();
    Delta delta{.sequence = Sequence{1}};
    for (uint64_t i = 0; i < 5000; ++i) {
      delta.added.push_back(PdqPosting(RandomHash(random), i));
    }
    index->Fold(delta);
    std::swap(delta.added, delta.removed);
    delta.sequence = Sequence{2};
    index->Fold(delta);
    EXPECT_EQ(index->Current()->pdq_rows(), 0);
  }
}

// The writer publishes entry i at sequence i and withdraws entry i - 50 with
// it; a reader must see exactly the entries of the sequence it is given.
TEST(LiveIndex, ReadersSeeExactlyOneSequenceWhileTheWriterFolds) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  constexpr uint64_t kSteps = 4500;
  constexpr uint64_t kKept = 50;
  const auto index = EmptyIndex();
  std::atomic<uint64_t> acknowledged{0};
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (acknowledged < kSteps && !wrong) {
        const uint64_t before = acknowledged;
        const auto set = index->Current();
        const uint64_t at = set->sequence().value;
        const auto hits = SortedNear(*set, {&hash, 1}, Radius{31});
        const uint64_t first = at > kKept ? at - kKept + 1 : 1;
        bool good = at >= before && hits.size() == at + 1 - first;
        for (size_t k = 0; good && k < hits.size(); ++k) {
          good = hits[k].entry.value == first + k;
        }
        if (!good) wrong = true;
      }
    });
  }
  for (uint64_t step = 1; step <= kSteps; ++step) {
    Delta delta{.sequence = Sequence{step}, .added = {PdqPosting(hash, step)}};
    if (step > kKept) delta.removed.push_back(PdqPosting(hash, step - kKept));
    index->Fold(delta);
    acknowledged = step;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace kenal::index
