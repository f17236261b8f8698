// What every request goes through, whatever transport brought it.
#include "src/service/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/service/desk_fixture.h"
#include "tests/service/random_values.h"

namespace kenal::service {
namespace {

using identity::Method;
using identity::Role;
using identity::RoleSet;
using testing::CallerPointer;
using testing::CallerWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr RoleSet kQueryOnly{Role::kQuery};
constexpr RoleSet kTrusted{Role::kInvestigate};

class Dispatching : public testing::AtTheDesk {
 protected:
  // Calls the method with empty messages of its types.
  CallOutcome CallEmpty(Method method, const CallerPointer& caller) {
    switch (method) {
      case Method::kMatch:
        return Empty<v1::MatchRequest, v1::MatchResponse>(method, caller);
      case Method::kBatchMatch:
        return Empty<v1::BatchMatchRequest, v1::BatchMatchResponse>(method,
                                                                    caller);
      case Method::kExplain:
        return Empty<v1::ExplainRequest, v1::ExplainResponse>(method, caller);
      case Method::kCreateList:
        return Empty<v1::CreateListRequest, v1::CreateListResponse>(method,
                                                                    caller);
      case Method::kListLists:
        return Empty<v1::ListListsRequest, v1::ListListsResponse>(method,
                                                                  caller);
      case Method::kGetList:
        return Empty<v1::GetListRequest, v1::GetListResponse>(method, caller);
      case Method::kSetListPolicy:
        return Empty<v1::SetListPolicyRequest, v1::SetListPolicyResponse>(
            method, caller);
      case Method::kAddEntries:
        return Empty<v1::AddEntriesRequest, v1::AddEntriesResponse>(method,
                                                                    caller);
      case Method::kGetEntry:
        return Empty<v1::GetEntryRequest, v1::GetEntryResponse>(method, caller);
      case Method::kSetEntryState:
        return Empty<v1::SetEntryStateRequest, v1::SetEntryStateResponse>(
            method, caller);
      case Method::kSetNearActionLabel:
        return Empty<v1::SetNearActionLabelRequest,
                     v1::SetNearActionLabelResponse>(method, caller);
      case Method::kReadEntries:
        return Empty<v1::ReadEntriesRequest, v1::ReadEntriesResponse>(method,
                                                                      caller);
      case Method::kReadChanges:
        return Empty<v1::ReadChangesRequest, v1::ReadChangesResponse>(method,
                                                                      caller);
      case Method::kGetStats:
        return Empty<v1::GetStatsRequest, v1::GetStatsResponse>(method, caller);
      case Method::kGetMetrics:
        return Empty<v1::GetMetricsRequest, v1::GetMetricsResponse>(method,
                                                                    caller);
      case Method::kWhoAmI:
        return Empty<v1::WhoAmIRequest, v1::WhoAmIResponse>(method, caller);
      case Method::kStreamMatch:
      case Method::kImportEntries:
      case Method::kWatchChanges:
      case Method::kVerify:
      case Method::kCreateBackup:
        return Empty<v1::WhoAmIRequest, v1::WhoAmIResponse>(method, caller);
    }
    return {};
  }

  template <typename Request, typename Response>
  CallOutcome Empty(Method method, const CallerPointer& caller) {
    Response response;
    return Call(method, caller, Request(), response);
  }
};

TEST_F(Dispatching, EveryMethodIsOpenToItsRolesAndToNobodyElse) {
  for (const identity::MethodRow& row : identity::Methods()) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(CallEmpty(row.method, nullptr).status.code(),
              StatusCode::kUnauthenticated);
    EXPECT_EQ(CallEmpty(row.method, CallerWith({})).status.code(),
              StatusCode::kPermissionDenied);
    for (size_t i = 0; i < identity::kRoleCount; ++i) {
      const auto role = static_cast<Role>(i);
      SCOPED_TRACE(identity::RoleName(role));
      const CallOutcome outcome = CallEmpty(row.method, CallerWith({role}));
      if (row.allowed.Contains(role)) {
        EXPECT_NE(outcome.status.code(), StatusCode::kPermissionDenied);
        EXPECT_NE(outcome.status.code(), StatusCode::kUnauthenticated);
      } else {
        EXPECT_EQ(outcome.status.code(), StatusCode::kPermissionDenied);
        EXPECT_THAT(std::string(outcome.status.message()),
                    HasSubstr(row.allowed.ToString()));
      }
    }
  }
}

// Refused before the request is looked at, so a bad one tells nothing.
TEST_F(Dispatching, WhoMayNotCallLearnsNothingOfTheirRequest) {
  v1::MatchRequest request;
  request.set_limit(-1);
  request.set_request_id(std::string(1000, 'x'));
  v1::MatchResponse response;
  EXPECT_EQ(Call(Method::kMatch, CallerWith({Role::kIngest}), request, response)
                .status.code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Call(Method::kMatch, nullptr, request, response).status.code(),
            StatusCode::kUnauthenticated);
}

TEST_F(Dispatching, StreamsAreNotCalledThisWay) {
  const CallerPointer all = CallerWith(identity::kLocalRoles);
  for (const Method method : {Method::kStreamMatch, Method::kImportEntries,
                              Method::kWatchChanges, Method::kVerify,
                              Method::kCreateBackup}) {
    EXPECT_EQ(CallEmpty(method, all).status.code(), StatusCode::kUnimplemented);
  }
}

TEST_F(Dispatching, ARequestKeepsItsIdAndOthersGetOne) {
  v1::MatchRequest request;
  request.mutable_content()->mutable_signals();
  v1::MatchResponse response;
  const CallerPointer caller = CallerWith(kQueryOnly);
  const CallOutcome one = Call(Method::kMatch, caller, request, response);
  const CallOutcome two = Call(Method::kMatch, caller, request, response);
  EXPECT_FALSE(one.request_id.empty());
  EXPECT_NE(one.request_id, two.request_id);
  request.set_request_id("upload-17");
  EXPECT_EQ(Call(Method::kMatch, caller, request, response).request_id,
            "upload-17");
  request.set_request_id("two words");
  EXPECT_EQ(Call(Method::kMatch, caller, request, response).status.code(),
            StatusCode::kInvalidArgument);
}

class Answering : public Dispatching {
 protected:
  v1::Answer Ask(const CallerPointer& caller, const v1::MatchRequest& request) {
    v1::MatchResponse response;
    const CallOutcome outcome = Call(Method::kMatch, caller, request, response);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return response.answer();
  }
  v1::MatchRequest Near() {
    std::mt19937_64 random(testing::TestSeed());
    SignalSet query;
    query.pdq.push_back(
        {.hash = testing::AtDistance(Hash("kite").pdq[0].hash, 8, random)});
    v1::MatchRequest request;
    wire::ToWire(query, request.mutable_content()->mutable_signals());
    return request;
  }
};

TEST_F(Answering, OutsideCallersGetTheVerdictAndNoDistances) {
  Fill({"kite"}, {.action_label = "block"});
  const v1::Answer full = Ask(CallerWith(kTrusted), Near());
  const v1::Answer outside = Ask(CallerWith(kQueryOnly), Near());
  ASSERT_EQ(full.matches_size(), 1);
  EXPECT_EQ(full.matches(0).distance_bits(), 8);
  EXPECT_EQ(full.matches(0).source_id(), "id of kite");
  ASSERT_EQ(outside.matches_size(), 1);
  EXPECT_EQ(outside.verdict(), full.verdict());
  EXPECT_EQ(outside.tier(), full.tier());
  EXPECT_EQ(outside.action_label(), "block");
  EXPECT_EQ(outside.matches(0).entry().serial(), 1U);
  EXPECT_FALSE(outside.matches(0).has_distance_bits());
  EXPECT_FALSE(outside.matches(0).has_transform());
  EXPECT_FALSE(outside.matches(0).has_provenance());
  EXPECT_EQ(outside.matches(0).source_id(), "");
}

TEST_F(Answering, OutsideCallersMayNotSetARadius) {
  Fill({"kite"}, {.pdq_radius = Radius{2}});
  v1::MatchRequest request = Near();
  request.set_radius_bits(8);
  EXPECT_EQ(Ask(CallerWith(kTrusted), request).verdict(), v1::VERDICT_NEAR);
  v1::MatchResponse response;
  EXPECT_EQ(Call(Method::kMatch, CallerWith(kQueryOnly), request, response)
                .status.code(),
            StatusCode::kPermissionDenied);
  v1::BatchMatchRequest batch;
  *batch.add_contents() = request.content();
  batch.set_radius_bits(8);
  v1::BatchMatchResponse answers;
  EXPECT_EQ(Call(Method::kBatchMatch, CallerWith(kQueryOnly), batch, answers)
                .status.code(),
            StatusCode::kPermissionDenied);
}

TEST_F(Answering, TheCallersRegionIsAskedAboutUnlessTheRequestNamesOne) {
  Fill({"kite"}, {.regions = {"ID"}});
  v1::MatchRequest request = Near();
  const CallerPointer german = CallerWith(kQueryOnly, {}, "a", "DE");
  const CallerPointer indonesian = CallerWith(kQueryOnly, {}, "b", "ID");
  EXPECT_EQ(Ask(german, request).verdict(), v1::VERDICT_NO_KNOWN_MATCH);
  EXPECT_EQ(Ask(indonesian, request).verdict(), v1::VERDICT_NEAR);
  EXPECT_EQ(Ask(CallerWith(kQueryOnly), request).verdict(), v1::VERDICT_NEAR);
  request.set_region("ID");
  EXPECT_EQ(Ask(german, request).verdict(), v1::VERDICT_NEAR);
}

TEST_F(Answering, SignalsOfChangesAreForExportAlone) {
  Fill({"kite"});
  v1::ReadChangesRequest request;
  request.set_with_signals(true);
  v1::ReadChangesResponse response;
  EXPECT_EQ(Call(Method::kReadChanges, CallerWith(kTrusted), request, response)
                .status.code(),
            StatusCode::kPermissionDenied);
  ASSERT_TRUE(
      Call(Method::kReadChanges, CallerWith({Role::kExport}), request, response)
          .status.ok());
  ASSERT_EQ(response.changes_size(), 2);
  EXPECT_TRUE(response.changes(1).entries(0).has_signals());

  request.set_with_signals(false);
  response.Clear();
  ASSERT_TRUE(
      Call(Method::kReadChanges, CallerWith(kQueryOnly), request, response)
          .status.ok());
  ASSERT_EQ(response.changes_size(), 2);
  EXPECT_FALSE(response.changes(0).has_policy());
  EXPECT_EQ(response.changes(1).entries(0).source_id(), "");
  EXPECT_FALSE(response.changes(1).entries(0).has_signals());
  EXPECT_TRUE(response.caught_up());

  request.mutable_after()->set_store_id("another");
  EXPECT_EQ(
      Call(Method::kReadChanges, CallerWith(kQueryOnly), request, response)
          .status.code(),
      StatusCode::kOutOfRange);
}

TEST_F(Answering, SecretsOfEntriesAreForExportAlone) {
  Fill({"kite", "boat", "hill"});
  v1::ReadEntriesRequest request;
  request.set_list(std::string(kList));
  request.set_entries_max(2);
  request.set_with_secrets(true);
  v1::ReadEntriesResponse response;
  EXPECT_EQ(Call(Method::kReadEntries, CallerWith(kTrusted), request, response)
                .status.code(),
            StatusCode::kPermissionDenied);
  ASSERT_TRUE(
      Call(Method::kReadEntries, CallerWith({Role::kExport}), request, response)
          .status.ok());
  ASSERT_EQ(response.entries_size(), 2);
  EXPECT_TRUE(response.entries(1).secrets().has_signals());
  EXPECT_FALSE(response.at_end());

  request.set_after_serial(response.last_serial());
  request.set_with_secrets(false);
  response.Clear();
  ASSERT_TRUE(
      Call(Method::kReadEntries, CallerWith(kTrusted), request, response)
          .status.ok());
  ASSERT_EQ(response.entries_size(), 1);
  EXPECT_FALSE(response.entries(0).has_secrets());
  EXPECT_EQ(response.entries(0).entry().id().serial(), 3u);
  EXPECT_TRUE(response.at_end());
}

// The planted texts are of signals, ids and reasons in every form that could
// be printed.
TEST_F(Answering, LogAndMetricsHoldNoHashAndNoContent) {
  Fill({"kite"});
  const SignalSet planted = Hash("kite");
  v1::MatchRequest request;
  wire::ToWire(planted, request.mutable_content()->mutable_signals());
  Ask(CallerWith(kTrusted), request);
  Ask(CallerWith(kQueryOnly), request);
  request.mutable_content()->mutable_signals()->set_sha1(
      planted.md5->bytes.data(), 16);
  v1::MatchResponse response;
  EXPECT_EQ(Call(Method::kMatch, CallerWith(kQueryOnly), request, response)
                .status.code(),
            StatusCode::kInvalidArgument);
  const std::string metrics = metrics_->Text();
  const std::string log = CloseLog();
  EXPECT_THAT(log, HasSubstr("kenal://client/a"));
  for (const std::string& text : {metrics, log}) {
    EXPECT_THAT(text, HasSubstr("Match"));
    const auto absent = [&](auto hash) {
      const std::string raw(hash.bytes.begin(), hash.bytes.end());
      EXPECT_THAT(text, Not(HasSubstr(raw.substr(0, 8))));
      std::string hex;
      for (const uint8_t byte : hash.bytes) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", byte);
        hex += two;
      }
      EXPECT_THAT(text, Not(HasSubstr(hex.substr(0, 12))));
    };
    absent(*planted.md5);
    absent(*planted.sha256);
    absent(planted.pdq[0].hash);
    EXPECT_THAT(text, Not(HasSubstr("id of kite")));
  }
}

TEST_F(Dispatching, OwnDecisionsAreAboutTheVeryPictureUnlessTheySayMore) {
  const CallerPointer caller = CallerWith({Role::kCurate});
  for (const bool says_more : {false, true}) {
    v1::CreateListRequest request;
    request.set_name(says_more ? "wide" : "narrow");
    request.set_purpose(v1::PURPOSE_OWN_DECISIONS);
    request.mutable_by()->set_actor("ada");
    if (says_more) {
      wire::ToWire(ListPolicy{.pdq_radius = Radius{31}},
                   request.mutable_policy());
    }
    v1::CreateListResponse response;
    const CallOutcome outcome =
        Call(Method::kCreateList, caller, request, response);
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_EQ(store_.GetList(request.name())->policy.pdq_radius,
              Radius{says_more ? 31 : 0});
  }
}

TEST_F(Answering, TogetherOrAloneTheAnswerIsTheSame) {
  testing::RandomValues random(testing::TestSeed());
  std::vector<std::string> pictures;
  for (int i = 0; i < 10; ++i) pictures.push_back("a" + random.Bytes(20) + "z");
  Fill(pictures);
  pictures.push_back("unlisted");
  std::vector<v1::MatchRequest> requests;
  for (int i = 0; i < 200; ++i) {
    v1::MatchRequest& request = requests.emplace_back();
    const std::string& picture =
        pictures[random.Number(0, pictures.size() - 1)];
    if (i % 5 == 0) {
      request.mutable_content()->set_picture(picture);
    } else {
      wire::ToWire(Hash(picture), request.mutable_content()->mutable_signals());
    }
  }
  const CallerPointer caller = CallerWith(kTrusted);
  std::vector<v1::MatchResponse> responses(requests.size());
  std::vector<std::future<CallOutcome>> futures;
  for (size_t i = 0; i < requests.size(); ++i) {
    futures.push_back(Start(Method::kMatch, caller, requests[i], responses[i]));
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    ASSERT_TRUE(futures[i].get().status.ok());
    EXPECT_TRUE(responses[i].answer().SerializeAsString() ==
                Ask(caller, requests[i]).SerializeAsString())
        << "request " << i;
  }
}

TEST_F(Dispatching, WhoAmIToldOfRolesAndMethods) {
  v1::WhoAmIResponse response;
  ASSERT_TRUE(Call(Method::kWhoAmI, CallerWith({Role::kQuery, Role::kAudit}),
                   v1::WhoAmIRequest(), response)
                  .status.ok());
  EXPECT_EQ(response.name(), "kenal://client/a");
  EXPECT_THAT(response.roles(), ::testing::ElementsAre("query", "audit"));
  EXPECT_THAT(response.methods_allowed(),
              ::testing::Contains("kenal.v1.CatalogueService.Verify"));
  EXPECT_THAT(response.methods_allowed(),
              Not(::testing::Contains("kenal.v1.CatalogueService.AddEntries")));
}

TEST_F(Dispatching, TheMetricsPageIsServed) {
  Fill({"kite"});
  v1::GetMetricsResponse response;
  ASSERT_TRUE(Call(Method::kGetMetrics, CallerWith({Role::kAdmin}),
                   v1::GetMetricsRequest(), response)
                  .status.ok());
  EXPECT_THAT(response.prometheus_text(), HasSubstr("kenal_"));
  EXPECT_THAT(response.prometheus_text(), HasSubstr("\"abuse\""));
}

}  // namespace
}  // namespace kenal::service
