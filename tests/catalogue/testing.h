// What the catalogue's tests share: a folder of their own, and drafts.
#ifndef KENAL_TESTS_CATALOGUE_TESTING_H_
#define KENAL_TESTS_CATALOGUE_TESTING_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "src/catalogue/catalogue.h"
#include "src/catalogue/options.h"
#include "src/signal/posting.h"

namespace kenal::catalogue {

inline const Authorship kBy{.actor = "tester", .reason = "a test"};

// A folder that does not exist yet, and is gone afterwards. In memory where
// the system has such a place: thousands of syncs cost nothing there.
class TestFolder {
 public:
  TestFolder() {
    const std::filesystem::path shared_memory = "/dev/shm";
    const bool have = access(shared_memory.c_str(), W_OK) == 0;
    std::string name =
        ((have ? shared_memory : std::filesystem::temp_directory_path()) /
         "kenal-catalogue-XXXXXX")
            .string();
    root_ = mkdtemp(name.data());
    path_ = root_ + "/store";
  }
  ~TestFolder() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  const std::string& path() const { return path_; }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
  std::string path_;
};

// Hash number `seed` of its type: different bits for different seeds.
template <typename HashType>
HashType HashOf(uint64_t seed) {
  std::mt19937_64 random(seed * 31 + static_cast<uint64_t>(HashType::kType));
  HashType hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

inline MarrHash MarrOf(uint64_t seed) {
  MarrHash marr;
  std::mt19937_64 random(seed);
  for (uint8_t& byte : marr.bytes) byte = static_cast<uint8_t>(random());
  return marr;
}

// A draft with all that a list keeps unless its policy says otherwise.
inline EntryDraft FullDraft(uint64_t seed) {
  EntryDraft draft;
  draft.source_id = "id-" + std::to_string(seed);
  draft.signals.md5 = HashOf<Md5>(seed);
  draft.signals.sha1 = HashOf<Sha1>(seed);
  draft.signals.sha256 = HashOf<Sha256>(seed);
  draft.signals.pdq = {
      PdqView{
          .view = View::kStored, .hash = HashOf<PdqHash>(seed), .quality = 90},
      PdqView{.view = View::kUpright, .hash = HashOf<PdqHash>(seed + 1)},
      PdqView{.view = View::kTrimmed,
              .profile = PdqProfile::kReduced,
              .hash = HashOf<PdqHash>(seed + 3),
              .template_like = true}};
  draft.signals.pdq[0].dihedral.emplace();
  draft.signals.pdq[0].dihedral->fill(HashOf<PdqHash>(seed + 2));
  draft.signals.pdq[0].template_like = false;
  draft.signals.picture = PictureInfo{
      .format = "jpeg", .width = 640, .height = 480, .damaged = true};
  draft.classifications = {{"scheme", "A1"}, {"other", "2"}};
  draft.series = "series";
  draft.flags = {"one", "two"};
  draft.provenance = {.source = "source",
                      .member = "member",
                      .import_id = "import",
                      .reference = "folder/file"};
  return draft;
}

// A bare hash without an id of its source.
template <typename HashType>
EntryDraft BareDraft(uint64_t seed) {
  EntryDraft draft;
  if constexpr (HashType::kType == SignalType::kPdq) {
    draft.signals.pdq = {PdqView{.hash = HashOf<PdqHash>(seed)}};
  } else {
    draft.signals.md5 = HashOf<Md5>(seed);
  }
  draft.provenance.source = "source";
  return draft;
}

inline std::vector<Posting> AllPostings(const Catalogue& catalogue) {
  std::vector<Posting> postings;
  const Status visited = catalogue.VisitPostings(
      [&](const Posting& posting) { postings.push_back(posting); });
  EXPECT_TRUE(visited.ok()) << visited;
  std::ranges::sort(postings);
  return postings;
}

inline std::vector<std::string> Problems(const Catalogue& catalogue) {
  const StatusOr<VerifyReport> report = catalogue.Verify({});
  if (!report.ok()) return {report.status().ToString()};
  return report->problems;
}

inline std::vector<Outcome> Outcomes(const EntriesReport& report) {
  std::vector<Outcome> outcomes;
  for (const EntryResult& result : report.results) {
    outcomes.push_back(result.outcome);
  }
  return outcomes;
}

// A store with list "main", open. Members are for tests to use.
class CatalogueTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(CreateWith(folder_.path(), options_).ok());
    Reopen();
    const auto made = catalogue_->CreateList("main", Purpose::kTest, {}, kBy);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  void Reopen() {
    catalogue_.reset();
    auto opened = OpenWith(folder_.path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  // Adds to "main" and expects the call to succeed.
  EntriesReport Add(std::vector<EntryDraft> drafts) {
    const auto report = catalogue_->AddEntries("main", drafts, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : EntriesReport{};
  }
  EntriesReport Set(std::vector<std::string> references, EntryState state) {
    const auto report =
        catalogue_->SetEntryState("main", references, state, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : EntriesReport{};
  }
  ListCounts Counts() { return catalogue_->GetList("main")->counts; }

  TestFolder folder_;
  Options options_{.space_reserve_bytes = 0};
  std::unique_ptr<Catalogue> catalogue_;
};

// What an import reads, from drafts in memory.
inline ImportSource SourceOf(const std::vector<EntryDraft>& drafts) {
  return [&drafts,
          at = size_t{0}]() mutable -> StatusOr<std::optional<ImportItem>> {
    if (at == drafts.size()) return std::nullopt;
    ImportItem item{.draft = drafts[at]};
    item.position = ++at;
    return item;
  };
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_TESTING_H_
