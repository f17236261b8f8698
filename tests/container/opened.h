// Containers opened through the real opener, and what came out of them.
#ifndef KENAL_TESTS_CONTAINER_OPENED_H_
#define KENAL_TESTS_CONTAINER_OPENED_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/container/opener.h"
#include "src/container/recognise.h"

namespace kenal::container {

// One for the whole program.
Opener& TestOpener();

// A file opened for reading, its access time left alone; closed at the end.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

StatusOr<std::unique_ptr<Container>> OpenPaths(
    Kind kind, const std::vector<std::string>& paths,
    const Limits& limits = {});

// Bytes as if they were a file, in memory.
StatusOr<std::unique_ptr<Container>> OpenBytes(Kind kind,
                                               std::string_view bytes,
                                               const Limits& limits = {});

// All that a sink gets of an entry; `result` when given.
std::string ReadEntry(Container& container, const Entry& entry,
                      ReadResult* result = nullptr);

std::vector<Entry> ListAll(Container& container);

// Content of every file that is whole, by path; each read as it is listed.
std::map<std::string, std::string> ReadAll(Container& container);

// "" when it could be opened, else the reason word.
std::string WhyNot(const StatusOr<std::unique_ptr<Container>>& opened);

// What the head of the file is taken for, read as Recognise() wants it.
Recognised RecogniseFile(const std::string& path);

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, std::string_view bytes);

// Runs a command by sh; its output goes nowhere. True when it exits with 0.
bool RunShell(const std::string& command);

// `count` bytes that do not compress, from `seed`.
std::string Noise(size_t count, uint32_t seed);

}  // namespace kenal::container

#endif  // KENAL_TESTS_CONTAINER_OPENED_H_
