#include "tests/decode/processes.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kenal::decode {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int64_t StatusBytes(pid_t pid, const std::string& what) {
  std::istringstream status(Read("/proc/" + std::to_string(pid) + "/status"));
  for (std::string word; status >> word;) {
    int64_t kibibytes = 0;
    if (word == what && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::istringstream list(Read(task.path().string() + "/children"));
    for (pid_t pid = 0; list >> pid;) children.push_back(pid);
  }
  std::sort(children.begin(), children.end());
  return children;
}

bool IsRunning(pid_t pid) {
  std::string status = Read("/proc/" + std::to_string(pid) + "/stat");
  size_t end = status.rfind(") ");
  return end != std::string::npos && status[end + 2] != 'Z' &&
         status[end + 2] != 'X';
}

int64_t PeakResidentBytes(pid_t pid) { return StatusBytes(pid, "VmHWM:"); }

int64_t PeakAddressBytes(pid_t pid) { return StatusBytes(pid, "VmPeak:"); }

int64_t CpuTimeMs(pid_t pid) {
  clockid_t clock;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kenal::decode
