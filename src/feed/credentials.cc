#include "src/feed/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "src/base/file.h"

namespace kenal::feed {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string* MemberOf(std::string_view name, Credentials& credentials) {
  if (name == "user") return &credentials.user;
  if (name == "password") return &credentials.password;
  if (name == "token") return &credentials.token;
  return nullptr;
}

Status ReadLine(std::string_view line, const std::string& where,
                Credentials& credentials) {
  const size_t equals = line.find('=');
  std::string* const member =
      equals == std::string_view::npos
          ? nullptr
          : MemberOf(Trimmed(line.substr(0, equals)), credentials);
  if (member == nullptr) {
    return InvalidArgument(where +
                           " should be `user = ...`, `password = ...` or "
                           "`token = ...`");
  }
  if (!member->empty()) return InvalidArgument(where + " says it again");
  *member = Trimmed(line.substr(equals + 1));
  if (member->empty()) return InvalidArgument(where + " has no value");
  // A control character would reach a header of a request.
  const bool control = std::any_of(member->begin(), member->end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control) return InvalidArgument(where + " has a control character");
  return OkStatus();
}

Status CheckPrivate(int descriptor, const std::string& path) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) {
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return FailedPrecondition(path + ": is not a regular file");
  }
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return FailedPrecondition(path + ": belongs to another user");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return FailedPrecondition(
        path + ": others can read or write it; chmod 600 " + path);
  }
  return OkStatus();
}

}  // namespace

StatusOr<Credentials> ParseCredentials(std::string_view text,
                                       const std::string& name) {
  Credentials credentials;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, size));
    if (!line.empty() && line.front() != '#') {
      KENAL_TRY(ReadLine(line, name + ": line " + std::to_string(number),
                         credentials));
    }
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return credentials;
}

StatusOr<Credentials> ReadCredentials(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return NotFound(path + ": no such file; it holds the credentials");
    }
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  std::string text(kCredentialsBytesMax + 1, '\0');
  size_t size = 0;
  Status status = CheckPrivate(descriptor, path);
  while (status.ok() && size < text.size()) {
    const ssize_t got = read(descriptor, &text[size], text.size() - size);
    if (got == 0) break;
    if (got > 0) size += static_cast<size_t>(got);
    if (got < 0 && errno != EINTR) {
      status = Unavailable(base::WithErrno(path + ": cannot be read", errno));
    }
  }
  close(descriptor);
  KENAL_TRY(status);
  if (size > kCredentialsBytesMax) {
    return InvalidArgument(path + ": is too long for credentials");
  }
  return ParseCredentials(std::string_view(text).substr(0, size), path);
}

}  // namespace kenal::feed
