#include <CLI/CLI.hpp>

#include "src/client/connection.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

void WriteTexts(std::string_view key, const std::vector<std::string>& texts,
                exchange::JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const std::string& text : texts) json.Text(text);
  json.EndArray();
}

Status PutJson(Console& console, const wire::CallerInfo& caller) {
  exchange::JsonWriter json;
  json.BeginObject().Field("name", caller.name);
  WriteTexts("roles", caller.roles, json);
  WriteTexts("methods_allowed", caller.methods_allowed, json);
  json.EndObject();
  return console.Put(json.Finish());
}

Status PutText(Console& console, const wire::CallerInfo& caller) {
  std::string roles;
  for (const std::string& role : caller.roles) {
    roles += (roles.empty() ? "" : ", ") + role;
  }
  KENAL_TRY(console.Put("name   " + caller.name));
  KENAL_TRY(console.Put("roles  " + (roles.empty() ? "none" : roles)));
  std::string heading = "may    ";
  for (const std::string& method : caller.methods_allowed) {
    KENAL_TRY(console.Put(heading + method));
    heading = "       ";
  }
  return OkStatus();
}

StatusOr<int> RunWhoAmI(Context& context) {
  KENAL_TRY_ASSIGN(const auto server, context.Connect("whoami"));
  KENAL_TRY_ASSIGN(const wire::CallerInfo caller, server->WhoAmI());
  KENAL_TRY(context.json ? PutJson(context.console, caller)
                         : PutText(context.console, caller));
  return kExitDone;
}

}  // namespace

void AddWhoAmI(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "whoami", "Ask a server who it takes you for and what you may do");
  command->footer(
      R"(The server finds the name in your certificate, and your roles in its
table of clients. On a Unix socket you are "local".

Example:
  kenal --server kenal.example:7443 --tls pki/uploads whoami)");
  command->callback(
      [&context] { context.run = [&context] { return RunWhoAmI(context); }; });
}

}  // namespace kenal::cli
