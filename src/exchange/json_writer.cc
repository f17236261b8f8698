#include "src/exchange/json_writer.h"

#include <rapidjson/writer.h>

#include "src/base/check.h"
#include "src/exchange/text.h"

namespace kenal::exchange {
namespace {

// A RapidJSON output stream on a std::string.
struct StringSink {
  using Ch = char;
  std::string text;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
};

rapidjson::SizeType SizeOf(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

// Room for most lines, so that one allocation is enough.
constexpr size_t kLineBytesUsual = 1024;

}  // namespace

struct JsonWriter::State {
  StringSink sink;
  rapidjson::Writer<StringSink> writer{sink};
};

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {
  state_->sink.text.reserve(kLineBytesUsual);
}
JsonWriter::~JsonWriter() = default;
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;

JsonWriter& JsonWriter::BeginObject() {
  state_->writer.StartObject();
  return *this;
}
JsonWriter& JsonWriter::EndObject() {
  state_->writer.EndObject();
  return *this;
}
JsonWriter& JsonWriter::BeginArray() {
  state_->writer.StartArray();
  return *this;
}
JsonWriter& JsonWriter::EndArray() {
  state_->writer.EndArray();
  return *this;
}
JsonWriter& JsonWriter::Key(std::string_view key) {
  state_->writer.Key(key.data(), SizeOf(key));
  return *this;
}
JsonWriter& JsonWriter::Text(std::string_view text) {
  if (IsUtf8(text)) {
    state_->writer.String(text.data(), SizeOf(text));
  } else {
    const std::string utf8 = ToUtf8(text);
    state_->writer.String(utf8.data(), SizeOf(utf8));
  }
  return *this;
}
JsonWriter& JsonWriter::Signed(int64_t value) {
  state_->writer.Int64(value);
  return *this;
}
JsonWriter& JsonWriter::Unsigned(uint64_t value) {
  state_->writer.Uint64(value);
  return *this;
}
JsonWriter& JsonWriter::Real(double value) {
  state_->writer.Double(value);
  return *this;
}
JsonWriter& JsonWriter::Boolean(bool value) {
  state_->writer.Bool(value);
  return *this;
}

JsonWriter& JsonWriter::BytesField(std::string_view key,
                                   std::string_view bytes) {
  Field(key, bytes);
  if (IsUtf8(bytes)) return *this;
  return Field(std::string(key) + "_base64", ToBase64(bytes));
}
JsonWriter& JsonWriter::OptionalField(std::string_view key,
                                      std::string_view bytes) {
  return bytes.empty() ? *this : BytesField(key, bytes);
}

std::string JsonWriter::Finish() {
  KENAL_CHECK(state_->writer.IsComplete());
  return std::move(state_->sink.text);
}

}  // namespace kenal::exchange
