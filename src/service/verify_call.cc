// Verify: Curator::Verify on a worker, with progress.
#include <atomic>
#include <utility>

#include "src/service/reporting.h"
#include "src/wire/convert.h"

namespace kenal::service {
namespace {

class Verification final : public Reporting<VerifyReactor, v1::VerifyResponse> {
 public:
  Verification(const Door& door, grpc::CallbackServerContext* context)
      : Reporting(door, identity::Method::kVerify, context) {
    if (!LetIn()) return;
    WorkPool& pool = desk().workers().long_calls;
    if (pool.Submit({}, [this] { Run(); })) return;
    Refuse(Desk::QueueFull(pool, kLongRetry));
  }

  void OnCancel() override { cancelled_ = true; }

 private:
  ~Verification() override = default;

  // Nothing is lost when a server that wants to end stops it.
  bool Ended() { return cancelled_ || desk().calls().draining(); }

  void Run() {
    ticket().Begin();
    const StatusOr<VerifyReport> report =
        desk().curator().Verify([this](uint64_t done, uint64_t total) {
          v1::VerifyResponse told;
          told.mutable_progress()->set_rows_done(done);
          told.mutable_progress()->set_rows_total(total);
          Tell(std::move(told));
          return !Ended();
        });
    v1::VerifyResponse response;
    if (report.ok()) {
      ticket().set_sequence(report->head.value);
      wire::ToWire(*report, response.mutable_report());
    }
    Conclude(
        std::move(response),
        desk().calls().draining() && !report.ok()
            ? Unavailable("the server is shutting down; verify again later")
            : report.status());
  }

  std::atomic<bool> cancelled_ = false;
};

}  // namespace

VerifyReactor* StartVerify(const Door& door,
                           grpc::CallbackServerContext* context) {
  return new Verification(door, context);
}

}  // namespace kenal::service
