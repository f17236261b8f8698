// What a feed knows us by. It comes from a file that is private to its owner,
// or from the environment; never from the command line, which every user of
// the machine can read.
//
//   user = demo
//   password = ...
//
// or, where a feed takes a token, `token = ...`. One a line; a value goes to
// the end of its line, without the blanks around it. Empty lines and lines
// that begin with # are passed over.
#ifndef KENAL_SRC_FEED_CREDENTIALS_H_
#define KENAL_SRC_FEED_CREDENTIALS_H_

#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::feed {

// Secrets: in no message and no file that Kenal writes.
struct Credentials {
  std::string user;
  std::string password;
  std::string token;
};

inline constexpr size_t kCredentialsBytesMax = 64 * 1024;

// `name` is what messages call the text. Errors: kInvalidArgument, with the
// line and never what it says.
StatusOr<Credentials> ParseCredentials(std::string_view text,
                                       const std::string& name);

// Errors: kNotFound            no such file
//         kFailedPrecondition  not a regular file, of another owner than this
//                              process or root, or others may read or write it
//         kUnavailable, and those of ParseCredentials
StatusOr<Credentials> ReadCredentials(const std::string& path);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_CREDENTIALS_H_
