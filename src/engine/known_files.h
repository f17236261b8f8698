// Known files: the known-good files of a store, open for look-ups.
#ifndef KENAL_SRC_ENGINE_KNOWN_FILES_H_
#define KENAL_SRC_ENGINE_KNOWN_FILES_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kenal/backup.h"
#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/status.h"
#include "kenal/verdict.h"
#include "src/engine/held_lists.h"
#include "src/known/known_set.h"

namespace kenal::engine {

// What the store says of a list's file, which lies in the store `folder`.
known::KnownListFile KnownListFileOf(const std::string& folder,
                                     const ListInfo& list,
                                     const KnownGoodFile& file);

// Immutable.
class KnownFiles {
 public:
  using Notice = std::function<void(const std::string&)>;

  // Opens the files of all lists and compares their SHA-256. One that is
  // missing or damaged is told to `notice` and holds nothing from then on: its
  // answers say that it could not be asked. Null when no list has one.
  // Cost: reads all of them.
  static std::shared_ptr<const KnownFiles> Open(const std::string& folder,
                                                std::span<const ListInfo> lists,
                                                const Notice& notice);
  // `before` after a change. Cost: without other files, nothing; one that was
  // just made is not read.
  static std::shared_ptr<const KnownFiles> Fold(
      std::shared_ptr<const KnownFiles> before, const std::string& folder,
      std::span<const ListInfo> lists, const Notice& notice);

  // Says in answers[i] which lists know a digest of queries[i], and which could
  // not be asked. `lists` are those that the queries are held against.
  void Tell(std::span<const SignalSet> queries, const BatchLists& lists,
            std::span<Answer> answers) const;

  // OK unless that file of the list failed; then why.
  Status StateOf(ListNumber list, SignalType signal) const;

 private:
  static std::shared_ptr<const KnownFiles> Make(
      const std::string& folder, std::span<const ListInfo> lists,
      const Notice& notice, const KnownFiles* before,
      const known::KnownSetOptions& options);

  known::KnownSet set_;
  std::vector<ListNumber> numbers_;  // of the list of each file of the set
};

// Reads known-good files of lists in full, as KnownFile::Verify does, and
// names what is wrong with each. One that is replaced meanwhile is no problem:
// `still_there` says whether the store still names it. Errors: kCancelled
using StillThere =
    std::function<bool(const ListInfo& list, const KnownGoodFile& file)>;
StatusOr<std::vector<std::string>> ProblemsOfKnownFiles(
    const std::string& folder, std::span<const ListInfo> lists,
    const StillThere& still_there, const ByteWatcher& watcher);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_KNOWN_FILES_H_
