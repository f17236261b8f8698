#include "tests/container/opened.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

namespace kenal::container {

Opener& TestOpener() {
  static const std::unique_ptr<Opener> opener = [] {
    auto started = Opener::Start({.program = KENAL_BIN_DIR "/kenal-opener"});
    EXPECT_TRUE(started.ok()) << started.status();
    return *std::move(started);
  }();
  return *opener;
}

OpenFile::OpenFile(const std::string& path)
    : descriptor_(open(path.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC)) {
  EXPECT_GE(descriptor_, 0) << path;
}

OpenFile::~OpenFile() { close(descriptor_); }

StatusOr<std::unique_ptr<Container>> OpenPaths(
    Kind kind, const std::vector<std::string>& paths, const Limits& limits) {
  std::vector<std::unique_ptr<OpenFile>> files;
  std::vector<int> descriptors;
  for (const std::string& path : paths) {
    files.push_back(std::make_unique<OpenFile>(path));
    descriptors.push_back(files.back()->descriptor());
  }
  return TestOpener().Open(kind, descriptors, limits);
}

StatusOr<std::unique_ptr<Container>> OpenBytes(Kind kind,
                                               std::string_view bytes,
                                               const Limits& limits) {
  const int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  EXPECT_EQ(write(file, bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
  const int descriptors[] = {file};
  auto opened = TestOpener().Open(kind, descriptors, limits);
  close(file);
  return opened;
}

std::string ReadEntry(Container& container, const Entry& entry,
                      ReadResult* result) {
  std::string content;
  const ReadResult read =
      container.Read(entry, [&content](std::span<const uint8_t> bytes) {
        content.append(bytes.begin(), bytes.end());
        return true;
      });
  EXPECT_EQ(read.size_bytes, content.size());
  if (result != nullptr) *result = read;
  return content;
}

std::vector<Entry> ListAll(Container& container) {
  std::vector<Entry> entries;
  for (Entry entry; container.Next(entry);) entries.push_back(entry);
  return entries;
}

std::map<std::string, std::string> ReadAll(Container& container) {
  std::map<std::string, std::string> contents;
  for (Entry entry; container.Next(entry);) {
    if (entry.type != EntryType::kFile) continue;
    ReadResult result;
    std::string content = ReadEntry(container, entry, &result);
    if (!result.failure) contents[entry.path] = std::move(content);
  }
  return contents;
}

std::string WhyNot(const StatusOr<std::unique_ptr<Container>>& opened) {
  return opened.ok() ? "" : ReasonOf(opened.status()).reason;
}

Recognised RecogniseFile(const std::string& path) {
  const std::string text = ReadText(path);
  const std::span<const uint8_t> bytes(
      reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const auto head = [bytes](size_t count) {
    return bytes.first(std::min(bytes.size(), count));
  };
  const Recognised first = Recognise(head(kHeadBytes), bytes.size());
  if (first.wants_bytes == 0) return first;
  return Recognise(head(first.wants_bytes), bytes.size());
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bool RunShell(const std::string& command) {
  const std::string quiet =
      "exec </dev/null >/dev/null 2>&1\nexport PATH=$PATH:/sbin:/usr/sbin\n" +
      command;
  const char* arguments[] = {"sh", "-e", "-c", quiet.c_str(), nullptr};
  pid_t pid = -1;
  if (posix_spawnp(&pid, "sh", nullptr, nullptr,
                   const_cast<char* const*>(arguments), environ) != 0) {
    return false;
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << command;
  return status == 0;
}

std::string Noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace kenal::container
