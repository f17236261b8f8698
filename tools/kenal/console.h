// Console: results to standard output, everything said to people to standard
// error.
//
// Standard output is written in whole lines. The first failure to write is
// kept and returned from then on: a full disk as kResourceExhausted, a reader
// that went away as kCancelled (see reader_gone). Thread-safe.
#ifndef KENAL_TOOLS_KENAL_CONSOLE_H_
#define KENAL_TOOLS_KENAL_CONSOLE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/base/mutex.h"

namespace kenal::cli {

class Console {
 public:
  Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // No progress, no summaries, no hints; errors and warnings remain.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }

  // A line of results; kept back until Flush or until there is a lot.
  Status Put(std::string_view line);
  Status Flush();
  Status PutNow(std::string_view line);  // Put, then Flush

  // "kenal: message" as one line on stderr, whatever `message` holds.
  void Say(std::string_view message);
  // Say, unless quiet.
  void Note(std::string_view message);

  // Shows `text` in place of the line shown before, on a terminal; it goes
  // away as soon as something else is printed. Empty: takes it away.
  void ShowLive(std::string_view text);

  // The one who read standard output has closed it.
  bool reader_gone() const;

  bool output_is_terminal() const { return output_is_terminal_; }
  bool error_is_terminal() const { return error_is_terminal_; }
  bool output_has_colour() const { return output_has_colour_; }
  // Of the terminal; 80 when there is none.
  size_t columns() const { return columns_; }

 private:
  Status FlushLocked() KENAL_REQUIRES(mutex_);
  void HideLive() KENAL_REQUIRES(mutex_);

  bool quiet_ = false;
  bool output_is_terminal_;
  bool error_is_terminal_;
  bool output_has_colour_;
  size_t columns_;
  mutable base::Mutex mutex_;
  std::string pending_ KENAL_GUARDED_BY(mutex_);
  std::string live_ KENAL_GUARDED_BY(mutex_);
  Status failure_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CONSOLE_H_
