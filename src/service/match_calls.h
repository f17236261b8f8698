// The unary methods of MatchService. Each takes the ticket of a caller who was
// let in and ends it; request and response live until then.
#ifndef KENAL_SRC_SERVICE_MATCH_CALLS_H_
#define KENAL_SRC_SERVICE_MATCH_CALLS_H_

#include <memory>
#include <span>
#include <vector>

#include "kenal/matcher.h"
#include "kenal/v1/match_service.pb.h"
#include "src/service/content.h"
#include "src/service/desk.h"
#include "src/service/ticket.h"

namespace kenal::service {

void CallMatch(Desk& desk, std::unique_ptr<Ticket> ticket,
               const v1::MatchRequest& request, v1::MatchResponse& response);
void CallBatchMatch(Desk& desk, std::unique_ptr<Ticket> ticket,
                    const v1::BatchMatchRequest& request,
                    v1::BatchMatchResponse& response);
void CallExplain(Desk& desk, std::unique_ptr<Ticket> ticket,
                 const v1::ExplainRequest& request,
                 v1::ExplainResponse& response);

// Asks the matcher and takes the time of it.
StatusOr<std::vector<Answer>> Search(Desk& desk,
                                     std::span<const SignalSet> queries,
                                     const MatchOptions& options,
                                     identity::WorkClass work);

// Pictures of a batch are hashed by several workers: see picture_batch.cc.
void StartPictureBatch(Desk& desk, std::unique_ptr<Ticket> ticket,
                       const v1::BatchMatchRequest& request,
                       v1::BatchMatchResponse& response, Asking asking);

// Answers of a batch, or the first error, named by its item.
Status AnswerBatch(Desk& desk, Ticket& ticket, const Asking& asking,
                   std::span<StatusOr<SignalSet>> sets,
                   v1::BatchMatchResponse& response);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_MATCH_CALLS_H_
