#include "src/wire/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "src/wire/text.h"

namespace kenal::wire {
namespace {

constexpr size_t kHostBytesMax = 253;  // a DNS name

Status Malformed(std::string_view text, std::string_view why) {
  return InvalidArgument(
      "address \"" + CutText(text, 300) + "\": " + std::string(why) +
      "; use unix:PATH, 127.0.0.1:PORT, [::1]:PORT or HOST:PORT");
}

StatusOr<Address> ParseUnix(std::string_view text, std::string_view path) {
  // unix:///a is a second way to write unix:/a.
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty()) return Malformed(text, "has no path");
  if (path.find('\0') != path.npos) return Malformed(text, "has a zero byte");
  if (path.size() > kSocketPathBytesMax) {
    return InvalidArgument("socket path of " + std::to_string(path.size()) +
                           " bytes: the system allows " +
                           std::to_string(kSocketPathBytesMax) +
                           "; use a shorter one, such as under /run or /tmp");
  }
  return Address{.path = std::string(path), .host = {}, .port = 0};
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsHost(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  if (bracketed) {
    in6_addr parsed;
    return inet_pton(AF_INET6, std::string(host).c_str(), &parsed) == 1;
  }
  for (const char c : host) {
    if (!IsHostCharacter(c)) return false;
  }
  return true;
}

}  // namespace

bool Address::is_loopback() const {
  if (is_unix()) return false;
  if (host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6;
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

std::string Address::ToString() const {
  if (is_unix()) return "unix:" + path;
  const bool is_v6 = host.find(':') != host.npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Address::GrpcTarget() const {
  if (!is_unix()) return ToString();
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string target = "unix:";
  for (const char c : path) {
    if (IsHostCharacter(c) || c == '/') {
      target += c;
      continue;
    }
    const uint8_t byte = static_cast<uint8_t>(c);
    target += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return target;
}

StatusOr<Address> ParseAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    return ParseUnix(text, text.substr(kUnix.size()));
  }
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return Malformed(text, "has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);

  const bool bracketed =
      host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!IsHost(host, bracketed)) return Malformed(text, "has no such host");

  Address address{.path = {}, .host = std::string(host), .port = 0};
  const char* const end = port_text.data() + port_text.size();
  const auto [stop, error] =
      std::from_chars(port_text.data(), end, address.port);
  if (error != std::errc() || stop != end) {
    return Malformed(text, "the port is not 0 to 65535");
  }
  return address;
}

}  // namespace kenal::wire
