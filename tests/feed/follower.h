// A store with a list that follows a feed.
#ifndef KENAL_TESTS_FEED_FOLLOWER_H_
#define KENAL_TESTS_FEED_FOLLOWER_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kenal/engine.h"
#include "src/feed/sync.h"
#include "tests/feed/support.h"
#include "tests/support/support.h"

namespace kenal::feed {

class Follower {
 public:
  explicit Follower(Purpose purpose = Purpose::kChildAbuse) {
    EXPECT_TRUE(Engine::Init(folder_ / "store").ok());
    auto engine = Engine::Open(folder_ / "store");
    EXPECT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
    EXPECT_TRUE(engine_->CreateList("list", purpose, {}, kBy).ok());
  }

  Engine& engine() { return *engine_; }
  std::string state() const { return folder_ / "state"; }

  static SyncOptions Options() {
    return {.list = "list", .source = "demo", .by = kBy};
  }

  Status Sync(Transport& transport, SyncReport& report,
              const SyncOptions& options = Options(),
              const Feed& feed = NcmecFeed(),
              const Credentials& credentials = kCredentials) {
    auto file = CheckpointFile::Open(state());
    if (!file.ok()) return file.status();
    Fetcher fetcher(
        transport, [](int64_t) { return true; }, [](const std::string&) {});
    SyncWatch watch{
        .notice = [this](const std::string& text) { notices.push_back(text); }};
    watch.stop = stop.get_token();
    return RunSync(feed, credentials, options, watch, *engine_, fetcher, *file,
                   report);
  }

  std::optional<Checkpoint> checkpoint() const {
    auto file = CheckpointFile::Open(state());
    EXPECT_TRUE(file.ok()) << file.status();
    auto loaded = file->Load();
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *loaded;
  }

  // Each entry by the source's id: its state and md5.
  std::map<std::string, std::string> Entries() {
    std::map<std::string, std::string> out;
    auto page = engine_->ReadEntries("list", 0, 1000, true);
    EXPECT_TRUE(page.ok()) << page.status();
    EXPECT_TRUE(page->at_end);
    for (const ListedEntry& each : page->entries) {
      const auto& md5 = each.secrets->signals.md5;
      out[each.summary.source_id] =
          std::string(EntryStateName(each.summary.state)) + " " +
          (md5 ? md5->ToHex() : "");
    }
    return out;
  }

  std::vector<std::string> notices;
  std::stop_source stop;

 private:
  static inline const Authorship kBy{.actor = "test", .reason = "testing"};
  const testing::TempDir folder_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace kenal::feed

#endif  // KENAL_TESTS_FEED_FOLLOWER_H_
