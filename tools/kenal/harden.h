// What a process that holds many pictures and files for long asks the system.
#ifndef KENAL_TOOLS_KENAL_HARDEN_H_
#define KENAL_TOOLS_KENAL_HARDEN_H_

namespace kenal::cli {

// Memory holds hashes and pictures, so a crash must not write it to disk; and
// every connection, exhibit or segment needs a descriptor.
void HardenProcess();

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_HARDEN_H_
