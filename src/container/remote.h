// The parent's side of one open container: talks to the worker that has it.
#ifndef KENAL_SRC_CONTAINER_REMOTE_H_
#define KENAL_SRC_CONTAINER_REMOTE_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/container/opener.h"
#include "src/container/protocol.h"
#include "src/container/reason.h"
#include "src/sandbox/ready_pool.h"

namespace kenal::container {

// A file of the container: a descriptor and how many bytes it has.
struct Segment {
  sandbox::Descriptor descriptor;
  uint64_t size_bytes = 0;
};

// Where a Status of Open() keeps the reason word.
inline constexpr char kReasonPayload[] = "kenal/container-reason";

class Remote final : public Container {
 public:
  // `pool` must outlive it.
  Remote(sandbox::ReadyPool& pool, Kind kind, std::vector<Segment> segments,
         const Limits& limits);
  ~Remote() override;  // gives the worker back, or ends it

  // Once, before anything else.
  // Errors: as Opener::Open
  Status Open();

  const std::string& format() const override { return opened_.format; }
  const std::vector<Volume>& volumes() const override {
    return opened_.volumes;
  }
  uint64_t media_bytes() const override { return opened_.media_bytes; }
  const std::vector<StoredDigest>& stored_digests() const override {
    return opened_.digests;
  }
  bool Next(Entry& entry) override;
  std::optional<Failure> incomplete() const override { return incomplete_; }
  ReadResult Read(const Entry& entry, const Sink& sink) override;
  ReadResult ReadImage(const Sink& sink) override;

 private:
  // What to wait for; a worker's CPU time is looked at only when it is slow.
  struct Patience {
    int64_t cpu_end_ms = -1;   // without any sign of life
    int64_t wall_end_ms = -1;  // the same
    int64_t last_cpu_ms = -1;  // whatever the signs of life
  };

  bool CanReopen() const { return kind_ != Kind::kArchive; }
  uint32_t VolumeCount() const;
  Status TakeWorker();
  int64_t ListingCpuLeftMs() const {
    return std::max<int64_t>(limits_.listing_cpu_ms - listing_cpu_ms_, 0);
  }
  bool Send(const Order& order);
  bool SendSegments();
  // False when the worker failed, which has been ended then: failure_ says
  // why.
  bool Await(Answer& answer, int64_t cpu_ms_max);
  bool Receive(Answer& answer, Patience& patience, int64_t cpu_ms_max);
  bool IsOutOfTime(Patience& patience, int64_t cpu_ms_max);
  bool Lose(Reason reason);
  bool FillBatch();
  bool TakeOver();
  ReadResult Stream(const Order& order, const Sink& sink);

  sandbox::ReadyPool& pool_;
  const Kind kind_;
  const Limits limits_;
  std::vector<Segment> segments_;
  std::vector<uint8_t> packet_;
  std::unique_ptr<sandbox::Process> process_;  // none after it failed
  Opened opened_;
  std::deque<Entry> batch_;
  bool is_listed_ = false;
  std::optional<Failure> incomplete_;
  std::optional<Failure> failure_;  // of the worker
  int64_t listing_cpu_ms_ = 0;
  // A worker that takes over lists from the beginning, in the same order:
  // what was had already is left out.
  uint64_t received_count_ = 0;
  uint64_t skipped_count_ = 0;
  int lost_count_ = 0;
};

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_REMOTE_H_
