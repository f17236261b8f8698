#include "src/findings/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include "src/base/check.h"
#include "src/base/file.h"
#include "src/findings/journal.h"

namespace kenal::findings {
namespace {

struct PlaceAt {
  uint64_t offset_bytes = 0;
  uint32_t exhibit = 0;
  std::optional<ContentNumber> content;
};

// One place after another; contents are known before the places they are at.
class Counter {
 public:
  void Add(const Place& place, const Content* content, Totals& totals) {
    AddAmount(place, totals.all);
    AddAmount(place, totals.coverage[{place.coverage, place.reason}]);
    totals.deleted += place.deleted ? 1 : 0;
    totals.thumbnails += place.thumbnail != Thumbnail::kNone ? 1 : 0;
    if (content == nullptr) return;
    const bool is_first = seen_.insert(*place.content).second;
    totals.contents += is_first ? 1 : 0;
    AddAmount(place, totals.verdicts[content->verdict]);
    if (content->pdq) {
      ++totals.pictures;
      totals.flat += content->quality.value_or(0) <= kFlatQualityMax ? 1 : 0;
    }
    if (!content->is_hit()) return;
    ++totals.hit_places;
    totals.hit_contents += is_first ? 1 : 0;
    std::set<std::string_view> lists;
    for (const Match& match : content->matches) lists.insert(match.list);
    for (const std::string_view list : lists) {
      Totals::OfList& of_list = totals.lists[std::string(list)];
      ++of_list.places;
      of_list.contents += is_first ? 1 : 0;
    }
  }

 private:
  static void AddAmount(const Place& place, Amount& amount) {
    ++amount.places;
    amount.bytes += place.size_bytes;
  }
  std::unordered_set<ContentNumber> seen_;
};

// What counting needs of a content that was no hit is the same for many.
Content Slim(const Content& content) {
  Content slim;
  slim.verdict = content.verdict;
  slim.pdq = content.pdq;
  slim.quality = content.quality;
  slim.matches.reserve(content.matches.size());
  for (const Match& match : content.matches) {
    slim.matches.emplace_back().list = match.list;
  }
  return slim;
}

class JournalFindings final : public Findings {
 public:
  explicit JournalFindings(std::string folder) : folder_(std::move(folder)) {}
  ~JournalFindings() override {
    if (descriptor_ >= 0) close(descriptor_);
  }

  Status Load() {
    KENAL_TRY(OpenFile());
    std::vector<std::string> keys;
    KENAL_TRY(Journal::Read(folder_, [&](Record&& record, uint64_t offset) {
      return std::visit([&](auto& value) { return Take(value, offset, keys); },
                        record);
    }));
    return Sort(keys);
  }

  const Run& run() const override { return run_; }
  std::span<const Exhibit> exhibits() const override { return exhibits_; }
  const Totals& totals() const override { return totals_; }
  const Totals& totals_of(uint32_t exhibit) const override {
    return totals_of_.at(exhibit);
  }
  size_t place_count() const override { return places_.size(); }
  uint32_t exhibit_of(size_t i) const override { return places_[i].exhibit; }
  std::optional<ContentNumber> content_of(size_t i) const override {
    return places_[i].content;
  }
  std::span<const ContentFacts> contents() const override { return facts_; }

  StatusOr<Place> ReadPlace(size_t i) override {
    return ReadAt<Place>(places_[i].offset_bytes);
  }
  StatusOr<Content> ReadContent(ContentNumber number) override {
    return ReadAt<Content>(content_at_[number]);
  }

 private:
  Status OpenFile() {
    path_ = folder_ + "/" + std::string(kJournalName);
    descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ >= 0) return OkStatus();
    if (errno == ENOENT) {
      return NotFound(folder_ + ": holds no scan (no " +
                      std::string(kJournalName) + ")");
    }
    return Unavailable(base::WithErrno(path_ + ": cannot be opened", errno));
  }

  Status Take(Run& run, uint64_t, std::vector<std::string>&) {
    run_ = std::move(run);  // The last one counts.
    return OkStatus();
  }

  Status Take(Exhibit& exhibit, uint64_t, std::vector<std::string>&) {
    const auto same = std::ranges::find(exhibits_, exhibit.id, &Exhibit::id);
    if (same != exhibits_.end()) {
      *same = std::move(exhibit);
    } else {
      exhibits_.push_back(std::move(exhibit));
      totals_of_.emplace_back();
      counters_.emplace_back();
    }
    return OkStatus();
  }

  Status Take(Content& content, uint64_t offset, std::vector<std::string>&) {
    const bool is_flat = content.quality.value_or(0) <= kFlatQualityMax;
    facts_.push_back({.sha256 = content.sha256,
                      .pdq = is_flat ? std::nullopt : content.pdq,
                      .verdict = content.verdict,
                      .template_like = content.template_like});
    slim_.push_back(Slim(content));
    content_at_.push_back(offset);
    return OkStatus();
  }

  Status Take(Place& place, uint64_t offset, std::vector<std::string>& keys) {
    if (place.exhibit >= exhibits_.size() || place.path.empty() ||
        (place.content && *place.content >= content_at_.size())) {
      return DataLoss(path_ + ": the record at byte " + std::to_string(offset) +
                      " names what is not there");
    }
    keys.push_back(KeyOf(place));
    places_.push_back({offset, place.exhibit, place.content});
    const Content* content = place.content ? &slim_[*place.content] : nullptr;
    counter_.Add(place, content, totals_);
    counters_[place.exhibit].Add(place, content, totals_of_[place.exhibit]);
    return OkStatus();
  }

  Status Sort(const std::vector<std::string>& keys) {
    slim_.clear();
    slim_.shrink_to_fit();
    counters_.clear();
    std::vector<uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(
        order, {}, [&](uint32_t i) -> const std::string& { return keys[i]; });
    std::vector<PlaceAt> sorted;
    sorted.reserve(order.size());
    for (const uint32_t i : order) sorted.push_back(places_[i]);
    places_ = std::move(sorted);
    return OkStatus();
  }

  template <typename Value>
  StatusOr<Value> ReadAt(uint64_t offset_bytes) {
    KENAL_TRY_ASSIGN(Record record,
                     ReadRecordAt(descriptor_, path_, offset_bytes));
    if (auto* value = std::get_if<Value>(&record)) return std::move(*value);
    return DataLoss(path_ + ": byte " + std::to_string(offset_bytes) +
                    " holds another record than before");
  }

  const std::string folder_;
  std::string path_;
  int descriptor_ = -1;
  Run run_;
  std::vector<Exhibit> exhibits_;
  Totals totals_;
  std::vector<Totals> totals_of_;
  Counter counter_;
  std::vector<Counter> counters_;
  std::vector<PlaceAt> places_;
  std::vector<ContentFacts> facts_;
  std::vector<uint64_t> content_at_;
  std::vector<Content> slim_;  // while it is loaded
};

}  // namespace

StatusOr<std::unique_ptr<Findings>> Findings::Open(const std::string& folder) {
  auto findings = std::make_unique<JournalFindings>(folder);
  KENAL_TRY(findings->Load());
  return findings;
}

}  // namespace kenal::findings
