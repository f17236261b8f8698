#include "src/findings/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "src/findings/journal.h"
#include "src/findings/reader.h"
#include "tests/findings/testing.h"

namespace kenal::findings {
namespace {

using testing::TempDir;
using testing::TestSeed;

// Part by part, as the contract of KeyOf says it.
bool ComesBefore(const Place& a, const Place& b) {
  const auto bytes = [](const std::string& x, const std::string& y) {
    return std::ranges::lexicographical_compare(
        x, y, {}, [](char c) { return static_cast<uint8_t>(c); },
        [](char c) { return static_cast<uint8_t>(c); });
  };
  if (a.exhibit != b.exhibit) return a.exhibit < b.exhibit;
  if (a.path != b.path) {
    return std::ranges::lexicographical_compare(a.path, b.path, bytes);
  }
  return a.address < b.address;
}

TEST(Findings, KeysSortAsPathsDo) {
  RandomFindings random(TestSeed());
  std::vector<Place> places;
  for (uint64_t i = 0; i < 400; ++i) {
    Place place = random.AnyPlace(static_cast<uint32_t>(random.Below(2)),
                                  random.Below(3));
    // Few letters, so that parts are often alike.
    for (std::string& part : place.path) {
      part.clear();
      for (uint64_t n = random.Below(4); n > 0; --n) {
        part += "\0\x01z/"[random.Below(4)];
      }
    }
    places.push_back(place);
  }
  for (const Place& a : places) {
    for (const Place& b : places) {
      ASSERT_EQ(KeyOf(a) < KeyOf(b), ComesBefore(a, b));
    }
  }
}

TEST(Findings, AreReadInTheOrderOfReportsAndCountedOnce) {
  RandomFindings random(TestSeed());
  const TempDir folder;
  std::vector<Content> contents;
  std::vector<Place> places;
  {
    auto journal = Journal::Create(folder.path());
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE((*journal)->Put(random.AnyRun()).ok());
    ASSERT_TRUE((*journal)->Put(random.AnyExhibit("a")).ok());
    ASSERT_TRUE((*journal)->Put(random.AnyExhibit("b")).ok());
    for (uint64_t i = 0; i < 500; ++i) {
      if (contents.empty() || random.Flip()) {
        contents.push_back(random.AnyContent());
        ASSERT_TRUE((*journal)->Put(contents.back()).ok());
      }
      Place place = random.AnyPlace(static_cast<uint32_t>(random.Below(2)), i);
      if (random.Flip()) {
        place.content =
            static_cast<ContentNumber>(random.Below(contents.size()));
      }
      places.push_back(place);
      // Told twice, the later one counts.
      if (random.Flip()) {
        place.reason = "not_reached";
        ASSERT_TRUE((*journal)->Put(place).ok());
      }
      ASSERT_TRUE((*journal)->Put(places.back()).ok());
    }
    ASSERT_TRUE((*journal)->Sync().ok());
  }
  const auto findings = Findings::Open(folder.path());
  ASSERT_TRUE(findings.ok()) << findings.status();
  std::ranges::sort(places, ComesBefore);
  ASSERT_EQ((*findings)->place_count(), places.size());
  std::set<ContentNumber> hits;
  uint64_t hit_places = 0;
  uint64_t bytes = 0;
  uint64_t of_list = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    const auto place = (*findings)->ReadPlace(i);
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(*place, places[i]);
    EXPECT_EQ((*findings)->exhibit_of(i), places[i].exhibit);
    bytes += place->size_bytes;
    if (!place->content) continue;
    const auto content = (*findings)->ReadContent(*place->content);
    ASSERT_TRUE(content.ok());
    EXPECT_EQ(*content, contents[*place->content]);
    if (!content->is_hit()) continue;
    ++hit_places;
    hits.insert(*place->content);
    of_list += std::ranges::any_of(content->matches, [](const Match& match) {
      return match.list == "list-1";
    });
  }
  const Totals& totals = (*findings)->totals();
  EXPECT_EQ(totals.all.places, places.size());
  EXPECT_EQ(totals.all.bytes, bytes);
  EXPECT_EQ(totals.hit_places, hit_places);
  EXPECT_EQ(totals.hit_contents, hits.size());
  EXPECT_EQ(totals.lists.at("list-1").places, of_list);
  EXPECT_EQ((*findings)->totals_of(0).all.places +
                (*findings)->totals_of(1).all.places,
            places.size());
  uint64_t covered = 0;
  for (const auto& [key, amount] : totals.coverage) covered += amount.places;
  EXPECT_EQ(covered, places.size());
}

TEST(Findings, SayWhetherAnImageIsWhatItSaysItIs) {
  Exhibit exhibit;
  EXPECT_EQ(exhibit.stored_digests_hold(), std::nullopt);
  exhibit.stored.md5 = Md5{};
  EXPECT_EQ(exhibit.stored_digests_hold(), std::nullopt);
  exhibit.computed.md5 = Md5{};
  EXPECT_EQ(exhibit.stored_digests_hold(), true);
  exhibit.stored.sha1 = Sha1{};
  exhibit.computed.sha1 = Sha1{{1}};
  EXPECT_EQ(exhibit.stored_digests_hold(), false);
}

}  // namespace
}  // namespace kenal::findings
