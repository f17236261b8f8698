// Examiner: from found files to findings, containers within them included.
#ifndef KENAL_SRC_SCAN_EXAMINER_H_
#define KENAL_SRC_SCAN_EXAMINER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "kenal/status.h"
#include "src/container/opener.h"
#include "src/findings/findings.h"
#include "src/findings/journal.h"
#include "src/scan/judge.h"
#include "src/scan/source.h"

namespace kenal::scan {

// Places that an earlier part of the run finished. Sixteen bytes each; filled
// before the first question.
class DonePlaces {
 public:
  void Add(const findings::Place& place);
  bool Contains(const findings::Place& place) const;
  size_t size() const { return keys_.size(); }

 private:
  struct Hasher {
    size_t operator()(const std::string& key) const;
  };
  std::unordered_set<std::string, Hasher> keys_;
};

// What was done, for progress. Each only grows.
struct Tally {
  std::atomic<uint64_t> files{0};  // found files, containers counted as one
  std::atomic<uint64_t> bytes{0};  // of these
  // Of these, by Hint: CostOf, and how long threads took for them.
  std::array<std::atomic<double>, kHintCount> cost{};
  std::array<std::atomic<double>, kHintCount> seconds{};
  std::atomic<uint64_t> places{0};  // with members and thumbnails
  std::atomic<uint64_t> hit_places{0};
  std::atomic<uint64_t> not_examined{0};
};

// Called from several threads at once.
struct ExamineEvents {
  std::function<void(const findings::Place&, const findings::Content&)> hit;
  // A place that was not examined, with its reason. Its failure ends the scan.
  std::function<Status(const findings::Place&)> not_examined;
  std::function<bool()> is_over;
};

struct ExamineOptions {
  container::Limits limits;
  findings::Scope scope;
  LargeContents* large = nullptr;  // outlives the examiner; null: alone
};

// Thread-safe.
class Examiner {
 public:
  // All outlive the examiner.
  Examiner(Judge& judge, findings::Journal& journal, container::Opener& opener,
           const DonePlaces& done, const ExamineOptions& options,
           const ExamineEvents& events, Tally& tally)
      : judge_(judge),
        journal_(journal),
        opener_(opener),
        done_(done),
        options_(options),
        events_(events),
        tally_(tally) {}

  // Files of one source. What was not begun when the scan is over is handed
  // back. Errors: those that end a scan.
  StatusOr<std::vector<FoundFile>> Examine(Source& source,
                                           std::vector<FoundFile>&& files);

  // A place that could not be looked at.
  Status Tell(findings::Place&& place, Problem&& problem);

 private:
  struct Held;
  // Where a container is: within how many others, of which source.
  struct Nesting {
    const Source* source = nullptr;
    int depth = 1;
    uint64_t memory_bytes = 0;  // that containers within may take
    uint64_t held_bytes = 0;    // of members that wait further out
  };

  // Whether it is to be looked into and may be; else says so of its place.
  bool IsToBeOpened(Candidate& candidate, bool is_at_hand) const;
  void NoteCamera(Candidate& candidate);
  Status Settle(Source& source, std::vector<Held>& held);
  void Count(std::span<const FoundFile> files, double seconds);
  Status SettleContainer(Source& source, Held& held);
  Status LookInto(findings::Place& holder, const container::Recognised& what,
                  std::span<const int> descriptors, Nesting nesting);
  // False: the scan ended first.
  StatusOr<bool> GoThrough(const findings::Place& holder,
                           container::Container& box, Nesting nesting);
  StatusOr<std::optional<Candidate>> ReadMember(findings::Place&& place,
                                                const container::Entry& entry,
                                                container::Container& box,
                                                Nesting nesting);
  Status TellLostThumbnail(const findings::Place& holder,
                           const container::Failure& failure);
  Status SettleMembers(std::vector<Candidate>& members, Nesting nesting);
  Status LookIntoMember(Candidate& member, Nesting nesting);
  Status Put(findings::Place&& place, const findings::Content* hit);

  Judge& judge_;
  findings::Journal& journal_;
  container::Opener& opener_;
  const DonePlaces& done_;
  const ExamineOptions options_;
  const ExamineEvents& events_;
  Tally& tally_;
};

// Containers within containers.
inline constexpr int kDepthMax = 8;

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_EXAMINER_H_
