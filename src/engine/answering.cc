#include "src/engine/answering.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/engine/comparing.h"
#include "src/engine/decisions.h"
#include "src/engine/verdict.h"

namespace kenal::engine {
namespace {

std::optional<SecondOpinion> OpinionOnHit(const Hit& hit,
                                          const SignalSet& query,
                                          const Entry& entry) {
  const Transform& how = hit.transform;
  const PdqView* of_query = FindView(query, how.query_view);
  const PdqView* of_entry = FindView(entry.signals, how.entry_view);
  if (of_query == nullptr || of_entry == nullptr) return std::nullopt;
  return OpinionOn(*of_query, how.query_variant, *of_entry);
}

// The decision that a hit is overruled by; null when there is none. Digest
// hits never are.
const Hit* DecisionOn(const Hit& hit, const OverruledEntries& overruled) {
  if (hit.signal != SignalType::kPdq || overruled.empty()) return nullptr;
  const auto found = overruled.find(hit.entry.value);
  return found == overruled.end() ? nullptr : &found->second;
}

const std::string& LabelOf(const Hit& hit, const Hit* decision,
                           const Entry& entry) {
  if (decision != nullptr && !decision->list->policy.action_label.empty()) {
    return decision->list->policy.action_label;
  }
  const bool own =
      hit.signal == SignalType::kPdq && !entry.near_action_label.empty();
  return own ? entry.near_action_label : hit.list->policy.action_label;
}

Match MatchFrom(const Hit& hit, const SignalSet& query,
                const OverruledEntries& overruled, Entry&& entry) {
  const Hit* decision = DecisionOn(hit, overruled);
  Match match{.list = hit.list->name,
              .purpose = hit.list->purpose,
              .entry = hit.entry,
              .source_id = std::move(entry.source_id),
              .signal = hit.signal,
              .tier = hit.tier,
              .distance = hit.distance,
              .state = entry.state,
              .classifications = std::move(entry.classifications),
              .series = std::move(entry.series),
              .flags = std::move(entry.flags),
              .provenance = std::move(entry.provenance),
              .action_label = LabelOf(hit, decision, entry),
              .shadow = hit.list->policy.shadow};
  if (hit.signal == SignalType::kPdq) {
    match.transform = hit.transform;
    match.second_opinion = OpinionOnHit(hit, query, entry);
  }
  if (decision != nullptr) {
    match.overruled_by = {.list = decision->list->name,
                          .entry = decision->entry};
  }
  return match;
}

// Entries that are looked at for one that has no label of its own, so that a
// few that were flooded do not speak for the others.
constexpr size_t kLabelsReadMax = 1000;

class Answering {
 public:
  Answering(const catalogue::Catalogue& catalogue, const State& state,
            const MatchOptions& options)
      : catalogue_(catalogue), state_(state), options_(options) {}

  StatusOr<Answer> Make(const SignalSet& query, const HeldLists& lists,
                        std::vector<Hit> hits,
                        const OverruledEntries& overruled);
  bool entry_changed() const { return entry_changed_; }

 private:
  // Keeps the first hits, in order.
  void Cut(std::vector<Hit>& hits, Answer& answer) const;
  Status ReadEntries(const SignalSet& query, const std::vector<Hit>& hits,
                     const OverruledEntries& overruled, Answer& answer);
  // Of `behind`, the hits behind the verdict.
  StatusOr<std::string> LabelOfAnswer(std::vector<Hit> behind,
                                      const OverruledEntries& overruled,
                                      Sequence sequence);

  const catalogue::Catalogue& catalogue_;
  const State& state_;
  const MatchOptions& options_;
  bool entry_changed_ = false;
};

StatusOr<Answer> Answering::Make(const SignalSet& query, const HeldLists& lists,
                                 std::vector<Hit> hits,
                                 const OverruledEntries& overruled) {
  Answer answer{.sequence = state_.indexes.sequence(),
                .match_count = hits.size(),
                .checks = ChecksOf(query, lists.EffortTried(options_.effort)),
                .lists_skipped = lists.skipped(),
                .list_versions = lists.versions(),
                .damaged = query.picture && query.picture->damaged};
  answer.verdict = VerdictOf(hits, answer.checks);
  answer.tier = TierOf(answer.verdict, hits);
  KENAL_TRY_ASSIGN(answer.action_label,
                   LabelOfAnswer(HitsBehind(answer.verdict, hits), overruled,
                                 answer.sequence));
  Cut(hits, answer);
  KENAL_TRY(ReadEntries(query, hits, overruled, answer));
  return answer;
}

void Answering::Cut(std::vector<Hit>& hits, Answer& answer) const {
  const size_t kept =
      std::min(hits.size(), static_cast<size_t>(options_.limit));
  answer.truncated = kept < hits.size();
  std::partial_sort(hits.begin(),
                    hits.begin() + static_cast<std::ptrdiff_t>(kept),
                    hits.end(), ComesBefore);
  hits.resize(kept);
}

Status Answering::ReadEntries(const SignalSet& query,
                              const std::vector<Hit>& hits,
                              const OverruledEntries& overruled,
                              Answer& answer) {
  if (hits.empty()) return OkStatus();
  std::vector<EntryId> ids;
  ids.reserve(hits.size());
  for (const Hit& hit : hits) ids.push_back(hit.entry);
  KENAL_TRY_ASSIGN(std::vector<Entry> entries, catalogue_.GetEntries(ids));
  for (const Entry& entry : entries) {
    entry_changed_ |= entry.changed_at > answer.sequence;
  }
  answer.matches.reserve(hits.size());
  for (size_t i = 0; i < hits.size(); ++i) {
    answer.matches.push_back(
        MatchFrom(hits[i], query, overruled, std::move(entries[i])));
  }
  return OkStatus();
}

StatusOr<std::string> Answering::LabelOfAnswer(
    std::vector<Hit> behind, const OverruledEntries& overruled,
    Sequence sequence) {
  if (behind.empty()) return std::string();
  std::ranges::sort(behind, [&](const Hit& a, const Hit& b) {
    const bool a_is = DecisionOn(a, overruled) != nullptr;
    const bool b_is = DecisionOn(b, overruled) != nullptr;
    return a_is != b_is ? b_is : ComesBefore(a, b);
  });
  std::optional<std::string> first;
  for (const Hit& hit :
       std::span(behind).first(std::min(behind.size(), kLabelsReadMax))) {
    const Hit* decision = DecisionOn(hit, overruled);
    if (first && decision != nullptr) break;
    if (hit.signal != SignalType::kPdq) {
      return hit.list->policy.action_label;
    }
    KENAL_TRY_ASSIGN(const std::vector<Entry> entries,
                     catalogue_.GetEntries(std::span(&hit.entry, 1)));
    entry_changed_ |= entries[0].changed_at > sequence;
    const std::string& label = LabelOf(hit, decision, entries[0]);
    if (entries[0].near_action_label.empty()) return label;
    if (!first) first = label;
  }
  return *first;
}

}  // namespace

Status CheckTerms(const MatchOptions& options) {
  const int bits = options.radius.value_or(Radius{0}).bits;
  if (bits < 0 || bits > kRadiusBitsMax) {
    return InvalidArgument("a radius is 0 to " +
                           std::to_string(kRadiusBitsMax) + " bits");
  }
  return options.region.empty() ? OkStatus() : CheckRegion(options.region);
}

Status CheckQuery(const SignalSet& signals, size_t position) {
  for (size_t i = 1; i < signals.pdq.size(); ++i) {
    if (signals.pdq[i - 1].view < signals.pdq[i].view) continue;
    return InvalidArgument("query " + std::to_string(position + 1) +
                           ": give at most one PDQ a view, ordered by view");
  }
  return OkStatus();
}

Status CheckBatch(std::span<const SignalSet> queries,
                  const MatchOptions& options) {
  if (options.limit < 1 || options.limit > MatchOptions::kLimitMax) {
    return InvalidArgument("limit must be 1 to " +
                           std::to_string(MatchOptions::kLimitMax));
  }
  if (queries.empty() || queries.size() > Matcher::kBatchSizeMax) {
    return InvalidArgument("a batch holds 1 to " +
                           std::to_string(Matcher::kBatchSizeMax) + " queries");
  }
  if (queries.size() * static_cast<size_t>(options.limit) >
      static_cast<size_t>(MatchOptions::kLimitMax)) {
    return InvalidArgument("limit times queries must be at most " +
                           std::to_string(MatchOptions::kLimitMax) +
                           "; ask with a smaller limit or in smaller batches");
  }
  KENAL_TRY(CheckTerms(options));
  for (size_t i = 0; i < queries.size(); ++i) {
    KENAL_TRY(CheckQuery(queries[i], i));
  }
  return OkStatus();
}

StatusOr<Attempt> AnswerBatch(const catalogue::Catalogue& catalogue,
                              const State& state,
                              std::span<const SignalSet> queries,
                              const MatchOptions& options) {
  const BatchLists lists(state.indexes, state.lists, state.terms,
                         state.enabled_lists, options.region,
                         state.terms.vary ? base::NowUnixMs() : 0, queries);
  Found found = FindHits(state, lists, queries, options);
  Answering answering(catalogue, state, options);
  Attempt attempt;
  attempt.answers.reserve(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    KENAL_TRY_ASSIGN(Answer answer, answering.Make(queries[i], lists.Of(i),
                                                   std::move(found.hits[i]),
                                                   found.overruled[i]));
    attempt.answers.push_back(std::move(answer));
  }
  if (state.known_files != nullptr) {
    state.known_files->Tell(queries, lists, attempt.answers);
  }
  attempt.entry_changed = answering.entry_changed();
  return attempt;
}

}  // namespace kenal::engine
