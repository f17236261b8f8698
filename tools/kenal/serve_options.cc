#include "tools/kenal/serve_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "tools/kenal/context.h"

namespace kenal::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <typename Value>
CLI::Option* Add(CLI::App& command, const char* name, Value& value,
                 const char* type, const char* about) {
  return command.add_option(name, value, about)
      ->type_name(type)
      ->capture_default_str();
}

template <typename Value>
void AddNumber(CLI::App& command, const char* name, Value& value,
               const char* type, double least, double most, const char* about) {
  Add(command, name, value, type, about)
      ->check(CLI::Range(least, most).description(""));
}

void AddDoor(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--listen", options.listen,
                  "Where gRPC is spoken: unix:PATH or HOST:PORT; port 0 takes\n"
                  "a free one (unix:DIR/kenal.sock when not given)")
      ->type_name("ADDR");
  command
      .add_option("--http", options.http,
                  "Where JSON over HTTP is spoken, in the same way")
      ->type_name("ADDR");
  Add(command, "--tls", options.tls, "FOLDER/NAME",
      "Short for --tls-cert FOLDER/NAME.pem --tls-key\nFOLDER/NAME.key "
      "--tls-ca FOLDER/ca.pem and --clients\nFOLDER/clients.txt");
  Add(command, "--tls-cert", options.tls_cert, "FILE",
      "The server's certificate, with its chain (PEM)");
  Add(command, "--tls-key", options.tls_key, "FILE", "Its key (PEM)");
  Add(command, "--tls-ca", options.tls_ca, "FILE",
      "The authority that clients' certificates come from (PEM)");
  Add(command, "--clients", options.clients, "FILE",
      "The client table: who may do what");
  Add(command, "--local-roles", options.local_roles, "ROLES",
      "Roles of callers of Unix sockets and of plaintext TCP");
  command.add_flag("--insecure-plaintext-tcp", options.insecure_plaintext_tcp,
                   "Allow TCP without TLS: whoever reaches the port reads\n"
                   "everything and has the local roles");
}

void AddWork(CLI::App& command, ServeOptions& options) {
  service::Tuning& tuning = options.tuning;
  AddNumber(command, "--workers", options.workers, "N", 0, kWorkersMax,
            "Pictures decoded at once, for live and for bulk work\neach (0: "
            "one a core)");
  AddNumber(command, "--match-workers", tuning.match_workers, "N", 0, 256,
            "Threads that search, for live and for bulk work each\n(0: one a "
            "core)");
  AddNumber(command, "--low-priority", options.low_priority, "N", 0, 19,
            "Niceness of bulk and maintenance work");
  AddNumber(command, "--look-us", options.look_us, "US", 0, 1e6,
            "While such work runs, how often each processor looks\nwhether "
            "live work waits (0: as the kernel does)");
  command.add_flag("--pin-workers", tuning.pin_workers,
                   "Keep each search thread on a processor of its own");
  AddNumber(command, "--live-queue", tuning.live_queue, "N", 1, 1e6,
            "Live searches that may wait");
  AddNumber(command, "--live-wait-ms", options.live_wait_ms, "MS", 0, 1e6,
            "A live search that would wait longer is refused at once\n(0: "
            "only the queue's length counts)");
  AddNumber(command, "--bulk-queue", tuning.bulk_queue, "N", 1, 1e6,
            "Hashes of bulk work that may wait");
  AddNumber(command, "--picture-queue", tuning.picture_queue, "N", 1, 1e6,
            "Pictures that may wait, live and bulk each");
  AddNumber(command, "--maintenance-queue", tuning.maintenance_queue, "N", 1,
            1e5, "Changes that may wait; lookups 16 times as many");
  AddNumber(command, "--queue-mib", options.queue_mib, "MIB", 1, 1e5,
            "Bytes of requests that may wait in one queue");
  AddNumber(command, "--under-way-mib", options.under_way_mib, "MIB", 66, 1e5,
            "Bytes of all requests that were taken and not answered");
  AddNumber(command, "--live-deadline-ms", options.live_deadline_ms, "MS", 1,
            1e8, "For live requests without a deadline");
  AddNumber(command, "--bulk-deadline-ms", options.bulk_deadline_ms, "MS", 1,
            1e8, "For bulk requests without a deadline");
  AddNumber(command, "--maintenance-deadline-ms",
            options.maintenance_deadline_ms, "MS", 1, 1e8,
            "For changes and lookups without a deadline");
  AddNumber(command, "--client-rate", tuning.quota.items_per_second, "N", 0,
            1e9,
            "Items a second of a client whose row sets no rate\n(0: no "
            "limit)");
  AddNumber(command, "--client-in-flight", tuning.quota.in_flight_max, "N", 0,
            1e6,
            "Items under way of a client whose row sets none\n(0: no "
            "limit)");
}

void AddOperation(CLI::App& command, ServeOptions& options) {
  operate::FloodOptions& flood = options.tuning.flood;
  Add(command, "--log", options.log, "FILE",
      "The request log, a JSON object a line (standard error\nwhen not "
      "given)");
  Add(command, "--log-level", options.log_level, "LEVEL",
      "debug (every request), info, warning or error");
  Add(command, "--backups", options.backups, "DIR",
      "Where backups of the store go, when asked for: by `kenal\n--server "
      "ADDR backup create`, or SIGUSR1");
  AddNumber(command, "--backup-every", options.backup_every, "MIN", 0, 1e6,
            "Also as soon as the last one is so many minutes old\n(0: never)");
  AddNumber(command, "--backup-keep", options.backup_keep, "N", 0, 1e6,
            "How many stay; older ones are removed (0: all)");
  AddNumber(command, "--drain-seconds", options.drain_seconds, "S", 0, 3600,
            "What was taken is answered within this on SIGTERM");
  AddNumber(command, "--flood-floor", flood.floor, "N", 1, 1e9,
            "Near matches of one entry within the window that are\nnever a "
            "flood");
  AddNumber(command, "--flood-factor", flood.factor, "X", 1, 1e6,
            "Times its usual count that make a flood");
  AddNumber(command, "--flood-window-seconds", options.flood_window_seconds,
            "S", 1, 86'400, "The window that matches are counted in");
  command.add_flag("--flood-alert-only", options.flood_alert_only,
                   "Alert, and leave the label of the entry alone");
}

// --config itself and what prints it are not in a file.
bool IsInFile(const CLI::Option& option) {
  return option.get_configurable() && !option.get_lnames().empty();
}

Status Apply(CLI::App& command, const CLI::ConfigItem& item,
             const std::string& file) {
  const std::string key = item.fullname();
  CLI::Option* const option =
      item.parents.empty() ? command.get_option_no_throw("--" + item.name)
                           : nullptr;
  if (option == nullptr || !IsInFile(*option)) {
    return InvalidArgument(file + ": \"" + WordForMessage(key) +
                           "\" is no key of `kenal serve`; see --print-config");
  }
  if (option->count() > 0) return OkStatus();  // the command line goes before
  try {
    option->add_result(item.inputs);
    option->run_callback();
  } catch (const CLI::Error& error) {
    return InvalidArgument(file + ": \"" + key +
                           "\": " + WordsForMessage(error.what()));
  }
  return OkStatus();
}

}  // namespace

void AddServeOptions(CLI::App& command, ServeOptions& options) {
  AddDoor(command, options);
  AddWork(command, options);
  AddOperation(command, options);
  command
      .add_option("--config", options.config,
                  "A file with any of these, such as tls = \"/etc/k/server\"")
      ->type_name("FILE")
      ->configurable(false);
  command
      .add_flag("--print-config", options.print_config,
                "Print such a file with all of them, and end")
      ->configurable(false);
}

Status ReadConfig(CLI::App& command, ServeOptions& options) {
  if (options.config.empty()) return OkStatus();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(options.config, ignored)) {
    return NotFound(options.config + ": no such file");
  }
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_file(options.config);
  } catch (const CLI::Error& error) {
    return InvalidArgument(options.config + ": " +
                           WordsForMessage(error.what()));
  }
  for (const CLI::ConfigItem& item : items) {
    KENAL_TRY(Apply(command, item, options.config));
  }
  return OkStatus();
}

std::string PrintedConfig(const CLI::App& command) {
  std::string text =
      "# Of `kenal serve --config FILE`. The command line goes before it.\n";
  for (const CLI::Option* option : command.get_options()) {
    if (!IsInFile(*option) || option->get_lnames()[0] == "help") continue;
    std::string about = option->get_description();
    std::ranges::replace(about, '\n', ' ');
    text += "\n# " + about + "\n";
    const std::string& key = option->get_lnames()[0];
    const bool flag = option->get_expected_max() == 0;
    const bool list = option->get_items_expected_max() > 1;
    if (option->count() > 0) {
      const std::vector<std::string> values = option->results();
      text +=
          CLI::detail::ini_join(values, ',', list ? '[' : ' ', list ? ']' : ' ')
              .insert(0, key + " = ") +
          "\n";
      continue;
    }
    const std::string usual = option->get_default_str();
    text += "# " + key + " = " +
            (flag   ? "false"
             : list ? "[\"unix:/run/kenal/kenal.sock\"]"
                    : CLI::detail::convert_arg_for_ini(usual)) +
            "\n";
  }
  text.pop_back();
  return text;
}

StatusOr<service::ServerOptions> ServerOptionsOf(const ServeOptions& options) {
  service::ServerOptions how;
  how.listen = options.listen;
  identity::TlsFiles& tls = how.tls;
  tls = {.certificate = options.tls_cert,
         .key = options.tls_key,
         .authority = options.tls_ca};
  how.clients = options.clients;
  if (!options.tls.empty()) {
    const std::filesystem::path base(options.tls);
    const auto in_folder = [&base](const char* name) {
      return (base.parent_path() / name).string();
    };
    if (tls.certificate.empty()) tls.certificate = options.tls + ".pem";
    if (tls.key.empty()) tls.key = options.tls + ".key";
    if (tls.authority.empty()) tls.authority = in_folder("ca.pem");
    if (how.clients.empty()) how.clients = in_folder("clients.txt");
  }
  if (!options.local_roles.empty()) {
    KENAL_TRY_ASSIGN(how.local_roles,
                     identity::ParseRoles(options.local_roles));
  }
  how.insecure_plaintext_tcp = options.insecure_plaintext_tcp;
  if (options.backups.empty() &&
      (options.backup_every > 0 || options.backup_keep > 0)) {
    return InvalidArgument(
        "--backup-every and --backup-keep need --backups DIR");
  }
  how.log.path = options.log;
  KENAL_TRY_ASSIGN(how.log.level, operate::ParseLogLevel(options.log_level));
  how.tuning = options.tuning;
  how.tuning.low_priority = options.low_priority;
  how.tuning.look_period = std::chrono::microseconds(options.look_us);
  how.tuning.live_wait = milliseconds(options.live_wait_ms);
  how.tuning.live_deadline = milliseconds(options.live_deadline_ms);
  how.tuning.bulk_deadline = milliseconds(options.bulk_deadline_ms);
  how.tuning.maintenance_deadline =
      milliseconds(options.maintenance_deadline_ms);
  how.tuning.queue_bytes = static_cast<size_t>(options.queue_mib) << 20;
  how.tuning.bytes_under_way = static_cast<size_t>(options.under_way_mib) << 20;
  how.tuning.flood.window = seconds(options.flood_window_seconds);
  how.tuning.flood_label = !options.flood_alert_only;
  return how;
}

}  // namespace kenal::cli
