// WatchChanges: from where on, until when, and what is held meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/service/serving.h"

namespace kenal {
namespace {

using testing::Serving;

class Watching : public Serving {
 protected:
  using Response = v1::WatchChangesResponse;
  const Authorship by_{.actor = "ada", .reason = "testing"};

  struct Watch {
    grpc::ClientContext context;
    std::unique_ptr<v1::CatalogueService::Stub> stub;
    std::unique_ptr<grpc::ClientReader<Response>> reader;

    Response Next() {
      Response response;
      EXPECT_TRUE(reader->Read(&response));
      return response;
    }
    // All until the next mark, with it.
    std::vector<Response> UntilCaughtUp() {
      std::vector<Response> all;
      do {
        all.push_back(Next());
      } while (all.back().changes_size() > 0);
      EXPECT_TRUE(all.back().caught_up());
      return all;
    }
  };

  std::unique_ptr<Watch> Open(const v1::WatchChangesRequest& request) {
    auto watch = std::make_unique<Watch>();
    watch->stub = Catalogue();
    watch->reader = watch->stub->WatchChanges(&watch->context, request);
    return watch;
  }
  Verdict VerdictOn(const SignalSet& query) {
    const auto answers = connection_->MatchBatch({&query, 1}, {});
    EXPECT_TRUE(answers.ok()) << answers.status();
    return answers.ok() ? answers->at(0).verdict : Verdict::kUnavailable;
  }
  void Add(const std::string& picture) {
    EntryDraft draft;
    draft.source_id = picture;
    draft.signals = Hash(picture);
    draft.provenance.source = "test";
    ASSERT_TRUE(connection_->AddEntries(kList, {&draft, 1}, by_).ok());
  }
};

TEST_F(Watching, ChangesComeAsTheyAreMadeWithOneMarkEach) {
  Fill({"a"});
  const auto watch = Open({});
  const std::vector<Response> first = watch->UntilCaughtUp();
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].changes_size(), 2);  // the list, and its entry
  EXPECT_EQ(first[1].next().store_id(), "fake");
  for (const std::string picture : {"b", "c"}) {
    Add(picture);
    const std::vector<Response> more = watch->UntilCaughtUp();
    ASSERT_EQ(more.size(), 2U);
    ASSERT_EQ(more[0].changes_size(), 1);
    EXPECT_EQ(more[0].changes(0).entries(0).source_id(), picture);
  }
}

TEST_F(Watching, AWatchGoesOnFromTheCursorOfAnyPage) {
  Fill({"a", "b", "c", "d", "e"});
  Add("f");
  const auto whole = Open({});
  std::vector<std::string> expected;
  for (const Response& page : whole->UntilCaughtUp()) {
    for (const v1::ListChange& change : page.changes()) {
      for (const v1::ChangedEntry& entry : change.entries()) {
        expected.push_back(entry.source_id());
      }
    }
  }
  v1::WatchChangesRequest request;
  request.set_entries_max(2);
  std::vector<std::string> got;
  bool caught_up = false;
  while (!caught_up) {  // each page by a watch of its own
    const auto watch = Open(request);
    const Response page = watch->Next();
    for (const v1::ListChange& change : page.changes()) {
      for (const v1::ChangedEntry& entry : change.entries()) {
        got.push_back(entry.source_id());
      }
    }
    *request.mutable_after() = page.next();
    caught_up = page.changes_size() == 0;
    watch->context.TryCancel();
  }
  EXPECT_EQ(got, expected);
}

TEST_F(Watching, WhatWasAddedMatchesAndWhatWasWithdrawnDoesNotAtOnce) {
  Fill({});
  const SignalSet query = Hash("kite");
  Add("kite");
  EXPECT_EQ(VerdictOn(query), Verdict::kExact);
  const std::vector<std::string> references = {"source:kite"};
  ASSERT_TRUE(
      connection_->SetEntryState(kList, references, EntryState::kWithdrawn, by_)
          .ok());
  EXPECT_EQ(VerdictOn(query), Verdict::kNoKnownMatch);
}

TEST_F(Watching, ACursorOfNowhereIsRefused) {
  Fill({"a"});
  v1::WatchChangesRequest request;
  request.mutable_after()->set_sequence(1000);
  const auto beyond = Open(request);
  Response response;
  EXPECT_FALSE(beyond->reader->Read(&response));
  EXPECT_EQ(beyond->reader->Finish().error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
  request.mutable_after()->set_sequence(0);
  request.mutable_after()->set_store_id("another");
  const auto foreign = Open(request);
  EXPECT_FALSE(foreign->reader->Read(&response));
  EXPECT_EQ(foreign->reader->Finish().error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(Watching, SignalsNeedTheRoleExport) {
  Fill({"a"});
  v1::WatchChangesRequest request;
  request.set_with_signals(true);
  const auto watch = Open(request);
  Response response;
  EXPECT_FALSE(watch->reader->Read(&response));
  EXPECT_EQ(watch->reader->Finish().error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

// One page is on its way and one may be read ahead; the rest stays in the log.
TEST_F(Watching, ASlowReaderIsBehindAndHoldsNothing) {
  Fill(std::vector<std::string>(400, "a"), std::string(4000, 's'));
  std::atomic<int> pages = 0;
  store_.Hook([&](std::string_view call) {
    pages += call == "ReadChanges";
    return OkStatus();
  });
  v1::WatchChangesRequest request;
  request.set_entries_max(1);
  const auto watch = Open(request);
  int before = -1;
  while (pages != before) {
    before = pages;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  std::vector<Response> all = watch->UntilCaughtUp();
  EXPECT_EQ(all.size(), 402U);
}

TEST_F(Watching, ADrainEndsWatchesWithTheCursorToGoOnFrom) {
  Fill({"a"});
  const auto watch = Open({});
  watch->UntilCaughtUp();
  server_->Shutdown(std::chrono::seconds(30));
  Response response;
  EXPECT_FALSE(watch->reader->Read(&response));
  EXPECT_EQ(watch->reader->Finish().error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Watching, WatchersThatVanishLeaveNothingBehind) {
  Fill({"a"});
  for (int round = 0; round < 50; ++round) {
    const auto watch = Open({});
    if (round % 2 == 0) watch->Next();
    watch->context.TryCancel();
    watch->reader->Finish();
  }
  server_->Shutdown(std::chrono::seconds(30));  // returns: all are over
}

}  // namespace
}  // namespace kenal
