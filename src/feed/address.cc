#include "src/feed/address.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace kenal::feed {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string Part(const Url& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  std::string out(text);
  curl_free(text);
  return out;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  const bool numeric =
      host.find_first_not_of("0123456789.") == std::string::npos;
  return numeric && host.starts_with("127.") &&
         std::count(host.begin(), host.end(), '.') == 3;
}

std::string WithoutEndSlashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7F; });
}

StatusOr<Url> Parse(std::string_view text) {
  if (text.size() > kAddressBytesMax || !IsPrintable(text)) {
    return InvalidArgument(
        "an address is at most " + std::to_string(kAddressBytesMax) +
        " visible ASCII characters, others escaped as in %20");
  }
  Url url(curl_url());
  if (url == nullptr) return ResourceExhausted("no memory for an address");
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(),
                   CURLU_DISALLOW_USER) != CURLUE_OK) {
    return InvalidArgument(
        "an address is https://HOST/PATH, without user and password");
  }
  return url;
}

StatusOr<Address> InParts(std::string_view text) {
  KENAL_TRY_ASSIGN(const Url url, Parse(text));
  const std::string scheme = Lower(Part(url, CURLUPART_SCHEME));
  const std::string host = Lower(Part(url, CURLUPART_HOST));
  if (scheme != "https" && scheme != "http") {
    return InvalidArgument("an address begins with https://");
  }
  if (!Part(url, CURLUPART_FRAGMENT).empty()) {
    return InvalidArgument("an address of a feed has no # in it");
  }
  Address address{.origin = scheme + "://" + host + ":" +
                            Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT),
                  .path = WithoutEndSlashes(Part(url, CURLUPART_PATH)),
                  .query = Part(url, CURLUPART_QUERY),
                  .loopback = IsLoopback(host)};
  const std::string usual = scheme == "https" ? ":443" : ":80";
  if (address.origin.ends_with(usual)) {
    address.origin.resize(address.origin.size() - usual.size());
  }
  return address;
}

bool IsPlainLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void AppendEscaped(std::string_view text, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsPlainLetter(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto high =
        i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const auto low = high ? HexDigit(text[i + 2]) : std::nullopt;
    if (text[i] == '%' && low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

template <typename Use>
void EachParameter(std::string_view query, Use use) {
  while (!query.empty()) {
    const size_t size = std::min(query.find('&'), query.size());
    const std::string_view whole = query.substr(0, size);
    if (!whole.empty()) {
      use(whole, Unescaped(whole.substr(0, whole.find('='))));
    }
    query.remove_prefix(std::min(size + 1, query.size()));
  }
}

}  // namespace

std::string Address::Whole() const {
  return Shown() + (query.empty() ? "" : "?" + query);
}

StatusOr<Address> ParseAddress(std::string_view text, bool allow_plain) {
  KENAL_TRY_ASSIGN(Address address, InParts(text));
  const bool plain = address.origin.starts_with("http:");
  if (plain && !address.loopback && !allow_plain) {
    return InvalidArgument(
        "http sends credentials and hashes in the clear; use https://");
  }
  return address;
}

StatusOr<Address> NextAddress(const Address& feed, std::string_view next,
                              std::string_view relative_to) {
  const auto elsewhere = [&](std::string_view why) {
    return FailedPrecondition("the address of its next page is not below " +
                              feed.Shown() + ": " + std::string(why));
  };
  const bool has_host = next.find("://") != std::string_view::npos &&
                        next.find("://") < next.find_first_of("/?");
  std::string whole;
  if (has_host || next.starts_with("//")) {
    whole = next;
  } else if (next.starts_with('?')) {
    whole = feed.Shown() + std::string(next);
  } else {
    whole =
        feed.origin + (next.starts_with('/') ? "" : "/") + std::string(next);
  }
  const StatusOr<Address> found = InParts(whole);
  if (!found.ok()) return elsewhere(std::string(found.status().message()));
  if (found->origin != feed.origin) return elsewhere("it is on another host");
  const bool below = !has_host && !relative_to.empty() &&
                     relative_to.size() <= feed.path.size() &&
                     feed.path == std::string(relative_to) + found->path;
  if (found->path != feed.path && !below) {
    return elsewhere("it has another path");
  }
  Address out = feed;
  out.query = found->query;
  return out;
}

std::string Query(
    const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    AppendEscaped(name, out);
    out += '=';
    AppendEscaped(value, out);
  }
  return out;
}

std::vector<std::string> QueryNames(std::string_view query) {
  std::vector<std::string> names;
  EachParameter(query, [&](std::string_view, std::string name) {
    names.push_back(std::move(name));
  });
  return names;
}

std::string WithoutParameter(std::string_view query, std::string_view name) {
  std::string out;
  EachParameter(query, [&](std::string_view whole, const std::string& each) {
    if (each != name) out = JoinQueries(std::move(out), whole);
  });
  return out;
}

std::string JoinQueries(std::string a, std::string_view b) {
  if (!a.empty() && !b.empty()) a += '&';
  a += b;
  return a;
}

}  // namespace kenal::feed
