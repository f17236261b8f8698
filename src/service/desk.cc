#include "src/service/desk.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "src/service/limits.h"

namespace kenal::service {
namespace {

using identity::WorkClass;
using operate::Refusal;
using std::chrono::milliseconds;

Tuning Resolved(Tuning tuning) {
  if (tuning.match_workers <= 0) {
    tuning.match_workers =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  return tuning;
}

Refused OverQuota(milliseconds retry_after) {
  return {.status = ResourceExhausted(
              "this client's quota is used up; try again in " +
              std::to_string(retry_after.count()) + " ms, or ask for more"),
          .reason = Refusal::kQuota,
          .retry_after = retry_after};
}

// `caller` may be null.
std::optional<Refused> CheckMay(const identity::Caller* caller,
                                const identity::MethodRow& row) {
  if (caller == nullptr) {
    return Refused{
        .status = absl::UnauthenticatedError(
            "this client's certificate is not in the server's client table, "
            "or it expired"),
        .reason = Refusal::kUnauthenticated};
  }
  if (!caller->roles.Meets(row.allowed)) {
    return Refused{.status = absl::PermissionDeniedError(
                       std::string(row.name) + " needs one of the roles " +
                       row.allowed.ToString()),
                   .reason = Refusal::kPermission};
  }
  return std::nullopt;
}

}  // namespace

Desk::Desk(const DeskParts& parts, const Tuning& tuning)
    : parts_(parts),
      tuning_(Resolved(tuning)),
      flood_(parts.curator, parts.metrics, parts.log, tuning.flood,
             tuning.flood_label),
      workers_(tuning_, std::max(1, parts.hasher.worker_count()),
               std::max(1, parts.bulk_hasher.worker_count())),
      changes_(parts.curator) {}

std::optional<Refused> Desk::Authorize(const Ticket& ticket) const {
  return CheckMay(ticket.known() ? &ticket.caller() : nullptr, ticket.row());
}

std::optional<Refused> Desk::AuthorizeAgain(Ticket& ticket) const {
  std::shared_ptr<const identity::Caller> now = ticket.CallerNow();
  // The ticket keeps who it was for the log.
  if (auto refused = CheckMay(now.get(), ticket.row())) return refused;
  ticket.set_caller(std::move(now));
  return std::nullopt;
}

std::optional<Refused> Desk::LetIn(Ticket& ticket) {
  if (auto refused = Authorize(ticket)) return refused;
  const Status entered = calls_.Enter();
  if (!entered.ok()) {
    return Refused{.status = entered, .reason = Refusal::kDraining};
  }
  ticket.Entered();
  return std::nullopt;
}

std::optional<Refused> Desk::Charge(Ticket& ticket, uint64_t items,
                                    size_t size_bytes) {
  const identity::Caller& caller = ticket.caller();
  if (!Hold(size_bytes)) return Full();
  std::shared_ptr<Account> account = AccountOf(caller);
  const auto wait =
      account->Take(QuotaOf(caller), items, std::chrono::steady_clock::now());
  if (wait) {
    GiveBack(size_bytes);
    return OverQuota(*wait);
  }
  ticket.set_items(items);
  ticket.Took(std::move(account), items, size_bytes);
  parts_.metrics.Items(ticket.work(), items);
  return std::nullopt;
}

Refused Desk::TooManyOpen(std::string_view what, int most) {
  return {.status = ResourceExhausted(
              "this client has " + std::to_string(most) + " " +
              std::string(what) + " open already; end one first"),
          .reason = Refusal::kQuota,
          .retry_after = kLongRetry};
}

std::optional<Refused> Desk::EnterStream(const Ticket& ticket,
                                         Drainable* stream,
                                         std::shared_ptr<Account>& account) {
  if (auto refused = Authorize(ticket)) return refused;
  std::shared_ptr<Account> its = AccountOf(ticket.caller());
  if (!its->Open(Account::Lasting::kStream, kClientStreamsMax)) {
    return TooManyOpen("streams", kClientStreamsMax);
  }
  const Status status = calls_.EnterStream(stream);
  if (status.ok()) {
    account = std::move(its);
    return std::nullopt;
  }
  its->Close(Account::Lasting::kStream);
  const bool full = status.code() == StatusCode::kResourceExhausted;
  return Refused{.status = status,
                 .reason = full ? Refusal::kQueueFull : Refusal::kDraining,
                 .retry_after = full ? kLongRetry : std::chrono::seconds(0)};
}

void Desk::LeaveStream(Drainable* stream, Account& account) {
  account.Close(Account::Lasting::kStream);
  calls_.Hold();
  calls_.LeaveStream(stream);
}

Refused Desk::Full() {
  return {.status = ResourceExhausted(
              "the server holds as many bytes of requests as it may; try again "
              "in a moment"),
          .reason = Refusal::kTooLarge,
          .retry_after = milliseconds(200)};
}

bool Desk::Hold(size_t size_bytes) {
  if (bytes_under_way_.fetch_add(size_bytes) + size_bytes <=
      tuning_.bytes_under_way) {
    return true;
  }
  bytes_under_way_ -= size_bytes;
  return false;
}

std::optional<Refused> Desk::ChargeItem(Account& account,
                                        const identity::Caller& caller) {
  const auto wait =
      account.Take(QuotaOf(caller), 1, std::chrono::steady_clock::now());
  if (wait) return OverQuota(*wait);
  return std::nullopt;
}

Refused Desk::QueueFull(const WorkPool& pool, milliseconds retry_after) {
  return {
      .status = ResourceExhausted("the server's queue for " + pool.name() +
                                  " is full; try again in " +
                                  std::to_string(retry_after.count()) + " ms"),
      .reason = Refusal::kQueueFull,
      .retry_after = retry_after};
}

void Desk::Queue(WorkPool& pool, std::unique_ptr<Ticket> ticket,
                 Work::Cost cost, Body run) {
  cost.deadline = ticket->deadline();
  std::shared_ptr<Share> share = ShareOf(ticket->account());
  // A function can be copied and a ticket cannot.
  const std::shared_ptr<Ticket> shared = std::move(ticket);
  std::unique_ptr<Work> task = std::make_unique<Task>(
      cost, std::move(share), [shared, run = std::move(run)] {
        Status status = shared->StillWanted();
        if (status.ok()) {
          shared->Begin();
          status = run(*shared);
        }
        shared->Finish(status);
      });
  if (const auto refused = pool.Submit(task)) {
    shared->Refuse(QueueFull(pool, refused->retry_after));
  }
}

identity::Quota Desk::QuotaOf(const identity::Caller& caller) const {
  identity::Quota quota = caller.quota;
  const identity::Quota& usual = tuning_.quota;
  if (quota.items_per_second == 0) {
    quota.items_per_second = usual.items_per_second;
  }
  if (quota.in_flight_max == 0) quota.in_flight_max = usual.in_flight_max;
  return quota;
}

milliseconds Desk::DeadlineOf(WorkClass work) const {
  switch (work) {
    case WorkClass::kLive:
      return tuning_.live_deadline;
    case WorkClass::kBulk:
      return tuning_.bulk_deadline;
    case WorkClass::kMaintenance:
      break;
  }
  return tuning_.maintenance_deadline;
}

void Desk::Gave(const Answer& answer) { parts_.metrics.Gave(answer); }

void Desk::WatchFloods(std::span<const Answer> answers) {
  flood_.Observe(answers, workers_.labels);
}

SignalSet Desk::Hash(std::span<const uint8_t> picture, const HashWork& how,
                     WorkClass work) {
  const auto start = std::chrono::steady_clock::now();
  SignalSet signals = HasherOf(work).HashBytes(picture, how);
  parts_.metrics.Took(operate::Stage::kDecode, work,
                      std::chrono::steady_clock::now() - start);
  if (signals.pdq_failure && signals.pdq_failure->code == "decoder_died") {
    ++decoder_deaths_;
  }
  return signals;
}

operate::Gauges Desk::Gauges() {
  operate::Gauges gauges;
  if (const auto index = parts_.curator.Head(); index.ok()) {
    gauges.index_sequence = index->value;
    gauges.log_sequence =
        std::max(index->value, parts_.curator.LogHead().value_or(*index).value);
  }
  gauges.decoder_deaths = decoder_deaths_;
  gauges.watchers = changes_.watcher_count();
  gauges.streams = calls_.stream_count() -
                   std::min<uint64_t>(calls_.stream_count(), gauges.watchers);
  gauges.log_lines_dropped = parts_.log.dropped();
  gauges.serving = serving();
  const BackupKeeper::Figures backups = parts_.backups.figures();
  gauges.keeps_backups = backups.kept;
  gauges.backup_unix_ms = backups.last_unix_ms;
  gauges.backup_failures = backups.failures;
  gauges.queued = {
      workers_.searches.waiting_items() + workers_.pictures.waiting_items(),
      workers_.bulk_searches.waiting_items() +
          workers_.bulk_pictures.waiting_items(),
      workers_.lookups.waiting_items() + workers_.changes.waiting_items() +
          workers_.bulk_changes.waiting_items()};
  const auto lists = parts_.curator.Lists();
  if (!lists.ok()) return gauges;
  for (const ListInfo& list : *lists) {
    gauges.lists.push_back(
        {.list = list.name,
         .entries = list.counts.active + list.counts.disputed,
         .changed_unix_ms = list.changed_unix_ms});
  }
  return gauges;
}

}  // namespace kenal::service
