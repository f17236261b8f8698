// Judge: contents to findings. Each content is decoded and compared once,
// wherever and however often it is met.
#ifndef KENAL_SRC_SCAN_JUDGE_H_
#define KENAL_SRC_SCAN_JUDGE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/findings/findings.h"
#include "src/findings/journal.h"
#include "src/scan/evidence.h"
#include "src/scan/intake.h"

namespace kenal::scan {

// One place whose bytes were read. Judge fills in what its content says.
struct Candidate {
  findings::Place place;
  Intake intake;
  std::optional<Problem> problem;  // why not all of it was read
  // What it met, when the verdict is EXACT, NEAR or TEST; else null.
  std::shared_ptr<const findings::Content> hit;
};

struct JudgeOptions {
  Effort effort = Effort::kNormal;
  // Some list knows harmless files, so that asking before decoding may spare
  // the decoding.
  bool asks_known_good = false;
};

// Thread-safe.
class Judge {
 public:
  struct Counts {
    uint64_t contents = 0;
    uint64_t decoded = 0;
    uint64_t hit_contents = 0;
  };

  // Both outlive the judge. `stop` ends waiting for a service.
  Judge(Matcher& matcher, Hasher& hasher, const JudgeOptions& options,
        std::stop_token stop);

  // A content that the journal holds already, in its order.
  void Remember(const findings::Content& content);
  // Where contents go. After the last Remember, before the first Consider.
  void Begin(findings::Journal& journal) { journal_ = &journal; }

  // Decodes and compares what is not known yet, and puts it into the journal;
  // sets content, coverage and reason of each place. Places themselves are put
  // by the caller. Waits for contents that another thread is at.
  // Errors: those of the matcher and the journal; the scan is over then.
  Status Consider(std::span<Candidate> candidates);

  Counts counts() const;
  Sequence sequence() const;  // of the last answer

 private:
  struct Known {
    findings::ContentNumber number = 0;
    bool is_ready = false;
    std::shared_ptr<const findings::Content> hit;
    findings::Coverage coverage = findings::Coverage::kNotExamined;
    std::string reason;
  };
  struct New {
    Candidate* candidate = nullptr;
    SignalSet signals;
    std::optional<Answer> answer;
  };

  std::vector<New> Claim(std::span<Candidate> candidates);
  Status Judged(std::vector<New>& fresh);
  Status AskWhetherKnownGood(std::vector<New>& fresh);
  Status Ask(std::span<New* const> asked);
  StatusOr<std::vector<Answer>> AskPatiently(std::span<const SignalSet> sets);
  Status Publish(New& fresh);
  void Keep(findings::Content&& content) KENAL_REQUIRES(mutex_);
  Status Await(std::span<Candidate> candidates);
  void Fail(const Status& status);

  Matcher& matcher_;
  Hasher& hasher_;
  findings::Journal* journal_ = nullptr;
  const JudgeOptions options_;
  const std::stop_token stop_;
  std::atomic<uint64_t> decoded_{0};

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  absl::flat_hash_map<std::array<uint8_t, 32>, Known> known_
      KENAL_GUARDED_BY(mutex_);
  findings::ContentNumber next_ KENAL_GUARDED_BY(mutex_) = 0;
  uint64_t hit_contents_ KENAL_GUARDED_BY(mutex_) = 0;
  Sequence sequence_ KENAL_GUARDED_BY(mutex_);
  StatusCode failure_ KENAL_GUARDED_BY(mutex_) = StatusCode::kOk;
  std::string message_ KENAL_GUARDED_BY(mutex_);
};

// Coverage and reason of a content, from everything else it says. `plain` is
// the reason of what is compared by digest alone.
void SetCoverage(std::string_view plain, findings::Content& content);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_JUDGE_H_
