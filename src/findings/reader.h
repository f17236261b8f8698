// Findings: a journal for reading, in the order of reports.
//
//   KENAL_TRY_ASSIGN(auto findings, Findings::Open(folder));
//   for (size_t i = 0; i < findings->place_count(); ++i) {
//     KENAL_TRY_ASSIGN(const Place place, findings->ReadPlace(i));
//     if (place.content) {
//       KENAL_TRY_ASSIGN(const Content content,
//                        findings->ReadContent(*place.content));
//
// A place that the journal tells more than once is as it was told last. In
// memory it holds some 60 bytes a place and 80 a content; while it is
// opened, the paths too.
#ifndef KENAL_SRC_FINDINGS_READER_H_
#define KENAL_SRC_FINDINGS_READER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/findings/findings.h"

namespace kenal::findings {

struct Amount {
  uint64_t places = 0;
  uint64_t bytes = 0;
  friend bool operator==(const Amount&, const Amount&) = default;
};

// Counted once, when findings are opened, so that every report says the same.
struct Totals {
  Amount all;
  std::map<std::pair<Coverage, std::string>, Amount> coverage;  // by reason
  std::map<Verdict, Amount> verdicts;  // of places with a content
  uint64_t hit_places = 0;
  uint64_t hit_contents = 0;
  uint64_t contents = 0;  // distinct
  uint64_t pictures = 0;  // places that were decoded
  uint64_t flat = 0;      // of these, too flat to be compared by PDQ
  uint64_t deleted = 0;
  uint64_t thumbnails = 0;
  // Places and contents that were hit, by list. A content may meet several.
  struct OfList {
    uint64_t places = 0;
    uint64_t contents = 0;
    friend bool operator==(const OfList&, const OfList&) = default;
  };
  std::map<std::string, OfList> lists;
  friend bool operator==(const Totals&, const Totals&) = default;
};

// What is kept of each content in memory.
struct ContentFacts {
  Sha256 sha256;
  std::optional<PdqHash> pdq;  // of pictures that are not flat
  Verdict verdict = Verdict::kUnavailable;
  bool template_like = false;
};

class Findings {
 public:
  // Errors: as Journal::Read.
  static StatusOr<std::unique_ptr<Findings>> Open(const std::string& folder);
  virtual ~Findings() = default;

  virtual const Run& run() const = 0;
  virtual std::span<const Exhibit> exhibits() const = 0;
  virtual const Totals& totals() const = 0;
  virtual const Totals& totals_of(uint32_t exhibit) const = 0;

  // `i` below place_count(), in the order of KeyOf(). One read of the file.
  // Not thread-safe. Errors: kDataLoss, kUnavailable.
  virtual size_t place_count() const = 0;
  virtual StatusOr<Place> ReadPlace(size_t i) = 0;
  // Without reading.
  virtual uint32_t exhibit_of(size_t i) const = 0;
  virtual std::optional<ContentNumber> content_of(size_t i) const = 0;

  virtual std::span<const ContentFacts> contents() const = 0;
  virtual StatusOr<Content> ReadContent(ContentNumber number) = 0;
};

}  // namespace kenal::findings

#endif  // KENAL_SRC_FINDINGS_READER_H_
