// Random values of every public type that travels.
#ifndef KENAL_TESTS_SERVICE_RANDOM_VALUES_H_
#define KENAL_TESTS_SERVICE_RANDOM_VALUES_H_

#include <random>
#include <string>

#include "kenal/curator.h"
#include "kenal/matcher.h"

namespace kenal::testing {

// Any legal value can come out, with each optional field set and unset.
class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : random_(seed) {}

  SignalSet Signals();
  EntryDraft Draft();
  EntrySummary Summary();
  kenal::Answer Answer();
  kenal::Explanation Explanation();
  ListPolicy Policy();
  ListInfo List();
  EntriesReport Entries();
  ImportReport Import();
  StoreStats Stats();
  VerifyReport Verify();
  Authorship By();
  ChangePage Page();
  EntryPage Listing();
  // Legal, or empty.
  std::string Label();
  std::string RegionCode();

  uint64_t Number(uint64_t min, uint64_t max);
  bool Maybe() { return Number(0, 1) == 1; }
  // UTF-8 of 0 to `size_max` bytes, from one to four bytes a character.
  std::string Text(size_t size_max = 40);
  std::string Bytes(size_t size);

 private:
  PdqView Pdq(View view);
  kenal::View OneView();
  ListChange Change();
  ChangedEntry Changed();
  kenal::Transform Transform();
  kenal::SecondOpinion SecondOpinion();
  Provenance From();
  std::vector<Classification> Classes();
  std::vector<std::string> Texts();
  Match OneMatch();
  std::vector<KnownGood> KnownGoods();
  KnownGoodFile KnownFile();
  PictureInfo Picture();
  EntryId Id();
  int64_t TimeMs();

  std::mt19937_64 random_;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_RANDOM_VALUES_H_
