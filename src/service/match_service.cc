#include "src/service/match_service.h"

#include <optional>
#include <vector>

#include "kenal/v1/match_service.grpc.pb.h"
#include "src/service/call.h"
#include "src/service/content.h"
#include "src/service/entry_name.h"
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
    return RunOn(PoolFor(request->content()), parts_.calls, context,
                 request->ByteSizeLong(), [this, request, response] {
                   return MatchOne(*request, response->mutable_answer());
                 });
  }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    return RunOn(PoolFor(request->content()), parts_.calls, context,
                 request->ByteSizeLong(), [this, request, response] {
                   return ExplainOne(*request, response->mutable_explanation());
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
  WorkPool& PoolFor(const v1::Content& content) {
    return content.has_picture() ? parts_.workers.pictures
                                 : parts_.workers.matches;
  }

  Status MatchOne(const v1::MatchRequest& request, v1::Answer* to) {
    KENAL_TRY_ASSIGN(const MatchOptions options, ReadOptions(request));
    KENAL_TRY_ASSIGN(
        const SignalSet signals,
        ReadContent(request.content(), WorkFor(request, options.effort),
                    parts_.hasher));
    KENAL_TRY_ASSIGN(const std::vector<Answer> answers,
                     parts_.matcher.MatchBatch({&signals, 1}, options));
    wire::ToWire(answers.at(0), to);
    return CheckResponseSize(*to);
  }

  Status ExplainOne(const v1::ExplainRequest& request, v1::Explanation* to) {
    KENAL_TRY(CheckName(request.list()));
    KENAL_TRY(CheckReference(request.reference()));
    KENAL_TRY_ASSIGN(
        const MatchOptions options,
        wire::MatchOptionsFromWire(std::nullopt, request.effort()));
    KENAL_TRY_ASSIGN(
        const SignalSet signals,
        ReadContent(request.content(), WorkFor(request, options.effort),
                    parts_.hasher));
    KENAL_TRY_ASSIGN(const Explanation explanation,
                     parts_.matcher.Explain(signals, request.list(),
                                            request.reference(), options));
    wire::ToWire(explanation, to);
    return OkStatus();
  }

  const MatchParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMatchService(const MatchParts& parts) {
  return std::make_unique<MatchServiceImpl>(parts);
}

}  // namespace kenal::service
