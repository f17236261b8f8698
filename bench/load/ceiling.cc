#include "bench/load/ceiling.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

extern char** environ;

namespace kenal::load {
namespace {

// Enough to keep both ends busy; more only wait.
constexpr int kInFlight = 256;
constexpr double kWarmupSeconds = 0.5;

class Child {
 public:
  Child() = default;
  ~Child() {
    if (input_ >= 0) close(input_);  // its sign to end
    if (output_ >= 0) close(output_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Status Start(const std::vector<std::string>& words) {
    int to_child[2], from_child[2];
    if (pipe2(to_child, O_CLOEXEC) != 0) return Failed();
    input_ = to_child[1];
    if (pipe2(from_child, O_CLOEXEC) != 0) {
      close(to_child[0]);
      return Failed();
    }
    output_ = from_child[0];
    std::vector<char*> arguments;
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    const int error = posix_spawn(&process_, "/proc/self/exe", &actions,
                                  nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to_child[0]);
    close(from_child[1]);
    if (error != 0) process_ = 0;
    return error == 0 ? OkStatus() : Failed();
  }

  // Up to the end of the line.
  std::string ReadLine() {
    std::string line;
    char byte = 0;
    while (read(output_, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return line;
  }

 private:
  static Status Failed() {
    return Unavailable("the empty server cannot be started");
  }

  pid_t process_ = 0;
  int input_ = -1;
  int output_ = -1;
};

std::string AddressFor(const Target& target, const std::string& folder) {
  return target.address.starts_with("unix:") ? "unix:" + folder + "/s"
                                             : "127.0.0.1:0";
}

StatusOr<std::unique_ptr<PhaseResult>> Measure(const Options& options,
                                               std::vector<Part> mix,
                                               const std::string& folder,
                                               double seconds) {
  GeneratorOptions generator = options.generator;
  Child child;
  std::vector<std::string> words = {"kenal-load", "--serve-empty",
                                    "--until-input-ends", "--address",
                                    AddressFor(generator.target, folder)};
  if (!generator.target.tls.empty()) {
    words.insert(words.end(), {"--tls", options.ceiling_tls});
  }
  KENAL_TRY(child.Start(words));
  const std::string line = child.ReadLine();
  const size_t at = line.rfind(' ');
  if (at == std::string::npos) {
    return Unavailable("the empty server did not start");
  }
  generator.target.address = line.substr(at + 1);
  KENAL_TRY_ASSIGN(const auto load, Generator::Make(generator, std::move(mix)));
  load->Run({.seconds = kWarmupSeconds, .closed_loop = kInFlight});
  return load->Run({.seconds = seconds, .closed_loop = kInFlight});
}

}  // namespace

StatusOr<std::unique_ptr<PhaseResult>> MeasureCeiling(const Options& options,
                                                      std::vector<Part> mix,
                                                      double seconds) {
  if (!options.generator.target.tls.empty() && options.ceiling_tls.empty()) {
    return InvalidArgument(
        "--ceiling with --tls needs --ceiling-tls FOLDER/NAME, a server's "
        "certificate");
  }
  std::string folder =
      (std::filesystem::temp_directory_path() / "kenal-load-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return FailedPrecondition(folder + ": cannot be made");
  }
  auto result = Measure(options, std::move(mix), folder, seconds);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return result;
}

}  // namespace kenal::load
