// How a FakeStore compares.
#ifndef KENAL_TESTS_SERVICE_FAKE_COMPARE_H_
#define KENAL_TESTS_SERVICE_FAKE_COMPARE_H_

#include <optional>
#include <vector>

#include "kenal/entry.h"
#include "kenal/explain.h"
#include "kenal/list.h"
#include "kenal/verdict.h"

namespace kenal::testing {

// Every view of the query beside every view of the entry.
std::vector<Comparison> CompareAll(const SignalSet& query,
                                   const SignalSet& known,
                                   const ListPolicy& policy, Effort effort);

// The smallest distance over views and variants of the query.
std::optional<Match> NearMatch(const SignalSet& query, const Entry& entry,
                               const ListPolicy& policy, Effort effort);

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_FAKE_COMPARE_H_
