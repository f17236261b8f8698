// Backups of a store that is served: by the keeper's thread, over the contract.
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <vector>

#include "kenal/v1/operations_service.grpc.pb.h"
#include "tests/service/serving.h"

namespace kenal::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class Backups : public Serving {
 protected:
  service::ServerOptions Options() override {
    service::ServerOptions options = Serving::Options();
    options.backups = {
        .make =
            [this](const std::string& folder, const ByteWatcher& watcher) {
              return Make(folder, watcher);
            },
        .folder = dir_ / "backups"};
    return options;
  }

  // Waits at the gate with half of it done, and then, when it is endless, until
  // somebody stops it.
  StatusOr<BackupInfo> Make(const std::string& folder,
                            const ByteWatcher& watcher) {
    EXPECT_EQ(folder, dir_ / "backups");
    ++begun_;
    if (!watcher(1, 2)) return absl::CancelledError("stopped");
    gate_.Pass();
    while (endless_ && watcher(1, 2)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (endless_ || !watcher(2, 2)) return absl::CancelledError("stopped");
    if (!failure_.ok()) return failure_;
    return BackupInfo{.number = ++number_,
                      .damage = {},
                      .store_id = std::string(32, 'a'),
                      .incarnation = 2,
                      .sequence = Sequence{7},
                      .unix_ms = 1'700'000'000'123,
                      .file_count = 3,
                      .size_bytes = 4,
                      .new_bytes = 5};
  }

  std::string Page() {
    v1::GetMetricsResponse page;
    grpc::ClientContext context;
    EXPECT_TRUE(v1::OperationsService::NewStub(channel_)
                    ->GetMetrics(&context, {}, &page)
                    .ok());
    return page.prometheus_text();
  }

  std::string Log() {
    std::ostringstream text;
    text << std::ifstream(dir_ / "requests.log").rdbuf();
    return text.str();
  }

  Gate gate_;
  std::atomic<bool> endless_ = false;
  std::atomic<int> begun_ = 0;
  std::atomic<uint64_t> number_ = 0;
  Status failure_;
};

TEST_F(Backups, ProgressIsToldAndThenTheReport) {
  gate_.Open();
  uint64_t last = 0;
  const auto made = connection_->CreateBackup([&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last);
    EXPECT_EQ(all, 2u);
    last = done;
    return true;
  });
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->number, 1u);
  EXPECT_EQ(made->store_id, std::string(32, 'a'));
  EXPECT_EQ(made->incarnation, 2u);
  EXPECT_EQ(made->sequence, Sequence{7});
  EXPECT_EQ(made->unix_ms, 1'700'000'000'123);
  EXPECT_EQ(made->file_count, 3u);
  EXPECT_EQ(made->size_bytes, 4u);
  EXPECT_EQ(made->new_bytes, 5u);
  EXPECT_THAT(Page(), HasSubstr("kenal_backup_age_seconds "));
  EXPECT_THAT(Page(), HasSubstr("kenal_backup_failures_total 0"));
}

TEST_F(Backups, TwoAtOnceAreRefusedAndQuestionsGoOnMeanwhile) {
  Fill({"a"});
  std::thread first([&] {
    const auto made = connection_->CreateBackup({});
    EXPECT_TRUE(made.ok()) << made.status();
  });
  gate_.AwaitArrivals(1);
  const auto second = connection_->CreateBackup({});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("is being made"));
  EXPECT_TRUE(connection_->MatchBatch(std::vector{Hash("a")}, {}).ok());
  gate_.Open();
  first.join();
  EXPECT_EQ(begun_, 1);
  EXPECT_TRUE(connection_->CreateBackup({}).ok());
}

TEST_F(Backups, AFailureIsToldLoggedAndCounted) {
  gate_.Open();
  failure_ = ResourceExhausted("backups: no space left");
  const auto made = connection_->CreateBackup({});
  EXPECT_EQ(made.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(made.status().message(), HasSubstr("no space left"));
  EXPECT_THAT(Page(), HasSubstr("kenal_backup_failures_total 1"));
  EXPECT_EQ(Page().find("kenal_backup_age_seconds "), std::string::npos);
  server_.reset();  // writes what is left of the log
  EXPECT_THAT(Log(), HasSubstr("backup failed"));
}

TEST_F(Backups, ACallThatIsCancelledStopsItsBackup) {
  endless_ = true;
  gate_.Open();
  grpc::ClientContext context;
  const auto stub = v1::OperationsService::NewStub(channel_);
  const auto stream = stub->CreateBackup(&context, {});
  gate_.AwaitArrivals(1);
  context.TryCancel();
  v1::CreateBackupResponse response;
  while (stream->Read(&response)) EXPECT_FALSE(response.has_report());
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // The server hears of it in its own time, and then takes the next.
  Status next = Unavailable("");
  while (next.code() == StatusCode::kUnavailable ||
         next.code() == StatusCode::kResourceExhausted) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    next = connection_
               ->CreateBackup([this](uint64_t, uint64_t) {
                 endless_ = false;
                 return true;
               })
               .status();
  }
  EXPECT_TRUE(next.ok()) << next;
  EXPECT_EQ(begun_, 2);
  EXPECT_THAT(Page(), HasSubstr("kenal_backup_failures_total 0"));
}

TEST_F(Backups, ABackupDoesNotHoldTheServer) {
  endless_ = true;
  gate_.Open();
  const auto stub = v1::OperationsService::NewStub(channel_);
  grpc::ClientContext context;
  const auto stream = stub->CreateBackup(&context, {});
  gate_.AwaitArrivals(1);
  server_->Shutdown(seconds(60));
  v1::CreateBackupResponse response;
  while (stream->Read(&response)) EXPECT_FALSE(response.has_report());
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("shutting down"));
  EXPECT_EQ(number_, 0u);
}

TEST_F(Backups, OneThatIsAskedForBySignalIsMadeWhenTheOtherIsDone) {
  server_->MakeBackupSoon();
  gate_.AwaitArrivals(1);
  server_->MakeBackupSoon();
  server_->MakeBackupSoon();  // the same one
  gate_.Open();
  gate_.AwaitArrivals(2);
  server_.reset();
  EXPECT_LE(number_, 2u);
  EXPECT_EQ(begun_, 2);
}

class Scheduled : public Backups {
 protected:
  service::ServerOptions Options() override {
    service::ServerOptions options = Backups::Options();
    options.backups.every = std::chrono::minutes(1);
    return options;
  }
};

TEST_F(Scheduled, TheFirstIsMadeAtOnceWhenThereIsNone) {
  gate_.AwaitArrivals(1);
  gate_.Open();
}

class WithoutBackups : public Serving {};

TEST_F(WithoutBackups, TheOptionIsNamed) {
  const auto made = connection_->CreateBackup({});
  EXPECT_EQ(made.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(made.status().message(), HasSubstr("--backups"));
  server_->MakeBackupSoon();  // harmless
}

}  // namespace
}  // namespace kenal::testing
