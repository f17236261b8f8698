#include "src/formats/page_reader.h"

#include <utility>

namespace kenal::formats {
namespace {

// What is beside the records of one page, and what one record alone may have.
constexpr size_t kFieldsMax = 1024;
constexpr size_t kFieldBytesMax = JsonTree::kTextBytesMax;

}  // namespace

Status PageReader::ReadHeader() {
  if (json_.Peek() == '\0') {
    return input_->status().ok() && input_->AtEnd()
               ? json_.Wrong("holds nothing")
               : json_.Wrong("is not JSON");
  }
  return BeginTop();
}

// Errors leave nothing to read; the end of the file leaves the place at top.
Status PageReader::BeginTop() {
  const char c = json_.Peek();
  if (input_->AtEnd()) return input_->status();
  if (c == '[' && !shape_.pages_only) {
    KENAL_TRY(json_.Open('['));
    place_ = Place::kArray;
    return OkStatus();
  }
  if (c != '{') return json_.Wrong("should be a page of records");
  return BeginObject(json_.offset());
}

Status PageReader::ReadField(Field& field) {
  KENAL_TRY(json_.Read(tree_));
  if (tree_.too_large() || !tree_.is_utf8()) {
    return json_.Wrong("a field beside the records is too large or not UTF-8");
  }
  field.extra = {key_, "", Extra::Kind::kJson};
  AppendJson(tree_.root(), field.extra.value);
  return OkStatus();
}

// Reads up to the array; without one, the fields are one record.
Status PageReader::BeginObject(uint64_t byte) {
  KENAL_TRY(json_.Open('{'));
  std::deque<Field> fields;
  size_t bytes = 0;
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, json_.More('}'));
    if (!more) break;
    KENAL_TRY(json_.ReadKey(key_));
    if (SameWord(key_, shape_.array) && json_.Peek() == '[') {
      KENAL_TRY(json_.Open('['));
      place_ = Place::kArrayInPage;
      fields_ = std::move(fields);
      return OkStatus();
    }
    KENAL_TRY(ReadField(fields.emplace_back()));
    bytes += fields.back().extra.value.size() + key_.size();
    if (fields.size() > kFieldsMax || bytes > kFieldBytesMax) {
      return json_.Wrong("has too many fields before its records");
    }
  }
  if (shape_.pages_only) {
    return json_.Wrong("is a page without " + std::string(shape_.array));
  }
  alone_ = "{";
  for (const Field& field : fields) {
    if (alone_.size() > 1) alone_ += ',';
    AppendJsonText(field.extra.path, alone_);
    alone_ += ':' + field.extra.value;
  }
  alone_ += '}';
  alone_byte_ = byte;
  return OkStatus();
}

// Fields after the array.
Status PageReader::EndPage() {
  size_t bytes = 0;
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, json_.More('}'));
    if (!more) break;
    KENAL_TRY(json_.ReadKey(key_));
    if (SameWord(key_, shape_.array)) {
      return json_.Wrong("has its records twice");
    }
    KENAL_TRY(ReadField(fields_.emplace_back()));
    bytes += fields_.back().extra.value.size() + key_.size();
    if (fields_.size() > kFieldsMax || bytes > kFieldBytesMax) {
      return json_.Wrong("has too many fields after its records");
    }
  }
  place_ = Place::kTop;
  return OkStatus();
}

void PageReader::TellRecord(const JsonNode& node, Item& item) {
  item.position.record = ++record_;
  Status read = InvalidArgument("is larger than a record may be");
  if (!tree_.too_large()) {
    read = tree_.is_utf8() ? shape_.read(node, item.record)
                           : InvalidArgument("holds text that is not UTF-8");
  }
  item.kind = read.ok() ? Item::Kind::kRecord : Item::Kind::kRefused;
  if (!read.ok()) item.why = std::string(read.message());
}

StatusOr<bool> PageReader::Next(Item& item) {
  item = {};
  while (true) {
    if (!fields_.empty()) {
      item.kind = Item::Kind::kField;
      item.position.byte = json_.offset();
      item.field = std::move(fields_.front());
      fields_.pop_front();
      return true;
    }
    if (!alone_.empty()) {
      KENAL_TRY(ParseJson(alone_, tree_));
      item.position.byte = alone_byte_;
      alone_.clear();
      TellRecord(tree_.root(), item);
      return true;
    }
    if (place_ == Place::kTop) {
      json_.Peek();
      if (input_->AtEnd() && input_->status().ok()) return false;
      KENAL_TRY(BeginTop());
      continue;
    }
    KENAL_TRY_ASSIGN(const bool more, json_.More(']'));
    if (!more) {
      if (place_ == Place::kArray) {
        place_ = Place::kTop;
      } else {
        KENAL_TRY(EndPage());
      }
      continue;
    }
    json_.Peek();
    item.position.byte = json_.offset();
    KENAL_TRY(json_.Read(tree_));
    TellRecord(tree_.root(), item);
    return true;
  }
}

}  // namespace kenal::formats
