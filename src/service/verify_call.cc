// Verify: Curator::Verify on a worker, with progress.
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

 private:
  ~Verification() override = default;

  void Run() {
    ticket().Begin();
    const StatusOr<VerifyReport> report =
        desk().curator().Verify([this](uint64_t done, uint64_t total) {
          v1::VerifyResponse told;
          told.mutable_progress()->set_rows_done(done);
          told.mutable_progress()->set_rows_total(total);
          Tell(std::move(told));
        });
    v1::VerifyResponse response;
    if (report.ok()) {
      ticket().set_sequence(report->head.value);
      wire::ToWire(*report, response.mutable_report());
    }
    Conclude(std::move(response), report.status());
  }
};

}  // namespace

VerifyReactor* StartVerify(const Door& door,
                           grpc::CallbackServerContext* context) {
  return new Verification(door, context);
}

}  // namespace kenal::service
