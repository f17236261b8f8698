#include <CLI/CLI.hpp>
#include <filesystem>
#include <system_error>

#include "src/base/clock.h"
#include "src/exchange/json_writer.h"
#include "src/identity/authority.h"
#include "src/identity/role.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

using identity::CertificateInfo;
using identity::ClientRequest;
using identity::Role;
using identity::ServerRequest;

constexpr int kAuthorityDays = 3650;
constexpr int kDays = 397;

struct CertsOptions {
  std::string folder;
  std::string name;
  std::vector<std::string> hosts;
  std::vector<std::string> roles;
  std::vector<std::string> files;
  int rate = 0;
  int in_flight = 0;
  std::string region;
  int days = kDays;
};

Status PutJson(Context& context, const std::string& path,
               const CertificateInfo& info) {
  exchange::JsonWriter json;
  json.BeginObject()
      .BytesField("certificate", path)
      .Field("subject", info.subject)
      .Field("issuer", info.issuer)
      .Key("names")
      .BeginArray();
  for (const std::string& name : info.sans) json.Text(name);
  json.EndArray()
      .Field("not_before", base::FormatUtc(info.not_before_unix_s * 1000))
      .Field("not_after", base::FormatUtc(info.not_after_unix_s * 1000))
      .Field("authority", info.is_authority)
      .Field("sha256", info.sha256)
      .EndObject();
  return context.console.Put(json.Finish());
}

Status PutText(Context& context, const std::string& path,
               const CertificateInfo& info) {
  std::string names;
  for (const std::string& name : info.sans) {
    names += (names.empty() ? "" : ", ") + name;
  }
  const std::string lines[] = {
      path,
      "  subject  " + info.subject + (info.is_authority ? "  (authority)" : ""),
      "  issuer   " + info.issuer,
      "  names    " + (names.empty() ? "-" : names),
      "  valid    " + base::FormatUtc(info.not_before_unix_s * 1000) + " to " +
          base::FormatUtc(info.not_after_unix_s * 1000),
      "  sha256   " + info.sha256};
  for (const std::string& line : lines) KENAL_TRY(context.console.Put(line));
  return OkStatus();
}

Status Show(Context& context, const std::string& path) {
  KENAL_TRY_ASSIGN(const CertificateInfo info, identity::ReadCertificate(path));
  return context.json ? PutJson(context, path, info)
                      : PutText(context, path, info);
}

StatusOr<int> ShowMade(Context& context, const CertsOptions& options,
                       const std::string& name) {
  KENAL_TRY(Show(context, options.folder + "/" + name + ".pem"));
  return kExitDone;
}

StatusOr<int> RunInit(Context& context, const CertsOptions& options) {
  KENAL_TRY(identity::MakeAuthority(options.folder, options.days));
  context.console.Note("keep " + options.folder +
                       "/ca.key off the server: who has it can be anybody");
  return ShowMade(context, options, "ca");
}

StatusOr<int> RunServer(Context& context, const CertsOptions& options) {
  KENAL_TRY(identity::IssueServer(
      options.folder,
      {.name = options.name, .hosts = options.hosts, .days = options.days}));
  return ShowMade(context, options, options.name);
}

StatusOr<int> RunClient(Context& context, const CertsOptions& options) {
  ClientRequest request{.name = options.name, .days = options.days};
  for (const std::string& roles : options.roles) {
    KENAL_TRY_ASSIGN(const identity::RoleSet parsed,
                     identity::ParseRoles(roles));
    for (size_t i = 0; i < identity::kRoleCount; ++i) {
      const auto role = static_cast<Role>(i);
      if (parsed.Contains(role)) request.caller.roles.Add(role);
    }
  }
  request.caller.quota = {options.rate, options.in_flight};
  request.caller.region = options.region;
  KENAL_TRY(identity::IssueClient(options.folder, request));
  context.console.Note("added to " + options.folder + "/clients.txt as " +
                       request.caller.roles.ToString());
  return ShowMade(context, options, options.name);
}

StatusOr<int> RunRenew(Context& context, const CertsOptions& options) {
  KENAL_TRY(identity::Renew(options.folder, options.name, options.days));
  return ShowMade(context, options, options.name);
}

// As --tls has it, FOLDER/NAME is FOLDER/NAME.pem.
std::string FileOf(const std::string& path) {
  std::error_code error;
  const std::string file = path + ".pem";
  const bool named = !std::filesystem::exists(path, error) &&
                     std::filesystem::exists(file, error);
  return named ? file : path;
}

StatusOr<int> RunShow(Context& context, const CertsOptions& options) {
  bool some_failed = false;
  for (const std::string& path : options.files) {
    const Status shown = Show(context, FileOf(path));
    if (shown.ok()) continue;
    context.console.Say(std::string(shown.message()));
    some_failed = true;
  }
  return ExitCodeOf(some_failed, false);
}

Status PutTryCommands(Context& context, const std::string& folder) {
  const std::string lines[] = {
      "",
      "serve:  kenal --data DIR serve --listen 127.0.0.1:7117 --tls " + folder +
          "/server",
      "ask:    kenal --server 127.0.0.1:7117 --tls " + folder +
          "/investigate match FILE",
      "roles:  " + folder + "/clients.txt"};
  for (const std::string& line : lines) KENAL_TRY(context.console.Put(line));
  return OkStatus();
}

StatusOr<int> RunTry(Context& context, const CertsOptions& options) {
  const std::string& folder = options.folder;
  KENAL_TRY(identity::MakeAuthority(folder, kAuthorityDays));
  KENAL_TRY(identity::IssueServer(
      folder,
      {.hosts = {"localhost", "127.0.0.1", "::1"}, .days = options.days}));
  std::vector<std::string> names = {"ca", "server"};
  for (size_t i = 0; i < identity::kRoleCount; ++i) {
    const auto role = static_cast<Role>(i);
    ClientRequest request{.name = std::string(RoleName(role)),
                          .days = options.days};
    request.caller.roles.Add(role);
    KENAL_TRY(identity::IssueClient(folder, request));
    names.push_back(request.name);
  }
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name + ".pem";
    KENAL_TRY(context.json ? Show(context, path) : context.console.Put(path));
  }
  if (!context.json) KENAL_TRY(PutTryCommands(context, folder));
  context.console.Note("for trying out: all keys lie in one folder");
  return kExitDone;
}

using RunCerts = StatusOr<int> (*)(Context&, const CertsOptions&);

CLI::App* AddOne(CLI::App& certs, Context& context,
                 const std::shared_ptr<CertsOptions>& options, const char* name,
                 const char* about, RunCerts run) {
  CLI::App* const command = certs.add_subcommand(name, about);
  command->callback([&context, options, run] {
    context.run = [&context, options, run] { return run(context, *options); };
  });
  return command;
}

void AddFolder(CLI::App& command, CertsOptions& options) {
  command.add_option("DIR", options.folder, "Folder of the authority")
      ->required();
}

void AddDays(CLI::App& command, CertsOptions& options, int days) {
  command
      .add_option_function<int>(
          "--days", [&options](const int& given) { options.days = given; },
          "Days until it expires (" + std::to_string(days) + ")")
      ->type_name("N");
}

void AddClient(CLI::App& certs, Context& context) {
  const auto options = std::make_shared<CertsOptions>();
  CLI::App* const command =
      AddOne(certs, context, options, "client",
             "Make a client's certificate, and tell clients.txt", RunClient);
  AddFolder(*command, *options);
  command->add_option("NAME", options->name, "Name of the client")->required();
  command
      ->add_option("--role", options->roles,
                   "What it may do: query, investigate, ingest, curate,\n"
                   "export, audit, admin")
      ->required()
      ->type_name("ROLE");
  command->add_option("--rate", options->rate, "Items a second at most")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000));
  command
      ->add_option("--in-flight", options->in_flight, "Items under way at most")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000'000));
  command
      ->add_option("--region", options->region,
                   "Of its content, where a request names none")
      ->type_name("XX");
  AddDays(*command, *options, kDays);
  command->footer(
      "Example:\n  kenal certs client certs uploads --role query --rate 5000");
}

void AddServerAndRenew(CLI::App& certs, Context& context) {
  const auto server = std::make_shared<CertsOptions>();
  CLI::App* command = AddOne(certs, context, server, "server",
                             "Make a server's certificate", RunServer);
  AddFolder(*command, *server);
  server->name = "server";
  command
      ->add_option("--host", server->hosts,
                   "Names and addresses that clients reach it by")
      ->required()
      ->type_name("NAME");
  command->add_option("--name", server->name, "Name of the files (server)")
      ->type_name("NAME");
  AddDays(*command, *server, kDays);
  command->footer(
      "Example:\n  kenal certs server certs --host match.example.org");

  const auto renew = std::make_shared<CertsOptions>();
  command =
      AddOne(certs, context, renew, "renew",
             "Make a new key and certificate for the same names", RunRenew);
  AddFolder(*command, *renew);
  command->add_option("NAME", renew->name, "Name of the files")->required();
  AddDays(*command, *renew, kDays);
  command->footer("Example:\n  kenal certs renew certs server");
}

}  // namespace

void AddCerts(CLI::App& app, Context& context) {
  CLI::App* const certs =
      app.add_subcommand("certs", "Make certificates for servers and clients");
  certs->require_subcommand(1);
  certs->footer(
      "Example:\n"
      "  kenal certs try certs          everything to try TLS on one machine");

  const auto init = std::make_shared<CertsOptions>();
  init->days = kAuthorityDays;
  CLI::App* command = AddOne(*certs, context, init, "init",
                             "Make a certificate authority", RunInit);
  AddFolder(*command, *init);
  AddDays(*command, *init, kAuthorityDays);
  command->footer("Example:\n  kenal certs init certs");

  AddServerAndRenew(*certs, context);
  AddClient(*certs, context);

  const auto show = std::make_shared<CertsOptions>();
  command = AddOne(*certs, context, show, "show", "Tell what certificates hold",
                   RunShow);
  command
      ->add_option("FILE", show->files,
                   "Certificates in PEM; also FOLDER/NAME, as --tls has it")
      ->required();
  command->footer("Example:\n  kenal certs show certs/server.pem");

  const auto all = std::make_shared<CertsOptions>();
  command =
      AddOne(*certs, context, all, "try",
             "All of these for trying out, a client for each role", RunTry);
  AddFolder(*command, *all);
  AddDays(*command, *all, kDays);
  command->footer("Example:\n  kenal certs try certs");
}

}  // namespace kenal::cli
