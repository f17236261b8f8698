// What `kenal serve` can be told, on the command line and in a file.
#ifndef KENAL_TOOLS_KENAL_SERVE_OPTIONS_H_
#define KENAL_TOOLS_KENAL_SERVE_OPTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/service/server.h"

namespace CLI {
class App;
}

namespace kenal::cli {

struct ServeOptions {
  std::vector<std::string> listen;
  std::vector<std::string> http;
  std::string tls;  // FOLDER/NAME
  std::string tls_cert;
  std::string tls_key;
  std::string tls_ca;
  std::string clients;
  std::string local_roles;
  bool insecure_plaintext_tcp = false;
  int workers = 0;
  std::string log;
  std::string log_level = "info";
  int drain_seconds = 10;
  std::string backups;
  int backup_every = 0;
  int backup_keep = 0;

  int low_priority = 19;
  int look_us = 1000;
  int live_wait_ms = 25;
  int live_deadline_ms = 10'000;
  int bulk_deadline_ms = 60'000;
  int maintenance_deadline_ms = 120'000;
  int queue_mib = 256;
  int under_way_mib = 1024;
  int flood_window_seconds = 60;
  bool flood_alert_only = false;
  service::Tuning tuning;  // the rest

  std::string config;
  bool print_config = false;
};

// `options` outlives `command`.
void AddServeOptions(CLI::App& command, ServeOptions& options);

// Sets from options.config what the command line did not, when it names a
// file. Errors: kNotFound, kInvalidArgument name the file and the key.
Status ReadConfig(CLI::App& command, ServeOptions& options);

// All options as a file for --config, with what each is for.
std::string PrintedConfig(const CLI::App& command);

// Errors: kInvalidArgument names the flag.
StatusOr<service::ServerOptions> ServerOptionsOf(const ServeOptions& options);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_SERVE_OPTIONS_H_
