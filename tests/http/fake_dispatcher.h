// A dispatcher whose answers a test can foresee.
//
// Clients are known by name: kenal://client/ROLE[+ROLE]... has these roles,
// and nobody else is known. Local callers have identity::kLocalRoles.
//
// Match, by the region that the request names:
//   ""   see Answer below      "QF" a full queue, come again in 1,500 ms
//   "SL" after 300 ms          "HG" once nobody waits for the answer any more
//   "BG" an answer of 8 MiB
// A PDQ hash or MD5 that starts with a byte 0xAA, and a picture that starts
// with "known", meets entry 17 of the list "demo" at distance 4, entry 18 of
// the known-benign list "kind" and entry 19 of "demo" in shadow mode. A picture
// that starts with "broken" is VERDICT_UNAVAILABLE.
#ifndef KENAL_TESTS_HTTP_FAKE_DISPATCHER_H_
#define KENAL_TESTS_HTTP_FAKE_DISPATCHER_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "kenal/v1/match_service.pb.h"
#include "src/service/dispatcher.h"

namespace kenal::testing {

class FakeDispatcher : public service::Dispatcher {
 public:
  FakeDispatcher();
  ~FakeDispatcher() override;

  void Call(service::CallInfo info, const google::protobuf::Message& request,
            google::protobuf::Message& response, Done done) override;
  void Refused(const service::CallInfo& info, const identity::MethodRow* row,
               const service::CallOutcome& outcome) override;
  std::shared_ptr<const identity::Caller> Identify(
      std::span<const std::string> sans) const override;
  std::shared_ptr<const identity::Caller> Local() const override;
  bool Serving() const override { return serving; }

  std::atomic<bool> serving{true};
  std::atomic<int> calls{0};
  std::atomic<int> refused{0};
  std::atomic<int> cancelled{0};  // "HG" calls whose caller went away
  // Method or "-", code, caller or "nobody", request id.
  std::string last_refusal() const;
  // Of the last call that was allowed.
  std::string last_request() const;
  service::CallInfo last_info() const;

 private:
  struct Waiting {
    service::SteadyTime time;
    service::CallInfo info;
    const v1::MatchRequest* request;
    v1::MatchResponse* response;
    Done done;
  };
  bool Later(service::CallInfo& info, const v1::MatchRequest& request,
             v1::MatchResponse& response, Done& done);
  void Run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool stop_ = false;
  std::string last_request_;
  std::string last_refusal_;
  service::CallInfo last_info_;
  std::thread thread_;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_HTTP_FAKE_DISPATCHER_H_
