// The test program's child processes, as /proc shows them.
#ifndef KENAL_TESTS_DECODE_PROCESSES_H_
#define KENAL_TESTS_DECODE_PROCESSES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace kenal::decode {

// Children of this process, zombies too.
std::vector<pid_t> Children();

// False when there is none of that number, or only a zombie.
bool IsRunning(pid_t pid);

// The highest resident memory so far; 0 when the process is gone.
int64_t PeakResidentBytes(pid_t pid);

// The largest address space so far; 0 when the process is gone.
int64_t PeakAddressBytes(pid_t pid);

// CPU time used so far; 0 when the process is gone.
int64_t CpuTimeMs(pid_t pid);

// Names of everything in a folder.
std::vector<std::string> FilesIn(const std::string& folder);

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_PROCESSES_H_
