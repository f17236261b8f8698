// What every subcommand gets: the global options, the console, and the ways
// to a store and a hasher.
#ifndef KENAL_TOOLS_KENAL_CONTEXT_H_
#define KENAL_TOOLS_KENAL_CONTEXT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "src/engine/files.h"
#include "tools/kenal/console.h"

namespace kenal::client {
class Connection;
}

namespace kenal::cli {

// A store in this process or behind a server; alike from here on.
struct Store {
  std::shared_ptr<void> owner;
  Matcher* matcher = nullptr;
  Curator* curator = nullptr;
  client::Connection* connection = nullptr;  // null: in this process
};

// Decoder processes that one may ask for.
inline constexpr int kWorkersMax = 64;

// The TLS files and name of this end, as they were given.
struct TlsFlags {
  std::string folder_and_name;  // --tls
  std::string certificate;      // --tls-cert
  std::string key;              // --tls-key
  std::string authority;        // --tls-ca
  std::string server_name;      // --tls-name
  bool any() const;
};

struct Context {
  std::string data;    // --data
  std::string server;  // --server
  TlsFlags tls;
  // Whose turn questions to a server are; empty: live for one at a time, bulk
  // for more, and bulk for all where many are asked and nobody waits for one.
  std::string work_class;
  bool asks_many = false;
  bool json = false;
  std::vector<std::string> arguments;  // of the process, its name first
  Console console;

  // Set by the subcommand that was chosen; its result is the exit code.
  std::function<StatusOr<int>()> run;

  // --data or --server, else KENAL_DATA or KENAL_SERVER; with KENAL_TLS where
  // a server over TCP is asked and no TLS flag was given.
  // Errors: kInvalidArgument for both or neither.
  StatusOr<Store> OpenStore();
  // For subcommands that ask a server only.
  StatusOr<std::unique_ptr<client::Connection>> Connect(
      std::string_view subcommand);
  // Says on stderr what an open store has to tell. The context outlives it.
  std::function<void(const std::string&)> Notice();
  // For subcommands that work on a folder only.
  StatusOr<std::string> DataFolder(std::string_view subcommand) const;
};

// USER@HOST of this process: who is written into the log.
std::string WhoAmI();
// The same by what this machine itself knows: asks no other, and opens no
// socket to find out.
std::string WhoAmIHere();

// Finds the files and says on stderr which paths could not be listed or were
// skipped.
engine::FoundFiles FindFilesAndSay(Context& context,
                                   const std::vector<std::string>& paths);

// A word from the command line for a message: a long one might be a hash, so
// it is not repeated.
std::string WordForMessage(std::string_view word);
// The same for each word of a text.
std::string WordsForMessage(std::string_view text);
// The same for one word, wherever it is in a text.
std::string WithoutLongWord(std::string text, std::string_view word);

// Says why an input has no PDQ, or only a part of one.
// `name` is its path or "line N".
void SayFailure(Console& console, const std::string& name,
                const SignalFailure& failure);
void SayDamaged(Console& console, const std::string& name);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CONTEXT_H_
