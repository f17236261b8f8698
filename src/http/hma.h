// The lookups of the open Hasher-Matcher-Actioner, so that its callers switch
// by changing a URL. docs/http.md says what differs.
//
//   GET  /m/lookup?signal_type=pdq&signal=HEX   {"LIST":[{"bank_content_id":17,
//                                                "distance":"4"}]}; {}: none
//   POST /m/lookup        a picture             {"pdq":{"LIST":[...]}}
//   GET  /m/raw_lookup?signal_type=..&signal=.. {"matches":[17]}
//        &include_distance=true                 {"matches":[{...}]}
//
// A bank is a list: those that verdicts are made from (child abuse and test),
// or the ones that banks= names. A bank_content_id is the entry's serial
// within its list. Callers who get no distances get objects without one, and
// nobody gets matches of lists in shadow mode.
#ifndef KENAL_SRC_HTTP_HMA_H_
#define KENAL_SRC_HTTP_HMA_H_

#include "kenal/status.h"
#include "src/http/api.h"

namespace kenal::v1 {
class Answer;
class MatchRequest;
}  // namespace kenal::v1

namespace kenal::http {

// Matches that a lookup finds at most.
inline constexpr int kHmaMatchesMax = 10'000;

// From the target, and for POST from the body: a picture, or a form with one
// picture called "photo". Errors: kInvalidArgument
Status ReadLookup(Asked& asked, v1::MatchRequest& request);

// A check that failed is never an empty answer: kUnavailable goes out as 503.
Reply WriteLookup(const Asked& asked, const v1::Answer& answer,
                  const std::string& request_id);

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_HMA_H_
