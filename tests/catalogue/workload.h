// A workload in which log record n always does the same, whatever was killed
// in between, and a model of what the store holds after it.
#ifndef KENAL_TESTS_CATALOGUE_WORKLOAD_H_
#define KENAL_TESTS_CATALOGUE_WORKLOAD_H_

#include <map>

#include "tests/catalogue/testing.h"

namespace kenal::catalogue {

// Records 2 and up come in rounds: three calls of AddEntries, one withdrawal
// with one dispute, an import of three segments, one replacement.
class Workload {
 public:
  static constexpr uint64_t kRound = 8;
  static constexpr uint64_t kSegmentRecords = 12;
  // Full after some rounds.
  static constexpr size_t kMemtableBytes = size_t{64} << 10;

  static Options StoreOptions() {
    return {.space_reserve_bytes = 0,
            .segment_records_max = kSegmentRecords,
            .memtable_bytes = kMemtableBytes};
  }

  // Makes the changes after the head, until record `last` is there. Calls
  // `acknowledged` with the head after each call that returned.
  static Status Run(Catalogue& catalogue, uint64_t last,
                    const std::function<void(uint64_t)>& acknowledged) {
    while (catalogue.head().sequence.value < last) {
      KENAL_TRY(Next(catalogue, catalogue.head().sequence.value + 1));
      acknowledged(catalogue.head().sequence.value);
    }
    return OkStatus();
  }

  // What VisitPostings gives when the head is `sequence`.
  static std::vector<Posting> Expected(uint64_t sequence) {
    struct Kept {
      EntryDraft draft;
      bool withdrawn = false;
    };
    std::vector<Kept> entries;
    for (uint64_t n = 2; n <= sequence; ++n) {
      const uint64_t step = (n - 2) % kRound;
      if (step == 3) {
        entries[WithdrawnSerial(n) - 1].withdrawn = true;
      } else if (step == 7) {
        for (const EntryDraft& draft : Replacements(n)) {
          entries[ReplacedSerial(n, draft) - 1].draft = draft;
        }
      } else {
        for (const EntryDraft& draft : Drafts(n)) entries.push_back({draft});
      }
    }
    std::vector<Posting> postings;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].withdrawn) continue;
      for (const Posting& posting :
           PostingsOf(EntryId::Of({1}, i + 1), entries[i].draft.signals)) {
        postings.push_back(posting);
      }
    }
    std::ranges::sort(postings);
    return postings;
  }

 private:
  // The first record of the round of record n.
  static uint64_t RoundStart(uint64_t n) { return n - (n - 2) % kRound; }

  static std::vector<EntryDraft> Drafts(uint64_t n) {
    std::vector<EntryDraft> drafts;
    for (uint64_t i = 0; i < kSegmentRecords; ++i) {
      const uint64_t seed = n * 100 + i;
      drafts.push_back(i % 2 == 0 ? FullDraft(seed) : BareDraft<Md5>(seed));
    }
    return drafts;
  }

  // Entries before the round of n; six records of a round add.
  static uint64_t EntriesBefore(uint64_t n) {
    return (RoundStart(n) - 2) / kRound * 6 * kSegmentRecords;
  }
  static uint64_t WithdrawnSerial(uint64_t n) { return EntriesBefore(n) + 1; }

  // Other md5s for two entries that the round added.
  static std::vector<EntryDraft> Replacements(uint64_t n) {
    std::vector<EntryDraft> drafts;
    for (const uint64_t i : {2u, 4u}) {
      drafts.push_back(FullDraft(RoundStart(n) * 100 + i));
      drafts.back().signals.md5 = HashOf<Md5>(n * 100 + 50 + i);
    }
    return drafts;
  }
  static uint64_t ReplacedSerial(uint64_t n, const EntryDraft& draft) {
    const uint64_t seed = std::stoull(draft.source_id.substr(3));
    return EntriesBefore(n) + 1 + seed - RoundStart(n) * 100;
  }

  static Status Next(Catalogue& catalogue, uint64_t n) {
    if (n == 1) {
      return catalogue.CreateList("main", Purpose::kTest, {}, kBy).status();
    }
    const uint64_t step = (n - 2) % kRound;
    if (step < 3) {
      return catalogue.AddEntries("main", Drafts(n), kBy).status();
    }
    if (step == 3) {
      const std::string reference = std::to_string(WithdrawnSerial(n));
      return catalogue
          .SetEntryState("main", {&reference, 1}, EntryState::kWithdrawn, kBy)
          .status();
    }
    if (step == 7) {
      return catalogue.AddEntries("main", Replacements(n), kBy).status();
    }
    std::vector<EntryDraft> drafts;  // the whole import again, after a crash
    for (uint64_t part = RoundStart(n) + 4; part <= RoundStart(n) + 6; ++part) {
      for (EntryDraft& draft : Drafts(part)) {
        drafts.push_back(std::move(draft));
      }
    }
    return catalogue.Import("main", SourceOf(drafts), {}, kBy).status();
  }
};

// What is wrong with a store that should hold the workload as of some record
// at or after `acknowledged`; empty when nothing is.
inline std::string FaultOf(Catalogue& catalogue, uint64_t acknowledged) {
  const uint64_t head = catalogue.head().sequence.value;
  if (head < acknowledged) {
    return "record " + std::to_string(acknowledged) +
           " was acknowledged, the log ends at " + std::to_string(head);
  }
  if (AllPostings(catalogue) != Workload::Expected(head)) {
    return "the postings are not those of record " + std::to_string(head);
  }
  const std::vector<std::string> problems = Problems(catalogue);
  return problems.empty() ? "" : problems[0];
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_WORKLOAD_H_
