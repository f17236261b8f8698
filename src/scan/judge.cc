#include "src/scan/judge.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace kenal::scan {
namespace {

using findings::Content;
using findings::Coverage;
namespace reason = findings::reason;

constexpr int kAnswerLimit = Content::kMatchesMax;

SignalSet DigestsOf(const Intake& intake) {
  SignalSet signals;
  signals.md5 = Md5{intake.digests.md5};
  signals.sha1 = Sha1{intake.digests.sha1};
  signals.sha256 = Sha256{intake.digests.sha256};
  return signals;
}

bool IsHit(Verdict verdict) {
  return verdict == Verdict::kExact || verdict == Verdict::kNear ||
         verdict == Verdict::kTest;
}

bool IsKnownGood(const Answer& answer) {
  return !IsHit(answer.verdict) &&
         std::ranges::any_of(answer.known_good, [](const KnownGood& known) {
           return !known.shadow;
         });
}

Content ContentOf(const Intake& intake, SignalSet&& signals, Answer&& answer) {
  Content content{.sha256 = Sha256{intake.digests.sha256},
                  .md5 = Md5{intake.digests.md5},
                  .sha1 = Sha1{intake.digests.sha1},
                  .size_bytes = intake.size_bytes,
                  .kind = intake.kind,
                  .picture = std::move(signals.picture),
                  .pdq_failure = std::move(signals.pdq_failure),
                  .camera = intake.camera,
                  .verdict = answer.verdict,
                  .tier = answer.tier,
                  .action_label = std::move(answer.action_label),
                  .matches = std::move(answer.matches),
                  .match_count = answer.match_count,
                  .known_good = std::move(answer.known_good)};
  const auto whole =
      std::ranges::find(signals.pdq, View::kStored, &PdqView::view);
  if (whole != signals.pdq.end()) {
    content.pdq = whole->hash;
    content.quality = whole->quality;
    content.template_like = whole->template_like.value_or(false);
  }
  SetCoverage(intake.reason, content);
  return content;
}

std::string_view ReasonOfFailure(const SignalFailure& failure) {
  if (failure.code == "unsupported") return reason::kFormatNotDecoded;
  if (failure.code == "damaged") return reason::kDamagedPicture;
  if (failure.code == "too_large") return reason::kPictureTooLarge;
  if (failure.code == "empty") return reason::kEmpty;
  if (failure.code == "not_a_picture") return reason::kOther;
  return reason::kDecoderFailed;
}

}  // namespace

void SetCoverage(std::string_view plain, Content& content) {
  if (content.pdq) {
    content.coverage = Coverage::kExamined;
    const bool is_flat = content.quality.value_or(0) <= kFlatQualityMax;
    const bool is_damaged = content.picture && content.picture->damaged;
    content.reason = is_damaged ? reason::kDamagedInPart
                     : is_flat  ? reason::kFlat
                                : reason::kPicture;
    return;
  }
  content.coverage = Coverage::kDigestOnly;
  const bool is_known_good = std::ranges::any_of(
      content.known_good, [](const KnownGood& known) { return !known.shadow; });
  if (content.pdq_failure) {
    content.reason = ReasonOfFailure(*content.pdq_failure);
  } else if (is_known_good && !content.is_hit()) {
    content.reason = reason::kKnownGood;
  } else {
    content.reason = plain;
  }
}

Judge::Judge(Matcher& matcher, Hasher& hasher, const JudgeOptions& options,
             std::stop_token stop)
    : matcher_(matcher),
      hasher_(hasher),
      options_(options),
      stop_(std::move(stop)) {}

void Judge::Remember(const Content& content) {
  const base::MutexLock lock(mutex_);
  Keep(Content(content));
}

void Judge::Keep(Content&& content) {
  Known& known = known_[content.sha256.bytes];
  known = {.number = next_++,
           .is_ready = true,
           .coverage = content.coverage,
           .reason = content.reason};
  if (!content.is_hit()) return;
  ++hit_contents_;
  known.hit = std::make_shared<const Content>(std::move(content));
}

Judge::Counts Judge::counts() const {
  const base::MutexLock lock(mutex_);
  return {
      .contents = next_, .decoded = decoded_, .hit_contents = hit_contents_};
}

Sequence Judge::sequence() const {
  const base::MutexLock lock(mutex_);
  return sequence_;
}

Status Judge::Consider(std::span<Candidate> candidates) {
  std::vector<New> fresh = Claim(candidates);
  if (Status status = Judged(fresh); !status.ok()) {
    Fail(status);
    return status;
  }
  return Await(candidates);
}

std::vector<Judge::New> Judge::Claim(std::span<Candidate> candidates) {
  std::vector<New> fresh;
  const base::MutexLock lock(mutex_);
  for (Candidate& candidate : candidates) {
    const auto [at, is_new] =
        known_.try_emplace(candidate.intake.digests.sha256);
    if (!is_new) continue;
    fresh.push_back(
        {.candidate = &candidate, .signals = DigestsOf(candidate.intake)});
  }
  return fresh;
}

Status Judge::Judged(std::vector<New>& fresh) {
  if (options_.asks_known_good) KENAL_TRY(AskWhetherKnownGood(fresh));
  const HashWork work{.views = QueryViews(options_.effort)};
  std::vector<New*> asked;
  for (New& one : fresh) {
    if (one.answer) continue;
    const Intake& intake = one.candidate->intake;
    if (intake.is_picture && intake.is_kept) {
      SignalSet seen = hasher_.HashPicture(intake.bytes, work);
      one.signals.pdq = std::move(seen.pdq);
      one.signals.picture = std::move(seen.picture);
      one.signals.pdq_failure = std::move(seen.pdq_failure);
      ++decoded_;
    } else if (intake.is_picture) {
      one.signals.pdq_failure = {"too_large",
                                 "larger than pictures that are decoded"};
    }
    asked.push_back(&one);
  }
  KENAL_TRY(Ask(asked));
  for (New& one : fresh) KENAL_TRY(Publish(one));
  return OkStatus();
}

// Known-good pictures keep the answer to their digests and are not decoded.
Status Judge::AskWhetherKnownGood(std::vector<New>& fresh) {
  std::vector<New*> pictures;
  for (New& one : fresh) {
    if (one.candidate->intake.is_picture) pictures.push_back(&one);
  }
  KENAL_TRY(Ask(pictures));
  for (New* one : pictures) {
    if (!IsKnownGood(*one->answer)) one->answer.reset();
  }
  return OkStatus();
}

Status Judge::Ask(std::span<New* const> asked) {
  if (asked.empty()) return OkStatus();
  std::vector<SignalSet> sets;
  sets.reserve(asked.size());
  for (const New* one : asked) sets.push_back(one->signals);
  KENAL_TRY_ASSIGN(std::vector<Answer> answers, AskPatiently(sets));
  if (answers.size() != asked.size()) {
    return Internal("as many answers as questions were expected");
  }
  {
    const base::MutexLock lock(mutex_);
    sequence_ = std::max(sequence_, answers.back().sequence);
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    asked[i]->answer = std::move(answers[i]);
  }
  return OkStatus();
}

// A service that is busy or away for a moment costs time, not the scan.
StatusOr<std::vector<Answer>> Judge::AskPatiently(
    std::span<const SignalSet> sets) {
  using std::chrono::milliseconds;
  constexpr milliseconds kPauseMax{10'000};
  constexpr milliseconds kPatience{120'000};
  const MatchOptions options{.limit = kAnswerLimit, .effort = options_.effort};
  milliseconds pause{100};
  milliseconds waited{0};
  for (;;) {
    auto answers = matcher_.MatchBatch(sets, options);
    const StatusCode code = answers.status().code();
    const bool may_work = code == StatusCode::kUnavailable ||
                          code == StatusCode::kResourceExhausted ||
                          code == StatusCode::kDeadlineExceeded;
    if (!may_work || waited >= kPatience || stop_.stop_requested()) {
      return answers;
    }
    constexpr milliseconds kStep{50};
    for (milliseconds slept{0}; slept < pause && !stop_.stop_requested();
         slept += kStep) {
      std::this_thread::sleep_for(kStep);
    }
    waited += pause;
    pause = std::min(pause * 2, kPauseMax);
  }
}

Status Judge::Publish(New& fresh) {
  Content content = ContentOf(fresh.candidate->intake, std::move(fresh.signals),
                              *std::move(fresh.answer));
  const base::MutexLock lock(mutex_);
  KENAL_TRY(journal_->Put(content));
  Keep(std::move(content));
  changed_.NotifyAll();
  return OkStatus();
}

// Whoever waits here has published his own, so nobody waits for ever.
Status Judge::Await(std::span<Candidate> candidates) {
  const base::MutexLock lock(mutex_);
  for (Candidate& candidate : candidates) {
    const auto& digest = candidate.intake.digests.sha256;
    changed_.Wait(mutex_, [&]() KENAL_REQUIRES(mutex_) {
      return failure_ != StatusCode::kOk || known_[digest].is_ready;
    });
    if (failure_ != StatusCode::kOk) return Status(failure_, message_);
    const Known& known = known_[digest];
    candidate.place.content = known.number;
    candidate.place.coverage = known.coverage;
    candidate.place.reason = known.reason;
    candidate.hit = known.hit;
  }
  return OkStatus();
}

void Judge::Fail(const Status& status) {
  const base::MutexLock lock(mutex_);
  if (failure_ == StatusCode::kOk) {
    failure_ = status.code();
    message_ = std::string(status.message());
  }
  changed_.NotifyAll();
}

}  // namespace kenal::scan
