// Writer: items to a list file of some format.
//
//   KENAL_TRY_ASSIGN(std::unique_ptr<Writer> writer,
//                    OpenWriter(Format::kVics, path, options));
//   while (...) KENAL_TRY(writer->Write(item));
//   KENAL_TRY(writer->Finish());
//   Tell(writer->report());  // what the format could not say
#ifndef KENAL_SRC_FORMATS_WRITER_H_
#define KENAL_SRC_FORMATS_WRITER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/reader.h"
#include "src/formats/record.h"

namespace kenal::formats {

// Nothing is dropped in silence: what a format has no place for is counted.
struct WriteReport {
  uint64_t written = 0;
  // Records left out whole, by reason ("has no md5").
  std::map<std::string, uint64_t, std::less<>> records_left_out;
  // Members that were left out of records that were written, by name
  // ("classification", "extra fields"); of how many records.
  std::map<std::string, uint64_t, std::less<>> fields_left_out;
};

// The file appears under its name when Finish returns; a writer that is
// destroyed before that leaves nothing. Not thread-safe.
class Writer {
 public:
  virtual ~Writer() = default;

  // Refused items are passed over. A group's fields and records come after its
  // kGroup item and before the next one.
  // Errors: kInvalidArgument    groups out of order
  //         kResourceExhausted  no space
  //         kUnavailable        cannot be written
  virtual Status Write(const Item& item) = 0;

  // Once, after the last Write. Errors: as Write.
  virtual Status Finish() = 0;

  virtual const WriteReport& report() const = 0;
};

// Members of Record, for saying what a format carries.
enum class Part : uint32_t {
  kSourceId = 1 << 0,
  kKind = 1 << 1,
  kMd5 = 1 << 2,
  kSha1 = 1 << 3,
  kSha256 = 1 << 4,
  kPdq = 1 << 5,
  kPdqDetail = 1 << 6,  // quality, views, variants and what belongs to them
  kPicture = 1 << 7,
  kCarried = 1 << 8,
  kClassification = 1 << 9,
  kFlags = 1 << 10,
  kSeries = 1 << 11,
  kTags = 1 << 12,
  kComment = 1 << 13,
  kMimeType = 1 << 14,
  kSize = 1 << 15,
  kFiles = 1 << 16,
  kSource = 1 << 17,
  kMember = 1 << 18,
  kOpinions = 1 << 19,
  kUpdated = 1 << 20,
  kExpires = 1 << 21,
  kState = 1 << 22,
  kDeleted = 1 << 23,
  kExtra = 1 << 24,
  kFileId = 1 << 25,
};
using Parts = uint32_t;
constexpr Parts operator|(Part a, Part b) {
  return static_cast<Parts>(a) | static_cast<Parts>(b);
}
constexpr Parts operator|(Parts a, Part b) { return a | static_cast<Parts>(b); }

std::string_view PartName(Part part);

// The members that `record` says something in.
Parts PartsOf(const Record& record);

// Counts the members of `record` that are not among `carried`.
void CountLeftOut(const Record& record, Parts carried, WriteReport& report);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_WRITER_H_
