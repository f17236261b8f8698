// Interrupt: Ctrl-C (SIGINT) and SIGTERM as a request to stop, for commands
// that run until they are told to end.
#ifndef KENAL_TOOLS_KENAL_INTERRUPT_H_
#define KENAL_TOOLS_KENAL_INTERRUPT_H_

#include <stop_token>
#include <thread>

namespace kenal::cli {

// From its making on the first signal asks to stop; the second ends the
// process. At most one at a time in a process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  // signals end the process again
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_INTERRUPT_H_
