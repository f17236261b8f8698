#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

#include "src/client/connection.h"
#include "src/exchange/change_json.h"
#include "src/exchange/cursor.h"
#include "src/exchange/fields.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/table.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

using exchange::PlacedCursor;
using wire::ChangesAsked;
using wire::ChangesTold;

struct Options {
  std::string after = "start";
  bool with_signals = false;
  bool once = false;
};

constexpr size_t kEntriesShown = 5;

// "3 entries: 7, 8 withdrawn, 9 label review".
std::string EntriesText(const ListChange& change) {
  const size_t count = change.entries.size();
  std::string text = Count(count) + (count == 1 ? " entry: " : " entries: ");
  for (size_t i = 0; i < std::min(count, kEntriesShown); ++i) {
    const ChangedEntry& entry = change.entries[i];
    if (i > 0) text += ", ";
    text += exchange::EntryName(entry.id);
    if (entry.state != EntryState::kActive) {
      text += " " + std::string(EntryStateName(entry.state));
    }
    if (!entry.near_action_label.empty()) {
      text += " label " + entry.near_action_label;
    }
  }
  if (count > kEntriesShown) text += ", ...";
  return text;
}

std::string KnownGoodText(const KnownGoodFile& file) {
  const std::string signal(SignalTypeName(file.signal));
  if (file.size_bytes == 0) return signal + " removed";
  return Count(file.count) + " " + signal + " from " + file.source;
}

std::string WhatText(const ListChange& change) {
  if (!change.entries.empty()) return EntriesText(change);
  if (change.known_good) return KnownGoodText(*change.known_good);
  return change.policy ? PolicyText(*change.policy) : "";
}

// Prints pages of changes, and remembers where to go on.
class Printer {
 public:
  Printer(Context& context, PlacedCursor start)
      : context_(context),
        rows_(context.console, {{.heading = "SEQUENCE", .right = true},
                                {.heading = "CHANGE", .width = 12},
                                {.heading = "LIST", .width = 12},
                                {.heading = "WHAT"}}),
        next_(std::move(start)) {}

  Status Put(const ChangesTold& told) {
    for (const ListChange& change : told.page.changes) KENAL_TRY(Put(change));
    has_told_ = true;
    next_ = {.store_id = told.store_id, .cursor = told.page.next};
    if (context_.json) {
      KENAL_TRY(context_.console.Put(exchange::WriteCursorLine(
          next_, told.page.caught_up, told.page.head)));
    } else if (told.page.caught_up) {
      KENAL_TRY(
          context_.console.Put("caught up at " + exchange::WriteCursor(next_)));
    }
    return context_.console.Flush();
  }

  // How to go on, unless the last line said so.
  void NoteNext(bool caught_up) {
    if (!has_told_ || caught_up || context_.json) return;
    context_.console.Note("go on with --after " + exchange::WriteCursor(next_));
  }

  const PlacedCursor& next() const { return next_; }

 private:
  Status Put(const ListChange& change) {
    if (context_.json) {
      return context_.console.Put(exchange::WriteChangeLine(change));
    }
    if (!has_headings_) KENAL_TRY(rows_.PutHeadings());
    has_headings_ = true;
    std::string kind(ChangeKindName(change.kind));
    std::ranges::replace(kind, '_', ' ');
    return rows_.PutRow({{std::to_string(change.sequence.value)},
                         {kind},
                         {change.list},
                         {WhatText(change)}});
  }

  Context& context_;
  RowPrinter rows_;
  PlacedCursor next_;
  bool has_headings_ = false;
  bool has_told_ = false;
};

StatusOr<ChangesTold> ReadPage(const Store& store, const std::string& store_id,
                               const ChangesAsked& asked) {
  if (store.connection != nullptr) {
    return store.connection->ReadChangesOf(asked);
  }
  KENAL_TRY_ASSIGN(ChangePage page,
                   store.curator->ReadChanges(asked.after, asked.entries_max,
                                              asked.with_signals));
  return ChangesTold{.store_id = store_id, .page = std::move(page)};
}

// Pages until there are no more.
StatusOr<int> ReadOnce(Context& context, const Store& store,
                       ChangesAsked asked) {
  std::string store_id;
  if (store.connection == nullptr) {
    KENAL_TRY_ASSIGN(const StoreStats stats, store.curator->Stats());
    store_id = stats.store_id;
    if (!asked.store_id.empty() && asked.store_id != store_id) {
      return absl::OutOfRangeError(
          "the cursor is of another store; begin again with --after start");
    }
  }
  Printer printer(context, {asked.store_id, asked.after});
  const Interrupt interrupt;
  bool caught_up = false;
  while (!caught_up && !interrupt.token().stop_requested()) {
    KENAL_TRY_ASSIGN(const ChangesTold told, ReadPage(store, store_id, asked));
    KENAL_TRY(printer.Put(told));
    asked.after = printer.next().cursor;
    caught_up = told.page.caught_up;
  }
  printer.NoteNext(caught_up);
  return kExitDone;
}

// Whether a watch that was told something may be told more after `status`.
bool MayPassBy(const Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

// False when `stop` was asked for meanwhile.
bool Pause(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kPause{250};
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock<std::mutex> lock(mutex);
  woken.wait_for(lock, stop, kPause, [] { return false; });
  return !stop.stop_requested();
}

// A watch that goes on where it was when its server is back.
class Follower {
 public:
  Follower(Context& context, const ChangesAsked& asked)
      : context_(context),
        asked_(asked),
        printer_(context, {asked.store_id, asked.after}) {}

  Status Follow(client::Connection& server) {
    Status ended = WatchOnce(server);
    while (!ended.ok() && has_told_ && MayPassBy(ended)) {
      SayTrouble(ended);
      if (!Pause(stop_)) return OkStatus();
      // Made anew: certificates may have been renewed.
      const auto back = context_.Connect("watch");
      ended = back.ok() ? WatchOnce(**back) : back.status();
      if (stop_.stop_requested()) return put_;
    }
    return ended;
  }

  void NoteNext() { printer_.NoteNext(caught_up_); }

 private:
  Status WatchOnce(client::Connection& server) {
    const Status watched = server.WatchChanges(
        asked_,
        [this](const ChangesTold& told) {
          put_ = printer_.Put(told);
          asked_.store_id = printer_.next().store_id;
          asked_.after = printer_.next().cursor;
          caught_up_ = told.page.caught_up;
          has_told_ = true;
          trouble_said_ = false;
          return put_.ok();
        },
        stop_);
    KENAL_TRY(put_);
    return watched;
  }

  // Once for each time that it goes away.
  void SayTrouble(const Status& status) {
    if (trouble_said_) return;
    trouble_said_ = true;
    context_.console.Say("trying again until it is back: " +
                         std::string(status.message()));
  }

  Context& context_;
  const Interrupt interrupt_;
  const std::stop_token stop_ = interrupt_.token();
  ChangesAsked asked_;
  Printer printer_;
  Status put_;
  bool caught_up_ = false;
  bool has_told_ = false;
  bool trouble_said_ = false;
};

StatusOr<int> Watch(Context& context, client::Connection& server,
                    const ChangesAsked& asked) {
  Follower follower(context, asked);
  const Status ended = follower.Follow(server);
  follower.NoteNext();
  KENAL_TRY(ended);
  return kExitDone;
}

StatusOr<int> RunWatch(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const PlacedCursor after,
                   exchange::ParseCursor(options.after));
  if (options.with_signals && !context.json) {
    return InvalidArgument(
        "--with-signals prints hashes, in JSON only; give --json too");
  }
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  const ChangesAsked asked{.store_id = after.store_id,
                           .after = after.cursor,
                           .with_signals = options.with_signals};
  if (options.once || store.connection == nullptr) {
    return ReadOnce(context, store, asked);
  }
  return Watch(context, *store.connection, asked);
}

}  // namespace

void AddWatch(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("watch", "Print what changes on the lists");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--after", options->after,
                   "Where to go on: a cursor that watch printed\n(from the "
                   "first change when not given)")
      ->type_name("CURSOR");
  command->add_flag("--with-signals", options->with_signals,
                    "With the hashes of entries, in --json; a server gives\n"
                    "them to the role export only");
  command->add_flag("--once", options->once,
                    "End when everything was told, as with --data");
  command->footer(
      R"(From a server changes come as they are made, until Ctrl-C; a server
that goes away is asked again until it is back. Keep the
cursor after "caught up at", or of the last line that has one with --json: with
--after it a later watch tells what has happened since, and nothing twice.
Entries are told as they are now; what happened to them later follows.

Example:
  kenal --server unix:/srv/kenal/kenal.sock watch
  kenal watch --once --after 9f3c01d2:17)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunWatch(context, *options); };
  });
}

}  // namespace kenal::cli
