// Between the public values and the messages of proto/kenal/v1.
//
// ToWire never fails; text that is not UTF-8 is cleaned (text.h). FromWire
// reads what a stranger sent: every field is checked against the limits in the
// contract, and an error names the field and the next step, never a hash bit.
//
// A value that was not made by hand survives the way there and back, with
// these exceptions, each stated in the contract: times are kept to the
// millisecond, PDQ views come back ordered by view, and the views that a list
// always keeps are named among those it stores.
#ifndef KENAL_SRC_WIRE_CONVERT_H_
#define KENAL_SRC_WIRE_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/explain.h"
#include "kenal/list.h"
#include "kenal/matcher.h"
#include "kenal/signal.h"
#include "kenal/status.h"
#include "kenal/verdict.h"

namespace kenal::v1 {
class AddEntriesResponse;
class Answer;
class Authorship;
class ChangeCursor;
class Entry;
class EntryDraft;
class Explanation;
class GetStatsResponse;
class ImportProgress;
class ImportRecord;
class ImportReport;
class ItemError;
class KnownGoodFile;
class ListInfo;
class ListPolicy;
class ReadChangesRequest;
class ReadEntriesRequest;
class ReadEntriesResponse;
class ReadChangesResponse;
class SetEntryStateResponse;
class SetNearActionLabelResponse;
class SignalSet;
class VerifyReport;
class WatchChangesRequest;
class WatchChangesResponse;
class WhoAmIResponse;
}  // namespace kenal::v1

namespace kenal::wire {

void ToWire(const SignalSet& from, v1::SignalSet* to);
StatusOr<SignalSet> FromWire(const v1::SignalSet& from);

void ToWire(const Answer& from, v1::Answer* to);
StatusOr<Answer> FromWire(const v1::Answer& from);

void ToWire(const Explanation& from, v1::Explanation* to);
StatusOr<Explanation> FromWire(const v1::Explanation& from);

void ToWire(const ListPolicy& from, v1::ListPolicy* to);
StatusOr<ListPolicy> FromWire(const v1::ListPolicy& from);
void ToWire(const KnownGoodFile& from, v1::KnownGoodFile* to);
StatusOr<KnownGoodFile> FromWire(const v1::KnownGoodFile& from);
void ToWire(const ListInfo& from, v1::ListInfo* to);
StatusOr<ListInfo> FromWire(const v1::ListInfo& from);
void ToWire(const Authorship& from, v1::Authorship* to);
StatusOr<Authorship> FromWire(const v1::Authorship& from);

// The text that tells entries apart has to travel unchanged, so a client
// checks it first. Errors: kInvalidArgument names the field.
Status CheckText(const EntryDraft& draft);
void ToWire(const EntryDraft& from, v1::EntryDraft* to);
StatusOr<EntryDraft> FromWire(const v1::EntryDraft& from);
void ToWire(const EntrySummary& from, v1::Entry* to);
StatusOr<EntrySummary> FromWire(const v1::Entry& from);

void ToWire(const EntriesReport& from, v1::AddEntriesResponse* to);
StatusOr<EntriesReport> FromWire(const v1::AddEntriesResponse& from);
void ToWire(const EntriesReport& from, v1::SetEntryStateResponse* to);
StatusOr<EntriesReport> FromWire(const v1::SetEntryStateResponse& from);
void ToWire(const EntriesReport& from, v1::SetNearActionLabelResponse* to);
StatusOr<EntriesReport> FromWire(const v1::SetNearActionLabelResponse& from);

void ToWire(const ImportItem& from, v1::ImportRecord* to);
// A draft that is out of limits becomes a refused item.
StatusOr<ImportItem> FromWire(const v1::ImportRecord& from);
void ToWire(const ImportProgress& from, v1::ImportProgress* to);
ImportProgress FromWire(const v1::ImportProgress& from);
void ToWire(const ImportReport& from, v1::ImportReport* to);
StatusOr<ImportReport> FromWire(const v1::ImportReport& from);
void ToWire(const StoreStats& from, v1::GetStatsResponse* to);
StatusOr<StoreStats> FromWire(const v1::GetStatsResponse& from);
void ToWire(const VerifyReport& from, v1::VerifyReport* to);
VerifyReport FromWire(const v1::VerifyReport& from);

// What a reader of changes asks for.
struct ChangesAsked {
  std::string store_id;  // that `after` is of; empty: not said
  ChangeCursor after;
  size_t entries_max = 1000;  // 1..Curator::kChangedEntriesMax
  bool with_signals = false;
  friend bool operator==(const ChangesAsked&, const ChangesAsked&) = default;
};
void ToWire(const ChangesAsked& from, v1::ReadChangesRequest* to);
StatusOr<ChangesAsked> FromWire(const v1::ReadChangesRequest& from);
void ToWire(const ChangesAsked& from, v1::WatchChangesRequest* to);
StatusOr<ChangesAsked> FromWire(const v1::WatchChangesRequest& from);

// A page of changes, and the store whose they are.
struct ChangesTold {
  std::string store_id;
  ChangePage page;
};
void ToWire(const ChangesTold& from, v1::ReadChangesResponse* to);
StatusOr<ChangesTold> FromWire(const v1::ReadChangesResponse& from);
void ToWire(const ChangesTold& from, v1::WatchChangesResponse* to);
StatusOr<ChangesTold> FromWire(const v1::WatchChangesResponse& from);

// What a reader of entries asks for.
struct EntriesAsked {
  std::string list;
  uint64_t after_serial = 0;
  size_t entries_max = 1000;  // 1..Curator::kListedEntriesMax
  bool with_secrets = false;
  friend bool operator==(const EntriesAsked&, const EntriesAsked&) = default;
};
void ToWire(const EntriesAsked& from, v1::ReadEntriesRequest* to);
// The name of the list is not looked at.
StatusOr<EntriesAsked> FromWire(const v1::ReadEntriesRequest& from);
void ToWire(const EntryPage& from, v1::ReadEntriesResponse* to);
StatusOr<EntryPage> FromWire(const v1::ReadEntriesResponse& from);

// Who the server takes a caller for.
struct CallerInfo {
  std::string name;
  std::vector<std::string> roles;
  std::vector<std::string> methods_allowed;
  friend bool operator==(const CallerInfo&, const CallerInfo&) = default;
};
void ToWire(const CallerInfo& from, v1::WhoAmIResponse* to);
CallerInfo FromWire(const v1::WhoAmIResponse& from);

// An error as one item of a stream carries it; `status` is not OK.
void ToWire(const Status& status, v1::ItemError* to);
Status FromWire(const v1::ItemError& from);

// Values of the wire's enums, for requests that hold one. The wire's
// UNSPECIFIED (0) and unknown values are kInvalidArgument.
int ToWire(Purpose purpose);
StatusOr<Purpose> PurposeFromWire(int value);
int ToWire(EntryState state);
StatusOr<EntryState> EntryStateFromWire(int value);

int ToWire(Effort effort);

// A limit that is unset, the wire's EFFORT_UNSPECIFIED (0) and an empty region:
// the default. Who may set a radius is not asked here.
StatusOr<MatchOptions> MatchOptionsFromWire(
    std::optional<int32_t> limit, int effort,
    std::optional<int32_t> radius_bits = {}, std::string_view region = {});

// WORK_CLASS_UNSPECIFIED (0): nullopt.
enum class AskedWork : uint8_t { kLive = 1, kBulk = 2 };
StatusOr<std::optional<AskedWork>> WorkClassFromWire(int value);
int ToWire(AskedWork work);

// kInvalidArgument "`field`: is N bytes; at most MAX are accepted".
Status CheckSize(std::string_view field, size_t size_bytes,
                 size_t size_bytes_max);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_CONVERT_H_
