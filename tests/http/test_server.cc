// kenal-http-test-server: an HTTP server with a FakeDispatcher, for tests in
// other languages.
//
//   kenal-http-test-server LISTEN [CERTIFICATE KEY AUTHORITY]
//
// A LISTEN of "quick:..." has short time limits. Prints where it listens. Each
// line of the input gets one back: "stats" counts, "refusal" tells of the last
// request that the dispatcher heard to be refused, "serving 0|1" sets whether
// it serves, "files N" how many it may have open; when the input ends it shuts
// down within ten seconds and prints "down".
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include "src/http/http_server.h"
#include "tests/http/fake_dispatcher.h"

namespace kenal {
namespace {

void AllowFiles(rlim_t most) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min(most, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(int count, char** arguments) {
  // The tests open more sockets than the usual soft limit.
  AllowFiles(RLIM_INFINITY);
  testing::FakeDispatcher dispatcher;
  http::HttpOptions options{.listen = {arguments[1]}};
  std::string& listen = options.listen.front();
  if (listen.starts_with("quick:")) {
    listen = listen.substr(6);
    options.limits.handshake = std::chrono::milliseconds(1000);
    options.limits.header = std::chrono::milliseconds(1000);
    options.limits.stall = std::chrono::milliseconds(1000);
    options.limits.idle = std::chrono::milliseconds(2000);
    options.limits.connections_max = 64;
    options.limits.bytes_in_flight_max = size_t{24} << 20;
    options.limits.answer_bytes_max = size_t{4} << 20;
  }
  if (count == 5) {
    options.tls = {arguments[2], arguments[3], arguments[4]};
    options.on_reload = [](const Status& status) {
      std::fprintf(stderr, "reload %s\n", status.ToString().c_str());
    };
  } else {
    options.insecure_plaintext_tcp = true;
  }
  auto server = http::HttpServer::Start(dispatcher, options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  std::printf("%s\n", (*server)->addresses().front().c_str());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.starts_with("serving ")) dispatcher.serving = line.back() == '1';
    if (line.starts_with("files ")) AllowFiles(std::stoul(line.substr(6)));
    if (line == "refusal") {
      std::printf("%s\n", dispatcher.last_refusal().c_str());
    } else {
      std::printf("calls %d cancelled %d connections %zu refused %d\n",
                  dispatcher.calls.load(), dispatcher.cancelled.load(),
                  (*server)->connection_count(), dispatcher.refused.load());
    }
    std::fflush(stdout);
  }
  (*server)->Shutdown(std::chrono::seconds(10));
  std::printf("down\n");
  return 0;
}

}  // namespace
}  // namespace kenal

int main(int count, char** arguments) {
  return count == 2 || count == 5 ? kenal::Run(count, arguments) : 2;
}
