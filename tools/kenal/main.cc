// kenal: recognises known abuse imagery by its hashes, from the command line.
#include <CLI/CLI.hpp>
#include <csignal>
#include <string>

#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

constexpr const char* kAbout =
    "Kenal recognises known abuse imagery: it compares perceptual hashes of\n"
    "pictures with curated lists of hashes. It judges nothing new and keeps "
    "no\n"
    "pictures.";

constexpr const char* kFooter = R"(A first round:
  export KENAL_DATA=/srv/kenal                   where the store is
  kenal init                                     make an empty store
  kenal list create demo --purpose test          make a list
  kenal ingest --list demo pictures/             add every picture of a folder
  kenal match copy.jpg                           is this one known?

Two programs cannot open one store; serve it and ask the server:
  kenal serve &
  kenal --server unix:/srv/kenal/kenal.sock match copy.jpg
Beyond this machine both ends show certificates (kenal certs --help):
  kenal --server kenal.example:7443 --tls pki/uploads match copy.jpg

Exit codes: 0 done; 1 some inputs failed; 2 wrong usage; 3 the store or an
input file is damaged or refused; 4 unavailable (server away, store locked);
5 no space; with --fail-on-match 10 something matched, 11 both 10 and 1.
`kenal SUBCOMMAND --help` explains each with an example.)";

void AddGlobals(CLI::App& app, Context& context) {
  app.add_option("--data", context.data,
                 "Folder of the store, opened in this process\n(KENAL_DATA)")
      ->type_name("DIR");
  app.add_option("--server", context.server,
                 "Address of a running `kenal serve`, such as\n"
                 "unix:/srv/kenal/kenal.sock or kenal.example:7443\n"
                 "(KENAL_SERVER)")
      ->type_name("ADDR");
  app.add_option("--tls", context.tls.folder_and_name,
                 "Certificates for a server over TCP: FOLDER/NAME.pem,\n"
                 "FOLDER/NAME.key and FOLDER/ca.pem, as `kenal certs`\n"
                 "makes them (KENAL_TLS)")
      ->type_name("FOLDER/NAME");
  app.add_option("--tls-cert", context.tls.certificate,
                 "Instead: the certificate of this end, PEM")
      ->type_name("FILE");
  app.add_option("--tls-key", context.tls.key, "Its key, PEM")
      ->type_name("FILE");
  app.add_option("--tls-ca", context.tls.authority,
                 "Who the other end's certificate must come from, PEM")
      ->type_name("FILE");
  app.add_option("--tls-name", context.tls.server_name,
                 "Name expected in the server's certificate (the host\nof "
                 "--server when not given)")
      ->type_name("HOST");
  app.add_flag("--json", context.json,
               "Print one JSON object a line instead of text");
  app.add_flag_callback(
      "-q,--quiet", [&context] { context.console.set_quiet(true); },
      "No progress and no hints on stderr; errors remain");
}

void AddCommands(CLI::App& app, Context& context) {
  AddInit(app, context);
  AddList(app, context);
  AddIngest(app, context);
  AddImport(app, context);
  AddKnownGood(app, context);
  AddSync(app, context);
  AddConvert(app, context);
  AddEntry(app, context);
  AddHash(app, context);
  AddMatch(app, context);
  AddScan(app, context);
  AddQuery(app, context);
  AddExplain(app, context);
  AddCalibrate(app, context);
  AddWatch(app, context);
  AddWhoAmI(app, context);
  AddServe(app, context);
  AddTop(app, context);
  AddCerts(app, context);
  AddStats(app, context);
  AddVerify(app, context);
  AddBackup(app, context);
  AddCompact(app, context);
  AddRebuildIndex(app, context);
  AddVersion(app, context);
}

// Global options are accepted after a subcommand as well.
void FallThrough(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    command->fallthrough();
    FallThrough(*command);
  }
}

// The list that the command line names, or nothing.
std::string NamedList(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
  }
  for (const CLI::Option* option : chosen->get_options()) {
    const bool is_list = option->check_lname("list") ||
                         (option->get_positional() && chosen->get_parent() &&
                          chosen->get_parent()->get_name() == "list");
    if (is_list && option->count() > 0) return option->results().front();
  }
  return "";
}

// "kenal list create": the subcommand that was being parsed.
std::string ChosenCommand(const CLI::App& app) {
  std::string name = app.get_name();
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
    name += " " + chosen->get_name();
  }
  return name;
}

// "create, set, show": those of the subcommand that was being parsed.
std::string Subcommands(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
  }
  std::string names;
  for (const CLI::App* command : chosen->get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

// Says what is wrong without repeating long words: they may be hashes.
std::string UsageMessage(const CLI::ParseError& error, const CLI::App& app) {
  std::string message = error.what();
  if (message == "A subcommand is required") {
    const std::vector<std::string> rest = app.remaining(true);
    const bool unknown = !rest.empty() && !rest.front().starts_with("-");
    message = unknown ? "no such subcommand: " + rest.front() + "; one of "
                      : "which subcommand? one of ";
    message += Subcommands(app);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extras = app.remaining(true);
    const std::string word = extras.empty() ? "" : extras.front();
    const std::string command = ChosenCommand(app);
    message = command == app.get_name() && !word.starts_with("-")
                  ? "no such subcommand"
                  : "unexpected argument";
    if (!word.empty()) message += ": " + word;
  }
  return WordsForMessage(message.substr(0, message.find('\n'))) + "; see " +
         ChosenCommand(app) + " --help";
}

// `named_list`: from the command line, so it may be a hash by mistake.
int Finish(Context& context, const StatusOr<int>& result,
           const std::string& named_list = "") {
  const Status flushed = context.console.Flush();
  if (context.console.reader_gone()) {
    // End as other programs do whose reader has gone: quietly, by SIGPIPE.
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  const Status& status = result.ok() ? flushed : result.status();
  if (status.ok()) return *result;
  context.console.Say(
      WithoutLongWord(std::string(status.message()), named_list));
  return ExitCodeOf(status);
}

// Of the subcommand that was named, or of all.
int PutHelp(const CLI::App& app, Context& context) {
  std::string help = app.help();
  while (help.ends_with('\n')) help.pop_back();
  const Status put = context.console.Put(help);
  return Finish(context, put.ok() ? StatusOr<int>(kExitDone) : put);
}

int Main(int argc, char** argv) {
  // A closed pipe or a limit of file sizes is an error of one write, not the
  // end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Context context;
  context.arguments.assign(argv, argv + argc);
  CLI::App app(kAbout, "kenal");
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  app.require_subcommand(0, 1);
  AddGlobals(app, context);
  AddCommands(app, context);
  FallThrough(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    return PutHelp(app, context);
  } catch (const CLI::ParseError& error) {
    context.console.Say(UsageMessage(error, app));
    return kExitUsage;
  }
  if (!context.run) return PutHelp(app, context);
  return Finish(context, context.run(), NamedList(app));
}

}  // namespace
}  // namespace kenal::cli

int main(int argc, char** argv) { return kenal::cli::Main(argc, argv); }
