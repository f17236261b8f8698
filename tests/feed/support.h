// A feed without a network.
#ifndef KENAL_TESTS_FEED_SUPPORT_H_
#define KENAL_TESTS_FEED_SUPPORT_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "src/base/digest.h"
#include "src/feed/feed.h"
#include "src/feed/transport.h"

namespace kenal::feed {

inline std::string Md5HexOf(const std::string& text) {
  return Md5{base::DigestAll(base::AsBytes(text)).md5}.ToHex();
}

// NCMEC's words for an entry, whose md5 is that of `content`.
inline std::string Image(const std::string& id, const std::string& content) {
  return "<image><member id=\"42\">Demo</member><timestamp>2024-01-02T03:04:"
         "05Z</timestamp><id>" +
         id + "</id><fingerprints><md5>" + Md5HexOf(content) +
         "</md5></fingerprints></image>";
}
inline std::string Deleted(const std::string& id) {
  return "<deletedImage><member id=\"42\">Demo</member><id>" + id +
         "</id><timestamp>2024-01-02T03:04:05Z</timestamp></deletedImage>";
}
// `next` as it is written in XML; empty: none.
inline std::string NcmecPage(const std::string& images,
                             const std::string& next) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<queryResult "
         "xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\"><images "
         "count=\"1\">" +
         images + "</images><videos count=\"0\"/>" +
         (next.empty() ? "" : "<paging><next>" + next + "</next></paging>") +
         "</queryResult>";
}

// Answers with `pages`, which are about images, one after another: the first
// for whatever has no start, and each names the next.
class PagedFeed : public Transport {
 public:
  StatusOr<Response> Get(const Request& request, Spool& body) override {
    requests.push_back(request);
    EXPECT_TRUE(body.Clear().ok());
    if (before) {
      const StatusOr<Response> instead = before(requests.size(), body);
      if (!instead.ok() || instead->status != 0) return instead;
    }
    const size_t at = request.url.find("start=");
    const size_t page =
        at == std::string::npos ? 0 : std::stoul(request.url.substr(at + 6));
    std::string next;
    if (page + 1 < pages.size()) {
      next = "/v2/entries?start=" + std::to_string(page + 1) +
             "&amp;size=1000&amp;max=3000";
    }
    Put(raw ? pages.at(page) : NcmecPage(pages.at(page), next), body);
    return Response{.status = 200};
  }

  static void Put(const std::string& text, Spool& body) {
    EXPECT_TRUE(body.Append({text.data(), text.size()}).ok());
  }

  std::vector<std::string> pages;
  bool raw = false;  // they are whole bodies
  // Gets the number of the request, from 1; an error or a status other than 0
  // is the answer.
  std::function<StatusOr<Response>(size_t, Spool&)> before;
  std::vector<Request> requests;
};

inline const Credentials kCredentials{.user = "demo", .password = "PASSWORD"};

inline Feed NcmecFeed(const std::string& url = "https://feed.example/npo") {
  return *Feed::Make(FeedKind::kNcmec, *ParseAddress(url, false));
}

}  // namespace kenal::feed

#endif  // KENAL_TESTS_FEED_SUPPORT_H_
