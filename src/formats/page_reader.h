// Pages of JSON, one after another in one file: objects with an array of
// records and fields beside it, arrays of records, or records alone.
#ifndef KENAL_SRC_FORMATS_PAGE_READER_H_
#define KENAL_SRC_FORMATS_PAGE_READER_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "src/formats/json_stream.h"
#include "src/formats/reader.h"

namespace kenal::formats {

struct PageShape {
  std::string_view array;  // the field of a page that holds its records
  // A page must have the array; else an object without it is one record.
  bool pages_only = false;
  Status (*read)(const JsonNode&, Record&);
};

// Not thread-safe, but for the counter.
class PageReader : public Reader {
 public:
  PageReader(std::unique_ptr<Input> input, PageShape shape)
      : input_(std::move(input)), json_(*input_), shape_(shape) {}

  const Heading& heading() const override { return heading_; }
  uint64_t consumed_bytes() const override {
    return input_->source().consumed_bytes();
  }
  std::optional<uint64_t> size_bytes() const override {
    return input_->source().size_bytes();
  }

  // Up to the first record.
  Status ReadHeader();
  StatusOr<bool> Next(Item& item) override;

 private:
  enum class Place { kTop, kPage, kArrayInPage, kArray };

  Status BeginTop();
  Status BeginObject(uint64_t byte);
  Status EndPage();
  Status ReadField(Field& field);
  void TellRecord(const JsonNode& node, Item& item);

  std::unique_ptr<Input> input_;
  JsonStream json_;
  PageShape shape_;
  Heading heading_;
  JsonTree tree_;
  std::string key_;
  Place place_ = Place::kTop;
  std::deque<Field> fields_;  // read and not yet told
  std::string alone_;         // a record that was read while looking for a page
  uint64_t alone_byte_ = 0;
  uint64_t record_ = 0;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_PAGE_READER_H_
