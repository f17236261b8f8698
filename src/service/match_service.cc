#include "src/service/match_service.h"

#include <vector>

#include "kenal/v1/match_service.grpc.pb.h"
#include "src/service/call.h"
#include "src/service/content.h"
#include "src/service/match_batch.h"
#include "src/service/match_stream.h"
#include "src/wire/convert.h"

namespace kenal::service {
namespace {

class MatchServiceImpl final : public v1::MatchService::CallbackService {
 public:
  explicit MatchServiceImpl(const MatchParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Match(grpc::CallbackServerContext* context,
                                  const v1::MatchRequest* request,
                                  v1::MatchResponse* response) override {
    WorkPool& pool = request->content().has_picture() ? parts_.workers.pictures
                                                      : parts_.workers.matches;
    return RunOn(pool, parts_.calls, context, request->ByteSizeLong(),
                 [this, request, response] {
                   return MatchOne(*request, response->mutable_answer());
                 });
  }

  grpc::ServerUnaryReactor* BatchMatch(
      grpc::CallbackServerContext* context,
      const v1::BatchMatchRequest* request,
      v1::BatchMatchResponse* response) override {
    return StartBatch(parts_, context, request, response);
  }

  grpc::ServerBidiReactor<v1::StreamMatchRequest, v1::StreamMatchResponse>*
  StreamMatch(grpc::CallbackServerContext* context) override {
    return StartStream(parts_, context);
  }

 private:
  Status MatchOne(const v1::MatchRequest& request, v1::Answer* to) {
    KENAL_TRY_ASSIGN(const MatchOptions options, ReadOptions(request));
    KENAL_TRY_ASSIGN(const SignalSet signals,
                     ReadContent(request.content(), parts_.hasher));
    KENAL_TRY_ASSIGN(const std::vector<Answer> answers,
                     parts_.matcher.MatchBatch({&signals, 1}, options));
    wire::ToWire(answers.at(0), to);
    return CheckResponseSize(*to);
  }

  const MatchParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMatchService(const MatchParts& parts) {
  return std::make_unique<MatchServiceImpl>(parts);
}

}  // namespace kenal::service
