#include "src/container/remote.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace kenal::container {
namespace {

// How often the CPU time of a busy worker is looked at.
constexpr int64_t kLookUs = 100'000;

// CPU between two pieces of content, in units of the silence that is put up
// with: reading a fragmented medium takes its time, but not for ever.
constexpr int64_t kReadPatience = 10;

// Workers that one container may cost, and one entry of it.
constexpr int kLostMax = 32;
constexpr int kTakeOversMax = 3;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void WakeUpToLook(int socket) {
  const timeval look{.tv_sec = 0, .tv_usec = kLookUs};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
}

bool SendWith(int socket, std::span<const uint8_t> message,
              std::span<const int> descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(kSegmentsPerPacket * sizeof(int))];
  iovec bytes{const_cast<uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  return sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(message.size());
}

}  // namespace

Remote::Remote(sandbox::ReadyPool& pool, Kind kind,
               std::vector<Segment> segments, const Limits& limits)
    : pool_(pool),
      kind_(kind),
      limits_(limits),
      segments_(std::move(segments)),
      packet_(kPacketBytesMax + 1) {}

Remote::~Remote() {
  // A worker that had a whole disk before it starts afresh for the next.
  const bool is_reusable =
      kind_ == Kind::kArchive || kind_ == Kind::kThumbnails;
  if (is_reusable && process_ != nullptr && Send({.type = OrderType::kClose})) {
    pool_.GiveBack(std::move(process_));
  }
}

uint32_t Remote::VolumeCount() const {
  return std::max<uint32_t>(1, static_cast<uint32_t>(opened_.volumes.size()));
}

bool Remote::Lose(Reason reason) {
  failure_ = Describe(reason);
  if (process_ != nullptr) {
    const int status = process_->End();
    if (reason == Reason::kOpenerDied) {
      failure_->message =
          "the process that read it " + sandbox::EndInWords(status);
    }
    process_.reset();
    ++lost_count_;
  }
  return false;
}

bool Remote::Send(const Order& order) {
  const OrderMessage message = Encode(order);
  return send(process_->socket(), message.data(), message.size(),
              MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(message.size());
}

bool Remote::SendSegments() {
  for (size_t at = 0; at < segments_.size(); at += kSegmentsPerPacket) {
    const size_t end = std::min(at + kSegmentsPerPacket, segments_.size());
    std::vector<uint64_t> sizes;
    std::vector<int> descriptors;
    for (size_t i = at; i < end; ++i) {
      sizes.push_back(segments_[i].size_bytes);
      descriptors.push_back(segments_[i].descriptor.number());
    }
    if (!SendWith(process_->socket(), EncodeSegments(sizes), descriptors)) {
      return false;
    }
  }
  return true;
}

bool Remote::IsOutOfTime(Patience& patience, int64_t cpu_ms_max) {
  const int64_t cpu_ms = process_->CpuMs();
  const int64_t now_ms = NowMs();
  if (patience.cpu_end_ms < 0) {
    patience.cpu_end_ms = cpu_ms + limits_.silent_cpu_ms;
    patience.wall_end_ms = now_ms + limits_.silent_wall_ms;
  }
  if (patience.last_cpu_ms < 0) patience.last_cpu_ms = cpu_ms + cpu_ms_max;
  return cpu_ms > patience.cpu_end_ms || now_ms > patience.wall_end_ms ||
         cpu_ms > patience.last_cpu_ms;
}

bool Remote::Receive(Answer& answer, Patience& patience, int64_t cpu_ms_max) {
  for (;;) {
    const ssize_t got =
        recv(process_->socket(), packet_.data(), packet_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (IsOutOfTime(patience, cpu_ms_max)) return Lose(Reason::kTimedOut);
      continue;
    }
    if (got <= 0) return Lose(Reason::kOpenerDied);
    StatusOr<Answer> parsed =
        ParseAnswer({packet_.data(), static_cast<size_t>(got)}, VolumeCount());
    if (!parsed.ok()) {
      Lose(Reason::kOpenerDied);
      failure_->message = std::string(parsed.status().message());
      return false;
    }
    answer = *std::move(parsed);
    return true;
  }
}

bool Remote::Await(Answer& answer, int64_t cpu_ms_max) {
  Patience patience;
  for (;;) {
    if (!Receive(answer, patience, cpu_ms_max)) return false;
    if (answer.type != AnswerType::kAlive) return true;
    if (IsOutOfTime(patience, cpu_ms_max)) return Lose(Reason::kTimedOut);
    patience.cpu_end_ms = -1;
  }
}

Status Remote::TakeWorker() {
  StatusOr<std::unique_ptr<sandbox::Process>> taken = pool_.Take();
  if (!taken.ok()) {
    failure_ = Describe(Reason::kOpenerDied);
    return taken.status();
  }
  process_ = *std::move(taken);
  WakeUpToLook(process_->socket());
  failure_.reset();
  const Order order{.type = OrderType::kOpen,
                    .kind = kind_,
                    .segment_count = static_cast<uint32_t>(segments_.size()),
                    .limits = limits_};
  Answer answer;
  if (!Send(order) || !SendSegments()) {
    Lose(Reason::kOpenerDied);
  } else if (Await(answer, ListingCpuLeftMs()) &&
             answer.type == AnswerType::kEnd) {
    failure_ = Describe(answer.reason == Reason::kNone ? Reason::kDamaged
                                                       : answer.reason);
  } else if (process_ != nullptr && answer.type != AnswerType::kOpened) {
    Lose(Reason::kOpenerDied);
  }
  if (failure_) return InvalidArgument(failure_->message);
  opened_ = std::move(answer.opened);
  return OkStatus();
}

Status Remote::Open() {
  Status opened = TakeWorker();
  if (!opened.ok() && failure_) {
    opened.SetPayload(kReasonPayload, absl::Cord(failure_->reason));
  }
  if (!CanReopen()) segments_.clear();
  return opened;
}

bool Remote::TakeOver() {
  if (!CanReopen()) return false;
  const Opened before = opened_;
  const std::optional<Failure> lost = failure_;
  // Whatever ended the one may have ended those that were ready, too.
  for (int i = 0; i < kTakeOversMax && lost_count_ < kLostMax; ++i) {
    const bool is_same = TakeWorker().ok() && opened_.volumes == before.volumes;
    opened_ = before;
    if (is_same) {
      skipped_count_ = received_count_;
      return true;
    }
    Lose(Reason::kOpenerDied);
  }
  if (lost) failure_ = lost;
  return false;
}

bool Remote::FillBatch() {
  while (batch_.empty()) {
    const int64_t begin_ms = process_->CpuMs();
    Answer answer;
    if (!Send({.type = OrderType::kNext})) return Lose(Reason::kOpenerDied);
    if (!Await(answer, ListingCpuLeftMs())) return false;
    listing_cpu_ms_ += process_->CpuMs() - begin_ms;
    if (answer.type == AnswerType::kEnd) {
      is_listed_ = true;
      incomplete_ = Describe(answer.reason);
      return false;
    }
    if (answer.type != AnswerType::kEntries) return Lose(Reason::kOpenerDied);
    const size_t known = std::min<size_t>(static_cast<size_t>(skipped_count_),
                                          answer.entries.size());
    skipped_count_ -= known;
    received_count_ += answer.entries.size() - known;
    std::move(answer.entries.begin() + static_cast<long>(known),
              answer.entries.end(), std::back_inserter(batch_));
  }
  return true;
}

bool Remote::Next(Entry& entry) {
  if (batch_.empty()) {
    if (is_listed_) return false;
    if ((process_ == nullptr && !TakeOver()) || !FillBatch()) {
      // What ended a worker once over the listing ends the next one, too.
      if (!is_listed_) incomplete_ = failure_;
      is_listed_ = true;
      return false;
    }
  }
  entry = std::move(batch_.front());
  batch_.pop_front();
  return true;
}

ReadResult Remote::Stream(const Order& order, const Sink& sink) {
  ReadResult result;
  if (process_ == nullptr && !TakeOver()) {
    result.failure = failure_;
    return result;
  }
  bool is_stopped = false;
  uint64_t owed = 0;
  if (!Send(order)) Lose(Reason::kOpenerDied);
  Answer answer;
  while (process_ != nullptr &&
         Await(answer, kReadPatience * limits_.silent_cpu_ms)) {
    if (answer.type == AnswerType::kEnd) {
      result.failure = Describe(is_stopped ? Reason::kStopped : answer.reason);
      return result;
    }
    if (answer.type != AnswerType::kData) {
      Lose(Reason::kOpenerDied);
      break;
    }
    if (is_stopped) continue;
    result.size_bytes += answer.data.size();
    owed += answer.data.size();
    is_stopped = !sink(answer.data);
    bool is_told = true;
    if (is_stopped) {
      is_told = Send({.type = OrderType::kStop});
    } else if (owed >= kCreditBytes / 2) {
      owed -= kCreditBytes / 2;
      is_told = Send({.type = OrderType::kCredit});
    }
    if (!is_told) Lose(Reason::kOpenerDied);
  }
  result.failure = failure_;
  return result;
}

ReadResult Remote::Read(const Entry& entry, const Sink& sink) {
  if (entry.reallocated) return {.failure = Describe(Reason::kReallocated)};
  return Stream({.type = OrderType::kRead, .place = entry.place}, sink);
}

ReadResult Remote::ReadImage(const Sink& sink) {
  return Stream({.type = OrderType::kReadImage}, sink);
}

}  // namespace kenal::container
