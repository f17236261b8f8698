// kenal-test-server ADDRESS: the service over a store in memory. Prints where
// it listens, and ends when its standard input does.
#include <cstdio>
#include <cstdlib>

#include "src/service/server.h"
#include "tests/service/fakes.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: kenal-test-server ADDRESS\n");
    return EXIT_FAILURE;
  }
  kenal::testing::FakeStore store;
  kenal::testing::FakeHasher hasher;
  kenal::service::ServerOptions options;
  options.listen = {argv[1]};
  options.insecure_plaintext_tcp = true;
  const auto server =
      kenal::service::Server::Start(store, store, hasher, options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return EXIT_FAILURE;
  }
  std::printf("%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  (*server)->Shutdown(std::chrono::seconds(5));
  return EXIT_SUCCESS;
}
