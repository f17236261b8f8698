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
#include "src/base/descriptor.h"
#include "src/base/file.h"
#include "src/findings/journal.h"

namespace kenal::findings {
namespace {

// What counting needs of a place, and where the rest is.
struct PlaceAt {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  uint32_t exhibit = 0;
  std::optional<ContentNumber> content;
  uint16_t reason = 0;  // its position among the reasons met
  Coverage coverage = Coverage::kNotExamined;
  bool deleted = false;
  bool is_thumbnail = false;
};

// What counting needs of a content.
struct Slim {
  explicit Slim(const Content& content)
      : verdict(content.verdict),
        is_hit(content.is_hit()),
        is_decoded(content.pdq.has_value()),
        is_flat(content.quality.value_or(0) <= kFlatQualityMax) {
    std::set<std::string_view> once;
    for (const Match& match : content.matches) once.insert(match.list);
    lists.assign(once.begin(), once.end());
  }
  Verdict verdict;
  bool is_hit;
  bool is_decoded;
  bool is_flat;
  std::vector<std::string> lists;  // of its matches, each once
};

class Counter {
 public:
  void Add(const PlaceAt& place, const std::string& reason, const Slim* content,
           Totals& totals) {
    AddAmount(place, totals.all);
    AddAmount(place, totals.coverage[{place.coverage, reason}]);
    totals.deleted += place.deleted ? 1 : 0;
    totals.thumbnails += place.is_thumbnail ? 1 : 0;
    if (content == nullptr) return;
    const bool is_first = seen_.insert(*place.content).second;
    totals.contents += is_first ? 1 : 0;
    AddAmount(place, totals.verdicts[content->verdict]);
    if (content->is_decoded) {
      ++totals.pictures;
      totals.flat += content->is_flat ? 1 : 0;
    }
    if (!content->is_hit) return;
    ++totals.hit_places;
    totals.hit_contents += is_first ? 1 : 0;
    for (const std::string& list : content->lists) {
      Totals::OfList& of_list = totals.lists[list];
      ++of_list.places;
      of_list.contents += is_first ? 1 : 0;
    }
  }

 private:
  static void AddAmount(const PlaceAt& place, Amount& amount) {
    ++amount.places;
    amount.bytes += place.size_bytes;
  }
  std::unordered_set<ContentNumber> seen_;
};

class JournalFindings final : public Findings {
 public:
  explicit JournalFindings(std::string folder) : folder_(std::move(folder)) {}
  Status Load() {
    KENAL_TRY(OpenFile());
    std::vector<std::string> keys;
    KENAL_TRY(Journal::Read(folder_, [&](Record&& record, uint64_t offset) {
      return std::visit([&](auto& value) { return Take(value, offset, keys); },
                        record);
    }));
    Sort(keys);
    Count();
    return OkStatus();
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
    descriptor_ = base::Descriptor(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor_.is_open()) return OkStatus();
    if (errno == ENOENT) {
      return NotFound(folder_ + ": holds no scan (no " +
                      std::string(kJournalName) + ")");
    }
    return Unavailable(base::WithErrno(path_ + ": cannot be opened", errno));
  }

  Status Take(Run& run, uint64_t, std::vector<std::string>&) {
    run_ = std::move(run);  // The last one counts.
    // A part of a sample stands for nothing.
    if (run_.ending != Ending::kComplete) run_.sample.reset();
    return OkStatus();
  }

  Status Take(Exhibit& exhibit, uint64_t, std::vector<std::string>&) {
    const auto same = std::ranges::find(exhibits_, exhibit.id, &Exhibit::id);
    if (same != exhibits_.end()) {
      *same = std::move(exhibit);
    } else {
      exhibits_.push_back(std::move(exhibit));
    }
    return OkStatus();
  }

  Status Take(Content& content, uint64_t offset, std::vector<std::string>&) {
    const bool is_flat = content.quality.value_or(0) <= kFlatQualityMax;
    facts_.push_back({.sha256 = content.sha256,
                      .pdq = is_flat ? std::nullopt : content.pdq,
                      .verdict = content.verdict,
                      .template_like = content.template_like});
    slim_.emplace_back(content);
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
    places_.push_back({.offset_bytes = offset,
                       .size_bytes = place.size_bytes,
                       .exhibit = place.exhibit,
                       .content = place.content,
                       .reason = ReasonNumber(place.reason),
                       .coverage = place.coverage,
                       .deleted = place.deleted,
                       .is_thumbnail = place.thumbnail != Thumbnail::kNone});
    return OkStatus();
  }

  uint16_t ReasonNumber(const std::string& reason) {
    const auto at = std::ranges::find(reasons_, reason);
    const auto number = static_cast<uint16_t>(at - reasons_.begin());
    if (at == reasons_.end()) reasons_.push_back(reason);
    return number;
  }

  // In the order of reports; of places told twice the later one counts.
  void Sort(const std::vector<std::string>& keys) {
    std::vector<uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
      const int compared = keys[a].compare(keys[b]);
      return compared != 0 ? compared < 0 : a < b;
    });
    std::vector<PlaceAt> sorted;
    sorted.reserve(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
      const bool is_told_later =
          i + 1 < order.size() && keys[order[i]] == keys[order[i + 1]];
      if (!is_told_later) sorted.push_back(places_[order[i]]);
    }
    places_ = std::move(sorted);
  }

  void Count() {
    Counter counter;
    std::vector<Counter> counters(exhibits_.size());
    totals_of_.resize(exhibits_.size());
    for (const PlaceAt& place : places_) {
      const std::string& reason = reasons_[place.reason];
      const Slim* content = place.content ? &slim_[*place.content] : nullptr;
      counter.Add(place, reason, content, totals_);
      counters[place.exhibit].Add(place, reason, content,
                                  totals_of_[place.exhibit]);
    }
    slim_.clear();
    slim_.shrink_to_fit();
  }

  template <typename Value>
  StatusOr<Value> ReadAt(uint64_t offset_bytes) {
    KENAL_TRY_ASSIGN(Record record,
                     ReadRecordAt(descriptor_.number(), path_, offset_bytes));
    if (auto* value = std::get_if<Value>(&record)) return std::move(*value);
    return DataLoss(path_ + ": byte " + std::to_string(offset_bytes) +
                    " holds another record than before");
  }

  const std::string folder_;
  std::string path_;
  base::Descriptor descriptor_;
  Run run_;
  std::vector<Exhibit> exhibits_;
  Totals totals_;
  std::vector<Totals> totals_of_;
  std::vector<PlaceAt> places_;
  std::vector<std::string> reasons_;  // few
  std::vector<ContentFacts> facts_;
  std::vector<uint64_t> content_at_;
  std::vector<Slim> slim_;  // while it is loaded
};

}  // namespace

StatusOr<std::unique_ptr<Findings>> Findings::Open(const std::string& folder) {
  auto findings = std::make_unique<JournalFindings>(folder);
  KENAL_TRY(findings->Load());
  return findings;
}

}  // namespace kenal::findings
