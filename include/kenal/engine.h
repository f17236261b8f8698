// Kenal: recognises known abuse imagery by its hashes. The front door.
//
//   #include "kenal/engine.h"
//   #include "kenal/hasher.h"
//
//   using namespace kenal;
//
//   Status Example(const std::string& folder, const std::string& picture) {
//     KENAL_TRY(Engine::Init(folder));
//     KENAL_TRY_ASSIGN(std::unique_ptr<Engine> engine, Engine::Open(folder));
//     KENAL_TRY_ASSIGN(std::unique_ptr<Hasher> hasher, Hasher::Start({}));
//     const Authorship by{.actor = "me", .reason = "trying Kenal"};
//
//     KENAL_TRY(engine->CreateList("demo", Purpose::kTest, {}, by).status());
//     EntryDraft draft;
//     draft.signals = hasher->HashFile(picture);
//     draft.provenance.source = "my own pictures";
//     KENAL_TRY(engine->AddEntries("demo", {&draft, 1}, by).status());
//
//     KENAL_TRY_ASSIGN(Answer answer,
//                      engine->Match(hasher->HashFile(picture)));
//     // answer.verdict == Verdict::kTest, answer.matches[0].list == "demo"
//     return OkStatus();
//   }
//
// Where to go from here: signal.h (hashes), hasher.h (pictures to hashes),
// matcher.h (asking), verdict.h (answers), curator.h (keeping lists), list.h
// and entry.h (what is kept), docs/architecture.md (how it works).
#ifndef KENAL_ENGINE_H_
#define KENAL_ENGINE_H_

#include <functional>
#include <memory>
#include <string>

#include "kenal/backup.h"
#include "kenal/curator.h"
#include "kenal/known_good.h"
#include "kenal/matcher.h"
#include "kenal/status.h"

namespace kenal {

// A store opened in this process: catalogue, index and policies behind the
// interfaces. Thread-safe. Readers never wait for writers; an answer that
// starts after a change was acknowledged sees that change.
class Engine : public Matcher, public Curator, public KnownGoodKeeper {
 public:
  // Makes an empty store; creates `folder` when it is missing.
  // Errors: kAlreadyExists  there is a store already; nothing is changed
  //         kFailedPrecondition  the folder holds something else
  static Status Init(const std::string& folder);

  // Told what an operator should know, and what stops nothing else: that a
  // snapshot of the index (built again) or a known-good file is damaged.
  using Notice = std::function<void(const std::string&)>;

  // Opens a store, checks it and folds its views; the index comes from the
  // snapshot that the last close of a large store left, or from the catalogue.
  // Errors: kNotFound            no store there
  //         kUnavailable         locked; the message says by what process and
  //                              which --server address to use
  //         kDataLoss            damaged; nothing was changed
  //         kFailedPrecondition  written by a newer Kenal
  static StatusOr<std::unique_ptr<Engine>> Open(const std::string& folder,
                                                const Notice& notice = {});

  // As BackupStore and CompactStore of backup.h, while asking and writing go
  // on.
  virtual StatusOr<BackupInfo> Backup(const std::string& folder,
                                      const ByteWatcher& watcher) = 0;
  virtual StatusOr<CompactReport> Compact(const ByteWatcher& watcher) = 0;

  // Tells other processes, through the lock file, which address serves this
  // store. Empty: none.
  virtual Status AnnounceServer(const std::string& address) = 0;
};

}  // namespace kenal

#endif  // KENAL_ENGINE_H_
